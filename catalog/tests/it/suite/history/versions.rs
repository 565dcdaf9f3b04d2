//! Views and their versions.

use catalog::{Refusal, VersionError};
use protocol::Sequence;
use protocol::view::Halt;

use super::super::{by, name, new_version, system};
use super::{History, Step, pick};

impl History {
    pub(super) async fn apply_to_versions(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        let halt = |number: u8| Halt {
            sequence: Sequence::new(u64::from(number)).unwrap(),
            message: format!("trap {number}"),
        };
        match step {
            Step::Upload(choice, view, component) => {
                let Some((access, log)) = pick(&self.logs, choice) else {
                    return;
                };
                let (view, new) = (name(&format!("view-{view}")), new_version(component));
                match catalog
                    .upload_version(&access, by(&access), log, view, new)
                    .await
                {
                    Ok((_, version)) => self.versions.push((access, version.id)),
                    Err(Refusal::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::DeleteView(choice, view) => {
                if let Some((access, log)) = pick(&self.logs, choice) {
                    let view = name(&format!("view-{view}"));
                    let deleted = catalog.delete_view(&access, by(&access), log, &view).await;
                    assert!(!matches!(deleted, Err(Refusal::Catalog(_))), "{deleted:?}");
                }
            }
            Step::Activate(choice) | Step::Fail(choice, _) | Step::Halt(choice, _) => {
                let Some((access, id)) = pick(&self.versions, choice) else {
                    return;
                };
                let tenant = access.tenant;
                let changed = match step {
                    Step::Fail(_, at) => catalog.fail_version(tenant, system(), id, halt(at)).await,
                    Step::Halt(_, at) => catalog.halt_version(tenant, system(), id, halt(at)).await,
                    _ => catalog.activate_versions(tenant, system(), &[id]).await,
                };
                assert!(
                    !matches!(changed, Err(VersionError::Catalog(_))),
                    "{changed:?}"
                );
            }
            other => panic!("{other:?} is not about versions"),
        }
    }
}
