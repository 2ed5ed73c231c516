//! Callbacks as an attacker sends them.

use aura_auth::testing::{StandInEndpoint, StandInPkce};

use super::test_app::{Browser, TestApp, TestResponse, parameter, with_parameter};

/// Checks that the attack had no effect: nobody is signed in, and no code was exchanged.
async fn nothing_came_of_it(app: &TestApp, browser: &mut Browser) {
    assert!(browser.session().await.is_none());
    assert!(browser.cookies.iter().all(|cookie| !cookie.name.contains("token")), "{:?}", browser.cookies);
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), 0);
}

fn begins_again(answer: &TestResponse) -> bool {
    answer.headers.get("location").is_some_and(|location| location.to_str().unwrap().contains("/site/oauth2/authorize"))
}

/// Attack: a forged, shortened, huge or empty `state`
/// Standards: RFC 6749 10.12; RFC 9700 4.7.1; ASVS 10.1.2
#[tokio::test]
async fn a_forged_or_damaged_state_is_rejected() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    let state = parameter(&callback, "state").unwrap();
    let (first, rest) = state.split_at(state.len() / 2);
    let huge = "x".repeat(30_000);
    for wrong in ["x", "a.b.c.d.e", rest, &format!("{first}A{rest}"), &state[..state.len() - 1], &huge, "\0"] {
        let answer = browser.get(&with_parameter(&callback, "state", Some(wrong))).await;
        assert_eq!(answer.shown_error(), "AUTH_CALLBACK_STATE_INVALID");
    }
    nothing_came_of_it(&app, &mut browser).await;
    // The attack does not break the person's own flow.
    assert_eq!(browser.get(&callback).await.location(), "/");
}

/// Attack: `code` or `state` left out or sent twice (parameter pollution)
/// Standards: RFC 6749 3.1; ASVS 10.1.2
#[tokio::test]
async fn a_callback_requires_code_and_state_exactly_once() {
    let app = TestApp::new().await;
    for (name, twice) in [("state", false), ("code", false), ("state", true), ("code", true)] {
        let mut browser = app.browser();
        let callback = browser.callback_url("/auth/signIn/bitbucket").await;
        let wrong = if twice { format!("{callback}&{name}=x") } else { with_parameter(&callback, name, None) };
        assert_eq!(browser.get(&wrong).await.shown_error(), "AUTH_CALLBACK_MISSING_PARAMETERS");
        assert_eq!(browser.flows(), usize::from(name == "state"), "a flow whose `state` was sent is over");
        let empty = with_parameter(&callback, name, Some(""));
        assert_eq!(browser.get(&empty).await.status, 302);
        nothing_came_of_it(&app, &mut browser).await;
    }
}

/// Attack: login CSRF: the attacker's callback, opened in the victim's browser
/// Standards: RFC 6749 10.12; RFC 9700 4.7; ASVS 10.2.1, 7.6.2
#[tokio::test]
async fn a_callback_of_another_browser_does_not_sign_in() {
    let app = TestApp::new().await;
    let mut attacker = app.browser();
    let callback = attacker.callback_url("/auth/signIn/bitbucket").await;
    let mut victim = app.browser();
    let answer = victim.get(&callback).await;
    assert!(begins_again(&answer), "{answer:?}");
    assert_ne!(parameter(answer.location(), "state"), parameter(&callback, "state"));
    nothing_came_of_it(&app, &mut victim).await;
}

/// Attack: one flow's cookie under the name of another's
/// Standards: RFC 9700 4.7.1; ASVS 10.1.2
#[tokio::test]
async fn a_flow_cookie_with_the_value_of_another_flow_does_not_sign_in() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    browser.callback_url("/auth/signIn/bitbucket").await;
    let flow = browser.cookies[0].clone();
    let mut other = app.browser();
    let callback = other.callback_url("/auth/signIn/bitbucket").await;
    // This stores the first flow's cookie under the other flow's name. The name alone must not be trusted.
    other.cookies[0].value = flow.value;
    assert!(begins_again(&other.get(&callback).await));
    nothing_came_of_it(&app, &mut other).await;
}

