//! Keys, and keys that keys make.

use std::time::Duration;

use storage::access::{Access, Actor, Role};
use storage::catalog::{CreateKeyError, KeyError, NewKey, RotateKeyError};

use super::super::by;
use super::{History, Step, pick};

impl History {
    pub(super) async fn apply_to_keys(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
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
                match catalog.create_key(&access, by(&access), new).await {
                    Ok(key) => self.keys.push((access, key.id)),
                    Err(CreateKeyError::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::CreateKeyWithKey(choice) => {
                let Some((access, maker)) = pick(&self.keys, choice) else {
                    return;
                };
                let access = Access {
                    actor: Actor::ApiKey(maker),
                    ..access
                };
                let new = NewKey {
                    name: "made by a key".to_owned(),
                    role: Role::ReadOnly,
                    logs: None,
                    expires_at: None,
                    sha256: self.unique(),
                };
                match catalog.create_key(&access, by(&access), new).await {
                    Ok(key) => self.keys.push((access, key.id)),
                    Err(CreateKeyError::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::RotateKey(choice, overlap) => {
                let secret = self.unique();
                if let Some((access, key)) = pick(&self.keys, choice) {
                    let overlap = Duration::from_secs(overlap.into());
                    let rotated = catalog
                        .rotate_key(&access, by(&access), key, secret, overlap)
                        .await;
                    let failed = matches!(rotated, Err(RotateKeyError::Catalog(_)));
                    assert!(!failed, "{rotated:?}");
                }
            }
            Step::RevokeKey(choice) => {
                if let Some((access, key)) = pick(&self.keys, choice) {
                    let revoked = catalog.revoke_key(&access, by(&access), key).await;
                    assert!(!matches!(revoked, Err(KeyError::Catalog(_))), "{revoked:?}");
                }
            }
            other => panic!("{other:?} is not about keys"),
        }
    }
}
