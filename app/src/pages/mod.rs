//! The pages, one a file.

mod dashboard;
mod failed;
mod home;
// What the front page shows as an example compiles. Its lines fit a phone.
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
