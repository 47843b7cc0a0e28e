//! Versions of Gitea.

use std::fmt;
use std::str::FromStr;

/// A version of Gitea. The order is that of the releases: after 1.27 came 28.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GiteaVersion {
    /// 1, or from 28 on the number of the release.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl GiteaVersion {
    /// The oldest that this program supports.
    pub const OLDEST: GiteaVersion = GiteaVersion { major: 1, minor: 22, patch: 0 };
}

impl fmt::Display for GiteaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for GiteaVersion {
    type Err = ();

    /// Reads `28.1.0` and also forms such as `1.22.0+dev-123-gabc` and `1.27.0-rc0`.
    fn from_str(text: &str) -> Result<GiteaVersion, ()> {
        let numbers = text.split(['+', '-']).next().unwrap_or_default();
        let numbers: Result<Vec<u32>, _> = numbers.split('.').map(str::parse).collect();
        match numbers.as_deref() {
            Ok([major, minor]) => Ok(GiteaVersion { major: *major, minor: *minor, patch: 0 }),
            Ok([major, minor, patch, ..]) => Ok(GiteaVersion { major: *major, minor: *minor, patch: *patch }),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_release() {
        let read = |text: &str| text.parse::<GiteaVersion>().unwrap();
        assert!(read("28.1.0") > read("1.27.3") && read("1.27.3") > read("1.22.0+dev-123-gabc"));
        assert!(read("1.22") >= GiteaVersion::OLDEST && read("1.21.11") < GiteaVersion::OLDEST);
        assert_eq!(read("1.27.0-rc0").to_string(), "1.27.0");
        assert_eq!("main".parse::<GiteaVersion>(), Err(()));
    }
}
