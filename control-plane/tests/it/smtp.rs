//! A small SMTP server: it speaks the protocol over TCP, keeps what it is given, and refuses or
//! stalls when it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What the server does with the next message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// Answers the recipient with this line.
    Refuse(&'static str),
    /// Says nothing at all, for ever.
    Stall,
}

/// A message that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub sender: String,
    pub recipient: String,
    pub text: String,
}

#[derive(Default)]
struct State {
    answers: VecDeque<Answer>,
    taken: Vec<Taken>,
    connections: usize,
}

pub(crate) struct SmtpServer {
    pub url: String,
    state: Arc<Mutex<State>>,
    _tasks: JoinSet<()>,
}

impl SmtpServer {
    /// Starts a server that answers the first messages as told and takes all further ones.
    pub(crate) async fn start(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            answers: answers.iter().copied().collect(),
            ..State::default()
        }));
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&state);
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let answer = {
                    let mut state = shared.lock().unwrap();
                    state.connections += 1;
                    state.answers.pop_front()
                };
                sessions.spawn(session(stream, Arc::clone(&shared), answer));
            }
        });
        Self {
            url,
            state,
            _tasks: tasks,
        }
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    /// The messages that were taken, once there are so many.
    pub(crate) async fn taken(&self, count: usize) -> Vec<Taken> {
        for _ in 0..1_000 {
            let taken = self.state.lock().unwrap().taken.clone();
            if taken.len() >= count {
                return taken;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{count} mails did not come");
    }
}

/// One connection with one message.
async fn session(stream: TcpStream, state: Arc<Mutex<State>>, answer: Option<Answer>) {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    if let Some(Answer::Stall) = answer {
        let _ = lines.next_line().await;
        std::future::pending::<()>().await;
    }
    let _ = writer.write_all(b"220 test ESMTP\r\n").await;
    let mut taken = Taken {
        sender: String::new(),
        recipient: String::new(),
        text: String::new(),
    };
    while let Ok(Some(line)) = lines.next_line().await {
        let verb = line.split([' ', ':']).next().unwrap().to_uppercase();
        let reply = match verb.as_str() {
            "EHLO" => "250-test\r\n250 8BITMIME",
            "MAIL" => {
                taken.sender = line;
                "250 go on"
            }
            "RCPT" => {
                taken.recipient = line;
                match answer {
                    Some(Answer::Refuse(reply)) => reply,
                    _ => "250 go on",
                }
            }
            "DATA" => {
                let _ = writer.write_all(b"354 end with a dot\r\n").await;
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    taken.text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    taken.text.push_str("\r\n");
                }
                state.lock().unwrap().taken.push(taken.clone());
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "500 what?",
        };
        let reply = format!("{reply}\r\n");
        if writer.write_all(reply.as_bytes()).await.is_err() || verb == "QUIT" {
            return;
        }
    }
}
