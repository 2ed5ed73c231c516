//! A provider that differs from Bitbucket, over HTTP: numeric ids, a list of addresses, errors with status 200,
//! form-encoded answers, `iss`, and its own revocation endpoint.

use aura_auth::Identity;
use aura_auth::testing::{Account, InjectedFault, ProviderStandIn, StandInEndpoint, StandInPkce, TokenFormat};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::test_app::{Browser, TestApp, listen, parameter, serve, with_parameter};

/// Starts an app with this stand-in for GitHub. Also returns the stand-in's origin.
async fn app(change: impl FnOnce(ProviderStandIn) -> ProviderStandIn) -> (TestApp, ProviderStandIn, String) {
    let (listener, origin) = listen().await;
    // The app may listen on any port of this machine.
    let github = change(ProviderStandIn::github("id", "secret", "http://127.0.0.1:"));
    serve(listener, github.router());
    let environment = [
        ("AURA_AUTH_GITHUB_URL", origin.clone()),
        ("AURA_AUTH_GITHUB_API_URL", origin.clone()),
        ("AURA_AUTH_GITHUB_CLIENT_ID", "id".to_owned()),
        ("AURA_AUTH_GITHUB_CLIENT_SECRET", "secret".to_owned()),
    ];
    let app = TestApp::configured(|builder| builder.environment(environment).oauth(["github"])).await;
    (app, github, origin)
}

const SIGN_IN: &str = "/auth/signIn/github";

/// Returns a browser that has signed in as Ada.
async fn signed_in(app: &TestApp) -> Browser {
    let mut browser = app.browser();
    assert_eq!(browser.sign_in(SIGN_IN).await.location(), "/");
    browser
}

async fn tokens(browser: &mut Browser) -> Value {
    browser.send_with_csrf(Method::GET, "/auth/providers/github/tokens", "").await.json()["tokens"].clone()
}

#[tokio::test]
async fn a_person_signs_in_with_github() {
    for format in [TokenFormat::FormUnlessAsked, TokenFormat::Form] {
        let required = |github: ProviderStandIn| {
            github.with_profile(|profile| (profile.token_format, profile.pkce) = (format, StandInPkce::Required))
        };
        let (app, _, origin) = app(required).await;
        let mut browser = app.browser();
        let begun = browser.get(SIGN_IN).await;
        assert!(begun.location().starts_with(&format!("{origin}/login/oauth/authorize?")), "{begun:?}");
        assert_eq!(parameter(begun.location(), "scope").unwrap(), "read:user user:email");
        let callback = browser.decide(begun.location(), "ada", "approve").await;
        assert_eq!(browser.get(&callback).await.location(), "/", "{format:?}");
        let session = browser.session().await.unwrap();
        assert_eq!(session.identity, Some(Identity::new("github", "583231")), "a number becomes text");
        let user = session.user;
        assert_eq!((user.sub.as_str(), user.name.as_deref()), ("583231", Some("Ada Lovelace")));
        assert_eq!(user.email.as_deref(), Some("ada@example.org"), "the primary address, not the one in the profile");
        assert_eq!(tokens(&mut browser).await["scopes"], json!(["read:user", "user:email"]), "{format:?}");
    }
}

#[tokio::test]
async fn an_unverified_or_secondary_email_address_is_ignored() {
    for (address, is_primary, is_verified) in [("a@example.org", true, false), ("a@example.org", false, true)] {
        let mut ada = Account::samples().remove(0);
        ada.id = "1".to_owned();
        ada.emails = vec![(address.to_owned(), is_primary, is_verified)];
        let (app, ..) = app(|github| github.accounts(vec![ada])).await;
        let mut browser = signed_in(&app).await;
        assert_eq!(browser.session().await.unwrap().user.email, None, "{is_primary} {is_verified}");
    }
    let (app, github, _) = app(|github| github.scopes(&["read:user"])).await;
    assert_eq!(signed_in(&app).await.session().await.unwrap().user.email, None, "the scope was not granted");
    github.inject_fault(StandInEndpoint::Emails, Some(InjectedFault::Json("[]".to_owned())));
    assert_eq!(signed_in(&app).await.session().await.unwrap().user.email, None, "the account has no addresses");
}

/// Standards: RFC 9207 2.4
#[tokio::test]
async fn another_issuer_than_github_s_is_refused() {
    let (app, _, origin) = app(|github| github).await;
    for iss in [origin.clone(), format!("{origin}/login/oauth/"), "https://github.com/login/oauth".to_owned()] {
        let mut browser = app.browser();
        let callback = browser.callback_url(SIGN_IN).await;
        assert_eq!(parameter(&callback, "iss").unwrap(), format!("{origin}/login/oauth"));
        let answer = browser.get(&with_parameter(&callback, "iss", Some(&iss))).await;
        assert_eq!(answer.shown_error(), "AUTH_PROVIDER_MISMATCH", "{iss}");
    }
}

#[tokio::test]
async fn a_rejected_code_with_status_200_counts_as_a_failed_exchange() {
    let (app, ..) = app(|github| github).await;
    for number in 0..11 {
        let mut browser = app.browser();
        let callback = browser.callback_url(SIGN_IN).await;
        let expected = if number < 10 { "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE" } else { "RATE_LIMIT_EXCEEDED" };
        let answer = browser.get(&with_parameter(&callback, "code", Some("made up"))).await;
        assert_eq!(answer.shown_error(), expected, "{number}");
    }
}

/// A configuration error of the app must not count against the people who sign in.
#[tokio::test]
async fn a_wrong_client_secret_does_not_count_as_a_failed_exchange() {
    let (listener, origin) = listen().await;
    serve(listener, ProviderStandIn::github("id", "another", "http://127.0.0.1:").router());
    let provider = ProviderStandIn::github("id", "secret", "").provider(&origin);
    let app = TestApp::configured(|builder| builder.oauth([provider])).await;
    for number in 0..12 {
        let answer = app.browser().sign_in(SIGN_IN).await;
        assert_eq!(answer.shown_error(), "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE", "{number}");
    }
}

#[tokio::test]
async fn tokens_are_revoked_in_github_s_own_way() {
    let (app, github, origin) = app(|github| github).await;
    let mut browser = signed_in(&app).await;
    let token = tokens(&mut browser).await["accessToken"].as_str().unwrap().to_owned();
    let user = || {
        let bearer = format!("Bearer {token}");
        let url = format!("{origin}/user");
        async move {
            Browser::new("http://x")
                .send(Method::GET, &url, &[("authorization", &bearer), ("user-agent", "x")], "")
                .await
        }
    };
    assert_eq!(user().await.status, StatusCode::OK);
    let answer = browser.send_with_csrf(Method::POST, "/auth/providers/github/tokens/revoke", "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(github.requests(StandInEndpoint::Revocation), 1);
    assert_eq!(user().await.status, StatusCode::UNAUTHORIZED, "GitHub does not know it any longer");
    assert_eq!(browser.get_json("/auth/providers/github").await.json()["connected"], false);
}

#[tokio::test]
async fn a_person_without_a_name_is_called_by_their_login() {
    let (app, github, _) = app(|github| github).await;
    for name in [json!(""), json!(" \u{202E}"), Value::Null] {
        let profile = json!({ "id": 583_231, "login": "ada", "name": name }).to_string();
        github.inject_fault(StandInEndpoint::User, Some(InjectedFault::Json(profile)));
        assert_eq!(signed_in(&app).await.session().await.unwrap().user.name.as_deref(), Some("ada"), "{name}");
    }
}
