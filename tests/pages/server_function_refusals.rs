//! What the library's server functions reject: other sites' pages, other methods, another person, and too much input.

use aura_auth::leptos::server_functions::{
    CheckProviderConnection, EndSession, FetchSession, LinkAccount, StartSignIn, UpdateSession,
};
use aura_auth::{AuthError, LimitedAction, RateLimit, RateLimits};
use leptos::server_fn::ServerFn;
use reqwest::{Method, StatusCode};

use crate::calls::{FORM, GUARDED, OWN, app, call, form_error, paths};
use crate::test_app::{HTML, JSON, TestApp};
use crate::{open_app, router};

/// Attack: a link to another person's session, who has signed in in another tab since the page was shown
/// Standards: ASVS 3.5.1
#[tokio::test]
async fn a_link_is_rejected_if_the_page_shows_another_person() {
    let app = app().await;
    let mut browser = app.signed_in().await;
    for (subject, status) in [("%7Bsomebody-else%7D", 403), ("%7Ba54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3%7D", 200)] {
        let headers = [JSON, OWN, ("x-aura-auth-subject", subject)];
        let answer = call(&mut browser, LinkAccount::url(), &headers, "provider=other").await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    }
    assert_eq!(browser.flows(), 1);
}

/// Attack: another site's page calls a server function
/// Standards: ASVS 3.5.1
#[tokio::test]
async fn server_functions_with_effects_or_secrets_require_a_same_origin_header() {
    let app = app().await;
    let origin = app.browser().origin;
    let mut browser = app.signed_in().await;
    for headers in [
        vec![],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![OWN, ("sec-fetch-site", "cross-site")],
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("origin", &*origin), ("origin", "https://evil.example")],
        vec![("sec-fetch-site", "cross-site"), ("origin", &*origin)],
    ] {
        for (url, body) in GUARDED {
            for accept in [JSON, HTML] {
                let answer = call(&mut browser, url, &[&headers[..], &[accept]].concat(), body).await;
                let refused = match answer.headers.get("location") {
                    None => answer.status == StatusCode::FORBIDDEN && answer.body.contains("CSRF_ORIGIN_REJECTED"),
                    Some(_) => form_error(&answer, url) == Some(AuthError::CsrfOriginRejected),
                };
                assert!(refused, "{url} {headers:?} {answer:?}");
                assert!(answer.set_cookies().is_empty(), "{url} {headers:?}");
            }
        }
    }
    assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some("Ada Lovelace"));

    // Each of these headers alone is sufficient evidence.
    for (name, headers) in
        [("One", vec![OWN]), ("Two", vec![("sec-fetch-site", "none")]), ("Three", vec![("origin", &*origin)])]
    {
        let answer =
            call(&mut browser, UpdateSession::url(), &[&headers[..], &[JSON]].concat(), &format!("name={name}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{headers:?} {answer:?}");
        assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some(name));
    }
}

/// Attack: a link or an image reads or changes something by a GET
/// Standards: ASVS 3.5.3
#[tokio::test]
async fn server_functions_accept_only_post() {
    let app = app().await;
    let mut browser = app.signed_in().await;
    for url in paths() {
        let answer = browser.send(Method::GET, &format!("{url}?provider=bitbucket"), &[JSON, OWN], "").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{url}");
    }
}

/// Attack: a page of an origin that is listed for requests calls a server function, which has no token
/// Standards: ASVS 3.5.1
#[tokio::test]
async fn server_functions_with_effects_reject_every_listed_origin() {
    let docs = "https://docs.example.com";
    let app = TestApp::serving(router, |builder| builder.trusted_origins([docs]).request_origins([docs])).await;
    let mut browser = app.signed_in().await;
    for (url, arguments) in GUARDED {
        for sender in [&[("origin", docs)][..], &[("origin", docs), ("sec-fetch-site", "same-site")]] {
            let headers = [&[JSON], sender].concat();
            let answer = call(&mut browser, url, &headers, arguments).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{url} {sender:?}: {answer:?}");
            assert!(answer.body.contains("CSRF_ORIGIN_REJECTED"), "{url}: {answer:?}");
        }
    }
    assert!(browser.session().await.is_some());
}

/// Attack: what a page means for one person is done to another who has signed in since
/// Standards: ASVS 8.3.1
#[tokio::test]
async fn a_request_that_names_another_person_is_refused() {
    let app = app().await;
    let mut browser = app.signed_in().await;
    let named = |subject| [JSON, OWN, ("x-aura-auth-subject", subject)];
    for (subject, status) in [
        ("%7Ba54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3%7D", StatusCode::OK),
        ("%7Bsomebody-else%7D", StatusCode::FORBIDDEN),
        ("", StatusCode::FORBIDDEN),
        ("%ff", StatusCode::FORBIDDEN),
    ] {
        let answer = call(&mut browser, UpdateSession::url(), &named(subject), "name=Countess").await;
        assert_eq!(answer.status, status, "{subject} {}", answer.body);
    }
    let answer = call(&mut browser, EndSession::url(), &named("%7Bsomebody-else%7D"), "").await;
    assert_eq!(answer.body, "\"INVALID_CSRF_TOKEN\"");
}

