//! Data about a person from the provider or from the app's hook, and how the session stores it.

use std::sync::{Arc, Mutex};

use aura_auth::testing::{InjectedFault, StandInEndpoint};
use aura_auth::{PendingSignIn, SessionConfig, SignInDecision, User};
use reqwest::Method;
use serde_json::{Value, json};

use super::log::Log;
use super::test_app::TestApp;

/// Sets these fields in the profile that Bitbucket returns.
fn describe(app: &TestApp, fields: &Value) {
    let mut profile = json!({ "uuid": "{x}" });
    profile.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    app.bitbucket.inject_fault(StandInEndpoint::User, Some(InjectedFault::Json(profile.to_string())));
}

/// Returns the user of a new session.
async fn user(app: &TestApp) -> User {
    app.signed_in().await.session().await.unwrap().user
}

/// Attack: text that forges what stands beside it, and names that lock their owner out
/// Standards: ASVS 1.3.3, 2.2.1
#[tokio::test]
async fn a_provider_s_name_is_shortened_and_invisible_characters_are_removed() {
    let app = TestApp::new().await;
    for (fields, name) in [
        (json!({ "display_name": "x".repeat(6_000) }), Some("x".repeat(256))),
        (json!({ "display_name": "\u{1F600}".repeat(300) }), Some("\u{1F600}".repeat(256))),
        // Bidi overrides, isolates and marks, a tag character, a soft hyphen, a zero-width space and a byte order mark.
        (
            json!({ "display_name": "\u{202E}A\u{2066}d\u{200F}a\u{E0041} \u{AD}L\u{200B}.\u{FEFF}" }),
            Some("Ada L.".to_owned()),
        ),
        (json!({ "display_name": "Ada\u{0}\u{7}\u{1B}[31m\u{9F} L.\u{7F}" }), Some("Ada[31m L.".to_owned())),
        // Persian text and emoji need joiners.
        (
            json!({ "display_name": "\u{646}\u{645}\u{6CC}\u{200C}\u{62F}\u{627}\u{646}\u{645} \u{1F469}\u{200D}\u{1F4BB}" }),
            Some("\u{646}\u{645}\u{6CC}\u{200C}\u{62F}\u{627}\u{646}\u{645} \u{1F469}\u{200D}\u{1F4BB}".to_owned()),
        ),
        (json!({ "display_name": "  Ada L. \n" }), Some("Ada L.".to_owned())),
        (json!({ "display_name": "", "nickname": "ada" }), Some("ada".to_owned())),
        (json!({ "display_name": " \u{A0}\u{202E}", "nickname": "ada" }), Some("ada".to_owned())),
        (json!({ "display_name": "\u{200D}\u{200C}", "nickname": "ada" }), Some("ada".to_owned())),
        (json!({ "display_name": null, "nickname": " " }), None),
    ] {
        describe(&app, &fields);
        assert_eq!(user(&app).await.name, name, "{fields}");
    }
}

/// Attack: an image's address that runs script or fills the cookies
/// Standards: ASVS 1.2.2, 2.2.1
#[tokio::test]
async fn an_image_of_the_provider_is_ignored_unless_it_is_a_short_http_url() {
    let app = TestApp::new().await;
    let long = |bytes: usize| format!("https://example.org/{}", "a".repeat(bytes - "https://example.org/".len()));
    for (image, taken) in [
        ("https://example.org/ada.png?s=96".to_owned(), true),
        ("http://127.0.0.1:8080/ada.png".to_owned(), true),
        (long(2_048), true),
        (long(2_049), false),
        ("javascript:alert(1)".to_owned(), false),
        ("java\nscript:alert(1)".to_owned(), false),
        ("data:image/svg+xml,<svg/>".to_owned(), false),
        ("blob:https://example.org/x".to_owned(), false),
        ("/ada.png".to_owned(), false),
        ("//example.org/ada.png".to_owned(), false),
        ("ada.png".to_owned(), false),
        ("https://".to_owned(), false),
        (String::new(), false),
    ] {
        describe(&app, &json!({ "links": { "avatar": { "href": image } } }));
        assert_eq!(user(&app).await.image.as_deref(), taken.then_some(image.as_str()), "{image:.40}");
    }
    describe(&app, &json!({ "links": { "avatar": { "href": " https://example.org/\u{202E}a " } } }));
    assert_eq!(user(&app).await.image.as_deref(), Some("https://example.org/a"));
}

