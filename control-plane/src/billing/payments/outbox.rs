//! Sending meter events.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use catalog::MeterEvent;
use futures::StreamExt as _;
use protocol::TenantId;
use protocol::meter::{Meter, Month};

use super::invoicing::is_within;
use super::{PaymentError, Payments};
use crate::billing::stripe::{InvoiceState, StripeError};

/// Events that are claimed at a time.
const EVENTS_AT_A_TIME: u64 = 100;

/// Events of different customers or meters that are sent at a time; Stripe takes those of one customer
/// and meter one by one.
const CALLS_AT_A_TIME: usize = 8;

/// How long it is waited before an event is sent again: doubled each time, up to this.
const PAUSE: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(600);

/// Events of a month that is over wait this long for its invoice to be looked at.
const PAST_PAUSE: Duration = Duration::from_secs(600);

impl Payments<'_> {
    /// Sends what is due, as far as it is claimed at a time; whether any of it arrived.
    pub(crate) async fn send_meter_events(&self) -> Result<bool, PaymentError> {
        let claimed = self.catalog.claim_meter_events(EVENTS_AT_A_TIME).await?;
        for (tenant, month) in &claimed.expired {
            tracing::warn!(%tenant, %month, "it isn't known what was reported of a month; asking first");
            self.catalog.unsettle_bill(*tenant, *month).await?;
        }
        let mut queues = HashMap::<(String, Meter), Vec<MeterEvent>>::new();
        let current = Month::of(self.now);
        let mut invoices = HashMap::<(TenantId, Month), Vec<InvoiceState>>::new();
        for event in claimed.events {
            if event.month < current {
                let key = (event.key.tenant, event.month);
                let of_month = match invoices.entry(key) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(unknown) => {
                        match self.invoices_of(&event.customer, event.month).await {
                            Ok(found) => unknown.insert(found),
                            Err(error) => {
                                // Nobody else has to wait for it.
                                self.put_off(&event, &error.to_string(), PAUSE_MAX).await?;
                                continue;
                            }
                        }
                    }
                };
                if of_month
                    .iter()
                    .any(|it| !it.is_draft() && is_within(&event, it))
                {
                    // It would be accepted and never billed. It is moved to the month that is open.
                    self.put_off(&event, "the invoice of its month is final", PAST_PAUSE)
                        .await?;
                    continue;
                }
            }
            let queue = (event.customer.clone(), event.key.meter);
            queues.entry(queue).or_default().push(event);
        }
        let sending = queues.into_values().map(|events| async move {
            let mut arrived = false;
            for event in events {
                arrived |= self.send_meter_event(&event).await?;
            }
            Ok::<_, PaymentError>(arrived)
        });
        let sent: Vec<_> = futures::stream::iter(sending)
            .buffer_unordered(CALLS_AT_A_TIME)
            .collect()
            .await;
        let sent = sent.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(sent.contains(&true))
    }

    /// Sends an event, and notes what became of it; whether it arrived.
    async fn send_meter_event(&self, event: &MeterEvent) -> Result<bool, PaymentError> {
        let error = match self.stripe.send_meter_event(event).await {
            Ok(()) => {
                self.catalog.note_meter_event(&event.key, Ok(())).await?;
                return Ok(true);
            }
            Err(error) => error,
        };
        // Of all refusals, only that of the event itself is for good.
        if let StripeError::Refused { status: 400, .. } = error {
            tracing::error!(tenant = %event.key.tenant, %error, "a meter event is refused for good");
            let outcome = Err((error.to_string(), None));
            self.catalog.note_meter_event(&event.key, outcome).await?;
            return Ok(false);
        }
        tracing::debug!(tenant = %event.key.tenant, %error, "a meter event is sent again later");
        let doubled = PAUSE.saturating_mul(1 << event.attempts.min(20));
        self.put_off(event, &error.to_string(), doubled.min(PAUSE_MAX))
            .await?;
        Ok(false)
    }

    async fn put_off(
        &self,
        event: &MeterEvent,
        reason: &str,
        pause: Duration,
    ) -> Result<(), PaymentError> {
        let due_at = self.now.saturating_add(pause);
        let outcome = Err((reason.to_owned(), Some(due_at)));
        self.catalog.note_meter_event(&event.key, outcome).await?;
        Ok(())
    }
}
