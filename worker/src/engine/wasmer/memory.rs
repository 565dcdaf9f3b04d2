//! Checked access to a guest's memory. Every pointer and length here comes from a guest.

use ::wasmer::{Memory, Store, TypedFunction};

use crate::engine::Fault;

/// `cabi_realloc` of a guest: old pointer, old size, alignment, new size.
pub(super) type Realloc = TypedFunction<(u32, u32, u32, u32), u32>;

/// The memory of a store as bytes.
#[expect(
    unsafe_code,
    reason = "copying byte by byte would be the larger part of a fold"
)]
fn bytes<'a>(memory: &Memory, store: &'a Store) -> &'a [u8] {
    let view = memory.view(store);
    // SAFETY: memories of guests are never shared between threads, and nothing runs in the store
    // or grows the memory while the store is borrowed. The slice is tied to that borrow, because
    // the memory lives as long as its store.
    unsafe {
        std::slice::from_raw_parts(
            view.data_ptr(),
            usize::try_from(view.data_size()).unwrap_or_default(),
        )
    }
}

/// The memory of a store as bytes to write to.
#[expect(
    unsafe_code,
    reason = "copying byte by byte would be the larger part of a fold"
)]
fn bytes_mut<'a>(memory: &Memory, store: &'a mut Store) -> &'a mut [u8] {
    let view = memory.view(store);
    let (start, length) = (view.data_ptr(), view.data_size());
    // SAFETY: as in `bytes`, and the store is borrowed exclusively.
    unsafe { std::slice::from_raw_parts_mut(start, usize::try_from(length).unwrap_or_default()) }
}

/// A part of the memory.
///
/// # Errors
/// When it reaches outside.
pub(super) fn read<'a>(
    memory: &Memory,
    store: &'a Store,
    pointer: u32,
    length: u32,
    what: &str,
) -> Result<&'a [u8], Fault> {
    let bytes = bytes(memory, store);
    let start = pointer as usize;
    start
        .checked_add(length as usize)
        .and_then(|end| bytes.get(start..end))
        .ok_or_else(|| {
            Fault::Abi(format!(
                "{what} that reaches out of its memory ({length} bytes at {pointer}, the memory \
                 has {})",
                bytes.len()
            ))
        })
}

/// A part of the memory to write to. The caller has got the pointer from the guest's `realloc`.
///
/// # Errors
/// When it reaches outside.
pub(super) fn write<'a>(
    memory: &Memory,
    store: &'a mut Store,
    pointer: u32,
    length: u32,
) -> Result<&'a mut [u8], Fault> {
    let bytes = bytes_mut(memory, store);
    let size = bytes.len();
    let start = pointer as usize;
    start
        .checked_add(length as usize)
        .and_then(|end| bytes.get_mut(start..end))
        .ok_or_else(|| {
            Fault::Abi(format!(
                "a buffer from its `realloc` that reaches out of its memory ({length} bytes at \
                 {pointer}, the memory has {size})"
            ))
        })
}

/// # Errors
/// When a pointer is not a multiple of its type's alignment.
pub(super) fn check_alignment(pointer: u32, alignment: u32, what: &str) -> Result<(), Fault> {
    if pointer.is_multiple_of(alignment) {
        Ok(())
    } else {
        Err(Fault::Abi(format!(
            "{what} at {pointer}, which is not a multiple of {alignment}"
        )))
    }
}

/// A number inside of bytes that were read whole; 0 past their end.
pub(super) fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    bytes
        .get(offset..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// As [`u32_at`].
pub(super) fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    bytes
        .get(offset..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
