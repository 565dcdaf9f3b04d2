//! Members: who belongs to a tenant, with which role, and until when.
//!
//! Nobody acts on an equal or higher role, and a tenant has one owner. Who holds which role is read
//! in the change itself: what a session or key was allowed a moment ago may be more than it is now.
//!
//! A key is never above the person behind it: it is lowered with them, and revoked with their
//! membership. Neither is a secret from before a rotation, or an invitation that they made: it ends.

use protocol::{KeyId, TenantId, Timestamp, UserId};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};

use super::column::{to_time, to_word};
use super::entity::{key, membership, one, user};
use super::event::ControlEvent;
use super::invitation::revoke_beyond;
use super::key::revoke;
use super::lock::Lock;
use super::page::List;
use super::permissions::own_role;
use super::record::Change;
use super::secret::person_behind;
use super::session::end_sessions;
use super::{Catalog, CatalogError, Context, Page, Paged, Refusal, scope};
use crate::access::{Access, Actor, Role};

/// A person in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    pub email: String,
    pub role: Role,
    pub joined_at: Timestamp,
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
    ) -> Result<Member, Refusal> {
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
                    return Err(Refusal::OwnerInPersonOnly);
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

    /// Ends a membership, and with it the person's sessions and keys of this tenant, and the invitations
    /// that they made. Says how many keys that were: those that had their secret from the person, or
    /// from such a key.
    pub async fn remove_member(
        &self,
        access: &Access,
        context: Context,
        member: UserId,
    ) -> Result<u64, Refusal> {
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            let (row, _) = find(&change, access, member).await?;
            let actor = person_behind(change.sql(), change.at(), access).await?;
            if actor == Some(member) {
                return Err(Refusal::Yourself);
            }
            check_below(to_word(&row.role)?, own_role(&change, access).await?)?;
            let keys = keys_of(&change, access.tenant, member).await?;
            let keys_revoked = keys.len() as u64;
            for key in keys {
                revoke(&mut change, access, context, key).await?;
            }
            revoke_beyond(&mut change, access.tenant, context, member, None).await?;
            let event = ControlEvent::MemberRemoved { user: member };
            change.record(access.tenant, context, event).await?;
            end_sessions(change.sql(), Actor::User(member), Some(access.tenant)).await?;
            change.commit(keys_revoked).await
        })
        .await
    }
}

/// The owner is above everyone, so this says that the owner acts on all others, too.
fn check_below(theirs: Role, own: Role) -> Result<(), Refusal> {
    if theirs == Role::Owner {
        return Err(Refusal::OwnerStays);
    }
    if own < Role::Admin || theirs >= own {
        return Err(Refusal::NotBelowYou { theirs, own });
    }
    Ok(())
}

async fn find(
    change: &Change,
    access: &Access,
    member: UserId,
) -> Result<(membership::Model, user::Model), Refusal> {
    let row = scope::members(access).filter(membership::Column::UserId.eq(member.0));
    let row = one(change.sql(), row).await?;
    let person = one(change.sql(), user::Entity::find_by_id(member.0)).await?;
    row.zip(person).ok_or(Refusal::MemberNotFound)
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

/// Changes a role, lowers the person's keys that would be above it, and revokes their invitations that
/// it may not hand out.
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
    revoke_beyond(change, tenant, context, member, Some(role)).await
}

fn to_member(row: &membership::Model, person: &user::Model) -> Result<Member, CatalogError> {
    Ok(Member {
        user: UserId(row.user_id),
        email: person.email.clone(),
        role: to_word(&row.role)?,
        joined_at: to_time(row.created_at),
    })
}
