//! `/tenants/me/members`.

use catalog::{Member, Page};
use poem_openapi::param::Path;
use poem_openapi::{Object, OpenApi};
use protocol::ErrorCode::MemberNotFound;
use protocol::UserId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::body::JsonBody;
use super::caller::{Caller, LENIENT, WholeTenant, role};
use super::failures::{Failed, LIST, codes};
use super::json::Json;
use super::keys::RoleName;
use super::parameters::Parameters;

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
pub(super) struct RoleBody {
    /// `owner` hands the tenant over: the owner who does it is an admin then.
    role: RoleName,
}

/// What went with the membership.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct RemovedMember {
    /// Always true; a failure has another body.
    success: bool,
    /// API keys that were made by the member, or by these keys, and work no more.
    revoked_keys: u64,
}

#[OpenApi(prefix_path = "/tenants/me/members", tag = "Tag::People")]
impl MembersApi {
    /// List members
    #[oai(path = "/", method = "get", operation_id = "listMembers")]
    async fn list(
        &self,
        caller: Caller<WholeTenant<role::ReadOnly>, LENIENT>,
        Parameters(page): Parameters<Page>,
    ) -> Result<Json<MemberList>, Failed<LIST>> {
        let (app, access, _) = caller.parts();
        let members = app.catalog.members(access, page).await?;
        Ok(Json::new(MemberList {
            members: members.items.into_iter().map(Into::into).collect(),
            next_cursor: members.next_cursor,
        }))
    }

    /// Change a member's role
    ///
    /// Admins act on members below them and give roles up to their own. The role `owner` is given by
    /// the owner alone, logged in and not by an API key. API keys that the member made are lowered
    /// to the new role where they were above it, and open invitations that the member made end where
    /// the new role may not give what they give.
    #[oai(
        path = "/:user_id",
        method = "patch",
        operation_id = "changeMemberRole"
    )]
    async fn change(
        &self,
        caller: Caller<WholeTenant<role::Admin>, LENIENT>,
        /// The member's id.
        user_id: Path<Uuid>,
        JsonBody(body): JsonBody<RoleBody, LENIENT>,
    ) -> Result<Json<MemberBody>, Failed<{ codes(&[MemberNotFound]) }>> {
        let (app, access, context) = caller.parts();
        let (member, role) = (UserId(user_id.0), body.role.into());
        let member = app.change_role(access, context, member, role).await?;
        Ok(Json::new(member.into()))
    }

    /// Remove a member
    ///
    /// The member's sessions end, and the API keys and the open invitations that the member made are
    /// revoked. Nobody removes themselves, and nobody the owner.
    #[oai(path = "/:user_id", method = "delete", operation_id = "removeMember")]
    async fn remove(
        &self,
        caller: Caller<WholeTenant<role::Admin>, LENIENT>,
        /// The member's id.
        user_id: Path<Uuid>,
    ) -> Result<Json<RemovedMember>, Failed<{ codes(&[MemberNotFound]) }>> {
        let (app, access, context) = caller.parts();
        let member = UserId(user_id.0);
        let revoked_keys = app.remove_member(access, context, member).await?;
        Ok(Json::new(RemovedMember {
            success: true,
            revoked_keys,
        }))
    }
}
