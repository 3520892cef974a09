//! What one evaluation of policy costs, with every rule on and ten rules of a tenant's own.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a figure for people, taken outside the program"
)]

use std::hint::black_box;
use std::time::Instant;

use tidings_engine::policy::{Mode, RuleText, RuleVerdict, Trial};

const ROUNDS: u32 = 100_000;

const WHEN: [&str; 10] = [
    "category == 'marketing' && country in ['FR', 'BE', 'LU'] && local.weekday == 7",
    "local.hour < 8 || local.hour >= 22 && local.weekday in [6, 7]",
    "template.name.startsWith('spring_') && language_free == false",
    "['AT', 'CH', 'DE'].exists(c, c == country)",
    "sender == 'snd_nobody'",
    "free_form && category != 'service'",
    "state in ['FL', 'OK'] && local.hour >= 20",
    "recipient.opted_out && !free_form",
    "template.language.endsWith('_XX') || template.name.contains('draft')",
    "channel == 'sms' ? local.hour > 20 : local.hour > 23",
];

fn main() {
    let rule = |(n, when): (usize, &&str)| RuleText {
        name: format!("rule-{n}"),
        when: when.replace("language_free == false", "template.language == 'xx'"),
        verdict: RuleVerdict::Deny,
        minutes: None,
        reason: "Because.".to_owned(),
        mode: Mode::Enforce,
        flag: None,
    };
    let rules: Vec<RuleText> = WHEN.iter().enumerate().map(rule).collect();
    for (what, rules) in [("no rules of its own", &[][..]), ("ten rules of its own", &rules)] {
        let trial = Trial::new(rules);
        let figure = |act: &dyn Fn() -> usize| {
            let begun = Instant::now();
            for _ in 0..ROUNDS {
                black_box(act());
            }
            begun.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
        };
        println!(
            "{what}: {:.2} us to judge, {:.2} us to screen",
            figure(&|| trial.judge()),
            figure(&|| trial.screen())
        );
    }
}
