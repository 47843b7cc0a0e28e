//! The parts of a unified diff of one page, and the page with only some of them.

/// Some lines that change together.
pub struct Part {
    /// The number of its first line in the page before, from 0.
    from: usize,
    /// How many lines of the page before it replaces.
    replaced: usize,
    /// The lines in their place, with their line ends.
    lines: Vec<String>,
}

/// The parts, in order.
pub fn parts(diff: &str) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    let mut is_last_new = false;
    for line in diff.split('\n') {
        if let Some(from) = first_line(line) {
            found.push(Part { from, replaced: 0, lines: Vec::new() });
            continue;
        }
        let Some(part) = found.last_mut() else { continue };
        let text = |line: &str| format!("{line}\n");
        match line.as_bytes().first() {
            Some(b' ') => {
                part.replaced += 1;
                part.lines.push(text(&line[1..]));
                is_last_new = true;
            }
            Some(b'-') => {
                part.replaced += 1;
                is_last_new = false;
            }
            Some(b'+') => {
                part.lines.push(text(&line[1..]));
                is_last_new = true;
            }
            // The line before has no line end.
            Some(b'\\') if is_last_new => drop(part.lines.last_mut().and_then(String::pop)),
            _ => {}
        }
    }
    found
}

/// The page with only the parts whose number, from 1, is among these.
pub fn with_parts(page: &str, parts: &[Part], chosen: &[usize]) -> String {
    let mut lines: Vec<&str> = page.split_inclusive('\n').collect();
    // From the end, so that the numbers of earlier lines stay right.
    for (index, part) in parts.iter().enumerate().rev() {
        if chosen.contains(&(index + 1)) {
            let end = (part.from + part.replaced).min(lines.len());
            lines.splice(part.from.min(end)..end, part.lines.iter().map(String::as_str));
        }
    }
    lines.concat()
}

/// The first line of the page before, from 0, that a line such as `@@ -3,2 +3,4 @@` names.
fn first_line(line: &str) -> Option<usize> {
    let (start, count) = line.strip_prefix("@@ -")?.split_once(' ').map(|(old, _)| old.split_once(',').unwrap_or((old, "1")))?;
    let start: usize = start.parse().ok()?;
    // Of no lines, git names the line before.
    Some(if count == "0" { start } else { start.saturating_sub(1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gets_only_the_chosen_parts() {
        let diff = "diff --git a/a.md b/a.md\n--- a/a.md\n+++ b/a.md\n@@ -1,2 +1,3 @@\n+zero\n one\n two\n@@ -8,2 +9,2 @@\n \
                    eight\r\n-nine\n\\ No newline at end of file\n+ten\n";
        let page = "one\ntwo\n3\n4\n5\n6\n7\neight\r\nnine";
        let parts = parts(diff);
        assert_eq!(with_parts(page, &parts, &[]), page);
        assert_eq!(with_parts(page, &parts, &[1]), format!("zero\n{page}"));
        assert_eq!(with_parts(page, &parts, &[2]), page.replace("nine", "ten\n"));
        assert_eq!(with_parts(page, &parts, &[1, 2]), format!("zero\n{}", page.replace("nine", "ten\n")));
    }

    #[test]
    fn a_new_page_is_one_part_and_may_have_no_line_end() {
        let parts = parts("--- /dev/null\n+++ b/a.md\n@@ -0,0 +1,2 @@\n+one\n+-two\n\\ No newline at end of file\n");
        assert_eq!((parts.len(), with_parts("", &parts, &[1]).as_str()), (1, "one\n-two"));
    }
}
