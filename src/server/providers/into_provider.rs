use crate::server::providers::builder::ProviderBuilder;
use crate::server::providers::built_in;

mod sealed {
    pub trait Sealed {}
}

/// A provider, or the name of a built-in one. [`oauth`](crate::AuthBuilder::oauth) accepts both.
///
/// This trait is sealed: only this crate can implement it.
pub trait IntoProvider: sealed::Sealed {
    /// Returns the provider.
    ///
    /// # Errors
    ///
    /// Returns the name if no built-in provider has it.
    fn into_provider(self) -> Result<ProviderBuilder, String>;
}

impl<Q> sealed::Sealed for ProviderBuilder<Q> {}

impl<Q> IntoProvider for ProviderBuilder<Q>
where
    ProviderBuilder: From<Self>,
{
    fn into_provider(self) -> Result<ProviderBuilder, String> {
        Ok(self.into())
    }
}

impl sealed::Sealed for &str {}

impl IntoProvider for &str {
    fn into_provider(self) -> Result<ProviderBuilder, String> {
        built_in(self).ok_or_else(|| self.to_owned())
    }
}
