//! The tenant's own catalogue of templates: one logical template with its languages, versions and variants,
//! and the pure rules about them. What the platform knows of a template is `whatsapp::TemplateDefinition`.

mod choice;
mod diff;
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

/// Bounds of the catalogue. Lengths are in characters unless the name says otherwise.
pub mod limits {
    /// Shorter than the platform's 512: version and variant go behind the name.
    pub const NAME_CHARS_MAX: usize = 400;
    pub const TAGS_MAX: usize = 20;
    pub const TAG_CHARS_MAX: usize = 80;
    pub const OWNER_CHARS_MAX: usize = 200;
    pub const VARIABLES_MAX: usize = 40;
    pub const VARIABLE_CHARS_MAX: usize = 1_024;
    pub const VARIANTS_MAX: usize = 10;
    pub const VARIANT_CHARS_MAX: usize = 20;
    pub const WEIGHT_MAX: u32 = 1_000;
    pub const FALLBACKS_MAX: usize = 50;
    pub const FALLBACK_CHARS_MAX: usize = 4_096;
    pub const PATTERN_CHARS_MAX: usize = 200;
    pub const DEFINITION_BYTES_MAX: usize = 64 * 1024;
    pub const NOTE_CHARS_MAX: usize = 500;
    /// Changed places that are told of two versions.
    pub const CHANGES_MAX: usize = 500;
}
