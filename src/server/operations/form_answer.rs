use http::StatusCode;
use http::header::{HeaderMap, REFERER};

use crate::server::operations::error_page::{show_error, wants_html};
use crate::server::operations::{Api, Reply};
use crate::server::origin::RedirectTo;
use crate::server::request::RequestContext;

impl Api {
    /// Answers a form that a browser has sent without scripts: redirects the person to a page, which the browser loads
    /// by GET. After a failure, it is the page with the form, and its URL names the error and the form, so that the
    /// page can show the error. After a success, it is `redirect_to`, or else the page with the form. A program gets
    /// the reply unchanged.
    pub(crate) fn answer_form<T>(
        &self,
        context: &RequestContext,
        headers: &HeaderMap,
        mut reply: Reply<T>,
        form: &str,
        redirect_to: Option<&str>,
    ) -> Reply<T> {
        if !wants_html(headers) {
            return reply;
        }
        let page = self.page_of(context, headers);
        let location = match (reply.as_result().err(), page) {
            (None, page) => redirect_to
                .map(|wanted| self.redirect_to(context, wanted))
                .or_else(|| page.map(|page| page.without_form_error()))
                .unwrap_or_else(RedirectTo::home)
                .as_str()
                .to_owned(),
            (Some(error), Some(page)) => {
                tracing::info!(code = error.code(), form, "a form is shown again with an error");
                page.with_form_error(error, form)
            }
            (Some(_), None) => {
                show_error(context, headers, &mut reply, None, None, StatusCode::SEE_OTHER);
                return reply;
            }
        };
        reply.set_location(&location);
        reply.redirect = Some(StatusCode::SEE_OTHER);
        reply
    }

    /// Returns the app's own page that the request came from, if the browser names it in `Referer`.
    pub(super) fn page_of(&self, context: &RequestContext, headers: &HeaderMap) -> Option<RedirectTo> {
        let page = headers.get(REFERER)?.to_str().ok()?;
        RedirectTo::parse(page, context.origin().ok()?, &self.0.origins, &self.0.base_path).filter(RedirectTo::is_own)
    }
}
