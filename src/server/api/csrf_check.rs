use super::super::cookies::Kind;
use super::super::csrf;
use super::super::events::AuthEvent;
use super::super::incoming::{Incoming, RequestHead};
use super::super::session::Binding;
use super::Api;
use crate::AuthError;

/// What shows that a request is the doing of the app's own page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsrfProof<'a> {
    /// The header `X-CSRF-Token`, which must be the token in the cookie (double submit).
    Header,
    /// A form's field, made for this session.
    Field(&'a str),
    /// The layer's cross-origin guard alone: for code of the app's own in a request that is no
    /// `GET` and came through [`Auth::layer`](crate::Auth::layer).
    Guard,
}

impl Api {
    pub(super) fn check_csrf(
        &self,
        incoming: &Incoming,
        request: &impl RequestHead,
        session: Option<&Binding>,
        proof: CsrfProof<'_>,
    ) -> Result<(), AuthError> {
        let checked = match proof {
            CsrfProof::Guard if incoming.is_guarded() => Ok(()),
            CsrfProof::Guard => {
                tracing::error!(
                    "code relies on the cross-origin guard, but the request is a GET or did not pass `auth.layer()`"
                );
                Err(AuthError::ServerError)
            }
            CsrfProof::Field("") => Err(AuthError::CsrfTokenMissing),
            CsrfProof::Field(token) => csrf::verify(&self.0.jose, token, session).map(|_| ()),
            CsrfProof::Header => {
                let mut values = request.headers().get_all("x-csrf-token").iter();
                let header = match (values.next(), values.next()) {
                    (value, None) => value.and_then(|value| value.to_str().ok()),
                    (_, Some(_)) => Some(""),
                };
                let cookie = incoming.cookie(Kind::Csrf);
                csrf::verify_double_submit(&self.0.jose, header, cookie.as_deref(), session)
            }
        };
        checked.inspect_err(|&error| self.0.events.emit(&AuthEvent::RequestRefused { error }))
    }
}
