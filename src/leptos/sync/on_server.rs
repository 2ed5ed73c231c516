use std::future::Future;

use leptos::prelude::Resource;

use crate::leptos::page_settings::PageSettings;
use crate::leptos::session::PageState;
use crate::{AuthError, Session};

/// The server renders a page once, so there is nothing to synchronize.
#[derive(Clone, Copy)]
pub(in crate::leptos) struct PageSync {
    /// Whether the page is rendered for a request.
    known: bool,
}

impl PageSync {
    pub(in crate::leptos) fn new(_: PageState, settings: &PageSettings) -> Self {
        Self { known: settings.known }
    }

    pub(in crate::leptos) fn start(self, _: Resource<Option<Session>>, _: &PageSettings) {}

    /// Returns the session of the request, which is available without waiting. A page that is not rendered for a
    /// request has no session.
    pub(in crate::leptos) async fn fetch(
        self,
        answer: impl Future<Output = Result<Option<Session>, AuthError>>,
    ) -> Option<Session> {
        if self.known { answer.await.unwrap_or_default() } else { None }
    }

    /// Does nothing: a form is answered with another page, so the page that sent it does not change.
    pub(in crate::leptos) fn session_changed(self, _: Session) {}

    pub(in crate::leptos) fn signed_out(self) {}
}
