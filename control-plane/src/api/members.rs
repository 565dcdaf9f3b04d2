//! `/tenants/me/members`.

use catalog::{Member, Page};
use poem_openapi::param::{Path, Query};
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use protocol::UserId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::answer::Answer;
use super::body::JsonBody;
use super::caller::Caller;
use super::keys::{RoleName, default_limit};
use crate::errors::Failure;

pub(super) struct MembersApi;

/// A person in the tenant.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct MemberBody {
    user_id: Uuid,
    email: String,
    role: RoleName,
    /// When the person became a member.
    created_at: String,
}

impl From<Member> for MemberBody {
    fn from(member: Member) -> Self {
        Self {
            user_id: member.user.0,
            email: member.email,
            role: member.role.into(),
            created_at: member.joined_at.to_string(),
        }
    }
}

/// A page of members, in the order in which they registered.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct MemberList {
    members: Vec<MemberBody>,
    /// For the next page; null at the end.
    next_cursor: Option<String>,
}

/// Another role for a member.
#[derive(Object, Serialize, Deserialize)]
#[oai(example)]
pub(super) struct RoleBody {
    /// `owner` hands the tenant over: the owner who does it is an admin then.
    role: RoleName,
}

impl Example for RoleBody {
    fn example() -> Self {
        Self {
            role: RoleName::Admin,
        }
    }
}

/// What went with the membership.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct RemovedMember {
    /// Always true; a failure has another body.
    success: bool,
    /// API keys that were made by the member, or by these keys, and work no more.
    revoked_keys: u64,
}

#[OpenApi(tag = "Tag::People")]
impl MembersApi {
    /// List members
    #[oai(
        path = "/tenants/me/members",
        method = "get",
        operation_id = "listMembers"
    )]
    async fn list(
        &self,
        caller: Caller,
        /// At most so many; 1 to 1000.
        #[oai(
            default = "default_limit",
            validator(minimum(value = "1"), maximum(value = "1000"))
        )]
        limit: Query<u32>,
        /// From the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Answer<MemberList>, Failure> {
        let page = Page {
            limit: limit.0,
            cursor: cursor.0,
        };
        let members = caller.app.members(caller.access(), page).await?;
        Ok(Answer::new(MemberList {
            members: members.items.into_iter().map(Into::into).collect(),
            next_cursor: members.next_cursor,
        }))
    }

    /// Change a member's role
    ///
    /// Admins act on members below them and give roles up to their own. The role `owner` is given by
    /// the owner alone, logged in and not by an API key. API keys that the member made are lowered
    /// to the new role where they were above it.
    #[oai(
        path = "/tenants/me/members/:user_id",
        method = "patch",
        operation_id = "changeMemberRole"
    )]
    async fn change(
        &self,
        caller: Caller,
        /// The member's id.
        user_id: Path<Uuid>,
        body: JsonBody<RoleBody>,
    ) -> Result<Answer<MemberBody>, Failure> {
        let role = body.0.role.into();
        let member = caller
            .app
            .change_role(caller.access(), caller.request_id, UserId(user_id.0), role)
            .await?;
        Ok(Answer::new(member.into()))
    }

    /// Remove a member
    ///
    /// The member's sessions end, and the API keys that the member made are revoked. Nobody removes
    /// themselves, and nobody the owner.
    #[oai(
        path = "/tenants/me/members/:user_id",
        method = "delete",
        operation_id = "removeMember"
    )]
    async fn remove(
        &self,
        caller: Caller,
        /// The member's id.
        user_id: Path<Uuid>,
    ) -> Result<Answer<RemovedMember>, Failure> {
        let removed = caller
            .app
            .remove_member(caller.access(), caller.request_id, UserId(user_id.0))
            .await?;
        Ok(Answer::new(RemovedMember {
            success: true,
            revoked_keys: removed.keys_revoked,
        }))
    }
}
