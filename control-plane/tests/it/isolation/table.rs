//! What every operation of the document answers, to those that it is for and to those that it is not
//! for. A new operation has no entry here, and the test fails.

/// What callers get.
pub(super) struct Expected {
    pub operation: &'static str,
    /// With `{n}` in place of a number that is never used twice.
    pub body: &'static str,
    /// The highest role that is too low, where there is one.
    pub too_low: Option<&'static str>,
    /// Whether it reaches something that belongs to a tenant.
    pub owned: bool,
    /// The status for those that it is for.
    pub allowed: u16,
    /// The status for an admin's key of other logs, where it is not that of a log that is not there,
    /// or `allowed`.
    pub limited: Option<u16>,
    /// The status for API keys whose role would do, where it is not `allowed`.
    pub by_key: Option<u16>,
    /// The same for tokens that were exchanged for keys.
    pub by_token: Option<u16>,
}

const fn entry(operation: &'static str, too_low: Option<&'static str>, owned: bool) -> Expected {
    Expected {
        operation,
        body: "",
        too_low,
        owned,
        allowed: 200,
        limited: None,
        by_key: None,
        by_token: None,
    }
}

const READER: Option<&str> = Some("read-only");
const MEMBER: Option<&str> = Some("member");

/// Operations that need no token.
pub(super) const PUBLIC: &[&str] = &[
    "createTenant",
    "getTenantDeletion",
    "login",
    "exchangeKey",
    "verifyEmail",
    "resendVerification",
    "forgotPassword",
    "resetPassword",
    "getInvitation",
    "acceptInvitation",
    "health",
    "healthLive",
    "healthReady",
];

/// All others. `logout` and `getTenant`, and the lists, concern the caller alone.
pub(super) const PRIVATE: &[Expected] = &[
    entry("getTenant", None, false),
    Expected {
        // It is not the tenant's name, or the tenant would be closed to those who come later.
        body: r#"{"short_name": "other"}"#,
        allowed: 400,
        limited: Some(403),
        ..entry("deleteTenant", Some("admin"), false)
    },
    Expected {
        limited: Some(403),
        ..entry("restoreTenant", Some("admin"), false)
    },
    Expected {
        limited: Some(403),
        ..entry("readAudit", MEMBER, false)
    },
    Expected {
        // A key has no session that could be ended; a token is one.
        by_key: Some(401),
        ..entry("logout", None, false)
    },
    entry("listKeys", None, false),
    Expected {
        body: r#"{"name": "x"}"#,
        allowed: 201,
        limited: Some(403),
        ..entry("createKey", READER, false)
    },
    Expected {
        limited: Some(403),
        ..entry("rotateKey", READER, true)
    },
    entry("revokeKey", READER, true),
    entry("listMembers", None, false),
    Expected {
        body: r#"{"role": "read-only"}"#,
        limited: Some(403),
        ..entry("changeMemberRole", MEMBER, true)
    },
    Expected {
        limited: Some(403),
        ..entry("removeMember", MEMBER, true)
    },
    Expected {
        limited: Some(403),
        ..entry("listInvitations", MEMBER, false)
    },
    Expected {
        body: r#"{"email": "new-{n}@example.org"}"#,
        allowed: 201,
        // People invite people: no key may, whatever its role, and nothing that came from one.
        limited: Some(403),
        by_key: Some(403),
        by_token: Some(403),
        ..entry("createInvitation", MEMBER, false)
    },
    Expected {
        limited: Some(403),
        ..entry("revokeInvitation", MEMBER, true)
    },
    entry("listLogs", None, false),
    Expected {
        body: r#"{"name": "new-{n}"}"#,
        allowed: 201,
        limited: Some(403),
        ..entry("createLog", READER, false)
    },
    Expected {
        allowed: 201,
        limited: Some(403),
        ..entry("createLogByName", READER, false)
    },
    entry("getLog", None, true),
    Expected {
        body: "{}",
        ..entry("updateLog", READER, true)
    },
    entry("deleteLog", MEMBER, true),
    Expected {
        body: "x",
        ..entry("append", READER, true)
    },
    Expected {
        body: "x",
        ..entry("appendBatch", READER, true)
    },
    entry("readEvents", None, true),
    entry("listDeletions", None, false),
    Expected {
        // That of a log that the key does not reach.
        limited: Some(404),
        ..entry("getDeletion", None, true)
    },
    Expected {
        body: "x",
        // It is no component.
        allowed: 422,
        ..entry("uploadView", READER, true)
    },
    entry("listViews", None, true),
    entry("getView", None, true),
    entry("deleteView", READER, true),
    entry("queryView", None, true),
    entry("queryViewByGet", None, true),
];
