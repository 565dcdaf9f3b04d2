//! Invitations, and the members that come of them.

use catalog::access::Role;
use catalog::{Invitee, NewInvitation, Refusal};
use protocol::RequestId;

use super::super::{by, owner_of, with_role};
use super::{History, Invited, Step, pick};

impl History {
    pub(super) async fn apply_to_invitations(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        match step {
            Step::Invite(choice, number, role) => {
                let (inviter, _) = self.tenant(choice);
                let role = [Role::ReadOnly, Role::Member, Role::Admin][usize::from(role) % 3];
                let email = format!("p{number}@example.com");
                let (token, mailed) = (self.unique(), self.unique());
                let new = NewInvitation {
                    email: email.clone(),
                    role,
                    token_sha256: token,
                    mailed_sha256: mailed,
                    expires_at: self.fixture.in_seconds(20),
                };
                match catalog.invite(&inviter, by(&inviter), new).await {
                    Ok(invitation) => self.invitations.push(Invited {
                        inviter,
                        id: invitation.id,
                        token: if number % 2 == 0 { token } else { mailed },
                        email,
                        role,
                    }),
                    Err(Refusal::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::Accept(choice) => {
                let Some(invited) = pick(&self.invitations, choice) else {
                    return;
                };
                let known = catalog.user_by_email(&invited.email).await.unwrap();
                let invitee = match known {
                    Some(person) => Invitee::Known(person.id),
                    None => Invitee::New {
                        password_hash: "$argon2id$hash".to_owned(),
                    },
                };
                let accepted = catalog
                    .accept_invitation(RequestId::generate(), invited.token, invitee)
                    .await;
                match accepted {
                    Ok(accepted) => {
                        let user = accepted.user;
                        let access = owner_of(invited.inviter.tenant, user);
                        let access = with_role(&access, invited.role);
                        self.tenants.push((access, user));
                    }
                    Err(Refusal::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::RevokeInvitation(choice) => {
                if let Some(Invited { inviter, id, .. }) = pick(&self.invitations, choice) {
                    let revoked = catalog.revoke_invitation(&inviter, by(&inviter), id).await;
                    assert!(!matches!(revoked, Err(Refusal::Catalog(_))), "{revoked:?}");
                }
            }
            other => panic!("{other:?} is not about invitations"),
        }
    }

    pub(super) async fn apply_to_members(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        let result = match step {
            Step::ChangeRole(actor, member, role) => {
                let ((access, _), (_, member)) = (self.tenant(actor), self.tenant(member));
                let roles = [Role::ReadOnly, Role::Member, Role::Admin, Role::Owner];
                let role = roles[usize::from(role) % 4];
                let changed = catalog.change_role(&access, by(&access), member, role);
                changed.await.map(|_| ())
            }
            Step::RemoveMember(actor, member) => {
                let ((access, _), (_, member)) = (self.tenant(actor), self.tenant(member));
                let removed = catalog.remove_member(&access, by(&access), member);
                removed.await.map(|_| ())
            }
            other => panic!("{other:?} is not about members"),
        };
        assert!(!matches!(result, Err(Refusal::Catalog(_))), "{result:?}");
    }
}
