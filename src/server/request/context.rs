use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use http::header::{COOKIE, HeaderMap};
use http::request::Parts;
use http::{Extensions, Method, Request, Uri};
use tokio::sync::OnceCell;

use crate::server::auth::Shared;
use crate::server::cookies::Jar;
use crate::server::cookies::Kind;
use crate::server::events::AuthEvent;
use crate::server::guard::csrf;
use crate::server::hooks::{SessionDecision, SessionSeen};
use crate::server::origin::Origin;
use crate::server::session::{self, Binding, Since, StoredSession};
use crate::{AuthError, Session};

/// What the api needs of a request: its headers, and what else of it is at hand.
///
/// It is implemented for [`HeaderMap`], [`Parts`] and [`Request`].
pub trait RequestHead {
    /// The headers.
    fn headers(&self) -> &HeaderMap;

    /// The request's method, if it is at hand.
    fn method(&self) -> Option<&Method> {
        None
    }

    /// The request's URI; HTTP/2 has the host there.
    fn uri(&self) -> Option<&Uri> {
        None
    }

    /// The extensions; the layer leaves there what it has found out.
    fn extensions(&self) -> Option<&Extensions> {
        None
    }
}

impl RequestHead for HeaderMap {
    fn headers(&self) -> &HeaderMap {
        self
    }
}

impl RequestHead for Parts {
    fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn method(&self) -> Option<&Method> {
        Some(&self.method)
    }

    fn uri(&self) -> Option<&Uri> {
        Some(&self.uri)
    }

    fn extensions(&self) -> Option<&Extensions> {
        Some(&self.extensions)
    }
}

impl<B> RequestHead for Request<B> {
    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn method(&self) -> Option<&Method> {
        Some(self.method())
    }

    fn uri(&self) -> Option<&Uri> {
        Some(self.uri())
    }

    fn extensions(&self) -> Option<&Extensions> {
        Some(self.extensions())
    }
}

/// What is known of a request, each thing found out once and only when asked for. A clone shares
/// it: the layer, the handlers, the extractors and the page all hold one.
#[derive(Clone)]
pub(crate) struct Incoming(Arc<Inner>);

struct Inner {
    auth: Arc<Shared>,
    origin: Result<Origin, AuthError>,
    /// Who asks, as far as is known.
    address: Option<IpAddr>,
    /// Whether the layer will write the session's cookie, so that using the session prolongs it.
    renews: bool,
    /// Whether browsers send the cookies of provider tokens with requests to this path.
    gets_provider_cookies: bool,
    jar: Jar,
    /// The headers, where the app's `on_session` wants them.
    headers: Option<HeaderMap>,
    session: OnceCell<Result<StoredSession, AuthError>>,
    /// Whether the answer depends on the session: the layer looks at it before anybody asks.
    is_asked_for: AtomicBool,
    /// The CSRF token that was made for the page.
    page_token: OnceLock<String>,
}

impl Incoming {
    /// What the layer found out about this request, or a new beginning without the layer.
    pub(crate) fn of(auth: &Arc<Shared>, head: &impl RequestHead) -> Self {
        let found = head.extensions().and_then(|extensions| extensions.get::<Self>());
        match found {
            Some(incoming) if Arc::ptr_eq(&incoming.0.auth, auth) => incoming.clone(),
            _ => Self::new(auth, head, None, false),
        }
    }

    /// As the layer finds it, from whom it came.
    pub(crate) fn in_layer<B>(auth: &Arc<Shared>, request: &Request<B>, peer: Option<IpAddr>) -> Self {
        Self::new(auth, request, peer, true)
    }

    fn new(auth: &Arc<Shared>, head: &impl RequestHead, peer: Option<IpAddr>, renews: bool) -> Self {
        let authority = head.uri().and_then(Uri::authority).map(http::uri::Authority::as_str);
        let forwarded = auth.origins.forwarded(head.headers(), peer);
        Self(Arc::new(Inner {
            auth: Arc::clone(auth),
            origin: auth.origins.own(head.headers(), authority, forwarded.as_ref()),
            address: forwarded.and_then(|forwarded| forwarded.ok()?.client).or(peer),
            renews,
            // A nested router's handlers see a shorter path, so without the layer it is not known.
            gets_provider_cookies: !renews || head.uri().is_some_and(|uri| auth.is_under_providers(uri.path())),
            jar: auth.cookies.jar(head.headers().get_all(COOKIE).iter().cloned().collect()),
            headers: auth.hooks.on_session.is_some().then(|| head.headers().clone()),
            session: OnceCell::new(),
            is_asked_for: AtomicBool::new(false),
            page_token: OnceLock::new(),
        }))
    }

