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
    /// The names of the tests of cargo that failed.
    pub failed_tests: Vec<String>,
    /// Tests of vitest that passed only at their second try.
    pub unsteady: Vec<String>,
}

impl Tally {
    /// Reads a line of output. Counts it if it is a summary of cargo (`test result: ok. 3 passed; …`) or vitest
    /// (`Tests  3 passed (3)`), and notes what it names as failed (`test tests::one ... FAILED`) or as tried again
    /// (`✓ one 12ms (retry x1)`).
    pub fn read(&mut self, line: &str) {
        let line = strip_colours(line);
        let line = line.trim();
        if let Some(name) = line.strip_prefix("test ").and_then(|test| test.strip_suffix(" ... FAILED")) {
            self.failed_tests.push(name.trim_end_matches(" - should panic").to_owned());
        }
        if line.starts_with('✓') && line.contains("(retry x") {
            self.unsteady.push(line.to_owned());
        }
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
        self.failed_tests.extend(counts.failed_tests);
        self.unsteady.extend(counts.unsteady);
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
        assert_eq!(tally, Tally { passed: 13, failed: 3, skipped: 1, ..Tally::default() });
    }

    #[test]
    fn tests_that_failed_or_were_tried_again_are_named() {
        let mut tally = Tally::default();
        for line in [
            "test tests::one ... ok",
            "test tests::two ... FAILED",
            "test tests::three - should panic ... FAILED",
            "     ✓ shows a page  12ms",
            "     \u{1b}[32m✓\u{1b}[39m shows a diff  40ms (retry x1)",
        ] {
            tally.read(line);
        }
        assert_eq!(tally.failed_tests, ["tests::two", "tests::three"]);
        assert_eq!(tally.unsteady, ["✓ shows a diff  40ms (retry x1)"]);
    }

    #[test]
    fn a_failed_suite_without_counts_is_one_failure() {
        let mut tally = Tally::default();
        tally.add(Tally::default(), false);
        assert_eq!(tally.failed, 1);
    }
}
