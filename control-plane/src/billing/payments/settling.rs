//! Finding out what the payment provider has of a month, where that isn't known: after an outage that
//! was longer than identifiers are remembered, and after a restore.
//!
//! The provider's summaries show units by hour. What they show more than the events that are known to
//! be sent, was sent by the ones that are unknown; the rest of those is sent now.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog::{BillUpdate, MeterEvent, MeterEventState, MonthBill};
use protocol::meter::{HOUR_SECONDS, Hour};

use super::{PaymentError, Payments};
use crate::billing::price::BILLED;

/// What the summaries show less than what is known to be sent, is looked at again after this time.
const AGAIN: Duration = Duration::from_secs(3_600);

impl Payments<'_> {
    /// Settles the month of a bill that is due.
    pub(crate) async fn settle(&self, mut bill: MonthBill) -> Result<(), PaymentError> {
        let (tenant, month) = (bill.tenant, bill.month);
        let account = self.catalog.billing_account(tenant).await?;
        let events = self.catalog.meter_events(tenant, month).await?;
        let mut update = BillUpdate::default();
        let mut problem = None;
        // The account of a tenant that was deleted is gone.
        let known = events.first().map(|it| &it.customer);
        if let Some(customer) = account.customer.as_ref().or(known) {
            let end = month.end().min(Hour::of(self.now).next());
            for (line, meter) in BILLED.into_iter().enumerate() {
                let there = self
                    .stripe
                    .summaries(line, customer, (month.first(), end))
                    .await?;
                let (mut more, mut added) = (0, Vec::new());
                let mut hours = BTreeMap::<Hour, Vec<&MeterEvent>>::new();
                for event in events.iter().filter(|it| it.key.meter == meter) {
                    let hour = Hour(event.timestamp / HOUR_SECONDS);
                    hours.entry(hour).or_default().push(event);
                }
                let all: std::collections::BTreeSet<Hour> =
                    hours.keys().chain(there.keys()).copied().collect();
                for hour in all {
                    let there = there.get(&hour).copied().unwrap_or(0);
                    let known = hours.remove(&hour).unwrap_or_default();
                    let found = settle_hour(&known, there);
                    if found.missing > 0 {
                        problem = Some(format!(
                            "Stripe shows {} units of {meter} less in {hour} than it took",
                            found.missing
                        ));
                    }
                    for (event, state) in found.decided {
                        update.removed.push(event.key);
                        added.push(self.decided(event, event.units, state));
                    }
                    if let Some((event, sent)) = found.divided {
                        update.removed.push(event.key);
                        let mut first = self.decided(event, sent, MeterEventState::Sent);
                        let rest = event.units - sent;
                        let mut second = self.decided(event, rest, MeterEventState::Waiting);
                        // Other events under other identifiers: those that are known say all of it.
                        first.key.part = self.part(hour);
                        second.key.part = first.key.part + 1;
                        added.extend([first, second]);
                    }
                    if found.more > 0 {
                        more += found.more;
                        added.push(MeterEvent {
                            key: catalog::MeterEventKey {
                                tenant,
                                meter,
                                hour,
                                part: self.part(hour) + 2,
                            },
                            month,
                            customer: customer.clone(),
                            units: found.more,
                            timestamp: hour.next().0 * HOUR_SECONDS - 1,
                            state: MeterEventState::Sent,
                            attempts: 0,
                            attempted_at: None,
                            error: None,
                        });
                    }
                }
                // What is there already, though nobody knows of what, is not sent once more.
                more -= take_off(&mut added, more);
                if let Some(it) = bill.bill.meter(meter) {
                    it.reported += more;
                }
                update.added.append(&mut added);
            }
        }
        bill.bill.problem.clone_from(&problem);
        match problem {
            Some(problem) => {
                tracing::error!(%tenant, %month, problem, "a month can't be settled");
                bill.due_at = Some(self.now.saturating_add(AGAIN));
                update.added.clear();
                update.removed.clear();
            }
            None => {
                bill.settled = true;
                let closed = bill.bill.closed_at.is_some();
                bill.due_at = closed.then_some(self.now);
            }
        }
        update.bills.push(bill);
        // If somebody else wrote it meanwhile, it is still due.
        self.catalog.write_bills(tenant, &update).await?;
        Ok(())
    }

    /// An event made now, of an hour.
    fn part(&self, hour: Hour) -> u64 {
        self.now.duration_since(hour.start()).as_secs()
    }

    fn decided(&self, event: &MeterEvent, units: u64, state: MeterEventState) -> MeterEvent {
        MeterEvent {
            units,
            state,
            // It is surely not there, so its time begins anew.
            attempted_at: (state == MeterEventState::Sent).then_some(self.now),
            ..event.clone()
        }
    }
}

