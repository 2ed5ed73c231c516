use crate::server::providers::builder::ProviderBuilder;
use crate::server::providers::built_in;

mod sealed {
    pub trait Sealed {}
}

/// A provider, or the name of a built-in one: what [`oauth`](crate::AuthBuilder::oauth) takes.
///
/// It is for this crate to implement.
pub trait IntoProvider: sealed::Sealed {
    /// The provider.
    ///
    /// # Errors
    ///
    /// The name, where no built-in provider has it.
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
