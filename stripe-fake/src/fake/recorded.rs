//! The state, and the journal of everything that changes it.

use std::io::Result;
use std::ops::Deref;
use std::path::Path;

use serde_json::Value;

use crate::changes::{Change, Press, Request};
use crate::faults::Faults;
use crate::journal::{self, Journal, Line};
use crate::state::resources::checkout_completion::Refused;
use crate::state::{Start, State};

/// A state that can be read by anybody, and that changes in no way that is not in its journal.
pub(crate) struct Recorded {
    state: State,
    journal: Option<Journal>,
}

impl Deref for Recorded {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl Recorded {
    /// A state of which nothing outlives the process.
    pub(crate) fn without_journal(start: &Start, url: String) -> Self {
        Self {
            state: State::new(start, url),
            journal: None,
        }
    }

    /// The state that the journal leads to, or a new one that begins the journal.
    ///
    /// # Errors
    /// As for [`Journal::open`], and when a request does not make the object that it made.
    pub(crate) fn open(path: &Path, start: Start, url: String) -> Result<Self> {
        let (journal, start, lines) = Journal::open(path, start)?;
        let mut state = State::new(&start, url);
        for (line, number) in lines.iter().zip(2..) {
            let id = replay(&mut state, line);
            if id != line.id {
                let name = |id: Option<String>| id.unwrap_or_else(|| "nothing".to_owned());
                let (now, before) = (name(id), name(line.id.clone()));
                let problem = format!(
                    "it makes {now} and made {before}, as another version of the fake has written it"
                );
                return Err(journal::broken(path, number, &problem));
            }
        }
        Ok(Self {
            state,
            journal: Some(journal),
        })
    }

    /// The status and the body of the answer.
    pub(crate) fn carry_out(&mut self, request: Request) -> (u16, Value) {
        let answer = request.carry_out(&mut self.state);
        let id = id_of(&answer);
        self.append(Change::Request(request), id);
        answer
    }

    pub(crate) fn press(&mut self, press: Press) -> std::result::Result<String, Refused> {
        let outcome = press.carry_out(&mut self.state);
        self.append(Change::Press(press), None);
        outcome
    }

    pub(crate) fn set_faults(&mut self, faults: Faults) {
        self.state.faults.set = faults.clone();
        self.append(Change::Faults(faults), None);
    }

    pub(crate) fn struck(&mut self, place: Option<usize>) {
        self.state.faults.struck(place);
        self.append(Change::Struck(place), None);
    }

    pub(crate) fn sent(&mut self, number: u64, arrived: bool) {
        self.state.sent(number, arrived);
        self.append(Change::Sent { number, arrived }, None);
    }

    /// Moves the clock, and does what becomes due. A time at which nothing was due is written only if
    /// the last line is older than `quiet` seconds.
    pub(crate) fn move_clock(&mut self, to: u64, quiet: u64) {
        let done = self.state.move_clock(to);
        let written_at = self.journal.as_ref().map_or(0, |it| it.written_at);
        if done || self.state.now > written_at.saturating_add(quiet) {
            self.append(Change::Clock, None);
        }
    }

    fn append(&mut self, change: Change, id: Option<String>) {
        let at = self.state.now;
        if let Some(journal) = &mut self.journal {
            journal.append(&Line { at, change, id });
        }
    }

    /// Ends the journal. Nothing can be changed from now on if there is one.
    pub(crate) fn close(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.close();
        }
    }
}

/// Does once more what a line says. Returns the id of the object that a request is answered with.
fn replay(state: &mut State, line: &Line) -> Option<String> {
    state.now = line.at;
    match &line.change {
        Change::Clock => drop(state.move_clock(line.at)),
        Change::Request(request) => return id_of(&request.carry_out(state)),
        Change::Press(press) => drop(press.carry_out(state)),
        Change::Faults(faults) => state.faults.set = faults.clone(),
        Change::Struck(place) => state.faults.struck(*place),
        Change::Sent { number, arrived } => state.sent(*number, *arrived),
    }
    None
}

fn id_of((_, body): &(u16, Value)) -> Option<String> {
    Some(body["id"].as_str()?.to_owned())
}