/// Attack: mix-up: one provider's callback sent to another's
/// Standards: RFC 9700 4.4; ASVS 10.2.2
#[tokio::test]
async fn a_state_of_another_provider_is_refused() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let callback = browser.callback_url("/auth/signIn/other").await;
    let mixed_up = callback.replace("/callback/other", "/callback/bitbucket");
    assert_eq!(browser.get(&mixed_up).await.shown_error(), "AUTH_PROVIDER_MISMATCH");
    assert_eq!(browser.flows(), 0);
    nothing_came_of_it(&app, &mut browser).await;
}

/// Attack: replay of a callback whose cookie was copied
/// Standards: RFC 9700 4.5; ASVS 10.1.2
#[tokio::test]
async fn a_flow_is_used_once_even_if_its_cookie_is_kept() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    let mut thief = browser.clone();
    assert_eq!(browser.get(&callback).await.location(), "/");
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), 1);

    assert!(begins_again(&thief.get(&callback).await));
    assert!(thief.session().await.is_none());
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), 1);
}

/// Attack: a flow's cookie with a character changed, each in turn
/// Standards: ASVS 9.1.1, 11.3.3
#[tokio::test]
async fn a_tampered_flow_cookie_is_treated_as_missing() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    let value = browser.cookies[0].value.clone();
    for at in (0..value.len()).step_by(29) {
        let mut changed = value.clone();
        changed.replace_range(at..=at, if &value[at..=at] == "A" { "B" } else { "A" });
        let mut tampered = browser.clone();
        tampered.cookies[0].value = changed;
        assert!(begins_again(&tampered.get(&callback).await), "character {at}");
        nothing_came_of_it(&app, &mut tampered).await;
    }
}

/// Attack: substitution: CSRF token, flow or provider tokens as the session
/// Standards: RFC 8725 3.12; ASVS 9.2.2
#[tokio::test]
async fn each_kind_of_token_is_rejected_in_place_of_another() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    browser.callback_url("/auth/signIn/bitbucket").await;
    let flow = browser.cookies.iter().find(|cookie| cookie.name.contains(".flow.")).unwrap().value.clone();
    let csrf = browser.csrf_token().await;
    let tokens: String =
        (0..8).map_while(|part| browser.cookie(&format!("aura-auth.provider_tokens.bitbucket.{part}"))).collect();
    for other in [flow, csrf, tokens] {
        let mut forger = app.browser();
        forger.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={other}"))];
        assert_eq!(forger.get_json("/auth/session").await.error_code(), "SESSION_INVALID");
    }
}

/// Attack: a link checker or prefetch uses up a flow with HEAD
/// Standards: RFC 9110 9.2.1; ASVS 3.5.3
#[tokio::test]
async fn a_head_request_is_rejected_and_does_not_use_up_the_flow() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    for path in ["/auth/signIn/bitbucket", &callback] {
        let answer = browser.send(reqwest::Method::HEAD, path, &[], "").await;
        assert_eq!(answer.status, 405);
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(browser.get(&callback).await.location(), "/");
}

/// Attack: code injection: the attacker's code under the victim's `state`
/// Standards: RFC 9700 4.5; RFC 7636 1; ASVS 10.1.2
#[tokio::test]
async fn a_code_of_another_flow_does_not_sign_in() {
    let app = TestApp::with(
        |builder| builder,
        |bitbucket| bitbucket.with_profile(|profile| profile.pkce = StandInPkce::Required),
    )
    .await;
    let mut attacker = app.browser();
    let code = parameter(&attacker.callback_url("/auth/signIn/bitbucket").await, "code").unwrap();
    let mut victim = app.browser();
    let callback = victim.callback_url("/auth/signIn/bitbucket").await;
    let injected = with_parameter(&callback, "code", Some(&code));
    assert_eq!(victim.get(&injected).await.shown_error(), "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE");
    assert!(victim.session().await.is_none());
}

