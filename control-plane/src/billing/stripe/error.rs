//! What can go wrong with a call, by what is to be done about it.

/// Why a call did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StripeError {
    /// Stripe refuses the call, and would refuse it again.
    #[error("Stripe refuses it with {status}: {message}")]
    Refused { status: u16, message: String },
    /// Nothing was done, and it may be done a little later.
    #[error("Stripe is busy: {0}")]
    Busy(String),
    /// It isn't known whether something was done.
    #[error("Stripe did not answer: {0}")]
    Unknown(String),
    /// Stripe has not what `primatomic billing setup` makes.
    #[error("{0} is missing at Stripe; run `primatomic billing setup`")]
    NotSetUp(String),
    /// What is configured can't be used.
    #[error("{0}")]
    Configuration(String),
}

impl StripeError {
    /// Whether people have to do something about it.
    pub(crate) fn lasts(&self) -> bool {
        !matches!(self, Self::Busy(_) | Self::Unknown(_))
    }

    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

impl From<stripe::StripeError> for StripeError {
    fn from(error: stripe::StripeError) -> Self {
        match error {
            stripe::StripeError::Stripe(error, status) => {
                let message = error.message.clone().unwrap_or_default();
                match status {
                    // Stripe keeps no answer under the key of a call that it did not begin.
                    409 | 429 => Self::Busy(message),
                    500.. => Self::Unknown(message),
                    _ => Self::Refused { status, message },
                }
            }
            stripe::StripeError::JSONDeserialize(reason) => {
                Self::Unknown(format!("its answer can't be read: {reason}"))
            }
            stripe::StripeError::ClientError(reason) => Self::Unknown(reason),
            stripe::StripeError::ConfigError(reason) => Self::Configuration(reason),
            stripe::StripeError::Timeout => Self::Unknown("time-out".to_owned()),
        }
    }
}
