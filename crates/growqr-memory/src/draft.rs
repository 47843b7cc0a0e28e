//! The objects of a change, built in memory. [`crate::object_writer`] writes them to disk together; their order does not
//! matter, because no ref points to them yet. A dropped draft writes nothing.

use crate::error_context::Context;
use crate::plan::WorkTreeFiles;
use git2::{Commit, ObjectType, Odb, Oid, Repository, Signature, Tree, TreeBuilder};
use growqr_core::memory::MemoryError;
use std::path::Path;

/// Object lookups try the in-memory backend before the on-disk one.
const MEMPACK_PRIORITY: i32 = 1_000;

/// The objects of one change, and read access to the objects on disk.
pub(crate) struct Draft {
    repo: Repository,
    object_ids: Vec<Oid>,
    pub(crate) files: WorkTreeFiles,
}

/// An object before it is compressed and written.
pub(crate) struct RawObject {
    pub(crate) oid: Oid,
    pub(crate) kind: ObjectType,
    pub(crate) bytes: Vec<u8>,
}

impl Draft {
    /// A draft that reads existing objects from the folder `objects`.
    pub(crate) fn new(objects: &Path, files: WorkTreeFiles) -> Result<Draft, git2::Error> {
        let odb = Odb::new()?;
        odb.add_disk_alternate(&objects.to_string_lossy())?;
        odb.add_new_mempack_backend(MEMPACK_PRIORITY)?;
        Ok(Draft { repo: Repository::from_odb(odb)?, object_ids: Vec::new(), files })
    }

    /// Adds a blob.
    pub(crate) fn blob(&mut self, bytes: &[u8]) -> Result<Oid, MemoryError> {
        let oid = self.repo.blob(bytes).context("write the page")?;
        self.object_ids.push(oid);
        Ok(oid)
    }

    /// A builder for a tree, based on an existing tree if one is given.
    pub(crate) fn builder<'a>(&'a self, baseline: Option<&Tree<'_>>) -> Result<TreeBuilder<'a>, MemoryError> {
        self.repo.treebuilder(baseline).context("write a tree")
    }

    /// Adds a commit whose parent is `base`.
    pub(crate) fn commit(
        &mut self,
        (base, tree): (Option<Oid>, Oid),
        signature: &Signature<'_>,
        message: &str,
    ) -> Result<Oid, MemoryError> {
        let tree = self.repo.find_tree(tree).context("read a tree")?;
        let base = base.map(|oid| self.repo.find_commit(oid)).transpose().context("read HEAD")?;
        let parents: Vec<&Commit<'_>> = base.iter().collect();
        let oid = self.repo.commit(None, signature, signature, message, &tree, &parents).context("write the commit")?;
        self.object_ids.push(oid);
        Ok(oid)
    }

    /// Adds a tree that a builder of this draft has written.
    pub(crate) fn add_tree(&mut self, tree: Oid) {
        self.object_ids.push(tree);
    }

    /// All objects of the draft, in the order in which they were added.
    pub(crate) fn objects(&self) -> Result<Vec<RawObject>, git2::Error> {
        let odb = self.repo.odb()?;
        let raw =
            |oid: &Oid| odb.read(*oid).map(|object| RawObject { oid: *oid, kind: object.kind(), bytes: object.data().to_vec() });
        self.object_ids.iter().map(raw).collect()
    }
}
