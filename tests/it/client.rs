//! The library's client against its server.

use aura_auth::testing::session_cookie;
use aura_auth::{AuthClient, ClientError, RedirectOptions, SessionUpdate, User};
use axum::Router;
use axum::extract::Query;
use axum::http::header::{HeaderMap, LOCATION};
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};

use super::test_app::{TestApp, listen, serve};

#[tokio::test]
async fn the_client_signs_in_reads_the_session_and_signs_out() {
    let app = TestApp::new().await;
    let client = AuthClient::new(&format!("{}/auth/", app.origin)).unwrap();
    assert_eq!(client.get_session().await.unwrap(), None);

    let options = RedirectOptions::default().redirect_to("/dashboard");
    let started = client.sign_in("bitbucket", &options).await.unwrap();
    assert_eq!(started.sign_in_url, format!("{}/auth/signIn/bitbucket?redirectTo=%2Fdashboard", app.origin));

    let user = User::new("x").with_name("Ada".to_owned());
    client.add_cookie(&session_cookie(&app.auth, user.clone()).unwrap());
    assert_eq!(client.get_session().await.unwrap().unwrap().user, user);
    let signed_out = client.sign_out(Some("/bye")).await.unwrap();
    assert_eq!(signed_out.redirect_url.as_deref(), Some("/bye"));
    assert_eq!(client.get_session().await.unwrap(), None);
}

#[tokio::test]
async fn the_client_changes_the_session_and_uses_the_provider_s_tokens() {
    let app = TestApp::new().await;
    let browser = app.signed_in().await;
    let client = AuthClient::new(&format!("{}/auth", app.origin)).unwrap();
    for cookie in &browser.cookies {
        client.add_cookie(&format!("{}={}", cookie.name, cookie.value));
    }
    let update = SessionUpdate::default().set("name", "Countess");
    assert_eq!(client.update_session(&update).await.unwrap().user.name.as_deref(), Some("Countess"));
    assert_eq!(client.get_session().await.unwrap().unwrap().user.name.as_deref(), Some("Countess"));

    let options = RedirectOptions::default().redirect(false);
    let started = client.link_account("other", &options).await.unwrap();
    assert!(started.sign_in_url.starts_with(&app.bitbucket_origin), "{started:?}");

    assert!(client.is_provider_connected("bitbucket").await.unwrap());
    let tokens = client.provider_tokens("bitbucket").await.unwrap();
    assert_eq!((tokens.access_token.expose().len(), tokens.refresh_token.is_none()), (2500, true));
    let session = client.refresh_user_info("bitbucket").await.unwrap();
    assert_eq!(session.user.name.as_deref(), Some("Ada Lovelace"));
    let refused = client.revoke_token("bitbucket").await.unwrap_err();
    assert!(refused.to_string().contains("OAUTH_INVALID_REVOKE_TOKEN_CONFIG"), "{refused}");
    client.disconnect_provider("bitbucket").await.unwrap();
    assert!(!client.is_provider_connected("bitbucket").await.unwrap());
}

#[tokio::test]
async fn a_rejected_call_returns_the_error_code_and_status() {
    let app = TestApp::new().await;
    let client = AuthClient::new(&format!("{}/auth", app.origin)).unwrap();
    for refused in [
        client.sign_in("nobody", &RedirectOptions::default()).await.map(|_| ()).unwrap_err(),
        client.sign_out(None).await.map(|_| ()).unwrap_err(),
        client.link_account("other", &RedirectOptions::default()).await.map(|_| ()).unwrap_err(),
    ] {
        let ClientError::Refused { code, status, .. } = refused else { panic!("{refused}") };
        assert_eq!(aura_auth::AuthError::from_code(&code).unwrap().status(), status);
    }
}

