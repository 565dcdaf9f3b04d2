//! Second factors: a secret that a person's authenticator shares with us, and codes for when it is lost.
//!
//! They are operational rows, because a secret never enters a control event; the events say that a factor
//! was switched on or off. What a code is, and whether it is right, is the caller's to know. Here is
//! seen to it that each one is accepted once.

use protocol::{RequestId, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder};

use super::audit::to_recorded;
use super::column::{from_time, from_u64, to_u64};
use super::entity::{
    control_event, count, delete, exists, insert, one, recovery_code, second_factor, set,
};
use super::event::{ControlEvent, PEOPLE};
use super::lock::Lock;
use super::{Catalog, CatalogError, Context, Refusal};

/// The bytes of a secret.
pub const SECRET_BYTES: usize = 20;

/// The second factor of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    pub secret: Vec<u8>,
    /// Whether a login needs it; else the person has only begun to set it up.
    pub confirmed: bool,
    /// Wrong codes since the last right one, or since the password was set.
    pub wrong_codes: u64,
    pub recovery_codes_left: u64,
}

/// The secret stays out of logs.
impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactor")
            .field("confirmed", &self.confirmed)
            .finish_non_exhaustive()
    }
}

/// A right code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactorCode {
    /// That of a time step.
    Step(u64),
    /// The SHA-256 of one that was given out for when the authenticator is lost.
    Recovery([u8; 32]),
}

impl Catalog {
    pub async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, CatalogError> {
        let row = second_factor::Entity::find_by_id(user.0);
        let Some(row) = one(self.readers(), row).await? else {
            return Ok(None);
        };
        let codes = recovery_code::Column::UserId.eq(user.0);
        Ok(Some(SecondFactor {
            secret: row.secret,
            confirmed: row.confirmed,
            wrong_codes: to_u64(row.wrong_codes),
            recovery_codes_left: count::<recovery_code::Entity>(self.readers(), codes).await?,
        }))
    }

    /// Gives a person a secret, in the place of one that was never confirmed.
    pub async fn begin_second_factor(
        &self,
        user: UserId,
        secret: [u8; SECRET_BYTES],
    ) -> Result<(), Refusal> {
        self.change(Lock::SecondFactor(user), move |change| async move {
            let sql = change.sql();
            if exists::<second_factor::Entity>(sql, is_on(user)).await? {
                return Err(Refusal::SecondFactorOn);
            }
            forget(sql, user).await?;
            let row = second_factor::ActiveModel {
                user_id: Set(user.0),
                secret: Set(secret.to_vec()),
                confirmed: Set(false),
                last_step: Set(0),
                wrong_codes: Set(0),
                created_at: Set(from_time(change.at())),
            };
            insert(sql, row).await.map_err(CatalogError::from)?;
            change.commit(()).await
        })
        .await
    }

    /// Switches a factor on whose secret gave the code of a time step, and gives the person recovery
    /// codes.
    pub async fn enable_second_factor(
        &self,
        request_id: RequestId,
        user: UserId,
        (secret, step): (&[u8], u64),
        recovery_codes: &[[u8; 32]],
    ) -> Result<(), Refusal> {
        self.change(Lock::People, move |mut change| async move {
            let begun = second_factor::Column::UserId
                .eq(user.0)
                .and(second_factor::Column::Confirmed.eq(false))
                .and(second_factor::Column::Secret.eq(secret.to_vec()));
            let enabled = second_factor::Entity::update_many()
                .col_expr(second_factor::Column::Confirmed, Expr::value(true))
                .col_expr(second_factor::Column::LastStep, Expr::value(from_u64(step)))
                .filter(begun)
                .exec(change.sql())
                .await
                .map_err(CatalogError::from)?;
            if enabled.rows_affected == 0 {
                return Err(Refusal::SecondFactorOff);
            }
            let at = from_time(change.at());
            give_codes(change.sql(), user, at, recovery_codes).await?;
            let event = ControlEvent::SecondFactorEnabled { user };
            let context = Context::user(user, request_id);
            change.record(PEOPLE, context, event).await?;
            change.commit(()).await
        })
        .await
    }

    /// Uses a code up; says whether it had not been used before.
    pub async fn use_code(
        &self,
        user: UserId,
        code: SecondFactorCode,
    ) -> Result<bool, CatalogError> {
        self.change(Lock::SecondFactor(user), move |change| async move {
            let sql = change.sql();
            let used = match code {
                SecondFactorCode::Step(step) => {
                    let step = from_u64(step);
                    let earlier = is_on(user).and(second_factor::Column::LastStep.lt(step));
                    let used = second_factor::Entity::update_many()
                        .col_expr(second_factor::Column::LastStep, Expr::value(step))
                        .filter(earlier);
                    used.exec(sql).await?.rows_affected
                }
                SecondFactorCode::Recovery(sha256) => {
                    delete::<recovery_code::Entity>(sql, recovery(user, sha256)).await?
                }
            };
            if used > 0 {
                forget_wrong_codes(sql, user).await?;
            }
            change.commit(used > 0).await
        })
        .await
    }

