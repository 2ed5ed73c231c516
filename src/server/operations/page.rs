use http::Method;
use http::request::Parts;

use crate::AuthError;
use crate::server::cookies::CookieKind;
use crate::server::guard::csrf;
use crate::server::operations::Api;
use crate::server::operations::failure::RoomError as _;
use crate::server::origin::Origin;
use crate::server::origin::RedirectTo;
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::SessionError;

/// What a page that is being rendered needs.
impl Api {
    /// A CSRF token for a page of the present session, for its forms and for the header: the one that
    /// the browser has in its cookie, or a new one, which the layer will set. A form that is sent to
    /// `{base_path}/signOut`, `/session` (each field is one of the user's) or `/providers/{id}/disconnect`
    /// has it as its field `csrf_token`, and where to go then as `redirectTo`.
    ///
    /// # Errors
    ///
    /// A session error where nobody is signed in.
    pub fn page_csrf_token<R: RequestHead>(
        &self,
        request: &R,
    ) -> impl Future<Output = Result<String, AuthError>> + Send + use<R> {
        let (api, context) = (self.clone(), RequestContext::of(&self.0, request));
        async move {
            let session = Some(&context.session().await.map_err(|error| error.public())?.id_hash);
            let kept =
                context.cookie(CookieKind::Csrf).filter(|token| csrf::verify(&api.0.jose, token, session).is_ok());
            match kept {
                Some(token) => Ok(token.into_owned()),
                None => context.page_token(|| api.new_csrf_token(session).map_err(|failure| failure.log(&context))),
            }
        }
    }

    /// Whether browsers reach the app over https, as `base_url` or a trusted proxy says: then they may be told
    /// to keep to it (RFC 6797).
    #[must_use]
    pub fn is_https(&self, request: &impl RequestHead) -> bool {
        RequestContext::of(&self.0, request).origin().is_ok_and(Origin::is_https)
    }

    /// The ids of the providers whose tokens the session has; whether they are still good only the
    /// providers know.
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

    /// As [`connected_providers`](Self::connected_providers), while a page is rendered, which can't wait: the
    /// layer knows the session then.
    #[cfg(feature = "ssr")]
    pub(crate) fn connected_providers_of_page(&self, request: &impl RequestHead) -> Vec<String> {
        connected(&RequestContext::of(&self.0, request))
    }

    /// The path of the sign-in page.
    #[cfg(feature = "ssr")]
    pub(crate) fn sign_in_page(&self) -> &str {
        &self.0.sign_in_page
    }

    /// The time, in seconds since 1970.
    #[cfg(feature = "ssr")]
    pub(crate) fn now(&self) -> i64 {
        self.0.jose.now()
    }

    /// `wanted` as a path of the app's own that somebody may be sent to; none if it is another
    /// site's, or an endpoint's.
    #[must_use]
    pub fn own_path(&self, request: &impl RequestHead, wanted: &str) -> Option<String> {
        let context = RequestContext::of(&self.0, request);
        let own = context.origin().ok()?;
        let path = RedirectTo::parse(wanted, own, &self.0.origins, &self.0.base_path)?;
        path.is_own().then(|| path.as_str().to_owned())
    }

    /// The address of the [sign-in page](crate::AuthBuilder::sign_in_page), from which the person comes back to the page that they are on: the one that
    /// is asked for, or the one that a form was sent from.
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

    /// What a sign-in page should say of why somebody is sent there, if there is something to say.
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
