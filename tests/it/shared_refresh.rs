//! Refreshes of provider tokens that are in a store, by several processes.

use std::time::Duration;

use aura_auth::AuthError;
use aura_auth::store::{MemoryStore, Store, TokenHash};
use aura_auth::testing::{InjectedFault, StandInEndpoint, TestStore};

use super::test_app::TestApp;
use super::three_processes::Processes;

async fn processes() -> (Processes, TestStore) {
    let store = TestStore::new(MemoryStore::default());
    (Processes::start([store.clone(), store.clone(), store.clone()]).await, store)
}

/// Attack: requests at several servers use one refresh token twice, and the provider ends the connection
/// Standards: RFC 9700 2.2.2, 4.14
#[tokio::test]
async fn fifty_requests_at_three_processes_cause_one_refresh() {
    let (processes, store) = processes().await;
    store.set_delay(Duration::from_millis(5));
    processes.fifty_requests_cause_one_refresh().await;
}

#[tokio::test]
async fn after_a_failed_refresh_no_process_asks_the_provider_for_ten_seconds() {
    let (processes, _) = processes().await;
    let headers = processes.headers(&processes.app.signed_in().await);
    let first = processes.token(0, &headers).await.unwrap();
    let down = InjectedFault::Status(503, "{}".to_owned());
    processes.app.bitbucket.inject_fault(StandInEndpoint::Token, Some(down));
    processes.app.clock.advance(7200 - 200);
    for process in 0..3 {
        assert_eq!(processes.token(process, &headers).await.as_ref(), Ok(&first), "it is still valid");
    }
    assert_eq!(processes.refreshes(), 1);
    processes.app.clock.advance(200);
    for process in 0..3 {
        assert_eq!(processes.token(process, &headers).await, Err(AuthError::ProviderUnreachable));
    }
    let failed = processes.refreshes();
    assert_eq!(failed, 2, "one process has asked again");
    processes.app.clock.advance(10);
    processes.app.bitbucket.inject_fault(StandInEndpoint::Token, None);
    assert!(processes.token(2, &headers).await.is_ok_and(|token| token != first));
}

#[tokio::test]
async fn a_refresh_token_that_the_provider_ended_disconnects_in_every_process() {
    let (processes, store) = processes().await;
    let browser = processes.app.signed_in().await;
    let headers = processes.headers(&browser);
    processes.app.bitbucket.remove_app();
    processes.app.clock.advance(7200);
    assert_eq!(processes.token(0, &headers).await, Err(AuthError::RefreshTokenDead));
    assert_eq!(processes.token(1, &headers).await, Err(AuthError::ProviderNotConnected));
    let row = store.session(&TokenHash::of(&browser.session_token())).await.unwrap().unwrap();
    assert!(row.providers.is_empty() && row.ended.is_none());
}

/// A database restarted while refreshes were running. Their leases stayed, so no process could refresh these tokens for
/// two minutes. The clock stands still here, so the lease does not end by itself.
#[tokio::test]
async fn a_refresh_that_fails_while_the_store_is_down_does_not_block_the_next_one() {
    let (processes, store) = processes().await;
    let headers = processes.headers(&processes.app.signed_in().await);
    processes.app.clock.advance(7200);
    processes.app.bitbucket.inject_fault(StandInEndpoint::Token, Some(InjectedFault::ServerError));
    let gate = processes.app.bitbucket.hold(StandInEndpoint::Token);
    let refresh = async { processes.token(0, &headers).await };
    let restart = async {
        gate.arrived().await;
        store.set_down(true);
        gate.release();
    };
    let (token, ()) = futures::join!(refresh, restart);
    assert!(token.is_err());
    store.set_down(false);
    processes.app.bitbucket.inject_fault(StandInEndpoint::Token, None);
    assert!(processes.token(1, &headers).await.is_ok());
}

/// A database was down for longer than the process tried to write new tokens. The other processes had the old refresh
/// token, used it again, and the provider ended the connection.
#[tokio::test]
async fn tokens_that_arrive_while_the_store_is_down_are_written_when_it_is_back() {
    let (processes, store) = processes().await;
    let headers = processes.headers(&processes.app.signed_in().await);
    processes.app.clock.advance(7200);
    let gate = processes.app.bitbucket.hold(StandInEndpoint::Token);
    let refresh = async { processes.token(0, &headers).await };
    let outage = async {
        gate.arrived().await;
        store.set_down(true);
        gate.release();
    };
    let (token, ()) = futures::join!(refresh, outage);
    assert!(token.is_ok(), "the process has them");
    store.set_down(false);
    assert_eq!(processes.token(1, &headers).await, token);
    assert_eq!(processes.refreshes(), 1);
}

#[tokio::test]
async fn tokens_that_arrive_after_the_sign_out_are_dropped() {
    let (processes, _) = processes().await;
    let mut browser = processes.app.signed_in().await;
    let headers = processes.headers(&browser);
    processes.app.clock.advance(7200);
    let gate = processes.app.bitbucket.hold(StandInEndpoint::Token);
    let refresh = async { processes.token(1, &headers).await };
    let sign_out = async {
        gate.arrived().await;
        let signed_out = browser.send_with_csrf(reqwest::Method::POST, "/auth/signOut", "").await;
        assert_eq!(signed_out.status, 202);
        gate.release();
    };
    let (token, ()) = futures::join!(refresh, sign_out);
    assert_eq!(token, Err(AuthError::ProviderNotConnected));
}

#[tokio::test]
async fn a_job_gets_the_token_of_a_session_without_a_request() {
    let (processes, store) = processes().await;
    let browser = processes.app.signed_in().await;
    let row = store.session(&TokenHash::of(&browser.session_token())).await.unwrap().unwrap();
    let token = |process: usize| {
        let api = processes.auths[process].api();
        async move { api.access_token_of(row.id, "bitbucket").await.map(|token| token.expose().to_owned()) }
    };
    let first = token(1).await.unwrap();
    assert_eq!(processes.token(0, &processes.headers(&browser)).await, Ok(first.clone()));
    processes.app.clock.advance(7200);
    assert_ne!(token(2).await.unwrap(), first);
    assert_eq!(processes.refreshes(), 1);
    store.end_session(row.id, aura_auth::store::EndReason::AdminAction, 1_767_232_800).await.unwrap();
    assert_eq!(token(0).await, Err(AuthError::ProviderNotConnected));
    let api = TestApp::new().await.auth.api();
    assert_eq!(api.access_token_of(row.id, "bitbucket").await.unwrap_err(), AuthError::ProviderNotConnected);
}
