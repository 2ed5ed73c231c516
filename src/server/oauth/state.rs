use serde::{Deserialize, Serialize};

use super::super::jose::{Jose, JoseError, Purpose};
use super::super::redirect::RedirectTo;
use crate::AuthError;

/// A `redirectTo` longer than this, in bytes, is not carried in `state`: providers limit URLs.
const LONGEST_REDIRECT_TO: usize = 512;

/// What the parameter `state` holds, sealed: which flow of which browser this is, and what is
/// needed to start it again where the flow's cookie is gone.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) flow: String,
    pub(crate) provider: String,
    /// How often this sign-in was started again by itself.
    pub(crate) attempt: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_to: Option<RedirectTo>,
}

impl State {
    pub(super) fn new(flow: &str, provider: &str, attempt: u8, redirect_to: &RedirectTo) -> Self {
        let fits = redirect_to.as_str().len() <= LONGEST_REDIRECT_TO;
        Self {
            flow: flow.to_owned(),
            provider: provider.to_owned(),
            attempt,
            redirect_to: fits.then(|| redirect_to.clone()),
        }
    }

    pub(super) fn seal(&self, jose: &Jose) -> Result<String, JoseError> {
        jose.encrypt_json(Purpose::State, self)
    }

    /// The state that this server sealed.
    pub(crate) fn open(jose: &Jose, state: &str) -> Result<Self, AuthError> {
        jose.decrypt_json(Purpose::State, state).map_err(|_| AuthError::CallbackStateInvalid)
    }

    /// Where the person wanted to go.
    pub(crate) fn redirect_to(&self) -> RedirectTo {
        self.redirect_to.clone().unwrap_or_else(RedirectTo::home)
    }
}