/// The endpoints of a TypeScript server, as far as they differ from this library's: `signOut` needs a hint, and
/// requests that change something are answered with a redirect unless `redirect=false` is set (wire contract, 2.4).
fn typescript_endpoints() -> Router {
    #[derive(serde::Deserialize)]
    struct Asked {
        token_type_hint: Option<String>,
        redirect: Option<String>,
    }
    let change = |status: StatusCode, body: &'static str| {
        async move |Query(asked): Query<Asked>, uri: Uri| match asked {
            Asked { token_type_hint: None, .. } if uri.path() == "/signOut" => {
                (StatusCode::UNPROCESSABLE_ENTITY, HeaderMap::new(), r#"{"success":false}"#)
            }
            Asked { redirect: Some(redirect), .. } if redirect == "false" => (status, HeaderMap::new(), body),
            _ => (StatusCode::FOUND, HeaderMap::from_iter([(LOCATION, "/".parse().unwrap())]), ""),
        }
    };
    let session = r#"{"success":true,"session":{"user":{"sub":"x","name":"N"},"expires":"2026-12-01T00:00:00.000Z"}}"#;
    let signed_out = r#"{"success":true,"redirect":false,"redirectURL":null}"#;
    let begun = r#"{"success":true,"redirect":false,"signInURL":"https://app.example/auth/signIn/bitbucket"}"#;
    Router::new()
        .route("/csrfToken", get(async || r#"{"csrfToken":"x"}"#))
        .route("/session", get(async move || session).patch(change(StatusCode::OK, session)))
        .route("/signOut", post(change(StatusCode::ACCEPTED, signed_out)))
        .route("/signIn/{provider}", get(change(StatusCode::OK, begun)))
}

#[tokio::test]
async fn the_client_works_with_typescript_servers() {
    let (listener, origin) = listen().await;
    serve(listener, typescript_endpoints());
    let client = AuthClient::new(&origin).unwrap();
    assert_eq!(client.get_session().await.unwrap().unwrap().user.sub, "x");
    let options = RedirectOptions::default().redirect(false);
    assert!(client.sign_in("bitbucket", &options).await.unwrap().sign_in_url.starts_with("https://app.example/"));
    let session = client.update_session(&SessionUpdate::default().set("name", "N")).await.unwrap();
    assert_eq!(session.user.name.as_deref(), Some("N"));
    assert_eq!(client.sign_out(None).await.unwrap().redirect_url, None);
}

/// Returns a client of a server whose gateway gives this answer to every request except the one for a CSRF token.
async fn behind_gateway(status: u16, body: &'static str) -> AuthClient {
    let (listener, origin) = listen().await;
    let answer = (StatusCode::from_u16(status).unwrap(), body);
    let token = get(async || r#"{"csrfToken":"x"}"#);
    serve(listener, Router::new().route("/csrfToken", token).fallback(async move || answer));
    AuthClient::new(&origin).unwrap()
}

#[tokio::test]
async fn an_error_response_of_a_gateway_is_not_a_success() {
    for (status, body, expected) in [
        (503, r#"{"message":"no healthy upstream"}"#, Some("SERVER_UNREACHABLE")),
        (503, r#"{"error":{"code":"SERVER_ERROR","message":"ours"}}"#, Some("SERVER_ERROR")),
        (403, r#"{"code":"ACCESS_DENIED","message":"by policy"}"#, Some("ACCESS_DENIED")),
        (400, "{}", Some("SERVER_ERROR")),
        (200, r#"{"success":false}"#, Some("SERVER_ERROR")),
        (200, r#"{"code":"SESSION_NOT_FOUND"}"#, Some("SESSION_NOT_FOUND")),
        // If the body is not JSON, or not a known answer, the error contains the status.
        (502, "<h1>Bad gateway</h1>", None),
        (503, "null", None),
        (200, "[]", None),
        // The portal of a Wi-Fi network.
        (200, r#"{"message":"sign in first"}"#, None),
    ] {
        let client = behind_gateway(status, body).await;
        let update = SessionUpdate::default().set("name", "x");
        for refused in [
            client.revoke_token("bitbucket").await,
            client.disconnect_provider("bitbucket").await,
            client.sign_out(None).await.map(|_| ()),
            client.update_session(&update).await.map(|_| ()),
            client.get_session().await.map(|_| ()),
            client.is_provider_connected("bitbucket").await.map(|_| ()),
        ] {
            match (refused.unwrap_err(), expected) {
                (ClientError::Refused { code, status: found, .. }, Some(expected)) => {
                    assert_eq!((&*code, found), (expected, status), "{body}");
                }
                (ClientError::NotAuth { status: found, .. }, None) => assert_eq!(found, status, "{body}"),
                (error, _) => panic!("{status} {body}: {error}"),
            }
        }
    }
    for body in ["", "<h1>Sign in</h1>", r#"{"message":"no"}"#] {
        assert_eq!(behind_gateway(401, body).await.get_session().await.unwrap(), None, "{body}");
    }
}

#[tokio::test]
async fn a_base_url_without_auth_endpoints_is_reported() {
    let app = TestApp::new().await;
    let (listener, elsewhere) = listen().await;
    serve(listener, Router::new().route("/session", get(async || "<h1>Hello</h1>")));
    for base_url in [&app.origin, &elsewhere] {
        let error = AuthClient::new(base_url).unwrap().get_session().await.unwrap_err();
        assert!(matches!(error, ClientError::NotAuth { .. }), "{error}");
        assert!(error.to_string().contains("its path included"));
    }
    for base_url in ["", "localhost:3000/auth", "ftp://localhost/auth", "http://localhost/auth?x", "/auth"] {
        let error = AuthClient::new(base_url).unwrap_err();
        assert!(matches!(error, ClientError::BaseUrl(_)), "{error}");
    }
    let error = AuthClient::new("http://127.0.0.1:1/auth").unwrap().get_session().await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
}
