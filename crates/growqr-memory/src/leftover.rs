//! Names of files that editors, sync programs and operating systems leave beside a page for their own use.

/// Whether a folder with this name, and all that it contains, is never memory.
pub(crate) fn is_leftover_folder(name: &str) -> bool {
    is_marked_at_start(name) || name.ends_with('~')
}

/// Whether a file with this name is never memory: it is hidden, a backup copy, a lock, or a half-written file.
pub(crate) fn is_leftover(name: &str) -> bool {
    if is_leftover_folder(name) || name == VIM_PROBE || is_system_file(name) {
        return true;
    }
    let Some((_, ending)) = name.rsplit_once('.') else { return false };
    // JetBrains' editors append their marks to the full name.
    if ending.ends_with("___jb_tmp___") || ending.ends_with("___jb_old___") {
        return true;
    }
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Vim creates a file with this name to find out whether it may write to the folder.
const VIM_PROBE: &str = "4913";

/// Endings of swap files, half-written and half-downloaded files.
const ENDINGS: &[&str] = &["swp", "swo", "swx", "tmp", "temp", "part", "partial", "crdownload", "icloud", "kate-swp"];

/// Hidden files, locks of office programs (`~$x`), temporary files of Syncthing (`~syncthing~x`), and automatic copies of
/// Emacs (`#x#`).
fn is_marked_at_start(name: &str) -> bool {
    name.starts_with('.')
        || name.starts_with("~$")
        || name.starts_with("~syncthing~")
        || (name.len() > 1 && name.starts_with('#') && name.ends_with('#'))
}

fn is_system_file(name: &str) -> bool {
    ["thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_editors_and_sync_programs_are_leftovers() {
        let leftovers = [
            ".DS_Store",
            ".stfolder",
            ".page.md.swp",
            "page.md.swp",
            "page.md~",
            "page.md.tmp",
            "~$letter.docx",
            ".#page.md",
            "#page.md#",
            "4913",
            ".page.md.icloud",
            "page.md.icloud",
            "~syncthing~page.md.tmp",
            ".syncthing.page.md.tmp",
            "Thumbs.db",
            "Desktop.ini",
            "page.md___jb_tmp___",
            "page.md.crdownload",
        ];
        for name in leftovers {
            assert!(is_leftover(name), "{name}");
        }
    }

    #[test]
    fn folders_of_people_are_memory_whatever_files_end_with() {
        for name in ["4913", "Vol 2.part", "drafts.tmp"] {
            assert!(!is_leftover_folder(name), "{name}");
        }
        for name in [".git", "#old#", "old~"] {
            assert!(is_leftover_folder(name), "{name}");
        }
    }

    #[test]
    fn ordinary_names_are_no_leftovers() {
        for name in ["page.md", "tmp", "temp.md", "4913.md", "#1 goal.md", "~home.md", "C#", "swp", "tmp.notes", "Icons.md", "a"]
        {
            assert!(!is_leftover(name), "{name}");
        }
    }
}
