//! Bitbucket Cloud.

mod built_in;
mod identification;
mod profile;
mod workspaces;

pub use self::built_in::{Bitbucket, bitbucket};
pub use self::profile::{BitbucketLink, BitbucketLinks, BitbucketProfile};
pub use self::workspaces::WorkspaceRole;
