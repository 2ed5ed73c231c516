//! A provider that is unlike Bitbucket, over HTTP: numbers as ids, a list of addresses, errors with status 200, forms
//! as answers, `iss`, and a revocation of its own.

use std::sync::{Arc, Mutex};

use aura_auth::Identity;
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use axum::routing::{delete, get, post};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::{Answer, Browser, World, listen, parameter, serve, with_parameter};

type Fields = Vec<(String, String)>;

/// What GitHub was asked, and what it answers.
#[derive(Clone, Default)]
struct GitHub {
    token_requests: Arc<Mutex<Vec<Fields>>>,
    revoked: Arc<Mutex<Vec<(String, String, String)>>>,
    answers_with_forms: bool,
    emails: Value,
}

impl GitHub {
    fn new() -> Self {
        let emails = json!([
            { "email": "old@example.org", "primary": false, "verified": true, "visibility": null },
            { "email": "ada@example.org", "primary": true, "verified": true, "visibility": "private" },
        ]);
        Self { emails, ..Self::default() }
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/login/oauth/access_token", post(token))
            .route("/user", get(user))
            .route("/user/emails", get(emails))
            .route("/applications/{client_id}/token", delete(revoke))
            .with_state(self.clone())
    }
}

type Answered = ([(&'static str, &'static str); 1], String);

const JSON: [(&str, &str); 1] = [("content-type", "application/json; charset=utf-8")];

async fn token(State(github): State<GitHub>, headers: HeaderMap, Form(form): Form<Fields>) -> Answered {
    let field = |name: &str| form.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone());
    let is_known = (field("client_id"), field("client_secret")) == (Some("id".into()), Some("secret".into()));
    let code = field("code");
    github.token_requests.lock().unwrap().push(form);
    assert!(headers[ACCEPT].to_str().unwrap().contains("application/json") && headers.contains_key(USER_AGENT));
    // With status 200, as GitHub does.
    if !is_known {
        return (JSON, json!({ "error": "incorrect_client_credentials" }).to_string());
    }
    if code.as_deref() != Some("good") {
        return (JSON, json!({ "error": "bad_verification_code", "error_description": "expired" }).to_string());
    }
    if github.answers_with_forms {
        let form = "access_token=gho_1&scope=read%3Auser%2Cuser%3Aemail&token_type=bearer";
        return ([("content-type", "application/x-www-form-urlencoded; charset=utf-8")], form.to_owned());
    }
    (JSON, json!({ "access_token": "gho_1", "scope": "read:user,user:email", "token_type": "bearer" }).to_string())
}

async fn user(headers: HeaderMap) -> Answered {
    assert_eq!(headers[AUTHORIZATION], "Bearer gho_1");
    let profile = json!({ "login": "ada", "id": 583_231, "name": null, "email": "shown@example.org",
        "avatar_url": "https://avatars.githubusercontent.com/u/583231?v=4" });
    (JSON, profile.to_string())
}

async fn emails(State(github): State<GitHub>) -> Result<Answered, StatusCode> {
    if github.emails.is_null() { Err(StatusCode::NOT_FOUND) } else { Ok((JSON, github.emails.to_string())) }
}

async fn revoke(
    State(github): State<GitHub>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    assert_eq!(headers[CONTENT_TYPE], "application/json");
    github.revoked.lock().unwrap().push((client_id, headers[AUTHORIZATION].to_str().unwrap().to_owned(), body));
    StatusCode::NO_CONTENT
}

/// An app beside this GitHub, whose consent page is skipped; GitHub's origin.
async fn world(github: &GitHub) -> (World, String) {
    let (listener, origin) = listen().await;
    serve(listener, github.router());
    let environment = [
        ("AURA_AUTH_GITHUB_URL", origin.clone()),
        ("AURA_AUTH_GITHUB_API_URL", origin.clone()),
        ("AURA_AUTH_GITHUB_CLIENT_ID", "id".to_owned()),
        ("AURA_AUTH_GITHUB_CLIENT_SECRET", "secret".to_owned()),
    ];
    let world = World::configured(|builder| builder.environment(environment).oauth(["github"])).await;
    (world, origin)
}

