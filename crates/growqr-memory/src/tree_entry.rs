//! Finds a page in a tree.

use git2::{ObjectType, Oid, Tree};
use std::path::Path;

const LINK: i32 = 0o120_000;

/// The blob of a page in a tree; `None` if there is no regular file at this path.
pub(crate) fn blob_at(tree: Option<&Tree<'_>>, page: &str) -> Option<Oid> {
    let entry = tree?.get_path(Path::new(page)).ok()?;
    (entry.kind() == Some(ObjectType::Blob) && entry.filemode() != LINK).then(|| entry.id())
}
