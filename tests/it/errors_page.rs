//! `docs/errors.md` is generated from the enum.

use std::fmt::Write;

use aura_auth::{AuthError, ErrorSource};

fn page() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         Every error that the endpoints, the error page and the log name by its code. A person reads the sentence in\n\
         quotes; the cause is in the log, under the same code and the reference that the error page shows.\n\n\
         This page is made of `AuthError`: `UPDATE=1 cargo test --features testing --test it errors_page` writes it.\n",
    );
    for &error in AuthError::ALL {
        let mender = match error.error_source() {
            ErrorSource::Caller => "the sender of the request",
            ErrorSource::Person => "the person",
            ErrorSource::Provider => "the provider, or who configured it",
            ErrorSource::Server => "the operator of the server",
            other => panic!("say who mends {other:?}"),
        };
        write!(
            page,
            "\n## {}\n\nStatus {}, for {mender} to mend.\n\n> {}\n\n{}\n",
            error.code(),
            error.status(),
            error.message(),
            error.help()
        )
        .unwrap();
    }
    page
}

#[test]
fn the_page_says_what_the_enum_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page(), "docs/errors.md is stale: run the command that it names");
}
