//! Reading how many tests passed from what the test programs print.

use std::process::ExitStatus;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    /// Left out by the test's own word, not by the filter.
    pub skipped: u64,
}

impl Counts {
    pub fn one_failed() -> Self {
        Self { failed: 1, ..Self::default() }
    }

    /// Adds up libtest's summaries, one a test program: `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
    pub fn read_cargo_line(&mut self, line: &str) {
        let Some((_, numbers)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for part in numbers.split("; ") {
            match numbered(part) {
                Some((number, "passed")) => self.passed += number,
                Some((number, "failed")) => self.failed += number,
                Some((number, "ignored")) => self.skipped += number,
                _ => {}
            }
        }
    }

    /// Takes Node's one summary, from either of its reporters: `ℹ pass 3` or `# pass 3`.
    pub fn read_node_line(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")) else {
            return;
        };
        let Some((name, number)) = rest.split_once(' ') else {
            return;
        };
        let Ok(number) = number.parse::<u64>() else {
            return;
        };
        match name {
            "pass" => self.passed = number,
            "fail" => self.failed = number,
            // Node names the cancelled ones after the failed ones and does not count them among them.
            "cancelled" => self.failed += number,
            "skipped" => self.skipped = number,
            _ => {}
        }
    }

    /// A program that says it failed has failed, whatever its summary says.
    pub fn believe(&mut self, status: ExitStatus) {
        if !status.success() && self.failed == 0 {
            self.failed = 1;
        }
    }
}

fn numbered(part: &str) -> Option<(u64, &str)> {
    let (number, name) = part.split_once(' ')?;
    Some((number.parse().ok()?, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn add_up_every_test_program() {
        let mut counts = Counts::default();
        for line in [
            "test sitting::hand_in ... ok",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "the words test result: ok. 100 passed inside a line are no summary",
        ] {
            counts.read_cargo_line(line);
        }
        assert_eq!(counts, Counts { passed: 14, failed: 1, skipped: 1 });
    }

    #[test]
    fn read_both_reporters_of_node() {
        for mark in ["ℹ", "#"] {
            let mut counts = Counts::default();
            for line in ["tests 9", "pass 5", "fail 1", "cancelled 1", "skipped 2", "todo 0", "duration_ms 12.5"] {
                counts.read_node_line(&format!("{mark} {line}"));
            }
            counts.read_node_line("✔ pass 7 (1.5ms)");
            assert_eq!(counts, Counts { passed: 5, failed: 2, skipped: 2 });
        }
    }
}
