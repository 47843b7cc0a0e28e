//! The version that the stand-in claims. Answers differ between versions where the real server's do.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A Gitea version. The order is that of the releases: 28 came after 1.27.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// The oldest that the product supports.
    pub const V1_22: Version = Version(1, 22, 6);
    /// The fallback.
    pub const V1_27: Version = Version(1, 27, 3);
    /// The default.
    pub const V28: Version = Version(28, 1, 0);

    /// Whether it is `major.minor` or newer.
    pub(super) fn is_at_least(self, major: u32, minor: u32) -> bool {
        (self.0, self.1) >= (major, minor)
    }

    /// The number of the database's schema. Only 343 (1.27) and 356 (28) are the real numbers.
    pub(super) fn schema(self) -> u32 {
        match (self.0, self.1) {
            (28.., _) => 356,
            (_, 27..) => 343,
            _ => 299,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Version, String> {
        let numbers: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
        match numbers.as_deref() {
            Ok([major, minor, patch]) => Ok(Version(*major, *minor, *patch)),
            _ => Err(format!("{text:?} is not a version such as 28.1.0")),
        }
    }
}
