//! Several nodes in simulated time: what all of them admit together.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use protocol::{Rate, TenantId};
use storage::bus::Spent;
use uuid::Uuid;

use super::{PERIOD, RateLimits, Verdict};

const RATE: Rate = Rate {
    per_second: 100,
    burst: 150,
};
const AUTH: Rate = Rate {
    per_second: 10,
    burst: 10,
};
/// From a report to its arrival.
const DELAY_MS: u64 = 5;
const WINDOW_MS: usize = 10_000;

/// Whose bucket the requests take from.
#[derive(Clone, Copy)]
enum Who {
    Tenant(TenantId),
    Address(IpAddr),
}

/// How many requests reach a node in a millisecond.
type Demand<'a> = &'a dyn Fn(u64, u64) -> u64;

/// What was admitted in each millisecond, and what was asked for altogether.
struct Run {
    admitted: Vec<u64>,
    asked: u64,
}

/// Lets `nodes` nodes run; `demand` says how many requests reach a node in a millisecond.
fn run(nodes: u64, seconds: u64, who: Who, demand: impl Fn(u64, u64) -> u64) -> Run {
    let start = Instant::now();
    let limits: Vec<_> = (0..nodes)
        .map(|_| (Uuid::new_v4(), RateLimits::new(RATE, AUTH, true)))
        .collect();
    let mut sent: Vec<(u64, Spent)> = Vec::new();
    let period = u64::try_from(PERIOD.as_millis()).unwrap();
    let (mut admitted, mut asked) = (Vec::new(), 0);
    for ms in 0..seconds * 1_000 {
        let now = start + Duration::from_millis(ms);
        let (due, later) = sent.into_iter().partition(|(at, _)| *at <= ms);
        sent = later;
        for (_, spent) in due {
            let others = limits.iter().filter(|it| it.0 != spent.node);
            others.for_each(|(_, limits)| limits.charge(&spent, now));
        }
        let mut count = 0;
        for (number, (id, limits)) in (0..).zip(&limits) {
            let requests = demand(number, ms);
            asked += requests;
            for _ in 0..requests {
                let verdict = match who {
                    Who::Tenant(tenant) => limits.take_for_tenant(tenant, None, now),
                    Who::Address(address) => limits.take_for_address(address, now),
                };
                count += u64::from(matches!(verdict, Verdict::Admitted(_)));
            }
            // The nodes report at different moments.
            if (ms + number * 37) % period == 0
                && let Some(spent) = limits.report(now)
            {
                sent.push((ms + DELAY_MS, Spent { node: *id, ..spent }));
            }
        }
        admitted.push(count);
    }
    Run { admitted, asked }
}

impl Run {
    fn tenant(nodes: u64, seconds: u64, demand: impl Fn(u64, u64) -> u64) -> Self {
        run(nodes, seconds, Who::Tenant(TenantId::generate()), demand)
    }

    /// The least and the most that were admitted in a window of 10 s that begins after `from_ms`.
    fn windows(&self, from_ms: usize) -> (u64, u64) {
        let sums = self.admitted[from_ms..].windows(WINDOW_MS);
        let sums: Vec<u64> = sums.map(|window| window.iter().sum()).collect();
        (*sums.iter().min().unwrap(), *sums.iter().max().unwrap())
    }
}

/// A bucket of tokens and ten seconds of the rate, and 5 % more.
fn most(rate: Rate) -> u64 {
    u64::from(10 * rate.per_second + rate.burst) * 105 / 100
}

/// Ten seconds of the rate, and 5 % more or less.
fn about(rate: Rate) -> std::ops::RangeInclusive<u64> {
    let sustained = u64::from(10 * rate.per_second);
    sustained * 95 / 100..=sustained * 105 / 100
}

