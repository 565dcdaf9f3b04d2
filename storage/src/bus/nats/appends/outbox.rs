//! The sending side: appends for other nodes leave together.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_nats::{Message, StatusCode, Subscriber};
use futures::StreamExt as _;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::PACE;
use super::wire::{Call, Reply, Response};
use crate::bus::nats::members::Members;
use crate::bus::nats::{Bus, ServeError, wire};
use crate::nats::{NOBODY, NoAnswer};

/// How long a preferred node that is alive may take. Its own attempts end sooner.
const APPEND_TIME: Duration = Duration::from_secs(30);
/// The longest pause between messages.
const PAUSE_MAX: Duration = Duration::from_millis(5);
/// Appends that wait to be sent; further ones wait for capacity.
const WAITING_MAX: usize = 8_192;
/// Appends of one message.
const CALLS_MAX: usize = 1_000;
/// Bytes of one message, unless a single append has more. A batch of the largest size fits into a
/// message: the event log does not start on servers whose messages don't hold a frame of that size.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

type CallResult = Result<Reply, NoAnswer>;

struct Waiting {
    node: Uuid,
    call: Call,
    result: oneshot::Sender<CallResult>,
}

/// Appends on their way to other nodes.
pub(super) struct Outbox {
    queue: mpsc::Sender<Waiting>,
}

impl Outbox {
    /// Begins to send what is put in, until this is dropped. `own` is this node.
    pub(super) async fn open(
        bus: Bus,
        own: Uuid,
        members: Arc<Members>,
    ) -> Result<Self, ServeError> {
        let answers = bus.link.subscribe(bus.subjects.all_outcomes(own)).await?;
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let sender = Arc::new(Sender {
            bus,
            own,
            members,
            messages: AtomicU64::new(0),
            unanswered: Mutex::default(),
        });
        // They end when this is dropped.
        let tasks = TaskTracker::new();
        tasks.spawn(run(sender, waiting, answers, tasks.clone()));
        Ok(Self { queue })
    }

    /// Lets another node append, and waits for its reply.
    pub(super) async fn send(&self, node: Uuid, call: Call) -> CallResult {
        let closed = |_| NoAnswer::NotSent("this node is stopping".to_owned());
        let interrupted = |_| Err(NoAnswer::Lost("the append was interrupted".to_owned()));
        let (result, reply) = oneshot::channel();
        let waiting = Waiting { node, call, result };
        self.queue.send(waiting).await.map_err(closed)?;
        reply.await.unwrap_or_else(interrupted)
    }
}

struct Sender {
    bus: Bus,
    own: Uuid,
    members: Arc<Members>,
    /// Counts the messages, which gives each a subject for its answers.
    messages: AtomicU64,
    /// Where the answers to a message go.
    unanswered: Mutex<HashMap<String, mpsc::UnboundedSender<Message>>>,
}

/// Calls of one message whose results are not known yet.
#[derive(Default)]
struct Batch {
    calls: Vec<Call>,
    results: Vec<Option<oneshot::Sender<CallResult>>>,
}

async fn run(
    sender: Arc<Sender>,
    mut queue: mpsc::Receiver<Waiting>,
    mut answers: Subscriber,
    tasks: TaskTracker,
) {
    loop {
        tokio::select! {
            biased;
            answer = answers.next() => match answer {
                Some(answer) => sender.pass_on(answer),
                None => return,
            },
            first = queue.recv() => {
                let Some(first) = first else { return };
                for (node, batch) in batches(first, &mut queue) {
                    tasks.spawn(Arc::clone(&sender).see_through(node, batch));
                }
                pause(&sender, &mut answers).await;
            }
        }
    }
}

/// Lets more appends come together, and passes answers on meanwhile. An answer means that the other
/// node has stored what it had, and is ready for more; where it takes long over that, many appends come
/// together.
async fn pause(sender: &Sender, answers: &mut Subscriber) {
    let start = Instant::now();
    while let Ok(Some(answer)) = timeout_at(start + PAUSE_MAX, answers.next()).await {
        sender.pass_on(answer);
        if start.elapsed() >= PACE {
            return;
        }
    }
}

