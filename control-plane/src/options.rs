//! Every limit and time of the control plane, with its published default.
//!
//! Limits that are part of the contract and can't be changed (the size of an event, of a batch)
//! stand in `protocol::limits`.

use std::net::IpAddr;
use std::time::Duration;

use protocol::{Rate, limits};

use crate::billing::price::PriceList;
use crate::billing::stripe::Stripe;

/// How the control plane behaves where its operator may choose.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address under which people reach the server: links in mails begin with it.
    pub public_url: String,
    /// Requests of one tenant, shared by all its keys and members.
    pub tenant_rate: Rate,
    /// Requests of one address to the public operations of authentication.
    pub auth_rate: Rate,
    /// The peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,

    /// Connections at a time; more wait to be accepted.
    pub connections_max: usize,
    /// Bytes of the request line and all headers together.
    pub header_bytes_max: usize,
    pub headers_max: usize,
    pub uri_bytes_max: usize,
    /// From the first byte of a request, or the last of the one before it, to the end of its
    /// headers. So an idle connection is closed after this time too.
    pub header_timeout: Duration,
    /// How long a request body, or a client that is sent an answer, may make no progress.
    pub stall_timeout: Duration,
    /// For how long a node that stops says so and still takes requests, so that load balancers can
    /// send them elsewhere.
    pub drain: Duration,
    /// How long a stop waits for requests that are under way.
    pub shutdown_timeout: Duration,

    /// Bytes of a JSON body.
    pub json_bytes_max: usize,
    pub component_bytes_max: usize,
    pub query_bytes_max: usize,
    /// Bytes of all large request bodies together that are held in memory at a time.
    pub body_memory_bytes: usize,

    pub page_events_default: u32,
    pub page_events_max: u32,
    /// Payload bytes of one page of events; a page holds at least one event.
    pub page_bytes_max: usize,
    /// Events that are looked at for one page of those that match a filter.
    pub search_events_max: u64,
    /// Payload bytes that are looked at for it.
    pub search_bytes_max: usize,
    /// How long it may take to read them and look at them.
    pub search_time: Duration,
    /// Live tails at a time.
    pub streams_max: usize,
    /// A tail that has nothing to say says so this often.
    pub heartbeat: Duration,

    /// How long a query waits for its `after` unless it says how long.
    pub query_timeout: Duration,
    /// The longest that a query may ask to wait.
    pub query_timeout_max: Duration,
    /// How long an upload waits for its version to go live before it answers `building`.
    pub build_wait: Duration,

    /// TTL of a token from `/auth/login`, and of one from `/auth/token` that does not say.
    pub session_ttl: Duration,
    /// TTL of a session whose token is in a browser's cookie.
    pub browser_session_ttl: Duration,
    /// TTL of a verification link.
    pub verification_ttl: Duration,
    /// TTL of an invitation.
    pub invitation_ttl: Duration,
    /// TTL of a link that sets a new password.
    pub password_reset_ttl: Duration,
    /// How long an authenticated token, a log or a live version is used before it is asked for
    /// again. Changes are noticed at once; this is the safety net.
    pub cache_ttl: Duration,
    /// How long they are used when the catalog can't be asked.
    pub cache_ttl_offline: Duration,
    /// What use costs. Without prices nothing is billed, and nothing stops at the end of the free tier.
    pub prices: Option<PriceList>,
    /// Who takes payments. Without, nobody can subscribe.
    pub stripe: Option<Stripe>,
    /// Whether webhooks of tenants may lead to addresses of private networks.
    pub private_webhooks: bool,
    /// How long a tenant can be restored after its owner had it deleted.
    pub deletion_grace: Duration,
    /// Passwords that are hashed at a time, half as many as there are cores by default; each takes
    /// some 20 MB and tens of milliseconds.
    pub password_hashes_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            tenant_rate: Rate {
                per_second: 100,
                burst: 150,
            },
            auth_rate: Rate {
                per_second: 10,
                burst: 10,
            },
            trusted_proxies: Vec::new(),
            connections_max: 8_192,
            header_bytes_max: 32 << 10,
            headers_max: 100,
            uri_bytes_max: 16 << 10,
            header_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(30),
            drain: Duration::ZERO,
            shutdown_timeout: Duration::from_secs(30),
            json_bytes_max: 64 << 10,
            component_bytes_max: limits::COMPONENT_BYTES_MAX,
            query_bytes_max: limits::QUERY_BYTES_MAX,
            body_memory_bytes: 512 << 20,
            page_events_default: 1_000,
            page_events_max: 10_000,
            page_bytes_max: 8 << 20,
            search_events_max: 20_000,
            search_bytes_max: 8 << 20,
            search_time: Duration::from_millis(250),
            streams_max: 1_000,
            heartbeat: Duration::from_secs(15),
            query_timeout: Duration::from_secs(10),
            query_timeout_max: Duration::from_secs(60),
            build_wait: Duration::from_secs(10),
            session_ttl: Duration::from_secs(3_600),
            browser_session_ttl: Duration::from_secs(7 * 24 * 3_600),
            verification_ttl: Duration::from_secs(24 * 3_600),
            invitation_ttl: Duration::from_secs(7 * 24 * 3_600),
            password_reset_ttl: Duration::from_secs(3_600),
            cache_ttl: Duration::from_secs(30),
            cache_ttl_offline: Duration::from_secs(600),
            prices: None,
            stripe: None,
            private_webhooks: false,
            deletion_grace: Duration::from_secs(7 * 24 * 3_600),
            password_hashes_max: (cores / 2).max(1),
        }
    }
}
