//! Creating, reading, using, changing, ending and deleting one session.

use super::fixtures::{NOW, read, session};
use crate::Identity;
use crate::store::{EndReason, Store, StoredSession, TokenHash};

pub(super) async fn check(store: &impl Store) {
    created_and_read(store).await;
    touched(store).await;
    updated(store).await;
    ended(store).await;
    imported(store).await;
    store.check().await.expect("a store that answers says so");
}

async fn created_and_read(store: &impl Store) {
    let unknown = store.session(&TokenHash::of("unknown")).await.expect("the store answers");
    assert_eq!(unknown, None, "an unknown token has no session");
    let mut full = session(1, "{ada}");
    full.identity = Some(Identity::new("bitbucket", "{a54f16da}"));
    full.absolute_until = Some(NOW + 86_400);
    full.user_agent = Some("Mozilla/5.0 (X11; Linux x86_64)".to_owned());
    full.address = Some("2001:db8::1".to_owned());
    full.content = r#"{"version":1,"user":{"sub":"{ada}"}}"#.to_owned();
    full.imported_from = Some(TokenHash::of("a cookie session"));
    full.providers = vec!["ignored".to_owned()];
    let created = store.create_session(&full, None).await.expect("the store answers");
    assert!(created, "a new session is created");
    full.providers.clear();
    assert_eq!(read(store, &full).await, full, "a session is read as it was written");
    let empty = session(2, "{ada}");
    assert!(store.create_session(&empty, None).await.expect("the store answers"), "a new session is created");
    assert_eq!(read(store, &empty).await, empty, "a session without optional fields is read as it was written");
    for (number, token) in [(1, TokenHash::of("another token")), (3, full.token)] {
        let mut twice = session(number, "{eve}");
        twice.token = token;
        twice.imported_from = None;
        let result = store.create_session(&twice, None).await;
        assert!(result.is_err(), "a session with an id or a token that is there already is an error");
    }
    assert_eq!(read(store, &full).await, full, "a session that could not be created changes nothing");
}

async fn touched(store: &impl Store) {
    let mut session = session(10, "{ada}");
    session.absolute_until = Some(NOW + 5000);
    store.create_session(&session, None).await.expect("the store answers");
    let touched = store.touch_session(session.id, NOW + 300, NOW + 3900).await.expect("the store answers");
    assert!(touched, "a session that is alive can be touched");
    session.last_seen_at = NOW + 300;
    session.idle_until = NOW + 3900;
    assert_eq!(read(store, &session).await, session, "a touch sets two times and nothing else");
    for late in [NOW + 3900, NOW + 6000] {
        let touched = store.touch_session(session.id, late, late + 3600).await.expect("the store answers");
        assert!(!touched, "a touch does not bring an expired session back");
    }
    store.touch_session(session.id, NOW + 3800, NOW + 9000).await.expect("the store answers");
    let touched = store.touch_session(session.id, NOW + 5000, NOW + 9900).await.expect("the store answers");
    assert!(!touched, "a touch does not prolong a session beyond its absolute end");
    let unknown = super::fixtures::session(11, "{ada}");
    let touched = store.touch_session(unknown.id, NOW, NOW + 3600).await.expect("the store answers");
    assert!(!touched, "a touch does not create a session");
    assert_eq!(store.session(&unknown.token).await.expect("the store answers"), None);
}

async fn updated(store: &impl Store) {
    let mut session = session(20, "{ada}");
    session.absolute_until = Some(NOW + 5000);
    store.create_session(&session, None).await.expect("the store answers");
    let update = |version: i64, content: &'static str, absolute_until| {
        store.update_session(session.id, version, content, NOW + 4000, absolute_until)
    };
    assert!(update(0, "a", Some(NOW + 6000)).await.expect("the store answers"), "the first change has version 0");
    assert!(!update(0, "b", None).await.expect("the store answers"), "an update with an old version changes nothing");
    assert!(!update(2, "c", None).await.expect("the store answers"), "an update with a later version changes nothing");
    let stored = read(store, &session).await;
    let expected = ("a", 1, NOW + 4000, Some(NOW + 6000));
    let actual = (stored.content.as_str(), stored.version, stored.idle_until, stored.absolute_until);
    assert_eq!(actual, expected, "an update replaces the content and the ends, and raises the version by one");
    assert!(update(1, "d", None).await.expect("the store answers"), "the next change has version 1");
    assert_eq!(read(store, &session).await.absolute_until, None, "an update can remove the absolute end");
    let unknown = super::fixtures::session(21, "{ada}");
    let updated = store.update_session(unknown.id, 0, "e", NOW, None).await.expect("the store answers");
    assert!(!updated, "an update does not create a session");
}

