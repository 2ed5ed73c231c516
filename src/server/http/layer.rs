use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::response::Response;
use http::header::{CACHE_CONTROL, HOST, HeaderValue, VARY};
use http::{Method, Uri};
use memchr::memchr_iter;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::AuthError;
use crate::server::auth::Auth;
use crate::server::events::AuthEvent;
use crate::server::guard::csrf::{guard, is_of_request_origin};
use crate::server::http::body_limit::{bounded, is_server_function};
use crate::server::http::html::misdirected_page;
use crate::server::http::refusal::refusal;
use crate::server::operations::{save_page_token, save_session, wants_html};
use crate::server::origin::Origin;
use crate::server::origin::is_forwarded;
use crate::server::request::Incoming;
use crate::server::state::AuthState;

impl Auth {
    /// The layer around the whole app: it answers only for the app's own hosts, refuses what
    /// other origins' pages send, lets everything inside share one look at the session, prolongs
    /// a session that was used, and keeps pages of signed-in people out of caches.
    #[must_use]
    pub fn layer(&self) -> AuthLayer {
        AuthLayer(Arc::clone(&self.0))
    }
}

/// Made by [`Auth::layer`].
#[derive(Clone)]
pub struct AuthLayer(Arc<AuthState>);

/// Made by [`AuthLayer`].
#[derive(Clone)]
pub struct AuthService<S> {
    auth: Arc<AuthState>,
    inner: S,
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService { auth: Arc::clone(&self.0), inner }
    }
}

impl<S> Service<Request> for AuthService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = AuthFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let peer = peer(&self.auth, &request);
        let incoming = Incoming::in_layer(&self.auth, &request, peer);
        // A request without a host asks for none of the app's own.
        let has_host = request.headers().contains_key(HOST) || request.uri().authority().is_some();
        let own = match incoming.origin() {
            Ok(_) if !has_host => Err(AuthError::MisdirectedRequest),
            Err(AuthError::OriginUnknown) => Err(AuthError::MisdirectedRequest),
            own => own,
        };
        let own = check_target(request.method(), request.uri()).and(own);
        let checked = own.and_then(|own| {
            guard(request.method(), request.headers(), own, &self.auth.origins)?;
            isolate(&self.auth, &request, own)
        });
        if let Err(error) = checked {
            self.auth.events.refuse(&AuthEvent::RequestRefused { error }, incoming.address());
            return AuthFuture::Refused { answer: std::future::ready(Ok(refuse(&self.auth, &request, peer, error))) };
        }
        request.extensions_mut().insert(incoming.clone());
        let is_server_function = is_server_function(&request);
        let resolves = renders_page(&request) && incoming.waits_for_session();
        if !resolves && !is_server_function {
            return AuthFuture::Answered { answer: self.inner.call(request), incoming };
        }
        // The service that was asked whether it is ready is the one that must be called.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let asked = async move {
            if is_server_function {
                request = match bounded(request).await {
                    Ok(request) => request,
                    Err(error) => return Ok(refusal(error)),
                };
            }
            if resolves {
                incoming.resolve().await;
            }
            AuthFuture::Answered { answer: inner.call(request), incoming }.await
        };
        AuthFuture::Asked { asked: Box::pin(asked) }
    }
}

pin_project! {
    /// The response of an [`AuthService`].
    #[project = Projected]
    pub enum AuthFuture<F> {
        Refused {
            #[pin]
            answer: std::future::Ready<Result<Response, Infallible>>,
        },
        Answered {
            #[pin]
            answer: F,
            incoming: Incoming,
        },
        /// A body is read first, or the session is found out.
        Asked { asked: Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>> },
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for AuthFuture<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Projected::Refused { answer } => answer.poll(context),
            Projected::Answered { answer, incoming } => {
                let mut response = ready!(answer.poll(context))?;
                save_session(incoming, response.headers_mut());
                save_page_token(incoming, response.headers_mut());
                keep_out_of_caches(incoming, &mut response);
                Poll::Ready(Ok(response))
            }
            Projected::Asked { asked } => asked.as_mut().poll(context),
        }
    }
}

