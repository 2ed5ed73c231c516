use http::Method;
use http::request::Parts;

use crate::server::cookies::CookieKind;
use crate::server::guard::csrf;
use crate::server::operations::Api;
use crate::server::operations::failure::RoomError as _;
use crate::server::origin::Origin;
use crate::server::origin::RedirectTo;
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::SessionError;
use crate::{AuthError, Secret};

/// Values that a page needs while it is rendered.
impl Api {
    /// Returns a CSRF token of the present session, for a page's forms and for the header: the token in the browser's
    /// cookie, or a new one, which the layer puts into the cookie. A form that is sent to `{base_path}/signOut`,
    /// `/session` (each field is a field of the user), `/sessions/{id}/revoke`, `/sessions/revoke-others` or
    /// `/providers/{id}/disconnect` has the token in its field `csrf_token`. Its field `redirectTo` says where the browser goes next.
    ///
    /// # Errors
    ///
    /// A session error if nobody is signed in.
    pub fn page_csrf_token<R: RequestHead>(
        &self,
        request: &R,
    ) -> impl Future<Output = Result<Secret, AuthError>> + Send + use<R> {
        let (api, context) = (self.clone(), RequestContext::of(&self.0, request));
        async move {
            let session = Some(&context.session().await.map_err(|error| error.public())?.id_hash);
            let kept =
                context.cookie(CookieKind::Csrf).filter(|token| csrf::verify(&api.0.jose, token, session).is_ok());
            match kept {
                Some(token) => Ok(token.into_owned().into()),
                None => context.page_token(|| api.new_csrf_token(session).map_err(|failure| failure.log(&context))),
            }
        }
    }

    /// Checks whether browsers reach the app over https, according to `base_url` or a trusted proxy. If so, the app may
    /// tell them to use only https (RFC 6797).
    #[must_use]
    pub fn is_https(&self, request: &impl RequestHead) -> bool {
        RequestContext::of(&self.0, request).origin().is_ok_and(Origin::is_https)
    }

    /// Returns the ids of the providers whose tokens the session has. Only the providers know whether these are still
    /// valid.
    pub fn connected_providers<R: RequestHead>(
        &self,
        request: &R,
    ) -> impl Future<Output = Vec<String>> + Send + use<R> {
        let context = RequestContext::of(&self.0, request);
        async move {
            let _ = context.session().await;
            connected(&context)
        }
    }

    /// Like [`connected_providers`](Self::connected_providers), for a page that is being rendered and can't wait. By
    /// then, the layer has read the session.
    #[cfg(feature = "ssr")]
    pub(crate) fn connected_providers_of_page(&self, request: &impl RequestHead) -> Vec<String> {
        connected(&RequestContext::of(&self.0, request))
    }

    /// Checks whether sessions are in a store, so that they can be listed.
    #[cfg(feature = "ssr")]
    pub(crate) fn lists_sessions(&self) -> bool {
        self.0.sessions.stored().is_some()
    }

    /// Returns the path of the sign-in page.
    #[cfg(feature = "ssr")]
    pub(crate) fn sign_in_page(&self) -> &str {
        &self.0.sign_in_page
    }

    /// Returns the time, in seconds since 1970.
    #[cfg(feature = "ssr")]
    pub(crate) fn now(&self) -> i64 {
        self.0.jose.now()
    }

    /// Returns `wanted` as a path of the app. Returns `None` if it leads to another site or to an endpoint.
    #[must_use]
    pub fn own_path(&self, request: &impl RequestHead, wanted: &str) -> Option<String> {
        let context = RequestContext::of(&self.0, request);
        let own = context.origin().ok()?;
        let path = RedirectTo::parse(wanted, own, &self.0.origins, &self.0.base_path)?;
        path.is_own().then(|| path.as_str().to_owned())
    }

    /// Returns the URL of the [sign-in page](crate::AuthBuilder::sign_in_page). From there, the person comes back to
    /// the page that they are on: the requested page, or the page that a form was sent from.
    #[must_use]
    pub fn sign_in_location(&self, request: &Parts) -> String {
        let page = &self.0.sign_in_page;
        let here = if request.method == Method::GET {
            request.uri.path_and_query().map(|here| here.as_str().to_owned())
        } else {
            let context = RequestContext::of(&self.0, request);
            self.page_of(&context, &request.headers).map(|page| page.as_str().to_owned())
        };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("redirectTo", here.as_deref().unwrap_or("/"));
        if let Some(reason) = self.sign_in_reason(request) {
            query.append_pair("error", reason.code());
        }
        format!("{page}?{}", query.finish())
    }

    /// Returns the reason that a sign-in page should show, if there is one.
    pub(crate) fn sign_in_reason(&self, request: &impl RequestHead) -> Option<AuthError> {
        let context = RequestContext::of(&self.0, request);
        let error = context.session_now()?.err()?;
        (error == SessionError::NotPinned).then_some(AuthError::SessionNotPinned)
    }
}

fn connected(context: &RequestContext) -> Vec<String> {
    let Some(Ok(record)) = context.session_now() else { return Vec::new() };
    record.provider_tokens.keys().cloned().collect()
}
