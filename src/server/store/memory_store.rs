use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::server::gcra::Gcra;
use crate::server::store::{
    EndReason, SessionId, Store, StoreError, StoreFuture, StoredSession, StoredTokens, TokenHash,
};
use crate::{RateLimit, RateLimitState};

/// A [`Store`] in the memory of the process, for tests and for apps with one process. When the process ends, everybody is
/// signed out. Clones share their content. It has no limit in size; [`delete_expired`](Store::delete_expired) removes what is no longer needed.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use aura_auth::store::{EndReason, MemoryStore, SessionId, Store, StoredSession, TokenHash};
///
/// let store = MemoryStore::default();
/// let token = TokenHash::of("the cookie's token");
/// let session = StoredSession::new(SessionId::from_bytes([7; 16]), token, "{a54f16da}", 1_000, 4_600);
/// assert!(store.create_session(&session, None).await?);
/// assert!(store.end_session(session.id, EndReason::UserLogout, 2_000).await?);
/// assert!(!store.touch_session(session.id, 2_001, 5_601).await?, "nothing brings a session back");
/// # Ok::<(), aura_auth::store::StoreError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    sessions: HashMap<SessionId, Row>,
    ids: HashMap<TokenHash, SessionId>,
    imported: HashMap<TokenHash, SessionId>,
    values: HashMap<String, Expiring<Vec<u8>>>,
    leases: HashMap<String, Expiring<String>>,
    limits: HashMap<String, i64>,
}

struct Row {
    session: StoredSession,
    /// By provider. Deleted tokens are `None`, so that no version is used twice.
    tokens: BTreeMap<String, (Option<Vec<u8>>, i64)>,
}

struct Expiring<T> {
    value: T,
    expires_at: i64,
}

impl Row {
    fn to_stored(&self) -> StoredSession {
        let with_tokens = self.tokens.iter().filter(|(_, (sealed, _))| sealed.is_some());
        let providers = with_tokens.map(|(provider, _)| provider.clone()).collect();
        StoredSession { providers, ..self.session.clone() }
    }

    fn end(&mut self, reason: EndReason, now: i64) {
        self.session.ended = Some((now, reason));
        self.tokens.clear();
    }
}

impl Content {
    /// Returns the row of a session that has not ended.
    fn current(&mut self, id: SessionId) -> Option<&mut Row> {
        self.sessions.get_mut(&id).filter(|row| row.session.ended.is_none())
    }

    fn create_session(&mut self, session: &StoredSession, max_sessions: Option<u32>) -> Result<bool, StoreError> {
        if session.imported_from.is_some_and(|from| self.imported.contains_key(&from)) {
            return Ok(false);
        }
        if self.sessions.contains_key(&session.id) || self.ids.contains_key(&session.token) {
            return Err(StoreError::new("there is a session with this id or token"));
        }
        if let Some(max_sessions) = max_sessions {
            let now = session.last_seen_at;
            let of_user = self.sessions.values_mut().filter(|row| row.session.user == session.user);
            let mut alive: Vec<_> = of_user.filter(|row| row.session.is_alive(now)).collect();
            alive.sort_by_key(|row| std::cmp::Reverse((row.session.created_at, row.session.id.to_bytes())));
            let others = usize::try_from(max_sessions.saturating_sub(1)).unwrap_or(usize::MAX);
            for row in alive.into_iter().skip(others) {
                row.end(EndReason::MaxSessionsExceeded, now);
            }
        }
        self.ids.insert(session.token, session.id);
        if let Some(from) = session.imported_from {
            self.imported.insert(from, session.id);
        }
        self.sessions.insert(session.id, Row { session: session.clone(), tokens: BTreeMap::new() });
        Ok(true)
    }

