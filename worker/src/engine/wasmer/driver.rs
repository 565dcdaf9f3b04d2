//! A small module that folds a whole batch into a component whose world takes one event at a time.
//!
//! The host copies packed events into the driver's own memory and makes one call; the driver calls
//! the guest's `realloc` and `append` for each event without leaving WebAssembly. Its memory is its
//! own because a staging buffer from the guest's `realloc` would sit in the middle of what the
//! guest allocates, and would break guests that allocate in arenas.

use crate::loader::plan::Plan;
use storage::bus::World;

/// Pages of the staging memory: a batch of 1 MiB, or one event of 1 MiB and its length.
pub(super) const STAGING_PAGES: u32 = 17;

/// Whether the driver can fold for a component: its world takes single events, and it can't see
/// the time, which would have to change between events.
pub(super) fn is_useful(plan: &Plan) -> bool {
    let append = &plan.exports.append;
    plan.world == World::V0
        && !plan.sees_time
        && append.memory.is_some()
        && append.realloc.is_some()
}

/// The driver as a binary module. `done` counts the events that were folded whole, so that a trap
/// can be blamed on the right event.
///
/// # Errors
/// When the text below is broken, which a test would show.
pub(super) fn module(with_post_return: bool) -> Result<Vec<u8>, String> {
    let (import, call) = if with_post_return {
        (
            r#"(import "guest" "post_return" (func $post_return))"#,
            "(call $post_return)",
        )
    } else {
        ("", "")
    };
    let text = format!(
        r#"(module
  (import "guest" "memory" (memory $guest 0))
  (import "guest" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "guest" "append" (func $append (param i32 i32)))
  {import}
  (memory $staging (export "staging") {STAGING_PAGES} {STAGING_PAGES})
  (global $done (export "done") (mut i32) (i32.const 0))
  (func (export "fold") (param $count i32)
    (local $at i32) (local $length i32) (local $event i32)
    (global.set $done (i32.const 0))
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (global.get $done) (local.get $count)))
        (local.set $length (i32.load $staging align=1 (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (local.set $event
          (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get $length)))
        (memory.copy $guest $staging (local.get $event) (local.get $at) (local.get $length))
        (call $append (local.get $event) (local.get $length))
        {call}
        (local.set $at (i32.add (local.get $at) (local.get $length)))
        (global.set $done (i32.add (global.get $done) (i32.const 1)))
        (br $next)))))"#
    );
    wat::parse_str(text).map_err(|error| format!("the batch driver is broken: {error}"))
}
