use http::StatusCode;
use http::header::{HeaderMap, ORIGIN, REFERER};
use serde::Serialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::server::cookies::CookieKind;
use crate::server::events::AuthEvent;
use crate::server::guard::may_begin_flow;
use crate::server::limits::LimitedAction;
use crate::server::oauth::{FlowRequest, authorize, store_flow};
use crate::server::operations::error_page::show_error;
use crate::server::operations::failure::Failure;
use crate::server::operations::flow_cookies::make_room_for_flow;
use crate::server::operations::{Api, Reply, ReplyBody};
use crate::server::origin::RedirectTo;
use crate::server::providers::Provider;
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::SessionIdHash;
use crate::{AuthError, RedirectOptions, SignInStarted};

impl ReplyBody for SignInStarted {
    fn status(&self) -> StatusCode {
        if self.redirect { StatusCode::FOUND } else { StatusCode::OK }
    }

    fn success(&self) -> impl Serialize {
        json!({ "success": true, "redirect": self.redirect, "signInURL": self.sign_in_url })
    }

    fn failure() -> Value {
        json!({ "redirect": false, "signInURL": null })
    }
}

impl Api {
    /// Starts a sign-in with a provider. The reply has the provider's URL in `Location` and the flow's cookie; the
    /// browser must get both.
    ///
    /// Fails with [`InvalidParameters`](AuthError::InvalidParameters) if the provider is not configured. Unless
    /// [`redirect`](RedirectOptions::redirect) is off, it fails with the same error if the browser sends the request
    /// before a click (`Sec-Purpose: prefetch`) or for something other than a page (`Sec-Fetch-Dest`). Fails with
    /// [`OriginUnknown`](AuthError::OriginUnknown) if neither the configuration nor the request tells the app's own
    /// origin.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), aura_auth::ConfigError> {
    /// # let auth = aura_auth::Auth::builder()
    /// #     .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
    /// #     .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
    /// #     .oauth([aura_auth::oauth::bitbucket().client_id("key").client_secret("secret")])
    /// #     .base_url("http://localhost:3000")
    /// #     .build()?;
    /// use aura_auth::RedirectOptions;
    /// use axum::http::HeaderMap;
    ///
    /// let options = RedirectOptions::default().redirect_to("http://localhost:3000/dashboard");
    /// // The request's headers where there is a request; `base_url` does without.
    /// let reply = auth.api().sign_in(&HeaderMap::new(), "bitbucket", options).await;
    /// let location = reply.location().unwrap();
    /// assert!(location.starts_with("https://bitbucket.org/site/oauth2/authorize?response_type=code"));
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "signIn")]
    pub async fn sign_in(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
        options: RedirectOptions,
    ) -> Reply<SignInStarted> {
        let context = RequestContext::of(&self.0, request);
        let Some(provider) = self.0.provider(provider) else {
            let (mut reply, headers) = (Reply::of(&context, Err(Failure::unknown_provider())), request.headers());
            if options.redirect {
                show_error(&context, headers, &mut reply, None, None, StatusCode::FOUND);
            }
            return reply;
        };
        let redirect_to = match &options.redirect_to {
            Some(wanted) => self.redirect_to(&context, wanted),
            None => self.came_from(&context, request.headers()),
        };
        if options.redirect && !may_begin_flow(request.headers()) {
            tracing::debug!(
                provider = provider.id,
                "a sign-in did not start, because the request is a prefetch or does not load a page"
            );
            return Reply::of(&context, Err(AuthError::InvalidParameters));
        }
        if options.redirect {
            if let Err(limited) = self.limit(&context, LimitedAction::SignIn, None).await {
                let (mut reply, headers) = (Reply::of(&context, Err(limited)), request.headers());
                let provider = Some(&*provider.id);
                show_error(&context, headers, &mut reply, provider, Some(&redirect_to), StatusCode::FOUND);
                return reply;
            }
            let started = self.start_flow(&context, provider, &redirect_to, 0, None).await;
            let location = started.as_ref().ok().map(|started| started.sign_in_url.clone());
            let mut reply = Reply::of(&context, started);
            if let Some(location) = location {
                reply.set_location(&location);
            }
            return reply;
        }
        let result = context.origin().map(|origin| SignInStarted {
            redirect: false,
            sign_in_url: format!(
                "{}{}/signIn/{}?{}",
                origin.as_str(),
                self.0.base_path,
                provider.id,
                form_urlencoded::Serializer::new(String::new())
                    .append_pair("redirectTo", redirect_to.as_str())
                    .finish()
            ),
        });
        Reply::of(&context, result)
    }

    /// Starts a flow for a sign-in, or for linking an account to a session. Writes the flow into the store, if there is
    /// one, sets the flow's cookie, and makes room for it.
    pub(super) async fn start_flow(
        &self,
        context: &RequestContext,
        provider: &Provider,
        redirect_to: &RedirectTo,
        attempt: u8,
        link: Option<&SessionIdHash>,
    ) -> Result<SignInStarted, Failure> {
        let auth = &self.0;
        let redirect_uri = format!("{}{}/callback/{}", context.origin()?.as_str(), auth.base_path, provider.id);
        let flow = authorize(&auth.jose, FlowRequest { provider, redirect_uri, redirect_to, attempt, link })
            .map_err(|error| Failure::of(&provider.id, error))?;
        let cookie = match &auth.store {
            Some(store) => store_flow(&**store, auth.jose.random(), &flow.sealed, flow.issued_at).await?,
            None => flow.sealed,
        };
        let mut cookies = context.new_cookies();
        cookies.set(CookieKind::Flow(&flow.flow), &cookie, flow.max_age_seconds, 0)?;
        context.set_cookies(cookies);
        make_room_for_flow(context, &flow.flow)?;
        auth.events.emit(&AuthEvent::SignInStarted { provider: provider.id.clone() });
        Ok(SignInStarted { redirect: true, sign_in_url: flow.url })
    }

    /// Returns where the person may be sent: `wanted` if that is allowed, else the front page.
    pub(super) fn redirect_to(&self, context: &RequestContext, wanted: &str) -> RedirectTo {
        let Ok(own) = context.origin() else { return RedirectTo::home() };
        RedirectTo::parse(wanted, own, &self.0.origins, &self.0.base_path).unwrap_or_else(|| {
            self.0.events.refuse(&AuthEvent::RedirectRefused, context.address());
            RedirectTo::home()
        })
    }

    /// Returns the page that the request came from, or the front page.
    pub(super) fn came_from(&self, context: &RequestContext, headers: &HeaderMap) -> RedirectTo {
        let page = [REFERER, ORIGIN].iter().find_map(|name| headers.get(name)?.to_str().ok());
        page.map_or_else(RedirectTo::home, |page| self.redirect_to(context, page))
    }
}
