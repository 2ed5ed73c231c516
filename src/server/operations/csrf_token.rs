use serde::Serialize;
use serde_json::{Value, json};

use crate::server::cookies::CookieKind;
use crate::server::guard::csrf;
use crate::server::limits::LimitedAction;
use crate::server::operations::failure::Failure;
use crate::server::operations::session_cookies::session_if_any;
use crate::server::operations::{Api, Reply, ReplyBody};
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::{SessionError, SessionIdHash};
use crate::{AuthError, CsrfToken, Secret};

/// How long a CSRF token and its cookie live, in seconds: 15 days.
pub(super) const MAX_AGE_SECONDS: i64 = 15 * 24 * 60 * 60;

impl ReplyBody for CsrfToken {
    fn success(&self) -> impl Serialize {
        self
    }

    fn failure() -> Value {
        json!({ "csrfToken": null })
    }
}

impl Api {
    /// Returns a CSRF token for this browser: the token in its cookie, if it belongs to this session, else a new one.
    /// Sets the cookie in both cases.
    pub async fn csrf_token(&self, request: &(impl RequestHead + Sync)) -> Reply<CsrfToken> {
        let context = RequestContext::of(&self.0, request);
        Reply::of(&context, self.csrf_token_of(&context).await)
    }

    async fn csrf_token_of(&self, context: &RequestContext) -> Result<CsrfToken, Failure> {
        self.limit(context, LimitedAction::CsrfToken, None).await?;
        let session = match context.session().await {
            Ok(record) => Some(&record.id_hash),
            // On http, this cookie decides which session is valid. While that is undecided, no cookie is set.
            Err(error @ (SessionError::NotPinned | SessionError::StoreUnavailable)) => return Err(error.into()),
            Err(_) => None,
        };
        let kept = context.cookie(CookieKind::Csrf).filter(|token| csrf::verify(&self.0.jose, token, session).is_ok());
        let csrf_token = match kept {
            Some(token) => token.into_owned().into(),
            None => self.new_csrf_token(session)?,
        };
        let mut cookies = context.new_cookies();
        cookies.set(CookieKind::Csrf, csrf_token.expose(), MAX_AGE_SECONDS, 0)?;
        context.set_cookies(cookies);
        Ok(CsrfToken { csrf_token })
    }

    /// Returns a CSRF token for a form on a page that is being rendered. The form needs no cookie.
    ///
    /// # Errors
    ///
    /// [`ServerError`](AuthError::ServerError) if the system gives no random bytes, and
    /// [`StoreUnavailable`](AuthError::StoreUnavailable) if the store of the sessions can't be reached.
    pub fn form_csrf_token<R: RequestHead>(
        &self,
        request: &R,
    ) -> impl Future<Output = Result<Secret, AuthError>> + Send + use<R> {
        let (api, context) = (self.clone(), RequestContext::of(&self.0, request));
        async move {
            let token = match session_if_any(&context).await {
                Ok(session) => api.new_csrf_token(session.map(|record| &record.id_hash)),
                Err(error) => Err(error.into()),
            };
            token.map_err(|failure| failure.log(&context))
        }
    }

    pub(super) fn new_csrf_token(&self, session: Option<&SessionIdHash>) -> Result<Secret, Failure> {
        Ok(csrf::issue(&self.0.jose, session)?.into())
    }
}
