use crate::server::limits::{Memory, RateLimit};

/// The part of the budget that addresses with a failed exchange share; the rest is kept for the others.
const SUSPECTS_PART: u32 = 4;

/// How many calls a provider gets in a time, from all people together.
pub(crate) struct ProviderBudget {
    limit: Option<RateLimit>,
    spent: Memory,
}

impl ProviderBudget {
    pub(crate) fn new(limit: Option<RateLimit>) -> Self {
        Self { limit, spent: Memory::default() }
    }

    /// Spends one call; `false` if there is none left, or none of the part for suspects.
    pub(crate) fn spend(&self, provider: &str, is_suspect: bool, now: i64) -> bool {
        let Some(limit) = self.limit else { return true };
        if !is_suspect {
            return self.spent.take(provider, limit, now).allowed;
        }
        // What a suspect may not spend must not be taken from the others.
        self.spent.look(provider, limit, now).allowed
            && self.spent.take(&suspects(provider), part(limit), now).allowed
            && self.spent.take(provider, limit, now).allowed
    }

    /// After how many seconds there is a call to spend again.
    pub(crate) fn retry_after_seconds(&self, provider: &str, now: i64) -> u128 {
        let Some(limit) = self.limit else { return 1 };
        let mut state = self.spent.look(provider, limit, now);
        if state.allowed {
            // Then only suspects are refused.
            state = self.spent.look(&suspects(provider), part(limit), now);
        }
        state.retry_after.as_millis().div_ceil(1000).max(1)
    }
}

/// The key of what suspects have spent.
fn suspects(provider: &str) -> String {
    format!("{provider}:suspects")
}

fn part(limit: RateLimit) -> RateLimit {
    RateLimit { requests: (limit.requests / SUSPECTS_PART).max(1), ..limit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspects_leave_three_quarters_to_the_others() {
        let budget = ProviderBudget::new(Some(RateLimit::per_minutes(100, 60)));
        let spent = |is_suspect| (0..1000).filter(|_| budget.spend("bitbucket", is_suspect, 0)).count();
        assert_eq!(spent(true), 25);
        assert_eq!(spent(false), 75);
        assert!(!budget.spend("bitbucket", true, 0));
        assert_eq!(budget.retry_after_seconds("bitbucket", 0), 36);
        assert!(budget.spend("other", false, 0), "each provider has its own");
        assert!(budget.spend("bitbucket", false, 36) && !budget.spend("bitbucket", false, 36));
    }

    #[test]
    fn nobody_has_to_leave_anything_to_suspects() {
        let budget = ProviderBudget::new(Some(RateLimit::per_minutes(100, 60)));
        assert_eq!((0..1000).filter(|_| budget.spend("bitbucket", false, 0)).count(), 100);
        assert!(!budget.spend("bitbucket", true, 0));
    }
}
