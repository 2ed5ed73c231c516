//! Answers of providers as they are in the wild, and those that are wrong: what is read all the same, and what the
//! log says of the others.

use std::sync::{Arc, Mutex};

use aura_auth::testing::{Account, Misbehavior, ProviderStandIn, StandInEndpoint};
use aura_auth::{AuthError, User};
use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{get, post};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::log::Log;
use super::world::{Browser, World, listen, serve};

use StandInEndpoint::{Emails, Permission, Token, Workspaces};

const SIGN_IN: &str = "/auth/signIn/bitbucket";
/// With another provider that is the same Bitbucket.
const SIGN_IN_OWN: &str = "/auth/signIn/own";
const TOKENS: &str = "/auth/providers/bitbucket/tokens";
const MALFORMED: &str = "INVALID_OAUTH_USER_INFO_RES_FORMAT";
const IS_JSON: (&str, &str) = ("content-type", "application/json");
/// `{"uuid":"{x}"}` in the format gzip.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x01\x0e\x00\xf1\xff{\"uuid\":\"{x}\"}\x93\x2a\xad\xb0\x0e\x00\x00\x00";

/// Ada has so many addresses; the last one is the primary one.
async fn world_with_addresses(count: usize) -> World {
    let mut ada = Account::samples().remove(0);
    ada.emails = (1..=count).map(|number| (format!("ada-{number}@example.org"), number == count, true)).collect();
    World::with(|builder| builder, |bitbucket| bitbucket.accounts(vec![ada])).await
}

async fn email(world: &World) -> Option<String> {
    world.signed_in().await.session().await.unwrap().user.email
}

/// The error of a sign-in while an endpoint gives this answer.
async fn error_of(world: &World, endpoint: StandInEndpoint, answer: Misbehavior) -> String {
    error_with(world, SIGN_IN, endpoint, answer).await
}

async fn error_with(world: &World, sign_in: &str, endpoint: StandInEndpoint, answer: Misbehavior) -> String {
    let mut browser = world.browser();
    world.bitbucket.misbehave(endpoint, Some(answer));
    let end = browser.sign_in(sign_in).await;
    world.bitbucket.misbehave(endpoint, None);
    assert!(browser.session().await.is_none());
    end.shown_error()
}

fn text(status: u16, content_type: &'static str, body: &str) -> Misbehavior {
    Misbehavior::Answer(status, vec![("content-type", content_type)], body.as_bytes().to_vec())
}

async fn tokens(browser: &mut Browser) -> Value {
    browser.send_with_csrf(Method::GET, TOKENS, "").await.json()["tokens"].clone()
}

#[tokio::test]
async fn the_primary_address_is_found_on_a_later_page() {
    let world = world_with_addresses(25).await;
    assert_eq!(email(&world).await.as_deref(), Some("ada-25@example.org"));
    assert_eq!(world.bitbucket.requests(Emails), 3);
}

#[tokio::test]
async fn at_most_ten_pages_of_addresses_are_asked_for() {
    let world = world_with_addresses(100).await;
    assert_eq!(email(&world).await.as_deref(), Some("ada-100@example.org"));
    let world = world_with_addresses(101).await;
    assert_eq!(email(&world).await, None);
    assert_eq!(world.bitbucket.requests(Emails), 10);
}

#[tokio::test]
async fn the_access_token_does_not_follow_a_next_page_of_addresses_elsewhere() {
    let world = World::new().await;
    for next in ["https://evil.example/2.0/user/emails?page=2", "http://127.0.0.1:1/", "/2.0/user/emails", ""] {
        let page = Misbehavior::Json(json!({ "values": [], "next": next }).to_string());
        assert_eq!(error_of(&world, Emails, page).await, MALFORMED, "{next}");
    }
    let other = format!("{}/2.0/user/workspaces", world.bitbucket_origin);
    let page = Misbehavior::Json(json!({ "values": [], "next": other }).to_string());
    assert_eq!(error_of(&world, Emails, page).await, MALFORMED);
    // Where the address is known already, no other page is asked for.
    let good = json!({ "email": "ada@example.org", "is_primary": true, "is_confirmed": true });
    let page = json!({ "values": [good], "next": "https://evil.example/" }).to_string();
    world.bitbucket.misbehave(Emails, Some(Misbehavior::Json(page)));
    assert_eq!(email(&world).await.as_deref(), Some("ada@example.org"));
}

