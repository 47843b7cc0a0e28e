//! Lets Tauri read its configuration, icons and capabilities, and makes a permission of each command, so that a window
//! has only those that its capability file names; without the window there is nothing to do.

fn main() {
    #[cfg(feature = "desktop")]
    build();
}

/// The names in the list of commands.
#[cfg(feature = "desktop")]
macro_rules! commands {
    ($($name:ident),* $(,)?) => { &[$(stringify!($name)),*] };
}

#[cfg(feature = "desktop")]
fn build() {
    let manifest = tauri_build::AppManifest::new().commands(include!("src/shell/commands.in"));
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    tauri_build::try_build(attributes).expect("a wrong configuration, capability or icon ends the build here");
}