/// Begins a sign-in; the callback's address with a code and what GitHub says that it is.
async fn callback(browser: &mut Browser, code: &str, iss: &str) -> String {
    let begun = browser.get("/auth/signIn/github").await;
    assert_eq!(begun.status, StatusCode::FOUND, "{}", begun.body);
    let callback = parameter(begun.location(), "redirect_uri").unwrap();
    let state = parameter(begun.location(), "state").unwrap();
    assert_eq!(parameter(begun.location(), "scope").unwrap(), "read:user user:email");
    assert_eq!(parameter(begun.location(), "code_challenge_method").unwrap(), "S256");
    let with_code = with_parameter(&callback, "code", Some(code));
    with_parameter(&with_parameter(&with_code, "state", Some(&state)), "iss", Some(iss))
}

async fn sign_in(browser: &mut Browser, origin: &str) -> Answer {
    let callback = callback(browser, "good", &format!("{origin}/login/oauth")).await;
    browser.get(&callback).await
}

#[tokio::test]
async fn a_person_signs_in_with_github() {
    for answers_with_forms in [false, true] {
        let github = GitHub { answers_with_forms, ..GitHub::new() };
        let (world, origin) = world(&github).await;
        let mut browser = world.browser();
        assert_eq!(sign_in(&mut browser, &origin).await.location(), "/");
        let session = browser.session().await.unwrap();
        assert_eq!(session.identity, Some(Identity::new("github", "583231")), "a number becomes text");
        let user = session.user;
        assert_eq!((user.sub.as_str(), user.name.as_deref()), ("583231", Some("ada")));
        assert_eq!(user.email.as_deref(), Some("ada@example.org"), "the primary one, not the shown one");
        let request = github.token_requests.lock().unwrap().pop().unwrap();
        assert!(request.iter().any(|(name, _)| name == "code_verifier"), "{request:?}");
        let tokens = browser.send_with_csrf(Method::GET, "/auth/providers/github/tokens", "").await.json();
        assert_eq!(tokens["tokens"]["scopes"], json!(["read:user", "user:email"]));
    }
}

#[tokio::test]
async fn an_address_that_is_not_verified_or_not_the_primary_one_is_not_taken() {
    for emails in [
        json!([{ "email": "a@example.org", "primary": true, "verified": false }]),
        json!([{ "email": "a@example.org", "primary": false, "verified": true }]),
        json!([]),
        // The scope was not granted.
        Value::Null,
    ] {
        let (world, origin) = world(&GitHub { emails: emails.clone(), ..GitHub::new() }).await;
        let mut browser = world.browser();
        assert_eq!(sign_in(&mut browser, &origin).await.location(), "/", "{emails}");
        assert_eq!(browser.session().await.unwrap().user.email, None, "{emails}");
    }
}

/// Standards: RFC 9207 2.4
#[tokio::test]
async fn another_issuer_than_github_s_is_refused() {
    let (world, origin) = world(&GitHub::new()).await;
    for iss in [origin.clone(), format!("{origin}/login/oauth/"), "https://github.com".to_owned()] {
        let mut browser = world.browser();
        let callback = callback(&mut browser, "good", &iss).await;
        assert_eq!(browser.get(&callback).await.shown_error(), "AUTH_PROVIDER_MISMATCH", "{iss}");
    }
}

#[tokio::test]
async fn an_error_with_status_200_is_a_refusal() {
    let (world, origin) = world(&GitHub::new()).await;
    for number in 0..11 {
        let mut browser = world.browser();
        let callback = callback(&mut browser, "made up", &format!("{origin}/login/oauth")).await;
        let expected = if number < 10 { "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE" } else { "RATE_LIMIT_EXCEEDED" };
        assert_eq!(browser.get(&callback).await.shown_error(), expected, "{number}: a refused code counts");
    }
}

#[tokio::test]
async fn tokens_are_revoked_in_github_s_own_way() {
    let github = GitHub::new();
    let (world, origin) = world(&github).await;
    let mut browser = world.browser();
    sign_in(&mut browser, &origin).await;
    let answer = browser.send_with_csrf(Method::POST, "/auth/providers/github/tokens/revoke", "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let revoked = github.revoked.lock().unwrap().clone();
    // `id:secret` in base64.
    let expected = ("id".to_owned(), "Basic aWQ6c2VjcmV0".to_owned(), r#"{"access_token":"gho_1"}"#.to_owned());
    assert_eq!(revoked, [expected]);
    assert_eq!(browser.get_json("/auth/providers/github").await.json()["connected"], false);
}
