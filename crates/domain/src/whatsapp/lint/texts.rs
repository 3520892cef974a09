//! Header, body and footer: lengths, and the places in which variables stand.

use serde_json::Value;

use super::Lint;
use super::limits::{
    BLANKS_IN_A_ROW_MAX, CHARS_PER_WORD, FOOTER_CHARS_MAX, HEADER_CHARS_MAX, LINE_BREAKS_IN_A_ROW_MAX,
    WORDS_PER_VARIABLE_MIN,
};

/// What holds for all texts of a template.
pub(super) struct Frame<'a> {
    pub named: bool,
    pub language: Option<&'a str>,
}

/// A variable in a text; `start` and `end` count characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub name: String,
    pub start: usize,
    pub end: usize,
}

/// The variables of a text, or the character at which its braces stop making sense.
pub fn places_of(text: &str) -> Result<Vec<Place>, usize> {
    let chars: Vec<char> = text.chars().collect();
    let mut places = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '{' if chars.get(at + 1) == Some(&'{') => {
                let inside = &chars[at + 2..];
                let length = inside.iter().position(|c| matches!(c, '{' | '}')).ok_or(at)?;
                if inside.get(length) != Some(&'}') || inside.get(length + 1) != Some(&'}') {
                    return Err(at);
                }
                let name = inside[..length].iter().collect::<String>().trim().to_owned();
                places.push(Place { name, start: at, end: at + length + 4 });
                at += length + 4;
            }
            '{' | '}' => return Err(at),
            _ => at += 1,
        }
    }
    Ok(places)
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value[key].as_str().filter(|text| !text.is_empty())
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn component<'a>(components: &'a [Value], kind: &str) -> Option<&'a Value> {
    components.iter().find(|each| text(each, "type").is_some_and(|found| found.eq_ignore_ascii_case(kind)))
}

pub(super) fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0xFE0F | 0x20E3)
}

pub(super) fn length(lint: &mut Lint, rule: &'static str, text: &str, max: usize) {
    let found = text.chars().count();
    if found > max {
        lint.error_at(rule, max, format!("Shorten it to {max} characters; it has {found}."));
    }
}

pub(super) fn header(lint: &mut Lint, header: &Value, frame: &Frame<'_>, offer: bool) {
    let format = text(header, "format").unwrap_or("TEXT").to_ascii_uppercase();
    if offer && !["IMAGE", "VIDEO"].contains(&format.as_str()) {
        lint.error(
            "header.with_offer",
            "A limited-time offer has an image or a video as its header, or none.",
        );
    }
    match format.as_str() {
        "TEXT" => header_text(lint, header, frame),
        "IMAGE" | "VIDEO" | "GIF" | "DOCUMENT" => sample_file(lint, header),
        "LOCATION" => {}
        _ => lint.at("format", |lint| {
            lint.error("header.format", "Use TEXT, IMAGE, VIDEO, GIF, DOCUMENT or LOCATION.");
        }),
    }
}

pub(super) fn sample_file(lint: &mut Lint, header: &Value) {
    let handles = list(&header["example"]["header_handle"]);
    if !handles.iter().any(|handle| handle.as_str().is_some_and(|handle| !handle.is_empty())) {
        let detail = "Upload a sample of the file and give its handle under `example.header_handle`.";
        lint.error("header.sample_missing", detail);
    }
}

fn header_text(lint: &mut Lint, header: &Value, frame: &Frame<'_>) {
    let Some(words) = text(header, "text") else {
        return lint.error("header.text_missing", "Give the header's `text`.");
    };
    lint.at("text", |lint| {
        length(lint, "header.length", words, HEADER_CHARS_MAX);
        let banned = |c: char| is_emoji(c) || matches!(c, '\n' | '\r' | '*' | '~' | '`');
        if let Some(offset) = words.chars().position(banned) {
            let detail = "Take emoji, line breaks and formatting marks out of the header.";
            lint.error_at("header.characters", offset, detail);
        }
    });
    let places = variables(lint, words, frame);
    if let Some(second) = places.get(1) {
        lint.at("text", |lint| {
            lint.error_at("header.variables", second.start, "A header takes one variable at most.");
        });
    }
    samples(lint, header, frame, &places, "header_text");
}

