//! Tests of the stores: one suite of behavior for all of them, and what is special to each.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]
#![allow(dead_code, reason = "the app has more in it than these tests need")]

#[path = "../support/app.rs"]
mod app;
#[path = "../support/log.rs"]
mod log;
#[path = "../support/session_attacks.rs"]
mod session_attacks;
#[path = "../support/test_app.rs"]
mod test_app;
#[path = "../support/three_processes.rs"]
mod three_processes;

mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
#[path = "../support/postgres_cluster.rs"]
mod postgres_cluster;
#[cfg(feature = "sqlite")]
mod sqlite;
