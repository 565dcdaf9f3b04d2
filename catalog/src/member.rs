//! Members: who belongs to a tenant, with which role, and until when.
//!
//! Nobody acts on an equal or higher role, and a tenant has one owner. Who holds which role is read
//! in the change itself: what a session or key was allowed a moment ago may be more than it is now.
//!
//! A key is never above the person behind it: it is lowered with them, and revoked with their
//! membership. Neither is a secret from before a rotation: it ends.

use protocol::{KeyId, TenantId, Timestamp, UserId};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};

use super::column::{to_time, to_word};
use super::entity::{delete, key, key_use, membership, one, user};
use super::event::ControlEvent;
use super::lock::Lock;
use super::page::List;
use super::permissions::role_now;
use super::record::Change;
use super::secret::person_behind;
use super::session::end_sessions;
use super::{Catalog, CatalogError, Context, Page, Paged, scope};
use crate::access::{Access, Actor, Role};

/// A person in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    pub email: String,
    pub role: Role,
    pub joined_at: Timestamp,
}

/// What went with a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Keys that had their secret from the person, or from such a key.
    pub keys_revoked: u64,
}

/// Why a member was not changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MemberError {
    #[error("there is no such member")]
    NotFound,
    #[error("nobody removes themselves; another admin or the owner can")]
    Yourself,
    #[error(
        "the owner can't be demoted or removed; the owner hands the tenant over first, by giving \
         another member the role owner"
    )]
    OwnerStays,
    #[error("a member with the role {theirs} is not below you: your role is {own}")]
    NotBelowYou { theirs: Role, own: Role },
    #[error("only the owner can give the role owner away, logged in and not by an API key")]
    OwnerInPersonOnly,
    #[error("you are no member any more, or your key was revoked")]
    ActorGone,
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl Catalog {
    /// The tenant's members, in the order in which they registered.
    pub async fn members(
        &self,
        access: &Access,
        page: Page,
    ) -> Result<Paged<Member>, CatalogError> {
        let list = List::new("members", access.tenant, b"");
        let order = (membership::Column::UserId, Order::Asc);
        let members = scope::members(access);
        let rows = list.read(self.readers(), &page, members, order, |row| row.user_id);
        let Paged { items, next_cursor } = rows.await?;
        let people = user::Entity::find()
            .filter(user::Column::Id.is_in(items.iter().map(|row| row.user_id)))
            .all(self.readers())
            .await?;
        // Members are people: the database sees to that.
        let members = items.iter().filter_map(|row| {
            let person = people.iter().find(|it| it.id == row.user_id)?;
            Some(to_member(row, person))
        });
        let items = members.collect::<Result<_, _>>()?;
        Ok(Paged { items, next_cursor })
    }

    /// Gives a member another role. The owner gives the own role away, and is an admin then.
    pub async fn change_role(
        &self,
        access: &Access,
        context: Context,
        member: UserId,
        role: Role,
    ) -> Result<Member, MemberError> {
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            let (row, person) = find(&change, access, member).await?;
            let before = to_member(&row, &person)?;
            let own = own_role(&change, access).await?;
            check_below(before.role, own)?;
            if before.role == role {
                return Ok(before);
            }
            if role == Role::Owner {
                let (Actor::User(owner), Role::Owner) = (access.actor, own) else {
                    return Err(MemberError::OwnerInPersonOnly);
                };
                set_role(&mut change, access.tenant, context, member, role).await?;
                set_role(&mut change, access.tenant, context, owner, Role::Admin).await?;
            } else {
                set_role(&mut change, access.tenant, context, member, role).await?;
            }
            change.commit(Member { role, ..before }).await
        })
        .await
    }

    /// Ends a membership, and with it the person's sessions and keys of this tenant.
    pub async fn remove_member(
        &self,
        access: &Access,
        context: Context,
        member: UserId,
    ) -> Result<Removed, MemberError> {
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            let (row, _) = find(&change, access, member).await?;
            let actor = person_behind(change.sql(), change.at(), access).await?;
            if actor == Some(member) {
                return Err(MemberError::Yourself);
            }
            check_below(to_word(&row.role)?, own_role(&change, access).await?)?;
            let keys = keys_of(&change, access.tenant, member).await?;
            for key in &keys {
                let event = ControlEvent::KeyRevoked {
                    key: KeyId(key.id),
                    name: key.name.clone(),
                };
                change.record(access.tenant, context, event).await?;
            }
            let uses = key_use::Column::KeyId.is_in(keys.iter().map(|key| key.id));
            delete::<key_use::Entity>(change.sql(), uses).await?;
            let event = ControlEvent::MemberRemoved { user: member };
            change.record(access.tenant, context, event).await?;
            end_sessions(change.sql(), Actor::User(member), Some(access.tenant)).await?;
            change
                .commit(Removed {
                    keys_revoked: keys.len() as u64,
                })
                .await
        })
        .await
    }
}

/// The owner is above everyone, so this says that the owner acts on all others, too.
fn check_below(theirs: Role, own: Role) -> Result<(), MemberError> {
    if theirs == Role::Owner {
        return Err(MemberError::OwnerStays);
    }
    if own < Role::Admin || theirs >= own {
        return Err(MemberError::NotBelowYou { theirs, own });
    }
    Ok(())
}

async fn find(
    change: &Change,
    access: &Access,
    member: UserId,
) -> Result<(membership::Model, user::Model), MemberError> {
    let row = scope::members(access).filter(membership::Column::UserId.eq(member.0));
    let row = one(change.sql(), row).await?;
    let person = one(change.sql(), user::Entity::find_by_id(member.0)).await?;
    row.zip(person).ok_or(MemberError::NotFound)
}

/// The role that the holder has at this moment.
async fn own_role(change: &Change, access: &Access) -> Result<Role, MemberError> {
    let own = role_now(change, access).await?;
    own.ok_or(MemberError::ActorGone)
}

async fn keys_of(
    change: &Change,
    tenant: TenantId,
    person: UserId,
) -> Result<Vec<key::Model>, CatalogError> {
    let keys = key::Entity::find()
        .filter(key::Column::TenantId.eq(tenant.0))
        .filter(key::Column::UserId.eq(person.0))
        .order_by_asc(key::Column::Id);
    Ok(keys.all(change.sql()).await?)
}

/// Changes a role and lowers the person's keys that would be above it.
async fn set_role(
    change: &mut Change,
    tenant: TenantId,
    context: Context,
    member: UserId,
    role: Role,
) -> Result<(), CatalogError> {
    let event = ControlEvent::MemberRoleChanged { user: member, role };
    change.record(tenant, context, event).await?;
    for key in keys_of(change, tenant, member).await? {
        if to_word::<Role>(&key.role)? > role {
            let key = KeyId(key.id);
            let event = ControlEvent::KeyRoleLowered { key, role };
            change.record(tenant, context, event).await?;
        }
    }
    Ok(())
}

fn to_member(row: &membership::Model, person: &user::Model) -> Result<Member, CatalogError> {
    Ok(Member {
        user: UserId(row.user_id),
        email: person.email.clone(),
        role: to_word(&row.role)?,
        joined_at: to_time(row.created_at),
    })
}