/// The most parameters of a query. `leptos_router` looks for each among all before it, so that tens of thousands
/// would cost seconds.
const MAX_PARAMETERS: usize = 1000;

/// A server answers only for targets that have a path (RFC 9112, 3.2): routers and renderers below take that
/// for granted. The authority form is `CONNECT`'s alone, and the asterisk form `OPTIONS`'.
fn check_target(method: &Method, target: &Uri) -> Result<(), AuthError> {
    let is_authority = target.scheme().is_none() && target.authority().is_some();
    let is_asterisk = target.path() == "*";
    let parameters = target.query().map_or(0, |query| memchr_iter(b'&', query.as_bytes()).count() + 1);
    if (is_authority && method != Method::CONNECT)
        || (is_asterisk && method != Method::OPTIONS)
        || parameters > MAX_PARAMETERS
    {
        return Err(AuthError::InvalidRequestTarget);
    }
    Ok(())
}

/// Whether somebody may render a page for this request, which can't wait for the session then: where a route
/// is there, or where the fallback answers a browser that loads a page. What else the fallback answers is assets.
fn renders_page(request: &Request) -> bool {
    request.extensions().get::<MatchedPath>().is_some() || wants_html(request.headers())
}

/// Refuses what another site's page loads without navigating there, unless CORS allows it.
fn isolate(auth: &AuthState, request: &Request, own: &Origin) -> Result<(), AuthError> {
    let headers = request.headers();
    let is_refused = auth.isolation.refuses(request.method(), request.uri().path(), headers, &auth.base_path);
    if is_refused && !(auth.cors && is_of_request_origin(headers, own, &auth.origins)) {
        return Err(AuthError::CsrfOriginRejected);
    }
    Ok(())
}

/// The answer to a request that goes no further. A person who came by another host is told which.
fn refuse(auth: &AuthState, request: &Request, peer: Option<IpAddr>, error: AuthError) -> Response {
    if error != AuthError::MisdirectedRequest || !wants_html(request.headers()) {
        return refusal(error);
    }
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    misdirected_page(auth.origins.shown_host(request.headers(), authority, peer).as_deref())
}

/// Whom the connection is with, if the server says so.
fn peer(auth: &AuthState, request: &Request) -> Option<IpAddr> {
    if !auth.origins.proxies.any() && is_forwarded(request.headers()) {
        auth.warned.forwarded.get_or_init(|| {
            tracing::warn!(
                "a request came with forwarding headers, which are ignored: if the proxy is yours, set \
                 AURA_AUTH_TRUSTED_PROXIES to its address, or AURA_AUTH_TRUSTED_PROXY_HEADERS where nothing but the \
                 proxy reaches this server; until then all people behind it share one rate limit"
            );
        });
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    if peer.is_none() {
        auth.warned.no_peer.get_or_init(|| {
            tracing::warn!(
                "all people share one rate limit: the server does not say who asks; serve the app with \
                 `into_make_service_with_connect_info::<SocketAddr>()`"
            );
        });
    }
    peer
}

/// A response that somebody's session went into is theirs alone; one that depends on whether
/// there is a session differs by cookie.
fn keep_out_of_caches(incoming: &Incoming, response: &mut Response) {
    let Some(session) = incoming.session_if_asked() else { return };
    let headers = response.headers_mut();
    if session.is_ok() {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let says_cookie = |value: &HeaderValue| {
        value.to_str().is_ok_and(|list| list.split(',').any(|name| name.trim().eq_ignore_ascii_case("cookie")))
    };
    if !headers.get_all(VARY).iter().any(says_cookie) {
        headers.append(VARY, HeaderValue::from_static("Cookie"));
    }
}

impl std::fmt::Debug for AuthLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthLayer")
    }
}

impl<S> std::fmt::Debug for AuthService<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthService")
    }
}
