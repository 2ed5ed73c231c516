//! Pages of other sites

use reqwest::Method;

use super::test_app::{HTML, JSON, TestApp};

/// Attack: another site's page posts to every endpoint that changes something, in each way a page can
/// Standards: ASVS 3.5.1, 3.5.2, 3.5.3
#[tokio::test]
async fn every_endpoint_rejects_requests_from_another_site_s_page() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let token = browser.csrf_token().await;
    let before = browser.session().await.unwrap();
    for (method, path) in [
        (Method::POST, "/auth/signOut"),
        (Method::POST, "/auth/session"),
        (Method::PATCH, "/auth/session"),
        (Method::DELETE, "/auth/sessions/x"),
        (Method::POST, "/auth/sessions/x/revoke"),
        (Method::POST, "/auth/sessions/revoke-others"),
        (Method::POST, "/auth/providers/bitbucket/disconnect"),
        (Method::DELETE, "/auth/providers/bitbucket"),
        (Method::POST, "/auth/providers/bitbucket/tokens/revoke"),
        (Method::POST, "/auth/providers/bitbucket/user/refresh"),
        (Method::POST, "/"),
    ] {
        for sender in [
            vec![("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
            vec![("origin", "https://evil.example")],
            vec![("origin", "null")],
            vec![("sec-fetch-site", "same-site")],
            vec![("sec-fetch-site", "same-origin"), ("origin", "null"), ("sec-fetch-site", "cross-site")],
        ] {
            for content_type in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"] {
                let mut headers = vec![JSON, ("content-type", content_type), ("x-csrf-token", &*token)];
                headers.extend(&sender);
                let body = format!("csrf_token={token}&name=Mallory");
                let answer = browser.send(method.clone(), path, &headers, &body).await;
                assert_eq!(answer.error_code(), "CSRF_ORIGIN_REJECTED", "{method} {path} {sender:?}");
            }
        }
    }
    assert_eq!(browser.session().await.unwrap().user, before.user);
    let tokens = browser.send_with_csrf(Method::GET, "/auth/providers/bitbucket/tokens", "").await;
    assert_eq!(tokens.status, 200);
}

/// Attack: a page of an origin that people may only be sent to changes something
/// Standards: ASVS 3.5.1, 3.4.2
#[tokio::test]
async fn an_origin_trusted_for_redirects_may_not_send_requests() {
    let docs = "https://docs.example.com";
    let app = TestApp::configured(|builder| builder.trusted_origins([docs]).trusted_origins_by(|_| true)).await;
    let mut browser = app.signed_in().await;
    let token = browser.csrf_token().await;
    for (method, path) in [(Method::PATCH, "/auth/session"), (Method::POST, "/auth/signOut"), (Method::POST, "/")] {
        for sender in [&[("origin", docs)][..], &[("origin", docs), ("sec-fetch-site", "same-site")]] {
            let headers = [&[JSON, ("x-csrf-token", &*token)], sender].concat();
            let answer = browser.send(method.clone(), path, &headers, r#"{"user":{"name":"X"}}"#).await;
            assert_eq!(answer.error_code(), "CSRF_ORIGIN_REJECTED", "{method} {path} {sender:?}");
        }
    }
    let end = browser.sign_in(&format!("/auth/signIn/bitbucket?redirectTo={docs}/start")).await;
    assert_eq!(end.location(), format!("{docs}/start"));
}

/// Attack: an open redirect to an origin whose pages may only send requests
/// Standards: RFC 9700 4.11.1; ASVS 3.7.2
#[tokio::test]
async fn an_origin_trusted_for_requests_is_not_a_redirect_target() {
    let app = TestApp::configured(|builder| builder.request_origins(["https://docs.example.com"])).await;
    let end = app.browser().sign_in("/auth/signIn/bitbucket?redirectTo=https://docs.example.com/start").await;
    assert_eq!(end.location(), "/");
}

/// Attack: clickjacking, embedding and sniffing of every endpoint's answer
/// Standards: ASVS 3.2.1, 3.4.3, 3.4.4, 3.4.6, 3.5.8; RFC 9700 4.16
#[tokio::test]
async fn no_answer_can_be_framed_sniffed_or_cached() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    for path in ["session", "csrfToken", "signIn/bitbucket", "callback/bitbucket", "providers/bitbucket", "nothing"] {
        for accept in [HTML, JSON] {
            let answer = browser.send(Method::GET, &format!("/auth/{path}"), &[accept], "").await;
            let policy = answer.headers["content-security-policy"].to_str().unwrap();
            for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"] {
                assert!(policy.contains(directive), "{path}: {policy}");
            }
            assert_eq!(answer.headers["x-frame-options"], "DENY");
            assert_eq!(answer.headers["cross-origin-resource-policy"], "same-origin");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
            assert_eq!(answer.headers["cache-control"], "no-store");
            assert_eq!(answer.headers["referrer-policy"], "strict-origin-when-cross-origin");
        }
    }
}

/// Attack: an answer of JSON that another site's page reads as a script (JSONP, XSSI)
/// Standards: ASVS 3.5.6, 3.5.7
#[tokio::test]
async fn no_response_can_be_read_as_a_script() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    for name in ["callback", "jsonp", "cb"] {
        let answer = browser.get_json(&format!("/auth/session?{name}=steal")).await;
        assert_eq!(answer.headers["content-type"], "application/json");
        assert!(answer.body.starts_with('{') && !answer.body.contains("steal"));
    }
}

