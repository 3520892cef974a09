//! The fields of a report: groups of `Name: value` lines with blank lines between them.

/// One group.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The groups of a text; folded lines are joined.
    pub fn read(text: &str) -> Vec<Self> {
        let mut groups = vec![Self::default()];
        for line in text.lines() {
            let group = groups.last_mut().expect("there is always a last group");
            if line.trim().is_empty() {
                if !group.0.is_empty() {
                    groups.push(Self::default());
                }
            } else if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = group.0.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                group.0.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        groups.retain(|group| !group.0.is_empty());
        groups
    }

    /// The value of the first field of this name, which is in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }
}
