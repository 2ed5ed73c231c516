//! The first steps of every operation on a signed-in person's provider.

use std::sync::Arc;

use crate::server::limits::LimitedAction;
use crate::server::operations::failure::Failure;
use crate::server::operations::{Api, CsrfProof};
use crate::server::providers::Provider;
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::SessionRecord;

impl Api {
    /// Returns the session, and the provider with this id, if the request passes the CSRF check and the rate limit.
    pub(super) async fn authorize_request<'a>(
        &'a self,
        context: &'a RequestContext,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
        action: LimitedAction,
    ) -> Result<(&'a SessionRecord, &'a Arc<Provider>), Failure> {
        let (record, provider) = self.connection(context, provider).await?;
        self.check_csrf(context, request, Some(&record.id_hash), csrf).await?;
        self.limit(context, action, Some(&record.id_hash)).await?;
        Ok((record, provider))
    }

    /// Returns the session, and the provider with this id.
    pub(super) async fn connection<'a>(
        &'a self,
        context: &'a RequestContext,
        provider: &str,
    ) -> Result<(&'a SessionRecord, &'a Arc<Provider>), Failure> {
        let provider = self.0.provider(provider).ok_or_else(Failure::unknown_provider)?;
        Ok((context.session().await?, provider))
    }
}
