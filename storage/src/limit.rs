//! The bound of what one read returns.

/// At least one item, and then as many as fit.
pub(crate) struct Limit {
    pub(crate) bytes_left: usize,
    is_empty: bool,
}

impl Limit {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            bytes_left: bytes_max,
            is_empty: true,
        }
    }

    /// Whether the next item, of so many bytes, still fits. Nothing does behind one that did not.
    pub(crate) fn admits(&mut self, bytes: usize) -> bool {
        let fits = self.is_empty || bytes <= self.bytes_left;
        self.is_empty = false;
        let taken = if fits { bytes } else { self.bytes_left };
        self.bytes_left = self.bytes_left.saturating_sub(taken);
        fits
    }
}
