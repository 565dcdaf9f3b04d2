//! What every operation of the document answers, to those that it is for and to those that it is not
//! for. Which role it needs, and whether it is closed to keys of some logs, or to all keys, it states
//! itself. A new operation has no entry here, and the test fails.

/// What callers get.
pub(super) struct Expected {
    pub operation: &'static str,
    /// With `{n}` in place of a number that is never used twice.
    pub body: &'static str,
    /// Whether it reaches something that belongs to a tenant.
    pub owned: bool,
    /// The status for those that it is for.
    pub allowed: u16,
    /// The status for a key of other logs, where it may call the operation and no log is in the path.
    /// What it gets is about its logs or about itself.
    pub limited: Option<u16>,
    /// The status for API keys that may call it, where it is not `allowed`.
    pub by_key: Option<u16>,
}

const fn entry(operation: &'static str, owned: bool) -> Expected {
    Expected {
        operation,
        body: "",
        owned,
        allowed: 200,
        limited: None,
        by_key: None,
    }
}

/// A list of what the caller reaches, or the page of its tenant.
const fn open_to_limited(operation: &'static str) -> Expected {
    Expected {
        limited: Some(200),
        ..entry(operation, false)
    }
}

/// An operation that is called with an empty object, and refuses that.
const fn told_nothing(operation: &'static str) -> Expected {
    Expected {
        body: "{}",
        allowed: 400,
        ..entry(operation, false)
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
    open_to_limited("getTenant"),
    Expected {
        // It is not the tenant's name, or the tenant would be closed to those who come later.
        body: r#"{"short_name": "other"}"#,
        allowed: 400,
        ..entry("deleteTenant", false)
    },
    entry("restoreTenant", false),
    entry("readActivity", false),
    entry("readAudit", false),
    Expected {
        // A key has no session that could be ended; a token is one.
        by_key: Some(401),
        limited: Some(200),
        ..entry("logout", false)
    },
    entry("getAccount", false),
    Expected {
        body: r#"{"current_password": "x", "new_password": "short"}"#,
        allowed: 400,
        ..entry("changePassword", false)
    },
    entry("listSessions", false),
    Expected {
        // Nobody's.
        allowed: 404,
        ..entry("endSession", false)
    },
    // With a body that says nothing, or whoever calls later would have another password, or need a code.
    told_nothing("switchTenant"),
    told_nothing("beginSecondFactor"),
    told_nothing("confirmSecondFactor"),
    told_nothing("disableSecondFactor"),
    told_nothing("renewRecoveryCodes"),
    open_to_limited("getUsage"),
    Expected {
        // The server of this test takes no payments.
        body: r#"{"success_url": "https://example.com/a", "cancel_url": "https://example.com/b"}"#,
        allowed: 501,
        ..entry("openCheckout", false)
    },
    Expected {
        allowed: 501,
        ..entry("openPortal", false)
    },
    Expected {
        allowed: 501,
        ..entry("getNotices", false)
    },
    Expected {
        body: r#"{"webhook_url": null}"#,
        allowed: 501,
        ..entry("setNotices", false)
    },
    Expected {
        body: r#"{"cap_cents": 100}"#,
        allowed: 501,
        ..entry("setCap", false)
    },
    open_to_limited("explainUsage"),
    open_to_limited("listKeys"),
    Expected {
        body: r#"{"name": "x"}"#,
        allowed: 201,
        limited: Some(403),
        ..entry("createKey", false)
    },
    Expected {
        // It sees those alone that it made.
        limited: Some(404),
        ..entry("rotateKey", true)
    },
    Expected {
        limited: Some(404),
        ..entry("revokeKey", true)
    },
    entry("listMembers", false),
    Expected {
        body: r#"{"role": "read-only"}"#,
        ..entry("changeMemberRole", true)
    },
    entry("removeMember", true),
    entry("listInvitations", false),
    Expected {
        body: r#"{"email": "new-{n}@example.org"}"#,
        allowed: 201,
        ..entry("createInvitation", false)
    },
    entry("revokeInvitation", true),
    open_to_limited("listLogs"),
    open_to_limited("listAllViews"),
    Expected {
        body: r#"{"name": "new-{n}"}"#,
        allowed: 201,
        ..entry("createLog", false)
    },
    Expected {
        allowed: 201,
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
    open_to_limited("listDeletions"),
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