#[tokio::test]
async fn an_email_address_is_trimmed_and_a_rejected_one_is_logged_with_the_reason() {
    let (log, _guard) = Log::of_this_thread();
    let app = TestApp::new().await;
    let long = format!("{}@example.org", "a".repeat(250));
    for (email, taken, reason) in [
        (" ada@example.org\r\n", Some("ada@example.org"), None),
        ("\u{200B}ada@example.org", Some("ada@example.org"), None),
        ("ada@exämple.org", None, Some("it has characters other than ASCII")),
        ("ada.example.org", None, Some("it has no `@`")),
        (&*long, None, Some("it is longer than 254 bytes")),
        ("\"ada l\"@example.org", None, Some("it is not an e-mail address that sessions allow")),
        (" ", None, None),
    ] {
        let emails = json!({ "values": [{ "email": email, "is_primary": true, "is_confirmed": true }] });
        app.bitbucket.inject_fault(StandInEndpoint::Emails, Some(InjectedFault::Json(emails.to_string())));
        let before = log.lines().len();
        assert_eq!(user(&app).await.email.as_deref(), taken, "{email}");
        let lines = log.lines().split_off(before);
        let line = lines.iter().find(|line| line.contains("an e-mail address was rejected"));
        assert_eq!(line.is_some(), reason.is_some(), "{email}: {lines:?}");
        if let (Some(line), Some(reason)) = (line, reason) {
            assert!(line.contains(reason) && line.contains("bitbucket") && !line.contains("ada"), "{line}");
        }
    }
}

/// The app has its own mapping, and the address in the profile is blank.
#[tokio::test]
async fn a_blank_email_address_is_treated_as_missing_and_the_list_is_requested() {
    let app = TestApp::configured_with(|builder, provider| {
        let mapping = |profile: Value| {
            let user = User::new(profile["uuid"].as_str().unwrap_or_default());
            user.with_name(" \u{202E}".to_owned()).with_email(" ".to_owned())
        };
        builder.oauth([provider.id("mapped").profile(mapping)])
    })
    .await;
    let mut browser = app.browser();
    browser.sign_in("/auth/signIn/mapped").await;
    let user = browser.session().await.unwrap().user;
    assert_eq!((user.name, user.email.as_deref()), (None, Some("ada@example.org")));
}

/// Attack: what a provider says later, which the first sign-in would not have taken
/// Standards: ASVS 2.2.1
#[tokio::test]
async fn data_of_a_refresh_and_of_the_hook_is_cleaned_like_data_of_a_sign_in() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let app = TestApp::configured(|builder| {
        builder.on_sign_in(move |sign_in: PendingSignIn| {
            log.lock().unwrap().push(sign_in.user.name.clone());
            // An app that uses the provider's profile without changes.
            let text = |name: &str| sign_in.profile[name].as_str().map(str::to_owned);
            let (name, image) = (text("display_name"), text("picture"));
            let email = Some(" ada@example.org ".to_owned());
            async move { SignInDecision::AllowAs(sign_in.user.with_name(name).with_image(image).with_email(email)) }
        })
    })
    .await;
    let odd = json!({ "display_name": "\u{202E}Ada\n", "picture": "javascript:alert(1)" });
    let expected = |name: &str| User::new("{x}").with_name(name.to_owned()).with_email("ada@example.org".to_owned());
    describe(&app, &odd);
    let mut browser = app.signed_in().await;
    assert_eq!(browser.session().await.unwrap().user, expected("Ada"));
    describe(&app, &json!({ "display_name": "x".repeat(6_000), "picture": "data:image/png,x" }));
    let refresh = "/auth/providers/bitbucket/user/refresh";
    let answer = browser.send_with_csrf(Method::POST, refresh, "").await;
    assert_eq!(answer.json()["session"]["user"]["name"], "x".repeat(256), "{}", answer.body);
    assert_eq!(browser.session().await.unwrap().user, expected(&"x".repeat(256)));
    assert_eq!(
        *seen.lock().unwrap(),
        [Some("Ada".to_owned()), Some("x".repeat(256))],
        "the hook gets the cleaned profile"
    );

    // Without the hook, a refresh uses the profile itself.
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    describe(&app, &json!({ "uuid": super::test_app::ADA, "display_name": "\u{202E}Ada\n", "nickname": "ada" }));
    let answer = browser.send_with_csrf(Method::POST, refresh, "").await;
    assert_eq!(answer.json()["session"]["user"]["name"], "Ada", "{}", answer.body);
}

/// If a person's own edit is invalid, it is rejected with an error and not silently corrected.
#[tokio::test]
async fn an_invalid_session_update_is_rejected_and_not_corrected() {
    let app =
        TestApp::configured(|builder| builder.session(SessionConfig::default().editable(["name", "image"]))).await;
    let mut browser = app.signed_in().await;
    for fields in [json!({ "name": "x".repeat(257) }), json!({ "name": " " }), json!({ "image": "data:image/png,x" })] {
        let update = json!({ "user": fields }).to_string();
        let answer = browser.send_with_csrf(Method::PATCH, "/auth/session", &update).await;
        assert_eq!(answer.error_code(), "UPDATE_SESSION_INVALID", "{update:.40}");
    }
    assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some("Ada Lovelace"));
}
