//! All sessions of a user.

use std::sync::Arc;

use super::fixtures::{NOW, at_once, owned, read, session};
use crate::store::{EndReason, Store, StoredSession};

pub(super) async fn check(store: impl Store) {
    let store = Arc::new(store);
    listed(&*store).await;
    ended(&*store).await;
    at_most(&*store).await;
    at_most_at_once(&store).await;
}

async fn alive(store: &impl Store, user: &str) -> Vec<StoredSession> {
    store.sessions_of(user, NOW).await.expect("the store answers")
}

/// A session that was created `age` seconds ago, and was last seen now.
fn older(number: u128, user: &str, age: i64) -> StoredSession {
    StoredSession { created_at: NOW - age, ..session(number, user) }
}

async fn listed(store: &impl Store) {
    assert_eq!(alive(store, "{ada}").await, [], "an unknown user has no sessions");
    let sessions = [older(1, "{ada}", 300), older(2, "{ada}", 100), older(3, "{ada}", 200)];
    for session in &sessions {
        store.create_session(session, None).await.expect("the store answers");
    }
    let idle = StoredSession { idle_until: NOW, ..session(4, "{ada}") };
    let absolute = StoredSession { absolute_until: Some(NOW), ..session(5, "{ada}") };
    let ended = session(6, "{ada}");
    for session in [&idle, &absolute, &ended, &session(7, "{eve}"), &session(8, "{ADA}")] {
        store.create_session(session, None).await.expect("the store answers");
    }
    store.end_session(ended.id, EndReason::UserLogout, NOW).await.expect("the store answers");
    store.put_tokens(sessions[0].id, "github", b"sealed", None).await.expect("the store answers");
    let [mut first, newest, second] = sessions;
    first.providers = vec!["github".to_owned()];
    let expected = [newest, second, first];
    assert_eq!(alive(store, "{ada}").await, expected, "the sessions of a user that are alive, the newest first");
}

async fn ended(store: &impl Store) {
    for number in 20..24 {
        store.create_session(&session(number, "{bob}"), None).await.expect("the store answers");
        let put = store.put_tokens(session(number, "{bob}").id, "bitbucket", b"sealed", None).await;
        put.expect("the store answers");
    }
    store.create_session(&session(24, "{carl}"), None).await.expect("the store answers");
    store.end_session(session(20, "{bob}").id, EndReason::UserLogout, NOW).await.expect("the store answers");
    let kept = session(21, "{bob}");
    let end = |except, now| store.end_sessions_of("{bob}", except, EndReason::AllSessionsRevoked, now);
    assert_eq!(
        end(Some(kept.id), NOW + 1).await.expect("the store answers"),
        2,
        "it counts the sessions that it ended"
    );
    let left: Vec<_> = alive(store, "{bob}").await.iter().map(|session| session.id).collect();
    assert_eq!(left, [kept.id], "all sessions of a user end, except one");
    let first = read(store, &session(20, "{bob}")).await;
    assert_eq!(first.ended, Some((NOW, EndReason::UserLogout)), "a session that has ended before is not changed");
    let second = read(store, &session(22, "{bob}")).await;
    assert_eq!(second.ended, Some((NOW + 1, EndReason::AllSessionsRevoked)), "the end has its time and its reason");
    assert_eq!(second.providers, [""; 0], "the provider tokens of a session are deleted with its end");
    let tokens = store.tokens(session(22, "{bob}").id, "bitbucket").await.expect("the store answers");
    assert_eq!(tokens, None, "the provider tokens of a session are deleted with its end");
    let tokens = store.tokens(kept.id, "bitbucket").await.expect("the store answers");
    assert!(tokens.is_some(), "a session that is kept keeps its provider tokens");
    assert_eq!(end(None, NOW + 2).await.expect("the store answers"), 1, "without an exception, all sessions end");
    assert_eq!(alive(store, "{carl}").await.len(), 1, "the sessions of other users do not end");
}

async fn at_most(store: &impl Store) {
    let expired = StoredSession { idle_until: NOW - 1, ..session(30, "{dan}") };
    store.create_session(&expired, None).await.expect("the store answers");
    for (number, age) in [(31, 300), (32, 100), (33, 200)] {
        store.create_session(&older(number, "{dan}", age), None).await.expect("the store answers");
        store.put_tokens(session(number, "").id, "bitbucket", b"sealed", None).await.expect("the store answers");
    }
    store.create_session(&session(34, "{eva}"), None).await.expect("the store answers");
    store.create_session(&session(35, "{dan}"), Some(3)).await.expect("the store answers");
    let numbers = |sessions: Vec<StoredSession>| -> Vec<u128> {
        sessions.iter().map(|session| u128::from_be_bytes(session.id.to_bytes())).collect()
    };
    let left = numbers(alive(store, "{dan}").await);
    assert_eq!(left, [35, 32, 33], "the oldest session ends if there are too many, and expired ones do not count");
    let oldest = read(store, &session(31, "{dan}")).await;
    assert_eq!(oldest.ended, Some((NOW, EndReason::MaxSessionsExceeded)), "the end has its time and its reason");
    assert_eq!(oldest.providers, [""; 0], "the provider tokens of a session are deleted with its end");
    assert_eq!(read(store, &expired).await.ended, None, "an expired session does not end again");
    store.create_session(&older(36, "{dan}", 900), Some(1)).await.expect("the store answers");
    let left = numbers(alive(store, "{dan}").await);
    assert_eq!(left, [36], "the new session does not end, even if it is the oldest");
    assert_eq!(alive(store, "{eva}").await.len(), 1, "the sessions of other users do not count");
}

async fn at_most_at_once<S: Store>(store: &Arc<S>) {
    at_once(store, 20, |store, number| {
        owned(async move { store.create_session(&session(100 + number, "{flo}"), Some(3)).await })
    })
    .await;
    let left = alive(&**store, "{flo}").await.len();
    assert_eq!(left, 3, "a user has no more than `max_sessions` sessions, also if many are created at the same time");
}
