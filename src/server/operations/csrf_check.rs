use http::header::HeaderMap;
use url::form_urlencoded;

use crate::server::cookies::CookieKind;
use crate::server::events::AuthEvent;
use crate::server::guard::{csrf, is_of_known_origin, is_safe, require_same_origin};
use crate::server::operations::Api;
use crate::server::operations::failure::Failure;
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::SessionIdHash;
use crate::session::SUBJECT_HEADER;
use crate::{AuthError, Secret};

/// The proof that a page of the app or a program sent the request, and not another site's page in a signed-in person's
/// browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsrfProof {
    /// The header `X-CSRF-Token`. It must equal the token in the cookie (double submit).
    #[default]
    Header,
    /// A form's field `csrf_token`. Its token must belong to this session.
    Field(Secret),
    /// Headers that no page can set: `Sec-Fetch-Site` is `same-origin` or `none`, or, if the browser does not send it,
    /// `Origin` is the app's. Server functions use this proof. A program that sends neither header is rejected: it must
    /// use the endpoints and a token. A `GET` is rejected too, because an image on the app's own page can send one
    /// (a bare `HeaderMap` has no method, so there it cannot be).
    SameOrigin,
}

impl Api {
    pub(super) async fn check_csrf(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        session: Option<&SessionIdHash>,
        proof: &CsrfProof,
    ) -> Result<(), Failure> {
        let checked = match proof {
            CsrfProof::SameOrigin if request.method().is_some_and(is_safe) => Err(AuthError::CsrfOriginRejected),
            CsrfProof::SameOrigin => {
                let own = context.origin();
                match own.and_then(|own| require_same_origin(request.headers(), own, &self.0.origins)) {
                    Ok(()) => check_subject(context, request.headers()).await,
                    Err(error) => Err(error),
                }
            }
            CsrfProof::Field(token) if token.expose().is_empty() => Err(AuthError::CsrfTokenMissing),
            CsrfProof::Field(token) => csrf::verify(&self.0.jose, token.expose(), session),
            CsrfProof::Header => {
                let mut values = request.headers().get_all("x-csrf-token").iter();
                let header = match (values.next(), values.next()) {
                    (value, None) => value.and_then(|value| value.to_str().ok()),
                    (_, Some(_)) => Some(""),
                };
                let cookie = context.cookie(CookieKind::Csrf);
                let own = context.origin();
                let takes_unbound = self.0.typescript_sessions
                    && own.is_ok_and(|own| is_of_known_origin(request.headers(), own, &self.0.origins));
                csrf::verify_double_submit(&self.0.jose, header, cookie.as_deref(), session, takes_unbound)
            }
        };
        checked.inspect_err(|&error| self.0.events.refuse(&AuthEvent::RequestRefused { error }, context.address()))?;
        Ok(())
    }
}

/// Checks that the page's user and the session's user are the same. After another sign-in in this browser, an older
/// page still shows the earlier user, and its request must not change the new session.
async fn check_subject(context: &RequestContext, headers: &HeaderMap) -> Result<(), AuthError> {
    let Some(header) = headers.get(SUBJECT_HEADER) else { return Ok(()) };
    let shown = header.to_str().ok().and_then(|value| {
        form_urlencoded::parse(value.replace('+', "%2B").as_bytes()).next().map(|(subject, _)| subject.into_owned())
    });
    let is_same = match context.session().await {
        Ok(record) => shown.as_deref() == Some(&*record.session.user.sub),
        // The operation fails with the session error, which says more.
        Err(_) => true,
    };
    if is_same { Ok(()) } else { Err(AuthError::InvalidCsrfToken) }
}
