//! The library's own server functions: their paths, whom they answer, and what a form without scripts gets.

use aura_auth::leptos::server_functions::{
    CheckProviderConnection, DisconnectProvider, EndSession, FetchAccessToken, FetchProviderTokens, FetchSession,
    LinkAccount, RefreshUserInfo, RevokeToken, StartSignIn, UpdateSession,
};
use aura_auth::{AuthError, ClaimType, LimitedAction, RateLimit, RateLimits, SessionConfig};
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use reqwest::{Method, StatusCode};

use crate::world::{Answer, Browser, HTML, JSON, World, parameter};
use crate::{app, router, sign_in};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
/// What a browser says of a request of the app's own page.
const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

async fn call(browser: &mut Browser, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    browser.send(Method::POST, url, &[headers, &[FORM]].concat(), body).await
}

async fn world() -> World {
    World::serving(router, |builder| builder).await
}

/// The error in a page's address, for the forms of this server function.
fn form_error(answer: &Answer, path: &str) -> Option<AuthError> {
    assert_eq!(parameter(answer.location(), "__path").as_deref(), Some(path), "{answer:?}");
    parameter(answer.location(), "__err").map(|error| ServerFnUrlError::decode_err(&error))
}

/// "Sign out" in a tab that was opened before an upgrade was 404: the path ended in a hash of the crate's
/// folder and version.
#[test]
fn paths_are_the_same_in_every_build() {
    for (path, expected) in [
        (StartSignIn::PATH, "/api/aura-auth/sign_in"),
        (EndSession::PATH, "/api/aura-auth/sign_out"),
        (FetchSession::PATH, "/api/aura-auth/get_session"),
        (UpdateSession::PATH, "/api/aura-auth/update_session"),
        (LinkAccount::PATH, "/api/aura-auth/link_account"),
        (DisconnectProvider::PATH, "/api/aura-auth/disconnect_provider"),
        (FetchProviderTokens::PATH, "/auth/providers/provider_tokens"),
        (FetchAccessToken::PATH, "/auth/providers/access_token"),
        (CheckProviderConnection::PATH, "/auth/providers/is_provider_connected"),
        (RefreshUserInfo::PATH, "/auth/providers/refresh_user_info"),
        (RevokeToken::PATH, "/auth/providers/revoke_token"),
    ] {
        assert_eq!(path, expected);
    }
}

#[tokio::test]
async fn a_plain_form_signs_in_and_a_script_is_told_where_to_go() {
    let (_, mut browser) = app().await;
    let url = StartSignIn::url();
    let answer = browser.post_form(url, &[("provider", "bitbucket"), ("redirect_to", "/private")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.location().starts_with("https://bitbucket.org/site/oauth2/authorize?"));
    assert_eq!(browser.flows(), 1);

    let answer = call(&mut browser, url, &[JSON], "provider=bitbucket").await;
    assert_eq!(answer.status, StatusCode::OK);
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert!(body["signInURL"].as_str().unwrap().starts_with("https://bitbucket.org/"));
    assert!(!answer.headers.contains_key("location") && browser.flows() == 2);

    for body in ["provider=nobody", "provider=", ""] {
        let answer = call(&mut browser, url, &[JSON], body).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (422, "\"UNPROCESSABLE_ENTITY\""));
    }
}

#[tokio::test]
async fn a_sign_in_comes_back_to_the_page_of_its_form() {
    let world = world().await;
    let referer = |page: &str| format!("{}{page}", world.browser().origin);
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
        let mut browser = world.browser();
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
    let world = world().await;
    let mut browser = world.signed_in().await;
    let url = LinkAccount::url();
    let by_script = call(&mut browser, url, &[JSON, OWN], "provider=other").await;
    let body: serde_json::Value = serde_json::from_str(&by_script.body).unwrap();
    assert!(body["signInURL"].as_str().unwrap().starts_with(&world.bitbucket_origin), "{by_script:?}");
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
    let answer = call(&mut world.browser(), url, &[JSON, OWN], "provider=other").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, "\"SESSION_NOT_FOUND\""));
}

