//! Forms without scripts that are sent to the library's server functions: the redirect, and where an error is shown.

use aura_auth::AuthError;
use aura_auth::leptos::server_functions::{EndSession, LinkAccount, StartSignIn, UpdateSession};
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use reqwest::StatusCode;

use crate::calls::{OWN, app, call, form_error};
use crate::test_app::{Browser, HTML, JSON, TestResponse};
use crate::{open_app, sign_in};

#[tokio::test]
async fn a_sign_in_comes_back_to_the_page_of_its_form() {
    let app = app().await;
    let referer = |page: &str| format!("{}{page}", app.browser().origin);
    for (redirect_to, from_page, referer, expected) in [
        (Some("/wanted"), Some("/here?a=1%2F2"), Some(referer("/there")), "/wanted"),
        (None, Some("/here?a=1%2F2"), Some(referer("/there")), "/here?a=1%2F2"),
        (None, Some("/here?tab=1&__path=x&__err=y"), None, "/here?tab=1"),
        (None, None, Some(referer("/there?b=2")), "/there?b=2"),
        (None, Some("//evil.example"), None, "/"),
        (None, Some("https://evil.example/x"), None, "/"),
        (None, None, Some("https://evil.example/x".to_owned()), "/"),
        (None, None, None, "/"),
    ] {
        let mut browser = app.browser();
        let mut fields = vec![("provider", "bitbucket")];
        fields.extend(redirect_to.map(|target| ("redirect_to", target)));
        fields.extend(from_page.map(|page| ("from_page", page)));
        browser.headers.extend(referer.map(|referer| ("referer".to_owned(), referer)));
        let started = browser.post_form(StartSignIn::url(), &fields).await;
        browser.headers.clear();
        let callback = browser.decide(started.location(), "ada", "approve").await;
        let answer = browser.get(&callback).await;
        assert_eq!(answer.location(), expected, "{redirect_to:?} {from_page:?}");
    }
}

#[tokio::test]
async fn a_form_links_an_account_and_comes_back_to_its_page() {
    let app = app().await;
    let mut browser = app.signed_in().await;
    let url = LinkAccount::url();
    let by_script = call(&mut browser, url, &[JSON, OWN], "provider=other").await;
    let body: serde_json::Value = serde_json::from_str(&by_script.body).unwrap();
    assert!(body["signInURL"].as_str().unwrap().starts_with(&app.bitbucket_origin), "{by_script:?}");
    assert!(!by_script.headers.contains_key("location") && browser.flows() == 1);

    let started = browser.post_form(url, &[("provider", "other"), ("from_page", "/private")]).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER);
    let callback = browser.decide(started.location(), "grace", "approve").await;
    assert_eq!(browser.get(&callback).await.location(), "/private");
    for provider in ["bitbucket", "other"] {
        let answer = browser.get_json(&format!("/auth/providers/{provider}")).await;
        assert_eq!(answer.json()["connected"], true, "{provider}");
    }
    assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some("Ada Lovelace"));

    let answer = browser.post_form(url, &[("provider", "nobody"), ("from_page", "/private")]).await;
    assert!(answer.location().starts_with("/private?__path="), "{answer:?}");
    assert_eq!(form_error(&answer, LinkAccount::PATH), Some(AuthError::InvalidParameters));
    let answer = call(&mut app.browser(), url, &[JSON, OWN], "provider=other").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, "\"SESSION_NOT_FOUND\""));
}