async fn ended(store: &impl Store) {
    for (number, reason) in (30..).zip(EndReason::ALL.iter().copied()) {
        let session = session(number, "{ada}");
        store.create_session(&session, None).await.expect("the store answers");
        let ended = store.end_session(session.id, reason, NOW + 60).await.expect("the store answers");
        assert!(ended, "a session can be ended");
        let again = store.end_session(session.id, EndReason::AdminAction, NOW + 61).await.expect("the store answers");
        assert!(!again, "a session ends once");
        let stored = read(store, &session).await;
        assert_eq!(stored.ended, Some((NOW + 60, reason)), "an ended session says when and why it ended first");
        nothing_brings_it_back(store, &stored).await;
    }
    let unknown = session(49, "{ada}");
    let ended = store.end_session(unknown.id, EndReason::AdminAction, NOW).await.expect("the store answers");
    assert!(!ended, "an unknown session can't be ended");
    let expired = session(48, "{ada}");
    store.create_session(&expired, None).await.expect("the store answers");
    let ended = store.end_session(expired.id, EndReason::UserLogout, NOW + 9999).await.expect("the store answers");
    assert!(ended, "an expired session that has not ended can be ended");
}

async fn nothing_brings_it_back(store: &impl Store, ended: &StoredSession) {
    let touched = store.touch_session(ended.id, NOW + 60, NOW + 3660).await.expect("the store answers");
    assert!(!touched, "a touch does not bring an ended session back");
    let updated = store.update_session(ended.id, 0, "late", NOW + 3660, None).await.expect("the store answers");
    assert!(!updated, "an update does not bring an ended session back");
    let put = store.put_tokens(ended.id, "bitbucket", b"late", None).await.expect("the store answers");
    assert_eq!(put, None, "an ended session takes no tokens");
    let again = StoredSession { ended: None, imported_from: None, ..ended.clone() };
    assert!(store.create_session(&again, None).await.is_err(), "an ended session can't be created again");
    assert_eq!(&read(store, ended).await, ended, "no write changes an ended session");
}

async fn imported(store: &impl Store) {
    let cookie = TokenHash::of("a cookie session that is imported");
    // All servers derive the same token from the cookie.
    let token = TokenHash::of("the token that is derived from the cookie");
    let import = |number| StoredSession { token, imported_from: Some(cookie), ..session(number, "{ada}") };
    assert!(store.create_session(&import(50), None).await.expect("the store answers"), "a cookie session is taken in");
    let again = store.create_session(&import(51), None).await.expect("the store answers");
    assert!(!again, "a cookie session is taken in once");
    store.end_session(import(50).id, EndReason::UserLogout, NOW).await.expect("the store answers");
    let again = store.create_session(&import(52), Some(1)).await.expect("the store answers");
    assert!(!again, "a cookie session is not taken in again after it has ended");
    let stored = store.session(&token).await.expect("the store answers").expect("the row stays");
    assert_eq!(stored.id, import(50).id, "a second import changes nothing");
    assert_eq!(stored.ended, Some((NOW, EndReason::UserLogout)), "a second import changes nothing");
}

/// Sessions are deleted in batches, some time after their end.
pub(super) async fn check_deletion(store: &impl Store) {
    let alive = session(1, "{ada}");
    store.create_session(&alive, None).await.expect("the store answers");
    let just_ended = session(2, "{ada}");
    store.create_session(&just_ended, None).await.expect("the store answers");
    store.put_tokens(just_ended.id, "bitbucket", b"sealed", None).await.expect("the store answers");
    store.end_session(just_ended.id, EndReason::UserLogout, NOW - 100).await.expect("the store answers");
    for number in 10..15 {
        let expired = StoredSession { idle_until: NOW - 1000, ..session(number, "{ada}") };
        store.create_session(&expired, None).await.expect("the store answers");
        store.put_tokens(expired.id, "bitbucket", b"sealed", None).await.expect("the store answers");
    }
    let absolute = StoredSession { absolute_until: Some(NOW - 1000), ..session(15, "{ada}") };
    store.create_session(&absolute, None).await.expect("the store answers");
    let ended = session(16, "{ada}");
    store.create_session(&ended, None).await.expect("the store answers");
    store.end_session(ended.id, EndReason::UserLogout, NOW - 1000).await.expect("the store answers");

    let mut batches = Vec::new();
    for _ in 0..4 {
        batches.push(store.delete_expired(NOW, NOW - 500, 3).await.expect("the store answers"));
    }
    assert_eq!(batches, [3, 3, 1, 0], "sessions are deleted in batches of at most `limit`");
    for number in 10..17 {
        let deleted = store.session(&session(number, "{ada}").token).await.expect("the store answers");
        assert_eq!(deleted, None, "a session that ended or expired before `ended_before` is deleted");
    }
    let tokens = store.tokens(session(10, "{ada}").id, "bitbucket").await.expect("the store answers");
    assert_eq!(tokens, None, "the provider tokens of a deleted session are deleted");
    assert_eq!(read(store, &alive).await, alive, "a session that is alive is not deleted");
    assert!(read(store, &just_ended).await.ended.is_some(), "a session is kept until `ended_before`");
    let deleted = store.delete_expired(NOW, NOW - 99, 3).await.expect("the store answers");
    assert_eq!(deleted, 1, "a session is deleted when `ended_before` is later than its end");
}
