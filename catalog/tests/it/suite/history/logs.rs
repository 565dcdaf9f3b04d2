//! Logs.

use catalog::{LogChanges, Refusal, Retention};

use super::super::{by, limited_to, new_log};
use super::{History, Step, pick};

impl History {
    pub(super) async fn apply_to_logs(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        match step {
            Step::CreateLog(choice, number) => {
                let (access, _) = self.tenant(choice);
                let new = new_log(&format!("log-{number}"));
                match catalog.create_log(&access, by(&access), new).await {
                    Ok(log) => self.logs.push((access, log.id)),
                    Err(Refusal::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::CreateLogs(choice, count) => {
                let (access, _) = self.tenant(choice);
                let first = self.made;
                self.made += u64::from(count);
                let new = (first..self.made).map(|number| new_log(&format!("bulk-{number}")));
                let logs = catalog
                    .create_logs(&access, by(&access), new.collect())
                    .await;
                let logs = logs.unwrap().into_iter();
                self.logs.extend(logs.map(|log| (access.clone(), log.id)));
            }
            Step::UpdateLog(choice, description, archive) => {
                if let Some((access, log)) = pick(&self.logs, choice) {
                    let changes = LogChanges {
                        description: description.map(|some| some.then(|| format!("d{choice}"))),
                        retention: archive.then_some(Retention::Archive),
                    };
                    let limited = limited_to(&access, &[log]);
                    let updated = catalog
                        .update_log(&limited, by(&access), log, changes)
                        .await;
                    assert!(!matches!(updated, Err(Refusal::Catalog(_))), "{updated:?}");
                }
            }
            Step::DeleteLog(choice) => {
                if let Some((access, log)) = pick(&self.logs, choice) {
                    let deleted = catalog.delete_log(&access, by(&access), log).await;
                    assert!(!matches!(deleted, Err(Refusal::Catalog(_))), "{deleted:?}");
                }
            }
            other => panic!("{other:?} is not about logs"),
        }
    }
}
