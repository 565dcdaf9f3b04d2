#![doc = include_str!("../README.md")]

mod client;
mod error;
mod event;
mod log;
mod retry;
mod sse;
mod tail;
mod view;

pub use client::{Call, Client, Received};
pub use error::{Error, ErrorAnswer};
pub use event::{Encoding, Event, EventsPage, encode, packed};
pub use log::{AppendOptions, Log, random_key};
pub use tail::Tail;
pub use view::{Query, QueryAnswer, View};
