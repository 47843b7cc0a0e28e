//! What a data folder stores about its containers: the label that they have, and where the folder was when it last used them.

use crate::error::AppError;
use crate::profile::private_file;
use crate::stack::folder_name;
use growqr_core::id::sha256_hex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The length of an install's id, in hexadecimal digits.
pub(crate) const ID_LENGTH: usize = 32;

/// The length of a label, in hexadecimal digits.
pub(crate) const LABEL_LENGTH: usize = 16;

/// What is stored in the data folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) label: String,
    /// Where the folder was when the label was last read, as [`name`] writes it.
    pub(crate) folder: String,
    /// How often the folder was found at another place with this label. Of two folders with one label, the one with the higher
    /// number has used the containers later.
    #[serde(default)]
    pub(crate) moves: u32,
    /// Where the folder was before, with this label.
    #[serde(default)]
    pub(crate) earlier: BTreeSet<String>,
    /// The data folder that now has the containers which this one used before.
    #[serde(default)]
    pub(crate) left_to: Option<String>,
}

impl Place {
    /// This place, found in another folder.
    pub(crate) fn moved(mut self) -> Place {
        self.earlier.insert(std::mem::take(&mut self.folder));
        self.moves = self.moves.saturating_add(1);
        self
    }

    /// Whether the data folder is or was at this place.
    pub(crate) fn knows(&self, folder: &str) -> bool {
        self.folder == folder || self.earlier.contains(folder)
    }

    /// Stores it in the data folder.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn store(&self, root: &Path) -> Result<(), AppError> {
        let path = stored(root);
        let text = serde_json::to_vec(self)
            .map_err(|error| AppError::Config { place: root.display().to_string(), problem: error.to_string() })?;
        private_file::replace(&path, &text).map_err(|source| AppError::file("write", &path, source))
    }
}

/// How containers name a data folder.
pub(crate) fn name(root: &Path) -> String {
    folder_name::to_text(&canonical(root))
}

/// The folder itself if it is a link.
pub(crate) fn canonical(root: &Path) -> PathBuf {
    fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf())
}

/// What is stored; `None` if nothing is, or nothing that can be read.
pub(crate) fn read(root: &Path) -> Result<Option<Place>, AppError> {
    let path = stored(root);
    match fs::read(&path) {
        Ok(text) => {
            let place: Option<Place> = serde_json::from_slice(&text).ok();
            Ok(place.filter(|place| place.label.len() == LABEL_LENGTH))
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(source) => Err(AppError::file("read", &path, source)),
    }
}

/// The place of a folder that may be one of an earlier version, which stored only an id.
///
/// # Errors
/// If its files cannot be read.
pub(crate) fn of(folder: &Path) -> Result<Option<Place>, AppError> {
    if let Some(place) = read(folder)? {
        return Ok(Some(place));
    }
    let id = read_id(&folder.join("install-id"))?;
    let label = |id: String| Place { label: hash(&id, folder), folder: folder_name::to_text(folder), ..Place::default() };
    Ok(id.map(label))
}

/// Whether both are one folder. It can have two paths, for example on a mounted disk. Then a new file appears in both.
///
/// # Errors
/// If no file can be made in the first one.
pub(crate) fn is_same(root: &Path, other: &Path) -> Result<bool, AppError> {
    let probe = tempfile::NamedTempFile::new_in(root).map_err(|source| AppError::file("write", root, source))?;
    Ok(probe.path().file_name().is_some_and(|name| other.join(name).exists()))
}

/// The label of earlier versions.
pub(crate) fn hash(id: &str, folder: &Path) -> String {
    sha256_hex(format!("{id}\0{}", folder.display()).as_bytes())[..LABEL_LENGTH].to_owned()
}

/// The id that earlier versions stored; `None` if there is none, or none that is complete.
pub(crate) fn read_id(file: &Path) -> Result<Option<String>, AppError> {
    match fs::read_to_string(file) {
        Ok(id) => Ok((id.len() == ID_LENGTH).then_some(id)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(source) => Err(AppError::file("read", file, source)),
    }
}

fn stored(root: &Path) -> PathBuf {
    root.join("install.json")
}
