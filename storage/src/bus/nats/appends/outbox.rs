//! The sending side: appends for other nodes leave together.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_nats::{Message, StatusCode, Subscriber};
use futures::StreamExt as _;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::PACE;
use super::wire::{Answer, Call, Reply};
use crate::bus::nats::members::Members;
use crate::bus::nats::serve::ServeError;
use crate::bus::nats::{Bus, wire};
use crate::nats::NoAnswer;

/// How long a preferred node that is alive may take. Its own attempts end sooner.
const APPEND_TIME: Duration = Duration::from_secs(30);
/// The longest pause between messages.
const PAUSE_MAX: Duration = Duration::from_millis(5);
/// Appends that wait to be sent; further ones wait for room.
const WAITING_MAX: usize = 8_192;
/// Appends of one message.
const CALLS_MAX: usize = 1_000;
/// Bytes of one message, unless a single append has more. A batch of the largest size fits into a
/// message: the event log does not start on servers whose messages don't hold a frame of that size.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

type Outcome = Result<Reply, NoAnswer>;

struct Waiting {
    node: Uuid,
    call: Call,
    outcome: oneshot::Sender<Outcome>,
}

/// Appends on their way to other nodes.
#[derive(Debug)]
pub(super) struct Outbox {
    queue: mpsc::Sender<Waiting>,
}

impl Outbox {
    /// Begins to send what is put in, until this is dropped. `own` is this node.
    pub(super) async fn open(
        bus: Bus,
        own: Uuid,
        members: Arc<Members>,
        tasks: &TaskTracker,
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
        tasks.spawn(run(sender, waiting, answers, tasks.clone()));
        Ok(Self { queue })
    }

    /// Lets another node append, and waits for what became of it.
    pub(super) async fn send(&self, node: Uuid, call: Call) -> Outcome {
        let closed = || NoAnswer::NotSent("this node is stopping".to_owned());
        let (outcome, answer) = oneshot::channel();
        let waiting = Waiting {
            node,
            call,
            outcome,
        };
        self.queue.send(waiting).await.map_err(|_| closed())?;
        answer
            .await
            .unwrap_or_else(|_| Err(NoAnswer::Lost("the append was interrupted".to_owned())))
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

/// Calls of one message whose outcomes are not known yet.
struct Batch {
    calls: Vec<Call>,
    outcomes: Vec<Option<oneshot::Sender<Outcome>>>,
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

/// Lets more appends come together, and passes answers on meanwhile. An answer tells that the other
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
        let (bytes, batch) = open
            .entry(waiting.node)
            .or_insert_with(|| (0, Batch::new()));
        let is_full = *bytes + size > MESSAGE_BYTES_MAX || batch.calls.len() >= CALLS_MAX;
        if is_full && !batch.calls.is_empty() {
            full.push((waiting.node, std::mem::replace(batch, Batch::new())));
            *bytes = 0;
        }
        *bytes += size;
        batch.calls.push(waiting.call);
        batch.outcomes.push(Some(waiting.outcome));
        taken += 1;
        next = (taken < WAITING_MAX)
            .then(|| queue.try_recv().ok())
            .flatten();
    }
    full.extend(open.into_iter().map(|(node, (_, batch))| (node, batch)));
    full
}

impl Batch {
    const fn new() -> Self {
        Self {
            calls: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    fn take(&mut self, answer: Answer) {
        match answer {
            Answer::Outcomes(outcomes) => {
                for (index, reply) in outcomes {
                    let outcome = self.outcomes.get_mut(index).and_then(Option::take);
                    // A caller that went away is no error.
                    let _ = outcome.map(|outcome| outcome.send(Ok(reply)));
                }
            }
            Answer::NotUnderstood => {
                for outcome in self.outcomes.drain(..).flatten() {
                    let _ = outcome.send(Ok(Reply::Declined));
                }
            }
        }
    }

    fn is_answered(&self) -> bool {
        self.outcomes.iter().all(Option::is_none)
    }

    /// The outcomes that are missing, because of `reason`.
    fn give_up(self, reason: &NoAnswer) {
        for outcome in self.outcomes.into_iter().flatten() {
            let _ = outcome.send(Err(reason.clone()));
        }
    }
}

impl Sender {
    fn pass_on(&self, answer: Message) {
        let unanswered = self.unanswered.lock();
        // An answer that nobody waits for any more came too late.
        if let Some(to) = unanswered.get(answer.subject.as_str()) {
            let _ = to.send(answer);
        }
    }

    /// Sends a message and takes its answers, until all outcomes are known or can't come any more.
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
            batch.give_up(&reason);
        }
    }

    async fn exchange(
        &self,
        node: Uuid,
        subject: &str,
        batch: &mut Batch,
        answers: &mut mpsc::UnboundedReceiver<Message>,
    ) -> Result<(), NoAnswer> {
        let not_sent = |reason: String| NoAnswer::NotSent(reason);
        let calls = wire::encode(&std::mem::take(&mut batch.calls)).map_err(not_sent)?;
        let link = &self.bus.link;
        let exchange = async {
            let to = self.bus.subjects.appends(node);
            link.ask(to, subject.to_owned(), calls).await?;
            while !batch.is_answered() {
                let answer = answers.recv().await;
                let lost = || NoAnswer::Lost("no answer came".to_owned());
                let answer = answer.ok_or_else(lost)?;
                if answer.status == Some(StatusCode::NO_RESPONDERS) {
                    return Err(not_sent("nobody in NATS takes it right now".to_owned()));
                }
                let answer = wire::decode(&answer.payload).map_err(NoAnswer::Lost)?;
                batch.take(answer);
            }
            Ok(())
        };
        let patient = tokio::time::timeout(APPEND_TIME, exchange);
        let whole = link.unless_lost(patient).await?;
        whole.unwrap_or_else(|_| Err(NoAnswer::Lost("no answer came in time".to_owned())))
    }
}
