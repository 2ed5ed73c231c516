//! People who sign in, and the program that they sign in to.
#![deny(missing_docs)]
#![allow(clippy::print_stderr, reason = "a command line talks to a person")]

mod app;
mod person;

pub use app::{App, resident};
pub use person::{Ending, Person};

/// What goes wrong is told to whoever runs it.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// An HTTP client as a browser is one, but for redirects, which are looked at.
///
/// # Errors
///
/// When TLS can't be set up.
pub fn http_client() -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    // Longer than the app takes for anything.
    Ok(builder.timeout(std::time::Duration::from_secs(40)).build()?)
}
