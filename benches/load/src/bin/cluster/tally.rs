//! What a phase has counted.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::provider::Counted;

/// How many of the unexpected results are printed.
const MAX_NOTES: usize = 12;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    Requests,
    SignIns,
    SignOuts,
    Updates,
    /// Rounds of requests for tokens that had expired.
    Bursts,
    /// Answers 502, 503 and 504 of nginx, and connections that ended without an answer, while something was down.
    Unavailable,
    /// The same of requests that this program sent to a process without nginx.
    ProcessUnavailable,
    /// Sign-ins that failed with an error page or began again while something was down.
    BegunAgain,
    /// Requests that waited in vain for a refresh by a process that was killed.
    Waited,
    /// Connections to the provider that ended.
    Disconnected,
    Lost,
    /// Requests with the cookie of an ended session.
    Copies,
    Alive,
    Replays,
    Reused,
    Wrong,
}

impl Count {
    const LEN: usize = Self::Wrong as usize + 1;
}

#[derive(Default)]
pub(crate) struct Tally {
    counts: [AtomicU64; Count::LEN],
    notes: Mutex<Vec<String>>,
}

impl Tally {
    pub(crate) fn add(&self, count: Count) {
        self.counts[count as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Adds a result that must not happen, with what happened.
    pub(crate) fn note(&self, count: Count, what: impl Into<String>) {
        self.add(count);
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() < MAX_NOTES {
            notes.push(what.into());
        }
    }

    pub(crate) fn get(&self, count: Count) -> u64 {
        self.counts[count as usize].load(Ordering::Relaxed)
    }
}

/// The result of a phase.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) tally: Tally,
    pub(crate) counted: Counted,
    pub(crate) panics: u64,
    pub(crate) seconds: f64,
}

impl Outcome {
    fn reused(&self) -> u64 {
        self.tally.get(Count::Reused) + self.counted.codes_twice
    }

    /// A connection that ends is wrong, unless a kill has cut off its refresh.
    fn wrong(&self) -> u64 {
        let disconnected = self.tally.get(Count::Disconnected).saturating_sub(self.counted.cut_off);
        self.tally.get(Count::Wrong) + disconnected + self.panics
    }

    fn refreshes_per_token(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "there are some thousands")]
        let per_token = self.counted.refreshes as f64 / self.counted.refreshed as f64;
        per_token
    }

    /// Whether each count is what it must be.
    pub(crate) fn is_right(&self) -> bool {
        let zeros = [self.tally.get(Count::Lost), self.tally.get(Count::Alive), self.reused(), self.wrong()];
        let refreshed = self.counted.refreshed > 0 && self.counted.refreshes == self.counted.refreshed;
        zeros == [0; 4] && refreshed
    }

    /// Returns the table of this phase, and what was unexpected.
    pub(crate) fn table(&self) -> String {
        let get = |count| self.tally.get(count);
        let Counted { refreshed, refreshes, cut_off, .. } = self.counted;
        let mut text = format!("### {}\n\n| in {:.0} s | count | must be |\n|---|---|---|\n", self.name, self.seconds);
        for (what, count) in [
            ("requests", Count::Requests),
            ("sign-ins", Count::SignIns),
            ("sign-outs", Count::SignOuts),
            ("changes of a session", Count::Updates),
            ("rounds of requests for expired tokens", Count::Bursts),
            ("no answer, 502, 503 or 504, while something was down", Count::Unavailable),
            ("the same, without nginx", Count::ProcessUnavailable),
            ("sign-ins that began again, while something was down", Count::BegunAgain),
            ("requests that waited in vain for the lease of a process", Count::Waited),
        ] {
            let _ = writeln!(text, "| {what} | {} | |", get(count));
        }
        let _ = writeln!(text, "| refreshes that a kill cut off | {cut_off} | |");
        let per_token = self.refreshes_per_token();
        let _ = writeln!(text, "| refreshes per expired token | {per_token:.2} ({refreshes} of {refreshed}) | 1 |");
        for (what, count, of) in [
            ("sessions lost", get(Count::Lost), String::new()),
            ("ended sessions seen alive", get(Count::Alive), format!(" of {} requests", get(Count::Copies))),
            ("flows used twice", self.reused(), format!(" of {} attempts", get(Count::Replays))),
            ("wrong answers", self.wrong(), String::new()),
        ] {
            let _ = writeln!(text, "| {what} | {count}{of} | 0 |");
        }
        for note in self.tally.notes.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = writeln!(text, "\n    {note}");
        }
        text
    }

    /// The first lines of the table of all phases.
    pub(crate) const HEAD: &str = "| phase | requests | sign-ins | sign-outs | 502 to 504 while down | refreshes per \
                                   expired token | cut off by a kill | sessions lost | ended seen alive | flows used \
                                   twice | wrong |\n|---|---|---|---|---|---|---|---|---|---|---|";

    /// Returns the line of this phase in the table of all phases.
    pub(crate) fn line(&self) -> String {
        let get = |count| self.tally.get(count);
        let Counted { refreshed, refreshes, cut_off, .. } = self.counted;
        let per_token = self.refreshes_per_token();
        let refreshes = format!("{per_token:.2} ({refreshes} of {refreshed})");
        let alive = format!("{} of {}", get(Count::Alive), get(Count::Copies));
        let reused = format!("{} of {}", self.reused(), get(Count::Replays));
        let (requests, ins, outs) = (get(Count::Requests), get(Count::SignIns), get(Count::SignOuts));
        let (down, lost, wrong) = (get(Count::Unavailable), get(Count::Lost), self.wrong());
        let name = self.name;
        format!(
            "| {name} | {requests} | {ins} | {outs} | {down} | {refreshes} | {cut_off} | {lost} | {alive} | {reused} | \
             {wrong} |"
        )
    }
}