    /// Whether a code could be used now.
    pub async fn is_code_unused(
        &self,
        user: UserId,
        code: SecondFactorCode,
    ) -> Result<bool, CatalogError> {
        let sql = self.readers();
        match code {
            SecondFactorCode::Step(step) => {
                let step = second_factor::Column::LastStep.lt(from_u64(step));
                exists::<second_factor::Entity>(sql, is_on(user).and(step)).await
            }
            SecondFactorCode::Recovery(sha256) => {
                exists::<recovery_code::Entity>(sql, recovery(user, sha256)).await
            }
        }
    }

    /// Counts a wrong code.
    pub async fn note_wrong_code(&self, user: UserId) -> Result<(), CatalogError> {
        self.change(Lock::SecondFactor(user), move |change| async move {
            let more = Expr::col(second_factor::Column::WrongCodes).add(1);
            let of_user = second_factor::Column::UserId.eq(user.0);
            let column = second_factor::Column::WrongCodes;
            set::<second_factor::Entity>(change.sql(), column, more, of_user).await?;
            change.commit(()).await
        })
        .await
    }

    /// Gives a person other recovery codes.
    pub async fn replace_recovery_codes(
        &self,
        request_id: RequestId,
        user: UserId,
        recovery_codes: &[[u8; 32]],
    ) -> Result<(), Refusal> {
        self.change(Lock::People, move |mut change| async move {
            if !exists::<second_factor::Entity>(change.sql(), is_on(user)).await? {
                return Err(Refusal::SecondFactorOff);
            }
            let at = from_time(change.at());
            give_codes(change.sql(), user, at, recovery_codes).await?;
            let event = ControlEvent::RecoveryCodesReplaced { user };
            let context = Context::user(user, request_id);
            change.record(PEOPLE, context, event).await?;
            change.commit(()).await
        })
        .await
    }

    /// Switches a person's second factor off.
    pub async fn disable_second_factor(
        &self,
        request_id: RequestId,
        user: UserId,
    ) -> Result<(), Refusal> {
        self.change(Lock::People, move |mut change| async move {
            if !exists::<second_factor::Entity>(change.sql(), is_on(user)).await? {
                return Err(Refusal::SecondFactorOff);
            }
            forget(change.sql(), user).await?;
            let event = ControlEvent::SecondFactorDisabled { user };
            let context = Context::user(user, request_id);
            change.record(PEOPLE, context, event).await?;
            change.commit(()).await
        })
        .await
    }
}

fn is_on(user: UserId) -> Expr {
    let of_user = second_factor::Column::UserId.eq(user.0);
    of_user.and(second_factor::Column::Confirmed.eq(true))
}

fn recovery(user: UserId, sha256: [u8; 32]) -> Expr {
    let of_user = recovery_code::Column::UserId.eq(user.0);
    of_user.and(recovery_code::Column::CodeSha256.eq(sha256.to_vec()))
}

async fn give_codes(
    sql: &impl ConnectionTrait,
    user: UserId,
    at: i64,
    codes: &[[u8; 32]],
) -> Result<(), CatalogError> {
    delete::<recovery_code::Entity>(sql, recovery_code::Column::UserId.eq(user.0)).await?;
    for code in codes {
        let row = recovery_code::ActiveModel {
            code_sha256: Set(code.to_vec()),
            user_id: Set(user.0),
            created_at: Set(at),
        };
        insert(sql, row).await?;
    }
    Ok(())
}

/// Whoever set the password anew may try codes again.
pub(super) async fn forget_wrong_codes(
    sql: &impl ConnectionTrait,
    user: UserId,
) -> Result<(), CatalogError> {
    let of_user = second_factor::Column::UserId.eq(user.0);
    set::<second_factor::Entity>(sql, second_factor::Column::WrongCodes, 0, of_user).await
}

/// Removes what the control events say is over: a backup may have kept it from before.
pub(super) async fn forget_ended(sql: &impl ConnectionTrait) -> Result<(), CatalogError> {
    let ended = control_event::Entity::find()
        .filter(control_event::Column::TenantId.eq(PEOPLE.0))
        .filter(
            control_event::Column::Kind
                .is_in(["second_factor_disabled", "recovery_codes_replaced"]),
        )
        .order_by_asc(control_event::Column::Sequence);
    for row in ended.all(sql).await? {
        let (user, is_off) = match to_recorded(&row)?.event {
            ControlEvent::SecondFactorDisabled { user } => (user, true),
            ControlEvent::RecoveryCodesReplaced { user } => (user, false),
            _ => continue,
        };
        let codes = recovery_code::Column::UserId.eq(user.0);
        let codes = codes.and(recovery_code::Column::CreatedAt.lt(row.at));
        delete::<recovery_code::Entity>(sql, codes).await?;
        if is_off {
            let factor = second_factor::Column::UserId.eq(user.0);
            let factor = factor.and(second_factor::Column::CreatedAt.lt(row.at));
            delete::<second_factor::Entity>(sql, factor).await?;
        }
    }
    Ok(())
}

/// Removes all that is kept of a person's second factor.
pub(super) async fn forget(sql: &impl ConnectionTrait, user: UserId) -> Result<(), CatalogError> {
    delete::<recovery_code::Entity>(sql, recovery_code::Column::UserId.eq(user.0)).await?;
    delete::<second_factor::Entity>(sql, second_factor::Column::UserId.eq(user.0)).await?;
    Ok(())
}
