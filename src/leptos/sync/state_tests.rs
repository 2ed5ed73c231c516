//! Scenarios with pages and tabs, without a browser.

use time::OffsetDateTime;

use crate::leptos::sync::message::TabMessage;
use crate::leptos::sync::state::{Effect, Event, Opening, SyncState};
use crate::{Session, User};

/// An arbitrary time, in milliseconds since 1970.
const NOW: f64 = 1_796_376_605_000.0;
const SECOND: f64 = 1_000.0;
const DAY: f64 = 86_400.0 * SECOND;

#[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
fn session(name: &str, ends_at: f64) -> Session {
    let user = User { sub: format!("{{{name}}}"), name: Some(name.to_owned()), ..User::default() };
    Session::new(user, OffsetDateTime::from_unix_timestamp((ends_at / SECOND) as i64).unwrap())
}

fn ada() -> Session {
    session("Ada", NOW + 15.0 * DAY)
}

fn grace() -> Session {
    session("Grace", NOW + 15.0 * DAY)
}

/// A page that the server rendered a moment ago.
fn opening() -> Opening {
    Opening {
        known: true,
        is_fresh: true,
        asked_at: NOW - 100.0,
        answered_at: NOW - 50.0,
        server_time: NOW - 50.0,
        hidden: false,
    }
}

/// A page with its own clock.
struct Page {
    state: SyncState,
    now: f64,
}

impl Page {
    fn opened(session: Option<Session>, opening: Opening) -> (Self, Vec<Effect>) {
        let mut page = Self { state: SyncState::new(opening), now: NOW };
        let effects = page.on(Event::Opened(session));
        (page, effects)
    }

    fn of(session: Option<Session>) -> Self {
        Self::opened(session, opening()).0
    }

    fn on(&mut self, event: Event) -> Vec<Effect> {
        self.state.handle(event, self.now)
    }

    fn after(&mut self, milliseconds: f64, event: Event) -> Vec<Effect> {
        self.now += milliseconds;
        self.on(event)
    }

    /// Sends a request for the session, which is answered after a time.
    fn asks(&mut self, milliseconds: f64, answer: Option<Option<Session>>) -> Vec<Effect> {
        self.on(Event::FetchStarted);
        assert!(self.state.is_pending());
        self.after(milliseconds, Event::FetchEnded(answer))
    }

    fn shows(&self) -> Option<&str> {
        self.state.session()?.user.name.as_deref()
    }
}

fn asks(effects: &[Effect]) -> bool {
    effects.contains(&Effect::Fetch)
}

fn said(effects: &[Effect]) -> Option<TabMessage> {
    effects.iter().find_map(|effect| match effect {
        Effect::Broadcast(message) => Some(message.clone()),
        _ => None,
    })
}

fn timer(effects: &[Effect]) -> Option<f64> {
    effects.iter().find_map(|effect| match effect {
        Effect::SetTimer(wait) => Some(wait.as_secs_f64() * SECOND),
        _ => None,
    })
}

fn update(session: Session, at: f64) -> Event {
    Event::Message(TabMessage::session(Some(session), at, false))
}

fn clear(at: f64) -> Event {
    Event::Message(TabMessage::session(None, at, false))
}

#[test]
fn a_fresh_page_sends_no_request_and_broadcasts_its_session() {
    let (page, effects) = Page::opened(Some(ada()), opening());
    assert!(!asks(&effects) && effects.contains(&Effect::OpenChannel));
    assert_eq!(said(&effects), Some(TabMessage::session(Some(ada()), NOW - 100.0, true)));
    assert!(page.state.is_known() && !page.state.is_stale());
}

#[test]
fn a_static_or_cached_page_requests_the_session_once() {
    for (known, is_fresh) in [(false, true), (true, false), (false, false)] {
        let (mut page, effects) = Page::opened(None, Opening { known, is_fresh, ..opening() });
        assert!(asks(&effects) && said(&effects).is_none(), "{known} {is_fresh}");
        assert_eq!(page.state.is_known(), known);
        let effects = page.asks(50.0, Some(Some(ada())));
        assert_eq!(page.shows(), Some("Ada"));
        assert!(page.state.is_known() && !asks(&effects));
    }
    // If a page has no data, its resource has already sent a request.
    let mut state = SyncState::new(Opening { known: false, ..opening() });
    state.handle(Event::FetchStarted, NOW);
    assert!(!asks(&state.handle(Event::Opened(None), NOW)));
}

#[test]
fn changes_and_sign_out_reach_another_tab_without_a_request() {
    let (mut first, mut second) = (Page::of(Some(ada())), Page::of(Some(ada())));
    let effects = first.after(SECOND, Event::Changed(session("Countess", NOW + DAY)));
    assert!(effects.contains(&Effect::Show(Some(session("Countess", NOW + DAY)))));
    let effects = second.after(SECOND, Event::Message(said(&effects).unwrap()));
    assert_eq!(second.shows(), Some("Countess"));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Show(Some(_)))) && !asks(&effects));

    let effects = first.after(SECOND, Event::SignedOut);
    second.after(SECOND, Event::Message(said(&effects).unwrap()));
    assert!(second.shows().is_none() && second.state.has_ended());
    // The first page is about to be left, and still shows the session until then.
    assert_eq!(first.shows(), Some("Countess"));
}

