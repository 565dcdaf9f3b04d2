//! What people see and change of themselves, whichever tenant they are logged in to.

use std::net::IpAddr;

use catalog::access::Access;
use catalog::{Authenticated, Membership, Page, Paged, Refusal, SecondFactor, Session, User};
use protocol::{ErrorCode, RequestId, SessionId};
use storage::bus::Stale;

use super::App;
use super::access::person;
use crate::auth::password;
use crate::errors::{Failure, Result};

/// A person, as they see themselves.
pub(crate) struct Account {
    pub user: User,
    /// `None` unless a login needs it.
    pub second_factor: Option<SecondFactor>,
    pub tenants: Vec<Membership>,
}

impl App {
    /// The person who calls, as they are now.
    ///
    /// # Errors
    /// When nobody does in person, or they are gone.
    pub(super) async fn caller(&self, access: &Access) -> Result<User> {
        let user = self.catalog.user(person(access)?).await?;
        Ok(user.ok_or(Refusal::ActorGone)?)
    }

    pub(crate) async fn account(&self, access: &Access) -> Result<Account> {
        let user = self.caller(access).await?;
        let second_factor = self.catalog.second_factor(user.id).await?;
        let tenants = self.catalog.memberships(user.id).await?;
        Ok(Account {
            user,
            second_factor: second_factor.filter(|it| it.confirmed),
            tenants,
        })
    }

    /// Sets a new password and ends all sessions of the person but the one that asks.
    ///
    /// # Errors
    /// When the present password is wrong, or the new one can't be used.
    pub(crate) async fn change_password(
        &self,
        (network, request_id): (IpAddr, RequestId),
        session: &Authenticated,
        current: String,
        new: String,
    ) -> Result<()> {
        let user = self.caller(&session.access).await?;
        password::check_rules(&new, &[&user.email])?;
        let proven = self.prove_caller(network, &user, current).await?;
        let hash = self.passwords.hash(new).await?;
        self.catalog
            .change_password(request_id, &proven, hash, session.token_sha256)
            .await?;
        self.caches.invalidate(Stale::User(user.id));
        Ok(())
    }

    /// Has someone who is logged in give the password once more.
    ///
    /// # Errors
    /// When it is wrong, or too many wrong ones came before.
    pub(super) async fn prove_caller(
        &self,
        network: IpAddr,
        user: &User,
        password: String,
    ) -> Result<User> {
        self.prove(network, &user.email.to_lowercase(), password)
            .await
    }

    /// The sessions that the person opened, in all tenants.
    pub(crate) async fn sessions(&self, access: &Access, page: Page) -> Result<Paged<Session>> {
        Ok(self.catalog.sessions_of(person(access)?, page).await?)
    }

    /// Ends a session of the person, on all nodes.
    ///
    /// # Errors
    /// When the person has no such session.
    pub(crate) async fn end_session(&self, access: &Access, id: SessionId) -> Result<()> {
        let user = person(access)?;
        if !self.catalog.end_session(user, id).await? {
            return Err(Failure::new(
                ErrorCode::SessionNotFound,
                "you have no such session; it may have ended",
            ));
        }
        self.announce(Stale::User(user)).await;
        Ok(())
    }
}
