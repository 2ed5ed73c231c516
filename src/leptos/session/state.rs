use std::sync::{PoisonError, RwLock};

use leptos::prelude::*;
use time::OffsetDateTime;

use super::Seed;
use crate::{Session, User};

/// What a page knows of its session. Each facet has a trigger of its own, so that who reads the one
/// does not run for the others; a signal for each would be ten times the code in the browser.
pub(in crate::leptos) struct State {
    facts: RwLock<Facts>,
    facets: [ArcTrigger; FACETS],
    pub(super) base_path: String,
    pub(super) csrf_token: String,
    #[cfg(not(feature = "ssr"))]
    pub(in crate::leptos) store: super::super::browser::Store,
}

/// What can be read, and change, on its own.
#[derive(Clone, Copy)]
enum Facet {
    User,
    SignedIn,
    Expires,
    Status,
    Checking,
    Clock,
    Connected,
    Restored,
}

const FACETS: usize = Facet::Restored as usize + 1;

struct Facts {
    user: Option<User>,
    expires: Option<OffsetDateTime>,
    /// Whether the server has said yet.
    known: bool,
    /// Whether it could not be reached when it was last asked.
    stale: bool,
    /// Whether it is being asked.
    checking: bool,
    /// Its time, in seconds since 1970, as far as anybody has looked.
    now: i64,
    /// The providers whose tokens the session has.
    connected: Vec<String>,
    /// How often Back has brought this page out of the browser's memory.
    restored: u32,
}

impl State {
    pub(super) fn new(seed: Seed) -> Self {
        #[cfg(not(feature = "ssr"))]
        let store = super::super::browser::Store::new(&seed);
        let (user, expires) = match seed.session {
            Some(Session { user, expires }) => (Some(user), Some(expires)),
            None => (None, None),
        };
        let facts = Facts {
            user,
            expires,
            known: seed.known,
            stale: false,
            checking: false,
            now: seed.now,
            connected: seed.connected,
            restored: 0,
        };
        Self {
            facts: RwLock::new(facts),
            facets: std::array::from_fn(|_| ArcTrigger::new()),
            base_path: seed.base_path,
            csrf_token: seed.csrf_token,
            #[cfg(not(feature = "ssr"))]
            store,
        }
    }

    fn read<T>(&self, facet: Facet, read: impl FnOnce(&Facts) -> T) -> T {
        self.facets[facet as usize].track();
        read(&self.facts.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(in crate::leptos) fn user<T>(&self, read: impl FnOnce(Option<&User>) -> T) -> T {
        self.read(Facet::User, |facts| read(facts.user.as_ref()))
    }

    pub(in crate::leptos) fn is_signed_in(&self) -> bool {
        self.read(Facet::SignedIn, |facts| facts.user.is_some())
    }

    pub(in crate::leptos) fn expires(&self) -> Option<OffsetDateTime> {
        self.read(Facet::Expires, |facts| facts.expires)
    }

    pub(in crate::leptos) fn is_known(&self) -> bool {
        self.read(Facet::Status, |facts| facts.known)
    }

    pub(in crate::leptos) fn is_stale(&self) -> bool {
        self.read(Facet::Status, |facts| facts.stale)
    }

    pub(in crate::leptos) fn is_checking(&self) -> bool {
        self.read(Facet::Checking, |facts| facts.checking)
    }

    pub(super) fn now(&self) -> i64 {
        self.read(Facet::Clock, |facts| facts.now)
    }

    pub(in crate::leptos) fn is_connected(&self, provider: &str) -> bool {
        self.read(Facet::Connected, |facts| facts.connected.iter().any(|id| id == provider))
    }

    pub(in crate::leptos) fn restored(&self) -> u32 {
        self.read(Facet::Restored, |facts| facts.restored)
    }
}

#[cfg(not(feature = "ssr"))]
impl State {
    /// Changes a facet, and runs what has read it, if that is a change.
    fn write<T: PartialEq>(&self, facet: Facet, fact: impl FnOnce(&mut Facts) -> &mut T, value: T) -> bool {
        let changed = {
            let mut facts = self.facts.write().unwrap_or_else(PoisonError::into_inner);
            let fact = fact(&mut facts);
            let changed = *fact != value;
            *fact = value;
            changed
        };
        if changed {
            self.notify(facet);
        }
        changed
    }

    fn notify(&self, facet: Facet) {
        self.facets[facet as usize].notify();
    }

    pub(in crate::leptos) fn set_user(&self, user: Option<User>) -> bool {
        let (was, is) = (untrack(|| self.is_signed_in()), user.is_some());
        let changed = self.write(Facet::User, |facts| &mut facts.user, user);
        if was != is {
            self.notify(Facet::SignedIn);
        }
        changed
    }

    pub(in crate::leptos) fn set_expires(&self, expires: Option<OffsetDateTime>) -> bool {
        // A token's end is a whole second. To compare all of a time is more code than the rest of this.
        let second = |expires: Option<OffsetDateTime>| expires.map(OffsetDateTime::unix_timestamp);
        let changed = second(untrack(|| self.expires())) != second(expires);
        if changed {
            self.facts.write().unwrap_or_else(PoisonError::into_inner).expires = expires;
            self.notify(Facet::Expires);
        }
        changed
    }

    pub(in crate::leptos) fn set_known(&self) -> bool {
        self.write(Facet::Status, |facts| &mut facts.known, true)
    }

    pub(in crate::leptos) fn set_stale(&self, stale: bool) {
        self.write(Facet::Status, |facts| &mut facts.stale, stale);
    }

    pub(in crate::leptos) fn set_checking(&self, checking: bool) {
        self.write(Facet::Checking, |facts| &mut facts.checking, checking);
    }

    pub(in crate::leptos) fn set_now(&self, now: i64) {
        self.write(Facet::Clock, |facts| &mut facts.now, now);
    }

    pub(in crate::leptos) fn set_connected(&self, provider: &str, connected: bool) {
        if untrack(|| self.is_connected(provider)) == connected {
            return;
        }
        let mut facts = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        if connected {
            facts.connected.push(provider.to_owned());
        } else {
            facts.connected.retain(|id| id != provider);
        }
        drop(facts);
        self.notify(Facet::Connected);
    }

    /// Back has brought the page out of the browser's memory.
    pub(in crate::leptos) fn set_restored(&self) {
        let times = untrack(|| self.restored());
        self.write(Facet::Restored, |facts| &mut facts.restored, times + 1);
    }
}
