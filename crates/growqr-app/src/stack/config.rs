//! What the environment says about the containers: images and ports.

use crate::error::AppError;
use crate::profile::location::Environment;
use crate::stack::ports;
use growqr_core::stack::{StackContainer, StackPart};
use growqr_stack::find::{self, System};
use growqr_stack::{GITEA_FALLBACK_IMAGE, GITEA_IMAGE, RealContainer};
use std::ops::RangeInclusive;

/// The images and ports of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StackConfig {
    pub(crate) gitea_image: String,
    /// The person has named Gitea's image: no other is used.
    pub(crate) gitea_image_is_set: bool,
    pub(crate) opencode_image: String,
    pub(crate) ports: RangeInclusive<u16>,
}

impl StackConfig {
    /// Reads `GITEA_IMAGE`, `OPENCODE_IMAGE` and the range of ports.
    ///
    /// # Errors
    /// [`AppError::Config`] if an image is not a reference or the range is none.
    pub(crate) fn read(environment: &Environment) -> Result<StackConfig, AppError> {
        Ok(StackConfig {
            gitea_image: image(environment, "GITEA_IMAGE", GITEA_IMAGE)?,
            gitea_image_is_set: environment.get("GITEA_IMAGE").is_some(),
            opencode_image: image(environment, "OPENCODE_IMAGE", growqr_stack::OPENCODE_IMAGE)?,
            ports: ports::range(environment)?,
        })
    }

    /// Takes over the older image of Gitea if an earlier start had to choose it: a volume stays with its version.
    pub(crate) fn adopt(&mut self, rows: &[StackContainer]) {
        let is_recorded = |row: &StackContainer| row.part == StackPart::Gitea && row.image == GITEA_FALLBACK_IMAGE;
        if !self.gitea_image_is_set {
            let image = if rows.iter().any(is_recorded) { GITEA_FALLBACK_IMAGE } else { GITEA_IMAGE };
            image.clone_into(&mut self.gitea_image);
        }
    }

    /// What is doubtful about images that the person has named.
    pub(crate) fn doubts(&self) -> Vec<String> {
        let about = |name: &str, image: &str, doubt: &str| format!("{name} names {image}: {doubt}");
        let gitea = match gitea_version(&self.gitea_image) {
            _ if !self.gitea_image.contains("gitea") => Some("its name is not that of an image of Gitea"),
            Some(version) if !GITEA_VERSIONS.contains(&version) => Some("GrowQR works with Gitea 1.22 to 28"),
            _ => None,
        };
        let opencode = (!self.opencode_image.contains("opencode")).then_some("its name is not that of an image of OpenCode");
        let gitea = gitea.map(|doubt| about("GITEA_IMAGE", &self.gitea_image, doubt));
        gitea.into_iter().chain(opencode.map(|doubt| about("OPENCODE_IMAGE", &self.opencode_image, doubt))).collect()
    }

    /// Whether Gitea's image is the older one, which the person has not named.
    pub(crate) fn has_fallen_back(&self) -> bool {
        !self.gitea_image_is_set && self.gitea_image == GITEA_FALLBACK_IMAGE
    }
}

/// The image to keep in a row: the one that its container has, not the wanted one, because what has written the data decides which
/// image may read it later. Without a container, the one from before.
pub(crate) fn used_image<'a>(row: &'a StackContainer, found: Option<&'a RealContainer>) -> &'a str {
    found.map_or(&row.image, |container| &container.image)
}

/// The versions of Gitea that this program works with; after 1.27 came 28.
const GITEA_VERSIONS: RangeInclusive<(u32, u32)> = (1, 22)..=(28, u32::MAX);

/// The version in the tag of an image: `1.27` or `28`. `None` for `latest` and other words.
fn gitea_version(image: &str) -> Option<(u32, u32)> {
    let (_, tag) = image.rsplit('/').next()?.split('@').next()?.split_once(':')?;
    let mut numbers = tag.split(['.', '-']).map_while(|part| part.parse().ok());
    Some((numbers.next()?, numbers.next().unwrap_or_default()))
}

