use http::header::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};

use crate::server::cookies::Kind;
use crate::server::guard::csrf;
use crate::server::limits::LimitedAction;
use crate::server::operations::{Api, Endpoint, Reply};
use crate::server::request::{Incoming, RequestHead};
use crate::server::session::Binding;
use crate::{AuthError, CsrfToken};

/// How long a CSRF token and its cookie live, in seconds: 15 days.
pub(super) const MAX_AGE_SECONDS: i64 = 15 * 24 * 60 * 60;

impl Endpoint for CsrfToken {
    fn success(&self) -> impl Serialize {
        self
    }

    fn failure() -> Value {
        json!({ "csrfToken": null })
    }
}

impl Api {
    /// A CSRF token for this browser: the one that its cookie holds, if it was made in this
    /// session, else a new one with a new cookie.
    pub async fn csrf_token(&self, request: &(impl RequestHead + Sync)) -> Reply<CsrfToken> {
        let incoming = Incoming::of(&self.0, request);
        if let Err(limited) = self.limit(&incoming, LimitedAction::CsrfToken, None).await {
            return limited.reply();
        }
        let session = match incoming.session().await {
            Ok(stored) => Some(&stored.binding),
            // On http this token's cookie decides which session counts, so none is set while that is open.
            Err(error @ AuthError::SessionNotPinned) => return Reply::of(Err(error), HeaderMap::new()),
            Err(_) => None,
        };
        let kept = incoming.cookie(Kind::Csrf).filter(|token| csrf::verify(&self.0.jose, token, session).is_ok());
        let token = match kept {
            Some(token) => token.into_owned(),
            None => match self.new_csrf_token(session) {
                Ok(token) => token,
                Err(error) => return Reply::of(Err(error), HeaderMap::new()),
            },
        };
        let mut headers = HeaderMap::new();
        let cookies = &self.0.cookies;
        let set = cookies.set(&mut headers, Kind::Csrf, &token, incoming.is_secure(), MAX_AGE_SECONDS, 0);
        Reply::of(set.map(|_| CsrfToken { csrf_token: token }), headers)
    }

    /// A CSRF token for a form on a page that is being rendered: it needs no cookie.
    ///
    /// # Errors
    ///
    /// [`ServerError`](AuthError::ServerError) when the system has no randomness to give.
    pub fn form_csrf_token<R: RequestHead>(
        &self,
        request: &R,
    ) -> impl Future<Output = Result<String, AuthError>> + Send + use<R> {
        let (api, incoming) = (self.clone(), Incoming::of(&self.0, request));
        async move { api.new_csrf_token(incoming.session().await.ok().map(|stored| &stored.binding)) }
    }

    pub(super) fn new_csrf_token(&self, session: Option<&Binding>) -> Result<String, AuthError> {
        csrf::issue(&self.0.jose, session).map_err(|error| {
            tracing::error!(%error, "a CSRF token could not be made");
            AuthError::ServerError
        })
    }
}
