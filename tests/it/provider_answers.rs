//! Unusual answers of real providers that must be accepted.

use std::sync::{Arc, Mutex};

use aura_auth::User;
use aura_auth::testing::{InjectedFault, ProviderStandIn, StandInEndpoint};
use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::{SIGN_IN_OWN, error_of, error_with, text, tokens};
use super::log::Log;
use super::test_app::{TestApp, listen, serve};

use StandInEndpoint::{Emails, Token};

const MALFORMED: &str = "INVALID_OAUTH_USER_INFO_RES_FORMAT";
const IS_JSON: (&str, &str) = ("content-type", "application/json");

/// `{"uuid":"{x}"}`, compressed with gzip.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x01\x0e\x00\xf1\xff{\"uuid\":\"{x}\"}\x93\x2a\xad\xb0\x0e\x00\x00\x00";

#[tokio::test]
async fn json_after_a_byte_order_mark_is_read() {
    let app = TestApp::new().await;
    let token = json!({ "access_token": "abc", "expires_in": 7200 });
    let user = json!({ "uuid": "{x}", "display_name": "X" });
    let emails = json!({ "values": [{ "email": "x@example.org", "is_primary": true, "is_confirmed": true }] });
    for (endpoint, body) in [(Token, token), (StandInEndpoint::User, user), (Emails, emails)] {
        let body = format!("\u{FEFF}{body}").into_bytes();
        app.bitbucket.inject_fault(endpoint, Some(InjectedFault::Answer(200, vec![IS_JSON], body)));
    }
    let user = app.signed_in().await.session().await.unwrap().user;
    assert_eq!((user.sub.as_str(), user.email.as_deref()), ("{x}", Some("x@example.org")));
}

