//! `/keys`.

use std::time::Duration;

use catalog::access::Role;
use catalog::{Key, Page};
use poem_openapi::param::Path;
use poem_openapi::{Enum, Object, OpenApi};
use protocol::ErrorCode::{KeyLimitReached, KeyNotFound};
use protocol::KeyId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::audit_format::ActorBody;
use super::body::JsonBody;
use super::caller::{Caller, LENIENT, role};
use super::failures::{Failed, IN_LOG, LIST, codes};
use super::json::Json;
use super::parameters::Parameters;
use super::times;
use crate::domain::keys::{KeyRequest, OVERLAP};

pub(super) struct KeysApi;

/// What someone may do; each role may do all that a lower one may.
#[derive(Clone, Copy, Enum, Serialize, Deserialize)]
#[oai(rename = "Role", rename_all = "kebab-case", remote = "Role")]
#[serde(rename_all = "kebab-case")]
pub(super) enum RoleName {
    ReadOnly,
    Member,
    Admin,
    Owner,
}

/// A key to be made.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct CreateKeyBody {
    /// For people; 1 to 128 characters.
    name: String,
    /// At most the maker's own role. The default is member.
    role: Option<RoleName>,
    /// Ids or names of the logs that the key is limited to; all of them when it is left out.
    logs: Option<Vec<String>>,
    /// RFC 3339; never when it is left out.
    expires_at: Option<String>,
}

/// A key without its secret.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct KeyBody {
    id: Uuid,
    name: String,
    role: RoleName,
    /// The ids of the logs that the key is limited to; null for all.
    logs: Option<Vec<Uuid>>,
    /// Who made it.
    created_by: ActorBody,
    created_at: String,
    /// When it got its present secret; null if that is its first.
    rotated_at: Option<String>,
    expires_at: Option<String>,
    /// Up to a minute behind; null if it was never used.
    last_used_at: Option<String>,
}

impl From<Key> for KeyBody {
    fn from(key: Key) -> Self {
        Self {
            id: key.id.0,
            name: key.name,
            role: key.role.into(),
            logs: key.logs.map(|logs| logs.iter().map(|log| log.0).collect()),
            created_by: key.created_by.into(),
            created_at: key.created_at.to_string(),
            rotated_at: key.rotated_at.map(|time| time.to_string()),
            expires_at: key.expires_at.map(|time| time.to_string()),
            last_used_at: key.last_used_at.map(|time| time.to_string()),
        }
    }
}

/// A key with its secret, which is shown this once.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct CreatedKey {
    /// The secret. It can't be shown again.
    key: String,
    id: Uuid,
    name: String,
    role: RoleName,
    logs: Option<Vec<Uuid>>,
    created_at: String,
    expires_at: Option<String>,
}

/// How a key gets a new secret.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct RotateKeyBody {
    /// For how many seconds earlier secrets go on working, unless they end sooner; at most 2592000,
    /// which is 30 days. With 0 they end at once, and so does every token that they were exchanged
    /// for. The default is 86400, which is a day.
    overlap_secs: Option<u32>,
}

/// A key with its new secret, which is shown this once.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct RotatedKey {
    /// The new secret. It can't be shown again.
    key: String,
    id: Uuid,
    name: String,
    role: RoleName,
    logs: Option<Vec<Uuid>>,
    created_at: String,
    rotated_at: Option<String>,
    expires_at: Option<String>,
    /// Until when earlier secrets work, unless they end sooner; null when they ended.
    earlier_until: Option<String>,
}

/// What a revocation ended.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct RevokedKeys {
    /// Always true.
    success: bool,
    /// The ids of the keys that work no more: this one, and those that were made with it.
    revoked: Vec<Uuid>,
}

/// A page of keys, newest first.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct KeyList {
    keys: Vec<KeyBody>,
    /// For the next page; null at the end.
    next_cursor: Option<String>,
}

