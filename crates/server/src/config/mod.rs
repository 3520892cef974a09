//! What an installation may set: a file, `tidings.toml`, overridden by the environment.
//!
//! Every setting has a default, so nothing is needed; an unknown one is an error, since a misspelt switch
//! that is silently ignored is found out at three in the morning.

mod overlay;
mod types;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use overlay::environment;
pub use types::{Config, DoubtSeconds, Log, LogFormat, LogLevel, Region, Switch};

use crate::limits::NODE_NAME_CHARS_MAX;

/// The file that is read when it is there and none is named.
pub const DEFAULT_FILE: &str = "tidings.toml";
/// The region whose address is `store.url`.
pub const MAIN_REGION: &str = "main";

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{} cannot be read: {cause}", path.display())]
    Read { path: PathBuf, cause: std::io::Error },
    #[error("{}: {message}", path.display())]
    File { path: PathBuf, message: String },
    #[error("{variable}: {message}")]
    Variable { variable: String, message: String },
    #[error("{setting}: {message}")]
    Setting { setting: String, message: String },
}

impl ConfigError {
    fn setting(setting: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Setting { setting: setting.into(), message: message.into() }
    }
}

impl Config {
    /// From the named file (or [`DEFAULT_FILE`], if it is there) and the variables.
    pub fn load(file: Option<&Path>, variables: &[(String, String)]) -> Result<Self, ConfigError> {
        let path = file.map_or_else(|| PathBuf::from(DEFAULT_FILE), Path::to_owned);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if file.is_none() && cause.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(cause) => return Err(ConfigError::Read { path, cause }),
        };
        Self::from_parts(&path, &text, variables)
    }

    pub fn from_parts(path: &Path, text: &str, variables: &[(String, String)]) -> Result<Self, ConfigError> {
        // The file alone first: its errors name the line.
        let in_file = |error: toml::de::Error| ConfigError::File {
            path: path.to_owned(),
            message: error.to_string().trim_end().to_owned(),
        };
        toml::from_str::<Self>(text).map_err(in_file)?;
        let mut table: toml::Table = toml::from_str(text).map_err(in_file)?;
        for (variable, value) in variables {
            overlay::apply(&mut table, variable, value)?;
            if let Err(error) = table.clone().try_into::<Self>() {
                let message = error.to_string().trim_end().to_owned();
                return Err(ConfigError::Variable { variable: variable.clone(), message });
            }
        }
        let config: Self = table.try_into().map_err(in_file)?;
        config.check()?;
        Ok(config)
    }

    /// What no single value can say.
    fn check(&self) -> Result<(), ConfigError> {
        if self.tls.cert.is_some() != self.tls.key.is_some() {
            return Err(ConfigError::setting(
                "tls",
                "`cert` and `key` belong together; one of them is missing",
            ));
        }
        if !self.master_key.is_empty() && self.master_key_file.is_some() {
            return Err(ConfigError::setting("master_key", "give either `master_key` or `master_key_file`"));
        }
        if let Err(error) = tidings_engine::Roles::parse(&self.node.roles) {
            return Err(ConfigError::setting("node.roles", error.to_string()));
        }
        if self.node.name.chars().count() > NODE_NAME_CHARS_MAX {
            let message = format!("a name has up to {NODE_NAME_CHARS_MAX} characters");
            return Err(ConfigError::setting("node.name", message));
        }
        let base = &self.providers.cloud.base_url;
        match url::Url::parse(base) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => {}
            _ => {
                let message = format!("`{base}` is not an http or https address");
                return Err(ConfigError::setting("providers.cloud.base_url", message));
            }
        }
        for name in self.stores.keys() {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if name.is_empty() || name.len() > 32 || !name.bytes().all(plain) {
                let message = "a region is named by up to 32 of a-z, 0-9 and `-`";
                return Err(ConfigError::setting(format!("stores.{name}"), message));
            }
            if name == MAIN_REGION && self.store.url.is_some() {
                let message = "the region `main` has its address in `store.url` already";
                return Err(ConfigError::setting("stores.main", message));
            }
        }
        Ok(())
    }

    /// The regions with their addresses, `main` first. `None`: a SQLite file in the data directory.
    pub fn regions(&self) -> Vec<(&str, &Region)> {
        let mut all = Vec::with_capacity(1 + self.stores.len());
        if !self.stores.contains_key(MAIN_REGION) {
            all.push((MAIN_REGION, &self.store));
        }
        all.extend(self.stores.iter().map(|(name, region)| (name.as_str(), region)));
        all
    }

    /// As TOML that can be shown: what must stay secret reads `***`.
    pub fn shown(&self) -> String {
        let mut masked = self.clone();
        if !masked.master_key.is_empty() {
            masked.master_key = tidings_domain::secret::Secret::new("***");
        }
        let regions = std::iter::once(&mut masked.store).chain(masked.stores.values_mut());
        for region in regions {
            region.url = region.url.take().map(|url| types::without_password(&url));
        }
        toml::to_string_pretty(&masked).unwrap_or_else(|error| format!("# {error}"))
    }
}
