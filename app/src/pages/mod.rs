//! The pages, one in each file.

mod dashboard;
mod failed;
mod home;
// The example on the front page is compiled as a test. Its lines are short enough for a phone.
#[cfg(test)]
#[rustfmt::skip]
mod home_example;
mod not_found;
mod sign_in;

pub(crate) use self::dashboard::Dashboard;
pub(crate) use self::failed::Failed;
pub(crate) use self::home::Home;
pub(crate) use self::not_found::NotFound;
pub(crate) use self::sign_in::SignInPage;
