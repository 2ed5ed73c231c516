use serde::{Deserialize, Serialize};

use crate::server::jose::{Jose, JoseError, Purpose};
use crate::server::oauth::error::FlowError;
use crate::server::origin::RedirectTo;

/// How long a `state` is accepted, in seconds. A flow ends after ten minutes; until the hour is over a
/// stale one may start again. After that the address is an old bookmark or somebody's log.
const LIFETIME_SECONDS: i64 = 60 * 60;
/// A `redirectTo` longer than this, in bytes, is in the flow's cookie alone: providers limit URLs, and so do proxies.
/// Where that cookie is gone, the flow begins again to the front page.
pub(super) const LONGEST_REDIRECT_TO: usize = 512;

/// What the parameter `state` holds, sealed: which flow of which browser this is, and what is
/// needed to start it again where the flow's cookie is gone.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) flow: String,
    pub(crate) provider: String,
    /// How often this sign-in was started again by itself.
    pub(crate) attempt: u8,
    /// Whether the flow links an account. Such a flow is not started again by itself: who began it has
    /// proved that they meant it, and that proof is gone with the flow's cookie.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) links: bool,
    issued_at: i64,
    /// Where the person wanted to go: text, which must be checked before anybody is sent there.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_to: Option<String>,
}

impl State {
    pub(super) fn new(flow: &str, provider: &str, attempt: u8, redirect_to: &RedirectTo, now: i64) -> Self {
        let redirect_to = redirect_to.as_str();
        Self {
            flow: flow.to_owned(),
            provider: provider.to_owned(),
            attempt,
            links: false,
            issued_at: now,
            redirect_to: (redirect_to.len() <= LONGEST_REDIRECT_TO).then(|| redirect_to.to_owned()),
        }
    }

    pub(super) fn seal(&self, jose: &Jose) -> Result<String, JoseError> {
        jose.encrypt_json(Purpose::State, self)
    }

    /// The state that this server sealed, however old it is.
    pub(crate) fn open(jose: &Jose, state: &str) -> Result<Self, FlowError> {
        jose.decrypt_json(Purpose::State, state).map_err(FlowError::State)
    }

    /// Refuses a state that is older than an hour.
    pub(crate) fn check_age(&self, now: i64) -> Result<(), FlowError> {
        if now.saturating_sub(self.issued_at) < LIFETIME_SECONDS { Ok(()) } else { Err(FlowError::StateTooOld) }
    }

    /// Where the person wanted to go. It was allowed when the state was made and may not be any more.
    pub(crate) fn wanted(&self) -> &str {
        self.redirect_to.as_deref().unwrap_or("/")
    }
}
