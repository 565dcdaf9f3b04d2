//! What a refusal of the catalog is to a client.

use catalog::Refusal;
use protocol::ErrorCode;

use super::credentials::wrong_credentials;
use crate::errors::Failure;

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        let code = match refusal {
            Refusal::Catalog(error) => return error.into(),
            // Whoever has the old password learns nothing from it.
            Refusal::PasswordChanged => return wrong_credentials(),
            Refusal::ShortNameTaken | Refusal::LogNameTaken => ErrorCode::NameTaken,
            Refusal::EmailTaken | Refusal::RegisteredMeanwhile => ErrorCode::EmailTaken,
            Refusal::AlreadyMember | Refusal::InviteeIsMember => ErrorCode::AlreadyMember,
            Refusal::VerificationUnknown | Refusal::ResetUnknown | Refusal::InvitationUnknown => {
                ErrorCode::InvalidToken
            }
            Refusal::SecondFactorOn => ErrorCode::SecondFactorOn,
            Refusal::SecondFactorOff => ErrorCode::SecondFactorOff,
            Refusal::ActorGone | Refusal::InviterGone => ErrorCode::Unauthenticated,
            Refusal::Yourself | Refusal::OutlivesMaker(_) | Refusal::KeyExpired(_) => {
                ErrorCode::InvalidRequest
            }
            Refusal::OwnerStays
            | Refusal::NotBelowYou { .. }
            | Refusal::OwnerInPersonOnly
            | Refusal::InviteeAboveYou(_)
            | Refusal::RoleAboveMaker { .. }
            | Refusal::LogsBeyondMaker
            | Refusal::KeyAboveYou { .. }
            | Refusal::KeyBeyondYours
            | Refusal::LimitedKey => ErrorCode::Forbidden,
            Refusal::MemberNotFound => ErrorCode::MemberNotFound,
            Refusal::InvitationNotFound => ErrorCode::InvitationNotFound,
            Refusal::KeyNotFound => ErrorCode::KeyNotFound,
            Refusal::LogNotFound => ErrorCode::LogNotFound,
            Refusal::ViewNotFound => ErrorCode::ViewNotFound,
            Refusal::InviteeLimitReached { .. } | Refusal::MemberLimitReached { .. } => {
                ErrorCode::MemberLimitReached
            }
            Refusal::InvitationLimitReached(_) => ErrorCode::InvitationLimitReached,
            Refusal::KeyLimitReached { .. } => ErrorCode::KeyLimitReached,
            Refusal::LogLimitReached { .. } => ErrorCode::LogLimitReached,
            Refusal::LogFull(_) | Refusal::ViewLimitReached { .. } => ErrorCode::ViewLimitReached,
            Refusal::TooManyBuilding(_) => ErrorCode::Overloaded,
        };
        Self::new(code, message)
    }
}
