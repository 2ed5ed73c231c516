use crate::server::limits::{Memory, RateLimit};

/// Addresses with a failed exchange share a quarter of the budget. The rest is reserved for all others.
const SUSPECTS_PART: u32 = 4;

/// Limits the calls to each provider, counted over all users.
pub(crate) struct ProviderBudget {
    limit: Option<RateLimit>,
    spent: Memory,
}

impl ProviderBudget {
    pub(crate) fn new(limit: Option<RateLimit>) -> Self {
        Self { limit, spent: Memory::default() }
    }

    /// Counts one call. Returns `false` if the budget is used up, or the suspects' share of it for a suspect.
    pub(crate) fn spend(&self, provider: &str, is_suspect: bool, now: i64) -> bool {
        let Some(limit) = self.limit else { return true };
        if !is_suspect {
            return self.spent.take(provider, limit, now).allowed;
        }
        // A rejected call of a suspect must not reduce the budget of the others.
        self.spent.look(provider, limit, now).allowed
            && self.spent.take(&suspects(provider), part(limit), now).allowed
            && self.spent.take(provider, limit, now).allowed
    }

    /// The number of seconds until another call is allowed.
    pub(crate) fn retry_after_seconds(&self, provider: &str, now: i64) -> u128 {
        let Some(limit) = self.limit else { return 1 };
        let mut state = self.spent.look(provider, limit, now);
        if state.allowed {
            // The provider's own budget allows a call, so only the suspects' share is used up.
            state = self.spent.look(&suspects(provider), part(limit), now);
        }
        state.retry_after.as_millis().div_ceil(1000).max(1)
    }
}

/// The rate limit key of the suspects' share.
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
    fn suspect_sign_ins_use_at_most_a_quarter_of_the_provider_s_budget() {
        let budget = ProviderBudget::new(Some(RateLimit::per_minutes(100, 60)));
        let spent = |is_suspect| (0..1000).filter(|_| budget.spend("bitbucket", is_suspect, 0)).count();
        assert_eq!(spent(true), 25);
        assert_eq!(spent(false), 75);
        assert!(!budget.spend("bitbucket", true, 0));
        assert_eq!(budget.retry_after_seconds("bitbucket", 0), 36);
        assert!(budget.spend("other", false, 0), "each provider has its own budget");
        assert!(budget.spend("bitbucket", false, 36) && !budget.spend("bitbucket", false, 36));
    }

    #[test]
    fn other_sign_ins_may_use_the_whole_budget_of_a_provider() {
        let budget = ProviderBudget::new(Some(RateLimit::per_minutes(100, 60)));
        assert_eq!((0..1000).filter(|_| budget.spend("bitbucket", false, 0)).count(), 100);
        assert!(!budget.spend("bitbucket", true, 0));
    }
}
