//! Sessions in a store: the cookie holds a random token, and the store holds the token's hash and the session.

mod active;
mod clean_up;
mod content;
mod device;
mod import;
mod session_cache;
mod session_token;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Map, Value};
use time::OffsetDateTime;

use self::clean_up::clean_up_regularly;
use self::content::Content;
pub(crate) use self::device::Device;
pub(crate) use self::import::Import;
use self::session_cache::SessionCache;
use self::session_token::{is_session_token, session_token};
use crate::server::cookies::{CookieKind, CookiePolicy, MAX_SESSION_PARTS, RequestCookies, SetCookies};
use crate::server::expiring_cache::ExpiringCache;
use crate::server::jose::{Jose, JoseError};
use crate::server::random::RandomError;
use crate::server::session::{SessionError, SessionIdHash, SessionRecord, SessionRequest, SessionRules};
use crate::server::store::{EndReason, SessionId, Store, StoreError, StoredSession, TokenHash};
use crate::{Identity, Secret, Session, User};

/// The time between two writes that a session was used, in seconds.
const TOUCH_SECONDS: i64 = 300;
/// The largest number of sessions of which this process remembers that it has written their use.
const MAX_TOUCHED: usize = 10_000;
/// How often a change is tried again with newer content, if other requests change the session at the same time.
const MAX_ATTEMPTS: usize = 5;
/// The longest identifier of a user or an account in a store, in bytes.
const MAX_KEY_BYTES: usize = 512;
/// How long rows of sessions stay after their end, in seconds: a day, so that people can look into what happened.
const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// Sessions that are in a store.
pub(crate) struct StoredSessions {
    store: Arc<dyn Store>,
    rules: Arc<SessionRules>,
    jose: Jose,
    cookies: Arc<CookiePolicy>,
    /// The most sessions of a user.
    max_sessions: Option<u32>,
    cache: Option<SessionCache>,
    import: Option<Import>,
    /// The sessions whose use this process has written.
    touched: Mutex<ExpiringCache<SessionId, ()>>,
    cleans_up: OnceLock<()>,
}

/// The settings of [`StoredSessions`].
#[derive(Default)]
pub(crate) struct StoreSettings {
    pub(crate) max_sessions: Option<u32>,
    /// How long a session that was read is used without another query, in seconds.
    pub(crate) cache_seconds: Option<i64>,
    pub(crate) import: Option<Import>,
}

/// What a session's record has of its row in the store.
#[derive(Clone, Debug)]
pub(super) struct Row {
    id: SessionId,
    token: Secret,
    /// The version that was read.
    version: i64,
    device: Option<String>,
    /// Members of the content that another release wrote.
    other: Map<String, Value>,
    /// Set if the use of the session must be written: until when it lives without another use.
    touch: Option<i64>,
}

