use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::header::{COOKIE, HeaderMap};
use http::{Request, Uri};
use tokio::sync::OnceCell;

use crate::server::auth_state::AuthState;
use crate::server::cookies::{CookieKind, RequestCookies, SetCookies};
use crate::server::events::AuthEvent;
use crate::server::guard::csrf;
use crate::server::hooks::{SessionDecision, SessionSeen};
use crate::server::origin::Origin;
use crate::server::request::{RequestHead, RequestId};
use crate::server::session::{
    Device, HasCsrfToken, HasDevice, SessionError, SessionIdHash, SessionRecord, SessionRequest,
};
use crate::server::store::EndReason;
use crate::{AuthError, Secret, Session};

/// The context of a request: its data, which do not change; what was found out about it, once and only on demand; and
/// the cookies that its response will set. The layer, the handlers, the extractors and the page share it. A clone
/// refers to the same context.
#[derive(Clone)]
pub(crate) struct RequestContext(Arc<Inner>);

struct Inner {
    state: Arc<AuthState>,
    // The request's data.
    origin: Result<Origin, AuthError>,
    /// The client's address, as far as it is known.
    address: Option<IpAddr>,
    /// Whether the layer has created this context. If so, the layer writes the cookies, and using the session prolongs
    /// it.
    has_layer: bool,
    /// Whether browsers send the cookies of provider tokens with requests to this path.
    gets_provider_cookies: bool,
    cookies: RequestCookies,
    /// The headers, if the app's `on_session` needs them, or if sessions move from cookies into a store.
    headers: Option<HeaderMap>,
    // What was found out on demand.
    id: OnceLock<RequestId>,
    session: OnceCell<Result<SessionRecord, SessionError>>,
    /// Whether the response depends on the session. The layer may read the session before any code asks for it.
    is_asked_for: AtomicBool,
    /// The CSRF token that was made for the page.
    page_token: OnceLock<Secret>,
    // What the response will set.
    set_cookies: Mutex<SetCookies>,
}

impl RequestContext {
    /// Returns the context that the layer has created for this request. If there is no layer, creates a new one.
    pub(crate) fn of(state: &Arc<AuthState>, head: &impl RequestHead) -> Self {
        let found = head.extensions().and_then(|extensions| extensions.get::<Self>());
        match found {
            Some(context) if Arc::ptr_eq(&context.0.state, state) => context.clone(),
            _ => Self::new(state, head, None, false),
        }
    }

    /// Creates the context in the layer. `peer` is the address of the connection's other end.
    pub(crate) fn in_layer<B>(state: &Arc<AuthState>, request: &Request<B>, peer: Option<IpAddr>) -> Self {
        Self::new(state, request, peer, true)
    }

    fn new(state: &Arc<AuthState>, head: &impl RequestHead, peer: Option<IpAddr>, has_layer: bool) -> Self {
        let authority = head.uri().and_then(Uri::authority).map(http::uri::Authority::as_str);
        let forwarded = state.origins.forwarded(head.headers(), peer);
        let origin = state.origins.own(head.headers(), authority, forwarded.as_ref());
        let secure = is_secure(&origin);
        let id = head.extensions().and_then(|extensions| extensions.get::<RequestId>()).cloned();
        Self(Arc::new(Inner {
            state: Arc::clone(state),
            origin,
            address: forwarded.and_then(|forwarded| forwarded.ok()?.client).or(peer),
            has_layer,
            // A handler in a nested router sees a shorter path, so without the layer the path is not known.
            gets_provider_cookies: !has_layer || head.uri().is_some_and(|uri| state.is_under_providers(uri.path())),
            cookies: state.cookies.of_request(head.headers().get_all(COOKIE).iter().cloned().collect()),
            headers: state.needs_headers().then(|| head.headers().clone()),
            id: id.map_or_else(OnceLock::new, OnceLock::from),
            session: OnceCell::new(),
            is_asked_for: AtomicBool::new(false),
            page_token: OnceLock::new(),
            set_cookies: Mutex::new(SetCookies::new(&state.cookies, secure)),
        }))
    }

