//! How pages are drawn on Linux where there is no graphics card: in a virtual machine, over a remote desktop.
//!
//! WebKit draws by a card's interface all the same, and where there is no card that is emulated: slower than drawing
//! without it, and some 80 MB more. It can be told not to by a variable alone, which must be there when a process starts.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Tells WebKit to draw without a card.
const WITHOUT_CARD: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Starts this program anew in its own place, with the variable, if there is no card and nobody has set it to anything.
/// Returns if there is no need, or if that cannot be done: then pages are drawn as they would be.
pub fn choose() {
    if std::env::var_os(WITHOUT_CARD).is_some() || has_card(Path::new("/dev/dri")) {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let error = Command::new(program).args(std::env::args_os().skip(1)).env(WITHOUT_CARD, "1").exec();
    tracing::debug!(%error, "pages are drawn as if there were a graphics card");
}

/// Whether this folder of the system's holds a device that can draw.
fn has_card(devices: &Path) -> bool {
    let Ok(devices) = std::fs::read_dir(devices) else { return false };
    devices.flatten().any(|device| device.file_name().to_string_lossy().starts_with("renderD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_a_device_that_can_draw() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_card(&folder.path().join("dri")));
        std::fs::write(folder.path().join("card0"), "").unwrap();
        assert!(!has_card(folder.path()), "a screen without a card has such a device too");
        std::fs::write(folder.path().join("renderD128"), "").unwrap();
        assert!(has_card(folder.path()));
    }
}
