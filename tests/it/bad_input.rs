//! Bad input at every endpoint, in every parameter, header, cookie and body. The answer is the right 4xx, no secret is
//! logged, nothing is lost, and the server keeps running.

use aura_auth::{AuthError, LimitedAction, RateLimits};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::log::Log;
use super::test_app::{ADA, Browser, TestApp};
use super::typescript;

/// A response, unparsed.
struct Raw {
    status: u16,
    body: String,
}

/// Sends a request byte by byte, because no HTTP client would send it like this.
async fn send(app: &TestApp, head: &str, headers: &[(&str, &[u8])], body: &[u8]) -> Raw {
    let address = app.origin.strip_prefix("http://").unwrap();
    let mut request = format!("{head} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n").into_bytes();
    for (name, value) in headers {
        request.extend_from_slice(name.as_bytes());
        request.extend_from_slice(b": ");
        request.extend_from_slice(value);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    request.extend_from_slice(body);
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may answer and stop reading before it has read all of a huge request.
    let _ = stream.write_all(&request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Raw { status, body: body.to_owned() }
}

/// Returns the error code of the response, if there is one, and checks that the status fits it.
fn code(answer: &Raw, what: &str) -> Option<String> {
    let body: Value = serde_json::from_str(&answer.body).ok()?;
    let code = body["error"]["code"].as_str()?.to_owned();
    let error = AuthError::from_code(&code).unwrap_or_else(|| panic!("{what}: an unknown code {code}"));
    assert_eq!(answer.status, error.status(), "{what}: {code}");
    assert_eq!(body["success"], false, "{what}");
    Some(code)
}

fn cookies(browser: &Browser, path: &str) -> String {
    browser.cookie_header(path).unwrap_or_default()
}

const PROVIDERS: [(&str, &str); 6] = [
    ("GET", "/auth/signIn/{}"),
    ("GET", "/auth/callback/{}"),
    ("GET", "/auth/providers/{}"),
    ("GET", "/auth/providers/{}/tokens"),
    ("POST", "/auth/providers/{}/user/refresh"),
    ("POST", "/auth/providers/{}/tokens/revoke"),
];

/// Every endpoint, with a valid provider.
const ENDPOINTS: [(&str, &str); 11] = [
    ("GET", "/auth/signIn/bitbucket"),
    ("GET", "/auth/callback/bitbucket"),
    ("GET", "/auth/session"),
    ("PATCH", "/auth/session"),
    ("POST", "/auth/signOut"),
    ("GET", "/auth/csrfToken"),
    ("GET", "/auth/providers/bitbucket"),
    ("GET", "/auth/providers/bitbucket/tokens"),
    ("POST", "/auth/providers/bitbucket/user/refresh"),
    ("POST", "/auth/providers/bitbucket/tokens/revoke"),
    ("GET", "/auth/.well-known/jwks.json"),
];

#[tokio::test]
async fn each_kind_of_bad_input_gets_its_error() {
    let (log, _guard) = Log::of_this_thread();
    let limits = RateLimits::default().unlimited(LimitedAction::UpdateSession);
    let app = TestApp::configured(|builder| builder.rate_limits(limits)).await;
    let mut browser = app.signed_in().await;
    let csrf = browser.csrf_token().await;
    let mut stranger = app.signed_in().await;
    let another_csrf = stranger.csrf_token().await;
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    let query = callback.split_once('?').unwrap().1.to_owned();
    let now = 1_767_225_600_i64;
    let session = |exp: i64, nbf: i64| {
        let claims = json!({ "sub": ADA, "iat": nbf, "nbf": nbf, "exp": exp, "jti": "x" });
        format!("aura-auth.session_token={}", typescript::seal(&claims))
    };
    let own = cookies(&browser, "/auth/providers/bitbucket/tokens");
    let long = "x".repeat(50_000);

    // (request line, headers, body, code)
    type Case<'a> = (String, Vec<(&'a str, &'a [u8])>, &'a [u8], &'a str);
    let mut cases: Vec<Case<'_>> = Vec::new();
    for (method, path) in PROVIDERS {
        for (provider, code) in [
            ("nobody", "UNPROCESSABLE_ENTITY"),
            ("BITBUCKET", "UNPROCESSABLE_ENTITY"),
            ("bitbucket%20", "UNPROCESSABLE_ENTITY"),
            ("%zz", "UNPROCESSABLE_ENTITY"),
            ("%ff", "UNPROCESSABLE_ENTITY"),
            ("%00", "UNPROCESSABLE_ENTITY"),
            ("%2e%2e%2f", "UNPROCESSABLE_ENTITY"),
            (&*long, "UNPROCESSABLE_ENTITY"),
        ] {
            let headers: Vec<(&str, &[u8])> = vec![("cookie", own.as_bytes()), ("x-csrf-token", csrf.as_bytes())];
            cases.push((format!("{method} {}", path.replace("{}", provider)), headers, b"", code));
        }
        let nameless = if path.ends_with("{}") { "NOT_FOUND" } else { "UNPROCESSABLE_ENTITY" };
        cases.push((format!("{method} {}", path.replace("{}", "")), vec![], b"", nameless));
    }
    let program: (&str, &[u8]) = ("accept", b"application/json");
    for (name, value, code) in [
        ("redirect", "maybe", "UNPROCESSABLE_ENTITY"),
        ("redirect", "", "UNPROCESSABLE_ENTITY"),
        ("redirect", "true&redirect=true", "UNPROCESSABLE_ENTITY"),
        ("redirect", "%ff", "UNPROCESSABLE_ENTITY"),
        ("redirect", "%00", "UNPROCESSABLE_ENTITY"),
        ("redirect", &*long, "UNPROCESSABLE_ENTITY"),
        ("redirectTo", "/a&redirectTo=/b", "UNPROCESSABLE_ENTITY"),
    ] {
        for (method, path) in [("GET", "/auth/signIn/bitbucket"), ("POST", "/auth/signOut"), ("PATCH", "/auth/session")]
        {
            let headers: Vec<(&str, &[u8])> =
                vec![program, ("cookie", own.as_bytes()), ("x-csrf-token", csrf.as_bytes())];
            cases.push((format!("{method} {path}?{name}={value}"), headers, b"{}", code));
        }
    }
    let with_cookie = |line: &str, code: &'static str| -> Case<'_> {
        (line.to_owned(), vec![program, ("cookie", own.as_bytes())], b"", code)
    };
    for (query, code) in [
        ("", "AUTH_CALLBACK_MISSING_PARAMETERS"),
        ("code=x", "AUTH_CALLBACK_MISSING_PARAMETERS"),
        ("state=x&state=y&code=x", "AUTH_CALLBACK_MISSING_PARAMETERS"),
        ("state=&code=x", "AUTH_CALLBACK_MISSING_PARAMETERS"),
        ("state=x&code=x", "AUTH_CALLBACK_STATE_INVALID"),
        ("state=%zz&code=x", "AUTH_CALLBACK_STATE_INVALID"),
        ("state=%ff%00&code=x", "AUTH_CALLBACK_STATE_INVALID"),
        (&*format!("state={long}&code=x"), "AUTH_CALLBACK_STATE_INVALID"),
        (&*format!("{query}&iss=https://evil.example"), "AUTH_PROVIDER_MISMATCH"),
    ] {
        cases.push(with_cookie(&format!("GET /auth/callback/bitbucket?{query}"), code));
    }
    cases.push(with_cookie(&format!("GET /auth/callback/other?{query}"), "AUTH_PROVIDER_MISMATCH"));
    for (query, code) in [
        ("token_type_hint=access_token", "UNPROCESSABLE_ENTITY"),
        ("token_type_hint=session_token&token_type_hint=session_token", "UNPROCESSABLE_ENTITY"),
    ] {
        let mut case = with_cookie(&format!("POST /auth/signOut?{query}"), code);
        case.1.push(("x-csrf-token", csrf.as_bytes()));
        cases.push(case);
    }
    // `PATCH` and sign-out check the session and the CSRF token before they read these parameters.
    cases.push(with_cookie("POST /auth/signOut?token_type_hint=access_token", "CSRF_DOUBLE_SUBMIT_FAILED"));
    cases.push(with_cookie("PATCH /auth/session?redirect=maybe", "CSRF_DOUBLE_SUBMIT_FAILED"));
    // The CSRF token: missing, empty, not text, too long, of another session, sent twice, expired, from the future.
    let jose = app.auth.jose().compatible();
    let made = |exp: i64, nbf: i64| jose.sign_jws(&json!({ "token": "x", "exp": exp, "nbf": nbf })).unwrap();
    let (old_csrf, future_csrf) = (made(now, now - 60), made(now + 3600, now + 60));
    for (method, path) in [
        ("PATCH", "/auth/session"),
        ("POST", "/auth/signOut"),
        ("GET", "/auth/providers/bitbucket/tokens"),
        ("POST", "/auth/providers/bitbucket/user/refresh"),
        ("POST", "/auth/providers/bitbucket/tokens/revoke"),
        ("DELETE", "/auth/providers/bitbucket"),
    ] {
        let line = format!("{method} {path}");
        for (values, code) in [
            (vec![], "CSRF_DOUBLE_SUBMIT_FAILED"),
            (vec![&b""[..]], "INVALID_CSRF_TOKEN"),
            (vec![&b"x"[..]], "INVALID_CSRF_TOKEN"),
            (vec![&b"\xff\xfe"[..]], "CSRF_DOUBLE_SUBMIT_FAILED"),
            (vec![long.as_bytes()], "INVALID_CSRF_TOKEN"),
            (vec![another_csrf.as_bytes()], "INVALID_CSRF_TOKEN"),
            (vec![old_csrf.as_bytes()], "INVALID_CSRF_TOKEN"),
            (vec![future_csrf.as_bytes()], "INVALID_CSRF_TOKEN"),
            (vec![csrf.as_bytes(), csrf.as_bytes()], "INVALID_CSRF_TOKEN"),
        ] {
            let mut headers: Vec<(&str, &[u8])> = vec![program, ("cookie", own.as_bytes())];
            headers.extend(values.into_iter().map(|value| ("x-csrf-token", value)));
            cases.push((line.clone(), headers, b"{}", code));
        }
    }
    for (body, code) in [
        (&b""[..], "UNPROCESSABLE_BODY_ENTITY"),
        (b"{", "UNPROCESSABLE_BODY_ENTITY"),
        (b"\xff\xfe", "UNPROCESSABLE_BODY_ENTITY"),
        (b"\0", "UNPROCESSABLE_BODY_ENTITY"),
        (br#"{"user":"x"}"#, "UNPROCESSABLE_BODY_ENTITY"),
        (br#"{"user":{"name":"a\u0000b"}}"#, "UPDATE_SESSION_INVALID"),
        (br#"{"user":{"name":7}}"#, "UPDATE_SESSION_INVALID"),
        (br#"{"user":{"sub":"x"}}"#, "UPDATE_SESSION_INVALID"),
        (br#"{"expires":"2020-01-01T00:00:00Z"}"#, "UPDATE_SESSION_INVALID"),
        (br#"{"expires":"9999-12-31T23:59:59Z"}"#, "UPDATE_SESSION_INVALID"),
    ] {
        let headers: Vec<(&str, &[u8])> = vec![program, ("cookie", own.as_bytes()), ("x-csrf-token", csrf.as_bytes())];
        cases.push(("PATCH /auth/session".to_owned(), headers, body, code));
    }
    // The session cookie.
    let (expired, future) = (session(now, now - 60), session(now + 3600, now + 61));
    let huge_cookie = format!("aura-auth.session_token={long}");
    for (cookie, code) in [
        (&b""[..], "SESSION_NOT_FOUND"),
        (b"aura-auth.session_token", "SESSION_NOT_FOUND"),
        (b"aura-auth.session_token=", "SESSION_NOT_FOUND"),
        (b"aura-auth.session_token=x", "SESSION_INVALID"),
        (b"aura-auth.session_token=\"", "SESSION_NOT_FOUND"),
        (b"aura-auth.session_token=\xff\xfe", "SESSION_NOT_FOUND"),
        (b"aura-auth.session_token.1=x", "SESSION_NOT_FOUND"),
        (huge_cookie.as_bytes(), "SESSION_INVALID"),
        (expired.as_bytes(), "SESSION_EXPIRED"),
        (future.as_bytes(), "SESSION_INVALID"),
    ] {
        for path in ["/auth/session", "/private", "/auth/providers/bitbucket"] {
            cases.push((format!("GET {path}"), vec![program, ("cookie", cookie)], b"", code));
        }
    }
    // The cookies of a flow and of a provider's tokens.
    let others = browser
        .cookies
        .iter()
        .filter(|cookie| !cookie.name.contains(".provider_tokens.") && !cookie.name.contains(".flow."));
    let others: Vec<String> = others.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
    let others = others.join("; ");
    let flow = browser.cookies.iter().find(|cookie| cookie.name.contains(".flow.")).unwrap();
    let own_tokens = browser.cookie("aura-auth.provider_tokens.bitbucket.0").unwrap().to_owned();
    let (flow_name, state) = (flow.name.clone(), super::test_app::parameter(&callback, "state").unwrap());
    let lines: Vec<(String, String, &str)> = ["", "x", "\"", "a.b.c.d.e", &state, &own_tokens, &long[..10_000]]
        .into_iter()
        .flat_map(|value| {
            let answer = if value.is_empty() || value == "\"" { "COOKIE_NOT_FOUND" } else { "AUTH_MISMATCHING_STATE" };
            [
                (format!("GET /auth/callback/bitbucket?{query}"), format!("{flow_name}={value}"), answer),
                (
                    "GET /auth/providers/bitbucket/tokens".to_owned(),
                    format!("{others}; aura-auth.provider_tokens.bitbucket={value}"),
                    "OAUTH_UNLINKED_ACCOUNT_ERROR",
                ),
                (
                    "GET /auth/providers/bitbucket/tokens".to_owned(),
                    format!("{others}; aura-auth.provider_tokens.bitbucket.0={value}"),
                    "OAUTH_UNLINKED_ACCOUNT_ERROR",
                ),
            ]
        })
        .collect();
    for (line, cookie, code) in &lines {
        let headers: Vec<(&str, &[u8])> =
            vec![program, ("cookie", cookie.as_bytes()), ("x-csrf-token", csrf.as_bytes())];
        cases.push((line.clone(), headers, b"", code));
    }
    // Origins and hosts.
    for (name, value, code) in [
        ("origin", &b"https://evil.example"[..], "CSRF_ORIGIN_REJECTED"),
        ("origin", b"null", "CSRF_ORIGIN_REJECTED"),
        ("origin", b"", "CSRF_ORIGIN_REJECTED"),
        ("origin", b"\xff", "CSRF_ORIGIN_REJECTED"),
        ("sec-fetch-site", b"cross-site", "CSRF_ORIGIN_REJECTED"),
        ("sec-fetch-site", b"\xff", "CSRF_ORIGIN_REJECTED"),
        ("host", b"evil.example", "MISDIRECTED_REQUEST"),
    ] {
        cases.push(("POST /auth/signOut".to_owned(), vec![program, (name, value)], b"", code));
    }

    let count = cases.len();
    for (line, headers, body, expected) in cases {
        let what = format!("{} {headers:?}", &line[..line.len().min(120)]);
        let what = &what[..what.len().min(400)];
        let answer = send(&app, &line, &headers, body).await;
        let found = code(&answer, what);
        assert_eq!(found.as_deref(), Some(expected), "{what}: {} {}", answer.status, answer.body);
    }

    // Input larger than any server reads. Every endpoint must answer with a 4xx or close the connection.
    let mebibyte = "x".repeat(1024 * 1024);
    for (method, path) in ENDPOINTS {
        let cookie = format!("aura-auth.session_token={mebibyte}");
        for (line, headers, body) in [
            (format!("{method} {path}?redirectTo={mebibyte}"), vec![], ""),
            (format!("{method} {path}"), vec![("cookie", cookie.as_bytes())], ""),
            (format!("{method} {path}"), vec![("x-csrf-token", mebibyte.as_bytes())], ""),
            (format!("{method} {path}"), vec![("referer", mebibyte.as_bytes())], ""),
            (
                format!("{method} {path}"),
                vec![("cookie", own.as_bytes()), ("x-csrf-token", csrf.as_bytes())],
                &*mebibyte,
            ),
        ] {
            let answer = send(&app, &line, &headers, body.as_bytes()).await;
            let refused_whole = body.is_empty();
            let fits = if refused_whole { matches!(answer.status, 0 | 414 | 431) } else { answer.status != 0 };
            assert!(fits, "{method} {path} with {} headers: {}", headers.len(), answer.status);
            assert!(answer.status < 500 || answer.status == 501, "{method} {path}: {}", answer.status);
        }
    }

    // The requests above may have signed out their own session. Another session shows that nothing else is lost.
    assert!(stranger.session().await.is_some(), "the other person is still signed in");
    assert_eq!(stranger.send_with_csrf(reqwest::Method::GET, "/auth/providers/bitbucket/tokens", "").await.status, 200);
    assert_eq!(app.browser().sign_in("/auth/signIn/bitbucket").await.location(), "/");
    assert!(count > 150, "{count} cases");

    let logged = log.ours();
    for secret in [&csrf, &another_csrf, &browser.session_token(), &query, super::test_app::SECRET] {
        assert!(!logged.contains(secret), "a secret is in the log");
    }
    assert!(!logged.contains("\u{0}") && !logged.contains(&long), "the log has unsanitized input");
}
