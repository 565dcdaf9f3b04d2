//! Keys, and what is done with keys.

use std::time::Duration;

use catalog::access::{Access, Role};
use catalog::{NewKey, Refusal};
use protocol::KeyId;

use super::super::by;
use super::{History, Step, pick};

impl History {
    pub(super) async fn apply_to_keys(&mut self, step: Step) {
        match step {
            Step::CreateKey(choice, role, limited) => {
                let (access, _) = self.tenant(choice);
                let role =
                    [Role::ReadOnly, Role::Member, Role::Admin, Role::Owner][usize::from(role) % 4];
                let log = pick(&self.logs, choice).map(|(_, log)| log);
                let new = NewKey {
                    name: format!("key-{choice}"),
                    role,
                    logs: log.filter(|_| limited).map(|log| vec![log]),
                    expires_at: limited.then(|| self.fixture.in_seconds(1)),
                    sha256: self.unique(),
                };
                self.create_key(access, new).await;
            }
            Step::CreateKeyWithKey(choice) => {
                let Some(access) = self.holder(choice).await else {
                    return;
                };
                let new = NewKey {
                    name: "made by a key".to_owned(),
                    role: Role::ReadOnly,
                    logs: None,
                    expires_at: None,
                    sha256: self.unique(),
                };
                self.create_key(access, new).await;
            }
            Step::RotateKey(choice, overlap) => {
                if let Some((access, key)) = pick(&self.keys, choice) {
                    self.rotate_key(&access, key, overlap).await;
                }
            }
            Step::RotateKeyOfAnother(person, choice, overlap) => {
                let (access, _) = self.tenant(person);
                if let Some((_, key)) = pick(&self.keys, choice) {
                    self.rotate_key(&access, key, overlap).await;
                }
            }
            Step::RotateKeyWithKey(secret, choice, overlap) => {
                let holder = self.holder(secret).await;
                if let (Some(access), Some((_, key))) = (holder, pick(&self.keys, choice)) {
                    self.rotate_key(&access, key, overlap).await;
                }
            }
            Step::RevokeKey(choice) => {
                if let Some((access, key)) = pick(&self.keys, choice) {
                    let catalog = &self.fixture.catalog;
                    let revoked = catalog.revoke_key(&access, by(&access), key).await;
                    assert!(!matches!(revoked, Err(Refusal::Catalog(_))), "{revoked:?}");
                }
            }
            other => panic!("{other:?} is not about keys"),
        }
    }

    /// Whoever comes with a secret, if it works still.
    async fn holder(&self, choice: u8) -> Option<Access> {
        let secret = pick(&self.secrets, choice)?;
        let found = self.fixture.catalog.authenticate(secret).await.unwrap();
        found.map(|found| found.access)
    }

    async fn create_key(&mut self, access: Access, new: NewKey) {
        let (catalog, secret) = (&self.fixture.catalog, new.sha256);
        match catalog.create_key(&access, by(&access), new).await {
            Ok(key) => {
                self.keys.push((access, key.id));
                self.secrets.push(secret);
            }
            Err(Refusal::Catalog(error)) => panic!("{error}"),
            Err(_) => {}
        }
    }

    async fn rotate_key(&mut self, access: &Access, key: KeyId, overlap: u8) {
        let secret = self.unique();
        let overlap = Duration::from_secs(overlap.into());
        let catalog = &self.fixture.catalog;
        let rotated = catalog.rotate_key(access, by(access), key, secret, overlap);
        match rotated.await {
            Ok(_) => self.secrets.push(secret),
            Err(Refusal::Catalog(error)) => panic!("{error}"),
            Err(_) => {}
        }
    }
}
