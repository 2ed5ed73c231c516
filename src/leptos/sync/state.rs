use std::time::Duration;

use crate::Session;
use crate::leptos::sync::message::{News, TabMessage};

/// The minimum time, in milliseconds, between two requests that the page sends without the user's action.
const MIN_INTERVAL: f64 = 30_000.0;
/// How often, in milliseconds, a visible page checks the clock. A single timer until the end of the session would not
/// advance while the computer sleeps.
const CLOCK_INTERVAL: f64 = 60_000.0;
/// The same interval, in milliseconds, in the last two minutes of a session.
const LAST_MINUTES_INTERVAL: f64 = 1_000.0;

/// How the page was loaded. All times in this file are milliseconds since 1970, measured by the browser's clock. All
/// tabs of a browser share this clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    /// Whether the server rendered the page for a request.
    pub(super) known: bool,
    /// Whether the page is the response to this navigation, and not an old response from the cache.
    pub(super) is_fresh: bool,
    /// When the browser requested the page.
    pub(super) asked_at: f64,
    /// When the first byte of the response arrived.
    pub(super) answered_at: f64,
    /// The server's time when it rendered the page.
    pub(super) server_time: f64,
    /// Whether the page is in the background.
    pub(super) hidden: bool,
}

/// An event in the life of a page.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The page is hydrated with this session.
    Opened(Option<Session>),
    /// A message from another tab arrived.
    Message(TabMessage),
    /// The page got the focus, or the network returned.
    Focused,
    /// The page became visible, or hidden.
    Visibility { hidden: bool },
    /// The person left the page. The browser may restore it from the bfcache.
    Left,
    /// The browser restored the page from the bfcache.
    Restored,
    /// The timer of an earlier effect has fired.
    Timer,
    /// Any request of the page was answered with 401.
    Unauthorized,
    /// The server rejected a request because of the session, so the page may be out of date.
    Refused,
    /// A request for the session was sent.
    FetchStarted,
    /// The last request for the session ended: with the session, with no session, or with `None` if the server could
    /// not be reached.
    FetchEnded(Option<Option<Session>>),
    /// The response to a request that changed the session arrived.
    Changed(Session),
    /// The response to a sign-out arrived. The page is about to be left.
    SignedOut,
}

/// What the caller of the state machine must do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// Fetch the session from the server.
    Fetch,
    /// Show this session, or that nobody is signed in.
    Show(Option<Session>),
    /// Send a message to the other tabs.
    Broadcast(TabMessage),
    /// Start to listen to the other tabs.
    OpenChannel,
    /// Stop listening. Browsers do not put a page with an open channel into the bfcache.
    CloseChannel,
    /// Send [`Event::Timer`] after this time. Replaces an earlier timer.
    SetTimer(Duration),
    /// Cancel the timer.
    ClearTimer,
}

/// A page's knowledge of the session.
///
/// `confirmed_at` is the time of the newest confirmed state. A read counts as of the time it was sent, since the server
/// may have answered at any time after that. A write counts as of the time its response arrived. Older information is
/// ignored, wherever it comes from.
#[derive(Clone, Debug)]
pub(super) struct SyncState {
    session: Option<Session>,
    known: bool,
    /// Whether the last request for the session got no response.
    unreachable: bool,
    pending: bool,
    ended: bool,
    restored: u32,
    hidden: bool,
    is_current: bool,
    /// The time of the newest confirmed state.
    confirmed_at: f64,
    /// When the session was last requested, or when this was decided.
    asked_at: f64,
    /// When the pending request was sent.
    sent_at: f64,
    /// Whether to fetch the session as soon as the page becomes visible.
    check_when_visible: bool,
    /// When a 401 last caused a fetch.
    unauthorized_at: f64,
    /// How many milliseconds the server's clock is ahead of the browser's clock.
    clock_ahead: f64,
}

impl SyncState {
    pub(super) fn new(opening: Opening) -> Self {
        let is_current = opening.known && opening.is_fresh;
        Self {
            session: None,
            known: opening.known,
            unreachable: false,
            pending: false,
            ended: false,
            restored: 0,
            hidden: opening.hidden,
            is_current,
            confirmed_at: if is_current { opening.asked_at } else { 0.0 },
            asked_at: if is_current { opening.asked_at } else { 0.0 },
            sent_at: 0.0,
            check_when_visible: false,
            unauthorized_at: 0.0,
            clock_ahead: if opening.known { opening.server_time - opening.answered_at } else { 0.0 },
        }
    }

    pub(super) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Returns whether the server has said who is signed in.
    pub(super) fn is_known(&self) -> bool {
        self.known
    }

    /// Returns whether the last request for the session failed, so that the known session may be out of date.
    pub(super) fn is_stale(&self) -> bool {
        self.known && self.unreachable
    }

    /// Returns whether a request for the session is pending.
    pub(super) fn is_pending(&self) -> bool {
        self.pending
    }

    /// Returns whether the newest update ended the session.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Returns how often the page was restored from the bfcache.
    pub(super) fn restored(&self) -> u32 {
        self.restored
    }

    /// Returns the server's time, in seconds since 1970.
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
    pub(super) fn server_seconds(&self, now: f64) -> i64 {
        ((now + self.clock_ahead) / 1000.0).floor() as i64
    }

