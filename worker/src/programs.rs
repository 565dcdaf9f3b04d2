//! Compiled components: made in the compiler's child process, kept in the object store, verified
//! before they are used, and shared by every instance of the same component.
//!
//! An artifact is machine code, so it is trusted only if its SHA-256 is the one that the catalog
//! holds since it was compiled. A damaged one is compiled again, and nobody notices.

use std::sync::Arc;

use bytes::Bytes;
use catalog::{ArtifactRecord, Catalog};
use moka::future::Cache;
use protocol::limits::COMPONENT_BYTES_MAX;
use protocol::view::{ComponentError, ComponentReport};
use protocol::{ArtifactDigest, ComponentDigest, TenantId};
use sha2::{Digest, Sha256};
use storage::objects::{ObjectError, ObjectKey, Put, SharedObjects};

use crate::compile::{self, CompileLimits, CompilerCommand};
use crate::engine::{self, Program};
use crate::loader;
use crate::meter::CpuMeter;

/// Bytes of artifacts whose programs are kept in memory, at most. Programs with instances live on
/// as long as those do.
const CACHED_ARTIFACT_BYTES: u64 = 1 << 30;

/// A program that is ready to be instantiated.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) program: Arc<dyn Program>,
    artifact_bytes: u32,
}

pub(crate) struct Programs {
    objects: SharedObjects,
    catalog: Catalog,
    compiler: CompilerCommand,
    meter: Arc<CpuMeter>,
    cache: Cache<ArtifactDigest, Prepared>,
}

impl Programs {
    pub(crate) fn new(
        objects: SharedObjects,
        catalog: Catalog,
        compiler: CompilerCommand,
        meter: Arc<CpuMeter>,
    ) -> Self {
        let cache = Cache::builder()
            .max_capacity(CACHED_ARTIFACT_BYTES)
            .weigher(|_, prepared: &Prepared| prepared.artifact_bytes)
            .build();
        Self {
            objects,
            catalog,
            compiler,
            meter,
            cache,
        }
    }

    /// The report on a component, which is compiled if it was not before.
    pub(crate) async fn prepare(
        &self,
        tenant: TenantId,
        component: ComponentDigest,
    ) -> Result<ComponentReport, ComponentError> {
        self.get(tenant, component).await?;
        // The compiler's process has accepted the component, so looking at it here is safe.
        let component = self.component(component).await?;
        blocking(move || loader::inspect(&component)).await?
    }

    /// The program of a component. Concurrent calls share the work; the tenant of the first one is shown
    /// what it took.
    pub(crate) async fn get(
        &self,
        tenant: TenantId,
        component: ComponentDigest,
    ) -> Result<Prepared, ComponentError> {
        let digest = compile::artifact_digest(component);
        if let Some(prepared) = self.cache.get(&digest).await {
            return Ok(prepared);
        }
        let making = Box::pin(self.make(tenant, component, digest));
        let made = self.cache.try_get_with(digest, making).await;
        made.map_err(|error: Arc<ComponentError>| error.as_ref().clone())
    }

    async fn make(
        &self,
        tenant: TenantId,
        component: ComponentDigest,
        digest: ArtifactDigest,
    ) -> Result<Prepared, ComponentError> {
        match self.stored(digest).await {
            Ok(Some(prepared)) => return Ok(prepared),
            Ok(None) => {}
            Err(reason) => {
                metrics::counter!("views_artifacts_unusable").increment(1);
                tracing::warn!(
                    %component, %reason, "an artifact is not usable; compiling it again"
                );
            }
        }
        let bytes = self.component(component).await?;
        let took = |cpu| self.meter.add_compile(tenant, cpu);
        let limits = CompileLimits::default();
        let (_, artifact) = compile::compile(&self.compiler, bytes, limits, took).await?;
        self.keep(component, digest, &artifact).await?;
        load(artifact).await
    }

    async fn component(&self, digest: ComponentDigest) -> Result<Bytes, ComponentError> {
        let key = ObjectKey::component(digest);
        let bytes = self.objects.get(&key).await.map_err(unavailable)?;
        if bytes.len() > COMPONENT_BYTES_MAX || ComponentDigest::of(&bytes) != digest {
            let text = format!("the stored component {digest} is damaged; upload it again");
            return Err(ComponentError::Unavailable(text));
        }
        Ok(bytes)
    }

    /// The program from the object store, if its artifact was ever kept there. The error says why
    /// the artifact can't be used.
    async fn stored(&self, digest: ArtifactDigest) -> Result<Option<Prepared>, ComponentError> {
        let record = self.catalog.artifact(digest).await.map_err(unavailable)?;
        let Some(record) = record else {
            return Ok(None);
        };
        let artifact = match self.objects.get(&ObjectKey::artifact(digest)).await {
            Ok(artifact) => artifact,
            Err(ObjectError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(unavailable(error)),
        };
        if sha256(&artifact).await? != record.sha256 {
            return Err(unavailable("its SHA-256 is not the recorded one"));
        }
        load(artifact).await.map(Some)
    }

    /// Stores an artifact and records its hash, in that order: a recorded hash always has bytes.
    async fn keep(
        &self,
        component: ComponentDigest,
        digest: ArtifactDigest,
        artifact: &Bytes,
    ) -> Result<(), ComponentError> {
        let key = ObjectKey::artifact(digest);
        let record = ArtifactRecord {
            sha256: sha256(artifact).await?,
            bytes: artifact.len() as u64,
        };
        let put = self.objects.put_if_absent(&key, artifact.clone()).await;
        if put.map_err(unavailable)? == Put::Existed {
            // What is there was never recorded, or is damaged: it is not known to be this one.
            self.objects.delete(&key).await.map_err(unavailable)?;
            let again = self.objects.put_if_absent(&key, artifact.clone()).await;
            again.map_err(unavailable)?;
        }
        let recorded = self.catalog.record_artifact(digest, component, record);
        recorded.await.map_err(unavailable)
    }
}

async fn sha256(artifact: &Bytes) -> Result<[u8; 32], ComponentError> {
    let artifact = artifact.clone();
    blocking(move || Sha256::digest(&artifact).into()).await
}

async fn load(artifact: Bytes) -> Result<Prepared, ComponentError> {
    let loading = move || {
        let program = engine::wasmer::load(&artifact).map_err(unavailable)?;
        Ok(Prepared {
            program,
            artifact_bytes: u32::try_from(artifact.len()).unwrap_or(u32::MAX),
        })
    };
    blocking(loading).await?
}

/// Work of many milliseconds, away from the async runtime's threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ComponentError> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|_| unavailable("the worker is stopping"))
}

fn unavailable(reason: impl ToString) -> ComponentError {
    ComponentError::Unavailable(reason.to_string())
}
