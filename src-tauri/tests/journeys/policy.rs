//! The window shows the built-in pages, and its content security policy is active.

use crate::computer::Computer;
use crate::names;

#[test]
fn the_window_shows_its_version_and_runs_no_text_as_a_script() {
    let Some(computer) = Computer::new() else { return };
    let window = computer.open();
    window.click(names::SETTINGS);
    window.see_anywhere(env!("CARGO_PKG_VERSION"));
    assert_eq!(window.run("return document.title"), "GrowQR");
    let evaluated = "try { return new Function('return 1')() } catch { return 'refused' }";
    assert_eq!(window.run(evaluated), "refused");
}