    /// The app's own origin.
    pub(crate) fn origin(&self) -> Result<&Origin, AuthError> {
        self.0.origin.as_ref().map_err(|&error| error)
    }

    /// Whether cookies are `Secure` and have the names that go with it. They are where the origin is not known
    /// too: a neighbour or a page over http can set a cookie without a prefix, so its name is not believed.
    pub(crate) fn is_secure(&self) -> bool {
        self.0.origin.as_ref().ok().is_none_or(Origin::is_https)
    }

    pub(crate) fn jar(&self) -> &Jar {
        &self.0.jar
    }

    /// The value of a cookie of ours.
    pub(crate) fn cookie(&self, kind: Kind<'_>) -> Option<std::borrow::Cow<'_, str>> {
        self.jar().get(&self.0.auth.cookies.name(kind, self.is_secure()))
    }

    /// Who is signed in. It is found out once for a request, however many ask.
    pub(crate) async fn session(&self) -> Result<&StoredSession, AuthError> {
        if let Some(session) = self.session_now() {
            return session;
        }
        self.resolve().await;
        self.session_now().unwrap_or(Err(AuthError::ServerError))
    }

    /// Who is signed in, for code that can't wait; none where the app's `on_session` has not decided yet.
    pub(crate) fn session_now(&self) -> Option<Result<&StoredSession, AuthError>> {
        self.0.is_asked_for.store(true, Ordering::Relaxed);
        if self.0.headers.is_none() && !self.0.session.initialized() {
            // Another thread can only have found the same.
            let _ = self.0.session.set(self.read());
        }
        self.found()
    }

    /// The session, if anything has asked for it.
    pub(crate) fn session_if_asked(&self) -> Option<Result<&StoredSession, AuthError>> {
        if self.0.is_asked_for.load(Ordering::Relaxed) { self.found() } else { None }
    }

    fn found(&self) -> Option<Result<&StoredSession, AuthError>> {
        self.0.session.get().map(|session| session.as_ref().map_err(|&error| error))
    }

    /// Whether finding the session out takes time, and there may be one.
    pub(crate) fn waits_for_session(&self) -> bool {
        let name = self.0.auth.cookies.name(Kind::Session, self.is_secure());
        self.0.headers.is_some() && self.jar().starting_with(&name).next().is_some()
    }

    /// Finds the session out, so that who asks later need not wait.
    pub(crate) async fn resolve(&self) {
        self.0.session.get_or_init(|| self.decide()).await;
    }

    /// Lets the app's `on_session` decide about the session.
    async fn decide(&self) -> Result<StoredSession, AuthError> {
        let auth = &self.0.auth;
        let stored = self.read()?;
        let (Some(on_session), Some(headers)) = (&auth.hooks.on_session, &self.0.headers) else { return Ok(stored) };
        let seen = SessionSeen { session: stored.session.clone(), headers: headers.clone() };
        match on_session(seen).await {
            SessionDecision::Keep => Ok(stored),
            SessionDecision::End => {
                auth.changes.ended(&stored.binding, auth.jose.now());
                let Session { user, identity, .. } = stored.session;
                auth.events.emit(&AuthEvent::SessionEnded { sub: user.sub, identity });
                Err(AuthError::SessionExpired)
            }
        }
    }

    /// The session of the request's cookies, unless it has ended.
    fn read(&self) -> Result<StoredSession, AuthError> {
        let auth = &self.0.auth;
        let now = auth.jose.now();
        let mut stored = self.open(now)?;
        // A response that was under way at the sign-out may have brought the cookie back.
        if self.ended_sessions().any(|ended| ended == stored.binding) {
            return Err(AuthError::SessionExpired);
        }
        match auth.changes.since(&stored, now) {
            Since::Nothing => {}
            Since::Ended => return Err(AuthError::SessionExpired),
            Since::Rewritten(newer) => {
                stored = *newer;
                stored.unsaved = true;
            }
        }
        if self.0.renews {
            stored.renew(&auth.session, now);
        }
        Ok(stored)
    }

    /// The session in the request's cookies. Another host of the site can set a session cookie of the same
    /// name, with a session of its own in it. The pin can be set by this host alone, so the session that it
    /// names is this host's, wherever it stands among the others.
    fn open(&self, now: i64) -> Result<StoredSession, AuthError> {
        let auth = &self.0.auth;
        let (sessions, refusal) = self.open_all(now)?;
        if !self.is_secure() {
            return self.session_of_csrf_token(sessions, refusal);
        }
        let found = !sessions.is_empty();
        let pins = self.jar().all(&auth.cookies.name(Kind::SessionPin, true));
        let session = match pins.as_deref() {
            Some([]) if auth.typescript_sessions => {
                let mut session = self.session_of_csrf_token(sessions, refusal)?;
                session.unsaved |= self.0.renews;
                return Ok(session);
            }
            Some([pin]) => sessions.into_iter().find(|session| session.binding.text() == **pin),
            _ => None,
        };
        session.ok_or_else(|| if found { self.not_pinned() } else { refusal })
    }

    /// Every session that the cookies hold, and what to say where there is none.
    fn open_all(&self, now: i64) -> Result<(Vec<StoredSession>, AuthError), AuthError> {
        let auth = &self.0.auth;
        let name = auth.cookies.name(Kind::Session, self.is_secure());
        let tokens = self.jar().all(&name).ok_or_else(|| self.not_pinned())?;
        let mut refusal = AuthError::SessionNotFound;
        let mut sessions = Vec::new();
        for token in &tokens {
            match session::open(&auth.jose, &auth.session, token, now) {
                Ok(session) => sessions.push(session),
                Err(error) => refusal = error,
            }
        }
        Ok((sessions, refusal))
    }

    /// Where there is no pin, the CSRF token's cookie decides between the sessions of two hosts.
    fn session_of_csrf_token(
        &self,
        mut sessions: Vec<StoredSession>,
        mut refusal: AuthError,
    ) -> Result<StoredSession, AuthError> {
        if sessions.iter().any(|session| session.binding != sessions[0].binding) {
            let csrf_token = self.cookie(Kind::Csrf).unwrap_or_default();
            let jose = &self.0.auth.jose;
            sessions.retain(|session| csrf::verify(jose, &csrf_token, Some(&session.binding)).is_ok());
            refusal = if sessions.is_empty() { self.not_pinned() } else { refusal };
        }
        sessions.into_iter().next().ok_or(refusal)
    }

    /// Another host of the site has set a session cookie, and nothing says which session is this host's.
    fn not_pinned(&self) -> AuthError {
        let error = AuthError::SessionNotPinned;
        self.0.auth.events.refuse(&AuthEvent::RequestRefused { error }, self.address());
        error
    }

    /// The sessions that this browser has ended, the last one first.
    pub(crate) fn ended_sessions(&self) -> impl Iterator<Item = Binding> {
        let ended = self.cookie(Kind::Ended).map(std::borrow::Cow::into_owned).unwrap_or_default();
        ended.split('.').filter_map(Binding::parse).collect::<Vec<_>>().into_iter()
    }

    /// Who asks: the peer, or whom a trusted proxy names.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// The CSRF token of the page that is the answer, made when it is first asked for.
    pub(crate) fn page_token(&self, make: impl FnOnce() -> Result<String, AuthError>) -> Result<String, AuthError> {
        if let Some(token) = self.0.page_token.get() {
            return Ok(token.clone());
        }
        let token = make()?;
        Ok(self.0.page_token.get_or_init(|| token).clone())
    }

    /// The CSRF token that was made for the page, if one was.
    pub(crate) fn new_page_token(&self) -> Option<&str> {
        self.0.page_token.get().map(String::as_str)
    }

    /// Whether the request's path is one that browsers send the cookies of provider tokens to, as far
    /// as is known.
    pub(crate) fn gets_provider_cookies(&self) -> bool {
        self.0.gets_provider_cookies
    }

    pub(crate) fn auth(&self) -> &Arc<Shared> {
        &self.0.auth
    }
}
