//! Counts passed, failed and skipped tests by parsing the output of the test suites.

/// The counts of one or more suites.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed. A suite that fails without reporting a failed test counts as one.
    pub failed: u64,
    /// Tests and suites that were not run.
    pub skipped: u64,
}

impl Tally {
    /// Reads a line of output. Counts it if it is a summary of cargo (`test result: ok. 3 passed; …`) or vitest
    /// (`Tests  3 passed (3)`).
    pub fn read(&mut self, line: &str) {
        let line = strip_colours(line);
        let line = line.trim();
        if line.starts_with("test result:") || line.starts_with("Tests ") {
            let words: Vec<&str> =
                line.split(|c: char| c.is_whitespace() || c == ';' || c == '|').filter(|w| !w.is_empty()).collect();
            for pair in words.windows(2) {
                let Ok(count) = pair[0].parse::<u64>() else { continue };
                match pair[1] {
                    "passed" => self.passed += count,
                    "failed" => self.failed += count,
                    "ignored" | "skipped" | "todo" => self.skipped += count,
                    _ => {}
                }
            }
        }
    }

    /// Adds the counts of a suite, and whether its process succeeded.
    pub fn add(&mut self, counts: Tally, succeeded: bool) {
        self.passed += counts.passed;
        self.failed += counts.failed;
        self.skipped += counts.skipped;
        if !succeeded && counts.failed == 0 {
            self.failed += 1;
        }
    }
}

/// Removes ANSI colour codes.
fn strip_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_cargo_and_vitest_are_counted() {
        let mut tally = Tally::default();
        tally.read("test result: FAILED. 10 passed; 2 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.00s");
        tally.read(
            "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[31m1 failed\u{1b}[39m\u{1b}[22m | \u{1b}[32m3 passed\u{1b}[39m (4)",
        );
        tally.read("test tests::one ... ok");
        assert_eq!(tally, Tally { passed: 13, failed: 3, skipped: 1 });
    }

    #[test]
    fn a_failed_suite_without_counts_is_one_failure() {
        let mut tally = Tally::default();
        tally.add(Tally::default(), false);
        assert_eq!(tally.failed, 1);
    }
}
