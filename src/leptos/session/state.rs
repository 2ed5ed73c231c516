use std::sync::{PoisonError, RwLock};

use leptos::prelude::*;
use time::OffsetDateTime;

use super::Seed;
use crate::{Session, User};

/// What a page knows of its session. Each facet has a trigger of its own, so that who reads the one
/// does not run for the others; a signal for each would be ten times the code in the browser.
pub(in crate::leptos) struct State {
    facts: RwLock<Facts>,
    user: ArcTrigger,
    expires: ArcTrigger,
    status: ArcTrigger,
    checking: ArcTrigger,
    clock: ArcTrigger,
    connected: ArcTrigger,
    restored: ArcTrigger,
    pub(super) base_path: String,
    pub(super) csrf_token: String,
    #[cfg(not(feature = "ssr"))]
    pub(in crate::leptos) store: super::super::browser::Store,
}

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
            user: ArcTrigger::new(),
            expires: ArcTrigger::new(),
            status: ArcTrigger::new(),
            checking: ArcTrigger::new(),
            clock: ArcTrigger::new(),
            connected: ArcTrigger::new(),
            restored: ArcTrigger::new(),
            base_path: seed.base_path,
            csrf_token: seed.csrf_token,
            #[cfg(not(feature = "ssr"))]
            store,
        }
    }

    fn read<T>(&self, trigger: &ArcTrigger, read: impl FnOnce(&Facts) -> T) -> T {
        trigger.track();
        read(&self.facts.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(in crate::leptos) fn user<T>(&self, read: impl FnOnce(Option<&User>) -> T) -> T {
        self.read(&self.user, |facts| read(facts.user.as_ref()))
    }

    pub(in crate::leptos) fn expires(&self) -> Option<OffsetDateTime> {
        self.read(&self.expires, |facts| facts.expires)
    }

    pub(in crate::leptos) fn is_known(&self) -> bool {
        self.read(&self.status, |facts| facts.known)
    }

    pub(in crate::leptos) fn is_stale(&self) -> bool {
        self.read(&self.status, |facts| facts.stale)
    }

    pub(in crate::leptos) fn is_checking(&self) -> bool {
        self.read(&self.checking, |facts| facts.checking)
    }

    pub(super) fn now(&self) -> i64 {
        self.read(&self.clock, |facts| facts.now)
    }

    pub(in crate::leptos) fn is_connected(&self, provider: &str) -> bool {
        self.read(&self.connected, |facts| facts.connected.iter().any(|id| id == provider))
    }

    pub(in crate::leptos) fn restored(&self) -> u32 {
        self.read(&self.restored, |facts| facts.restored)
    }
}

#[cfg(not(feature = "ssr"))]
impl State {
    /// Changes a facet, and runs what has read it, if that is a change.
    fn write<T: PartialEq>(&self, trigger: &ArcTrigger, facet: impl FnOnce(&mut Facts) -> &mut T, value: T) -> bool {
        let changed = {
            let mut facts = self.facts.write().unwrap_or_else(PoisonError::into_inner);
            let facet = facet(&mut facts);
            let changed = *facet != value;
            *facet = value;
            changed
        };
        if changed {
            trigger.notify();
        }
        changed
    }

    pub(in crate::leptos) fn set_user(&self, user: Option<User>) -> bool {
        self.write(&self.user, |facts| &mut facts.user, user)
    }

    pub(in crate::leptos) fn set_expires(&self, expires: Option<OffsetDateTime>) -> bool {
        self.write(&self.expires, |facts| &mut facts.expires, expires)
    }

    pub(in crate::leptos) fn set_known(&self) -> bool {
        self.write(&self.status, |facts| &mut facts.known, true)
    }

    pub(in crate::leptos) fn set_stale(&self, stale: bool) {
        self.write(&self.status, |facts| &mut facts.stale, stale);
    }

    pub(in crate::leptos) fn set_checking(&self, checking: bool) {
        self.write(&self.checking, |facts| &mut facts.checking, checking);
    }

    pub(in crate::leptos) fn set_now(&self, now: i64) {
        self.write(&self.clock, |facts| &mut facts.now, now);
    }

    pub(in crate::leptos) fn set_connected(&self, provider: &str, connected: bool) {
        let mut ids = untrack(|| self.read(&self.connected, |facts| facts.connected.clone()));
        ids.retain(|id| id != provider);
        if connected {
            ids.push(provider.to_owned());
        }
        self.write(&self.connected, |facts| &mut facts.connected, ids);
    }

    /// Back has brought the page out of the browser's memory.
    pub(in crate::leptos) fn set_restored(&self) {
        let times = untrack(|| self.restored());
        self.write(&self.restored, |facts| &mut facts.restored, times + 1);
    }
}
