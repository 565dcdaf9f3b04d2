//! Stripe: the only code that knows it.
//!
//! Every call has a time-out and is made once. One that makes something carries an idempotency key. One
//! that sets something has none, and may be made again: under a key Stripe would repeat its answer for a
//! day, errors of its own among them. What is read is always asked for: nothing that Stripe
//! sends by itself is believed.

mod checkout;
mod customers;
mod error;
mod invoices;
mod meters;
mod products;
mod setup;
mod signature;
mod subscriptions;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy};
use stripe_client_core::StripeRequest;
use tokio::sync::RwLock;

pub(crate) use self::checkout::NewCheckout;
pub use self::error::StripeError;
pub(crate) use self::invoices::InvoiceState;
#[cfg(test)]
pub(crate) use self::meters::EVENT_NAMES;
use self::products::Products;
pub use self::setup::{Plan, Step};
pub(crate) use self::signature::{SignatureError, verify};
pub(crate) use self::subscriptions::SubscriptionState;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Where objects are asked for in lists, so many at a time; as many as Stripe gives.
const LIST_LIMIT: i64 = 100;

/// How Stripe is reached.
#[derive(Clone)]
pub struct StripeOptions {
    /// Begins with `sk_test_` or `sk_live_`, or with `rk_` where it is restricted.
    pub secret_key: String,
    /// Another address than Stripe's, for tests.
    pub url: Option<String>,
    /// Whether Stripe adds taxes to invoices.
    pub automatic_tax: bool,
    /// What webhooks are signed with: those of all endpoints, and of earlier ones while they are rolled.
    pub webhook_secrets: Vec<String>,
}

/// Secrets are not shown.
impl fmt::Debug for StripeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripeOptions")
            .field("live", &self.is_live())
            .field("url", &self.url)
            .field("webhook_secrets", &self.webhook_secrets.len())
            .finish_non_exhaustive()
    }
}

/// A key that is none of Stripe's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret key of Stripe begins with sk_test_, sk_live_, rk_test_ or rk_live_")]
struct KeyError;

impl StripeOptions {
    fn is_live(&self) -> bool {
        self.secret_key
            .get(2..)
            .is_some_and(|rest| rest.starts_with("_live_"))
    }

    fn check(&self) -> Result<(), KeyError> {
        let kinds = ["sk_test_", "sk_live_", "rk_test_", "rk_live_"];
        let rest = kinds.iter().find_map(|it| self.secret_key.strip_prefix(it));
        let plain = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_graphic());
        if rest.is_some_and(plain) {
            Ok(())
        } else {
            Err(KeyError)
        }
    }
}

/// A connection to Stripe. Clones share everything.
#[derive(Clone)]
pub struct Stripe {
    client: Client,
    options: Arc<StripeOptions>,
    /// What `billing setup` made, once it was asked for.
    products: Arc<RwLock<Option<Arc<Products>>>>,
}

/// Secrets are not shown.
impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stripe").field(&self.options).finish()
    }
}

impl Stripe {
    /// # Errors
    /// When the key or the address can't be used.
    pub fn new(options: StripeOptions) -> Result<Self, StripeError> {
        options
            .check()
            .map_err(|error| StripeError::Configuration(error.to_string()))?;
        let mut builder = ClientBuilder::new(options.secret_key.clone())
            .timeout(TIMEOUT)
            .request_strategy(RequestStrategy::Once);
        if let Some(url) = &options.url {
            builder = builder.url(format!("{}/", url.trim_end_matches('/')));
        }
        Ok(Self {
            client: builder.build().map_err(StripeError::from)?,
            options: Arc::new(options),
            products: Arc::default(),
        })
    }

    /// Whether real money moves.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.options.is_live()
    }

    pub(crate) fn options(&self) -> &StripeOptions {
        &self.options
    }

    /// Asks for something, or sets something.
    async fn get<R>(&self, request: &R) -> Result<R::Output, StripeError>
    where
        R: StripeRequest + Sync,
        R::Output: miniserde::Deserialize,
    {
        Ok(request.customize().send(&self.client).await?)
    }

    /// Makes something, once for each key.
    async fn post<R>(&self, request: &R, key: &str) -> Result<R::Output, StripeError>
    where
        R: StripeRequest + Sync,
        R::Output: miniserde::Deserialize,
    {
        let key = IdempotencyKey::new(key)
            .map_err(|error| StripeError::Configuration(error.to_string()))?;
        let strategy = RequestStrategy::Idempotent(key);
        let request = request.customize().request_strategy(strategy);
        Ok(request.send(&self.client).await?)
    }
}
