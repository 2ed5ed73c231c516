//! Sign-in for the members of a Bitbucket workspace.

use aura_auth::oauth::WorkspaceRole::{Collaborator, Member, Owner};
use aura_auth::testing::{Account, InjectedFault, StandInEndpoint};
use aura_auth::{PendingSignIn, SignInDecision};
use serde_json::Value;

use super::test_app::{TestApp, parameter};

#[tokio::test]
async fn only_members_may_sign_in_and_others_see_the_workspace_s_name() {
    // Ada owns `analytical-engine`; Grace collaborates there, and is a member of `compilers`.
    for (workspace, least, ada, grace) in [
        ("analytical-engine", Member, true, true),
        ("analytical-engine", Collaborator, true, true),
        ("analytical-engine", Owner, true, false),
        ("{analytical-engine}", Member, true, true),
        ("compilers", Member, false, true),
        ("compilers", Collaborator, false, false),
        ("nobody-s", Member, false, false),
        ("../../repositories", Member, false, false),
    ] {
        let app = TestApp::configured_with(|builder, provider| {
            builder.oauth([provider.id("members").require_workspace_role(workspace, least)])
        })
        .await;
        for (account, admitted) in [("ada", ada), ("grace", grace)] {
            let mut browser = app.browser();
            let begun = browser.get("/auth/signIn/members").await;
            let callback = browser.decide(begun.location(), account, "approve").await;
            let end = browser.get(&callback).await;
            assert_eq!(browser.session().await.is_some(), admitted, "{account} {workspace} {least:?}");
            if !admitted {
                assert_eq!(end.shown_error(), "AUTH_SIGN_IN_DENIED");
                let reason = parameter(end.location(), "reason").unwrap();
                let words = app.auth.api().denial_reason(&reason).unwrap();
                assert!(words.contains(&format!("workspace {workspace}.")), "{words}");
            }
        }
    }
}

#[tokio::test]
async fn an_unclear_membership_response_does_not_sign_in() {
    let app = TestApp::configured_with(|builder, provider| {
        builder.oauth([provider.id("members").require_workspace("analytical-engine")])
    })
    .await;
    let json = |text: &str| InjectedFault::Json(text.to_owned());
    for (fault, code) in [
        (InjectedFault::ServerError, "INVALID_OAUTH_USER_INFO_RESPONSE"),
        (InjectedFault::Html, "OAUTH_INVALID_CONTENT_TYPE"),
        (InjectedFault::Huge, "NETWORK_REQUEST_FAILED"),
        (InjectedFault::Redirect("/2.0/user".to_owned()), "NETWORK_REQUEST_FAILED"),
        (json("{}"), "INVALID_OAUTH_USER_INFO_RES_FORMAT"),
        (json(r#"{"permission":"god"}"#), "INVALID_OAUTH_USER_INFO_RES_FORMAT"),
        (json(r#"{"permission":null}"#), "INVALID_OAUTH_USER_INFO_RES_FORMAT"),
        (json("[]"), "INVALID_OAUTH_USER_INFO_RES_FORMAT"),
    ] {
        app.bitbucket.inject_fault(StandInEndpoint::Permission, Some(fault.clone()));
        let mut browser = app.browser();
        assert_eq!(browser.sign_in("/auth/signIn/members").await.shown_error(), code, "{fault:?}");
        assert!(browser.session().await.is_none());
    }
}

#[tokio::test]
async fn the_profile_contains_the_workspaces_of_all_pages() {
    let mut accounts = Account::samples();
    accounts[0].workspaces = (0..5).map(|number| (format!("team-{number}"), "member".to_owned())).collect();
    let app = TestApp::with(|builder| builder, |bitbucket| bitbucket.accounts(accounts)).await;
    let provider = app.bitbucket.provider(&app.bitbucket_origin);
    let listing = TestApp::configured_with(|builder, _| {
        builder.oauth([provider.id("listing").with_workspaces()]).base_url(&app.origin).on_sign_in(
            async |sign_in: PendingSignIn| {
                let slugs = sign_in.profile["workspaces"].as_array().unwrap().iter();
                let slugs: Vec<Value> = slugs.map(|access| access["workspace"]["slug"].clone()).collect();
                SignInDecision::AllowAs(sign_in.user.with("workspaces", slugs))
            },
        )
    })
    .await;
    let mut browser = listing.browser();
    let callback = browser.callback_url("/auth/signIn/listing").await;
    browser.get(&callback.replace(&app.origin, &listing.origin)).await;
    let slugs: Vec<String> = browser.session().await.unwrap().user.get("workspaces").unwrap();
    assert_eq!(slugs, ["team-0", "team-1", "team-2", "team-3", "team-4"]);
}

#[tokio::test]
async fn the_access_token_is_not_sent_to_a_next_page_at_another_url() {
    let app =
        TestApp::configured_with(|builder, provider| builder.oauth([provider.id("listing").with_workspaces()])).await;
    for next in ["https://evil.example/2.0/user/workspaces?page=2", "http://127.0.0.1:1/", "/2.0/user/workspaces"] {
        let page = InjectedFault::Json(format!(r#"{{"values":[],"next":"{next}"}}"#));
        app.bitbucket.inject_fault(StandInEndpoint::Workspaces, Some(page));
        let end = app.browser().sign_in("/auth/signIn/listing").await;
        assert_eq!(end.shown_error(), "INVALID_OAUTH_USER_INFO_RES_FORMAT", "{next}");
    }
    // A list whose pages never end.
    let next = format!("{}/2.0/user/workspaces", app.bitbucket_origin);
    let page = InjectedFault::Json(format!(r#"{{"values":[],"next":"{next}"}}"#));
    app.bitbucket.inject_fault(StandInEndpoint::Workspaces, Some(page));
    assert_eq!(app.browser().sign_in("/auth/signIn/listing").await.location(), "/");
    assert!(app.bitbucket.requests(StandInEndpoint::Workspaces) < 30);
}