pub(super) fn body(lint: &mut Lint, body: &Value, frame: &Frame<'_>, max: usize) {
    let Some(words) = text(body, "text") else {
        return lint.error("body.text_missing", "Give the body's `text`.");
    };
    lint.at("text", |lint| {
        length(lint, "body.length", words, max);
        runs(lint, words);
    });
    let places = variables(lint, words, frame);
    lint.at("text", |lint| {
        edges(lint, words, &places);
        ratio(lint, words, &places, frame);
    });
    samples(lint, body, frame, &places, "body_text");
}

pub(super) fn footer(lint: &mut Lint, footer: &Value) {
    let Some(words) = text(footer, "text") else {
        return lint.error("footer.text_missing", "Give the footer's `text`, or leave the footer out.");
    };
    lint.at("text", |lint| {
        length(lint, "footer.length", words, FOOTER_CHARS_MAX);
        if let Some(byte) = words.find("{{") {
            let offset = words[..byte].chars().count();
            lint.error_at("footer.variable", offset, "A footer takes no variables; move it into the body.");
        }
        if let Some(offset) = words.chars().position(|c| matches!(c, '\n' | '\r') || is_emoji(c)) {
            lint.error_at("footer.characters", offset, "Take emoji and line breaks out of the footer.");
        }
    });
}

/// Line breaks and blanks in a row.
fn runs(lint: &mut Lint, words: &str) {
    let mut run = (' ', 0usize);
    for (offset, c) in words.chars().enumerate() {
        run = if c == run.0 { (c, run.1 + 1) } else { (c, 1) };
        match run {
            ('\t', 1) => lint.error_at("body.tab", offset, "Use blanks instead of tabs."),
            ('\n', n) if n == LINE_BREAKS_IN_A_ROW_MAX + 1 => {
                lint.error_at("body.line_breaks", offset, "Leave at most one empty line between paragraphs.");
            }
            (' ', n) if n == BLANKS_IN_A_ROW_MAX + 1 => lint.error_at(
                "body.blanks",
                offset,
                format!("Use at most {BLANKS_IN_A_ROW_MAX} blanks in a row."),
            ),
            _ => {}
        }
    }
}

/// Names and numbers of variables; those that can be read.
fn variables(lint: &mut Lint, words: &str, frame: &Frame<'_>) -> Vec<Place> {
    let mut found = Vec::new();
    lint.at("text", |lint| match places_of(words) {
        Err(offset) => {
            lint.error_at("variable.braces", offset, "Write a variable as `{{1}}` or `{{first_name}}`.");
        }
        Ok(places) => {
            for place in &places {
                name(lint, place, frame);
            }
            if !frame.named {
                sequence(lint, &places);
            }
            found = places;
        }
    });
    found
}

fn name(lint: &mut Lint, place: &Place, frame: &Frame<'_>) {
    let number = !place.name.is_empty() && place.name.bytes().all(|byte| byte.is_ascii_digit());
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let word = place.name.bytes().all(fits) && place.name.starts_with(|c: char| c.is_ascii_lowercase());
    if !number && !word {
        let detail = "A variable's name has lower-case letters, digits and underscores.";
        lint.error_at("variable.name", place.start, detail);
    } else if frame.named && number {
        let detail = "The template's variables have names (`parameter_format` is NAMED); name this one too.";
        lint.error_at("variable.mixed", place.start, detail);
    } else if !frame.named && !number {
        let detail = "Set `parameter_format` to NAMED, or number the variables from 1.";
        lint.error_at("variable.mixed", place.start, detail);
    }
}

