use serde::{Deserialize, Serialize};

use crate::server::jose::{Jose, JoseError, Purpose};
use crate::server::oauth::token_error::FlowError;
use crate::server::origin::RedirectTo;

/// How long a `state` is accepted, in seconds. A flow expires after ten minutes. Within an hour, an expired flow can
/// start again automatically. After an hour, the URL probably comes from a bookmark or a log.
const LIFETIME_SECONDS: i64 = 60 * 60;
/// If `redirectTo` is longer than this, in bytes, only the flow's cookie stores it, because providers and proxies limit
/// the length of a URL. If the cookie is then missing, the flow starts again with `/` as `redirectTo`.
pub(super) const MAX_REDIRECT_TO_BYTES: usize = 512;

/// The content of the encrypted parameter `state`. It identifies the browser's flow, and has what is needed to start
/// the flow again if its cookie is missing.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) flow: String,
    pub(crate) provider: String,
    /// How often this sign-in was started again automatically.
    pub(crate) attempt: u8,
    /// Whether the flow links an account. Such a flow never starts again automatically: the user confirmed the link
    /// when the flow started, and without the flow's cookie nothing proves this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) links: bool,
    issued_at: i64,
    /// The requested redirect target. It is unchecked text and must be parsed again before a redirect.
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
            redirect_to: (redirect_to.len() <= MAX_REDIRECT_TO_BYTES).then(|| redirect_to.to_owned()),
        }
    }

    pub(super) fn seal(&self, jose: &Jose) -> Result<String, JoseError> {
        jose.encrypt_json(Purpose::State, self)
    }

    /// Decrypts a `state` that this server made. The age is not checked.
    pub(crate) fn open(jose: &Jose, state: &str) -> Result<Self, FlowError> {
        jose.decrypt_json(Purpose::State, state).map_err(FlowError::State)
    }

    /// Rejects a state that is older than an hour.
    pub(crate) fn check_age(&self, now: i64) -> Result<(), FlowError> {
        if now.saturating_sub(self.issued_at) < LIFETIME_SECONDS { Ok(()) } else { Err(FlowError::StateTooOld) }
    }

    /// The requested redirect target. It was allowed when the state was made, but may no longer be.
    pub(crate) fn wanted(&self) -> &str {
        self.redirect_to.as_deref().unwrap_or("/")
    }
}