/// Takes units off events that wait; how many.
fn take_off(events: &mut Vec<MeterEvent>, units: u64) -> u64 {
    let mut left = units;
    for event in events.iter_mut() {
        if event.state == MeterEventState::Waiting {
            let taken = event.units.min(left);
            event.units -= taken;
            left -= taken;
        }
    }
    events.retain(|it| it.units > 0);
    units - left
}

/// What became of the events of a meter and an hour.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found<'a> {
    decided: Vec<(&'a MeterEvent, MeterEventState)>,
    /// An event that is not there as it is, and how many of its units are.
    divided: Option<(&'a MeterEvent, u64)>,
    /// Units that are there and in no event that is known.
    more: u64,
    /// Units that were taken and are not there.
    missing: u64,
}

/// Decides about the unknown events of an hour by what the provider has of it.
fn settle_hour<'a>(events: &[&'a MeterEvent], there: u64) -> Found<'a> {
    let sent = events
        .iter()
        .filter(|it| it.state == MeterEventState::Sent)
        .map(|it| it.units)
        .sum();
    let mut found = Found::default();
    let Some(mut left) = there.checked_sub(sent) else {
        found.missing = sent - there;
        return found;
    };
    let mut unknown: Vec<&MeterEvent> = events
        .iter()
        .filter(|it| it.state == MeterEventState::Unknown)
        .copied()
        .collect();
    // One that is there exactly is that one; several may be.
    unknown.sort_by_key(|it| (it.units != left, it.key.part));
    for event in unknown {
        if left >= event.units {
            left -= event.units;
            found.decided.push((event, MeterEventState::Sent));
        } else if left > 0 {
            found.divided = Some((event, left));
            left = 0;
        } else {
            found.decided.push((event, MeterEventState::Waiting));
        }
    }
    found.more = left;
    found
}

#[cfg(test)]
mod tests {
    use MeterEventState::*;
    use protocol::TenantId;
    use protocol::meter::Meter;

    use super::*;

    fn event(part: u64, units: u64, state: MeterEventState) -> MeterEvent {
        MeterEvent {
            key: catalog::MeterEventKey {
                tenant: TenantId(uuid::Uuid::nil()),
                meter: Meter::Compute,
                hour: Hour(7),
                part,
            },
            month: "2026-11".parse().unwrap(),
            customer: "cus_1".to_owned(),
            units,
            timestamp: 8 * HOUR_SECONDS - 1,
            state,
            attempts: 1,
            attempted_at: None,
            error: None,
        }
    }

    #[test]
    fn what_is_there_was_sent_and_the_rest_is_sent_now() {
        let (sent, a, b) = (
            event(1, 10, Sent),
            event(2, 5, Unknown),
            event(3, 7, Unknown),
        );
        let all = [&sent, &a, &b];
        let decided = |there| settle_hour(&all, there);
        let nothing = Found {
            decided: vec![(&a, Waiting), (&b, Waiting)],
            ..Found::default()
        };
        assert_eq!(decided(10), nothing);
        assert_eq!(decided(15).decided, [(&a, Sent), (&b, Waiting)]);
        assert_eq!(decided(17).decided, [(&b, Sent), (&a, Waiting)]);
        assert_eq!(decided(22).decided, [(&a, Sent), (&b, Sent)]);
        let part = decided(19);
        assert_eq!(
            (&part.decided[..], part.divided),
            (&[(&a, Sent)][..], Some((&b, 4)))
        );
        // Sent by a process whose records are lost.
        assert_eq!(decided(30).more, 8);
        assert_eq!(decided(9).missing, 1);
    }

    #[test]
    fn what_is_there_is_not_sent_once_more() {
        let mut events = vec![
            event(1, 10, Sent),
            event(2, 5, Waiting),
            event(3, 7, Waiting),
        ];
        assert_eq!(take_off(&mut events, 8), 8);
        assert_eq!(events, [event(1, 10, Sent), event(3, 4, Waiting)]);
        assert_eq!(take_off(&mut events, 9), 4);
        assert_eq!(events, [event(1, 10, Sent)]);
    }
}
