//! `docs/errors.md` is generated from the enum.

use std::fmt::Write;

use aura_auth::{AuthError, ErrorSource};

fn page() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         The errors of the endpoints, the error page and the log, with their codes. A person sees the quoted\n\
         sentence. The log has the cause, under the same code and under the reference that the error page shows.\n\n\
         This page is generated from `AuthError`. To write it again, run\n\
         `UPDATE=1 cargo test --features testing --test it errors_page`.\n",
    );
    for &error in AuthError::ALL {
        let fixer = match error.error_source() {
            ErrorSource::Caller => "The sender of the request",
            ErrorSource::Person => "The person",
            ErrorSource::Provider => "The provider or the operator of the server",
            ErrorSource::Server => "The operator of the server",
            other => panic!("no text says who can fix {other:?}"),
        };
        write!(
            page,
            "\n## {}\n\nStatus {}. {fixer} can fix this.\n\n> {}\n\n{}\n",
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
fn the_errors_page_matches_the_enum() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page(), "docs/errors.md is stale: run the command that it names");
}
