//! The migrations of a database, and whether this build may use it.

use growqr_core::journal::StoreError;
use sqlx::migrate::Migrator;

/// This build's version, to compare with `min_app_version`.
const APP_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The schema state of a database.
#[derive(Default)]
pub(crate) struct SchemaState {
    /// Number and checksum of each applied migration.
    pub(crate) applied: Vec<(i64, Vec<u8>)>,
    /// The oldest build that can use the database; `None` before the first migration.
    pub(crate) min_app_version: Option<String>,
}

impl SchemaState {
    /// The last applied migration; 0 for an empty database.
    pub(crate) fn version(&self) -> i64 {
        self.applied.iter().map(|(version, _)| *version).max().unwrap_or(0)
    }

    /// Whether all migrations of this build are applied.
    ///
    /// # Errors
    /// [`StoreError::Newer`] if this build is too old for the database, [`StoreError::Failed`] if a migration was altered.
    pub(crate) fn is_current(&self, migrator: &Migrator) -> Result<bool, StoreError> {
        self.check_version(APP_VERSION)?;
        for migration in migrator.iter() {
            match self.applied.iter().find(|(version, _)| *version == migration.version) {
                None => return Ok(false),
                Some((_, checksum)) if *checksum != *migration.checksum => {
                    let (number, name) = (migration.version, &migration.description);
                    return Err(StoreError::Failed(format!(
                        "migration {number} ({name}) differs from the one that was applied to this database"
                    )));
                }
                Some(_) => {}
            }
        }
        Ok(true)
    }

    /// Whether a build of this version may use the database.
    fn check_version(&self, build: &str) -> Result<(), StoreError> {
        match self.min_app_version.as_deref().filter(|required| is_newer(required, build)) {
            Some(required) => Err(StoreError::Newer(required.to_owned())),
            None => Ok(()),
        }
    }
}

/// The last migration of this build.
pub(crate) fn known(migrator: &Migrator) -> i64 {
    migrator.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Compares `major.minor.patch`; a malformed version counts as newer than any other.
fn is_newer(version: &str, than: &str) -> bool {
    let parts = |text: &str| -> Option<Vec<u64>> { text.split('.').map(|part| part.parse().ok()).collect() };
    parts(version).is_none_or(|version| Some(version) > parts(than))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_the_same_migrations() {
        let names = |migrator: &Migrator| -> Vec<_> {
            migrator.iter().map(|migration| (migration.version, migration.description.clone())).collect()
        };
        assert_eq!(names(&crate::sqlite::MIGRATIONS), names(&crate::postgres::MIGRATIONS));
    }

    #[tokio::test]
    async fn a_build_that_does_not_compare_the_fence_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (db, _) = crate::sqlite::Database::open(&folder.path().join("growqr.db")).await.unwrap();
        let schema = db.schema_state().await.unwrap();
        let refused = schema.check_version("0.3.0").unwrap_err();
        assert_eq!(refused.to_string(), "the database needs a newer GrowQR: 0.4.0");
        schema.check_version(APP_VERSION).unwrap();
    }

    #[test]
    fn versions_are_compared_by_number_and_an_unreadable_one_is_newer() {
        assert!(is_newer("0.10.0", "0.9.9"));
        assert!(!is_newer("0.9.9", "0.10.0"));
        assert!(!is_newer("1.2.3", "1.2.3"));
        assert!(is_newer("next", "99.0.0"));
    }
}
