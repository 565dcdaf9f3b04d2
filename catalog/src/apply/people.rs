//! Tenants, users, memberships, verifications of addresses.

use protocol::{Rate, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::super::column::{corrupt, from_json, from_time, from_u64};
use super::super::entity::{email_verification, membership, password_reset, tenant, user};
use super::super::error::ChangeError;
use super::super::event::{ControlEvent, RecordedEvent};
use super::super::user::Email;
use super::secret;

/// Verifications of one person that are open at a time.
const VERIFICATIONS_OPEN: u64 = 5;

pub(super) async fn apply(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
) -> Result<(), ChangeError> {
    match &recorded.event {
        ControlEvent::TenantCreated { short_name } => {
            let row = tenant::ActiveModel {
                id: Set(recorded.tenant.0),
                short_name: Set(short_name.clone()),
                created_at: Set(from_time(recorded.at)),
                log_count: Set(0),
                view_count: Set(0),
                rate_per_second: Set(None),
                rate_burst: Set(None),
                quotas: Set(None),
                delete_at: Set(None),
            };
            tenant::Entity::insert(row)
                .exec_without_returning(sql)
                .await?;
        }
        ControlEvent::TenantRateChanged { rate } => set_rate(sql, recorded, *rate).await?,
        ControlEvent::TenantQuotasChanged { quotas } => {
            let quotas = (!quotas.is_empty()).then_some(quotas);
            tenant::Entity::update_many()
                .col_expr(
                    tenant::Column::Quotas,
                    Expr::value(quotas.map(from_json).transpose()?),
                )
                .filter(tenant::Column::Id.eq(recorded.tenant.0))
                .exec(sql)
                .await?;
        }
        ControlEvent::UserRegistered {
            user,
            email,
            password_hash,
            email_verified,
        } => {
            let row = user::ActiveModel {
                id: Set(user.0),
                email: Set(email.clone()),
                email_key: Set(Email::normalise(email)?.key()),
                password_hash: Set(password_hash.clone()),
                email_verified: Set(*email_verified),
                created_at: Set(from_time(recorded.at)),
            };
            user::Entity::insert(row)
                .exec_without_returning(sql)
                .await?;
        }
        ControlEvent::EmailVerificationRequested {
            user,
            token_sha256,
            expires_at,
        } => open_verification(sql, recorded, *user, token_sha256, *expires_at).await?,
        ControlEvent::EmailVerified { user } => {
            user::Entity::update_many()
                .col_expr(user::Column::EmailVerified, true.into())
                .filter(user::Column::Id.eq(user.0))
                .exec(sql)
                .await?;
            email_verification::Entity::delete_many()
                .filter(email_verification::Column::UserId.eq(user.0))
                .exec(sql)
                .await?;
        }
        ControlEvent::UserDeleted { user } => {
            email_verification::Entity::delete_many()
                .filter(email_verification::Column::UserId.eq(user.0))
                .exec(sql)
                .await?;
            password_reset::Entity::delete_many()
                .filter(password_reset::Column::UserId.eq(user.0))
                .exec(sql)
                .await?;
            user::Entity::delete_by_id(user.0).exec(sql).await?;
        }
        ControlEvent::MemberAdded { user, role } => {
            let row = membership::ActiveModel {
                tenant_id: Set(recorded.tenant.0),
                user_id: Set(user.0),
                role: Set(role.as_str().to_owned()),
                created_at: Set(from_time(recorded.at)),
            };
            membership::Entity::insert(row)
                .exec_without_returning(sql)
                .await?;
        }
        ControlEvent::MemberRoleChanged { user, role } => {
            membership::Entity::update_many()
                .col_expr(membership::Column::Role, Expr::value(role.as_str()))
                .filter(membership::Column::TenantId.eq(recorded.tenant.0))
                .filter(membership::Column::UserId.eq(user.0))
                .exec(sql)
                .await?;
            secret::end_above(sql, recorded.tenant, *user, *role).await?;
        }
        ControlEvent::MemberRemoved { user } => {
            membership::Entity::delete_by_id((recorded.tenant.0, user.0))
                .exec(sql)
                .await?;
            secret::end_with_member(sql, recorded.tenant, *user).await?;
        }
        other => return Err(corrupt(format!("{} is not about people", other.kind())).into()),
    }
    Ok(())
}

async fn set_rate(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
    rate: Option<Rate>,
) -> Result<(), ChangeError> {
    // Above two thousand million requests a second, no limit is the same as this one.
    let column = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    tenant::Entity::update_many()
        .col_expr(
            tenant::Column::RatePerSecond,
            Expr::value(rate.map(|rate| column(rate.per_second))),
        )
        .col_expr(
            tenant::Column::RateBurst,
            Expr::value(rate.map(|rate| column(rate.burst))),
        )
        .filter(tenant::Column::Id.eq(recorded.tenant.0))
        .exec(sql)
        .await?;
    Ok(())
}

/// Opens a verification and closes the oldest of the same person when there are too many.
async fn open_verification(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
    user: UserId,
    token_sha256: &[u8; 32],
    expires_at: Timestamp,
) -> Result<(), ChangeError> {
    let row = email_verification::ActiveModel {
        token_sha256: Set(token_sha256.to_vec()),
        user_id: Set(user.0),
        sequence: Set(from_u64(recorded.sequence)),
        expires_at: Set(from_time(expires_at)),
    };
    email_verification::Entity::insert(row)
        .exec_without_returning(sql)
        .await?;
    let newest_closed: Option<i64> = email_verification::Entity::find()
        .select_only()
        .column(email_verification::Column::Sequence)
        .filter(email_verification::Column::UserId.eq(user.0))
        .order_by_desc(email_verification::Column::Sequence)
        .offset(VERIFICATIONS_OPEN)
        .limit(1)
        .into_tuple()
        .one(sql)
        .await?;
    if let Some(sequence) = newest_closed {
        email_verification::Entity::delete_many()
            .filter(email_verification::Column::UserId.eq(user.0))
            .filter(email_verification::Column::Sequence.lte(sequence))
            .exec(sql)
            .await?;
    }
    Ok(())
}
