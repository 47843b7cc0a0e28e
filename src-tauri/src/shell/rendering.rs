//! Software rendering on Linux computers without a graphics card: virtual machines, remote desktops.
//!
//! By default WebKit renders through OpenGL. Without a card OpenGL is emulated on the CPU, which is slower than WebKit's
//! own software rendering and needs about 80 MB more memory. Only an environment variable turns it off. WebKit reads the
//! variable when it creates its first view.

use std::path::Path;

/// The environment variable that makes WebKit render in software.
const DISABLE_DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Sets the variable for this process and its child processes, if there is no card and the variable is not set.
///
/// Call it before the first thread starts: setting a variable while another thread reads one is a data race. (Starting
/// the program again with the variable would be safe too, but would load WebKit twice.)
pub fn choose() {
    if std::env::var_os(DISABLE_DMABUF).is_some() || has_graphics_card(Path::new("/dev/dri")) {
        return;
    }
    if let Err(error) = glib::setenv(DISABLE_DMABUF, "1", false) {
        tracing::debug!(%error, "software rendering cannot be turned on");
    }
}

/// Whether the folder contains a render device (`renderD128`, …).
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
        assert!(!has_graphics_card(folder.path()), "a display without a card has such a device too");
        std::fs::write(folder.path().join("renderD128"), "").unwrap();
        assert!(has_graphics_card(folder.path()));
    }
}
