//! Which errors each operation may answer with: the source of the document's error responses.
//!
//! The tests hold every error that they meet against this table.

use protocol::ErrorCode::{self, *};

/// What may happen to any request.
const ANY: &[ErrorCode] = &[
    InvalidRequest,
    UriTooLong,
    HeadersTooLarge,
    RateLimited,
    Internal,
    Unavailable,
    Overloaded,
    StorageFull,
];

/// What may happen to a request with a JSON body.
const JSON_BODY: &[ErrorCode] = &[RequestTimeout, BodyTooLarge, UnsupportedMediaType];

/// What may happen to a request with a large body.
const RAW_BODY: &[ErrorCode] = &[RequestTimeout];

const AUTHENTICATED: &[ErrorCode] = &[Unauthenticated, TenantClosed];
/// What may happen to a request that a closed tenant still has.
const AUTHENTICATED_IF_CLOSED: &[ErrorCode] = &[Unauthenticated];
const CHANGE: &[ErrorCode] = &[Forbidden];
const LIST: &[ErrorCode] = &[InvalidCursor];
const IN_LOG: &[ErrorCode] = &[InvalidName, LogNotFound];
const IN_VIEW: &[ErrorCode] = &[InvalidName, LogNotFound, ViewNotFound];
const APPEND: &[ErrorCode] = &[
    InvalidIdempotencyKey,
    InvalidSequence,
    SequenceMismatch,
    IdempotencyKeyReused,
    EventTooLarge,
    StorageLimitReached,
    ShuttingDown,
];
const BATCH: &[ErrorCode] = &[
    EmptyBatch,
    MalformedBatch,
    InvalidDelimiter,
    BatchTooLarge,
    BatchTooManyEvents,
    UnsupportedMediaType,
];
const QUERY: &[ErrorCode] = &[
    InvalidSequence,
    VersionNotFound,
    ViewFailed,
    QueryFailed,
    ResultTooLarge,
    ViewBehind,
    QueryLimitReached,
    ViewMemoryLimitReached,
    NotImplemented,
];

/// The errors of an operation, in groups; `None` when the operation is not in the table.
pub(super) fn of(operation: &str) -> Option<Vec<ErrorCode>> {
    let groups: &[&[ErrorCode]] = match operation {
        "createTenant" => &[
            JSON_BODY,
            &[
                InvalidName,
                InvalidEmail,
                InvalidPassword,
                CommonPassword,
                NameTaken,
                EmailTaken,
            ],
        ],
        "readAudit" => &[AUTHENTICATED, CHANGE, LIST, &[NotAcceptable]],
        "getTenant" => &[AUTHENTICATED_IF_CLOSED],
        "deleteTenant" => &[AUTHENTICATED_IF_CLOSED, CHANGE, JSON_BODY],
        "restoreTenant" => &[AUTHENTICATED_IF_CLOSED, CHANGE],
        "getTenantDeletion" => &[&[DeletionNotFound]],
        "listDeletions" => &[AUTHENTICATED, LIST],
        "getDeletion" => &[AUTHENTICATED, &[DeletionNotFound]],
        "login" => &[
            JSON_BODY,
            &[
                InvalidCredentials,
                TooManyAttempts,
                EmailNotVerified,
                Forbidden,
                NotFound,
                TenantDeleted,
            ],
        ],
        "exchangeKey" => &[JSON_BODY, &[InvalidCredentials]],
        "logout" => &[AUTHENTICATED_IF_CLOSED],
        "verifyEmail" => &[JSON_BODY, &[InvalidToken]],
        "resendVerification" | "forgotPassword" => &[JSON_BODY, &[InvalidEmail]],
        "resetPassword" => &[JSON_BODY, &[InvalidToken, InvalidPassword, CommonPassword]],
        "listMembers" => &[AUTHENTICATED, LIST],
        "changeMemberRole" => &[AUTHENTICATED, CHANGE, JSON_BODY, &[MemberNotFound]],
        "removeMember" => &[AUTHENTICATED, CHANGE, &[MemberNotFound]],
        "listInvitations" => &[AUTHENTICATED, CHANGE, LIST],
        "createInvitation" => &[
            AUTHENTICATED,
            CHANGE,
            JSON_BODY,
            &[
                InvalidEmail,
                AlreadyMember,
                MemberLimitReached,
                InvitationLimitReached,
            ],
        ],
        "revokeInvitation" => &[AUTHENTICATED, CHANGE, &[InvitationNotFound]],
        "getInvitation" => &[&[InvalidToken]],
        "acceptInvitation" => &[
            JSON_BODY,
            &[
                InvalidToken,
                InvalidEmail,
                InvalidPassword,
                CommonPassword,
                InvalidCredentials,
                TooManyAttempts,
                AlreadyMember,
                EmailTaken,
                MemberLimitReached,
            ],
        ],
        "listKeys" => &[AUTHENTICATED, LIST],
        "createKey" => &[AUTHENTICATED, CHANGE, JSON_BODY, IN_LOG, &[KeyLimitReached]],
        "rotateKey" => &[AUTHENTICATED, CHANGE, JSON_BODY, &[KeyNotFound]],
        "revokeKey" => &[AUTHENTICATED, CHANGE, &[KeyNotFound]],
        "listLogs" => &[AUTHENTICATED, LIST],
        "createLog" | "createLogByName" => &[
            AUTHENTICATED,
            CHANGE,
            JSON_BODY,
            &[InvalidName, NameTaken, LogLimitReached],
        ],
        "getLog" => &[AUTHENTICATED, IN_LOG],
        "updateLog" => &[AUTHENTICATED, CHANGE, JSON_BODY, IN_LOG],
        "deleteLog" => &[AUTHENTICATED, CHANGE, IN_LOG],
        "append" => &[AUTHENTICATED, CHANGE, RAW_BODY, IN_LOG, APPEND],
        "appendBatch" => &[AUTHENTICATED, CHANGE, RAW_BODY, IN_LOG, APPEND, BATCH],
        "readEvents" => &[
            AUTHENTICATED,
            IN_LOG,
            &[
                InvalidSequence,
                NotAcceptable,
                StreamLimitReached,
                ShuttingDown,
            ],
        ],
        "uploadView" => &[
            AUTHENTICATED,
            CHANGE,
            RAW_BODY,
            IN_VIEW,
            &[
                ViewLimitReached,
                ComponentTooLarge,
                InvalidComponent,
                WrongWorld,
                ForbiddenImport,
                ComponentTooComplex,
                VersionNotFound,
            ],
        ],
        "listViews" => &[AUTHENTICATED, IN_LOG, LIST],
        "getView" => &[AUTHENTICATED, IN_VIEW],
        "deleteView" => &[AUTHENTICATED, CHANGE, IN_VIEW],
        "queryView" => &[AUTHENTICATED, RAW_BODY, IN_VIEW, QUERY, &[QueryTooLarge]],
        "queryViewByGet" => &[AUTHENTICATED, IN_VIEW, QUERY],
        "health" | "healthLive" | "healthReady" => &[],
        _ => return None,
    };
    let mut codes: Vec<_> = groups
        .iter()
        .copied()
        .flatten()
        .chain(ANY)
        .copied()
        .collect();
    codes.sort_by_key(|code| (code.status(), code.as_str()));
    codes.dedup();
    Some(codes)
}
