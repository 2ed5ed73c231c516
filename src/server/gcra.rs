use std::time::Duration;

use crate::{RateLimit, RateLimitState};

/// How much the clocks of servers that share a store may differ. Without it, a server whose clock is behind would see
/// the full count of another one as an invalid time, and start to count again.
const MAX_CLOCK_DIFFERENCE_MILLISECONDS: i64 = 5 * 60 * 1000;

/// One request under the generic cell rate algorithm. For each key, it keeps one number: when the whole capacity is
/// available again. Times are in milliseconds; those of the clock are since 1970.
///
/// The clock's time and the window are cut to a quarter of `i64::MAX`, so that sums can't overflow, here or in a database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gcra {
    pub(crate) now: i64,
    /// The time in which the capacity for one request refills.
    pub(crate) step: i64,
    /// The request is allowed if the whole capacity is available again by this time.
    pub(crate) latest: i64,
    /// A later time is from before the clock was set back, so it is ignored.
    pub(crate) ignored_after: i64,
    window: i64,
}

impl Gcra {
    /// For counts in the memory of this process, which has one clock.
    pub(crate) fn new(limit: RateLimit, now: i64) -> Self {
        let window = i64::try_from(limit.window.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 4);
        let step = (window / i64::from(limit.requests).max(1)).max(1);
        let now = now.saturating_mul(1000).clamp(-(i64::MAX / 4), i64::MAX / 4);
        Self { now, step, latest: now + window, ignored_after: now + window, window }
    }

    /// For counts that several servers share.
    pub(crate) fn shared(limit: RateLimit, now: i64) -> Self {
        let request = Self::new(limit, now);
        Self { ignored_after: request.latest + MAX_CLOCK_DIFFERENCE_MILLISECONDS, ..request }
    }

    /// Returns when the whole capacity is available again, if this request does not count.
    pub(crate) fn before(&self, stored: Option<i64>) -> i64 {
        stored.filter(|stored| *stored <= self.ignored_after).map_or(self.now, |stored| stored.max(self.now))
    }

    /// Returns when the whole capacity is available again after this request, or `None` if it is not allowed.
    pub(crate) fn after(&self, stored: Option<i64>) -> Option<i64> {
        let after = self.before(stored) + self.step;
        (after <= self.latest).then_some(after)
    }

    /// The state after a request that is allowed.
    pub(crate) fn allowed(&self, resets_at: i64) -> RateLimitState {
        RateLimitState::allowed(self.remaining(resets_at), resets_at)
    }

    /// The state after a request that is not allowed.
    pub(crate) fn refused(&self, stored: Option<i64>) -> RateLimitState {
        let before = self.before(stored);
        let wait = (before + self.step - self.latest).max(1);
        RateLimitState::refused(Duration::from_millis(wait.unsigned_abs()), before)
    }

    /// Returns how many requests are allowed now.
    pub(crate) fn remaining(&self, resets_at: i64) -> u32 {
        let remaining = (self.window - (resets_at - self.now)) / self.step;
        u32::try_from(remaining).unwrap_or(0)
    }
}
