//! Recognises the copies that sync programs make when two computers have changed a file. They are pages like any other; people
//! should know what they are.

/// The page that this one is a conflict copy of, judging by its name; that page need not exist. Names that people choose
/// themselves, such as `plan 2.md`, are not recognised.
#[must_use]
pub fn conflict_copy_of(page: &str) -> Option<String> {
    let (above, name) = page.rsplit_once('/').map_or(("", page), |(above, name)| (&page[..=above.len()], name));
    let (stem, ending) = name.rfind('.').filter(|dot| *dot > 0).map_or((name, ""), |dot| name.split_at(dot));
    let original = in_brackets(stem).or_else(|| after_mark(stem)).filter(|original| !original.is_empty())?;
    Some([above, original, ending].concat())
}

/// Dropbox, Nextcloud and Obsidian: `plan (Ada's conflicted copy 2026-11-29)`. Seafile: `plan (SFConflict ada 2026-11-29)`.
fn in_brackets(stem: &str) -> Option<&str> {
    let (original, note) = stem.strip_suffix(')')?.rsplit_once(" (")?;
    let note = note.to_lowercase();
    (note.contains("conflicted copy") || note.starts_with("sfconflict ")).then_some(original)
}

/// Syncthing: `plan.sync-conflict-20261129-101500-ABCDEFG`. ownCloud: `plan_conflict-20261129-101500`.
fn after_mark(stem: &str) -> Option<&str> {
    [".sync-conflict-", "_conflict-"].into_iter().find_map(|mark| {
        let (original, date) = stem.rsplit_once(mark)?;
        let (day, time) = date.split_once('-')?;
        let is_date =
            day.len() == 8 && time.len() >= 6 && day.bytes().chain(time.bytes().take(6)).all(|byte| byte.is_ascii_digit());
        is_date.then_some(original)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_sync_programs_name_their_original() {
        for (copy, original) in [
            ("plan (Ada's conflicted copy 2026-11-29).md", "plan.md"),
            ("notes/plan (conflicted copy 2026-11-29 101500).md", "notes/plan.md"),
            ("plan (Conflicted copy phone 202611291015).md", "plan.md"),
            ("a.b/plan.v2.sync-conflict-20261129-101500-ABCDEFG.md", "a.b/plan.v2.md"),
            ("plan_conflict-20261129-101500.md", "plan.md"),
            ("plan (SFConflict ada@example.org 2026-11-29-10-15-00).md", "plan.md"),
            ("plan (Ada's conflicted copy 2026-11-29)", "plan"),
        ] {
            assert_eq!(conflict_copy_of(copy).as_deref(), Some(original), "{copy}");
        }
    }

    #[test]
    fn names_that_people_choose_are_no_conflict_copies() {
        for page in [
            "plan.md",
            "plan 2.md",
            "plan (1).md",
            "On a conflicted copy.md",
            "a.sync-conflict-soon.md",
            "x_conflict-1-2.md",
            "a/(b).md",
        ] {
            assert_eq!(conflict_copy_of(page), None, "{page}");
        }
    }
}
