//! Tenants and their limits, and the addresses and passwords of people.

use catalog::{QuotaOverrides, Refusal, SECRET_BYTES};
use protocol::{Rate, RequestId};

use super::super::{new_tenant, owner_of, system};
use super::{History, Step, pick};

impl History {
    pub(super) async fn apply_to_people(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        match step {
            Step::CreateTenant(number) => {
                let new = new_tenant(
                    &format!("t{}", number / 2),
                    &format!("p{number}@example.com"),
                );
                match catalog.create_tenant(RequestId::generate(), new).await {
                    Ok((tenant, user)) => self.tenants.push((owner_of(tenant, user), user)),
                    Err(Refusal::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::SetRate(choice, rate) => {
                let (access, _) = self.tenant(choice);
                let rate = rate.map(|rate| Rate {
                    per_second: rate,
                    burst: rate / 2,
                });
                catalog
                    .set_rate(access.tenant, system(), rate)
                    .await
                    .unwrap();
            }
            Step::SetQuotas(choice, views) => {
                let (access, _) = self.tenant(choice);
                let quotas = QuotaOverrides {
                    views,
                    ..QuotaOverrides::default()
                };
                catalog
                    .set_quotas(access.tenant, system(), quotas)
                    .await
                    .unwrap();
            }
            Step::SetCap(choice, cap) => {
                let (access, _) = self.tenant(choice);
                catalog
                    .change_billing_account(access.tenant, system(), |account| {
                        account.cap_cents = cap;
                    })
                    .await
                    .unwrap();
            }
            Step::RequestVerification(choice, seconds) => {
                let (_, user) = self.tenant(choice);
                let token = self.unique();
                self.tokens.push(token);
                let expires_at = self.fixture.in_seconds(u64::from(seconds));
                catalog
                    .request_email_verification(RequestId::generate(), user, token, expires_at)
                    .await
                    .unwrap();
            }
            Step::Verify(choice) => {
                if let Some(token) = pick(&self.tokens, choice) {
                    let verified = catalog.verify_email(RequestId::generate(), token).await;
                    assert!(
                        !matches!(verified, Err(Refusal::Catalog(_))),
                        "{verified:?}"
                    );
                }
            }
            other => panic!("{other:?} is not about people"),
        }
    }

    pub(super) async fn apply_to_passwords(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        match step {
            Step::RequestReset(choice, seconds) => {
                let (_, user) = self.tenant(choice);
                let token = self.unique();
                self.resets.push(token);
                let expires_at = self.fixture.in_seconds(u64::from(seconds));
                catalog
                    .request_password_reset(RequestId::generate(), user, token, expires_at)
                    .await
                    .unwrap();
            }
            Step::ResetPassword(choice) => {
                if let Some(token) = pick(&self.resets, choice) {
                    let hash = format!("$argon2id$hash{choice}");
                    let reset = catalog
                        .reset_password(RequestId::generate(), token, hash)
                        .await;
                    assert!(!matches!(reset, Err(Refusal::Catalog(_))), "{reset:?}");
                }
            }
            other => panic!("{other:?} is not about passwords"),
        }
    }

    pub(super) async fn apply_to_second_factors(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        let request = RequestId::generate();
        let codes = [self.unique(), self.unique()];
        let result = match step {
            Step::EnableSecondFactor(choice) => {
                let (_, user) = self.tenant(choice);
                let secret = [choice; SECRET_BYTES];
                match catalog.begin_second_factor(user, secret).await {
                    Ok(()) => {
                        let known = (&secret[..], 1);
                        let enabled = catalog.enable_second_factor(request, user, known, &codes);
                        enabled.await
                    }
                    refused => refused,
                }
            }
            Step::DisableSecondFactor(choice) => {
                let (_, user) = self.tenant(choice);
                catalog.disable_second_factor(request, user).await
            }
            Step::RenewRecoveryCodes(choice) => {
                let (_, user) = self.tenant(choice);
                let renewed = catalog.replace_recovery_codes(request, user, &codes);
                renewed.await
            }
            other => panic!("{other:?} is about no second factor"),
        };
        assert!(!matches!(result, Err(Refusal::Catalog(_))), "{result:?}");
    }
}
