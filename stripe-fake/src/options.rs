//! How a fake is set up.

use std::time::Duration;

/// What is fixed when a fake starts. What may change while it runs is in [`crate::Faults`].
#[derive(Clone, Debug)]
pub struct Options {
    /// 0 takes a free one.
    pub port: u16,
    /// Where its clock starts, in seconds since 1970; the present time if `None`.
    pub now: Option<u64>,
    /// Whether the clock goes on by itself. In most tests it only moves when it is told to.
    pub real_time: bool,
    /// Decides ids, delays and faults: the same seed and the same requests give the same answers.
    pub seed: u64,
    /// How long it takes at most, by the fake's clock, until a meter's summaries show an event.
    pub summary_delay: Duration,
    /// The key that requests must carry; a new one if `None`.
    pub secret_key: Option<String>,
    /// How long the receiver of a webhook has for its answer, in real time.
    pub webhook_timeout: Duration,
    /// How long it takes to record a meter event, in real time. Another one for the same customer and
    /// meter is refused meanwhile.
    pub meter_event_time: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            now: None,
            real_time: false,
            seed: 1,
            summary_delay: Duration::from_secs(30),
            secret_key: None,
            webhook_timeout: Duration::from_secs(10),
            meter_event_time: Duration::from_millis(3),
        }
    }
}
