//! Tables for a terminal of 80 columns.

use crate::limits::LINE_CHARS;

/// Space between two columns.
const GAP: usize = 2;
/// A column is not made narrower than this.
const NARROW: usize = 6;

/// Aligned columns; what does not fit is cut from the widest column and marked with `…`.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let room = LINE_CHARS.saturating_sub(GAP * widths.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        // Ids are only useful whole, so the first column is cut last.
        let widest = (1..widths.len()).filter(|at| widths[*at] > NARROW).max_by_key(|at| widths[*at]);
        match widest {
            Some(at) => widths[at] -= 1,
            None => break,
        }
    }
    let mut out = String::new();
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if at > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            line.push_str(&fit(cell, *width));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Names and values, one pair a line.
pub fn pairs(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0) + GAP;
    rows.iter().map(|(name, value)| format!("{name:width$}{value}\n")).collect()
}

/// Breaks a text into lines, each begun with `indent` spaces.
pub fn wrap(text: &str, indent: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > LINE_CHARS {
            out.push('\n');
            column = 0;
        }
        if column == 0 {
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
    out
}

fn fit(cell: &str, width: usize) -> String {
    let length = cell.chars().count();
    if length <= width {
        return format!("{cell}{}", " ".repeat(width - length));
    }
    let kept: String = cell.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_fit() {
        let rows = vec![
            vec!["msg_01j9abcdefghjkmnpqrstvwxyz".into(), "delivered".into(), "ok".into()],
            vec!["msg_01j9abcdefghjkmnpqrstvwxy2".into(), "failed".into(), "x".repeat(90)],
        ];
        let text = table(&["ID", "STATUS", "WHY"], &rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "ID                              STATUS     WHY");
        assert!(lines[1].starts_with("msg_01j9abcdefghjkmnpqrstvwxyz  delivered  ok"));
        assert!(lines[2].ends_with('…'));
        assert!(lines.iter().all(|line| line.chars().count() <= LINE_CHARS), "{text}");
    }

    #[test]
    fn long_answers_are_broken_between_words() {
        let text = wrap(&"word ".repeat(40), 4);
        assert!(text.lines().all(|line| line.starts_with("    word") && line.chars().count() <= LINE_CHARS));
        assert_eq!(pairs(&[("a", "1".into()), ("bcd", "2".into())]), "a    1\nbcd  2\n");
    }
}