/// Attack: another site's page opens a WebSocket with the person's cookies
/// Standards: RFC 6455 4.1, 10.2; ASVS 3.5.1, 4.4.2
#[tokio::test]
async fn another_site_s_page_cannot_open_a_websocket() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let upgrade = [("connection", "upgrade"), ("upgrade", "websocket")];
    for (sender, is_refused) in [
        (vec![("origin", "https://evil.example")], true),
        (vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "websocket")], true),
        (vec![("origin", &*app.origin)], false),
        (vec![("sec-fetch-site", "same-origin")], false),
        (vec![], false),
    ] {
        let headers = [&[JSON], &upgrade[..], &sender].concat();
        let answer = browser.send(Method::GET, "/", &headers, "").await;
        assert_eq!(answer.status == 403, is_refused, "{sender:?}");
    }
}

/// Attack: another site's page loads an endpoint as an image, a script or by `fetch`, and measures the answer
/// Standards: ASVS 3.5.6, 3.5.8
#[tokio::test]
async fn another_site_s_page_can_only_navigate_to_endpoints() {
    let app = TestApp::configured(|builder| builder.fetch_metadata_isolation(["/static"])).await;
    let plain = TestApp::new().await;
    for (app, is_app_isolated) in [(&app, true), (&plain, false)] {
        let mut browser = app.signed_in().await;
        for (path, is_isolated) in [
            ("/auth/session", true),
            ("/auth/csrfToken", true),
            ("/auth/signIn/bitbucket", true),
            ("/auth/nothing", true),
            ("/api/aura-auth/get_session", true),
            ("/auth/.well-known/jwks.json", false),
            ("/authors", is_app_isolated),
            ("/", is_app_isolated),
            ("/static", false),
            ("/statics", is_app_isolated),
        ] {
            for (site, mode, destination, is_refused) in [
                ("cross-site", "no-cors", "image", is_isolated),
                ("same-site", "cors", "empty", is_isolated),
                ("cross-site", "navigate", "object", is_isolated),
                ("cross-site", "navigate", "embed", is_isolated),
                ("cross-site", "navigate", "document", false),
                ("same-origin", "cors", "empty", false),
                ("none", "navigate", "document", false),
            ] {
                let headers =
                    [HTML, ("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", destination)];
                let answer = browser.send(Method::GET, path, &headers, "").await;
                assert_eq!(answer.status == 403, is_refused, "{path} {site} {mode} {destination}");
            }
            let doubled = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")];
            let headers = [&[HTML, ("sec-fetch-mode", "no-cors")], &doubled[..]].concat();
            assert_eq!(browser.send(Method::GET, path, &headers, "").await.status == 403, is_isolated, "{path}");
            let bare = browser.send(Method::GET, path, &[HTML, ("sec-fetch-site", "cross-site")], "").await;
            assert_eq!(bare.status == 403, is_isolated, "{path}: without its mode it is no navigation");
            // A CORS preflight must be answered, or the browser does not send the request itself.
            let preflight = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")];
            assert_ne!(browser.send(Method::OPTIONS, path, &preflight, "").await.status, 403, "{path}");
            // Programs and old browsers do not send these headers.
            assert_ne!(browser.send(Method::GET, path, &[HTML], "").await.status, 403, "{path}");
        }
    }
}

/// Attack: another site's page calls the server functions that reveal tokens, where the endpoints are elsewhere
/// Standards: ASVS 3.5.6, 3.5.8
#[tokio::test]
async fn server_functions_reject_cross_site_requests_for_any_base_path() {
    let app = TestApp::configured(|builder| builder.base_path("/login")).await;
    let sender = [HTML, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")];
    for (path, is_isolated) in [
        ("/login/session", true),
        ("/auth/providers/access_token", true),
        ("/api/aura-auth/get_session", true),
        ("/auth/session", false),
    ] {
        let answer = app.browser().send(Method::GET, path, &sender, "").await;
        assert_eq!(answer.status == 403, is_isolated, "{path}");
    }
}

/// Attack: a page of an origin that may send requests to the app sends them to the endpoints, without CORS
/// Standards: ASVS 3.5.1, 3.5.8
#[tokio::test]
async fn without_cors_a_request_origin_may_send_requests_only_to_the_app_s_own_routes() {
    let docs = "https://docs.example.com";
    let app = TestApp::configured(|builder| builder.request_origins([docs])).await;
    let mut browser = app.signed_in().await;
    for (mode, destination) in [("cors", "empty"), ("no-cors", "empty"), ("navigate", "document")] {
        let headers = [
            JSON,
            ("origin", docs),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", mode),
            ("sec-fetch-dest", destination),
        ];
        let answer = browser.send(Method::POST, "/auth/signOut", &headers, "").await;
        assert_eq!(answer.error_code(), "CSRF_ORIGIN_REJECTED", "{mode}");
        // The origin is listed so that it can send requests to the app's own routes.
        assert_ne!(browser.send(Method::POST, "/", &headers, "").await.status, 403, "{mode}");
    }
}
