//! Sizes and counts that are part of the contract. Limits that an operator may change are
//! configuration and live with the role that enforces them.

/// The most bytes that one event may hold: 1 MiB.
pub const EVENT_BYTES_MAX: usize = 1 << 20;

/// The most bytes that the body of a batch append may hold: 10 MiB.
pub const BATCH_BYTES_MAX: usize = 10 << 20;

/// The most events that one batch may hold. It bounds the frame's overhead (4 bytes an event) and
/// the size of the answer, which lists every sequence.
pub const BATCH_EVENTS_MAX: usize = 100_000;

/// The most bytes that an encoded frame may hold: a full batch, its lengths, keys and header.
pub const FRAME_BYTES_MAX: usize = BATCH_BYTES_MAX + 4 * BATCH_EVENTS_MAX + (64 << 10);

/// The most bytes that an `Idempotency-Key` may hold.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// The most bytes that a component may hold: 100 MiB.
pub const COMPONENT_BYTES_MAX: usize = 100 << 20;

/// The most bytes that the body of a query may hold: 1 MiB.
pub const QUERY_BYTES_MAX: usize = 1 << 20;

/// The most characters that the name of a log or a view may hold.
pub const NAME_BYTES_MAX: usize = 128;

/// The most bytes that the events, keys and times of one archive block may take before they are
/// compressed. A block is cut once it holds [`BLOCK_BYTES_TARGET`], and a frame is never cut.
pub const BLOCK_BYTES_MAX: usize = BLOCK_BYTES_TARGET + FRAME_BYTES_MAX + (4 << 20);

/// From so many bytes on a block takes no further frame.
pub const BLOCK_BYTES_TARGET: usize = 4 << 20;
