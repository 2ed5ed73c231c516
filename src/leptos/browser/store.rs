use std::cell::Cell;
use std::rc::Rc;

use async_lock::Mutex;
use leptos::prelude::*;

use super::super::SessionHandle;
use super::super::session::Seed;
use super::channel::Channel;
use super::navigation::Navigation;
use super::request::session_of;
use super::{channel, is_hidden, now, spawn};
use crate::Session;

/// What the page remembers of its session beside what it shows.
pub(in crate::leptos) struct Store {
    /// The last CSRF token. It is good for as long as the session is the same.
    pub(super) csrf_token: Cell<Option<String>>,
    /// What changes the session is sent one by one, so that the answers are in order.
    pub(in crate::leptos) turn: Rc<Mutex<()>>,
    pub(super) channel: Cell<Option<Channel>>,
    /// Whether the page's own session can be trusted to be the present one.
    pub(super) is_current: bool,
    /// The time, in milliseconds since 1970, at which what is known was so for certain. A request
    /// says how things are at some time after it was sent, so that is its answer's time; what changes
    /// the session says how things are when its answer comes. What is older than what is known is
    /// not news.
    pub(super) known_at: Cell<f64>,
    /// How often it has become somebody else's, or nobody's.
    pub(in crate::leptos) person: Cell<u32>,
    /// When the server was last asked.
    pub(super) asked_at: Cell<f64>,
    /// Whether to ask once more: since the question that is under way was sent, something happened.
    pub(super) ask_again: Cell<bool>,
    /// When a request that was refused with 401 last made the page ask.
    pub(super) refused_at: Cell<f64>,
    /// Held while the server is being asked.
    asking: Rc<Mutex<()>>,
    /// Whether there was a session that ended while the page was open.
    pub(super) ended: Cell<bool>,
    /// By how many milliseconds the server's clock is ahead.
    pub(super) clock_ahead: f64,
    pub(super) timer: Cell<Option<TimeoutHandle>>,
}

impl Store {
    pub(in crate::leptos) fn new(seed: &Seed) -> Self {
        let navigation = Navigation::current();
        let is_current = seed.known && navigation.is_fresh;
        let token = Some(seed.csrf_token.clone()).filter(|token| !token.is_empty());
        #[expect(clippy::cast_precision_loss, reason = "seconds of this millennium")]
        let clock_ahead = if seed.known { seed.now as f64 * 1000.0 - navigation.answered_at } else { 0.0 };
        Self {
            csrf_token: Cell::new(token),
            turn: Rc::default(),
            channel: Cell::default(),
            is_current,
            known_at: Cell::new(if is_current { navigation.asked_at } else { 0.0 }),
            asked_at: Cell::new(if is_current { navigation.asked_at } else { 0.0 }),
            person: Cell::new(0),
            ask_again: Cell::new(false),
            refused_at: Cell::new(0.0),
            asking: Rc::default(),
            ended: Cell::new(false),
            clock_ahead,
            timer: Cell::new(None),
        }
    }
}

/// Asks the server who is signed in, once at a time; a hidden page waits until it can be seen.
pub(in crate::leptos) fn check(session: SessionHandle) {
    session.with(|state| state.store.ask_again.set(true));
    if !is_hidden() && !untrack(|| session.pending()) {
        spawn(Box::pin(ask(session)));
    }
}

/// As [`check`], until the answer is there.
pub(in crate::leptos) async fn check_now(session: SessionHandle) {
    session.with(|state| state.store.ask_again.set(true));
    ask(session).await;
}

async fn ask(session: SessionHandle) {
    let asking = session.with(|state| Rc::clone(&state.store.asking));
    let _turn = asking.lock().await;
    session.with(|state| state.set_checking(true));
    while !is_hidden() && session.with(|state| state.store.ask_again.replace(false)) {
        let asked_at = now();
        session.with(|state| state.store.asked_at.set(asked_at));
        let answer = session_of(session).await;
        let reached = answer.is_ok();
        if let Ok(found) = answer
            && learn(session, found, asked_at)
        {
            channel::tell(session, false);
        }
        session.with(|state| state.set_stale(!reached && untrack(|| state.is_known())));
        if !reached {
            // It is asked again as soon as it may be, and not when the next look would have been.
            super::wake::tick(session);
        }
    }
    session.with(|state| state.set_checking(false));
}

/// Takes a session, or that there is none, as it was at a time, unless something newer is known;
/// whether that changed anything.
pub(super) fn learn(session: SessionHandle, found: Option<Session>, at: f64) -> bool {
    let changed = session.with(|state| {
        let store = &state.store;
        if at < store.known_at.get() {
            return false;
        }
        store.known_at.set(at);
        let (user, expires) = found.map_or((None, None), |found| (Some(found.user), Some(found.expires)));
        let (was_there, is_same) = untrack(|| {
            state.user(|before| (before.is_some(), before.map(|user| &user.sub) == user.as_ref().map(|user| &user.sub)))
        });
        if !is_same {
            // The kept one is another session's.
            store.csrf_token.take();
            store.person.update(|times| times + 1);
        }
        store.ended.set(was_there && user.is_none());
        // All of them, whichever changes.
        [state.set_known(), state.set_user(user), state.set_expires(expires)].contains(&true)
    });
    super::wake::tick(session);
    changed
}

/// Takes the session that the answer to a change has just brought, and tells the other tabs.
pub(in crate::leptos) fn learned(session: SessionHandle, found: &Session) {
    learn(session, Some(found.clone()), now());
    channel::tell(session, false);
}

/// Tells the other tabs that this one has signed out. It is about to load a page anew itself.
pub(in crate::leptos) fn ended(session: SessionHandle) {
    session.with(|state| {
        state.store.known_at.set(now());
        channel::send(&state.store, None, false);
    });
}

impl SessionHandle {
    /// Whether there was a session when this page was opened, and is none any more.
    pub(in crate::leptos) fn has_ended(&self) -> bool {
        self.with(|state| state.store.ended.get())
    }
}
