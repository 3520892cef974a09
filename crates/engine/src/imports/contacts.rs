//! From a record to a person, or to the reason why it describes none.

use serde_json::Value;

use tidings_domain::address::Address;
use tidings_domain::problem::FieldProblem;
use tidings_store::model::{NewContact, Profile};

use super::desk::Desk;
use super::layout::{ATTRIBUTE, address, named, truth};
use crate::contacts::check_profile;
use crate::limits::CONTACT_ADDRESSES_MAX;

/// Divides the addresses of one cell.
pub(crate) const DIVIDER: char = '|';

impl Desk<'_> {
    pub(super) fn contact(&self, fields: &[String]) -> std::result::Result<NewContact, FieldProblem> {
        let of = |name: &str| self.layout.field(fields, name);
        let addresses = addresses(&of)?;
        let text = |name: &str| of(name).map(str::to_owned);
        let mut profile = Profile {
            name: text("name"),
            time_zone: text("time_zone"),
            language: text("language"),
            ..Profile::default()
        };
        for declared in self.types {
            let Some(text) = of(&format!("{ATTRIBUTE}{}", declared.name)) else { continue };
            let value = value(&declared.kind, text).ok_or_else(|| {
                let words = format!("The attribute is declared as {}.", declared.kind);
                FieldProblem::new(format!("{ATTRIBUTE}{}", declared.name), "attribute.type", words)
            })?;
            profile.attributes.insert(declared.name.clone(), value);
        }
        match check_profile(&profile, self.types).into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(NewContact { addresses, profile, actor: self.actor }),
        }
    }
}

fn addresses<'f>(of: &impl Fn(&str) -> Option<&'f str>) -> std::result::Result<Vec<Address>, FieldProblem> {
    let mut all = Vec::new();
    for (kind, cell) in named(of) {
        for text in cell.split(DIVIDER).map(tidings_domain::table::unguarded).filter(|text| !text.is_empty())
        {
            let address = address(kind, text)?;
            if !all.contains(&address) {
                all.push(address);
            }
        }
    }
    match all.len() {
        0 => Err(FieldProblem::new("phone", "recipient.missing", "The line names nobody.")),
        n if n > CONTACT_ADDRESSES_MAX => {
            let words = format!("A line names at most {CONTACT_ADDRESSES_MAX} addresses of a person.");
            Err(FieldProblem::new("phone", "recipient.many", words))
        }
        _ => Ok(all),
    }
}

/// A cell as the type of its attribute has it.
fn value(kind: &str, text: &str) -> Option<Value> {
    match kind {
        "number" => {
            let whole = text.parse::<i64>().ok().map(Value::from);
            whole.or_else(|| text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from))
        }
        "boolean" => truth(text).map(Value::from),
        _ => Some(Value::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_become_values_of_their_type() {
        for (kind, text, want) in [
            ("number", "7", Some(json!(7))),
            ("number", "-2.5", Some(json!(-2.5))),
            ("number", "many", None),
            ("number", "inf", None),
            ("number", "NaN", None),
            ("boolean", "Yes", Some(json!(true))),
            ("boolean", "0", Some(json!(false))),
            ("boolean", "perhaps", None),
            ("text", "7", Some(json!("7"))),
            ("date", "2025-05-03", Some(json!("2025-05-03"))),
        ] {
            assert_eq!(value(kind, text), want, "{kind} {text}");
        }
    }

    #[test]
    fn one_line_may_name_a_person_in_many_ways() {
        let read = |cells: &'static [(&'static str, &'static str)]| {
            addresses(&|name: &str| cells.iter().find(|(each, _)| *each == name).map(|(_, text)| *text))
        };
        let kinds = |all: Vec<Address>| all.iter().map(Address::kind).collect::<Vec<_>>();
        assert_eq!(
            kinds(read(&[("phone", "+491701234567|'+491701234568"), ("email", "a@example.com")]).unwrap()),
            ["phone", "phone", "email"]
        );
        assert_eq!(kinds(read(&[("phone", "+491701234567"), ("to", "+491701234567")]).unwrap()), ["phone"]);
        assert_eq!(read(&[("phone", " | ")]).unwrap_err().code, "recipient.missing");
        assert_eq!(read(&[("phone", "12")]).unwrap_err().code, "phone.needs_plus");
        const MANY: &str = "+491701234501|+491701234502|+491701234503|+491701234504|+491701234505|+491701234506|\
                    +491701234507|+491701234508|+491701234509|+491701234510|+491701234511";
        assert_eq!(read(&[("phone", MANY)]).unwrap_err().code, "recipient.many");
    }
}
