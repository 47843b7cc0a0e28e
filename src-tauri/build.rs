//! Runs Tauri's build step: it reads the configuration, icons and capabilities, and generates one permission per
//! command. A window may call only the commands that its capability file names. Does nothing without the feature `desktop`.

fn main() {
    #[cfg(feature = "desktop")]
    build();
}

/// Expands the list in `commands.in` to the names of the commands.
#[cfg(feature = "desktop")]
macro_rules! commands {
    ($($name:ident),* $(,)?) => { &[$(stringify!($name)),*] };
}

#[cfg(feature = "desktop")]
fn build() {
    let manifest = tauri_build::AppManifest::new().commands(include!("src/shell/commands.in"));
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    tauri_build::try_build(attributes).expect("the configuration, a capability or an icon is invalid");
}