#[test]
fn all_nodes_together_keep_the_rate_however_requests_are_spread() {
    for nodes in 2..=4 {
        let all_to_one = |node, _| u64::from(node == 0);
        let evenly = |_, _| 1;
        let unevenly = |node, ms: u64| match node {
            0 => 1,
            _ => u64::from(ms.is_multiple_of(50)),
        };
        let in_turn = |node, ms: u64| u64::from(ms / 700 % nodes == node);
        let spreads: [(&str, Demand<'_>); 4] = [
            ("all to one", &all_to_one),
            ("evenly", &evenly),
            ("unevenly", &unevenly),
            ("in turn", &in_turn),
        ];
        for (name, demand) in spreads {
            let run = Run::tenant(nodes, 40, demand);
            let (_, any) = run.windows(0);
            let (least, sustained) = run.windows(10_000);
            println!("{nodes} nodes, {name}: at most {any}, sustained {least} to {sustained}");
            assert!(any <= most(RATE), "{nodes} nodes, {name}: {any}");
            assert!(
                about(RATE).contains(&least),
                "{nodes} nodes, {name}: {least}"
            );
            assert!(
                about(RATE).contains(&sustained),
                "{nodes} nodes, {name}: {sustained}"
            );
        }
    }
}

#[test]
fn requests_below_the_rate_are_not_refused() {
    for nodes in 2..=4 {
        // 95 a second, in turn through all nodes.
        let demand = |node, ms: u64| {
            let before = ms * 95 / 1_000;
            let is_due = (ms + 1) * 95 / 1_000 > before;
            u64::from(is_due && before % nodes == node)
        };
        let run = Run::tenant(nodes, 30, demand);
        let admitted: u64 = run.admitted.iter().sum();
        assert_eq!(admitted, run.asked, "{nodes} nodes");
    }
}

#[test]
fn a_burst_on_all_nodes_at_once_is_paid_back() {
    for nodes in 2..=4 {
        // Nobody has heard of the tenant: each node believes in a full bucket.
        let run = Run::tenant(nodes, 30, |_, ms| if ms == 0 { 200 } else { 1 });
        assert_eq!(run.admitted[0], 150 * nodes);
        let (_, any) = run.windows(0);
        println!("{nodes} nodes, a burst from rest: at most {any}");
        assert!(any <= most(RATE), "{nodes} nodes: {any}");
    }
}

#[test]
fn a_burst_after_steady_use_is_shared() {
    for nodes in 2..=4 {
        // The bucket stays full while a tenth of its rate is used through every node; then all nodes
        // get more than is left.
        let steady = |ms: u64| u64::from(ms.is_multiple_of(100));
        let demand = |_, ms: u64| if ms == 20_001 { 500 } else { steady(ms) };
        let run = Run::tenant(nodes, 35, demand);
        let burst = run.admitted[20_001];
        println!("{nodes} nodes, a burst after steady use: {burst} at once");
        assert!(burst <= 158, "{nodes} nodes: {burst}");
        assert!(burst >= 130, "{nodes} nodes: {burst}");
        // All of it through one node: its share at once, and the rest soon.
        let demand = |node, ms: u64| match (20_000..20_500).contains(&ms) && node == 0 {
            true => 2,
            false => steady(ms),
        };
        let run = Run::tenant(nodes, 35, demand);
        let soon: u64 = run.admitted[20_000..20_500].iter().sum();
        println!("{nodes} nodes, a burst on one of them: {soon} in half a second");
        assert!(soon >= 130, "{nodes} nodes: {soon}");
    }
}

#[test]
fn an_address_keeps_its_rate_on_all_nodes_together() {
    for nodes in 2..=4 {
        let who = Who::Address(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let run = run(nodes, 40, who, |_, ms| u64::from(ms.is_multiple_of(10)));
        let (_, any) = run.windows(0);
        let (least, sustained) = run.windows(10_000);
        println!("{nodes} nodes, an address: at most {any}, sustained {least} to {sustained}");
        assert!(any <= most(AUTH), "{nodes} nodes: {any}");
        assert!(about(AUTH).contains(&least), "{nodes} nodes: {least}");
        assert!(
            about(AUTH).contains(&sustained),
            "{nodes} nodes: {sustained}"
        );
    }
}
