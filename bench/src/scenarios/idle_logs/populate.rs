//! Many logs, each with a live view and one event, on a data directory.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use catalog::access::Access;
use catalog::clock::SystemClock;
use catalog::{Catalog, Context, LogRef, NewLog, NewVersion, Retention};
use protocol::view::ComponentReport;
use protocol::{Name, RequestId};
use sha2::{Digest, Sha256};

use crate::progress;
use crate::scenarios::events::INCREMENT;
use crate::scenarios::filling::{COUNTER, append_to_each};
use crate::server::Server;

/// The log whose view the others copy.
const TEMPLATE: &str = "template";
/// Logs or views that are entered with one commit.
const CHUNK: usize = 2_000;

/// Fills a fresh data directory and leaves no process behind. Returns the name of the log in the
/// middle.
pub(super) async fn run(program: &Path, data: &Path, logs: u32) -> Result<String> {
    let began = Instant::now();
    // The server makes the directory, the tenant and its key, and compiles the view once.
    let server = Server::start(program, data, &[])?;
    let mut api = server.endpoint.connect().await?;
    api.create_log(TEMPLATE).await?;
    api.append(TEMPLATE, INCREMENT).await?;
    api.deploy(TEMPLATE, COUNTER, example_views::counter())
        .await?;
    let key = server.endpoint.key.clone();
    server.node.stop()?;

    let names: Vec<_> = (0..logs).map(|number| format!("idle-{number}")).collect();
    enter(data, &key, &names).await?;
    let entered = began.elapsed();

    let server = Server::start(program, data, &[])?;
    append_to_each([&server.endpoint].into_iter(), &names, INCREMENT, false).await?;
    server.node.stop()?;
    progress::say(&format!(
        "  {logs} logs entered after {entered:.1?}, appended to after {:.1?}",
        began.elapsed()
    ));
    let middle = names.get(names.len() / 2).cloned();
    middle.context("there is no log")
}

/// Enters logs, and a live view of each, into the catalog of a server that does not run.
async fn enter(data: &Path, key: &str, names: &[String]) -> Result<()> {
    let catalog = Catalog::open_sqlite(&data.join("catalog.sqlite"), Arc::new(SystemClock)).await?;
    let known = catalog.authenticate(Sha256::digest(key).into()).await?;
    let access = known.context("the catalog does not know the key")?.access;
    let template = template(&catalog, &access).await?;
    let view: Name = COUNTER.parse()?;
    for chunk in names.chunks(CHUNK) {
        let context = Context {
            actor: access.actor,
            request_id: RequestId::generate(),
        };
        let new = chunk
            .iter()
            .map(|name| {
                Ok(NewLog {
                    name: name.parse()?,
                    description: None,
                    retention: Retention::KeepHot,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let logs = catalog.create_logs(&access, context, new).await?;
        let uploads = logs
            .iter()
            .map(|log| (log.id, view.clone(), template.clone()))
            .collect();
        let uploaded = catalog.upload_versions(&access, context, uploads).await?;
        let versions: Vec<_> = uploaded.iter().map(|(_, version)| version.id).collect();
        catalog
            .activate_versions(access.tenant, context, &versions)
            .await?;
    }
    catalog.close().await;
    Ok(())
}

/// What the template's view was made from.
async fn template(catalog: &Catalog, access: &Access) -> Result<NewVersion> {
    let log = LogRef::Name(TEMPLATE.parse()?);
    let log = catalog.log(access, &log).await?;
    let log = log.context("the template is missing")?.id;
    let view = catalog.view(access, log, &COUNTER.parse()?).await?;
    let version = view
        .and_then(|view| view.versions.into_iter().next())
        .context("the template's view is missing")?;
    Ok(NewVersion {
        component: version.component,
        component_bytes: version.component_bytes,
        report: ComponentReport {
            world: version.world,
            imports: version.imports,
            languages: version.languages,
        },
        content_type: version.content_type,
        config: version.config,
    })
}