impl StoredSessions {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        jose: &Jose,
        cookies: &Arc<CookiePolicy>,
        rules: &Arc<SessionRules>,
        settings: StoreSettings,
    ) -> Self {
        let StoreSettings { max_sessions, cache_seconds, import } = settings;
        Self {
            store,
            rules: Arc::clone(rules),
            jose: jose.clone(),
            cookies: Arc::clone(cookies),
            max_sessions,
            cache: cache_seconds.map(SessionCache::new),
            import,
            touched: Mutex::new(ExpiringCache::new(MAX_TOUCHED)),
            cleans_up: OnceLock::new(),
        }
    }

    /// Creates a session of `user`, who has signed in with the account `identity`. It is not in the store yet.
    pub(super) fn create(&self, user: User, identity: Option<Identity>) -> Result<SessionRecord, SessionError> {
        check_identifiers(&user, identity.as_ref())?;
        let random = self.jose.random();
        let no_randomness = |error: RandomError| SessionError::Seal(error.into());
        let id = SessionId::random(random).map_err(no_randomness)?;
        let token = session_token(random).map_err(no_randomness)?;
        let record = SessionRecord::new(id.to_string(), &self.rules, user, identity, self.jose.now());
        let row = Row { id, token, version: 0, device: None, other: Map::new(), touch: None };
        Ok(SessionRecord { row: Some(Box::new(row)), ..record.map_err(SessionError::Seal)? })
    }

    /// Writes a new session into the store. First ends the session that it replaces, so that it does not count towards
    /// the most sessions of the user, which would end the session of another browser.
    pub(super) async fn begin(
        &self,
        session: &SessionRecord,
        replaces: Option<&SessionRecord>,
        device: Device,
    ) -> Result<(), SessionError> {
        self.clean_up();
        let row = session.row.as_deref().ok_or(SessionError::NotFound)?;
        let user = &session.session.user;
        let token = TokenHash::of(row.token.expose());
        let mut stored = StoredSession::new(row.id, token, &user.sub, session.issued_at, session.expires_at());
        stored.identity.clone_from(&session.session.identity);
        stored.absolute_until = session.ends_at;
        stored.user_agent = device.user_agent;
        stored.address = device.address.map(|address| address.to_string());
        stored.content = Content::new(user.clone(), device.name, Map::new()).write()?;
        if let Some(replaced) = replaces {
            self.end(replaced, EndReason::UserLogout).await?;
        }
        self.store.create_session(&stored, self.max_sessions).await.map(drop).map_err(unavailable)
    }

    /// Checks whether a request has a cookie that can be a session's.
    pub(super) fn has_cookie(&self, cookies: &RequestCookies, secure: bool) -> bool {
        cookies.starting_with(&self.cookies.name(CookieKind::StoredSession, secure)).next().is_some()
            || self.current_import().is_some_and(|import| import.has_cookie(cookies, secure))
    }

    /// Reads the session of a request, unless it has ended.
    pub(super) async fn read(&self, request: SessionRequest<'_>) -> Result<SessionRecord, SessionError> {
        let name = self.cookies.name(CookieKind::StoredSession, request.secure);
        let tokens = request.cookies.all(&name).ok_or(SessionError::NotPinned)?;
        self.clean_up();
        let token = match tokens.as_slice() {
            [] => {
                return match self.current_import() {
                    Some(import) => self.import(import, request).await,
                    None => Err(SessionError::NotFound),
                };
            }
            [token] if is_session_token(token) => token,
            [_] => return Err(SessionError::Invalid(JoseError::Malformed)),
            // Over http, another port or another host of the site may have set one of them.
            _ => return Err(SessionError::NotPinned),
        };
        let hash = TokenHash::of(token);
        if let Some(cached) = self.cache.as_ref().and_then(|cache| cache.get(&hash, self.jose.now())) {
            return self.record(cached, token, request.renews);
        }
        let stored = self.store.session(&hash).await.map_err(unavailable)?;
        // Rows of ended sessions are deleted after a while.
        let stored = stored.ok_or(SessionError::Expired)?;
        if let Some(cache) = &self.cache {
            cache.put(&stored, self.jose.now());
        }
        self.record(stored, token, request.renews)
    }

    /// Starts the regular clean-up, unless it runs already.
    fn clean_up(&self) {
        self.cleans_up.get_or_init(|| {
            let kept_seconds = if self.import.is_some() { import::KEPT_SECONDS } else { KEPT_SECONDS };
            clean_up_regularly(&self.store, self.jose.clone(), kept_seconds);
        });
    }

    /// Forgets what this process has read of all sessions.
    fn forget_all(&self) {
        if let Some(cache) = &self.cache {
            cache.clear();
        }
    }

    /// Forgets what this process has read of a session that it changes or ends.
    fn forget(&self, row: &Row) {
        if let Some(cache) = &self.cache {
            cache.remove(&TokenHash::of(row.token.expose()));
        }
    }

    fn record(&self, stored: StoredSession, token: &str, renews: bool) -> Result<SessionRecord, SessionError> {
        let now = self.jose.now();
        if !stored.is_alive(now) {
            return Err(SessionError::Expired);
        }
        let Content { user, device, other, .. } = Content::read(&stored.content)?;
        let expires_at = stored.lives_until();
        let is_due = renews && now - stored.last_seen_at >= self.touch_seconds();
        let prolonged = if is_due { self.rules.prolonged(now, expires_at, stored.absolute_until) } else { None };
        let expires = OffsetDateTime::from_unix_timestamp(prolonged.unwrap_or(expires_at));
        let id = stored.id.to_string();
        Ok(SessionRecord {
            session: Session {
                user,
                expires: expires.map_err(|_| SessionError::Unreadable)?,
                identity: stored.identity,
            },
            id_hash: SessionIdHash::of(&id),
            provider_tokens: stored.providers.into_iter().map(|provider| (provider, 0)).collect(),
            version: 0,
            id,
            issued_at: stored.created_at,
            ends_at: stored.absolute_until,
            dirty: prolonged.is_some(),
            row: Some(Box::new(Row {
                id: stored.id,
                token: token.into(),
                version: stored.version,
                device,
                other,
                touch: is_due.then(|| prolonged.unwrap_or(stored.idle_until)),
            })),
        })
    }

    /// Changes a session's content in the store.
    pub(super) async fn change<E: From<SessionError>>(
        &self,
        session: &SessionRecord,
        mut change: impl FnMut(&mut SessionRecord) -> Result<(), E>,
    ) -> Result<SessionRecord, E> {
        let mut newest = session.clone();
        for _ in 0..MAX_ATTEMPTS {
            let mut changed = SessionRecord { dirty: true, ..newest.clone() };
            change(&mut changed)?;
            let row = changed.row.as_deref_mut().ok_or(SessionError::NotFound)?;
            let content = Content::new(changed.session.user.clone(), row.device.clone(), row.other.clone()).write()?;
            let idle_until = changed.session.expires.unix_timestamp();
            let update = self.store.update_session(row.id, row.version, &content, idle_until, changed.ends_at);
            let is_written = update.await.map_err(unavailable)?;
            self.forget(row);
            if is_written {
                row.version += 1;
                return Ok(changed);
            }
            let token = row.token.clone();
            let stored = self.store.session(&TokenHash::of(token.expose())).await.map_err(unavailable)?;
            newest = self.record(stored.ok_or(SessionError::Expired)?, token.expose(), false)?;
        }
        Err(SessionError::Conflict.into())
    }

    /// Sets the cookie of a session, and clears the cookies of a session that is sealed in cookies.
    pub(super) fn set(
        &self,
        cookies: &mut SetCookies,
        brought: &RequestCookies,
        session: &SessionRecord,
        secure: bool,
    ) -> Result<(), SessionError> {
        let row = session.row.as_deref().ok_or(SessionError::NotFound)?;
        let seconds = session.expires_at() - self.jose.now();
        self.clear_sealed(cookies, brought, secure)?;
        cookies.set(CookieKind::StoredSession, row.token.expose(), seconds, 0)?;
        Ok(())
    }

    pub(super) fn clear(
        &self,
        cookies: &mut SetCookies,
        brought: &RequestCookies,
        secure: bool,
    ) -> Result<(), SessionError> {
        self.clear_sealed(cookies, brought, secure)?;
        Ok(cookies.clear(CookieKind::StoredSession, 0)?)
    }

    /// Clears the cookies of a session that is sealed in cookies, if the request has any. The app may have used such
    /// sessions before.
    fn clear_sealed(
        &self,
        cookies: &mut SetCookies,
        brought: &RequestCookies,
        secure: bool,
    ) -> Result<(), SessionError> {
        for (kind, parts) in
            [(CookieKind::Session, MAX_SESSION_PARTS), (CookieKind::SessionPin, 0), (CookieKind::Ended, 0)]
        {
            if brought.starting_with(&self.cookies.name(kind, secure)).next().is_some() {
                cookies.clear(kind, parts)?;
            }
        }
        Ok(())
    }

    /// Ends a session. If it has ended already, nothing changes.
    pub(super) async fn end(&self, session: &SessionRecord, reason: EndReason) -> Result<(), SessionError> {
        let row = session.row.as_deref().ok_or(SessionError::NotFound)?;
        let ended = self.store.end_session(row.id, reason, self.jose.now()).await;
        self.forget(row);
        ended.map(drop).map_err(unavailable)
    }

    /// Writes that a session was used, if that is due, and returns whether it is. This runs in its own task, so no
    /// response waits for it. If the session has ended meanwhile, nothing changes.
    pub(super) fn touch(&self, session: &SessionRecord) -> bool {
        let Some(Row { id, touch: Some(idle_until), .. }) = session.row.as_deref() else { return false };
        let (id, idle_until, now) = (*id, *idle_until, self.jose.now());
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        if touched.get(&id, now).is_some() {
            return false;
        }
        touched.put(id, (), now + self.touch_seconds());
        drop(touched);
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            if let Err(error) = store.touch_session(id, now, idle_until).await {
                tracing::warn!(%error, "the use of a session could not be written");
            }
        });
        true
    }

    /// Returns the seconds between two writes of a session's use. A short session is prolonged more often.
    fn touch_seconds(&self) -> i64 {
        TOUCH_SECONDS.min(self.rules.max_age_seconds() / 4)
    }
}

impl SessionRecord {
    /// Returns the id of the session's row, if it is in a store.
    pub(crate) fn stored_id(&self) -> Option<SessionId> {
        self.row.as_deref().map(|row| row.id)
    }
}

/// Checks that a store can keep the identifiers.
fn check_identifiers(user: &User, identity: Option<&Identity>) -> Result<(), SessionError> {
    let keys = identity.into_iter().flat_map(|identity| [&identity.provider, &identity.subject]).chain([&user.sub]);
    let is_storable = |key: &String| key.len() <= MAX_KEY_BYTES && !key.contains('\0');
    if keys.into_iter().all(is_storable) { Ok(()) } else { Err(SessionError::Identifier) }
}

/// Logs why the store failed.
#[expect(clippy::needless_pass_by_value, reason = "the argument of `map_err`")]
fn unavailable(error: StoreError) -> SessionError {
    tracing::error!(%error, "the session store failed");
    SessionError::StoreUnavailable
}