#[tokio::test]
async fn one_odd_address_among_others_spoils_nothing() {
    let world = World::new().await;
    let good = json!({ "email": "ada@example.org", "is_primary": true, "is_confirmed": true });
    for odd in [
        json!({ "email": null, "is_primary": true, "is_confirmed": true }),
        json!({ "email": 7, "is_primary": true, "is_confirmed": true }),
        json!({ "email": "x@example.org", "is_primary": null, "is_confirmed": null }),
        json!({ "email": "x@example.org", "is_primary": "yes", "is_confirmed": 1 }),
        json!({}),
        json!(null),
        json!("x@example.org"),
        json!([]),
    ] {
        let page = json!({ "values": [odd, good], "next": null });
        for body in [page, json!([odd, good])] {
            world.bitbucket.misbehave(Emails, Some(Misbehavior::Json(body.to_string())));
            assert_eq!(email(&world).await.as_deref(), Some("ada@example.org"), "{body}");
        }
        world.bitbucket.misbehave(Emails, Some(Misbehavior::Json(json!({ "values": [odd] }).to_string())));
        assert_eq!(email(&world).await, None, "{odd}");
    }
}

#[tokio::test]
async fn a_list_of_addresses_that_is_not_there_means_no_address() {
    let world = World::new().await;
    for status in [403, 404, 410] {
        for answer in [Misbehavior::Status(status, "{}".to_owned()), text(status, "text/html", "<h1>Gone</h1>")] {
            world.bitbucket.misbehave(Emails, Some(answer));
            assert_eq!(email(&world).await, None, "{status}");
        }
    }
    // What says nothing about the list ends the sign-in: the address would be missing without a word.
    for status in [400, 401, 429, 500, 502, 503, 504] {
        let error = error_of(&world, Emails, Misbehavior::Status(status, "{}".to_owned())).await;
        let busy = matches!(status, 429 | 502..=504);
        assert_eq!(error, if busy { "NETWORK_REQUEST_FAILED" } else { "INVALID_OAUTH_USER_INFO_RESPONSE" }, "{status}");
    }
}

#[tokio::test]
async fn json_after_a_byte_order_mark_is_read() {
    let world = World::new().await;
    let token = json!({ "access_token": "abc", "expires_in": 7200 });
    let user = json!({ "uuid": "{x}", "display_name": "X" });
    let emails = json!({ "values": [{ "email": "x@example.org", "is_primary": true, "is_confirmed": true }] });
    for (endpoint, body) in [(Token, token), (StandInEndpoint::User, user), (Emails, emails)] {
        let body = format!("\u{FEFF}{body}").into_bytes();
        world.bitbucket.misbehave(endpoint, Some(Misbehavior::Answer(200, vec![IS_JSON], body)));
    }
    let user = world.signed_in().await.session().await.unwrap().user;
    assert_eq!((user.sub.as_str(), user.email.as_deref()), ("{x}", Some("x@example.org")));
}

