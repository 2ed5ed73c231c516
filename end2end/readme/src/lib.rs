//! The README's components and server functions, compiled for the server and for the browser.
#![cfg(any(feature = "ssr", feature = "hydrate"))]
#![allow(dead_code, clippy::pedantic, reason = "they are examples, and nothing calls them")]

include!(concat!(env!("OUT_DIR"), "/examples.rs"));
