//! The options of `cargo xtask test`.

use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;

const PARTS: [&str; 4] = ["postgres", "browser", "mta", "smpp"];

#[derive(Debug, Default)]
pub struct Options {
    pub without: BTreeSet<String>,
    pub long: bool,
}

impl Options {
    pub fn parse(args: &[String]) -> Result<Options> {
        let mut options = Options::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--long" => options.long = true,
                "--without" => options
                    .leave_out(args.next().context("--without what? postgres, browser, mta or smpp")?)?,
                other => match other.strip_prefix("--without=") {
                    Some(parts) => options.leave_out(parts)?,
                    None => bail!("`{other}` is not an option of this chore; --without and --long are"),
                },
            }
        }
        Ok(options)
    }

    fn leave_out(&mut self, parts: &str) -> Result<()> {
        for part in parts.split(',') {
            if !PARTS.contains(&part) {
                bail!("`{part}` cannot be left out; {} can", PARTS.join(", "));
            }
            self.without.insert(part.to_string());
        }
        Ok(())
    }

    pub fn leaves_out(&self, part: &str) -> bool {
        self.without.contains(part)
    }

    /// As the tests read it: names with commas between them.
    pub fn without(&self) -> String {
        self.without.iter().map(String::as_str).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        Options::parse(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn parts_are_left_out_by_name() {
        for (line, without, long) in [
            ("", "", false),
            ("--without postgres", "postgres", false),
            ("--without postgres --without browser --long", "browser,postgres", true),
            ("--without=postgres,browser", "browser,postgres", false),
        ] {
            let options = parse(line).expect(line);
            assert_eq!((options.without().as_str(), options.long), (without, long), "{line}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for line in ["--without", "--without sqlite", "--fast", "store"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
