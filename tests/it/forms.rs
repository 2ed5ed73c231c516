//! Forms that a browser sends without scripts: what they do, and where the browser is redirected.

use aura_auth::Auth;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use reqwest::{Method, StatusCode};

use crate::log::Log;
use crate::test_app::{Browser, HTML, JSON, TestApp, TestResponse, parameter};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

const FORMS: [(&str, &str); 5] = [
    ("session", "&name=Countess"),
    ("providers/bitbucket/user/refresh", ""),
    ("providers/bitbucket/tokens/revoke", ""),
    ("providers/bitbucket/disconnect", ""),
    ("signOut", ""),
];

/// Sends a form from this page.
async fn send(browser: &mut Browser, form: &str, body: &str, page: Option<&str>) -> TestResponse {
    let page = page.map(|page| format!("{}{page}", browser.origin));
    let mut headers = vec![HTML, FORM, ("sec-fetch-site", "same-origin")];
    headers.extend(page.as_deref().map(|page| ("referer", page)));
    browser.send(Method::POST, &format!("/auth/{form}"), &headers, body).await
}

#[tokio::test]
async fn each_form_performs_its_action_and_redirects_to_its_page() {
    for (form, fields) in FORMS {
        let app = TestApp::new().await;
        let mut browser = app.signed_in().await;
        let token = browser.csrf_token().await;
        let before = "/dashboard?tab=a%2Fb&error=SERVER_ERROR&form=session";
        let answer = send(&mut browser, form, &format!("csrf_token={token}{fields}"), Some(before)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{form}");
        let expected = match form {
            "signOut" => "/",
            "providers/bitbucket/tokens/revoke" => {
                "/dashboard?tab=a%2Fb&error=OAUTH_INVALID_REVOKE_TOKEN_CONFIG&form=providers%2Fbitbucket%2Ftokens%2Frevoke"
            }
            _ => "/dashboard?tab=a%2Fb",
        };
        assert_eq!(answer.location(), expected, "{form}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{form}");
        let name = browser.session().await.and_then(|session| session.user.name);
        match form {
            "session" => assert_eq!(name.as_deref(), Some("Countess")),
            "signOut" => assert_eq!(name, None),
            _ => assert_eq!(name.as_deref(), Some("Ada Lovelace"), "{form}"),
        }
        let has_tokens = browser.cookies.iter().any(|cookie| cookie.name.contains("provider_tokens"));
        assert_eq!(has_tokens, !matches!(form, "signOut" | "providers/bitbucket/disconnect"), "{form}");
    }
}

#[tokio::test]
async fn a_form_without_a_valid_csrf_token_changes_nothing_and_shows_an_error() {
    for (form, fields) in FORMS {
        let app = TestApp::new().await;
        let mut browser = app.signed_in().await;
        let other = app.signed_in().await.csrf_token().await;
        for (token, code) in
            [("", "CSRF_TOKEN_MISSING"), ("x", "INVALID_CSRF_TOKEN"), (other.as_str(), "INVALID_CSRF_TOKEN")]
        {
            let answer = send(&mut browser, form, &format!("csrf_token={token}{fields}"), Some("/dashboard")).await;
            let path = form.replace('/', "%2F");
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{form}");
            assert_eq!(answer.location(), format!("/dashboard?error={code}&form={path}"), "{form}");
        }
        assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some("Ada Lovelace"), "{form}");
        assert!(browser.cookies.iter().any(|cookie| cookie.name.contains("provider_tokens")), "{form}");
    }
}

#[tokio::test]
async fn a_form_does_not_redirect_to_a_referring_page_of_another_site() {
    let app = TestApp::configured(|builder| builder.error_page("/failed")).await;
    let mut browser = app.signed_in().await;
    for referer in [None, Some("https://evil.example/"), Some("not a url"), Some("http://127.0.0.1:1/")] {
        let mut headers = vec![HTML, FORM];
        headers.extend(referer.map(|referer| ("referer", referer)));
        let answer = browser.send(Method::POST, "/auth/session", &headers, "name=Mallory").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(
            answer.location().starts_with("/failed?error=CSRF_TOKEN_MISSING&"),
            "{referer:?} {}",
            answer.location()
        );
        let token = browser.csrf_token().await;
        let body = format!("csrf_token={token}&name=Countess");
        assert_eq!(browser.send(Method::POST, "/auth/session", &headers, &body).await.location(), "/");
    }
    // The layer checks the origin first, even if the CSRF token is right.
    let token = browser.csrf_token().await;
    let headers = [HTML, FORM, ("sec-fetch-site", "cross-site")];
    let answer = browser.send(Method::POST, "/auth/session", &headers, &format!("csrf_token={token}&name=M")).await;
    assert_eq!(answer.error_code(), "CSRF_ORIGIN_REJECTED");
}

#[tokio::test]
async fn a_form_redirects_to_redirect_to_only_within_the_app() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    for (wanted, expected) in
        [("/profile%3Fa=1", "/profile?a=1"), ("https%3A%2F%2Fevil.example", "/"), ("%2F%2Fevil.example", "/")]
    {
        let token = browser.csrf_token().await;
        let body = format!("csrf_token={token}&name=Countess&redirectTo={wanted}");
        assert_eq!(send(&mut browser, "session", &body, Some("/dashboard")).await.location(), expected);
    }
}

