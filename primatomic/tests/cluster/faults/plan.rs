//! Which fault comes when: in random order, and none again before all have been.

use std::fmt;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    KillControlPlane,
    KillWorker,
    KillArchiver,
    /// The server of NATS that leads some stream.
    KillLeader,
    KillDatabase,
    KillObjects,
    /// A process that ends in good order, as at an upgrade.
    Stop,
    /// A process or server that hangs for a while.
    Pause,
    /// A process that loses its way to a store for a while.
    Cut,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::KillControlPlane,
        Self::KillWorker,
        Self::KillArchiver,
        Self::KillLeader,
        Self::KillDatabase,
        Self::KillObjects,
        Self::Stop,
        Self::Pause,
        Self::Cut,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::KillControlPlane => "kill of a control plane",
            Self::KillWorker => "kill of a worker",
            Self::KillArchiver => "kill of an archiver",
            Self::KillLeader => "kill of a stream's leader",
            Self::KillDatabase => "kill of PostgreSQL",
            Self::KillObjects => "kill of the S3 server",
            Self::Stop => "stop",
            Self::Pause => "pause",
            Self::Cut => "cut",
        })
    }
}

pub(super) struct Plan {
    rng: StdRng,
    kinds: Vec<Kind>,
    /// What has yet to come before everything comes again.
    left: Vec<Kind>,
}

impl Plan {
    pub(super) fn new(seed: u64, has_archivers: bool) -> Self {
        let mut kinds = Kind::ALL.to_vec();
        kinds.retain(|kind| has_archivers || *kind != Kind::KillArchiver);
        Self {
            rng: StdRng::seed_from_u64(seed),
            kinds,
            left: Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> Kind {
        if self.left.is_empty() {
            self.left.clone_from(&self.kinds);
            self.left.shuffle(&mut self.rng);
        }
        self.left.pop().unwrap()
    }

    /// Whether the next fault comes before all has recovered from this one.
    pub(super) fn hurries(&mut self) -> bool {
        self.rng.random_ratio(1, 4)
    }

    pub(super) fn rng(&mut self) -> &mut StdRng {
        &mut self.rng
    }
}

#[test]
fn a_seed_repeats_its_faults_and_every_kind_comes() {
    let take = |seed| {
        let mut plan = Plan::new(seed, true);
        (0..18).map(|_| plan.next()).collect::<Vec<_>>()
    };
    assert_eq!(take(7), take(7));
    assert_ne!(take(7), take(8));
    for round in take(7).chunks_exact_mut(Kind::ALL.len()) {
        round.sort_unstable();
        assert_eq!(round, Kind::ALL);
    }
}
