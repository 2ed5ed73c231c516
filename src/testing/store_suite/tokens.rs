//! Provider tokens and their versions.

use std::sync::Arc;

use super::fixtures::{NOW, at_once, owned, read, session};
use crate::store::{EndReason, Store, StoredTokens};

pub(super) async fn check(store: impl Store) {
    let store = Arc::new(store);
    versions(&*store).await;
    deleted(&*store).await;
    written_at_once(&store).await;
    ended_at_once(&store).await;
}

async fn versions(store: &impl Store) {
    let first = session(1, "{ada}");
    store.create_session(&first, None).await.expect("the store answers");
    let put = |sealed: &'static [u8], version| store.put_tokens(first.id, "bitbucket", sealed, version);
    let read_tokens = || store.tokens(first.id, "bitbucket");
    assert_eq!(read_tokens().await.expect("the store answers"), None, "a new session has no tokens");
    let none = put(b"early", Some(1)).await.expect("the store answers");
    assert_eq!(none, None, "a write with a version fails if there are no tokens");
    let one = put(b"one", None).await.expect("the store answers");
    let one = one.expect("a write without a version is done if the session has not ended");
    let stored = read_tokens().await.expect("the store answers");
    assert_eq!(stored, Some(StoredTokens::new(b"one".to_vec(), one)), "tokens are read as they were written");
    let two = put(b"two", Some(one)).await.expect("the store answers");
    let two = two.expect("a write with the version that is there is done");
    let late = put(b"late", Some(one)).await.expect("the store answers");
    assert_eq!(late, None, "a write with an old version changes nothing");
    let three = put(b"three", None).await.expect("the store answers");
    let three = three.expect("a write without a version replaces what is there");
    assert!(one < two && two < three, "each write has a later version");
    let stored = read_tokens().await.expect("the store answers");
    assert_eq!(stored, Some(StoredTokens::new(b"three".to_vec(), three)), "tokens are read as they were written");
    store.put_tokens(first.id, "github", b"other", None).await.expect("the store answers");
    let providers = read(store, &first).await.providers;
    let (bitbucket, github) = ("bitbucket".to_owned(), "github".to_owned());
    assert_eq!(providers, [bitbucket, github], "a session is read with its providers, in alphabetical order");
    let unknown = store.put_tokens(session(2, "{ada}").id, "bitbucket", b"x", None).await.expect("the store answers");
    assert_eq!(unknown, None, "a session that does not exist takes no tokens");
}

async fn deleted(store: &impl Store) {
    let first = session(10, "{ada}");
    store.create_session(&first, None).await.expect("the store answers");
    let put = |sealed: &'static [u8], version| store.put_tokens(first.id, "bitbucket", sealed, version);
    let old = put(b"old", None).await.expect("the store answers");
    store.put_tokens(first.id, "github", b"other", None).await.expect("the store answers");
    assert!(store.delete_tokens(first.id, "bitbucket").await.expect("the store answers"), "tokens can be deleted");
    assert!(!store.delete_tokens(first.id, "bitbucket").await.expect("the store answers"), "tokens are deleted once");
    let gone = store.tokens(first.id, "bitbucket").await.expect("the store answers");
    assert_eq!(gone, None, "deleted tokens can't be read");
    let providers = read(store, &first).await.providers;
    assert_eq!(providers, ["github"], "a session is read without the providers whose tokens were deleted");
    assert_eq!(put(b"late", old).await.expect("the store answers"), None, "a late write does not bring tokens back");
    let new = put(b"new", None).await.expect("the store answers");
    assert!(new.is_some(), "new tokens can be written after the old ones were deleted");
    let late = put(b"late", old).await.expect("the store answers");
    assert_eq!(late, None, "a version is not used again after the tokens were deleted");
    store.end_session(first.id, EndReason::UserLogout, NOW).await.expect("the store answers");
    for provider in ["bitbucket", "github"] {
        let gone = store.tokens(first.id, provider).await.expect("the store answers");
        assert_eq!(gone, None, "the provider tokens of a session are deleted with its end");
    }
    assert_eq!(read(store, &first).await.providers, [""; 0], "an ended session has no providers");
    assert_eq!(put(b"late", new).await.expect("the store answers"), None, "an ended session takes no tokens");
    assert!(
        !store.delete_tokens(first.id, "github").await.expect("the store answers"),
        "an ended session has no tokens"
    );
}

async fn written_at_once<S: Store>(store: &Arc<S>) {
    let first = session(20, "{ada}");
    store.create_session(&first, None).await.expect("the store answers");
    let version = store.put_tokens(first.id, "bitbucket", b"old", None).await.expect("the store answers");
    let writes = at_once(store, 20, |store, _| {
        owned(async move { store.put_tokens(session(20, "{ada}").id, "bitbucket", b"new", version).await })
    });
    let done = writes.await.iter().filter(|version| version.is_some()).count();
    assert_eq!(done, 1, "of several writes with the same version, one is done");
}

/// A write and the end of the session at the same time: whichever is first, no tokens are left.
async fn ended_at_once<S: Store>(store: &Arc<S>) {
    for number in 100..120 {
        store.create_session(&session(number, "{ada}"), None).await.expect("the store answers");
        at_once(store, 4, |store, task| {
            owned(async move {
                let id = session(number, "{ada}").id;
                if task == 1 {
                    return store.end_session(id, EndReason::UserLogout, NOW).await.map(|_| ());
                }
                store.put_tokens(id, "bitbucket", b"sealed", None).await.map(|_| ())
            })
        })
        .await;
        let left = store.tokens(session(number, "{ada}").id, "bitbucket").await.expect("the store answers");
        assert_eq!(left, None, "no tokens are left if they are written while the session ends");
    }
}
