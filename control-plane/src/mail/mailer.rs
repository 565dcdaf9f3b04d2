//! Sends messages in the background: no request waits for a mail server, and none fails with it.
//!
//! A message that the server does not take is tried again a few times. Messages are kept in memory
//! alone, because their links are secrets; what is lost with the process can be asked for again.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use protocol::RequestId;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Mailbox, Message};

/// Messages that wait or are being sent; more are not sent at all.
const WAITING_MAX: usize = 1_000;

/// Connections to the mail server.
const DELIVERIES_AT_A_TIME: usize = 4;

/// Pauses between the attempts for one message.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(240),
];

/// Messages that one address gets from this node within an hour, from all requests together.
const MESSAGES_PER_ADDRESS: u32 = 10;
const HOUR: Duration = Duration::from_secs(3_600);

/// Addresses whose messages are counted; beyond it, the longest untouched are evicted.
const ADDRESSES_MAX: u64 = 100_000;

/// Sends all mail of a node.
pub(crate) struct Mailer {
    pub(crate) mailbox: Mailbox,
    waiting: Arc<Semaphore>,
    deliveries: Arc<Semaphore>,
    recent: Cache<String, u32>,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl Mailer {
    pub(crate) fn new(mailbox: Mailbox, tasks: TaskTracker, stopping: CancellationToken) -> Self {
        Self {
            mailbox,
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            deliveries: Arc::new(Semaphore::new(DELIVERIES_AT_A_TIME)),
            recent: Cache::builder()
                .max_capacity(ADDRESSES_MAX)
                .time_to_live(HOUR)
                .build(),
            tasks,
            stopping,
        }
    }

    /// Whether an address may get one more message; it is counted. Ask before making what
    /// the message is about.
    pub(crate) fn admits(&self, address: &str) -> bool {
        let mut admitted = false;
        self.recent.entry_by_ref(address).and_compute_with(|entry| {
            let count = entry.map_or(0, moka::Entry::into_value);
            admitted = count < MESSAGES_PER_ADDRESS;
            if admitted {
                moka::ops::compute::Op::Put(count + 1)
            } else {
                moka::ops::compute::Op::Nop
            }
        });
        if !admitted {
            metrics::counter!("mails_total", "outcome" => "refused").increment(1);
        }
        admitted
    }

    /// Sends a message some time soon.
    pub(crate) fn send(&self, request_id: RequestId, mail: Message) {
        let kind = mail.kind;
        let message = match self.mailbox.mime_message(&mail) {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%error, %request_id, kind, "a mail can't be written");
                return;
            }
        };
        let Ok(permit) = Arc::clone(&self.waiting).try_acquire_owned() else {
            metrics::counter!("mails_total", "outcome" => "dropped").increment(1);
            tracing::error!(%request_id, kind, "a mail is not sent: too many wait already");
            return;
        };
        let mailbox = self.mailbox.clone();
        let deliveries = Arc::clone(&self.deliveries);
        let stopping = self.stopping.clone();
        let mut pauses = PAUSES.iter();
        self.tasks.spawn(async move {
            let _permit = permit;
            loop {
                let Ok(delivery) = deliveries.acquire().await else {
                    return;
                };
                let delivered = mailbox.deliver(message.clone()).await;
                drop(delivery);
                let Err(error) = delivered else {
                    metrics::counter!("mails_total", "outcome" => "sent").increment(1);
                    return;
                };
                let pause = pauses.next().filter(|_| error.is_transient());
                let Some(pause) = pause.filter(|_| !stopping.is_cancelled()) else {
                    metrics::counter!("mails_total", "outcome" => "failed").increment(1);
                    tracing::error!(%error, %request_id, kind, "a mail was not sent");
                    return;
                };
                tracing::warn!(%error, %request_id, kind, "a mail is sent again in a while");
                // When the node stops, one last attempt, and no pause after it.
                let pause = tokio::time::sleep(*pause);
                stopping.run_until_cancelled(pause).await;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_gets_a_few_messages_within_an_hour() {
        let directory = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::directory(directory.path()).unwrap();
        let mailer = Mailer::new(mailbox, TaskTracker::new(), CancellationToken::new());
        let admitted = |address: &str| (0..50).filter(|_| mailer.admits(address)).count();
        assert_eq!(admitted("ada@example.org"), 10);
        assert_eq!(admitted("bob@example.org"), 10);
        assert_eq!(admitted("ada@example.org"), 0);
    }
}
