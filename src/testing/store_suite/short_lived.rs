//! Values, leases and counts.

use std::sync::Arc;
use std::time::Duration;

use super::fixtures::{NOW, at_once, owned};
use crate::RateLimit;
use crate::store::Store;

pub(super) async fn check(store: impl Store) {
    let store = Arc::new(store);
    values(&*store).await;
    taken_at_once(&store).await;
    leases(&*store).await;
    leased_at_once(&store).await;
    counts(&*store).await;
    counted_at_once(&store).await;
}

async fn values(store: &impl Store) {
    let take = |key, now| store.take_value(key, now);
    assert_eq!(take("flow:1", NOW).await.expect("the store answers"), None, "an unknown key has no value");
    store.put_value("flow:1", b"one", NOW + 60).await.expect("the store answers");
    store.put_value("flow:2", b"two", NOW + 60).await.expect("the store answers");
    let taken = take("flow:1", NOW).await.expect("the store answers");
    assert_eq!(taken.as_deref(), Some(b"one".as_slice()), "a value is read as it was written");
    assert_eq!(take("flow:1", NOW).await.expect("the store answers"), None, "a value can be taken once");
    assert_eq!(take("flow:2", NOW + 60).await.expect("the store answers"), None, "an expired value can't be taken");
    store.put_value("flow:3", b"old", NOW + 60).await.expect("the store answers");
    store.put_value("flow:3", &[0, 255, 0], NOW + 90).await.expect("the store answers");
    let taken = take("flow:3", NOW + 70).await.expect("the store answers");
    assert_eq!(taken.as_deref(), Some([0, 255, 0].as_slice()), "a value under the same key is replaced");
}

async fn taken_at_once<S: Store>(store: &Arc<S>) {
    store.put_value("once", b"value", NOW + 60).await.expect("the store answers");
    let takers = at_once(store, 20, |store, _| owned(async move { store.take_value("once", NOW).await }));
    let taken = takers.await.iter().flatten().count();
    assert_eq!(taken, 1, "of several callers that take a value at the same time, one gets it");
}

async fn leases(store: &impl Store) {
    let take = |owner, now, until| store.take_lease("refresh:1", owner, now, until);
    assert!(take("a", NOW, NOW + 60).await.expect("the store answers"), "a free lease can be taken");
    assert!(!take("b", NOW + 1, NOW + 61).await.expect("the store answers"), "only one owner has a lease");
    assert!(take("a", NOW + 50, NOW + 110).await.expect("the store answers"), "the owner prolongs its lease");
    assert!(!take("b", NOW + 109, NOW + 169).await.expect("the store answers"), "a prolonged lease has a later end");
    let other = store.take_lease("refresh:2", "b", NOW, NOW + 60).await.expect("the store answers");
    assert!(other, "a lease with another name is free");
    assert!(take("b", NOW + 110, NOW + 170).await.expect("the store answers"), "a lease is free after its end");
    store.release_lease("refresh:1", "a").await.expect("the store answers");
    assert!(!take("a", NOW + 120, NOW + 180).await.expect("the store answers"), "only its owner can give a lease back");
    store.release_lease("refresh:1", "b").await.expect("the store answers");
    assert!(take("a", NOW + 120, NOW + 180).await.expect("the store answers"), "a lease that was given back is free");
    store.release_lease("refresh:unknown", "a").await.expect("to give back an unknown lease is no error");
}

async fn leased_at_once<S: Store>(store: &Arc<S>) {
    let takers = at_once(store, 20, |store, number| {
        owned(async move { store.take_lease("once", &number.to_string(), NOW, NOW + 60).await })
    });
    let taken = takers.await.iter().filter(|taken| **taken).count();
    assert_eq!(taken, 1, "of several callers that take a lease at the same time, one gets it");
}

async fn counts(store: &impl Store) {
    // One request every 20 seconds.
    let limit = RateLimit::per_minutes(3, 1);
    let count = |key, now| store.count(key, limit, now);
    for remaining in [2, 1, 0] {
        let state = count("rl:1", NOW).await.expect("the store answers");
        assert!(state.allowed, "a burst of as many requests as the limit has is allowed");
        assert_eq!(state.remaining, remaining, "a request that is allowed uses up one of the remaining ones");
    }
    for now in [NOW, NOW + 5, NOW + 19] {
        let state = count("rl:1", now).await.expect("the store answers");
        assert!(!state.allowed, "no more requests than the limit has are allowed");
        let wait = Duration::from_secs((NOW + 20 - now).unsigned_abs());
        assert_eq!(
            state.retry_after, wait,
            "a rejected request learns when the next one is allowed, and does not count"
        );
        assert_eq!(state.remaining, 0, "after a rejected request, none remain");
        assert_eq!(state.resets_at_milliseconds, (NOW + 60) * 1000, "a rejected request does not count");
    }
    let state = count("rl:1", NOW - 30).await.expect("the store answers");
    assert!(!state.allowed, "a server whose clock is behind does not start to count again");
    assert!(count("rl:2", NOW).await.expect("the store answers").allowed, "each key has its own limit");
    let state = count("rl:1", NOW + 20).await.expect("the store answers");
    assert!(state.allowed, "capacity refills continuously");
    assert!(!count("rl:1", NOW + 20).await.expect("the store answers").allowed, "capacity refills continuously");
    let state = count("rl:1", NOW + 120).await.expect("the store answers");
    assert_eq!((state.allowed, state.remaining), (true, 2), "after the window, the whole capacity is available again");
    let state = count("rl:1", NOW - 3600).await.expect("the store answers");
    assert!(state.allowed, "a count that is an hour in the future is from before the clock was set back");
}

async fn counted_at_once<S: Store>(store: &Arc<S>) {
    let states = at_once(store, 50, |store, _| {
        owned(async move { store.count("rl:once", RateLimit::per_minutes(20, 1), NOW).await })
    });
    let allowed = states.await.iter().filter(|state| state.allowed).count();
    assert_eq!(allowed, 20, "requests at the same time are counted exactly");
}

/// Values, leases and counts are deleted in batches after their end.
pub(super) async fn check_deletion(store: &impl Store) {
    let limit = RateLimit::per_minutes(3, 1);
    for number in 0..5 {
        let (key, until) = (format!("old:{number}"), NOW - 10);
        store.put_value(&key, b"old", until).await.expect("the store answers");
        store.take_lease(&key, "owner", NOW - 70, until).await.expect("the store answers");
        store.count(&key, limit, NOW - 70).await.expect("the store answers");
    }
    store.put_value("new", b"new", NOW + 10).await.expect("the store answers");
    store.take_lease("new", "owner", NOW, NOW + 10).await.expect("the store answers");
    for _ in 0..3 {
        store.count("new", limit, NOW - 10).await.expect("the store answers");
    }
    let mut batches = Vec::new();
    for _ in 0..4 {
        batches.push(store.delete_expired(NOW, NOW, 2).await.expect("the store answers"));
    }
    assert_eq!(batches, [6, 6, 3, 0], "values, leases and counts are deleted in batches of at most `limit` each");
    let taken = store.take_value("new", NOW).await.expect("the store answers");
    assert!(taken.is_some(), "a value that has not expired is not deleted");
    let taken = store.take_lease("new", "other", NOW, NOW + 10).await.expect("the store answers");
    assert!(!taken, "a lease that has not ended is not deleted");
    let state = store.count("new", limit, NOW - 10).await.expect("the store answers");
    assert!(!state.allowed, "a count is not deleted before the whole capacity is available again");
}