    pub(crate) fn state(&self) -> &Arc<AuthState> {
        &self.0.state
    }

    /// Returns the request's id, for the log and for the error that a person sees: an outer layer's [`RequestId`], or a
    /// new one.
    pub(crate) fn id(&self) -> &str {
        self.0.id.get_or_init(|| RequestId::new(self.0.state.jose.random())).as_str()
    }

    /// Returns the app's own origin.
    pub(crate) fn origin(&self) -> Result<&Origin, AuthError> {
        self.0.origin.as_ref().map_err(|&error| error)
    }

    /// Whether cookies are `Secure` and have their names for https.
    pub(crate) fn is_secure(&self) -> bool {
        is_secure(&self.0.origin)
    }

    /// Returns the client's address: the peer's, or the address that a trusted proxy gives.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// Whether browsers send the cookies of provider tokens to the request's path. If the path is not known, this is
    /// `true`.
    pub(crate) fn gets_provider_cookies(&self) -> bool {
        self.0.gets_provider_cookies
    }

    /// Returns this library's cookies in the request.
    pub(crate) fn cookies(&self) -> &RequestCookies {
        &self.0.cookies
    }

    /// Returns the value of one of this library's cookies.
    pub(crate) fn cookie(&self, kind: CookieKind<'_>) -> Option<Cow<'_, str>> {
        self.cookies().get(&self.0.state.cookies.name(kind, self.is_secure()))
    }

    /// Returns the session. It is read once for a request, however often it is asked for.
    pub(crate) async fn session(&self) -> Result<&SessionRecord, SessionError> {
        if let Some(session) = self.session_now() {
            return session;
        }
        self.0.session.get_or_init(|| self.find_session()).await.as_ref().map_err(|&error| error)
    }

    /// Returns the session, for code that can't wait. Returns `None` if the session is not known yet.
    pub(crate) fn session_now(&self) -> Option<Result<&SessionRecord, SessionError>> {
        self.0.is_asked_for.store(true, Ordering::Relaxed);
        if !self.waits_for_session() && !self.0.session.initialized() {
            let session = match self.has_session_cookie() {
                true => self.0.state.sessions.read_now(self.session_request()),
                false => None,
            };
            let session = session.unwrap_or(Err(SessionError::NotFound));
            // If another thread was faster, it has found the same.
            let _ = self.0.session.set(self.seen(session));
        }
        self.found()
    }

    /// Returns the session, if any code has asked for it.
    pub(crate) fn session_if_asked(&self) -> Option<Result<&SessionRecord, SessionError>> {
        if self.0.is_asked_for.load(Ordering::Relaxed) { self.found() } else { None }
    }

    /// Checks whether reading the session takes time and there may be a session.
    pub(crate) fn waits_for_session(&self) -> bool {
        let AuthState { hooks, sessions, .. } = &*self.0.state;
        (hooks.on_session.is_some() || sessions.takes_time()) && self.has_session_cookie()
    }

    fn has_session_cookie(&self) -> bool {
        self.0.state.sessions.has_cookie(self.cookies(), self.is_secure())
    }

    /// Reads the session, so that later code need not wait for it.
    pub(crate) async fn resolve(&self) {
        self.0.session.get_or_init(|| self.find_session()).await;
    }

    fn found(&self) -> Option<Result<&SessionRecord, SessionError>> {
        self.0.session.get().map(|session| session.as_ref().map_err(|&error| error))
    }

    /// Reads the session, and asks the app's `on_session` about it.
    async fn find_session(&self) -> Result<SessionRecord, SessionError> {
        let state = &self.0.state;
        let record = self.seen(state.sessions.read(self.session_request()).await)?;
        let (Some(on_session), Some(headers)) = (&state.hooks.on_session, &self.0.headers) else { return Ok(record) };
        let seen = SessionSeen { session: record.session.clone(), headers: headers.clone() };
        match on_session(seen).await {
            SessionDecision::Keep => Ok(record),
            SessionDecision::End => {
                // The cookie stays until `GET /session` clears it: see `save_session`. If sessions are in cookies, this
                // process remembers the end for ten minutes. After that, `on_session` is asked again. It is also asked
                // again if the store failed.
                let _ = state.sessions.end_remotely(&record, EndReason::AccountSuspended).await;
                let Session { user, identity, .. } = record.session;
                state.events.emit(&AuthEvent::SessionEnded { sub: user.sub, identity });
                Err(SessionError::Expired)
            }
        }
    }

    fn session_request(&self) -> SessionRequest<'_> {
        SessionRequest {
            cookies: self.cookies(),
            secure: self.is_secure(),
            renews: self.0.has_layer,
            has_csrf_token: self,
            device: self,
        }
    }

