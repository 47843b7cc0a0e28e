//! What the person should know about the containers besides their states.

use crate::profile::location::Profile;
use crate::stack::config::StackConfig;
use crate::stack::credentials;
use crate::stack::place;
use crate::stack::view::StackView;
use growqr_stack::GITEA_IMAGE;

/// The notes that need no look at Docker.
pub(crate) fn notes(config: &StackConfig, profile: &Profile) -> Vec<String> {
    let older = config.has_fallen_back().then(|| {
        format!(
            "Gitea uses the older image {}, because the registry did not offer {GITEA_IMAGE} when Gitea was first started. It \
             stays with it: another version would change its data for good. To choose one yourself, set GITEA_IMAGE.",
            config.gitea_image
        )
    });
    let file = credentials::file_in_use(profile).map(|file| {
        format!(
            "This computer had no keychain when the containers were first started, so their random passwords are in a file that \
             only this user can read: {}. No key of yours is in it.",
            file.display()
        )
    });
    older.into_iter().chain(config.doubts()).chain(file).chain(left(profile)).collect()
}

/// Says who has the containers that this data folder used before.
fn left(profile: &Profile) -> Option<String> {
    let owner = place::read(profile.root()).ok()??.left_to?;
    Some(format!(
        "The data folder {owner} has the containers that this one used before, because both used the same ones and it has made them. \
         This one has containers of its own. The files of sub-agents from before are in the other ones."
    ))
}

/// Says that nothing more can be written to these paths of a container, and what to do.
pub(crate) fn full_disk(of: &str, paths: &[String]) -> String {
    format!(
        "The disk of {of} is full: nothing more can be written to {}. Next step: free space on the disk on which Docker keeps its \
         volumes, for example with: docker system prune",
        paths.join(" and ")
    )
}

/// Shows them.
pub(crate) fn show(config: &StackConfig, profile: &Profile, shown: &StackView) {
    shown.change(|stack| stack.notes = notes(config, profile));
}
