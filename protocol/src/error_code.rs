//! The machine-readable `code` of every error answer, with its HTTP status.
//!
//! Codes are part of the contract: clients match on them, so one is never renamed or reused.

use strum::{Display, IntoStaticStr, VariantArray};

/// What went wrong, for programs. The sentence for people stands beside it in the answer. A code
/// is its variant's name in snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ErrorCode {
    /// The request is malformed: a header, parameter or body can't be read.
    InvalidRequest,
    /// The name of a log or view breaks the rules for names.
    InvalidName,
    /// The `delimiter` is empty or longer than it may be.
    InvalidDelimiter,
    /// The `Idempotency-Key` is empty, too long or not visible ASCII.
    InvalidIdempotencyKey,
    /// A sequence is not a whole number from 0 to 2^53-1.
    InvalidSequence,
    /// The `filter` of a log's events is no expression, or `text` is empty or too long.
    InvalidFilter,
    /// The cursor was not made by this list.
    InvalidCursor,
    /// The address can't be one.
    InvalidEmail,
    /// The password is too short or too long.
    InvalidPassword,
    /// The password is one of the most common ones, or the name of its user.
    CommonPassword,
    /// The token of a mail's link is unknown, used or expired.
    InvalidToken,
    /// The batch holds no event.
    EmptyBatch,
    /// The batch can't be split into events.
    MalformedBatch,
    /// No credentials came, or they are unknown, expired or revoked.
    Unauthenticated,
    /// Address and password don't match, or the code of the second factor is wrong.
    InvalidCredentials,
    /// The password is right, and the person has a second factor: its code is needed, too.
    SecondFactorRequired,
    /// The free tier or the monthly cap is used up.
    ComputeLimitReached,
    /// The role or key does not allow the operation.
    Forbidden,
    /// A browser sent its session's cookie, and not for a page of this server.
    ForeignOrigin,
    /// A person does this, who logged in, and no API key.
    PersonOnly,
    /// The address was not verified yet.
    EmailNotVerified,
    /// The tenant is going to be deleted, and closed until then.
    TenantClosed,
    /// Too many wrong passwords for the address came from this network; `Retry-After` says how long
    /// to wait.
    TooManyAttempts,
    /// There is no such route.
    NotFound,
    /// The tenant has no such log.
    LogNotFound,
    /// The log has no such view.
    ViewNotFound,
    /// The view has no such version.
    VersionNotFound,
    /// The tenant has no such API key.
    KeyNotFound,
    /// There is no such deletion of a tenant, or it was cancelled; or none of a log or view.
    DeletionNotFound,
    /// The tenant has no such member.
    MemberNotFound,
    /// The tenant has no such invitation.
    InvitationNotFound,
    /// The person has no such session.
    SessionNotFound,
    /// The route has no such method; `Allow` lists those it has.
    MethodNotAllowed,
    /// None of the media types in `Accept` is offered.
    NotAcceptable,
    /// The request did not arrive in time.
    RequestTimeout,
    /// The name is taken.
    NameTaken,
    /// The address is registered already.
    EmailTaken,
    /// The address belongs to a member already.
    AlreadyMember,
    /// `Expected-Sequence` is not the log's head.
    SequenceMismatch,
    /// The key was used with another payload.
    IdempotencyKeyReused,
    /// The view halted at an event that it can't fold, or its build failed.
    ViewFailed,
    /// The person has a second factor already.
    SecondFactorOn,
    /// The person has no second factor, or has not begun to set one up.
    SecondFactorOff,
    /// The tenant has a subscription already.
    AlreadySubscribed,
    /// The tenant never subscribed, so there is nothing to see or to change.
    NeverSubscribed,
    /// The tenant was deleted.
    TenantDeleted,
    /// The request needs a `Content-Length`.
    LengthRequired,
    /// An event is larger than 1 MiB.
    EventTooLarge,
    /// A batch is larger than 10 MiB.
    BatchTooLarge,
    /// A batch holds more than 100,000 events.
    BatchTooManyEvents,
    /// A component is larger than 100 MiB.
    ComponentTooLarge,
    /// A query's input is larger than 1 MiB.
    QueryTooLarge,
    /// A JSON body is larger than it may be.
    BodyTooLarge,
    /// The address of the request is too long.
    UriTooLong,
    /// The `Content-Type` is none that the operation takes.
    UnsupportedMediaType,
    /// The upload is not a valid component.
    InvalidComponent,
    /// The component does not export a world that views have.
    WrongWorld,
    /// The component imports what no view gets.
    ForbiddenImport,
    /// The component can't be compiled within the limits.
    ComponentTooComplex,
    /// The view answered the query with an error, or could not finish it.
    QueryFailed,
    /// The view's answer is larger than it may be.
    ResultTooLarge,
    /// Too many requests; answered as text.
    RateLimited,
    /// The headers of the request are too large.
    HeadersTooLarge,
    /// The tenant has as many logs as it may.
    LogLimitReached,
    /// The log has as many views as it may.
    ViewLimitReached,
    /// The tenant has as many API keys as it may.
    KeyLimitReached,
    /// The tenant has stored as many bytes as it may.
    StorageLimitReached,
    /// The tenant has as many live streams open as it may.
    StreamLimitReached,
    /// The tenant has as many members and open invitations as it may.
    MemberLimitReached,
    /// The tenant sent as many invitations within a day as it may.
    InvitationLimitReached,
    /// An error of ours; the request id finds it in our logs.
    Internal,
    /// The operation is not configured on this server.
    NotImplemented,
    /// This server takes no payments.
    BillingNotConfigured,
    /// A part that the operation needs is not reachable right now.
    Unavailable,
    /// Too much work is waiting already.
    Overloaded,
    /// The tenant has as many queries under way as it may.
    QueryLimitReached,
    /// The tenant's views use as much memory as they may, and all of it is needed right now.
    ViewMemoryLimitReached,
    /// This node is stopping; another one will answer.
    ShuttingDown,
    /// The view did not reach the asked sequence in time.
    ViewBehind,
    /// The disk is full; nothing acknowledged is lost.
    StorageFull,
}

