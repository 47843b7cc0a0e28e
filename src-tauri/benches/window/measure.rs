//! Starts the program several times and measures it through the driver of `growqr-testkit`.

use crate::history;
use flate2::Compression;
use flate2::write::GzEncoder;
use growqr_testkit::window::{self, Screen, Window};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

const EVENTS: u64 = 100_000;
const RUNS: usize = 9;

/// After this time the program is idle: the list of models has been requested, and the memory folder is watched.
const IDLE_AFTER: Duration = Duration::from_secs(10);

/// A script that stores in the page the time at which the text `WORDS` was first drawn.
const WAIT_UNTIL_DRAWN: &str = "\
    if (window.drawn) return window.drawn;\
    if (window.isDrawing || !textWith('log', 'Conversation', WORDS)) return null;\
    window.isDrawing = true;\
    requestAnimationFrame(() => requestAnimationFrame(() => {\
        const first = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;\
        window.drawn = [performance.timeOrigin, first, performance.now()];\
        document.documentElement.dataset.drawn = true;\
    }));\
    return null";

/// Measures and prints everything.
pub fn all() {
    first_scripts();
    if !window::is_possible() {
        println!("# the window was not measured: its driver does not work on this machine");
        return;
    }
    let home = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(history::write(&home.path().join("growqr"), EVENTS));
    let screen = Screen::start().expect("a screen");
    // Not measured: the first start fills the system's caches.
    drop(start(&screen, home.path()));
    let runs: Vec<[f64; 3]> = (0..RUNS).map(|_| start(&screen, home.path()).1).collect();
    for (index, name) in ["window_page_began", "window_first_paint", "window_conversation"].into_iter().enumerate() {
        let mut times: Vec<f64> = runs.iter().map(|run| run[index]).collect();
        times.sort_by(f64::total_cmp);
        println!("{name} {:.0} ms", times[RUNS / 2]);
        println!("{name}_slowest {:.0} ms", times[RUNS - 1]);
    }
    let (window, _) = start(&screen, home.path());
    std::thread::sleep(IDLE_AFTER);
    let memory = window.processes().memory();
    for (name, bytes) in &memory {
        println!("# {name} {:.0} MB", *bytes as f64 / 1e6);
    }
    let main = megabytes(&memory);
    println!("window_idle_memory {main:.0} MB");
    quick_chat(&window, main);
}

fn megabytes(memory: &[(String, u64)]) -> f64 {
    memory.iter().map(|(_, bytes)| *bytes as f64).sum::<f64>() / 1e6
}

/// The page of the quick chat.
const QUICK_PAGE: &str = "quick.html";

/// Is true once the quick chat can be typed into.
const IS_READY: &str = "return document.querySelector('[data-composer]') ? true : null";

/// Notes in the page of the quick chat when its first frame comes after a pause: while it is hidden, there are none.
const NOTE_FRAMES: &str = "\
    window.shownAt = null;\
    let last = Date.now();\
    const next = () => {\
        const now = Date.now();\
        if (now - last > 400) {\
            window.shownAt = now;\
            document.documentElement.dataset.shown = now;\
        }\
        last = now;\
        if (window.shownAt === null) requestAnimationFrame(next);\
    };\
    requestAnimationFrame(next);\
    window.__TAURI_INTERNALS__.invoke('hide_quick', {});\
    return null";

/// Measures the time from the request for the quick chat, which was used before, until its first frame is drawn; and what it adds to
/// the memory of the main window, in megabytes.
fn quick_chat(window: &Window, main: f64) {
    const SHOW: &str = "const asked = Date.now(); window.__TAURI_INTERNALS__.invoke('open_quick', {}); return asked";
    // Not measured: the first use creates it.
    window.run(SHOW).expect("it is shown");
    window.switch_to(QUICK_PAGE).expect("it has a page");
    window.until(IS_READY, "the quick chat is ready").expect("it is ready");
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            window.run(NOTE_FRAMES).expect("it is hidden");
            std::thread::sleep(Duration::from_secs(1));
            window.switch_to("").expect("the main window is there");
            let asked = window.run(SHOW).expect("it is shown").as_f64().expect("a time");
            window.switch_to(QUICK_PAGE).expect("it has a page");
            let shown = window.until("return window.shownAt", "the quick chat is drawn").expect("it is drawn");
            shown.as_f64().expect("a time") - asked
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("quick_shown {:.0} ms", times[RUNS / 2]);
    println!("quick_shown_slowest {:.0} ms", times[RUNS - 1]);
    std::thread::sleep(IDLE_AFTER);
    println!("quick_memory {:.0} MB", megabytes(&window.processes().memory()) - main);
}

/// Starts the program. Returns when its page began to load, was first painted, and showed the conversation: milliseconds
/// after the start.
fn start(screen: &Screen, home: &Path) -> (Window, [f64; 3]) {
    let place = |name: &str| home.join(name);
    let variables: [(&str, PathBuf); 6] = [
        // Docker does not run.
        ("DOCKER_HOST", PathBuf::from("unix:///nonexistent/docker.sock")),
        ("HOME", home.to_path_buf()),
        ("GROWQR_DATA_DIR", place("growqr")),
        ("XDG_DATA_HOME", place("share")),
        ("XDG_CONFIG_HOME", place("config")),
        ("XDG_CACHE_HOME", place("cache")),
    ];
    let window = screen.open(Path::new(env!("CARGO_BIN_EXE_growqr-desktop")), &variables).expect("the window opens");
    let script = WAIT_UNTIL_DRAWN.replace("WORDS", &format!("{:?}", history::LAST_WORDS));
    let drawn = window.until(&script, "the conversation is drawn").expect("it is drawn");
    let began = window.processes().began_ms().expect("the system tells");
    let [origin, first, drawn] = [0, 1, 2].map(|index| drawn[index].as_f64().expect("a time"));
    (window, [origin - began, origin + first - began, origin + drawn - began])
}

/// The size of the scripts that `index.html` names, compressed as they would be sent.
fn first_scripts() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/dist");
    let html = std::fs::read_to_string(pages.join("index.html")).expect("the pages are built");
    let named = html.split('"').filter(|part| part.ends_with(".js"));
    let mut bytes = 0;
    for script in named {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&std::fs::read(pages.join(script)).expect("a script")).expect("memory");
        bytes += packed.finish().expect("memory").len();
    }
    println!("window_first_scripts {:.1} kB", bytes as f64 / 1e3);
}
