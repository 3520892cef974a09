//! A link in a Markdown file to a file of this project leads somewhere.

use super::Violation;
use super::modules::normal;
use super::tree::Text;

pub fn check(text: &Text, exists: &dyn Fn(&str) -> bool) -> Vec<Violation> {
    if !text.path.ends_with(".md") {
        return Vec::new();
    }
    let folder = text.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    for (line, target) in links(&text.text) {
        let file = target.split('#').next().unwrap_or_default();
        let path = match file.strip_prefix('/') {
            Some(from_root) => normal(from_root),
            None => normal(&format!("{folder}/{file}")),
        };
        if !file.is_empty() && !exists(&path) {
            found.push(Violation::new(
                &text.path,
                line,
                "link",
                format!("`{target}` leads nowhere: mend it"),
            ));
        }
    }
    found
}

/// Targets of `[text](target)` outside of code, without those that leave the project.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_fence = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
        }
        if in_fence {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let in_code = line[..at].matches('`').count() % 2 == 1;
            let target = line[at + 2..].split([')', ' ']).next().unwrap_or_default();
            let leaves = target.contains("://") || target.starts_with("mailto:");
            if !in_code && !leaves {
                found.push((index + 1, target));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(path: &str, text: &str) -> Vec<String> {
        let text = Text { path: path.to_string(), text: text.to_string() };
        let there = ["README.md", "docs/api.md", "deploy"];
        check(&text, &|path| there.contains(&path)).into_iter().map(|found| found.advice).collect()
    }

    #[test]
    fn links_are_followed_from_the_file_and_from_the_root() {
        assert!(
            broken("README.md", "[a](docs/api.md#x) [b](./deploy) [c](#here) [d](https://x.y/z)").is_empty()
        );
        assert!(broken("docs/api.md", "[a](../README.md) [b](/deploy) [c](api.md \"title\")").is_empty());
        assert_eq!(broken("docs/api.md", "[a](README.md)"), ["`README.md` leads nowhere: mend it"]);
        assert_eq!(broken("README.md", "one\n![picture](shot.png)").len(), 1);
    }

    #[test]
    fn code_is_not_followed() {
        assert!(broken("README.md", "```\n[a](b)\n```\n`[a](b)`").is_empty());
    }
}