#[tokio::test]
async fn a_form_sent_by_a_program_gets_a_json_response() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let token = browser.csrf_token().await;
    let body = format!("csrf_token={token}&name=Countess");
    let answer = browser.send(Method::POST, "/auth/session", &[JSON, FORM], &body).await;
    assert_eq!((answer.status, &answer.json()["session"]["user"]["name"]), (StatusCode::OK, &"Countess".into()));
    let answer = browser.send(Method::POST, "/auth/session", &[JSON, FORM], "csrf_token=x&name=M").await;
    assert_eq!(answer.error_code(), "INVALID_CSRF_TOKEN");
}

#[tokio::test]
async fn a_form_can_change_only_what_a_patch_request_can_change() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let token = browser.csrf_token().await;
    for fields in ["sub=x", "role=admin", "email=ceo%40example.com", "name=a&name=b", "name=+", "exp=1", "name=%00"] {
        let body = format!("csrf_token={token}&{fields}");
        let answer = send(&mut browser, "session", &body, Some("/dashboard")).await;
        assert!(
            answer.location().starts_with("/dashboard?error=UP")
                || answer.location().starts_with("/dashboard?error=UN"),
            "{fields} {}",
            answer.location()
        );
    }
    for (content_type, body) in [("application/json", "{}"), ("text/plain", "name=x"), ("multipart/form-data", "x")] {
        let answer = browser.send(Method::POST, "/auth/session", &[JSON, ("content-type", content_type)], body).await;
        assert_eq!(answer.error_code(), "UNPROCESSABLE_BODY_ENTITY", "{content_type}");
    }
    // An empty field removes the value.
    send(&mut browser, "session", &format!("csrf_token={token}&image="), None).await;
    assert_eq!(browser.session().await.unwrap().user.image, None);
}

/// The layer creates one context for a request. Without the layer, each operation created a context with a new id, so
/// the log contained another reference than the page.
#[tokio::test]
async fn without_the_layer_the_page_and_the_log_show_the_same_error_reference() {
    let (log, _guard) = Log::of_this_thread();
    let without_layer = |auth: &Auth| Router::new().nest(auth.base_path(), auth.handlers());
    let app = TestApp::serving(without_layer, |builder| builder).await;
    let mut browser = app.browser();
    browser.headers = vec![("cookie".to_owned(), "aura-auth.session_token=unreadable".to_owned())];
    let linking = ("signIn/bitbucket", "&intent=link");
    for (form, fields) in FORMS.into_iter().filter(|(form, _)| *form != "signOut").chain([linking]) {
        let before = log.ours().lines().count();
        let answer = send(&mut browser, form, &format!("csrf_token=x{fields}"), None).await;
        let reference = parameter(answer.location(), "reference").unwrap();
        let ours = log.ours();
        let lines: Vec<_> = ours.lines().skip(before).filter(|line| line.contains("reference=")).collect();
        assert!(lines.iter().any(|line| line.contains("an operation failed")), "{form}: {ours}");
        for line in lines {
            assert!(line.contains(&format!("reference=\"{reference}\"")), "{form}: {reference} is not in {line}");
        }
    }
}

/// A page of the app whose forms are sent to the endpoints.
#[tokio::test]
async fn a_page_reuses_the_csrf_token_of_the_cookie() {
    let router = |auth: &aura_auth::Auth| {
        let page = async |State(auth): State<aura_auth::Auth>, request: axum::extract::Request| {
            auth.api().page_csrf_token(&request).await.map(|token| token.expose().to_owned()).unwrap_or_default()
        };
        Router::new()
            .route("/page", get(page))
            .nest("/auth", auth.handlers())
            .layer(auth.layer())
            .with_state(auth.clone())
    };
    let app = TestApp::serving(router, |builder| builder).await;
    let mut browser = app.signed_in().await;
    // After a redirect from another site, the browser does not send a Strict cookie.
    browser.cookies.retain(|cookie| !cookie.name.contains("csrf"));
    let first = browser.get("/page").await.body;
    assert_eq!(browser.cookie("aura-auth.csrf_token"), Some(first.as_str()));
    let again = browser.get("/page").await;
    assert_eq!(again.body, first);
    assert!(!again.set_cookies().iter().any(|line| line.contains("csrf")));
    let headers = [JSON, ("x-csrf-token", first.as_str())];
    let renamed = browser.send(Method::PATCH, "/auth/session", &headers, r#"{"user":{"name":"Countess"}}"#).await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.body);

    // A token of another session is replaced. If nobody is signed in, the page has no token.
    let mut other = app.signed_in().await;
    other.cookies.iter_mut().find(|cookie| cookie.name.contains("csrf")).unwrap().value.clone_from(&first);
    assert_ne!(other.get("/page").await.body, first);
    let stranger = app.browser().get("/page").await;
    assert!(stranger.body.is_empty() && stranger.set_cookies().is_empty(), "{stranger:?}");
}