    fn delete_expired(&mut self, now: i64, ended_before: i64, limit: usize) -> usize {
        let ended = self.sessions.values().map(|row| &row.session).filter(|row| row.lives_until() < ended_before);
        let ended: Vec<_> = ended.take(limit).map(|row| (row.id, row.token, row.imported_from)).collect();
        for (id, token, imported_from) in &ended {
            self.sessions.remove(id);
            self.ids.remove(token);
            imported_from.and_then(|from| self.imported.remove(&from));
        }
        let now_milliseconds = now.saturating_mul(1000);
        ended.len()
            + remove_first(&mut self.values, limit, |value| value.expires_at < now)
            + remove_first(&mut self.leases, limit, |lease| lease.expires_at < now)
            + remove_first(&mut self.limits, limit, |resets_at| *resets_at < now_milliseconds)
    }
}

/// Removes at most `limit` entries, and returns how many.
fn remove_first<T>(entries: &mut HashMap<String, T>, limit: usize, is_expired: impl Fn(&T) -> bool) -> usize {
    let expired = entries.iter().filter(|(_, value)| is_expired(value));
    let expired: Vec<_> = expired.take(limit).map(|(key, _)| key.clone()).collect();
    for key in &expired {
        entries.remove(key);
    }
    expired.len()
}

impl MemoryStore {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn create_session<'a>(&'a self, session: &'a StoredSession, max_sessions: Option<u32>) -> StoreFuture<'a, bool> {
        StoreFuture::new(async move { self.content().create_session(session, max_sessions) })
    }

    fn session<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<StoredSession>> {
        StoreFuture::new(async move {
            let content = self.content();
            Ok(content.ids.get(token).and_then(|id| content.sessions.get(id)).map(Row::to_stored))
        })
    }

