//! What every operation of the document answers, to those that it is for and to those that it is not
//! for. Which role it needs, it states itself. A new operation has no entry here, and the test fails.

/// What callers get.
pub(super) struct Expected {
    pub operation: &'static str,
    /// With `{n}` in place of a number that is never used twice.
    pub body: &'static str,
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

const fn entry(operation: &'static str, owned: bool) -> Expected {
    Expected {
        operation,
        body: "",
        owned,
        allowed: 200,
        limited: None,
        by_key: None,
        by_token: None,
    }
}

/// Operations that need no token. They say so themselves; here it is said again, so that no
/// operation is public by mistake.
pub(super) const PUBLIC: &[&str] = &[
    "createTenant",
    "getTenantDeletion",
    "login",
    "loginByLink",
    "exchangeKey",
    "verifyEmail",
    "resendVerification",
    "forgotPassword",
    "resetPassword",
    "getInvitation",
    "acceptInvitation",
    "takeStripeEvent",
    "takeStripeMeterEvent",
    "health",
    "healthLive",
    "healthReady",
];

/// All others. `logout` and `getTenant`, and the lists, concern the caller alone.
pub(super) const PRIVATE: &[Expected] = &[
    entry("getTenant", false),
    Expected {
        // It is not the tenant's name, or the tenant would be closed to those who come later.
        body: r#"{"short_name": "other"}"#,
        allowed: 400,
        limited: Some(403),
        ..entry("deleteTenant", false)
    },
    Expected {
        limited: Some(403),
        ..entry("restoreTenant", false)
    },
    Expected {
        limited: Some(403),
        ..entry("readAudit", false)
    },
    Expected {
        // A key has no session that could be ended; a token is one.
        by_key: Some(401),
        ..entry("logout", false)
    },
    entry("getUsage", false),
    Expected {
        // The server of this test takes no payments.
        body: r#"{"success_url": "https://example.com/a", "cancel_url": "https://example.com/b"}"#,
        allowed: 501,
        limited: Some(403),
        ..entry("openCheckout", false)
    },
    Expected {
        allowed: 501,
        limited: Some(403),
        ..entry("openPortal", false)
    },
    Expected {
        allowed: 501,
        limited: Some(403),
        ..entry("getNotices", false)
    },
    Expected {
        body: r#"{"webhook_url": null}"#,
        allowed: 501,
        limited: Some(403),
        ..entry("setNotices", false)
    },
    Expected {
        body: r#"{"cap_cents": 100}"#,
        allowed: 501,
        limited: Some(403),
        ..entry("setCap", false)
    },
    entry("explainUsage", false),
    entry("listKeys", false),
    Expected {
        body: r#"{"name": "x"}"#,
        allowed: 201,
        limited: Some(403),
        ..entry("createKey", false)
    },
    Expected {
        limited: Some(403),
        ..entry("rotateKey", true)
    },
    entry("revokeKey", true),
    entry("listMembers", false),
    Expected {
        body: r#"{"role": "read-only"}"#,
        limited: Some(403),
        ..entry("changeMemberRole", true)
    },
    Expected {
        limited: Some(403),
        ..entry("removeMember", true)
    },
    Expected {
        limited: Some(403),
        ..entry("listInvitations", false)
    },
    Expected {
        body: r#"{"email": "new-{n}@example.org"}"#,
        allowed: 201,
        // People invite people: no key may, whatever its role, and nothing that came from one.
        limited: Some(403),
        by_key: Some(403),
        by_token: Some(403),
        ..entry("createInvitation", false)
    },
    Expected {
        limited: Some(403),
        ..entry("revokeInvitation", true)
    },
    entry("listLogs", false),
    entry("listAllViews", false),
    Expected {
        body: r#"{"name": "new-{n}"}"#,
        allowed: 201,
        limited: Some(403),
        ..entry("createLog", false)
    },
    Expected {
        allowed: 201,
        limited: Some(403),
        ..entry("createLogByName", false)
    },
    entry("getLog", true),
    Expected {
        body: "{}",
        ..entry("updateLog", true)
    },
    entry("deleteLog", true),
    Expected {
        body: "x",
        ..entry("append", true)
    },
    Expected {
        body: "x",
        ..entry("appendBatch", true)
    },
    entry("readEvents", true),
    entry("readDensity", true),
    entry("listDeletions", false),
    Expected {
        // That of a log that the key does not reach.
        limited: Some(404),
        ..entry("getDeletion", true)
    },
    Expected {
        body: "x",
        // It is no component.
        allowed: 422,
        ..entry("uploadView", true)
    },
    entry("listViews", true),
    entry("getView", true),
    entry("deleteView", true),
    entry("queryView", true),
    entry("queryViewByGet", true),
];