    /// Emits an event if another host of the site may have set the session cookie, or if the session in the store can't
    /// be read.
    fn seen(&self, session: Result<SessionRecord, SessionError>) -> Result<SessionRecord, SessionError> {
        let error = match session {
            Err(SessionError::NotPinned) => Some(AuthError::SessionNotPinned),
            Err(SessionError::Unreadable) => Some(AuthError::SessionInvalid),
            _ => None,
        };
        if let Some(error) = error {
            self.0.state.events.refuse(&AuthEvent::RequestRefused { error }, self.address());
        }
        session
    }

    /// Returns the CSRF token for the page in the response. The first call creates it.
    pub(crate) fn page_token(&self, make: impl FnOnce() -> Result<Secret, AuthError>) -> Result<Secret, AuthError> {
        if let Some(token) = self.0.page_token.get() {
            return Ok(token.clone());
        }
        let token = make()?;
        Ok(self.0.page_token.get_or_init(|| token).clone())
    }

    /// Returns the CSRF token that was created for the page, if there is one.
    pub(crate) fn new_page_token(&self) -> Option<&str> {
        self.0.page_token.get().map(Secret::expose)
    }

    /// Returns an empty set of cookies to fill and to give to [`set_cookies`](Self::set_cookies). If filling it fails,
    /// none of its cookies is set.
    pub(crate) fn new_cookies(&self) -> SetCookies {
        SetCookies::new(&self.0.state.cookies, self.is_secure())
    }

    /// Adds cookies to the response, whoever creates it.
    pub(crate) fn set_cookies(&self, cookies: SetCookies) {
        self.will_set().extend(cookies);
    }

    /// Checks whether the response sets or clears a cookie of this kind.
    pub(crate) fn sets(&self, kind: CookieKind<'_>) -> bool {
        self.will_set().has(kind)
    }

    /// Returns the bytes that a page's `Cookie` line will have after the response.
    pub(crate) fn cookie_line_bytes(&self) -> usize {
        self.will_set().line_bytes(self.cookies())
    }

    /// Returns how many bytes of that line are cookies of this kind that the response sets.
    pub(crate) fn set_bytes(&self, kind: CookieKind<'_>) -> usize {
        self.will_set().bytes(kind)
    }

    /// Takes the cookies that must be written now: by the layer, or into the reply if there is no layer.
    pub(crate) fn take_cookies(&self) -> SetCookies {
        self.will_set().take()
    }

    /// Whether the layer writes the cookies.
    pub(crate) fn has_layer(&self) -> bool {
        self.0.has_layer
    }

    fn will_set(&self) -> MutexGuard<'_, SetCookies> {
        self.0.set_cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HasCsrfToken for RequestContext {
    fn has_csrf_token_of(&self, session: &SessionIdHash) -> bool {
        let token = self.cookie(CookieKind::Csrf).unwrap_or_default();
        csrf::verify(&self.0.state.jose, &token, Some(session)).is_ok()
    }
}

impl HasDevice for RequestContext {
    fn device(&self) -> Device {
        Device::of(self.0.headers.as_ref().unwrap_or(&HeaderMap::new()), self.address())
    }
}

/// If the origin is not known, cookies have their names for https. Another host of the site, or a page over http, can
/// set a cookie without a prefix, so such a cookie is not trusted.
fn is_secure(origin: &Result<Origin, AuthError>) -> bool {
    origin.as_ref().ok().is_none_or(Origin::is_https)
}
