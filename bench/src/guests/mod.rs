//! Views that do next to nothing, so that what is measured is the host, and views that do harm, or much.
//!
//! They are written in WebAssembly text: a compiler's allocator or a library's loop would be part
//! of the figure otherwise.

mod hostile;

pub(crate) use hostile::Hostile;

use anyhow::{Context, Result};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const STATE_MACHINE: &str = include_str!("state-machine.wat");
const VIEW: &str = include_str!("view.wat");
const STATE_MACHINE_WIT: &str = include_str!("../../../wit/machine-0.0.1/machine.wit");
const CLOCK_WIT: &str = include_str!("with-clock.wit");
const VIEW_WIT: &str = include_str!("../../../wit/machine-1.0.0/machine.wit");

/// Where imports go in both texts.
const IMPORT: &str = ";; IMPORT";
/// The clock, which is never asked.
const CLOCK: &str = r#"(import "wasi:clocks/wall-clock@0.2.0" "now" (func (param i32)))"#;
/// Where the body of `append` goes in the text of the state machine.
const APPEND: &str = ";; APPEND";
/// The body that keeps the event.
const KEEP: &str = "(global.set $end (i32.add (local.get $event) (local.get $bytes)))";

/// World 0.0.1: every event is ignored, and the state is empty.
pub(crate) fn ignores_events() -> Result<Vec<u8>> {
    component(STATE_MACHINE, &[STATE_MACHINE_WIT])
}

/// Like [`ignores_events`], but it could see the time, which differs from event to event.
pub(crate) fn events_with_clock() -> Result<Vec<u8>> {
    let text = STATE_MACHINE.replace(IMPORT, CLOCK);
    let world = with_clock("0.0.1");
    component(&text, &[STATE_MACHINE_WIT, &world])
}

/// Like [`ignores_batches`], but it could see the time. So every event comes in a batch of its own.
pub(crate) fn batches_with_clock() -> Result<Vec<u8>> {
    let text = VIEW.replace(IMPORT, CLOCK);
    let world = with_clock("1.0.0");
    component(&text, &[VIEW_WIT, &world])
}

fn with_clock(version: &str) -> String {
    CLOCK_WIT.replace("VERSION", version)
}

/// World 0.0.1: the state is all events, one after the other; a query answers with its size as a
/// little-endian number of 4 bytes.
pub(crate) fn keeps_events() -> Result<Vec<u8>> {
    component(&STATE_MACHINE.replace(APPEND, KEEP), &[STATE_MACHINE_WIT])
}

/// World 1.0.0: every packed batch is ignored unread, and the state is empty.
pub(crate) fn ignores_batches() -> Result<Vec<u8>> {
    component(VIEW, &[VIEW_WIT])
}

/// Makes a component of a core module in text form. The last of the WIT packages has the world that
/// it implements; those before it are what that one uses.
fn component(text: &str, packages: &[&str]) -> Result<Vec<u8>> {
    let mut module = wat::parse_str(text).context("can't assemble the guest")?;
    let mut resolve = Resolve::default();
    let mut last = None;
    for package in packages {
        let pushed = resolve.push_str("guest.wit", package);
        last = Some(pushed.context("can't read the WIT")?);
    }
    let world = resolve
        .select_world(last.as_slice(), None)
        .context("the WIT has no single world")?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .context("can't describe the guest")?;
    ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .context("can't make a component of the guest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guest_is_a_valid_component() {
        for guest in [
            ignores_events(),
            events_with_clock(),
            batches_with_clock(),
            keeps_events(),
            ignores_batches(),
        ] {
            assert!(guest.unwrap().starts_with(b"\0asm"));
        }
        for hostile in Hostile::ALL.into_iter().chain(Hostile::BUSY) {
            assert!(hostile.component().unwrap().starts_with(b"\0asm"));
        }
    }
}