#[tokio::test]
async fn the_life_of_a_token_may_be_text_or_have_a_fraction() {
    let world = World::new().await;
    world.bitbucket.misbehave(StandInEndpoint::User, Some(Misbehavior::Json(r#"{"uuid":"{x}"}"#.to_owned())));
    world.bitbucket.misbehave(Emails, Some(Misbehavior::Json("[]".to_owned())));
    for life in [json!(7200), json!("7200"), json!(7200.0), json!(7200.9), json!("7200.5"), json!(" 7200 ")] {
        let answer = json!({ "access_token": "abc", "refresh_token": "r", "expires_in": life,
            "refresh_token_expires_in": life });
        world.bitbucket.misbehave(Token, Some(Misbehavior::Json(answer.to_string())));
        let tokens = tokens(&mut world.signed_in().await).await;
        assert_eq!(tokens["expiresAt"], 1_767_225_600 + 7200, "{life}");
        // As a form, too.
        let form = format!("access_token=abc&expires_in={}", life.to_string().replace(['"', ' '], ""));
        world.bitbucket.misbehave(Token, Some(text(200, "application/x-www-form-urlencoded", &form)));
        let tokens = self::tokens(&mut world.signed_in().await).await;
        assert_eq!(tokens["expiresAt"], 1_767_225_600 + 7200, "{form}");
    }
    for life in [json!(null), json!("")] {
        let answer = json!({ "access_token": "abc", "expires_in": life });
        world.bitbucket.misbehave(Token, Some(Misbehavior::Json(answer.to_string())));
        assert_eq!(tokens(&mut world.signed_in().await).await["expiresAt"], Value::Null, "{life}");
    }
    for life in [json!(-1), json!(-0.5), json!("-1"), json!("soon"), json!("NaN"), json!("inf"), json!([7200])] {
        let answer = json!({ "access_token": "abc", "expires_in": life });
        let error = error_of(&world, Token, Misbehavior::Json(answer.to_string())).await;
        assert_eq!(error, "INVALID_OAUTH_ACCESS_TOKEN_RES_FORMAT", "{life}");
    }
}

#[tokio::test]
async fn null_is_read_as_what_is_absent() {
    let world = World::new().await;
    let token = json!({ "access_token": "abc", "token_type": null, "expires_in": null, "refresh_token": null,
        "refresh_token_expires_in": null, "scope": null, "scopes": ["account", null], "error": null });
    let user = json!({ "uuid": null, "account_id": "557058:x", "display_name": null, "nickname": "x",
        "account_status": null, "links": null, "error": null });
    world.bitbucket.misbehave(Token, Some(Misbehavior::Json(token.to_string())));
    world.bitbucket.misbehave(Emails, Some(Misbehavior::Json(r#"{"values":[],"next":null}"#.to_owned())));
    for links in [json!(null), json!({ "avatar": null, "html": null }), json!({ "avatar": { "href": null } })] {
        let mut user = user.clone();
        user["links"] = links;
        world.bitbucket.misbehave(StandInEndpoint::User, Some(Misbehavior::Json(user.to_string())));
        let mut browser = world.signed_in().await;
        let user = browser.session().await.unwrap().user;
        assert_eq!((user.sub.as_str(), user.name.as_deref(), user.image), ("557058:x", Some("x"), None));
        assert_eq!(tokens(&mut browser).await["scopes"], json!(["account"]));
    }
}

#[tokio::test]
async fn null_is_read_as_what_is_absent_by_a_mapping_of_the_app() {
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
    let world = World::configured_with(|builder, provider| {
        let profile = |profile: Profile| {
            let groups = profile.groups.into_iter().map(|group| group.name).collect::<Vec<_>>();
            User { sub: profile.id, name: Some(profile.name), ..User::default() }.with("groups", groups)
        };
        builder.oauth([provider.id("own").profile(profile)])
    })
    .await;
    let described = json!({ "id": "x", "name": null, "groups": [{ "name": null }, { "name": "a" }] });
    world.bitbucket.misbehave(StandInEndpoint::User, Some(Misbehavior::Json(described.to_string())));
    let mut browser = world.browser();
    assert_eq!(browser.sign_in(SIGN_IN_OWN).await.location(), "/");
    let user = browser.session().await.unwrap().user;
    // The mapping's blank name is as none.
    assert_eq!((user.name.as_deref(), user.get("groups")), (None, Some(vec![String::new(), "a".to_owned()])));
    // What must be there is missing all the same.
    let nobody = Misbehavior::Json(json!({ "id": null, "name": "x" }).to_string());
    assert_eq!(error_with(&world, SIGN_IN_OWN, StandInEndpoint::User, nobody).await, MALFORMED);
}

#[tokio::test]
async fn answers_are_asked_for_without_compression() {
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
    let world = World::configured_with(|builder, provider| {
        let provider =
            provider.id("own").token_url(&format!("{origin}/token")).user_info_url(&format!("{origin}/user"));
        let gzip = [("accept-encoding".parse().unwrap(), "gzip".parse().unwrap())].into_iter().collect();
        builder
            .oauth([provider.emails_url(&format!("{origin}/emails"))])
            .http_client(|client| client.default_headers(gzip))
    })
    .await;
    serve(listener, router);
    assert_eq!(world.browser().sign_in(SIGN_IN_OWN).await.location(), "/");
    assert_eq!(*seen.lock().unwrap(), ["identity"; 3]);
}

#[tokio::test]
async fn a_compressed_answer_is_an_error_that_the_log_explains() {
    let (log, _guard) = Log::of_this_thread();
    let world = World::new().await;
    for endpoint in [Token, StandInEndpoint::User, Emails] {
        for encoding in ["gzip", "br"] {
            let headers = vec![IS_JSON, ("content-encoding", encoding)];
            let answer = Misbehavior::Answer(200, headers, GZIP.to_vec());
            let before = log.ours().len();
            assert_eq!(error_of(&world, endpoint, answer).await, "OAUTH_INVALID_CONTENT_TYPE", "{endpoint:?}");
            let lines = log.ours().split_off(before);
            assert!(lines.contains(&format!("Content-Encoding: {encoding}")), "{lines}");
        }
    }
    // `identity` is no encoding.
    let headers = vec![IS_JSON, ("content-encoding", "Identity")];
    let user = Misbehavior::Answer(200, headers, br#"{"uuid":"{x}"}"#.to_vec());
    world.bitbucket.misbehave(StandInEndpoint::User, Some(user));
    assert_eq!(world.signed_in().await.session().await.unwrap().user.sub, "{x}");
    world.bitbucket.misbehave(StandInEndpoint::User, None);
    // An error has its status in the log even so.
    for status in [400, 401] {
        let answer = Misbehavior::Answer(status, vec![IS_JSON, ("content-encoding", "gzip")], GZIP.to_vec());
        let before = log.ours().len();
        assert_eq!(error_of(&world, Token, answer).await, "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE", "{status}");
        let lines = log.ours().split_off(before);
        assert!(lines.contains("Content-Encoding: gzip") && lines.contains(&format!("status {status}")), "{lines}");
    }
}

#[tokio::test]
async fn an_error_of_the_token_endpoint_is_read_whatever_its_type() {
    let world = World::new().await;
    let error = r#"{"error":"invalid_grant","error_description":"Token has been revoked."}"#;
    let odd = r#"{"error":"invalid_grant","error_description":["revoked"],"error_uri":null}"#;
    for (status, content_type, body) in [
        (400, "application/json", error),
        (400, "application/json", odd),
        (400, "text/plain", error),
        (401, "text/plain; charset=utf-8", error),
        (400, "text/html", error),
        (401, "text/html", odd),
        (400, "application/octet-stream", error),
        (400, "text/plain", &format!("\u{FEFF}{error}")),
        (400, "application/x-www-form-urlencoded", "error=invalid_grant&error_description=revoked"),
    ] {
        let mut browser = world.signed_in().await;
        world.clock.advance(7200);
        world.bitbucket.misbehave(Token, Some(text(status, content_type, body)));
        let answer = browser.send_with_csrf(Method::GET, TOKENS, "").await;
        world.bitbucket.misbehave(Token, None);
        assert_eq!(answer.error_code(), "OAUTH_INVALID_REFRESH_TOKEN_RESPONSE", "{status} {content_type} {body}");
        let connected = browser.get_json("/auth/providers/bitbucket").await.json()["connected"].clone();
        assert_eq!(connected, false, "{status} {content_type} {body}");
    }
    // What is no such error ends nothing.
    for (status, content_type, body) in [
        (400, "text/plain", "invalid_grant"),
        (400, "text/html", "<h1>Bad Request</h1>"),
        (401, "application/json", r#"{"type":"error","error":{"message":"invalid_grant"}}"#),
        (400, "text/plain", r#"{"error":"invalid_request"}"#),
        (404, "text/plain", error),
        (429, "application/json", error),
        (503, "text/plain", error),
    ] {
        let mut browser = world.signed_in().await;
        world.clock.advance(7200);
        world.bitbucket.misbehave(Token, Some(text(status, content_type, body)));
        let answer = browser.send_with_csrf(Method::GET, TOKENS, "").await;
        world.bitbucket.misbehave(Token, None);
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{status} {content_type} {body}: {}", answer.body);
        world.clock.advance(11);
        assert!(tokens(&mut browser).await["accessToken"].is_string(), "{status} {content_type} {body}");
    }
}

#[tokio::test]
async fn the_log_has_the_status_of_every_refusal() {
    let (log, _guard) = Log::of_this_thread();
    let world = World::new().await;
    let error = r#"{"error":"invalid_client"}"#;
    for (status, content_type, body) in [
        (400, "application/json", error),
        (401, "text/plain", error),
        (400, "application/json", "{}"),
        (400, "application/json", "[]"),
        (401, "application/json", "{"),
        (400, "text/plain", ""),
        (401, "text/html", "<h1>Unauthorized</h1>"),
        (403, "application/json", error),
        (403, "text/html", "<h1>Forbidden</h1>"),
        (404, "application/json", "null"),
        (418, "application/json", ""),
        (429, "application/json", error),
        (500, "application/json", error),
        (503, "text/html", "<h1>Maintenance</h1>"),
    ] {
        for endpoint in [Token, StandInEndpoint::User] {
            let before = log.ours().len();
            let code = error_of(&world, endpoint, text(status, content_type, body)).await;
            let lines = log.ours().split_off(before);
            let line = lines.lines().find(|line| line.contains("an operation failed")).unwrap();
            assert!(line.contains(&format!("status {status}")), "{endpoint:?} {status} {body}: {line}");
            let expected = match (status, endpoint) {
                (429 | 503, _) => "NETWORK_REQUEST_FAILED",
                (_, Token) => "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE",
                _ => "INVALID_OAUTH_USER_INFO_RESPONSE",
            };
            assert_eq!(code, expected, "{endpoint:?} {status} {body}");
            let names_error = endpoint == Token && body == error && status < 429;
            assert_eq!(line.contains("invalid_client"), names_error, "{line}");
        }
    }
    // So has the one of a refresh.
    let mut browser = world.signed_in().await;
    world.clock.advance(7200);
    world.bitbucket.misbehave(Token, Some(text(400, "text/plain", r#"{"error":"invalid_grant"}"#)));
    let before = log.ours().len();
    browser.send_with_csrf(Method::GET, TOKENS, "").await;
    let lines = log.ours().split_off(before);
    assert!(lines.lines().any(|line| line.contains("invalid_grant") && line.contains("status 400")), "{lines}");
}

#[tokio::test]
async fn a_provider_that_is_down_or_busy_asks_a_person_to_try_again() {
    let world = World::configured_with(|builder, provider| {
        builder.oauth([provider.id("own").with_workspaces().require_workspace("analytical-engine")])
    })
    .await;
    for endpoint in [Token, StandInEndpoint::User, Emails, Workspaces, Permission] {
        for status in [429, 502, 503, 504] {
            let answer = text(status, "application/json", r#"{"error":"invalid_grant"}"#);
            let code = error_with(&world, SIGN_IN_OWN, endpoint, answer).await;
            assert_eq!(code, "NETWORK_REQUEST_FAILED", "{endpoint:?} {status}");
        }
    }
    assert!(AuthError::ProviderUnreachable.to_string().contains("try again"));
}

#[tokio::test]
async fn the_log_names_the_document_that_could_not_be_read() {
    let (log, _guard) = Log::of_this_thread();
    let world = World::configured_with(|builder, provider| {
        builder.oauth([provider.id("own").with_workspaces().require_workspace("analytical-engine")])
    })
    .await;
    let origin = &world.bitbucket_origin;
    for (endpoint, name, path) in [
        (Token, "the token answer", "/site/oauth2/access_token"),
        (StandInEndpoint::User, "the user information", "/2.0/user"),
        (Emails, "the list of e-mail addresses", "/2.0/user/emails"),
        (Workspaces, "the list of workspaces", "/2.0/user/workspaces"),
        (Permission, "the workspace's permission", "/2.0/user/workspaces/analytical-engine/permission"),
    ] {
        let unreadable = ["", "{", "7", r#"{"uuid":7,"values":7,"permission":7,"access_token":7}"#]
            .map(|json| (Misbehavior::Json(json.to_owned()), "can't be read"));
        let others =
            [Misbehavior::Html, Misbehavior::Huge, Misbehavior::Broken].map(|page| (page, "could not be fetched"));
        for (answer, what) in unreadable.into_iter().chain(others) {
            let before = log.ours().len();
            error_with(&world, SIGN_IN_OWN, endpoint, answer.clone()).await;
            let lines = log.ours().split_off(before);
            let document = format!("{name} ({origin}{path}) {what}");
            assert!(lines.contains(&document), "{endpoint:?} {answer:?}: {lines}");
        }
    }
}

#[tokio::test]
async fn github_s_answers_have_nulls_too() {
    let (listener, origin) = listen().await;
    let github = ProviderStandIn::github("id", "secret", "http://127.0.0.1:");
    serve(listener, github.router());
    let world = World::configured(|builder| builder.oauth([github.provider(&origin)])).await;
    let user = json!({ "id": 1, "login": "ada", "name": null, "email": null, "avatar_url": null });
    github.misbehave(StandInEndpoint::User, Some(Misbehavior::Json(user.to_string())));
    github.misbehave(Emails, Some(Misbehavior::Json(r#"[{"email":null}]"#.to_owned())));
    let mut browser = world.browser();
    assert_eq!(browser.sign_in("/auth/signIn/github").await.location(), "/");
    let user = browser.session().await.unwrap().user;
    assert_eq!((user.sub.as_str(), user.name.as_deref(), user.email), ("1", Some("ada"), None));
}