    fn sessions_of<'a>(&'a self, user: &'a str, now: i64) -> StoreFuture<'a, Vec<StoredSession>> {
        StoreFuture::new(async move {
            let content = self.content();
            let of_user = content.sessions.values().filter(|row| row.session.user == user);
            let mut alive: Vec<_> = of_user.filter(|row| row.session.is_alive(now)).map(Row::to_stored).collect();
            alive.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.id.to_bytes())));
            Ok(alive)
        })
    }

    fn touch_session(&self, id: SessionId, last_seen_at: i64, idle_until: i64) -> StoreFuture<'_, bool> {
        StoreFuture::new(async move {
            let mut content = self.content();
            let row = content.sessions.get_mut(&id).filter(|row| row.session.is_alive(last_seen_at));
            let Some(Row { session, .. }) = row else { return Ok(false) };
            session.last_seen_at = last_seen_at;
            session.idle_until = idle_until;
            Ok(true)
        })
    }

    fn update_session<'a>(
        &'a self,
        id: SessionId,
        version: i64,
        new_content: &'a str,
        idle_until: i64,
        absolute_until: Option<i64>,
    ) -> StoreFuture<'a, bool> {
        StoreFuture::new(async move {
            let mut content = self.content();
            let row = content.current(id).filter(|row| row.session.version == version);
            let Some(Row { session, .. }) = row else { return Ok(false) };
            new_content.clone_into(&mut session.content);
            session.idle_until = idle_until;
            session.absolute_until = absolute_until;
            session.version += 1;
            Ok(true)
        })
    }

    fn end_session(&self, id: SessionId, reason: EndReason, now: i64) -> StoreFuture<'_, bool> {
        StoreFuture::new(async move { Ok(self.content().current(id).map(|row| row.end(reason, now)).is_some()) })
    }

    fn end_sessions_of<'a>(
        &'a self,
        user: &'a str,
        except: Option<SessionId>,
        reason: EndReason,
        now: i64,
    ) -> StoreFuture<'a, u64> {
        StoreFuture::new(async move {
            let mut content = self.content();
            let of_user = content.sessions.values_mut().filter(|row| row.session.user == user);
            let mut count = 0;
            for row in of_user.filter(|row| row.session.ended.is_none() && Some(row.session.id) != except) {
                row.end(reason, now);
                count += 1;
            }
            Ok(count)
        })
    }

    fn tokens<'a>(&'a self, session: SessionId, provider: &'a str) -> StoreFuture<'a, Option<StoredTokens>> {
        StoreFuture::new(async move {
            let content = self.content();
            let tokens = content.sessions.get(&session).and_then(|row| row.tokens.get(provider));
            Ok(tokens.and_then(|(sealed, version)| Some(StoredTokens::new(sealed.clone()?, *version))))
        })
    }

    fn put_tokens<'a>(
        &'a self,
        session: SessionId,
        provider: &'a str,
        sealed: &'a [u8],
        version: Option<i64>,
    ) -> StoreFuture<'a, Option<i64>> {
        StoreFuture::new(async move {
            let mut content = self.content();
            let Some(Row { tokens, .. }) = content.current(session) else { return Ok(None) };
            let stored = tokens.get(provider);
            let current = stored.and_then(|(sealed, version)| sealed.as_ref().map(|_| *version));
            if version.is_some() && version != current {
                return Ok(None);
            }
            let new = stored.map_or(0, |(_, version)| *version) + 1;
            tokens.insert(provider.to_owned(), (Some(sealed.to_vec()), new));
            Ok(Some(new))
        })
    }

    fn delete_tokens<'a>(&'a self, session: SessionId, provider: &'a str) -> StoreFuture<'a, bool> {
        StoreFuture::new(async move {
            let mut content = self.content();
            let tokens = content.sessions.get_mut(&session).and_then(|row| row.tokens.get_mut(provider));
            let Some((sealed @ Some(_), version)) = tokens else { return Ok(false) };
            *sealed = None;
            *version += 1;
            Ok(true)
        })
    }

    fn put_value<'a>(&'a self, key: &'a str, value: &'a [u8], expires_at: i64) -> StoreFuture<'a, ()> {
        StoreFuture::new(async move {
            self.content().values.insert(key.to_owned(), Expiring { value: value.to_vec(), expires_at });
            Ok(())
        })
    }

    fn take_value<'a>(&'a self, key: &'a str, now: i64) -> StoreFuture<'a, Option<Vec<u8>>> {
        StoreFuture::new(async move {
            let taken = self.content().values.remove(key);
            Ok(taken.filter(|taken| taken.expires_at > now).map(|taken| taken.value))
        })
    }

    fn take_lease<'a>(&'a self, name: &'a str, owner: &'a str, now: i64, until: i64) -> StoreFuture<'a, bool> {
        StoreFuture::new(async move {
            let mut content = self.content();
            if content.leases.get(name).is_some_and(|lease| lease.value != owner && lease.expires_at > now) {
                return Ok(false);
            }
            content.leases.insert(name.to_owned(), Expiring { value: owner.to_owned(), expires_at: until });
            Ok(true)
        })
    }

    fn release_lease<'a>(&'a self, name: &'a str, owner: &'a str) -> StoreFuture<'a, ()> {
        StoreFuture::new(async move {
            let mut content = self.content();
            if content.leases.get(name).is_some_and(|lease| lease.value == owner) {
                content.leases.remove(name);
            }
            Ok(())
        })
    }

    fn count<'a>(&'a self, key: &'a str, limit: RateLimit, now: i64) -> StoreFuture<'a, RateLimitState> {
        StoreFuture::new(async move {
            let request = Gcra::shared(limit, now);
            let mut content = self.content();
            let stored = content.limits.get(key).copied();
            let Some(after) = request.after(stored) else { return Ok(request.refused(stored)) };
            content.limits.insert(key.to_owned(), after);
            Ok(request.allowed(after))
        })
    }

    fn delete_expired(&self, now: i64, ended_before: i64, limit: u32) -> StoreFuture<'_, u64> {
        StoreFuture::new(async move {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let deleted = self.content().delete_expired(now, ended_before, limit);
            Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
        })
    }

    fn check(&self) -> StoreFuture<'_, ()> {
        StoreFuture::new(async { Ok(()) })
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryStore")
    }
}