#[test]
fn another_person_s_sign_in_in_another_tab_is_shown() {
    let mut page = Page::of(Some(ada()));
    page.after(SECOND, update(grace(), NOW + SECOND));
    assert_eq!(page.shows(), Some("Grace"));
    assert!(!page.state.has_ended());
}

#[test]
fn a_late_response_after_a_change_does_not_undo_it() {
    let mut page = Page::of(Some(ada()));
    page.now += 31.0 * SECOND;
    assert!(asks(&page.on(Event::Focused)));
    page.on(Event::FetchStarted);
    page.after(SECOND, Event::Changed(session("Countess", NOW + DAY)));
    let effects = page.after(SECOND, Event::FetchEnded(Some(Some(ada()))));
    assert_eq!(page.shows(), Some("Countess"));
    assert!(said(&effects).is_none());
}

#[test]
fn a_second_request_does_not_make_the_first_response_newer() {
    let mut page = Page::of(Some(ada()));
    page.after(31.0 * SECOND, Event::Focused);
    page.on(Event::FetchStarted);
    page.after(SECOND, update(grace(), page.now + SECOND));
    assert!(asks(&page.after(SECOND, Event::Refused)));
    // This is the response to the request that was sent before Grace signed in.
    page.after(SECOND, Event::FetchEnded(Some(Some(ada()))));
    assert_eq!(page.shows(), Some("Grace"));
}

#[test]
fn an_older_message_is_ignored_and_a_slowly_loaded_page_gets_the_newer_session() {
    let mut page = Page::of(Some(ada()));
    page.after(SECOND, Event::Changed(session("Countess", NOW + DAY)));
    let at = page.now;
    page.after(SECOND, update(ada(), at - 1.0));
    assert_eq!(page.shows(), Some("Countess"));
    let hello = Event::Message(TabMessage::session(Some(ada()), at - 1.0, true));
    let told = said(&page.after(SECOND, hello));
    assert_eq!(told, Some(TabMessage::session(Some(session("Countess", NOW + DAY)), at, false)));
}

/// If another site's form opens a page, the browser does not send the Lax cookie.
#[test]
fn a_page_opened_without_the_cookie_does_not_sign_out_other_tabs() {
    let mut page = Page::of(Some(ada()));
    let opened = Event::Message(TabMessage::session(None, NOW + SECOND, true));
    assert!(asks(&page.after(2.0 * SECOND, opened)));
    assert_eq!(page.shows(), Some("Ada"));
}

