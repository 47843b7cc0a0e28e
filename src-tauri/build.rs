//! Lets Tauri read its configuration, icons and capabilities; without the window there is nothing to do.

fn main() {
    #[cfg(feature = "desktop")]
    tauri_build::build();
}