#[tokio::test]
async fn malformed_input_to_a_server_function_gets_a_client_error() {
    let (_, mut browser) = open_app().await;
    for (url, headers, body) in [
        (StartSignIn::url(), vec![JSON, FORM], "provider=a&provider=b"),
        (StartSignIn::url(), vec![JSON, FORM], "provider[x]=%ff"),
        (StartSignIn::url(), vec![JSON], "{"),
        (EndSession::url(), vec![JSON, FORM, OWN], "redirect_to[]=a&redirect_to[]=b"),
        (UpdateSession::url(), vec![JSON, FORM, OWN], "name=a&name=b"),
        (UpdateSession::url(), vec![JSON, FORM, OWN], "theme[a]=b"),
    ] {
        let answer = browser.send(Method::POST, url, &headers, body).await;
        assert!(answer.status.is_client_error(), "{url} {body}: {} {}", answer.status, answer.body);
    }
}

/// Attack: a form with thousands of fields, which Leptos decodes before the server function checks anything
/// Standards: RFC 9110 15.5.14; ASVS 4.1.3, 13.1.3
#[tokio::test]
async fn a_server_function_reads_at_most_16_kilobytes_and_a_hundred_fields() {
    let app = app().await;
    let mut browser = app.signed_in().await;
    let fields = |count: usize| (0..count).map(|number| format!("f{number}=1&")).collect::<String>();
    for function in paths() {
        for (body, code) in [(fields(20_000), "CONTENT_TOO_LARGE"), (fields(101), "UNPROCESSABLE_ENTITY")] {
            let answer = call(&mut browser, function, &[FORM, OWN], &body).await;
            assert_eq!(answer.error_code(), code, "{function}");
        }
        // The layer's errors are JSON objects. The errors of server functions are only the code.
        let hundred = call(&mut app.browser(), function, &[JSON, OWN], fields(100).trim_end_matches('&')).await;
        assert!(!hundred.body.contains("\"error\""), "{function}: {hundred:?}");
        let one_more = call(&mut browser, function, &[JSON, OWN], fields(101).trim_end_matches('&')).await;
        assert_eq!(one_more.error_code(), "UNPROCESSABLE_ENTITY", "{function}");
    }
    let name = |length: usize| format!("name={}", "x".repeat(length - "name=".len()));
    let whole = call(&mut browser, UpdateSession::url(), &[JSON, OWN], &name(16 * 1024)).await;
    assert_eq!(whole.body, "\"UPDATE_SESSION_INVALID\"");
    let longer = call(&mut browser, UpdateSession::url(), &[JSON, OWN], &name(16 * 1024 + 1)).await;
    assert_eq!(longer.error_code(), "CONTENT_TOO_LARGE");
    assert!(browser.session().await.is_some());
}

#[tokio::test]
async fn server_functions_share_one_limit_and_a_limited_form_returns_to_its_page() {
    let limits = RateLimits::none().limit(LimitedAction::ServerFunction, RateLimit::per_minutes(3, 1));
    let app = TestApp::serving(router, |builder| builder.rate_limits(limits)).await;
    let mut browser = app.signed_in().await;
    for (number, url) in
        [FetchSession::url(), CheckProviderConnection::url(), UpdateSession::url(), FetchSession::url()]
            .into_iter()
            .enumerate()
    {
        let answer = call(&mut browser, url, &[JSON, OWN], "provider=bitbucket").await;
        assert_eq!(answer.status == StatusCode::TOO_MANY_REQUESTS, number == 3, "{url}: {}", answer.body);
        if number == 3 {
            assert_eq!(
                (answer.body.as_str(), answer.headers["retry-after"].to_str().unwrap()),
                ("\"RATE_LIMIT_EXCEEDED\"", "20")
            );
        }
    }
    for url in paths() {
        let answer = call(&mut browser, url, &[JSON, OWN], "provider=bitbucket").await;
        assert_eq!(answer.body, "\"RATE_LIMIT_EXCEEDED\"", "{url}");
    }
    let answer = browser.post_form(EndSession::url(), &[("from_page", "/private")]).await;
    assert_eq!(form_error(&answer, EndSession::PATH), Some(AuthError::RateLimited));
    // The limit does not apply to pages, and the person is still signed in.
    assert!(browser.get("/").await.body.contains("Ada Lovelace"));
}
