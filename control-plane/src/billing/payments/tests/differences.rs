//! What differs between what was used, the ledger, what Stripe accepted, and what is on invoices.

use std::collections::{BTreeSet, HashMap};

use catalog::{BillStatus, MeterEventState};
use protocol::Timestamp;
use protocol::meter::Month;

use super::world::World;
use crate::billing::month;
use crate::billing::plan::{Units, costs};
use crate::billing::price::BILLED;
use crate::billing::simulation::METERS;
use crate::billing::stripe::EVENT_NAMES;

impl World {
    /// Everything that differs between what was used, the ledger, what Stripe accepted, and what is on
    /// invoices.
    pub(super) async fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut accepted = HashMap::<(String, String, Month), u64>::new();
        let mut identifiers = BTreeSet::new();
        for it in self.fake.accepted() {
            if !identifiers.insert(it.identifier.clone()) {
                found.push(format!("accepted twice: {}", it.identifier));
            }
            let month = Month::of(Timestamp(it.timestamp * 1_000_000));
            *accepted
                .entry((it.customer, it.event_name, month))
                .or_default() += it.value;
        }
        let mut invoiced = HashMap::<(String, Month), (Units, u64)>::new();
        for tenant in &self.tenants {
            let account = self.simulation.account(*tenant).await;
            let customer = account.customer.unwrap();
            for it in self.stripe.invoices(&customer).await.unwrap() {
                let Some(month) = it.month().filter(|_| !it.is_first() && !it.is_draft()) else {
                    continue;
                };
                let units = self.payments().units_of(&it).await.unwrap();
                let sum = invoiced.entry((customer.clone(), month)).or_default();
                for (sum, units) in sum.0.iter_mut().zip(units) {
                    *sum += units;
                }
                sum.1 += u64::try_from(it.subtotal_cents).unwrap();
            }
            let meters = METERS.into_iter().filter(|_| !self.left.contains(tenant));
            for meter in meters {
                let missing = self.simulation.missing(*tenant, meter).await;
                if missing != 0 {
                    found.push(format!(
                        "{tenant} {meter}: {missing} of the use is not billed"
                    ));
                }
            }
            for it in self.simulation.bills(*tenant).await {
                let month = it.month;
                let reported = month::reported(&it.bill);
                let events = self.simulation.catalog.meter_events(*tenant, month);
                for event in events.await.unwrap() {
                    if event.state != MeterEventState::Sent {
                        found.push(format!("{} is {}", event.identifier(), event.state));
                    }
                }
                for (line, name) in EVENT_NAMES.iter().enumerate() {
                    let key = (customer.clone(), (*name).to_owned(), month);
                    let there = accepted.get(&key).copied().unwrap_or(0);
                    if there != reported[line] {
                        let meter = BILLED[line];
                        found.push(format!(
                            "{tenant} {month} {meter}: {} reported, {there} accepted",
                            reported[line]
                        ));
                    }
                }
                if it.status == BillStatus::Open {
                    continue;
                }
                if it.status != BillStatus::Invoiced {
                    found.push(format!(
                        "{tenant} {month} is {}: {:?}",
                        it.status, it.bill.problem
                    ));
                }
                let (units, cents) = invoiced
                    .get(&(customer.clone(), month))
                    .copied()
                    .unwrap_or_default();
                if units != reported {
                    found.push(format!(
                        "{tenant} {month}: {reported:?} reported, {units:?} billed"
                    ));
                }
                let prices = self.simulation.unit_prices(month);
                let costs: u64 = costs(prices, units).iter().sum();
                if costs != cents {
                    found.push(format!(
                        "{tenant} {month}: {cents} cents billed for {costs}"
                    ));
                }
                if account.cap_cents.is_some_and(|cap| cents > cap) {
                    found.push(format!(
                        "{tenant} {month}: {cents} cents are beyond the cap"
                    ));
                }
            }
        }
        found
    }
}
