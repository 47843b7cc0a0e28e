//! The program as a whole, without a screen.

/// On Linux a window needs a display server; elsewhere there is always a screen.
#[cfg(target_os = "linux")]
#[test]
fn without_a_display_it_says_what_to_do_instead() {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_growqr-desktop"));
    let output = program.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("there is no display") && said.contains("growqr chat"), "{said}");
}

/// The toolkit panics where nothing answers.
#[cfg(target_os = "linux")]
#[test]
fn with_a_display_that_does_not_answer_it_says_that_there_is_no_window() {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_growqr-desktop"));
    let folder = tempfile::tempdir().unwrap();
    program.env("DISPLAY", ":65535").env_remove("WAYLAND_DISPLAY").env("GROWQR_DATA_DIR", folder.path());
    let output = program.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the window cannot be opened") && said.contains("growqr chat"), "{said}");
}