/// What waits, by node, in messages that are not too large.
fn batches(first: Waiting, queue: &mut mpsc::Receiver<Waiting>) -> Vec<(Uuid, Batch)> {
    let mut full = Vec::new();
    let mut open: HashMap<Uuid, (usize, Batch)> = HashMap::new();
    let mut next = Some(first);
    let mut taken = 0;
    while let Some(waiting) = next {
        let size = waiting.call.size();
        let (bytes, batch) = open.entry(waiting.node).or_default();
        let is_full = *bytes + size > MESSAGE_BYTES_MAX || batch.calls.len() >= CALLS_MAX;
        if is_full && !batch.calls.is_empty() {
            full.push((waiting.node, std::mem::take(batch)));
            *bytes = 0;
        }
        *bytes += size;
        batch.calls.push(waiting.call);
        batch.results.push(Some(waiting.result));
        taken += 1;
        next = (taken < WAITING_MAX)
            .then(|| queue.try_recv().ok())
            .flatten();
    }
    full.extend(open.into_iter().map(|(node, (_, batch))| (node, batch)));
    full
}

impl Batch {
    fn take(&mut self, response: Response) {
        match response {
            Response::Outcomes(replies) => {
                for (index, reply) in replies {
                    let result = self.results.get_mut(index).and_then(Option::take);
                    // A caller that went away is no error.
                    let _ = result.map(|result| result.send(Ok(reply)));
                }
            }
            Response::NotUnderstood => {
                for result in self.results.drain(..).flatten() {
                    let _ = result.send(Ok(Reply::Declined));
                }
            }
        }
    }

    fn is_answered(&self) -> bool {
        self.results.iter().all(Option::is_none)
    }

    /// Ends the calls without a reply, because of `reason`.
    fn fail(self, reason: &NoAnswer) {
        for result in self.results.into_iter().flatten() {
            let _ = result.send(Err(reason.clone()));
        }
    }
}

impl Sender {
    fn pass_on(&self, answer: Message) {
        let unanswered = self.unanswered.lock();
        // An answer that is not waited for any more came too late.
        if let Some(to) = unanswered.get(answer.subject.as_str()) {
            let _ = to.send(answer);
        }
    }

    /// Sends a message and takes its answers, until all results are known or can't come any more.
    async fn see_through(self: Arc<Self>, node: Uuid, mut batch: Batch) {
        let number = self.messages.fetch_add(1, Ordering::Relaxed);
        let subject = self.bus.subjects.outcomes(self.own, number);
        let (to, mut answers) = mpsc::unbounded_channel();
        self.unanswered.lock().insert(subject.clone(), to);
        let whole = tokio::select! {
            biased;
            whole = self.exchange(node, &subject, &mut batch, &mut answers) => whole,
            () = self.members.gone(node) => Err(NoAnswer::Lost("it has gone".to_owned())),
        };
        self.unanswered.lock().remove(&subject);
        if let Err(reason) = whole {
            batch.fail(&reason);
        }
    }

    async fn exchange(
        &self,
        node: Uuid,
        subject: &str,
        batch: &mut Batch,
        answers: &mut mpsc::UnboundedReceiver<Message>,
    ) -> Result<(), NoAnswer> {
        let calls = wire::encode(&std::mem::take(&mut batch.calls)).map_err(NoAnswer::NotSent)?;
        let link = &self.bus.link;
        let exchange = async {
            let to = self.bus.subjects.appends(node);
            link.ask(to, subject.to_owned(), calls).await?;
            while !batch.is_answered() {
                let lost = || NoAnswer::Lost("no answer came".to_owned());
                let answer = answers.recv().await.ok_or_else(lost)?;
                if answer.status == Some(StatusCode::NO_RESPONDERS) {
                    return Err(NoAnswer::NotSent(NOBODY.to_owned()));
                }
                batch.take(wire::decode(&answer.payload).map_err(NoAnswer::Lost)?);
            }
            Ok(())
        };
        let whole = link.unless_lost(timeout(APPEND_TIME, exchange)).await?;
        whole.unwrap_or_else(|_| Err(NoAnswer::Lost("no answer came in time".to_owned())))
    }
}
