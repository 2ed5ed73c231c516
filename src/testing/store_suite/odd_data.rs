//! Long texts, special characters, and times at the ends of their type.

use std::time::Duration;

use super::fixtures::{NOW, read, session};
use crate::store::{EndReason, Store, StoredSession, TokenHash};
use crate::{Identity, RateLimit};

/// Quotes, comments, wildcards and escapes of SQL, control characters, several scripts, combining characters.
const ODD: &str =
    "'\"`;--/*%_\\$1 ?1 :a\u{1}\u{7f}\r\n\t\u{85}\u{2028} Ünïcödé 漢字 \u{202e}עברית 👩‍💻 e\u{301} \u{fffd}\u{10ffff}";

pub(super) async fn check(store: &impl Store) {
    texts(store).await;
    times(store).await;
}

async fn texts(store: &impl Store) {
    let mut odd = session(u128::MAX, ODD);
    odd.token = TokenHash::from_bytes([0; 32]);
    odd.imported_from = Some(TokenHash::from_bytes([255; 32]));
    odd.identity = Some(Identity::new(ODD, ODD));
    odd.user_agent = Some("u".repeat(512));
    odd.address = Some(String::new());
    odd.content = format!(r#"{{"a":"{}","b":"{ODD}"}}"#, "x".repeat(4096));
    store.create_session(&odd, Some(1)).await.expect("the store answers");
    assert_eq!(read(store, &odd).await, odd, "any text without U+0000 is read as it was written");
    let listed = store.sessions_of(ODD, NOW).await.expect("the store answers");
    assert_eq!(listed, [odd.clone()], "any text without U+0000 can be a user");
    for similar in ["", "%", "_", &ODD.to_uppercase(), &format!("{ODD} ")] {
        let listed = store.sessions_of(similar, NOW).await.expect("the store answers");
        assert_eq!(listed, [], "users are compared exactly");
    }
    let long = ODD.repeat(1000);
    assert!(store.update_session(odd.id, 0, &long, NOW + 1, None).await.expect("the store answers"));
    assert_eq!(read(store, &odd).await.content, long, "the content can be long");
    assert!(store.update_session(odd.id, 1, "", NOW + 1, None).await.expect("the store answers"));
    assert_eq!(read(store, &odd).await.content, "", "the content can be empty");
    let sealed: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    store.put_tokens(odd.id, ODD, &sealed, None).await.expect("the store answers");
    let tokens = store.tokens(odd.id, ODD).await.expect("the store answers");
    assert_eq!(tokens.map(|tokens| tokens.sealed), Some(sealed.clone()), "tokens can be long, and have any bytes");
    store.put_tokens(odd.id, "empty", b"", None).await.expect("the store answers");
    let tokens = store.tokens(odd.id, "empty").await.expect("the store answers");
    assert_eq!(tokens.map(|tokens| tokens.sealed), Some(Vec::new()), "empty tokens are tokens");
    let providers = read(store, &odd).await.providers;
    assert_eq!(providers, [ODD.to_owned(), "empty".to_owned()], "providers are sorted by their bytes");
    store.put_value(ODD, &sealed, NOW + 1).await.expect("the store answers");
    let value = store.take_value(ODD, NOW).await.expect("the store answers");
    assert_eq!(value, Some(sealed), "values can be long, and have any bytes");
    store.put_value("", b"", NOW + 1).await.expect("the store answers");
    let value = store.take_value("", NOW).await.expect("the store answers");
    assert_eq!(value, Some(Vec::new()), "a key and a value can be empty");
    assert!(store.take_lease(ODD, ODD, NOW, NOW + 1).await.expect("the store answers"));
    store.release_lease(ODD, ODD).await.expect("the store answers");
    assert!(store.count(&ODD.repeat(4), RateLimit::per_minutes(1, 1), NOW).await.expect("the store answers").allowed);
}

async fn times(store: &impl Store) {
    for (number, at) in [(1, i64::MIN), (2, i64::MAX)] {
        let mut extreme = StoredSession { last_seen_at: at, idle_until: at, ..session(number, "{extreme}") };
        extreme.created_at = at;
        extreme.absolute_until = Some(at);
        store.create_session(&extreme, None).await.expect("a store takes any time");
        assert_eq!(read(store, &extreme).await, extreme, "any time is read as it was written");
        store.touch_session(extreme.id, at, at).await.expect("a store takes any time");
        store.update_session(extreme.id, 0, "", at, Some(at)).await.expect("a store takes any time");
        store.sessions_of("{extreme}", at).await.expect("a store takes any time");
        store.end_session(extreme.id, EndReason::UserLogout, at).await.expect("a store takes any time");
        assert_eq!(read(store, &extreme).await.ended, Some((at, EndReason::UserLogout)));
        store.put_value("extreme", b"value", at).await.expect("a store takes any time");
        store.take_value("extreme", at).await.expect("a store takes any time");
        store.take_lease("extreme", "owner", at, at).await.expect("a store takes any time");
        for window in [Duration::ZERO, Duration::MAX] {
            for requests in [0, 1, u32::MAX] {
                let limit = RateLimit::new(requests, window);
                store.count("extreme", limit, at).await.expect("a store takes any time and any limit");
            }
        }
    }
    store.delete_expired(i64::MIN, i64::MIN, u32::MAX).await.expect("a store takes any time");
    assert_eq!(
        store.delete_expired(i64::MIN, i64::MIN, 0).await.expect("the store answers"),
        0,
        "a batch can be empty"
    );
    store.delete_expired(i64::MAX, i64::MAX, u32::MAX).await.expect("a store takes any time");
}
