//! Lists of e-mail addresses as providers send them: several pages, unusual entries, and missing lists.

use aura_auth::testing::{Account, InjectedFault};
use serde_json::json;

use super::answers::{error_of, text};
use super::test_app::TestApp;

use aura_auth::testing::StandInEndpoint::Emails;

const MALFORMED: &str = "INVALID_OAUTH_USER_INFO_RES_FORMAT";

/// Starts an app in which Ada has this many addresses. The last one is the primary address.
async fn app_with_addresses(count: usize) -> TestApp {
    let mut ada = Account::samples().remove(0);
    ada.emails = (1..=count).map(|number| (format!("ada-{number}@example.org"), number == count, true)).collect();
    TestApp::with(|builder| builder, |bitbucket| bitbucket.accounts(vec![ada])).await
}

async fn email(app: &TestApp) -> Option<String> {
    app.signed_in().await.session().await.unwrap().user.email
}

#[tokio::test]
async fn the_primary_address_is_found_on_a_later_page() {
    let app = app_with_addresses(25).await;
    assert_eq!(email(&app).await.as_deref(), Some("ada-25@example.org"));
    assert_eq!(app.bitbucket.requests(Emails), 3);
}

#[tokio::test]
async fn at_most_ten_pages_of_email_addresses_are_requested() {
    let app = app_with_addresses(100).await;
    assert_eq!(email(&app).await.as_deref(), Some("ada-100@example.org"));
    let app = app_with_addresses(101).await;
    assert_eq!(email(&app).await, None);
    assert_eq!(app.bitbucket.requests(Emails), 10);
}

#[tokio::test]
async fn the_access_token_is_not_sent_to_a_next_page_of_emails_at_another_url() {
    let app = TestApp::new().await;
    for next in ["https://evil.example/2.0/user/emails?page=2", "http://127.0.0.1:1/", "/2.0/user/emails", ""] {
        let page = InjectedFault::Json(json!({ "values": [], "next": next }).to_string());
        assert_eq!(error_of(&app, Emails, page).await, MALFORMED, "{next}");
    }
    let other = format!("{}/2.0/user/workspaces", app.bitbucket_origin);
    let page = InjectedFault::Json(json!({ "values": [], "next": other }).to_string());
    assert_eq!(error_of(&app, Emails, page).await, MALFORMED);
    // If the address is already known, no other page is requested.
    let good = json!({ "email": "ada@example.org", "is_primary": true, "is_confirmed": true });
    let page = json!({ "values": [good], "next": "https://evil.example/" }).to_string();
    app.bitbucket.inject_fault(Emails, Some(InjectedFault::Json(page)));
    assert_eq!(email(&app).await.as_deref(), Some("ada@example.org"));
}

#[tokio::test]
async fn a_malformed_email_entry_does_not_hide_the_valid_one() {
    let app = TestApp::new().await;
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
            app.bitbucket.inject_fault(Emails, Some(InjectedFault::Json(body.to_string())));
            assert_eq!(email(&app).await.as_deref(), Some("ada@example.org"), "{body}");
        }
        app.bitbucket.inject_fault(Emails, Some(InjectedFault::Json(json!({ "values": [odd] }).to_string())));
        assert_eq!(email(&app).await, None, "{odd}");
    }
}

#[tokio::test]
async fn a_missing_list_of_email_addresses_means_no_address() {
    let app = TestApp::new().await;
    for status in [403, 404, 410] {
        for answer in [InjectedFault::Status(status, "{}".to_owned()), text(status, "text/html", "<h1>Gone</h1>")] {
            app.bitbucket.inject_fault(Emails, Some(answer));
            assert_eq!(email(&app).await, None, "{status}");
        }
    }
    // If the answer says nothing about the list, the sign-in fails. Otherwise the address would silently be missing.
    for status in [400, 401, 429, 500, 502, 503, 504] {
        let error = error_of(&app, Emails, InjectedFault::Status(status, "{}".to_owned())).await;
        let busy = matches!(status, 429 | 502..=504);
        assert_eq!(error, if busy { "NETWORK_REQUEST_FAILED" } else { "INVALID_OAUTH_USER_INFO_RESPONSE" }, "{status}");
    }
}
