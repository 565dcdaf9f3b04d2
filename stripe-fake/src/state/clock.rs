//! What becomes due as the clock moves on: periods end, drafts are finalised, charges are tried again,
//! sessions expire, errors are reported, webhooks are sent.

use crate::state::State;
use crate::state::resources::{checkout_sessions, invoices, subscriptions};

/// Something that happens at a time.
enum Due {
    PeriodEnds(String),
    Finalize(String),
    Pay(String),
    Expire(String),
    ReportErrors,
}

impl State {
    /// When the next thing happens, or the next webhook is sent.
    pub(crate) fn next_due(&self) -> Option<u64> {
        let deliveries = self.deliveries.iter().map(|it| it.due_at);
        let deliveries = deliveries.filter(|_| !self.faults.set.down);
        self.all_due().map(|(at, _)| at).chain(deliveries).min()
    }

    /// Moves the clock to a time, never back, and does everything that is due by then, in the order of
    /// time, but for webhooks. Whether there was anything.
    pub(crate) fn move_clock(&mut self, to: u64) -> bool {
        self.now = self.now.max(to);
        let mut done = false;
        loop {
            let now = self.now;
            let next = self
                .all_due()
                .filter(|(at, _)| *at <= now)
                .min_by_key(|(at, _)| *at);
            let Some((_, due)) = next else { return done };
            done = true;
            match due {
                Due::PeriodEnds(id) => self.end_period(&id),
                Due::Finalize(id) => self.finalize(&id, None),
                Due::Pay(id) => {
                    self.pay(&id);
                }
                Due::Expire(id) => self.expire_session(&id),
                Due::ReportErrors => self.report_meter_errors(),
            }
        }
    }

    fn all_due(&self) -> impl Iterator<Item = (u64, Due)> + '_ {
        let live = |it: &&subscriptions::Subscription| it.status != subscriptions::Status::Canceled;
        let periods = self.subscriptions.iter().filter(live);
        let periods = periods.map(|it| (it.period_end, Due::PeriodEnds(it.id.clone())));
        let drafts = self
            .invoices
            .iter()
            .filter(|it| it.status == invoices::Status::Draft && it.auto_advance);
        let drafts = drafts.map(|it| (it.finalizes_at, Due::Finalize(it.id.clone())));
        let payments = self
            .invoices
            .iter()
            .filter(|it| it.status == invoices::Status::Open);
        let payments = payments.filter_map(|it| Some((it.next_attempt?, Due::Pay(it.id.clone()))));
        let open = |it: &&checkout_sessions::Session| it.status == checkout_sessions::Status::Open;
        let sessions = self.sessions.iter().filter(open);
        let sessions = sessions.map(|it| (it.expires_at, Due::Expire(it.id.clone())));
        let errors = self
            .meter_events
            .errors
            .report_at
            .map(|at| (at, Due::ReportErrors));
        periods
            .chain(drafts)
            .chain(payments)
            .chain(sessions)
            .chain(errors)
    }
}