#[tokio::test]
async fn a_form_of_the_app_signs_out_but_a_form_of_another_site_does_not() {
    let (auth, mut browser) = open_app().await;
    let url = EndSession::url();
    let cleared =
        |answer: &TestResponse| answer.set_cookies().iter().any(|line| line.starts_with("aura-auth.session_token=;"));
    sign_in(&auth, &mut browser);
    let foreign = call(&mut browser, url, &[HTML, ("sec-fetch-site", "cross-site")], "redirect_to=/bye").await;
    assert_eq!(foreign.error_code(), "CSRF_ORIGIN_REJECTED");
    assert!(!cleared(&foreign));

    let by_script = call(&mut browser, url, &[JSON, OWN], "redirect_to=/bye").await;
    assert!(cleared(&by_script) && by_script.body.contains("\"redirectURL\":\"/bye\""), "{by_script:?}");
    assert!(!by_script.headers.contains_key("location"), "the router would follow it");
    for (redirect_to, location) in [("/bye", "/bye"), ("//evil.example", "/"), ("", "/")] {
        let answer = browser.post_form(url, &[("redirect_to", redirect_to)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, location));
        assert!(cleared(&answer));
    }
    // A person who is already signed out is redirected to the same page.
    let answer = Browser::new(&browser.origin).post_form(url, &[]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
}

/// A page of an earlier build can still be open in a tab. Its form has these paths and fields, so they must not change.
#[tokio::test]
async fn a_page_of_an_earlier_build_can_still_sign_out() {
    let (auth, mut browser) = open_app().await;
    sign_in(&auth, &mut browser);
    let page = browser.get("/").await.body;
    let form = page.split("<form").find(|form| form.contains(">out</button>")).unwrap();
    assert!(form.contains("action=\"/api/aura-auth/sign_out\"") && form.contains("method=\"post\""), "{form}");
    for (field, value) in [("redirect_to", "/"), ("from_page", "/")] {
        assert!(form.contains(&format!("name=\"{field}\" value=\"{value}\"")), "{field}: {form}");
    }
    let fields = [("redirect_to", "/"), ("from_page", "/")];
    let answer = browser.post_form("/api/aura-auth/sign_out", &fields).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
}

#[tokio::test]
async fn the_error_of_a_form_without_scripts_is_in_the_address_of_its_page() {
    let app = app().await;
    let mut browser = app.signed_in().await;
    let url = UpdateSession::url();
    // The form names its page in a field, in the Referer, or in both. The field wins.
    for (from_page, referer) in
        [(Some("/?tab=1%2F2"), None), (None, Some("/?tab=1%2F2")), (Some("/?tab=1%2F2"), Some("/x"))]
    {
        let mut fields = vec![("name", " ")];
        fields.extend(from_page.map(|page| ("from_page", page)));
        let referer = referer.map(|page| ("referer".to_owned(), format!("{}{page}", browser.origin)));
        browser.headers.extend(referer);
        let answer = browser.post_form(url, &fields).await;
        browser.headers.clear();
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(answer.location().starts_with("/?tab=1%2F2&__path="), "{}", answer.location());
        assert_eq!(form_error(&answer, url), Some(AuthError::UpdateSessionInvalid));
    }
    let answer = browser.post_form(url, &[("name", " ")]).await;
    assert!(answer.location().starts_with("/?__path="), "{}", answer.location());
    // If the form then succeeds, the URL no longer contains the error.
    let answer = browser.post_form(url, &[("name", "Ada"), ("from_page", "/?tab=1&__path=x&__err=y")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/?tab=1"));
}

/// A `<SignOut>` in the page's header is outside `<Routes>`, where Leptos does not provide the error of a form.
#[tokio::test]
async fn a_form_shows_its_error_inside_and_outside_of_routes() {
    let (auth, mut browser) = open_app().await;
    sign_in(&auth, &mut browser);
    let url = ServerFnUrlError::new(EndSession::PATH, AuthError::CsrfOriginRejected).to_url("http://x/").unwrap();
    let path = &url[url::Position::BeforePath..];
    let page = browser.get(path).await.body;
    let message = AuthError::CsrfOriginRejected.message();
    assert_eq!(page.matches(message).count(), 2, "above <Routes> and below: {page}");
    let other = ServerFnUrlError::new(StartSignIn::PATH, AuthError::CsrfOriginRejected).to_url("http://x/").unwrap();
    let page = browser.get(&other[url::Position::BeforePath..]).await.body;
    assert!(!page.contains(message), "{page}");
}