impl ErrorCode {
    /// Every code, for documentation and tests.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The code as it stands in the answer.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The HTTP status that goes with the code.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest
            | Self::InvalidName
            | Self::InvalidDelimiter
            | Self::InvalidIdempotencyKey
            | Self::InvalidSequence
            | Self::InvalidFilter
            | Self::InvalidCursor
            | Self::InvalidEmail
            | Self::InvalidPassword
            | Self::CommonPassword
            | Self::InvalidToken
            | Self::EmptyBatch
            | Self::MalformedBatch => 400,
            Self::Unauthenticated | Self::InvalidCredentials | Self::SecondFactorRequired => 401,
            Self::ComputeLimitReached => 402,
            Self::Forbidden
            | Self::ForeignOrigin
            | Self::PersonOnly
            | Self::EmailNotVerified
            | Self::TenantClosed
            | Self::TooManyAttempts
            | Self::LogLimitReached
            | Self::ViewLimitReached
            | Self::KeyLimitReached
            | Self::StorageLimitReached
            | Self::StreamLimitReached
            | Self::MemberLimitReached
            | Self::InvitationLimitReached => 403,
            Self::NotFound
            | Self::LogNotFound
            | Self::ViewNotFound
            | Self::VersionNotFound
            | Self::KeyNotFound
            | Self::DeletionNotFound
            | Self::MemberNotFound
            | Self::InvitationNotFound
            | Self::SessionNotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::RequestTimeout => 408,
            Self::NameTaken
            | Self::EmailTaken
            | Self::AlreadyMember
            | Self::SequenceMismatch
            | Self::IdempotencyKeyReused
            | Self::AlreadySubscribed
            | Self::NeverSubscribed
            | Self::SecondFactorOn
            | Self::SecondFactorOff
            | Self::ViewFailed => 409,
            Self::TenantDeleted => 410,
            Self::LengthRequired => 411,
            Self::EventTooLarge
            | Self::BatchTooLarge
            | Self::BatchTooManyEvents
            | Self::ComponentTooLarge
            | Self::QueryTooLarge
            | Self::BodyTooLarge => 413,
            Self::UriTooLong => 414,
            Self::UnsupportedMediaType => 415,
            Self::InvalidComponent
            | Self::WrongWorld
            | Self::ForbiddenImport
            | Self::ComponentTooComplex
            | Self::QueryFailed
            | Self::ResultTooLarge => 422,
            Self::RateLimited => 429,
            Self::HeadersTooLarge => 431,
            Self::Internal => 500,
            Self::NotImplemented | Self::BillingNotConfigured => 501,
            Self::Unavailable
            | Self::Overloaded
            | Self::QueryLimitReached
            | Self::ViewMemoryLimitReached
            | Self::ShuttingDown => 503,
            Self::ViewBehind => 504,
            Self::StorageFull => 507,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_every_status_is_an_error() {
        let codes: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        assert!(
            ErrorCode::ALL
                .iter()
                .all(|code| (400..600).contains(&code.status()))
        );
    }
}