#[tokio::test]
async fn the_lifetime_of_a_token_may_be_text_or_a_fraction() {
    let app = TestApp::new().await;
    app.bitbucket.inject_fault(StandInEndpoint::User, Some(InjectedFault::Json(r#"{"uuid":"{x}"}"#.to_owned())));
    app.bitbucket.inject_fault(Emails, Some(InjectedFault::Json("[]".to_owned())));
    for life in [json!(7200), json!("7200"), json!(7200.0), json!(7200.9), json!("7200.5"), json!(" 7200 ")] {
        let answer = json!({ "access_token": "abc", "refresh_token": "r", "expires_in": life,
            "refresh_token_expires_in": life });
        app.bitbucket.inject_fault(Token, Some(InjectedFault::Json(answer.to_string())));
        let tokens = tokens(&mut app.signed_in().await).await;
        assert_eq!(tokens["expiresAt"], 1_767_225_600 + 7200, "{life}");
        // The same in a form-encoded answer.
        let form = format!("access_token=abc&expires_in={}", life.to_string().replace(['"', ' '], ""));
        app.bitbucket.inject_fault(Token, Some(text(200, "application/x-www-form-urlencoded", &form)));
        let tokens = self::tokens(&mut app.signed_in().await).await;
        assert_eq!(tokens["expiresAt"], 1_767_225_600 + 7200, "{form}");
    }
    for life in [json!(null), json!("")] {
        let answer = json!({ "access_token": "abc", "expires_in": life });
        app.bitbucket.inject_fault(Token, Some(InjectedFault::Json(answer.to_string())));
        assert_eq!(tokens(&mut app.signed_in().await).await["expiresAt"], Value::Null, "{life}");
    }
    for life in [json!(-1), json!(-0.5), json!("-1"), json!("soon"), json!("NaN"), json!("inf"), json!([7200])] {
        let answer = json!({ "access_token": "abc", "expires_in": life });
        let error = error_of(&app, Token, InjectedFault::Json(answer.to_string())).await;
        assert_eq!(error, "INVALID_OAUTH_ACCESS_TOKEN_RES_FORMAT", "{life}");
    }
}

#[tokio::test]
async fn null_is_treated_as_missing() {
    let app = TestApp::new().await;
    let token = json!({ "access_token": "abc", "token_type": null, "expires_in": null, "refresh_token": null,
        "refresh_token_expires_in": null, "scope": null, "scopes": ["account", null], "error": null });
    let user = json!({ "uuid": null, "account_id": "557058:x", "display_name": null, "nickname": "x",
        "account_status": null, "links": null, "error": null });
    app.bitbucket.inject_fault(Token, Some(InjectedFault::Json(token.to_string())));
    app.bitbucket.inject_fault(Emails, Some(InjectedFault::Json(r#"{"values":[],"next":null}"#.to_owned())));
    for links in [json!(null), json!({ "avatar": null, "html": null }), json!({ "avatar": { "href": null } })] {
        let mut user = user.clone();
        user["links"] = links;
        app.bitbucket.inject_fault(StandInEndpoint::User, Some(InjectedFault::Json(user.to_string())));
        let mut browser = app.signed_in().await;
        let user = browser.session().await.unwrap().user;
        assert_eq!((user.sub.as_str(), user.name.as_deref(), user.image), ("557058:x", Some("x"), None));
        assert_eq!(tokens(&mut browser).await["scopes"], json!(["account"]));
    }
}

#[tokio::test]
async fn null_is_treated_as_missing_by_the_app_s_profile_mapping() {
    #[derive(Deserialize)]
    struct Profile {
        id: String,
        #[serde(default)]
        name: String,
        #[serde(default)]
        groups: Vec<Group>,
    }
    #[derive(Deserialize)]
    struct Group {
        #[serde(default)]
        name: String,
    }
    let app = TestApp::configured_with(|builder, provider| {
        let profile = |profile: Profile| {
            let groups = profile.groups.into_iter().map(|group| group.name).collect::<Vec<_>>();
            User::new(profile.id).with_name(profile.name).with("groups", groups)
        };
        builder.oauth([provider.id("own").profile(profile)])
    })
    .await;
    let described = json!({ "id": "x", "name": null, "groups": [{ "name": null }, { "name": "a" }] });
    app.bitbucket.inject_fault(StandInEndpoint::User, Some(InjectedFault::Json(described.to_string())));
    let mut browser = app.browser();
    assert_eq!(browser.sign_in(SIGN_IN_OWN).await.location(), "/");
    let user = browser.session().await.unwrap().user;
    assert_eq!((user.name.as_deref(), user.get("groups")), (None, Some(vec![String::new(), "a".to_owned()])));
    // A required field that is null counts as missing.
    let nobody = InjectedFault::Json(json!({ "id": null, "name": "x" }).to_string());
    assert_eq!(error_with(&app, SIGN_IN_OWN, StandInEndpoint::User, nobody).await, MALFORMED);
}

#[tokio::test]
async fn provider_responses_are_requested_without_compression() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let json = |body: &'static str| {
        let seen = Arc::clone(&seen);
        async move |headers: HeaderMap| {
            seen.lock().unwrap().push(headers["accept-encoding"].to_str().unwrap().to_owned());
            ([(CONTENT_TYPE, "application/json")], body)
        }
    };
    let (listener, origin) = listen().await;
    let router = Router::new()
        .route("/token", post(json(r#"{"access_token":"abc"}"#)))
        .route("/user", get(json(r#"{"uuid":"{x}"}"#)))
        .route("/emails", get(json("[]")));
    let app = TestApp::configured_with(|builder, provider| {
        let provider =
            provider.id("own").token_url(&format!("{origin}/token")).user_info_url(&format!("{origin}/user"));
        let gzip = [("accept-encoding".parse().unwrap(), "gzip".parse().unwrap())].into_iter().collect();
        builder
            .oauth([provider.emails_url(&format!("{origin}/emails"))])
            .http_client(|client| client.default_headers(gzip))
    })
    .await;
    serve(listener, router);
    assert_eq!(app.browser().sign_in(SIGN_IN_OWN).await.location(), "/");
    assert_eq!(*seen.lock().unwrap(), ["identity"; 3]);
}

#[tokio::test]
async fn a_compressed_answer_is_an_error_that_the_log_explains() {
    let (log, _guard) = Log::of_this_thread();
    let app = TestApp::new().await;
    for endpoint in [Token, StandInEndpoint::User, Emails] {
        for encoding in ["gzip", "br"] {
            let headers = vec![IS_JSON, ("content-encoding", encoding)];
            let answer = InjectedFault::Answer(200, headers, GZIP.to_vec());
            let before = log.ours().len();
            assert_eq!(error_of(&app, endpoint, answer).await, "OAUTH_INVALID_CONTENT_TYPE", "{endpoint:?}");
            let lines = log.ours().split_off(before);
            assert!(lines.contains(&format!("Content-Encoding: {encoding}")), "{lines}");
        }
    }
    // `identity` means that the body is not encoded.
    let headers = vec![IS_JSON, ("content-encoding", "Identity")];
    let user = InjectedFault::Answer(200, headers, br#"{"uuid":"{x}"}"#.to_vec());
    app.bitbucket.inject_fault(StandInEndpoint::User, Some(user));
    assert_eq!(app.signed_in().await.session().await.unwrap().user.sub, "{x}");
    app.bitbucket.inject_fault(StandInEndpoint::User, None);
    // The log contains the status of an error, even if its body is compressed.
    for status in [400, 401] {
        let answer = InjectedFault::Answer(status, vec![IS_JSON, ("content-encoding", "gzip")], GZIP.to_vec());
        let before = log.ours().len();
        assert_eq!(error_of(&app, Token, answer).await, "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE", "{status}");
        let lines = log.ours().split_off(before);
        assert!(lines.contains("Content-Encoding: gzip") && lines.contains(&format!("status {status}")), "{lines}");
    }
}

#[tokio::test]
async fn null_in_github_s_responses_is_treated_as_missing() {
    let (listener, origin) = listen().await;
    let github = ProviderStandIn::github("id", "secret", "http://127.0.0.1:");
    serve(listener, github.router());
    let app = TestApp::configured(|builder| builder.oauth([github.provider(&origin)])).await;
    let user = json!({ "id": 1, "login": "ada", "name": null, "email": null, "avatar_url": null });
    github.inject_fault(StandInEndpoint::User, Some(InjectedFault::Json(user.to_string())));
    github.inject_fault(Emails, Some(InjectedFault::Json(r#"[{"email":null}]"#.to_owned())));
    let mut browser = app.browser();
    assert_eq!(browser.sign_in("/auth/signIn/github").await.location(), "/");
    let user = browser.session().await.unwrap().user;
    assert_eq!((user.sub.as_str(), user.name.as_deref(), user.email), ("1", Some("ada"), None));
}
