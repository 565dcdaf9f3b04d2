//! Which control plane a log prefers.
//!
//! All logs of a shard prefer one node. The committer of that node then has the shard for itself, and
//! an atomic batch takes the frames of all its logs; two nodes would halve the batches, and a batch
//! costs the servers as much as dozens of frames in it. The nodes get as many shards each, as far as
//! that goes, and mostly keep those that they have when another one comes or goes.

use parking_lot::RwLock;
use protocol::{LogId, subject};
use uuid::Uuid;

use crate::bus::nats::members::{Members, rank};

/// The preferred node of each shard, as of the members that are known.
pub(super) struct Preference {
    own: Uuid,
    shards: u16,
    assigned: RwLock<Assigned>,
}

#[derive(Default)]
struct Assigned {
    /// The members' count of changes that this is based on.
    version: Option<u64>,
    /// By shard.
    nodes: Vec<Uuid>,
}

impl Preference {
    pub(super) fn new(own: Uuid, shards: u16) -> Self {
        Self {
            own,
            shards,
            assigned: RwLock::default(),
        }
    }

    /// The other node that a log prefers, if it prefers another one.
    pub(super) fn other(&self, members: &Members, log: LogId) -> Option<Uuid> {
        let shard = usize::from(subject::shard_of(log, self.shards));
        let version = members.version();
        {
            let assigned = self.assigned.read();
            if assigned.version == Some(version) {
                return self.unless_own(assigned.nodes.get(shard));
            }
        }
        let mut nodes = members.taking();
        nodes.push(self.own);
        let mut assigned = self.assigned.write();
        assigned.nodes = assign(nodes, self.shards);
        assigned.version = Some(version);
        self.unless_own(assigned.nodes.get(shard))
    }

    fn unless_own(&self, node: Option<&Uuid>) -> Option<Uuid> {
        node.copied().filter(|node| *node != self.own)
    }
}

/// Gives each shard the node that rendezvous hashing puts first among those that don't have their
/// share yet.
fn assign(mut nodes: Vec<Uuid>, shards: u16) -> Vec<Uuid> {
    nodes.sort_unstable();
    nodes.dedup();
    let share = usize::from(shards).div_ceil(nodes.len().max(1));
    let mut counts = vec![0; nodes.len()];
    let mut assigned = Vec::with_capacity(usize::from(shards));
    for shard in 0..shards {
        let mut key = [0; 16];
        key[..2].copy_from_slice(&shard.to_be_bytes());
        let free = nodes.iter().zip(&mut counts).filter(|it| *it.1 < share);
        if let Some((node, count)) = free.max_by_key(|(node, _)| rank(node, &key)) {
            *count += 1;
            assigned.push(*node);
        }
    }
    assigned
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_node_gets_its_share_of_the_shards() {
        for count in 1..=20 {
            let nodes: Vec<_> = (0..count).map(|_| Uuid::new_v4()).collect();
            let assigned = assign(nodes, 16);
            assert_eq!(assigned.len(), 16);
            let mut shares: HashMap<_, usize> = HashMap::new();
            for node in assigned {
                *shares.entry(node).or_default() += 1;
            }
            assert!(
                shares
                    .values()
                    .all(|share| *share <= 16_usize.div_ceil(count))
            );
        }
    }

    #[test]
    fn all_nodes_come_to_the_same_and_a_change_moves_few_shards() {
        let mut moved = 0;
        for _ in 0..100 {
            let nodes: Vec<_> = (0..4).map(|_| Uuid::new_v4()).collect();
            let before = assign(nodes.clone(), 16);
            let reversed: Vec<_> = nodes.iter().rev().chain(&nodes).copied().collect();
            assert_eq!(assign(reversed, 16), before);
            let after = assign(nodes[1..].to_vec(), 16);
            let pairs = before.iter().zip(&after);
            moved += pairs.filter(|(one, two)| one != two).count();
        }
        // Four of each 16 had to move.
        assert!((400..1_000).contains(&moved), "{moved}");
    }
}
