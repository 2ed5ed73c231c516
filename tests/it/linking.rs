//! A second provider, while somebody is signed in.

use aura_auth::{PendingSignIn, SignInDecision};
use reqwest::Method;

use super::order::Stop;
use super::world::World;

#[tokio::test]
async fn a_second_provider_is_refused_by_default_and_nothing_changes() {
    let allow = async |_| SignInDecision::Allow;
    for world in [World::new().await, World::configured(|builder| builder.on_sign_in(allow)).await] {
        let mut browser = world.signed_in().await;
        let before = browser.session_token();
        let end = browser.sign_in("/auth/signIn/other").await;
        assert_eq!(end.shown_error(), "OAUTH_ACCOUNT_USER_MISMATCH");
        assert_eq!(browser.session_token(), before);
        assert_eq!(browser.get_json("/auth/providers/bitbucket").await.json()["connected"], true);
        assert_eq!(browser.get_json("/auth/providers/other").await.json()["connected"], false);
        // Who has signed out may sign in with the other one.
        browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
        assert_eq!(browser.sign_in("/auth/signIn/other").await.location(), "/");
    }
}

#[tokio::test]
async fn the_hook_links_it_and_the_session_goes_on() {
    let world = World::configured(|builder| {
        builder.on_sign_in(async |sign_in: PendingSignIn| match sign_in.session {
            Some(session) if session.user.sub == super::world::ADA => SignInDecision::Link,
            Some(_) => SignInDecision::Deny("You are somebody else.".to_owned()),
            None => SignInDecision::Link,
        })
    })
    .await;
    let mut browser = world.signed_in().await;
    let expires = browser.session().await.unwrap().expires;
    world.clock.advance(60);
    assert_eq!(browser.sign_in("/auth/signIn/other?redirectTo=/linked").await.location(), "/linked");
    assert_eq!(browser.session().await.unwrap().expires, expires);
    for provider in ["bitbucket", "other"] {
        let path = format!("/auth/providers/{provider}/tokens");
        assert_eq!(browser.send_with_csrf(Method::GET, &path, "").await.status, 200, "{provider}");
    }
    // The second provider does not say who the person is.
    let answer = browser.send_with_csrf(Method::POST, "/auth/providers/other/user/refresh", "").await;
    assert_eq!(answer.error_code(), "OAUTH_ACCOUNT_USER_MISMATCH");
    // Signing out takes the tokens of both along.
    browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
    assert!(browser.kept().is_empty(), "{:?}", browser.cookies);
}

#[tokio::test]
async fn another_account_of_the_same_provider_takes_over() {
    let world = World::new().await;
    let mut browser = world.signed_in().await;
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let callback = browser.decide(begun.location(), "grace", "approve").await;
    assert_eq!(browser.get(&callback).await.location(), "/");
    assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some("Grace Hopper"));
}

#[tokio::test]
async fn linking_that_ends_after_a_sign_out_signs_nobody_in() {
    let stop = Stop::default();
    let at_hook = stop.clone();
    let world = World::configured(|builder| {
        builder.on_sign_in(move |sign_in: PendingSignIn| {
            let stop = at_hook.clone();
            async move {
                if sign_in.provider == "other" {
                    stop.pass().await;
                }
                SignInDecision::Link
            }
        })
    })
    .await;
    let mut browser = world.signed_in().await;
    let callback = browser.callback_url("/auth/signIn/other").await;
    let mut slow = browser.clone();
    let under_way = tokio::spawn(async move { slow.get(&callback).await });
    stop.arrived().await;
    browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
    stop.release();
    let late = under_way.await.unwrap();
    assert_eq!(late.shown_error(), "SESSION_EXPIRED");
    browser.keep(&late.headers);
    assert!(browser.kept().is_empty(), "{:?}", browser.cookies);
}
