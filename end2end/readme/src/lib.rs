//! The README's components and server functions, compiled for the server and for the browser.
#![cfg(any(feature = "ssr", feature = "hydrate"))]
#![allow(
    dead_code,
    unused_imports,
    reason = "nothing calls the examples, and the browser has no body of a server function"
)]

include!(concat!(env!("OUT_DIR"), "/examples.rs"));
