use crate::server::cookies::{CookieError, CookieKind, MAX_FLOW_BYTES, MAX_LINE_BYTES};
use crate::server::oauth::{flow_cookies, oldest_flows};
use crate::server::request::RequestContext;

/// Makes room for a flow that has just begun. If the browser would have too many flows, or if a page's cookies would
/// not fit into a header line, the oldest other flows are cleared.
pub(super) fn make_room_for_flow(context: &RequestContext, new: &str) -> Result<(), CookieError> {
    let new = context.set_bytes(CookieKind::Flow(new));
    clear_oldest(context, MAX_FLOW_BYTES.saturating_sub(new))
}

/// Makes room for a session that has become larger. If a page's cookies would not fit into a header line, the oldest
/// flows are cleared.
pub(super) fn make_room_for_session(context: &RequestContext) -> Result<(), CookieError> {
    if context.cookie_line_bytes() <= MAX_LINE_BYTES { Ok(()) } else { clear_oldest(context, MAX_FLOW_BYTES) }
}

fn clear_oldest(context: &RequestContext, most_bytes: usize) -> Result<(), CookieError> {
    let (state, secure) = (context.state(), context.is_secure());
    let flows = flow_cookies(context.cookies().starting_with(state.cookies.flow_prefix(secure)));
    // The response already clears the flow that has ended.
    let flows: Vec<_> = flows.filter(|(id, _)| !context.sets(CookieKind::Flow(id))).collect();
    let bytes = |id: &str, cookie: &str| state.cookies.bytes(CookieKind::Flow(id), cookie, secure);
    let present: usize = flows.iter().map(|(id, cookie)| bytes(id, cookie)).sum();
    let others = context.cookie_line_bytes().saturating_sub(present);
    let most_bytes = most_bytes.min(MAX_LINE_BYTES.saturating_sub(others));
    let mut cookies = context.new_cookies();
    for flow in oldest_flows(&state.jose, flows.into_iter(), most_bytes, bytes) {
        cookies.clear(CookieKind::Flow(&flow), 0)?;
    }
    context.set_cookies(cookies);
    Ok(())
}
