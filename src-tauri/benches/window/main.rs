//! Measures the window: the time from the start of the program until the conversation is shown, with 100,000 events in
//! the profile and no Docker; the memory of all processes while idle; the time until the quick chat is shown, and what it adds to
//! that memory; and the size of the scripts that load first. Prints
//! `name value unit` lines. On the virtual screen WebKit renders in software, which is slower than with a graphics card.
//! `cargo bench -p growqr-desktop --features desktop,custom-protocol`.

#[cfg(target_os = "linux")]
mod history;
#[cfg(target_os = "linux")]
mod measure;

fn main() {
    // `cargo test --all-targets` runs this too, without `--bench`: measure nothing then.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    #[cfg(target_os = "linux")]
    measure::all();
    #[cfg(not(target_os = "linux"))]
    println!("# the window was not measured: its bench drives WebKitGTK, which is on Linux only");
}
