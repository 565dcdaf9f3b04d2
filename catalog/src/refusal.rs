//! Why the catalog refuses a change: one list for all operations, because whoever asks is told each
//! in the same way. The operations of builds and of the archive, whose callers go on in different
//! ways, have enums of their own.

use protocol::Timestamp;

use super::CatalogError;
use crate::access::Role;

/// Why a change was refused, or could not be made.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("another tenant has this short name")]
    ShortNameTaken,
    #[error("this address is registered already; log in instead")]
    EmailTaken,
    #[error("this link is unknown, used or expired; ask for a new one")]
    VerificationUnknown,
    #[error("the link is unknown, used or expired; ask for a new one")]
    ResetUnknown,
    #[error("the password was changed meanwhile; log in with the new one")]
    PasswordChanged,

    #[error("you have a second factor already; switch it off first, to set another one up")]
    SecondFactorOn,
    #[error("you have no second factor; set one up with POST /account/second-factor")]
    SecondFactorOff,

    /// The holder lost the membership, or the key, since it was authenticated.
    #[error("you are no member any more, or your key was revoked")]
    ActorGone,
    #[error("there is no such member")]
    MemberNotFound,
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

    #[error("you are no member any more")]
    InviterGone,
    #[error("nobody is invited above your own role, which is {0}")]
    InviteeAboveYou(Role),
    #[error("this address belongs to a member already")]
    InviteeIsMember,
    #[error("the tenant has {used} members and open invitations, and may have {limit}")]
    InviteeLimitReached { limit: u64, used: u64 },
    #[error("the tenant has sent {0} invitations within a day, as many as it may; wait a while")]
    InvitationLimitReached(u64),
    #[error("there is no such invitation")]
    InvitationNotFound,
    #[error("the invitation is unknown, used, revoked or expired; ask for a new one")]
    InvitationUnknown,
    #[error("you are a member already")]
    AlreadyMember,
    #[error("the address was registered meanwhile; accept again, with its password")]
    RegisteredMeanwhile,
    #[error("the tenant has {used} members, and may have {limit}")]
    MemberLimitReached { limit: u64, used: u64 },

    #[error("there is no such API key")]
    KeyNotFound,
    #[error("a key can't have the role {wanted}, which is above {own}, your own")]
    RoleAboveMaker { wanted: Role, own: Role },
    #[error("a key that is limited to some logs makes keys for those only; name them in `logs`")]
    LogsBeyondMaker,
    #[error("the key that makes it ends at {0}, and so must what it makes; choose an earlier end")]
    OutlivesMaker(Timestamp),
    #[error("the tenant has {used} API keys, and may have {limit}; revoke one first")]
    KeyLimitReached { limit: u64, used: u64 },
    /// The key's new secret would be a way up.
    #[error("the key has the role {of_key}, which is above {own}, your own")]
    KeyAboveYou { of_key: Role, own: Role },
    #[error("the key reaches logs that yours does not")]
    KeyBeyondYours,
    #[error("the key expired at {0}, and a new secret would not bring it back; make a new key")]
    KeyExpired(Timestamp),

    #[error("there is no such log")]
    LogNotFound,
    #[error("the tenant has a log of this name already")]
    LogNameTaken,
    #[error("the tenant has {used} logs, and may have {limit}; delete some first")]
    LogLimitReached { limit: u64, used: u64 },
    /// It could not reach what it made.
    #[error("a key that is limited to some logs can't create others")]
    LimitedKey,

    #[error("the log has no such view")]
    ViewNotFound,
    #[error("the log has {0} views, as many as it may; delete one first")]
    LogFull(u64),
    #[error("the tenant has {used} views, and may have {limit}; delete some first")]
    ViewLimitReached { limit: u64, used: u64 },
    #[error("{0} versions of the view are being built; wait for one of them")]
    TooManyBuilding(u64),

    #[error(transparent)]
    Catalog(#[from] CatalogError),
}
