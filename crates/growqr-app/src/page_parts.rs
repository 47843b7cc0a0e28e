//! Returns the list of pages in parts: a window would stand still while it reads one message with a row for each of 100,000 pages.

use crate::error::AppError;
use growqr_wire as wire;
use std::sync::{Mutex, PoisonError};

/// The most rows of a part.
const PART: usize = 5_000;

/// The list of which parts are being returned, so that each part does not list the folder again.
#[derive(Default)]
pub(crate) struct PageParts(Mutex<Option<Listed>>);

struct Listed {
    prefix: String,
    /// Sorted by path.
    rows: Vec<wire::PageRow>,
}

impl PageParts {
    /// The pages after `after`, [`wire::PageRows::next`] of the part before; without it, the first part. `list` returns all pages
    /// whose path begins with `prefix`, sorted by path. It is called for the first part, and again if another list was begun
    /// before this one had ended.
    ///
    /// # Errors
    /// Those of `list`.
    pub(crate) fn part(
        &self,
        prefix: &str,
        after: Option<&str>,
        list: impl FnOnce() -> Result<Vec<wire::PageRow>, AppError>,
    ) -> Result<wire::PageRows, AppError> {
        let known = self.replace(None).filter(|listed| after.is_some() && listed.prefix == prefix);
        let all = known.map_or_else(list, |listed| Ok(listed.rows))?;
        let start = after.map_or(0, |after| all.partition_point(|row| row.path.as_str() <= after));
        let rows: Vec<wire::PageRow> = all[start..].iter().take(PART).cloned().collect();
        let is_last = start + rows.len() == all.len();
        let next = rows.last().filter(|_| !is_last).map(|row| row.path.clone());
        if next.is_some() {
            self.replace(Some(Listed { prefix: prefix.to_owned(), rows: all }));
        }
        Ok(wire::PageRows { rows, next })
    }

    /// Ignores a poisoned lock: the list is replaced as a whole.
    fn replace(&self, listed: Option<Listed>) -> Option<Listed> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn pages(count: usize) -> Vec<wire::PageRow> {
        (0..count).map(|number| wire::PageRow { path: format!("{number:06}.md"), bytes: 1, conflict_copy_of: None }).collect()
    }

    /// All parts, and how often the folder was listed. `between` is called after each part.
    fn read_all(parts: &PageParts, count: usize, between: impl Fn()) -> (Vec<wire::PageRow>, usize) {
        let lists = Cell::new(0);
        let list = || {
            lists.set(lists.get() + 1);
            Ok(pages(count))
        };
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let part = parts.part("", after.as_deref(), list).unwrap();
            assert!(part.rows.len() <= PART);
            rows.extend(part.rows);
            between();
            match part.next {
                Some(next) => after = Some(next),
                None => return (rows, lists.get()),
            }
        }
    }

    #[test]
    fn the_parts_are_the_whole_list_and_the_folder_is_listed_once() {
        let parts = PageParts::default();
        for count in [0, 1, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 1] {
            assert_eq!(read_all(&parts, count, || ()), (pages(count), 1), "{count}");
            assert!(parts.replace(None).is_none(), "nothing is kept after the last part");
        }
    }

    #[test]
    fn two_lists_at_the_same_time_are_both_complete() {
        let parts = PageParts::default();
        let other = || assert_eq!(parts.part("a/", None, || Ok(pages(PART + 1))).unwrap().rows.len(), PART);
        assert_eq!(read_all(&parts, 2 * PART + 1, other), (pages(2 * PART + 1), 3));
    }

    #[test]
    fn a_page_that_is_deleted_between_two_parts_hides_no_other() {
        let parts = PageParts::default();
        let next = parts.part("", None, || Ok(pages(PART + 2))).unwrap().next;
        parts.replace(None);
        let without_last = || Ok(pages(PART + 2).into_iter().filter(|row| Some(&row.path) != next.as_ref()).collect());
        let part = parts.part("", next.as_deref(), without_last).unwrap();
        assert_eq!((part.rows, part.next), (pages(PART + 2).split_off(PART), None));
    }
}
