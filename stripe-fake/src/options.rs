//! How a fake is set up.

use std::path::PathBuf;
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
    /// A file that has everything that changes the fake, each change on a line, so that a fake that is
    /// started with the same file goes on where this one ended: with the same ids, secrets, invoices and
    /// meter events, at the time of the last line, or at the present if the clock goes on by itself and
    /// the present is later. `now`, `seed` and `summary_delay` are those of the first start.
    ///
    /// The changes are carried out once more, at their times and with the same random numbers. Webhooks
    /// are not sent once more: a line says how each went. Those that are due are sent when the clock
    /// goes on.
    ///
    /// Other than before can be:
    /// - a webhook whose receiver has answered while the fake was killed is sent again;
    /// - requests whose `Idempotency-Key` was being used when the fake was killed were carried out or
    ///   not, and are never "in progress";
    /// - whom the faults of a probability below 1 strike next, and how webhooks are reordered;
    /// - links in objects name the port of now;
    /// - an idle clock goes back by up to a minute;
    /// - the secret key, which is no part of it: see `secret_key`.
    ///
    /// A version of the fake that makes other objects than the one that wrote the file refuses it.
    pub journal: Option<PathBuf>,
    /// Where it is written by how many seconds the clock goes ahead of the machine's, for others to
    /// follow when it is moved.
    pub clock_file: Option<PathBuf>,
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
            journal: None,
            clock_file: None,
        }
    }
}