/// Attack: a link to another person's session, who has signed in in another tab since the page was shown
/// Standards: ASVS 3.5.1
#[tokio::test]
async fn an_account_is_linked_to_the_person_that_the_page_shows() {
    let world = world().await;
    let mut browser = world.signed_in().await;
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
async fn what_changes_or_reveals_something_wants_the_browser_s_word_that_our_own_page_sent_it() {
    let world = world().await;
    let origin = world.browser().origin;
    let functions = [
        (UpdateSession::url(), "name=Mallory"),
        (FetchProviderTokens::url(), "provider=bitbucket"),
        (FetchAccessToken::url(), "provider=bitbucket"),
        (RefreshUserInfo::url(), "provider=bitbucket"),
        (RevokeToken::url(), "provider=bitbucket"),
        (DisconnectProvider::url(), "provider=bitbucket"),
        (LinkAccount::url(), "provider=other"),
        (EndSession::url(), ""),
    ];
    let mut browser = world.signed_in().await;
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
        for (url, body) in functions {
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

    // Each kind of evidence is enough.
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
async fn server_functions_take_post_only() {
    let world = world().await;
    let mut browser = world.signed_in().await;
    for url in [
        StartSignIn::url(),
        EndSession::url(),
        UpdateSession::url(),
        DisconnectProvider::url(),
        LinkAccount::url(),
        FetchProviderTokens::url(),
        FetchAccessToken::url(),
        CheckProviderConnection::url(),
        RefreshUserInfo::url(),
        RevokeToken::url(),
    ] {
        let answer = browser.send(Method::GET, &format!("{url}?provider=bitbucket"), &[JSON, OWN], "").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{url}");
    }
}

/// Attack: a page of an origin that is listed for requests calls a server function, which has no token
/// Standards: ASVS 3.5.1
#[tokio::test]
async fn server_functions_that_change_something_refuse_every_listed_origin() {
    let docs = "https://docs.example.com";
    let world = World::serving(router, |builder| builder.trusted_origins([docs]).request_origins([docs])).await;
    let mut browser = world.signed_in().await;
    for url in [
        EndSession::url(),
        UpdateSession::url(),
        DisconnectProvider::url(),
        LinkAccount::url(),
        FetchProviderTokens::url(),
        FetchAccessToken::url(),
        RefreshUserInfo::url(),
        RevokeToken::url(),
    ] {
        for sender in [&[("origin", docs)][..], &[("origin", docs), ("sec-fetch-site", "same-site")]] {
            let headers = [&[JSON], sender].concat();
            let answer = call(&mut browser, url, &headers, "provider=bitbucket&name=X").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{url} {sender:?}: {answer:?}");
            assert!(answer.body.contains("CSRF_ORIGIN_REJECTED"), "{url}: {answer:?}");
        }
    }
    assert!(browser.session().await.is_some());
}

#[tokio::test]
async fn a_form_on_the_page_signs_out_and_another_site_s_does_not() {
    let (auth, mut browser) = app().await;
    let url = EndSession::url();
    let cleared =
        |answer: &Answer| answer.set_cookies().iter().any(|line| line.starts_with("aura-auth.session_token=;"));
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
    // Somebody who is signed out already gets there too.
    let answer = Browser::new(&browser.origin).post_form(url, &[]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
}

/// The form is the one that a page of the first build with these paths has.
#[tokio::test]
async fn a_page_of_an_earlier_build_signs_out_at_this_one() {
    let (auth, mut browser) = app().await;
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
async fn get_session_says_who_is_signed_in_and_answers_200_either_way() {
    let (auth, mut browser) = app().await;
    let answer = call(&mut browser, FetchSession::url(), &[JSON], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "null"));
    sign_in(&auth, &mut browser);
    let answer = call(&mut browser, FetchSession::url(), &[JSON], "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("\"sub\":\"x\""), "{answer:?}");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn an_update_converts_clears_and_leaves_fields() {
    let claims = [("theme", ClaimType::Text), ("newsletter", ClaimType::Boolean), ("age", ClaimType::Integer)];
    let config = SessionConfig::default().editable_claims(claims);
    let world = World::serving(router, |builder| builder.session(config)).await;
    let mut browser = world.signed_in().await;
    for (body, user) in [
        ("theme=dark&newsletter=on&age=36", serde_json::json!({ "theme": "dark", "newsletter": true, "age": 36 })),
        // What is absent stays.
        ("name=Countess", serde_json::json!({ "name": "Countess", "theme": "dark", "newsletter": true, "age": 36 })),
        // What is empty goes.
        ("theme=&newsletter=false&name=", serde_json::json!({ "name": null, "newsletter": false, "age": 36 })),
    ] {
        let answer = call(&mut browser, UpdateSession::url(), &[JSON, OWN], body).await;
        assert_eq!(answer.status, StatusCode::OK, "{body} {}", answer.body);
        let found: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        for (name, value) in user.as_object().unwrap() {
            assert_eq!(&found["user"][name], value, "{body}: {name}");
        }
        assert_eq!(found["user"].get("theme").is_some(), user.get("theme").is_some(), "{body}");
        assert!(found["user"].get("from_page").is_none());
    }
    for body in ["age=old", "role=admin", "sub=y", "newsletter=perhaps", "exp=1", "name=%00"] {
        let answer = call(&mut browser, UpdateSession::url(), &[JSON, OWN], body).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (400, "\"UPDATE_SESSION_INVALID\""), "{body}");
    }
    let answer = call(&mut world.browser(), UpdateSession::url(), &[JSON, OWN], "age=old").await;
    assert_eq!(answer.body, "\"SESSION_NOT_FOUND\"", "the session is checked before the input");
}

#[tokio::test]
async fn the_error_of_a_form_without_scripts_is_in_the_address_of_its_page() {
    let world = world().await;
    let mut browser = world.signed_in().await;
    let url = UpdateSession::url();
    // As the form names its page, with and without a Referer.
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
    // It is gone once the form is sent with success.
    let answer = browser.post_form(url, &[("name", "Ada"), ("from_page", "/?tab=1&__path=x&__err=y")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/?tab=1"));
}

/// A `<SignOut>` in the header stands outside `<Routes>`, where Leptos provides no error.
#[tokio::test]
async fn the_error_is_shown_at_the_form_wherever_it_stands() {
    let (auth, mut browser) = app().await;
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

/// Attack: what a page means for one person is done to another who has signed in since
/// Standards: ASVS 8.3.1
#[tokio::test]
async fn a_request_that_names_another_person_is_refused() {
    let world = world().await;
    let mut browser = world.signed_in().await;
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
async fn the_provider_functions_do_what_the_endpoints_do() {
    let world = world().await;
    let mut browser = world.signed_in().await;
    let provider = "provider=bitbucket";
    let answer = call(&mut browser, FetchProviderTokens::url(), &[JSON, OWN], provider).await;
    let tokens: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(tokens["accessToken"].as_str().map(str::len), Some(2500), "{answer:?}");
    assert!(tokens.get("refreshToken").is_none());
    let answer = call(&mut browser, FetchAccessToken::url(), &[JSON, OWN], provider).await;
    assert_eq!(answer.body, tokens["accessToken"].to_string());
    assert_eq!(call(&mut browser, CheckProviderConnection::url(), &[JSON, OWN], provider).await.body, "true");
    let answer = call(&mut browser, RefreshUserInfo::url(), &[JSON, OWN], provider).await;
    assert!(answer.body.contains("Ada Lovelace"), "{answer:?}");
    let answer = call(&mut browser, RevokeToken::url(), &[JSON, OWN], provider).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (501, "\"OAUTH_INVALID_REVOKE_TOKEN_CONFIG\""));

    let answer = browser.post_form(DisconnectProvider::url(), &[("provider", "bitbucket")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(call(&mut browser, CheckProviderConnection::url(), &[JSON, OWN], provider).await.body, "false");
    let answer = call(&mut browser, FetchAccessToken::url(), &[JSON, OWN], provider).await;
    assert_eq!(answer.body, "\"OAUTH_UNLINKED_ACCOUNT_ERROR\"");
    for url in [FetchProviderTokens::url(), RefreshUserInfo::url(), RevokeToken::url(), DisconnectProvider::url()] {
        let answer = call(&mut world.browser(), url, &[JSON, OWN], provider).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, "\"SESSION_NOT_FOUND\""), "{url}");
    }
}

/// Somebody who is connected was told that they are not: the cookies of the tokens go to `/auth/providers`
/// alone, and the page's own request and other server functions do not have them.
#[tokio::test]
async fn tokens_that_a_request_can_t_have_are_another_error_than_no_tokens() {
    let world = world().await;
    let mut browser = world.signed_in().await;
    let answer = call(&mut browser, crate::TokenLengthElsewhere::url(), &[JSON, OWN], "").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (400, "\"OAUTH_TOKENS_NOT_SENT\""));
    assert!(AuthError::ProviderTokensNotSent.message().contains("/auth/providers"));
}

#[tokio::test]
async fn a_server_function_that_is_sent_nonsense_is_no_fault_of_ours() {
    let (_, mut browser) = app().await;
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
    let world = world().await;
    let mut browser = world.signed_in().await;
    let fields = |count: usize| (0..count).map(|number| format!("f{number}=1&")).collect::<String>();
    for function in [
        "/api/aura-auth/sign_in",
        "/api/aura-auth/sign_out",
        "/api/aura-auth/get_session",
        "/api/aura-auth/update_session",
        "/api/aura-auth/disconnect_provider",
        "/api/aura-auth/link_account",
        "/auth/providers/provider_tokens",
        "/auth/providers/access_token",
        "/auth/providers/is_provider_connected",
        "/auth/providers/refresh_user_info",
        "/auth/providers/revoke_token",
    ] {
        for (body, code) in [(fields(20_000), "CONTENT_TOO_LARGE"), (fields(101), "UNPROCESSABLE_ENTITY")] {
            let answer = call(&mut browser, function, &[FORM, OWN], &body).await;
            assert_eq!(answer.error_code(), code, "{function}");
        }
        // The layer's refusals are objects, and the functions' are the code alone.
        let hundred = call(&mut world.browser(), function, &[JSON, OWN], fields(100).trim_end_matches('&')).await;
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
async fn server_functions_have_a_limit_together_and_a_form_comes_back_to_its_page() {
    let limits = RateLimits::none().limit(LimitedAction::ServerFunction, RateLimit::per_minutes(3, 1));
    let world = World::serving(router, |builder| builder.rate_limits(limits)).await;
    let mut browser = world.signed_in().await;
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
    for url in [
        StartSignIn::url(),
        EndSession::url(),
        FetchSession::url(),
        UpdateSession::url(),
        DisconnectProvider::url(),
        LinkAccount::url(),
        FetchProviderTokens::url(),
        FetchAccessToken::url(),
        CheckProviderConnection::url(),
        RefreshUserInfo::url(),
        RevokeToken::url(),
    ] {
        let answer = call(&mut browser, url, &[JSON, OWN], "provider=bitbucket").await;
        assert_eq!(answer.body, "\"RATE_LIMIT_EXCEEDED\"", "{url}");
    }
    let answer = browser.post_form(EndSession::url(), &[("from_page", "/private")]).await;
    assert_eq!(form_error(&answer, EndSession::PATH), Some(AuthError::RateLimited));
    // The pages themselves are not limited, and nobody was signed out.
    assert!(browser.get("/").await.body.contains("Ada Lovelace"));
}
