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
}
