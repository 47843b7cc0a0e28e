//! How pages are drawn on Linux where there is no graphics card: in a virtual machine, over a remote desktop.
//!
//! WebKit draws by a card's interface all the same, and where there is no card that is emulated: slower than drawing
//! without it, and some 80 MB more. It can be told not to by a variable alone, which it looks at when it makes its first view.

use std::path::Path;

/// Tells WebKit to draw without a card.
const DISABLE_DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Sets the variable for this process and those that it starts, if there is no card and nobody has set it to anything.
/// To be called before anything that starts a thread, which could be reading variables at that moment. Starting the
/// program anew with the variable would take as long as loading WebKit again.
pub fn choose() {
    if std::env::var_os(DISABLE_DMABUF).is_some() || has_graphics_card(Path::new("/dev/dri")) {
        return;
    }
    if let Err(error) = glib::setenv(DISABLE_DMABUF, "1", false) {
        tracing::debug!(%error, "pages are drawn as if there were a graphics card");
    }
}

/// Whether this folder of the system's holds a device that can draw.
fn has_graphics_card(devices: &Path) -> bool {
    let Ok(devices) = std::fs::read_dir(devices) else { return false };
    devices.flatten().any(|device| device.file_name().to_string_lossy().starts_with("renderD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_render_device_is_a_graphics_card() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_graphics_card(&folder.path().join("dri")));
        std::fs::write(folder.path().join("card0"), "").unwrap();
        assert!(!has_graphics_card(folder.path()), "a screen without a card has such a device too");
        std::fs::write(folder.path().join("renderD128"), "").unwrap();
        assert!(has_graphics_card(folder.path()));
    }
}