#[test]
fn tab_messages_of_the_typescript_release_are_parsed() {
    let mut page = Page::of(Some(ada()));
    page.now += SECOND;
    for text in [
        "null",
        "7",
        "[]",
        "{}",
        r#"{"type":null}"#,
        r#"{"type":"session:nothing"}"#,
        r#"{"type":"session:update","payload":{"user":{"sub":7}}}"#,
    ] {
        assert!(serde_json::from_str::<TabMessage>(text).is_err(), "{text}");
    }
    for text in [r#"{"type":"session:update"}"#, r#"{"type":"session:update","payload":null}"#] {
        assert_eq!(serde_json::from_str::<TabMessage>(text).unwrap().news(), None, "{text}");
    }
    let sync: TabMessage = serde_json::from_str(r#"{"type":"session:sync"}"#).unwrap();
    assert!(sync.is_sync());
    assert!(asks(&page.on(Event::Message(sync))));
    let payload = serde_json::to_string(&grace()).unwrap();
    let message = format!(r#"{{"type":"session:update","payload":{payload}}}"#);
    page.on(Event::Message(serde_json::from_str(&message).unwrap()));
    assert_eq!(page.shows(), Some("Grace"));
    page.after(1.0, Event::Message(serde_json::from_str(r#"{"type":"session:clear"}"#).unwrap()));
    assert_eq!(page.shows(), None);
}

#[test]
fn focus_requests_the_session_at_most_once_in_30_seconds_and_never_while_hidden() {
    let mut page = Page::of(Some(ada()));
    assert!(!asks(&page.after(29.0 * SECOND, Event::Focused)));
    assert!(asks(&page.after(SECOND, Event::Focused)));
    assert!(!asks(&page.on(Event::Focused)), "a request is already planned, but not sent yet");
    page.asks(SECOND, Some(Some(ada())));

    let effects = page.after(31.0 * SECOND, Event::Visibility { hidden: true });
    assert!(!asks(&effects) && effects.contains(&Effect::ClearTimer));
    for event in [Event::Focused, Event::Timer, Event::Refused, Event::Message(TabMessage::session(None, 0.0, true))] {
        assert!(!asks(&page.after(DAY, event)));
    }
    assert!(asks(&page.after(SECOND, Event::Visibility { hidden: false })));
}

#[test]
fn a_page_opened_in_the_background_requests_the_session_when_it_becomes_visible() {
    let (mut page, effects) = Page::opened(None, Opening { known: false, hidden: true, ..opening() });
    assert!(!asks(&effects));
    assert!(asks(&page.after(SECOND, Event::Visibility { hidden: false })));
}

#[test]
fn session_expiry_is_detected_after_the_computer_slept() {
    let mut page = Page::of(Some(ada()));
    assert_eq!(timer(&page.on(Event::Timer)), Some(60.0 * SECOND));
    // The computer sleeps for 16 days.
    let effects = page.after(16.0 * DAY, Event::Timer);
    assert!(asks(&effects));
    assert_eq!(timer(&effects), Some(30.0 * SECOND));
    page.asks(SECOND, Some(None));
    assert!(page.shows().is_none() && page.state.has_ended());
    assert_eq!(timer(&page.on(Event::Timer)), None, "no session can end any more");
    // Asked once more, by another refusal say, the page still says that its session has ended.
    page.asks(SECOND, Some(None));
    assert!(page.state.has_ended());
}

#[test]
fn the_last_two_minutes_are_counted_in_seconds_by_the_server_s_clock() {
    let ahead = Opening { server_time: NOW - 50.0 + 600.0 * SECOND, ..opening() };
    let (mut page, effects) = Page::opened(Some(session("Ada", NOW + 719.0 * SECOND)), ahead);
    assert_eq!(timer(&effects), Some(SECOND), "119 seconds are left");
    assert_eq!(page.state.server_seconds(NOW), 1_796_376_605 + 600);
    assert!(!asks(&page.after(118.0 * SECOND, Event::Timer)));
    assert!(asks(&page.after(SECOND, Event::Timer)));
}

#[test]
fn an_unreachable_server_does_not_sign_out_and_the_request_is_retried() {
    let mut page = Page::of(Some(ada()));
    page.after(31.0 * SECOND, Event::Focused);
    let effects = page.asks(SECOND, None);
    assert!(page.state.is_stale() && page.state.is_known());
    assert_eq!(page.shows(), Some("Ada"));
    assert_eq!(timer(&effects), Some(29.0 * SECOND));
    assert!(asks(&page.after(29.0 * SECOND, Event::Timer)));
    page.asks(SECOND, Some(Some(ada())));
    assert!(!page.state.is_stale());

    // A page that was not rendered for a request also retries. Its status stays pending.
    let (mut page, _) = Page::opened(None, Opening { known: false, ..opening() });
    let effects = page.asks(SECOND, None);
    assert!(!page.state.is_known() && !page.state.is_stale() && timer(&effects).is_some());
}

#[test]
fn a_401_response_triggers_a_session_request_at_most_once_in_30_seconds() {
    let mut page = Page::of(Some(ada()));
    assert!(asks(&page.after(SECOND, Event::Unauthorized)));
    // An endpoint of the app may answer 401 for other reasons.
    page.asks(SECOND, Some(Some(ada())));
    assert!(!asks(&page.after(SECOND, Event::Unauthorized)));
    assert!(asks(&page.after(30.0 * SECOND, Event::Unauthorized)));
    page.asks(SECOND, Some(None));
    assert!(!asks(&page.after(DAY, Event::Unauthorized)), "nobody is signed in");
}

#[test]
fn a_restore_from_the_bfcache_after_sign_out_requests_the_session_and_shows_no_user() {
    let mut page = Page::of(Some(ada()));
    page.after(SECOND, Event::SignedOut);
    assert_eq!(page.on(Event::Left), [Effect::CloseChannel]);
    let effects = page.after(SECOND, Event::Restored);
    assert!(asks(&effects) && effects.contains(&Effect::OpenChannel));
    assert_eq!(page.state.restored(), 1);
    page.asks(SECOND, Some(None));
    assert!(page.shows().is_none());
}

#[test]
fn a_response_that_changes_the_session_is_broadcast_to_other_tabs() {
    let mut page = Page::of(Some(ada()));
    page.after(31.0 * SECOND, Event::Focused);
    let effects = page.asks(SECOND, Some(Some(ada())));
    assert!(said(&effects).is_none(), "nothing has changed");
    page.after(31.0 * SECOND, Event::Focused);
    let asked_at = page.now;
    let effects = page.asks(SECOND, Some(Some(grace())));
    assert_eq!(said(&effects), Some(TabMessage::session(Some(grace()), asked_at, false)));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Show(_))), "the resource already has this value");
}

#[test]
fn a_repeated_message_of_another_tab_is_shown_once() {
    let mut page = Page::of(Some(ada()));
    page.after(SECOND, clear(NOW + SECOND));
    assert!(page.shows().is_none());
    let effects = page.after(SECOND, clear(NOW + 2.0 * SECOND));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Show(_))));
}
