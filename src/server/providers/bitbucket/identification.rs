use crate::TokenSet;
use crate::server::providers::bitbucket::built_in::Bitbucket;
use crate::server::providers::bitbucket::workspaces::workspaces;
use crate::server::providers::identify::{Identify, ProviderFuture, ProviderProfile};
use crate::server::providers::provider_client::ProviderClient;
use crate::server::providers::user_info::{profile, user_info};

impl Identify for Bitbucket {
    fn identify<'a>(&'a self, tokens: &'a TokenSet, http: &'a ProviderClient) -> ProviderFuture<'a, ProviderProfile> {
        Box::pin(async move {
            let mut json = user_info(tokens, http).await?;
            if self.with_workspaces
                && let Some(json) = json.as_object_mut()
            {
                json.insert("workspaces".to_owned(), workspaces(tokens, http).await?.into());
            }
            profile(tokens, http, json).await
        })
    }

    fn has_rules(&self) -> bool {
        self.workspace.is_some()
    }

    fn denial<'a>(&'a self, tokens: &'a TokenSet, http: &'a ProviderClient) -> ProviderFuture<'a, Option<String>> {
        Box::pin(async move {
            match &self.workspace {
                Some(workspace) if !workspace.admits(tokens, http).await? => Ok(Some(workspace.denial())),
                _ => Ok(None),
            }
        })
    }
}
