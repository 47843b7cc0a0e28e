//! Settings that reach the system, and those that come from the command line.

use crate::computer::Computer;
use crate::names;
use growqr_testkit::anthropic::says;

#[test]
fn starting_at_login_is_off_until_the_person_switches_it_on_and_can_be_taken_back() {
    let Some(computer) = Computer::new() else { return };
    // The library does not look at XDG_CONFIG_HOME.
    let entry = computer.home().join(".config/autostart/GrowQR.desktop");
    let switch = |state: &str| format!("return find('button', 'Start at login')?.getAttribute('aria-checked') === '{state}'");
    let window = computer.open();
    window.click(names::SETTINGS);
    window.until(&switch("false"), "it is off");
    assert!(!entry.exists());
    window.click(names::START_AT_LOGIN);
    window.until(&switch("true"), "it is on");
    let text = std::fs::read_to_string(&entry).expect("the system is told");
    assert!(text.contains(env!("CARGO_BIN_EXE_growqr-desktop")), "{text}");
    window.reload();
    window.until(&switch("true"), "it is on after a reload");
    window.click(names::START_AT_LOGIN);
    window.until(&switch("false"), "it is off again");
    assert!(!entry.exists());
}

#[test]
fn the_language_that_is_set_in_a_terminal_is_the_one_of_the_window() {
    let Some(computer) = Computer::new() else { return };
    let set = computer.growqr(&["config", "set", "language", "de"]).status().expect("it runs");
    assert!(set.success());
    let window = computer.open();
    window.until("return document.documentElement.lang.startsWith('de')", "the window is German");
    window.click(names::SETTINGS_IN_GERMAN);
    window.see_anywhere("GrowQR beenden");
    window.kill();
    let window = computer.open();
    window.until("return find('link', 'Einstellungen') !== null", "it is German at once after a restart");
}

#[test]
fn a_backup_made_in_the_window_is_restored_on_the_command_line() {
    let Some(computer) = Computer::new() else { return };
    computer.claude.will(says("Hello to you."));
    let window = computer.open();
    window.say("hello");
    window.see(names::CONVERSATION, "Hello to you.");
    window.click(names::SETTINGS);
    window.press_button(names::BACK_UP);
    window.see_anywhere("Last backup");
    let made = computer.files().into_iter().find(|file| file.to_string_lossy().ends_with(".tar.gz")).expect("a backup");
    window.reload();
    window.see_anywhere("Last backup");

    let other = computer.home().join("other");
    let args = ["restore", made.to_str().expect("a path"), "--data-dir", other.to_str().expect("a path")];
    let restored = computer.json(&args).remove(0);
    assert_eq!(restored["backup"]["file"], made.display().to_string());
    let show = ["agents", "show", "grow", "--data-dir", other.to_str().expect("a path")];
    assert_eq!(computer.json(&show)[1..], computer.json(&show[..3])[1..], "the same conversation");
}
