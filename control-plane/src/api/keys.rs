//! `/keys`.

use std::time::Duration;

use catalog::access::Role;
use catalog::{Key, Page};
use poem_openapi::param::{Path, Query};
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object, OpenApi};
use protocol::KeyId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::answer::Answer;
use super::audit_format::ActorBody;
use super::body::JsonBody;
use super::caller::Caller;
use super::times;
use crate::domain::keys::{KeyRequest, OVERLAP};
use crate::errors::Failure;

pub(super) struct KeysApi;

/// What someone may do; each role may do all that a lower one may.
#[derive(Clone, Copy, Enum, Serialize, Deserialize)]
#[oai(rename = "Role", rename_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub(super) enum RoleName {
    ReadOnly,
    Member,
    Admin,
    Owner,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::ReadOnly => Self::ReadOnly,
            Role::Member => Self::Member,
            Role::Admin => Self::Admin,
            Role::Owner => Self::Owner,
        }
    }
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Self {
        match role {
            RoleName::ReadOnly => Self::ReadOnly,
            RoleName::Member => Self::Member,
            RoleName::Admin => Self::Admin,
            RoleName::Owner => Self::Owner,
        }
    }
}

/// A key to be made.
#[derive(Object, Serialize, Deserialize)]
#[oai(example)]
pub(super) struct NewKeyBody {
    /// For people; 1 to 128 characters.
    name: String,
    /// At most the maker's own role. The default is member.
    #[oai(default)]
    #[serde(default)]
    role: Option<RoleName>,
    /// Ids or names of the logs that the key is limited to; all of them when it is left out.
    #[oai(default)]
    #[serde(default)]
    logs: Option<Vec<String>>,
    /// RFC 3339; never when it is left out.
    #[oai(default)]
    #[serde(default)]
    expires_at: Option<String>,
}

impl Example for NewKeyBody {
    fn example() -> Self {
        Self {
            name: "ingest".to_owned(),
            role: Some(RoleName::Member),
            logs: Some(vec!["customer-acme-usage".to_owned()]),
            expires_at: None,
        }
    }
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
#[oai(example)]
pub(super) struct RotateKeyBody {
    /// For how many seconds earlier secrets go on working, unless they end sooner; at most 2592000,
    /// which is 30 days. With 0 they end at once, and so does every token that they were exchanged
    /// for. The default is 86400, which is a day.
    #[oai(default)]
    #[serde(default)]
    overlap_secs: Option<u32>,
}

impl Example for RotateKeyBody {
    fn example() -> Self {
        Self {
            overlap_secs: Some(3_600),
        }
    }
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
    /// All of the tenant's for admins, the own ones for others.
    #[oai(path = "/keys", method = "get", operation_id = "listKeys")]
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
    ) -> Result<Answer<KeyList>, Failure> {
        let page = Page {
            limit: limit.0,
            cursor: cursor.0,
        };
        let keys = caller.app.keys(caller.access(), page).await?;
        Ok(Answer::new(KeyList {
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
        caller: Caller,
        body: JsonBody<NewKeyBody>,
    ) -> Result<Answer<CreatedKey, 201>, Failure> {
        let JsonBody(body) = body;
        let expires_at = body
            .expires_at
            .map(|text| times::parse("expires_at", &text));
        let request = KeyRequest {
            name: body.name,
            role: body.role.map(Into::into),
            logs: body.logs,
            expires_at: expires_at.transpose()?,
        };
        let (key, secret) = caller
            .app
            .create_key(caller.access(), caller.request_id, request)
            .await?;
        let key = KeyBody::from(key);
        Ok(Answer::new(CreatedKey {
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
        caller: Caller,
        /// The key's id.
        id: Path<Uuid>,
        body: JsonBody<Option<RotateKeyBody>>,
    ) -> Result<Answer<RotatedKey>, Failure> {
        let overlap = body.0.and_then(|body| body.overlap_secs);
        let overlap = overlap.map_or(OVERLAP, |secs| Duration::from_secs(secs.into()));
        let (key, secret, earlier_until) = caller
            .app
            .rotate_key(caller.access(), caller.request_id, KeyId(id.0), overlap)
            .await?;
        let key = KeyBody::from(key);
        Ok(Answer::new(RotatedKey {
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
        caller: Caller,
        /// The key's id.
        id: Path<Uuid>,
    ) -> Result<Answer<RevokedKeys>, Failure> {
        let revoked = caller
            .app
            .revoke_key(caller.access(), caller.request_id, KeyId(id.0))
            .await?;
        Ok(Answer::new(RevokedKeys {
            success: true,
            revoked: revoked.into_iter().map(|key| key.0).collect(),
        }))
    }
}

/// Items in a page when the request does not say.
pub(super) fn default_limit() -> u32 {
    100
}