/// Attack: PKCE downgrade: parameters of the sign-in's link that would weaken the authorization request
/// Standards: RFC 9700 2.1.1, 4.8; ASVS 10.1.2, 10.2.3
#[tokio::test]
async fn link_parameters_do_not_change_the_authorization_request() {
    let app = TestApp::new().await;
    let wishes = "code_challenge=x&code_challenge_method=plain&response_type=token&scope=repository:admin&state=x\
                  &redirect_uri=https://evil.example&client_id=x&prompt=none&response_mode=fragment";
    let begun = app.browser().get(&format!("/auth/signIn/bitbucket?{wishes}")).await;
    let plain = app.browser().get("/auth/signIn/bitbucket").await;
    let names = |url: &str| reqwest::Url::parse(url).unwrap().query_pairs().map(|(name, _)| name.into()).collect();
    let (wished, usual): (Vec<String>, Vec<String>) = (names(begun.location()), names(plain.location()));
    assert_eq!(wished, usual);
    for name in ["response_type", "code_challenge_method", "scope", "redirect_uri", "client_id"] {
        assert_eq!(parameter(begun.location(), name), parameter(plain.location(), name), "{name}");
    }
    for name in ["state", "code_challenge"] {
        assert_ne!(parameter(begun.location(), name).unwrap(), "x");
    }
}

/// Attack: a provider that ignores PKCE, as Bitbucket may: `state` alone must stop a foreign callback
/// Standards: RFC 9700 2.1.1, 4.7.1; ASVS 10.2.1
#[tokio::test]
async fn if_the_provider_ignores_pkce_the_state_still_binds_the_flow_to_the_browser() {
    let app = TestApp::with(
        |builder| builder,
        |bitbucket| bitbucket.with_profile(|profile| profile.pkce = StandInPkce::Ignored),
    )
    .await;
    let mut attacker = app.browser();
    let callback = attacker.callback_url("/auth/signIn/bitbucket").await;
    let mut victim = app.browser();
    victim.callback_url("/auth/signIn/bitbucket").await;
    assert!(begins_again(&victim.get(&callback).await));
    nothing_came_of_it(&app, &mut victim).await;
    assert_eq!(attacker.get(&callback).await.location(), "/");
}

/// Attack: session fixation: a session that was there before the sign-in goes on after it
/// Standards: RFC 6265bis 8.4; ASVS 7.2.4
#[tokio::test]
async fn a_sign_in_creates_a_new_session_and_ends_the_previous_one() {
    let app = TestApp::new().await;
    let mut attacker = app.signed_in().await;
    let planted = attacker.session_token();
    let mut victim = app.browser();
    victim.cookies.clone_from(&attacker.cookies);
    let begun = victim.get("/auth/signIn/bitbucket").await;
    let callback = victim.decide(begun.location(), "grace", "approve").await;
    assert_eq!(victim.get(&callback).await.location(), "/");
    assert_ne!(victim.session_token(), planted);
    assert_eq!(victim.session().await.unwrap().user.name.as_deref(), Some("Grace Hopper"));
    assert!(attacker.session().await.is_none());
}

/// Attack: a `state` from a log or a history, opened long after: it must not start a sign-in
/// Standards: RFC 9700 4.2, 4.7.1; ASVS 9.2.1, 10.1.2
#[tokio::test]
async fn a_state_older_than_an_hour_does_not_restart_the_flow() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let callback = browser.callback_url("/auth/signIn/bitbucket?redirectTo=/private").await;
    app.clock.advance(3599);
    // Another browser has no cookie of this flow.
    assert!(begins_again(&app.browser().get(&callback).await));
    app.clock.advance(1);
    for mut browser in [browser, app.browser()] {
        let answer = browser.get(&callback).await;
        assert_eq!(answer.shown_error(), "AUTH_TRANSACTION_EXPIRED");
        // The error page knows the provider and the page that the person wanted, so the person can try again.
        assert_eq!(parameter(answer.location(), "provider").as_deref(), Some("bitbucket"));
        assert_eq!(parameter(answer.location(), "redirectTo").as_deref(), Some("/private"));
        assert_eq!(browser.flows(), 0);
        nothing_came_of_it(&app, &mut browser).await;
    }
    let answer = app.browser().get_json(&callback).await;
    assert_eq!(answer.error_code(), "AUTH_TRANSACTION_EXPIRED");
}
