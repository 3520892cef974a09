//! The ids of buttons and list rows that a person tapped.

use serde_json::Value;

/// The id behind a tapped button, beside its title, if a message object has one.
pub fn tapped(object: &str) -> Option<String> {
    let value: Value = serde_json::from_str(object).ok()?;
    let places = ["/interactive/button_reply/id", "/interactive/list_reply/id", "/button/payload"];
    places.iter().find_map(|place| value.pointer(place)?.as_str().map(str::to_owned))
}
