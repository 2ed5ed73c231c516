//! Tests of the stores: one suite of behavior for all of them, and what is special to each.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
#[path = "../support/postgres_cluster.rs"]
mod postgres_cluster;
#[cfg(feature = "sqlite")]
mod sqlite;
