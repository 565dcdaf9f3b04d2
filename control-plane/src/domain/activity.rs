//! What a tenant did lately, as a series.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog::access::Access;
use catalog::{ACTIVITY_KEPT, Activity, Minute};
use protocol::Timestamp;
use uuid::Uuid;

use super::App;
use crate::errors::{Failure, Result};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// The longest step.
const STEP_SECONDS_MAX: u64 = 24 * 3_600;

/// Which time, in which steps.
pub(crate) struct ActivityQuestion {
    /// A day before the end, if nothing is said.
    pub since: Option<Timestamp>,
    /// Now, if nothing is said.
    pub until: Option<Timestamp>,
    /// Whole minutes.
    pub step_seconds: u64,
}

/// What was done in each step.
#[derive(Clone, Debug)]
pub(crate) struct ActivitySeries {
    pub since: Timestamp,
    pub until: Timestamp,
    pub step: Duration,
    pub steps: Vec<Activity>,
}

impl App {
    /// What the tenant did, in steps that begin at whole multiples of their length.
    ///
    /// # Errors
    /// When the step or the time is none that there can be.
    pub(crate) async fn activity(
        &self,
        access: &Access,
        question: ActivityQuestion,
    ) -> Result<ActivitySeries> {
        let mut series = empty(self.clock.now(), &question)?;
        let (since, until) = (Minute::of(series.since), Minute::of(series.until));
        let mut minutes = BTreeMap::new();
        // First what is held: a minute is recorded before it is not held any more.
        let held = self.activities.of(access.tenant, since, until);
        let recorded = self.catalog.activity(access, since, until).await?;
        for it in recorded.into_iter().chain(held) {
            let key: (Minute, Uuid) = (it.minute, it.node);
            minutes.insert(key, it.activity);
        }
        for ((minute, _), activity) in minutes {
            let passed = minute.begin().duration_since(series.since).as_micros();
            let index = usize::try_from(passed / series.step.as_micros());
            if let Some(step) = index.ok().and_then(|index| series.steps.get_mut(index)) {
                step.merge(&activity);
            }
        }
        Ok(series)
    }

    /// Writes down what was done in the minutes that are over, or in all when the node stops, and
    /// forgets what is too old.
    pub(crate) async fn flush_activity(&self, now: Option<Timestamp>) {
        let over = self.activities.over(now);
        match self.catalog.record_activity(&over).await {
            Ok(()) => self.activities.forget(&over),
            Err(error) => tracing::warn!(%error, "activity is not recorded yet"),
        }
        let Some(now) = now else {
            return;
        };
        let oldest = Minute::of(now.saturating_sub(ACTIVITY_KEPT));
        // What can't be recorded for so long is of no use any more.
        let late = over.into_iter().filter(|it| it.minute < oldest);
        self.activities.forget(&late.collect::<Vec<_>>());
        if let Err(error) = self.catalog.forget_activity(oldest).await {
            tracing::warn!(%error, "old activity is not removed yet");
        }
    }
}

/// The series without anything in it.
fn empty(now: Timestamp, question: &ActivityQuestion) -> Result<ActivitySeries> {
    let seconds = question.step_seconds;
    if !(60..=STEP_SECONDS_MAX).contains(&seconds) || !seconds.is_multiple_of(60) {
        return Err(Failure::invalid_request(
            "`step_seconds` is a multiple of 60, at most 86400",
        ));
    }
    let step = Duration::from_secs(seconds);
    // There is nothing after the minute that it is now, and nothing left of those before.
    let end = Minute::of(now.saturating_add(MINUTE)).begin();
    let oldest = now.saturating_sub(ACTIVITY_KEPT);
    let until = question.until.unwrap_or(end).min(end);
    let since = question.since.unwrap_or(until.saturating_sub(DAY));
    if since >= until {
        return Err(Failure::invalid_request(
            "`since` lies before `until`, and before now",
        ));
    }
    let micros = u64::try_from(step.as_micros()).unwrap_or(u64::MAX);
    let begin = since.max(oldest.min(until)).as_micros() / micros;
    let steps = until.as_micros().div_ceil(micros).saturating_sub(begin);
    Ok(ActivitySeries {
        since: Timestamp(begin * micros),
        until: Timestamp((begin + steps) * micros),
        step,
        steps: vec![Activity::default(); usize::try_from(steps).unwrap_or(0)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(since: Option<u64>, until: Option<u64>, step_seconds: u64) -> Result<(u64, u64, usize)> {
        let time = |seconds: u64| Timestamp(seconds * 1_000_000);
        let question = ActivityQuestion {
            since: since.map(time),
            until: until.map(time),
            step_seconds,
        };
        let series = empty(time(1_000_030), &question)?;
        let seconds = |time: Timestamp| time.as_micros() / 1_000_000;
        Ok((
            seconds(series.since),
            seconds(series.until),
            series.steps.len(),
        ))
    }

    #[test]
    fn steps_begin_at_multiples_of_their_length() {
        // 1,000,020 is the begin of the minute that it is now.
        assert_eq!(ask(None, None, 60), Ok((913_680, 1_000_080, 1_440)));
        assert_eq!(ask(Some(999_950), None, 60), Ok((999_900, 1_000_080, 3)));
        assert_eq!(
            ask(Some(999_950), Some(1_000_000), 300),
            Ok((999_900, 1_000_200, 1))
        );
        assert_eq!(ask(Some(0), None, 86_400), Ok((777_600, 1_036_800, 3)));
        assert_eq!(ask(None, Some(9_999_999), 3_600).unwrap().1, 1_000_800);
        assert_eq!(ask(Some(0), Some(10), 60), Ok((0, 60, 1)));
        for (since, until, step) in [
            (None, None, 0),
            (None, None, 90),
            (None, None, 86_460),
            (Some(10), Some(10), 60),
            (Some(2_000_000), None, 60),
        ] {
            assert!(ask(since, until, step).is_err());
        }
    }
}