#[OpenApi(tag = "Tag::Keys")]
impl KeysApi {
    /// List API keys
    ///
    /// All of the tenant's for admins, the own ones for others and for keys that are limited to some logs.
    #[oai(path = "/keys", method = "get", operation_id = "listKeys")]
    async fn list(
        &self,
        caller: Caller<role::ReadOnly, LENIENT>,
        Parameters(page): Parameters<Page>,
    ) -> Result<Json<KeyList>, Failed<LIST>> {
        let (app, access, _) = caller.parts();
        let keys = app.catalog.keys(access, page).await?;
        Ok(Json::new(KeyList {
            keys: keys.items.into_iter().map(Into::into).collect(),
            next_cursor: keys.next_cursor,
        }))
    }

    /// Make an API key
    ///
    /// A key never does more than its maker. One that is made with another key ends with that one,
    /// when it expires or is revoked.
    #[oai(path = "/keys", method = "post", operation_id = "createKey")]
    async fn create(
        &self,
        caller: Caller<role::Member, LENIENT>,
        JsonBody(body): JsonBody<CreateKeyBody, LENIENT>,
    ) -> Result<Json<CreatedKey, 201>, Failed<{ IN_LOG | codes(&[KeyLimitReached]) }>> {
        let expires_at = body
            .expires_at
            .map(|text| times::parse("expires_at", &text));
        let request = KeyRequest {
            name: body.name,
            role: body.role.map(Into::into),
            logs: body.logs,
            expires_at: expires_at.transpose()?,
        };
        let (app, access, context) = caller.parts();
        let (key, secret) = app.create_key(access, context, request).await?;
        let key = KeyBody::from(key);
        Ok(Json::new(CreatedKey {
            key: secret.expose().to_owned(),
            id: key.id,
            name: key.name,
            role: key.role,
            logs: key.logs,
            created_at: key.created_at,
            expires_at: key.expires_at,
        }))
    }

    /// Rotate an API key
    ///
    /// The key gets a new secret and keeps its id, its role and its logs. Earlier secrets work for a
    /// while, so that whatever uses the key can be changed over without a gap. At most 4 earlier
    /// secrets work at a time. The body may be left out.
    #[oai(path = "/keys/:id/rotate", method = "post", operation_id = "rotateKey")]
    async fn rotate(
        &self,
        caller: Caller<role::Member, LENIENT>,
        /// The key's id.
        id: Path<Uuid>,
        JsonBody(body): JsonBody<Option<RotateKeyBody>, LENIENT>,
    ) -> Result<Json<RotatedKey>, Failed<{ codes(&[KeyNotFound]) }>> {
        let (app, access, context) = caller.parts();
        let overlap = body.and_then(|body| body.overlap_secs);
        let overlap = overlap.map_or(OVERLAP, |secs| Duration::from_secs(secs.into()));
        let (key, secret, earlier_until) = app
            .rotate_key(access, context, KeyId(id.0), overlap)
            .await?;
        let key = KeyBody::from(key);
        Ok(Json::new(RotatedKey {
            key: secret.expose().to_owned(),
            id: key.id,
            name: key.name,
            role: key.role,
            logs: key.logs,
            created_at: key.created_at,
            rotated_at: key.rotated_at,
            expires_at: key.expires_at,
            earlier_until: earlier_until.map(|time| time.to_string()),
        }))
    }

    /// Revoke an API key
    ///
    /// It works no more from now on, and neither do the keys that were made with it.
    #[oai(path = "/keys/:id", method = "delete", operation_id = "revokeKey")]
    async fn revoke(
        &self,
        caller: Caller<role::Member, LENIENT>,
        /// The key's id.
        id: Path<Uuid>,
    ) -> Result<Json<RevokedKeys>, Failed<{ codes(&[KeyNotFound]) }>> {
        let (app, access, context) = caller.parts();
        let revoked = app.revoke_key(access, context, KeyId(id.0)).await?;
        Ok(Json::new(RevokedKeys {
            success: true,
            revoked: revoked.into_iter().map(|key| key.0).collect(),
        }))
    }
}