    /// Updates the state after an event. Returns the effects to execute.
    pub(super) fn handle(&mut self, event: Event, now: f64) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Opened(session) => {
                self.session = session;
                effects.push(Effect::OpenChannel);
                if self.is_current {
                    self.broadcast(&mut effects, true);
                } else if !self.pending {
                    self.check(now, &mut effects);
                }
            }
            Event::Message(message) => self.on_message(message, now, &mut effects),
            Event::Focused => self.revalidate_on_focus(now, &mut effects),
            Event::Visibility { hidden } => {
                self.hidden = hidden;
                self.revalidate_on_focus(now, &mut effects);
            }
            Event::Left => {
                effects.push(Effect::CloseChannel);
                return effects;
            }
            Event::Restored => {
                self.restored += 1;
                effects.push(Effect::OpenChannel);
                self.check(now, &mut effects);
            }
            Event::Timer => {}
            Event::Unauthorized => {
                if self.session.is_some() && now - self.unauthorized_at >= MIN_INTERVAL {
                    self.unauthorized_at = now;
                    self.check(now, &mut effects);
                }
            }
            Event::Refused => self.check(now, &mut effects),
            Event::FetchStarted => {
                self.pending = true;
                (self.asked_at, self.sent_at) = (now, now);
                return effects;
            }
            Event::FetchEnded(answer) => {
                self.pending = false;
                self.unreachable = answer.is_none();
                if let Some(session) = answer
                    && self.apply(session, self.sent_at)
                {
                    self.broadcast(&mut effects, false);
                }
            }
            Event::Changed(session) => {
                if self.apply(Some(session), now) {
                    effects.push(Effect::Show(self.session.clone()));
                }
                self.broadcast(&mut effects, false);
            }
            Event::SignedOut => {
                self.confirmed_at = now;
                effects.push(Effect::Broadcast(TabMessage::session(None, now, false)));
                return effects;
            }
        }
        self.schedule_next_check(now, &mut effects);
        effects
    }

    fn on_message(&mut self, message: TabMessage, now: f64, effects: &mut Vec<Effect>) {
        if message.is_sync() {
            return self.check(now, effects);
        }
        let Some(News { session, at, hello }) = message.news() else { return };
        let at = at.unwrap_or(now);
        if at > self.confirmed_at && hello && session.is_none() && self.session.is_some() {
            // If another site's form opened that page, the browser did not send the Lax cookie. So the missing session
            // proves nothing.
            self.check(now, effects);
        } else if at > self.confirmed_at {
            if self.apply(session, at) {
                effects.push(Effect::Show(self.session.clone()));
            }
        } else if hello && at < self.confirmed_at && session != self.session {
            // The other page loaded slowly, so its session is out of date.
            self.broadcast(effects, false);
        }
    }

    /// Sets the session, or that there is none, as of the time `at`, unless newer information is known. Returns whether
    /// this changed anything.
    fn apply(&mut self, session: Option<Session>, at: f64) -> bool {
        if at < self.confirmed_at {
            return false;
        }
        self.confirmed_at = at;
        // A later confirmation that nobody is signed in does not change that the session has ended.
        self.ended = session.is_none() && (self.ended || self.session.is_some());
        let changed = !self.known || self.session != session;
        self.known = true;
        self.session = session;
        changed
    }

    fn broadcast(&self, effects: &mut Vec<Effect>, hello: bool) {
        effects.push(Effect::Broadcast(TabMessage::session(self.session.clone(), self.confirmed_at, hello)));
    }

    /// Fetches the session from the server. A hidden page does this when it becomes visible.
    fn check(&mut self, now: f64, effects: &mut Vec<Effect>) {
        self.check_when_visible = self.hidden;
        if !self.hidden {
            self.asked_at = now;
            effects.push(Effect::Fetch);
        }
    }

    fn revalidate_on_focus(&mut self, now: f64, effects: &mut Vec<Effect>) {
        if !self.hidden && (self.check_when_visible || now - self.asked_at >= MIN_INTERVAL) {
            self.check(now, effects);
        }
    }

    /// Checks the clock, fetches the session if this is due, and sets the timer for the next check. A hidden page does
    /// nothing until it becomes visible.
    fn schedule_next_check(&mut self, now: f64, effects: &mut Vec<Effect>) {
        let left = self.session.as_ref().map(|session| milliseconds(session) - now - self.clock_ahead);
        if self.hidden || (left.is_none() && !self.unreachable) {
            effects.push(Effect::ClearTimer);
            return;
        }
        let since_asked = now - self.asked_at;
        let over_for = left.map(|left| -left).filter(|over_for| *over_for >= 0.0);
        let wait = if over_for.is_some() || self.unreachable {
            let asked_since_end = over_for.is_some_and(|over_for| since_asked <= over_for);
            if since_asked >= MIN_INTERVAL || (over_for.is_some() && !asked_since_end) {
                self.check(now, effects);
                MIN_INTERVAL
            } else {
                MIN_INTERVAL - since_asked
            }
        } else if left.is_some_and(|left| left <= 2.0 * CLOCK_INTERVAL) {
            LAST_MINUTES_INTERVAL
        } else {
            CLOCK_INTERVAL
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a minute at most")]
        effects.push(Effect::SetTimer(Duration::from_millis(wait as u64)));
    }
}

/// Returns when a session ends, in milliseconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "a double holds the milliseconds of 285,000 years")]
fn milliseconds(session: &Session) -> f64 {
    session.expires.unix_timestamp() as f64 * 1000.0 + f64::from(session.expires.millisecond())
}
