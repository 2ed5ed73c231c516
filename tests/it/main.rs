//! Tests of the library over real HTTP: a server on one socket, the stand-in for Bitbucket on another.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

#[path = "../support/provider_answers.rs"]
mod answers;
#[path = "../support/app.rs"]
mod app;
mod bad_input;
mod client;
mod clocks;
mod config;
mod cookies;
mod cors;
mod endpoints;
mod errors_page;
mod extractors;
mod forms;
mod github;
mod hooks;
mod http_client;
mod identity;
mod imported_sessions;
mod kept_connections;
mod linking;
#[path = "../support/log.rs"]
mod log;
mod logs;
#[path = "../support/order.rs"]
mod order;
mod page_cookies;
mod prefetch;
mod profiles;
mod properties;
mod provider_answers;
mod provider_builder;
mod provider_emails;
mod provider_faults;
mod provider_refusals;
mod provider_tokens;
mod proxies;
mod rate_limits;
mod readme;
mod refresh;
mod renewal;
mod rooms;
mod session;
mod session_list;
mod session_tokens;
mod shared_refresh;
mod sign_in;
mod sign_out;
mod stand_in;
mod store_outages;
mod stored_sessions;
#[path = "../support/test_app.rs"]
mod test_app;
#[path = "../support/three_processes.rs"]
mod three_processes;
#[path = "../support/typescript.rs"]
mod typescript;
mod typescript_servers;
mod update_session;
mod user_refresh;
mod vectors;
mod workspaces;