fn image(environment: &Environment, name: &str, default: &str) -> Result<String, AppError> {
    let image = environment.get(name).unwrap_or(default).trim();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    // The host of a registry, the tag and the digest may have capitals.
    let rest = image.split_once('/').filter(|(host, _)| host.contains(['.', ':'])).map_or(image, |(_, rest)| rest);
    let path = rest.split([':', '@']).next().unwrap_or_default();
    let has_capitals = path.contains(|c: char| c.is_ascii_uppercase());
    if image.chars().all(allowed) && image.starts_with(|c: char| c.is_ascii_alphanumeric()) && !has_capitals {
        return Ok(image.to_owned());
    }
    if has_capitals {
        let problem = format!("{image:?} is not the name of an image: write {path:?} in small letters");
        return Err(AppError::Config { place: name.to_owned(), problem });
    }
    Err(AppError::Config { place: name.to_owned(), problem: format!("{image:?} is not the name of an image") })
}

/// Where to look for Docker: the variables of this environment, and the person's home folder.
pub(crate) fn docker_environment(environment: &Environment) -> find::Environment {
    const NAMES: [&str; 4] = ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "XDG_RUNTIME_DIR"];
    let set = |name: &&str| environment.get(name).map(|value| ((*name).to_owned(), value.to_owned()));
    let variables = NAMES.iter().filter_map(set).collect();
    find::Environment { variables, home: std::env::home_dir(), system: System::current() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_names_and_nothing_else() {
        let read = |image: &str| StackConfig::read(&Environment::from_variables(&[("GITEA_IMAGE", image)]));
        assert_eq!(read("").unwrap().gitea_image, growqr_stack::GITEA_IMAGE);
        for image in ["gitea/gitea:1.27.3-rootless", "localhost:5000/a/b@sha256:abc", "Nas.Local/a/b:RC1", "x"] {
            assert_eq!(read(image).unwrap().gitea_image, image);
        }
        for image in ["-v", "a b", "a;b", "../x", "a\nb", "UPPER/case", "nas.local/A"] {
            assert!(read(image).is_err(), "{image}");
        }
    }

    #[test]
    fn an_image_that_can_hardly_work_is_told_before_its_download() {
        let doubts = |gitea: &str| {
            let set = Environment::from_variables(&[("GITEA_IMAGE", gitea)]);
            StackConfig::read(&set).unwrap().doubts().concat()
        };
        assert_eq!(doubts("busybox"), "GITEA_IMAGE names busybox: its name is not that of an image of Gitea");
        for image in ["gitea/gitea:1.20", "gitea/gitea:1", "localhost:5000/gitea:29-rootless"] {
            assert!(doubts(image).ends_with("GrowQR works with Gitea 1.22 to 28"), "{image}");
        }
        for image in
            ["", "gitea/gitea:1.22.6-rootless", "gitea/gitea:28.1.0", "gitea/gitea:latest", "my/gitea", "gitea:28@sha256:1"]
        {
            assert_eq!(doubts(image), "", "{image}");
        }
    }

    #[test]
    fn the_older_image_is_remembered_after_another_one_was_named_and_never_ran() {
        use growqr_core::stack::Wanted;
        let made = |image: &str| RealContainer { image: image.to_owned(), ..RealContainer::default() };
        let mut row = StackContainer {
            part: StackPart::Gitea,
            wanted: Wanted::Up,
            image: GITEA_FALLBACK_IMAGE.to_owned(),
            container: None,
            changed_at: growqr_core::clock::Timestamp(0),
        };
        assert_eq!(used_image(&row, None), GITEA_FALLBACK_IMAGE);
        assert_eq!(used_image(&row, Some(&made("another:1"))), "another:1");
        row.image = used_image(&row, Some(&made(GITEA_FALLBACK_IMAGE))).to_owned();
        let mut config = StackConfig::read(&Environment::from_variables(&[])).unwrap();
        config.adopt(&[row]);
        assert_eq!(config.gitea_image, GITEA_FALLBACK_IMAGE);
    }
}
