//! What the window costs: from the start of the program to the conversation on the screen, with 100,000 events in the
//! profile; the memory of all its processes while nothing happens; and the scripts that it loads first. Prints
//! `name value unit` lines. On a screen nobody sees WebKit draws without a graphics card, which takes longer.
//! `cargo bench -p growqr-desktop --features desktop,custom-protocol`.

#[cfg(target_os = "linux")]
mod history;
#[cfg(target_os = "linux")]
mod measure;

fn main() {
    // `cargo test --all-targets` starts this too, and wants no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    #[cfg(target_os = "linux")]
    measure::all();
    #[cfg(not(target_os = "linux"))]
    println!("# the window was not measured: its bench drives WebKitGTK, which is on Linux only");
}
