//! Bitbucket Cloud.

mod profile;
pub(crate) mod workspaces;

pub use self::profile::{BitbucketLink, BitbucketLinks, BitbucketProfile, bitbucket};
pub use self::workspaces::WorkspaceRole;
