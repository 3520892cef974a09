//! The tenant's own catalogue of templates: one logical template with its languages, versions and variants,
//! and the pure rules about them. What the platform knows of a template is `whatsapp::TemplateDefinition`.

mod choice;
mod diff;
pub mod limits;
mod preview;
mod rates;
mod rules;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod variables;

pub use choice::{language_chain, variant_of};
pub use diff::{Change, diff};
pub use preview::{Preview, PreviewButton, PreviewHeader, preview};
pub use rates::{MarketRate, RATES_AS_OF, implied};
pub use rules::TemplateRules;
pub use settings::{FallbackText, Pin, Settings, Variant};
pub use state::{Step, VersionState};
pub use variables::{ParameterValues, Variable, VariableType, complete};

/// The variant of a template that has no other.
pub const MAIN_VARIANT: &str = "main";
