//! The stack view with a real Docker daemon that has no images and no network.

use crate::computer::Computer;
use crate::names;
use growqr_testkit::DockerHost;

#[test]
fn the_stack_asks_before_it_downloads_and_says_why_a_download_fails() {
    let Some(mut computer) = Computer::new() else { return };
    let Some(host) = DockerHost::shared() else { return };
    computer.set("DOCKER_HOST", host.address());
    // A registry that nobody answers for.
    computer.set("GITEA_IMAGE", "127.0.0.1:9/gitea:28.1.0-rootless");
    computer.set("OPENCODE_IMAGE", "127.0.0.1:9/opencode:1.18.33");
    let window = computer.open();
    window.click(names::STACK);
    window.see(names::STACK_VIEW, "Docker");
    window.click(names::START_STACK);
    window.see(names::STACK_VIEW, "must be downloaded once");
    window.click(names::DOWNLOAD);
    window.see(names::STACK_VIEW, "cannot be downloaded");
}
