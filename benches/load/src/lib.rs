//! People who sign in, and the app that they sign in to.
#![deny(missing_docs)]
#![allow(clippy::print_stderr, reason = "a command line talks to a person")]

mod app;
mod person;

pub use app::{App, resident};
pub use person::{Ending, Person};

/// An error is printed for the person who runs the command.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Returns an HTTP client that behaves like a browser, but does not follow redirects, so that they can be checked.
///
/// # Errors
///
/// Returns an error if TLS can't be set up.
pub fn http_client() -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    // 40 seconds are longer than any response of the app takes.
    Ok(builder.timeout(std::time::Duration::from_secs(40)).build()?)
}
