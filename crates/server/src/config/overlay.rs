//! Variables of the environment over the file: `TIDINGS_STORE__URL` is `store.url`.

use toml::{Table, Value};

use super::ConfigError;
use crate::limits::VARIABLE_DEPTH_MAX;

const PREFIX: &str = "TIDINGS_";
/// What begins like a setting but is an argument of a command, or belongs to the tests and the benchmark.
const NOT_SETTINGS: &[&str] = &["TIDINGS_KEY", "TIDINGS_SERVER", "TIDINGS_CONFIG"];
const NOT_SETTINGS_PREFIXES: &[&str] = &["TIDINGS_TEST_", "TIDINGS_BENCH_"];

/// The settings among the variables of this process, in the order of their names.
pub fn environment() -> Vec<(String, String)> {
    #[expect(clippy::disallowed_methods, reason = "configuration is read here, once, and passed on")]
    let all = std::env::vars_os();
    let mut found: Vec<(String, String)> = all
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| is_setting(name))
        .collect();
    found.sort();
    found
}

pub(super) fn is_setting(name: &str) -> bool {
    name.starts_with(PREFIX)
        && !NOT_SETTINGS.contains(&name)
        && !NOT_SETTINGS_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Puts one variable's value where its name says. An empty value takes the file's away.
pub(super) fn apply(table: &mut Table, variable: &str, value: &str) -> Result<(), ConfigError> {
    let fail =
        |message: &str| ConfigError::Variable { variable: variable.to_owned(), message: message.to_owned() };
    let path = variable.strip_prefix(PREFIX).unwrap_or(variable).to_ascii_lowercase();
    let parts: Vec<&str> = path.split("__").collect();
    if parts.len() > VARIABLE_DEPTH_MAX || parts.iter().any(|part| part.is_empty()) {
        return Err(fail("a name is written like TIDINGS_STORE__URL"));
    }
    let (last, groups) = parts.split_last().ok_or_else(|| fail("it names no setting"))?;
    let mut at = table;
    for group in groups {
        let slot = at.entry((*group).to_owned()).or_insert_with(|| Value::Table(Table::new()));
        at = slot.as_table_mut().ok_or_else(|| fail(&format!("`{group}` is not a group of settings")))?;
    }
    if value.is_empty() {
        at.remove(*last);
    } else {
        at.insert((*last).to_owned(), Value::String(value.to_owned()));
    }
    Ok(())
}
