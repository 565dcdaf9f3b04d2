//! How long requests took: a histogram of fixed size, which can be added up.
//!
//! Buckets grow by an eighth of a power of two, so a quantile is right to about 12 %. The encoded
//! form, version 1: a byte 1, then for each bucket that is not empty its index in a byte and its
//! count as a little-endian `u32`, by ascending index.

use std::fmt;
use std::time::Duration;

/// All that is shorter is in the first bucket.
const SHORTEST_MICROS: u64 = 64;
/// Buckets of each power of two.
const PARTS: usize = 8;
/// Powers of two from the shortest on; longer times, from some two minutes on, are in the last bucket.
const POWERS: usize = 21;
const BUCKETS: usize = 1 + POWERS * PARTS;

const VERSION: u8 = 1;
const ENTRY_BYTES: usize = 5;

/// Counts of times.
#[derive(Clone, PartialEq, Eq)]
pub struct Latencies([u32; BUCKETS]);

/// Bytes are no latencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no histogram of latencies that this program knows")]
pub struct MalformedLatencies;

impl Default for Latencies {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

impl fmt::Debug for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Latencies({} times)", self.count())
    }
}

impl Latencies {
    /// Counts a time.
    pub fn add(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let count = &mut self.0[bucket(micros)];
        *count = count.saturating_add(1);
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    /// How many times were counted.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|count| u64::from(*count)).sum()
    }

    /// The time that this share of all, in percent, does not exceed; `None` when none was counted.
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let rank = (self.count() * percent).div_ceil(100).max(1);
        let mut counted = 0;
        let index = self.0.iter().position(|count| {
            counted += u64::from(*count);
            counted >= rank
        });
        index.map(|index| Duration::from_micros(end_micros(index)))
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        for (index, count) in (0u8..).zip(self.0) {
            if count > 0 {
                bytes.push(index);
                bytes.extend(count.to_le_bytes());
            }
        }
        bytes
    }

    /// # Errors
    /// When no version of this type wrote the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, MalformedLatencies> {
        let Some((&VERSION, rest)) = bytes.split_first() else {
            return Err(MalformedLatencies);
        };
        let (entries, rest) = rest.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() {
            return Err(MalformedLatencies);
        }
        let mut latencies = Self::default();
        let mut next = 0;
        for [index, count @ ..] in entries {
            let index = usize::from(*index);
            let is_next = (next..BUCKETS).contains(&index);
            let count = u32::from_le_bytes(*count);
            if !is_next || count == 0 {
                return Err(MalformedLatencies);
            }
            latencies.0[index] = count;
            next = index + 1;
        }
        Ok(latencies)
    }
}

fn bucket(micros: u64) -> usize {
    if micros < SHORTEST_MICROS {
        return 0;
    }
    let power = micros.ilog2() - SHORTEST_MICROS.ilog2();
    // The three digits behind the first one.
    let part = (micros >> (micros.ilog2() - PARTS.ilog2())) & (PARTS as u64 - 1);
    let index = 1 + power as usize * PARTS + usize::try_from(part).unwrap_or(0);
    index.min(BUCKETS - 1)
}

/// The first time behind a bucket.
fn end_micros(index: usize) -> u64 {
    let (power, part) = (index / PARTS, (index % PARTS) as u64);
    (SHORTEST_MICROS << power) / PARTS as u64 * (PARTS as u64 + part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(micros: &[u64]) -> Latencies {
        let mut latencies = Latencies::default();
        for micros in micros {
            latencies.add(Duration::from_micros(*micros));
        }
        latencies
    }

    #[test]
    fn buckets_are_next_to_each_other() {
        for index in 0..BUCKETS - 1 {
            let end = end_micros(index);
            assert_eq!(bucket(end - 1), index);
            assert_eq!(bucket(end), index + 1);
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_are_about_right() {
        assert_eq!(Latencies::default().percentile(50), None);
        let latencies = of(&(1..=1_000).map(|it| it * 100).collect::<Vec<_>>());
        for (percent, micros) in [(1, 1_000), (50, 50_000), (99, 99_000), (100, 100_000)] {
            let found = latencies.percentile(percent).unwrap().as_micros();
            assert!((micros..micros * 9 / 8 + 64).contains(&found), "{found}");
        }
    }

    #[test]
    fn what_is_no_histogram_is_refused() {
        for bytes in [
            &[][..],
            &[2],
            &[1, 0],
            &[1, 0, 0, 0, 0, 0],
            &[1, 255, 1, 0, 0, 0],
            &[1, 3, 1, 0, 0, 0, 3, 1, 0, 0, 0],
        ] {
            assert_eq!(Latencies::decode(bytes), Err(MalformedLatencies));
        }
        // What version 1 wrote can be read for ever.
        let golden = [1, 0, 1, 0, 0, 0, 33, 2, 0, 0, 0];
        assert_eq!(Latencies::decode(&golden), Ok(of(&[5, 1_024, 1_025])));
        assert_eq!(of(&[5, 1_024, 1_025]).encode(), golden);
    }

    proptest! {
        #[test]
        fn histograms_survive_encoding_and_add_up(one: Vec<u64>, other: Vec<u64>) {
            let mut sum = of(&one);
            sum.merge(&of(&other));
            prop_assert_eq!(sum.count(), (one.len() + other.len()) as u64);
            prop_assert_eq!(&sum, &of(&[one, other].concat()));
            prop_assert_eq!(Latencies::decode(&sum.encode()), Ok(sum));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            if let Ok(latencies) = Latencies::decode(&bytes) {
                prop_assert_eq!(latencies.encode(), bytes);
            }
        }
    }
}
