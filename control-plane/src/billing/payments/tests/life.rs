//! How the months go: who uses what, who comes and goes, and what fails when.

use std::time::Duration;

use catalog::clock::Clock as _;
use catalog::{MeterEvent, MeterEventKey, MeterEventState, Standing};
use protocol::TenantId;
use protocol::meter::{HOUR_SECONDS, Hour, Meter, Month};
use rand::RngExt as _;
use stripe_fake::Faults;

use super::world::World;
use crate::billing::simulation::HOUR;

/// Hours of a month, about.
const MONTH_HOURS: u64 = 720;

impl World {
    /// Lives through hours until a month begins.
    pub(super) async fn live_until(&mut self, end: Month) {
        let hours = (end.first().0 - Hour::of(self.simulation.clock.now()).0).max(2);
        // Once, everything since a backup is lost.
        let lost_at = self.random(hours / 4..hours * 3 / 4);
        let backed_up_at = lost_at - self.random(1..40).min(lost_at);
        let (mut down_until, mut away_until) = (0, 0);
        for hour in 0..hours {
            if hour >= down_until {
                self.set_random_faults();
                // Also for longer than identifiers are remembered, and over the end of a month.
                let month_ends = (hours - hour).is_multiple_of(MONTH_HOURS);
                if self.happens(if month_ends { 0.5 } else { 0.004 }) {
                    down_until = hour + self.random(1..60);
                    self.fake.set_faults(Faults {
                        down: true,
                        ..Faults::default()
                    });
                } else {
                    self.come_and_go().await;
                }
            }
            if hour >= away_until && self.happens(0.004) {
                away_until = hour + self.random(1..60);
            }
            if hour == backed_up_at {
                self.back_up().await;
            }
            if hour == lost_at {
                self.restore().await;
            }
            self.live_an_hour(hour < away_until).await;
        }
    }

    async fn live_an_hour(&mut self, is_away: bool) {
        for tenant in self.tenants.clone() {
            if self.happens(0.05) {
                self.simulation.use_some(tenant).await;
            }
        }
        if self.happens(0.02) {
            self.simulation.send_late_batches(0.5).await;
        }
        *self.receiver.is_down.lock() = is_away;
        *self.receiver.skew.lock() = self.simulation.random.random_range(-120..120);
        for _ in 0..4 {
            self.advance(HOUR / 4).await;
            if !is_away && self.happens(0.5) {
                self.work_somehow().await;
            }
        }
    }

    /// Tenants subscribe, cancel, and subscribe again.
    async fn come_and_go(&mut self) {
        for tenant in self.tenants.clone() {
            let standing = self.simulation.account(tenant).await.standing();
            match standing {
                Standing::Free if self.happens(0.02) => self.subscribe(tenant).await,
                Standing::Cancelled if self.happens(0.01) => self.subscribe(tenant).await,
                Standing::Active if self.happens(0.0002) => {
                    let account = self.simulation.account(tenant).await;
                    self.fake.cancel_in_portal(&account.customer.unwrap());
                    self.left.insert(tenant);
                }
                _ => {}
            }
        }
    }

    /// Four days without anything new and without faults: after three, what no invoice has is adjusted.
    pub(super) async fn come_to_rest(&mut self) {
        self.fake.set_faults(Faults::default());
        *self.receiver.is_down.lock() = false;
        *self.receiver.skew.lock() = 0;
        self.simulation.send_late_batches(1.0).await;
        for _ in 0..96 {
            self.advance(HOUR).await;
            self.work().await.unwrap();
        }
    }

    /// Reports units behind the outbox's back.
    pub(super) async fn report_once_more(&self, tenant: TenantId) {
        let now = self.simulation.clock.now();
        let account = self.simulation.account(tenant).await;
        let event = MeterEvent {
            key: MeterEventKey {
                tenant,
                meter: Meter::Compute,
                hour: Hour::of(now),
                part: 0,
            },
            month: Month::of(now),
            customer: account.customer.unwrap(),
            units: 1,
            timestamp: Hour::of(now).0 * HOUR_SECONDS,
            state: MeterEventState::Waiting,
            attempts: 0,
            attempted_at: None,
            error: None,
        };
        self.stripe.send_meter_event(&event).await.unwrap();
        self.advance(Duration::from_secs(700)).await;
    }

    fn happens(&mut self, share: f64) -> bool {
        self.simulation.random.random_bool(share)
    }

    fn random(&mut self, range: std::ops::Range<u64>) -> u64 {
        self.simulation.random.random_range(range)
    }
}
