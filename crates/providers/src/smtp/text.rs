//! The plain text of a mail that has only HTML, so that every reader can show something.

use mail_parser::decoders::html::html_to_text;

/// The words, with the address of each link behind it.
pub(super) fn of_html(html: &str) -> String {
    let mut spelled = String::with_capacity(html.len());
    let mut rest = html;
    let mut open: Option<String> = None;
    while let Some(start) = rest.find('<') {
        let Some(len) = rest[start..].find('>') else { break };
        let (before, tag) = (&rest[..start], &rest[start..=start + len]);
        spelled.push_str(before);
        let name = tag[1..tag.len() - 1].trim().to_ascii_lowercase();
        if name == "a" || name.starts_with("a ") || name.starts_with("a\n") {
            open = link(tag);
        } else if name == "/a"
            && let Some(address) = open.take()
            && !before.ends_with(&address)
        {
            spelled.push_str(" (");
            spelled.push_str(&address);
            spelled.push(')');
        }
        spelled.push_str(tag);
        rest = &rest[start + len + 1..];
    }
    spelled.push_str(rest);
    html_to_text(&spelled).trim().to_owned()
}

/// Where a link leads, if that is a place that can be typed.
fn link(tag: &str) -> Option<String> {
    let at = tag.to_ascii_lowercase().find("href")?;
    let value = tag.get(at + 4..)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let address = value[1..].split(quote).next()?;
    let typed = ["http://", "https://", "mailto:"].iter().any(|scheme| address.starts_with(scheme));
    (typed && !address.contains(['<', '>'])).then(|| address.to_owned())
}
