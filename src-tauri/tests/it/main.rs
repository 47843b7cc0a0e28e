//! Tests of the program without a display.

/// Linux only: Windows and macOS always have a display.
#[cfg(target_os = "linux")]
#[test]
fn without_a_display_the_error_names_the_terminal_chat() {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_growqr-desktop"));
    let output = program.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("there is no display") && message.contains("growqr chat"), "{message}");
    assert_eq!(message.lines().count(), 2, "{message}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_display_that_does_not_respond_is_reported() {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_growqr-desktop"));
    let folder = tempfile::tempdir().unwrap();
    program.env("DISPLAY", ":65535").env_remove("WAYLAND_DISPLAY").env("GROWQR_DATA_DIR", folder.path());
    let output = program.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("no display answers at DISPLAY=:65535") && message.contains("growqr chat"), "{message}");
    assert_eq!(message.lines().count(), 2, "no panic and no warning: {message}");
}
