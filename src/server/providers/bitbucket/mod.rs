//! Bitbucket Cloud.

mod identify;
mod profile;
mod provider;
mod workspaces;

pub use self::profile::{BitbucketLink, BitbucketLinks, BitbucketProfile};
pub use self::provider::{Bitbucket, bitbucket};
pub use self::workspaces::WorkspaceRole;
