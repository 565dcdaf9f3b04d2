//! Telling a tenant's own server how much is used.
//!
//! The address is the tenant's choice, so it may be hostile: only public addresses are called, whatever
//! a name resolves to, no redirect is followed, and of the answer only its status is read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use protocol::TenantId;
use protocol::meter::Month;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde::Serialize;

use super::spending::Notice;

const TIMEOUT: Duration = Duration::from_secs(10);

/// How long it is waited before each further attempt.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(2),
    Duration::from_secs(20),
    Duration::from_secs(120),
    Duration::from_secs(600),
];

const URL_BYTES_MAX: usize = 1_000;

/// What a webhook says. Nothing in it has to be believed: `GET /billing/usage` says the same.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SpendingNotice {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub tenant_id: String,
    pub month: String,
    /// Of what: `free_tier` or `cap`.
    pub of: &'static str,
    pub percent: u8,
}

impl SpendingNotice {
    pub(crate) fn new(tenant: TenantId, month: Month, of: Notice, percent: u8) -> Self {
        Self {
            kind: "spending.threshold",
            tenant_id: tenant.to_string(),
            month: month.to_string(),
            of: match of {
                Notice::FreeTier => "free_tier",
                Notice::Cap => "cap",
            },
            percent,
        }
    }
}

/// An address that can't be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`webhook_url` is no address of a public server: it begins with https:// or http://, has at most \
     1000 bytes, no user or password, and leads to no private network"
)]
pub(crate) struct WebhookUrlError;

/// Calls servers of tenants.
#[derive(Clone, Debug)]
pub(crate) struct Webhooks {
    /// Nothing is called where the system lacks what TLS needs.
    client: Option<Client>,
    /// Whether addresses of private networks may be called, too.
    private: bool,
}

impl Webhooks {
    pub(crate) fn new(private: bool) -> Self {
        let builder = Client::builder()
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            // A proxy would resolve names by itself.
            .no_proxy()
            .dns_resolver(PublicNames { private });
        Self {
            client: builder.build().ok(),
            private,
        }
    }

    /// # Errors
    /// When the address can't be one that is called.
    pub(crate) fn check(&self, text: &str) -> Result<(), WebhookUrlError> {
        let url = Url::parse(text).map_err(|_| WebhookUrlError)?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        let host = url.host_str().unwrap_or_default();
        let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        let may_be_called = literal.is_none_or(|it| self.private || is_public(it));
        let is_web = matches!(url.scheme(), "https" | "http") && !host.is_empty();
        if is_web && is_plain && may_be_called && text.len() <= URL_BYTES_MAX {
            return Ok(());
        }
        Err(WebhookUrlError)
    }

    /// Tells it, again if need be; whether the server took it.
    pub(crate) async fn send(&self, url: &str, notice: &SpendingNotice) -> bool {
        let (Some(client), Ok(())) = (&self.client, self.check(url)) else {
            return false;
        };
        for pause in PAUSES.into_iter().map(Some).chain([None]) {
            let request = client.post(url).json(notice);
            if request
                .send()
                .await
                .is_ok_and(|it| it.status().is_success())
            {
                return true;
            }
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
        }
        false
    }
}

/// Resolves names to public addresses alone.
#[derive(Clone, Copy)]
struct PublicNames {
    private: bool,
}

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> =
                found.filter(|it| private || is_public(it.ip())).collect();
            if public.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet, by the registries of special addresses of IANA.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => is_public_v4(it),
        IpAddr::V6(it) => is_public_v6(it),
    }
}

fn is_public_v4(it: Ipv4Addr) -> bool {
    let [a, b, c, _] = it.octets();
    let special = it.is_private()
        || it.is_loopback()
        || it.is_link_local()
        || it.is_documentation()
        || it.is_multicast()
        || a == 0
        || a >= 240
        // Shared by carriers, protocol assignments, relays of 6to4, benchmarks.
        || a == 100 && (64..128).contains(&b)
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || a == 198 && (18..20).contains(&b);
    !special
}

fn is_public_v6(it: Ipv6Addr) -> bool {
    let segments = it.segments();
    // An address of the fourth version in one of the sixth: as such, or behind a translator.
    if let Some(inner) = it.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [.., a, b] = segments;
        let [a, b] = [a.to_be_bytes(), b.to_be_bytes()];
        return is_public_v4(Ipv4Addr::new(a[0], a[1], b[0], b[1]));
    }
    // All that is handed out lies in 2000::/3; of it, some parts are special.
    let is_global = segments[0] & 0xe000 == 0x2000;
    let special = (segments[0] == 0x2001 && (segments[1] < 0x200 || segments[1] == 0xdb8))
        || segments[0] == 0x2002
        || (segments[0] & 0xfff0) == 0x3ff0;
    is_global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_called() {
        let public = |text: &str| is_public(text.parse().unwrap());
        for text in [
            "1.1.1.1",
            "93.184.216.34",
            "2606:4700::1111",
            "64:ff9b::101:101",
        ] {
            assert!(public(text), "{text}");
        }
        for text in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2001:0:7f00:1::1",
        ] {
            assert!(!public(text), "{text}");
        }
    }

    #[tokio::test]
    async fn a_webhook_leads_to_no_private_network() {
        let webhooks = Webhooks::new(false);
        for url in [
            "https://example.com/hook?key=1",
            "http://example.com:8080",
            "https://1.1.1.1/",
        ] {
            assert_eq!(webhooks.check(url), Ok(()), "{url}");
        }
        let long = format!("https://example.com/{}", "x".repeat(1_000));
        for url in [
            "",
            "example.com",
            "ftp://example.com",
            "file:///etc/passwd",
            "https://user:password@example.com",
            "http://127.0.0.1:8080/internal",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://169.254.169.254/latest",
            &long,
        ] {
            assert_eq!(webhooks.check(url), Err(WebhookUrlError), "{url}");
        }
        // A name may lead there all the same.
        let resolver = PublicNames { private: false };
        let found = resolver.resolve("localhost".parse().unwrap()).await;
        assert!(found.is_err());
    }
}