fn sequence(lint: &mut Lint, places: &[Place]) {
    let mut numbers: Vec<(u32, usize)> =
        places.iter().filter_map(|place| Some((place.name.parse().ok()?, place.start))).collect();
    numbers.sort_unstable();
    numbers.dedup_by_key(|(number, _)| *number);
    for (wanted, (number, start)) in (1..).zip(numbers) {
        if number != wanted {
            let detail = format!("Number the variables 1, 2, 3 …: `{{{{{wanted}}}}}` is missing.");
            return lint.error_at("variable.sequence", start, detail);
        }
    }
}

fn edges(lint: &mut Lint, words: &str, places: &[Place]) {
    let chars: Vec<char> = words.chars().collect();
    let blank = |slice: &[char]| slice.iter().all(|c| c.is_whitespace());
    if let Some(first) = places.first().filter(|first| blank(&chars[..first.start])) {
        let detail = "Put words before the first variable; a text may not begin with one.";
        lint.error_at("variable.edge", first.start, detail);
    }
    if let Some(last) = places.last().filter(|last| blank(&chars[last.end..])) {
        let detail = "Put words or a full stop after the last variable; a text may not end with one.";
        lint.error_at("variable.edge", last.start, detail);
    }
    for pair in places.windows(2) {
        if blank(&chars[pair[0].end..pair[1].start]) {
            lint.error_at("variable.adjacent", pair[1].start, "Put words between two variables.");
        }
    }
}

/// Too many variables for so few words: nobody can tell what the message will say.
fn ratio(lint: &mut Lint, words: &str, places: &[Place], frame: &Frame<'_>) {
    if places.is_empty() {
        return;
    }
    let chars: Vec<char> = words.chars().collect();
    let mut rest = String::new();
    let mut at = 0;
    for place in places {
        rest.extend(&chars[at..place.start]);
        rest.push(' ');
        at = place.end;
    }
    rest.extend(&chars[at..]);
    let letters = |word: &&str| word.chars().any(char::is_alphanumeric);
    let dense = frame.language.is_some_and(|code| ["zh", "ja", "th", "lo", "km", "my"].contains(&base(code)));
    let count = if dense {
        rest.chars().filter(|c| c.is_alphanumeric()).count() / CHARS_PER_WORD
    } else {
        rest.split_whitespace().filter(letters).count()
    };
    let wanted = places.len() * WORDS_PER_VARIABLE_MIN + 1;
    if count < wanted {
        let detail = format!(
            "Use more words or fewer variables: {} variables want at least {wanted} words around them, there are {count}.",
            places.len()
        );
        lint.error_at("variable.ratio", places[0].start, detail);
    }
}

fn base(code: &str) -> &str {
    code.split('_').next().unwrap_or(code)
}

/// A sample for every variable.
fn samples(lint: &mut Lint, component: &Value, frame: &Frame<'_>, places: &[Place], key: &str) {
    let mut names: Vec<&str> = Vec::new();
    for place in places {
        if !names.contains(&place.name.as_str()) {
            names.push(&place.name);
        }
    }
    if names.is_empty() {
        return;
    }
    let example = &component["example"];
    let given: Vec<&str> = if frame.named {
        let key = format!("{key}_named_params");
        list(&example[key.as_str()])
            .iter()
            .filter(|each| text(each, "example").is_some())
            .filter_map(|each| text(each, "param_name"))
            .collect()
    } else {
        // The body's samples are a list of rows.
        let first = &example[key][0];
        let row = if first.is_array() { list(first) } else { list(&example[key]) };
        row.iter().filter_map(Value::as_str).filter(|sample| !sample.is_empty()).collect()
    };
    let missing =
        if frame.named { names.iter().any(|name| !given.contains(name)) } else { given.len() != names.len() };
    if missing {
        let form = if frame.named { format!("{key}_named_params") } else { key.to_owned() };
        lint.error(
            "variable.sample_missing",
            format!("Give a sample for each variable under `example.{form}`."),
        );
    }
}
