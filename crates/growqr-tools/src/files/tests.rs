//! The tools on real files: what they show, what they refuse, and what a kill or another program leaves behind.

use super::input::WriteInput;
use super::path::FilePath;
use super::write::{Found, draft_name, look_up, write};
use super::*;
use growqr_core::clock::Timestamp;
use growqr_core::id::AgentId;
use growqr_core::memory::Origin;
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

/// A read-only folder `notes` and a folder `drafts` that can be written.
struct World {
    home: TempDir,
    tools: FileTools,
}

impl World {
    fn new() -> World {
        let home = tempfile::tempdir().expect("a folder");
        let folder = |name: &str, can_write| {
            let path = home.path().join(name);
            fs::create_dir(&path).expect("a folder");
            Folder { name: name.to_owned(), path, can_write }
        };
        let folders = vec![folder("notes", false), folder("drafts", true)];
        World { tools: FileTools::new(folders), home }
    }

    fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.home.path().join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        fs::write(file, content).expect("a file");
    }

    fn bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.home.path().join(path)).expect("a file")
    }

    /// The names in a folder.
    fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.home.path().join(path)).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn drafts(&self) -> Folder {
        self.tools.folders()[1].clone()
    }

    async fn call(&self, name: &str, input: Value) -> Result<String, String> {
        let Performed::Finished(result) = self.tools.perform(&call(name, input), None).await else { panic!("a result") };
        let text = result.content.plain().into_owned();
        assert!(!text.contains(&*self.home.path().to_string_lossy()), "agents are not told where folders are: {text}");
        if result.is_error { Err(text) } else { Ok(text) }
    }

    async fn read(&self, path: &str) -> Result<String, String> {
        self.call("read_file", json!({ "path": path })).await
    }

    /// The version that a read shows.
    async fn version(&self, path: &str) -> String {
        let text = self.read(path).await.expect("a text");
        let (_, rest) = text.split_once("version ").expect("a version");
        rest.split_once(',').expect("more").0.to_owned()
    }
}

fn effect() -> EffectId {
    EffectId::new("effect")
}

fn call(name: &str, input: Value) -> ToolCall {
    let origin = Origin { agent: AgentId::grow(), name: "Grow Agent".to_owned(), turn: 1, effect: effect() };
    let executor = ExecutorId::new("files");
    ToolCall {
        executor,
        name: name.to_owned(),
        input: RawJson::of(&input),
        origin,
        at: Timestamp(0),
        held: false,
        definition: None,
    }
}

#[tokio::test]
async fn files_are_listed_read_and_found() {
    let world = World::new();
    world.put("notes/plan.md", "# Plan\nPlant the Apple tree\n");
    world.put("notes/2026/june.txt", "nothing yet");
    world.put("drafts/apple.md", "");
    assert_eq!(
        world.call("list_files", json!({})).await.unwrap(),
        "notes/ (read only)\ndrafts/ (you may change files, and the person decides about each)"
    );
    assert_eq!(world.call("list_files", json!({"path": "notes"})).await.unwrap(), "2026/\nplan.md (28 bytes)");
    let read = world.read("notes/plan.md").await.unwrap();
    assert!(
        read.starts_with("notes/plan.md: version ") && read.ends_with("28 bytes, UTF-8\n\n# Plan\nPlant the Apple tree\n"),
        "{read}"
    );
    assert_eq!(
        world.call("search_files", json!({"query": "apple"})).await.unwrap(),
        "notes/plan.md:2: Plant the Apple tree\ndrafts/apple.md"
    );
    let below = world.call("search_files", json!({"query": "apple", "path": "notes/2026"})).await.unwrap();
    assert!(below.starts_with("nothing found"), "{below}");
    assert!(world.call("search_files", json!({"query": " "})).await.is_err());
}

#[tokio::test]
async fn a_long_text_is_read_in_parts_that_fit_together() {
    let world = World::new();
    let long = "zeile ü\n".repeat(20_000);
    world.put("notes/long.txt", &long);
    let (mut from, mut whole) = (0, String::new());
    loop {
        let part = world.call("read_file", json!({"path": "notes/long.txt", "from": from})).await.unwrap();
        let (_, text) = part.split_once("\n\n").unwrap();
        match text.split_once("\n[") {
            Some((text, more)) => {
                whole.push_str(text);
                from = more.trim_end_matches(']').rsplit_once('=').unwrap().1.parse().unwrap();
            }
            None => {
                whole.push_str(text);
                break;
            }
        }
    }
    assert_eq!(whole, long);
    let beyond = world.call("read_file", json!({"path": "notes/long.txt", "from": 999_999_999})).await.unwrap_err();
    assert!(beyond.contains("at most"), "{beyond}");
}

#[tokio::test]
async fn hidden_and_secret_files_stay_closed() {
    let world = World::new();
    for path in [".env", ".ssh/config", "id_rsa", "prod.key", "sub/.git/config"] {
        world.put(&format!("notes/{path}"), "s3cret");
        assert!(world.read(&format!("notes/{path}")).await.unwrap_err().contains("not available"), "{path}");
    }
    world.put("notes/kept.txt", "-----BEGIN OPENSSH PRIVATE KEY-----\ns3cret\n");
    assert!(world.read("notes/kept.txt").await.unwrap_err().contains("private key"));
    let listed = world.call("list_files", json!({"path": "notes"})).await.unwrap();
    assert_eq!(listed, "kept.txt (43 bytes)\nsub/\n(4 hidden files or files with keys are not shown)");
    assert!(world.call("search_files", json!({"query": "s3cret"})).await.unwrap().starts_with("nothing found"));
    for path in ["drafts/.bashrc", "drafts/a/.git/hooks/x", "drafts/.env"] {
        assert!(world.call("write_file", json!({"path": path, "content": "x"})).await.is_err(), "{path}");
    }
    assert_eq!(world.names("drafts"), Vec::<String>::new());
}

#[tokio::test]
async fn a_path_never_leads_out_of_its_folder() {
    let world = World::new();
    world.put("secret/a.txt", "outside");
    world.put("drafts/in.txt", "inside");
    let absolute = world.home.path().join("secret/a.txt").display().to_string();
    for path in ["drafts/../secret/a.txt", &absolute, "secret/a.txt", "../secret/a.txt", "drafts\\..\\secret\\a.txt"] {
        assert!(world.read(path).await.is_err(), "{path}");
        assert!(world.call("list_files", json!({ "path": path })).await.is_err(), "{path}");
        assert!(world.call("write_file", json!({"path": path, "content": "x"})).await.is_err(), "{path}");
    }
    assert_eq!(world.bytes("secret/a.txt"), b"outside");
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[tokio::test]
    async fn links_are_shown_and_not_followed() {
        let world = World::new();
        let at = |path: &str| world.home.path().join(path);
        world.put("secret/a.txt", "outside");
        world.put("drafts/.env", "inside");
        symlink(at("secret/a.txt"), at("drafts/file")).unwrap();
        symlink(at("secret"), at("drafts/folder")).unwrap();
        symlink(".env", at("drafts/plain.txt")).unwrap();
        symlink("nowhere", at("drafts/dangling")).unwrap();
        for path in ["drafts/file", "drafts/folder/a.txt", "drafts/plain.txt", "drafts/dangling"] {
            assert!(world.read(path).await.unwrap_err().contains("links are not followed"), "{path}");
            assert!(world.call("write_file", json!({"path": path, "content": "x"})).await.is_err(), "{path}");
        }
        assert!(world.call("list_files", json!({"path": "drafts/folder"})).await.is_err());
        assert!(world.call("write_file", json!({"path": "drafts/folder/new.txt", "content": "x"})).await.is_err());
        assert!(world.call("list_files", json!({"path": "drafts"})).await.unwrap().contains("folder (a link, not followed)"));
        assert!(world.call("search_files", json!({"query": "outside"})).await.unwrap().starts_with("nothing found"));
        assert_eq!((world.bytes("secret/a.txt"), world.names("secret")), (b"outside".to_vec(), vec!["a.txt".to_owned()]));
    }

    /// Another program exchanges a folder and a link to outside without a pause; no read ever gets the text outside.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_folder_that_is_exchanged_for_a_link_meanwhile_leads_nowhere() {
        let world = World::new();
        world.put("secret/a.txt", "outside");
        world.put("drafts/sub/a.txt", "inside");
        let (sub, link) = (world.home.path().join("drafts/sub"), world.home.path().join("drafts/link"));
        symlink(world.home.path().join("secret"), &link).unwrap();
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let swapping = std::thread::spawn(move || {
            while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
                let at = rustix::fs::CWD;
                rustix::fs::renameat_with(at, &sub, at, &link, rustix::fs::RenameFlags::EXCHANGE).expect("exchanged");
            }
        });
        let mut seen = 0;
        for number in 0..2_000 {
            if let Ok(text) = world.read("drafts/sub/a.txt").await {
                assert!(text.ends_with("inside"), "{text}");
                seen += 1;
            }
            let _ = world.call("write_file", json!({"path": format!("drafts/sub/{}.md", number % 50), "content": "x"})).await;
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        swapping.join().unwrap();
        assert!(seen > 0, "some reads must succeed");
        assert_eq!(world.names("secret"), ["a.txt"]);
    }

    #[tokio::test]
    async fn a_pipe_is_no_file_and_stops_nobody() {
        let world = World::new();
        let pipe = world.home.path().join("notes/pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert!(world.read("notes/pipe").await.unwrap_err().contains("not a regular file"));
        assert_eq!(world.call("list_files", json!({"path": "notes"})).await.unwrap(), "pipe (no file)");
        assert!(world.call("search_files", json!({"query": "x"})).await.is_ok());
    }

    #[tokio::test]
    async fn permissions_are_kept_and_protected_files_stay() {
        let world = World::new();
        world.put("drafts/run.sh", "echo 1\n");
        let file = world.home.path().join("drafts/run.sh");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o750)).unwrap();
        let base = world.version("drafts/run.sh").await;
        world.call("write_file", json!({"path": "drafts/run.sh", "content": "echo 2\n", "base": base})).await.unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o750);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
        let base = world.version("drafts/run.sh").await;
        let problem = world.call("write_file", json!({"path": "drafts/run.sh", "content": "x", "base": base})).await.unwrap_err();
        assert!(problem.contains("write-protected"), "{problem}");
        fs::hard_link(&file, world.home.path().join("drafts/other.sh")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let problem = world.call("write_file", json!({"path": "drafts/run.sh", "content": "x", "base": base})).await.unwrap_err();
        assert!(problem.contains("hard links"), "{problem}");
        assert_eq!(world.bytes("drafts/other.sh"), b"echo 2\n");
    }
}

#[tokio::test]
async fn a_file_is_written_only_where_the_person_lets_agents_write() {
    let world = World::new();
    world.put("notes/a.md", "one\n");
    let problem = world.call("write_file", json!({"path": "notes/b.md", "content": "x"})).await.unwrap_err();
    assert!(problem.contains("change nothing"), "{problem}");
    assert_eq!(world.names("notes"), ["a.md"]);
    let written = world.call("write_file", json!({"path": "drafts/new/deep/b.md", "content": "zwei\n"})).await.unwrap();
    assert_eq!(
        written,
        format!("drafts/new/deep/b.md is written; its version is {}", world.version("drafts/new/deep/b.md").await)
    );
    assert_eq!(
        (world.bytes("drafts/new/deep/b.md"), world.names("drafts/new/deep")),
        (b"zwei\n".to_vec(), vec!["b.md".to_owned()])
    );
}

#[tokio::test]
async fn an_existing_file_is_replaced_only_as_it_was_read() {
    let world = World::new();
    world.put("drafts/a.md", "one\r\ntwo\r\n");
    let write = |content: &str, base: Option<&str>| {
        let input = json!({"path": "drafts/a.md", "content": content, "base": base});
        world.call("write_file", input)
    };
    assert!(write("x", None).await.unwrap_err().contains("exists already"));
    assert!(write("x", Some("0123")).await.unwrap_err().contains("has changed"));
    let base = world.version("drafts/a.md").await;
    write("one\n2\n", Some(&base)).await.unwrap();
    assert_eq!(world.bytes("drafts/a.md"), b"one\r\n2\r\n", "its line ends are kept");
    // The same call again, as after a crash: nothing is written twice, and nothing is wrong.
    write("one\n2\n", Some(&base)).await.unwrap();
    world.put("drafts/a.md", "by the person");
    assert!(write("one\n3\n", Some(&base)).await.unwrap_err().contains("has changed"));
    assert_eq!((world.bytes("drafts/a.md"), world.names("drafts")), (b"by the person".to_vec(), vec!["a.md".to_owned()]));
    fs::remove_file(world.home.path().join("drafts/a.md")).unwrap();
    assert!(write("x", Some(&base)).await.unwrap_err().contains("does not exist any more"));
}

#[tokio::test]
async fn other_encodings_are_kept_and_what_they_cannot_hold_is_told() {
    let world = World::new();
    world.put("drafts/old.txt", b"caf\xe9\n");
    let base = world.version("drafts/old.txt").await;
    assert!(world.read("drafts/old.txt").await.unwrap().contains("Windows-1252\n\ncafé"));
    let problem = world.call("write_file", json!({"path": "drafts/old.txt", "content": "日", "base": base})).await.unwrap_err();
    assert!(problem.contains("Windows-1252") && problem.contains('日'), "{problem}");
    world.call("write_file", json!({"path": "drafts/old.txt", "content": "thé\n", "base": base})).await.unwrap();
    assert_eq!(world.bytes("drafts/old.txt"), b"th\xe9\n");
    world.put("drafts/picture.png", b"\x89PNG\r\n\x1a\n\0\0\0");
    assert!(world.read("drafts/picture.png").await.unwrap_err().contains("not a text"));
}

#[tokio::test]
async fn the_change_is_shown_before_it_is_allowed() {
    let world = World::new();
    world.put("drafts/a.md", "one\n");
    let base = world.version("drafts/a.md").await;
    let folders = world.tools.folders();
    let change = |input: Value| file_change(&folders, &RawJson::of(&input)).unwrap();
    let shown = change(json!({"path": "drafts/a.md", "content": "two\n", "base": base}));
    assert_eq!((shown.before.as_deref(), &*shown.after, shown.problem), (Some("one\n"), "two\n", None));
    let same_ends = change(json!({"path": "drafts/a.md", "content": "one\r\ntwo\r\n", "base": base}));
    assert_eq!(same_ends.after, "one\ntwo\n", "line ends that are not written are not shown");
    assert_eq!(shown.place.unwrap(), world.home.path().join("drafts/a.md"));
    assert_eq!(change(json!({"path": "drafts/x/new.md", "content": "x"})).problem, None);
    for (input, why) in [
        (json!({"path": "drafts/a.md", "content": "two\n"}), "exists already"),
        (json!({"path": "notes/a.md", "content": "two\n"}), "change nothing"),
        (json!({"path": "gone/a.md", "content": "two\n"}), "no folder"),
        (json!({"path": "drafts/.env", "content": "two\n"}), "hidden"),
    ] {
        let problem = change(input).problem.unwrap();
        assert!(problem.contains(why), "{problem}");
    }
    assert_eq!((world.names("drafts"), world.bytes("drafts/a.md")), (vec!["a.md".to_owned()], b"one\n".to_vec()));
}

/// The states in which a kill can leave a write of `two` over `one`: the file, the draft beside it, and what is found.
#[test]
fn a_write_that_was_cut_by_a_kill_is_found_and_finished_once() {
    struct Left<'a> {
        file: &'a str,
        draft: Option<&'a str>,
        is_written: Option<bool>,
        file_after: &'a str,
    }
    let states = [
        Left { file: "one", draft: None, is_written: Some(false), file_after: "one" },
        Left { file: "one", draft: Some(""), is_written: Some(false), file_after: "one" },
        Left { file: "one", draft: Some("tw"), is_written: Some(false), file_after: "one" },
        Left { file: "one", draft: Some("two"), is_written: Some(false), file_after: "one" },
        Left { file: "two", draft: Some("one"), is_written: Some(true), file_after: "two" },
        Left { file: "two", draft: None, is_written: Some(true), file_after: "two" },
        // The person has changed it before or after the write.
        Left { file: "three", draft: None, is_written: None, file_after: "three" },
        Left { file: "three", draft: Some("two"), is_written: None, file_after: "three" },
    ];
    for Left { file, draft, is_written, file_after } in states {
        let world = World::new();
        world.put("drafts/a.md", file);
        if let Some(draft) = draft {
            world.put(&format!("drafts/{}", draft_name(&effect())), draft);
        }
        let path = FilePath::parse("drafts/a.md").unwrap();
        let base = Some(super::write::version(b"one"));
        let input = WriteInput { path: path.to_string(), content: "two".to_owned(), base };
        let found = match look_up(&world.drafts(), &path, &input, &effect()).unwrap() {
            Found::Written { .. } => Some(true),
            Found::Nothing => Some(false),
            Found::Unclear => None,
        };
        assert_eq!(found, is_written, "{file} {draft:?}");
        assert_eq!(String::from_utf8(world.bytes("drafts/a.md")).unwrap(), file_after);
        assert_eq!(world.names("drafts"), ["a.md"], "nothing is left behind: {file} {draft:?}");
        if found == Some(false) {
            write(&world.drafts(), &path, &input, &effect()).unwrap();
            assert_eq!(world.bytes("drafts/a.md"), b"two");
        }
    }
}

/// A change of another program between the look at the file and the exchange of the names, and then a kill.
#[cfg(target_os = "linux")]
#[test]
fn a_change_that_came_in_between_gets_its_place_back() {
    let world = World::new();
    world.put("drafts/a.md", "two");
    world.put(&format!("drafts/{}", draft_name(&effect())), "by another program");
    let path = FilePath::parse("drafts/a.md").unwrap();
    let base = Some(super::write::version(b"one"));
    let input = WriteInput { path: path.to_string(), content: "two".to_owned(), base };
    assert!(matches!(look_up(&world.drafts(), &path, &input, &effect()).unwrap(), Found::Nothing));
    assert_eq!((world.bytes("drafts/a.md"), world.names("drafts")), (b"by another program".to_vec(), vec!["a.md".to_owned()]));
    assert!(write(&world.drafts(), &path, &input, &effect()).unwrap_err().to_string().contains("has changed"));
}

#[tokio::test]
async fn a_new_file_is_found_after_a_kill_too() {
    let world = World::new();
    let input = json!({"path": "drafts/sub/a.md", "content": "two"});
    assert_eq!(world.tools.look_up(&call("write_file", input.clone())).await, LookedUp::NothingHappened);
    world.call("write_file", input.clone()).await.unwrap();
    let LookedUp::Happened(result) = world.tools.look_up(&call("write_file", input.clone())).await else { panic!("written") };
    assert!(result.content.plain().contains("is written"));
    world.put("drafts/sub/a.md", "another");
    assert_eq!(world.tools.look_up(&call("write_file", input)).await, LookedUp::Unknown);
}

#[tokio::test]
async fn a_disk_that_does_not_answer_stops_no_write_in_another_folder() {
    let mut world = World::new();
    let other = Folder { name: "other".to_owned(), path: world.home.path().join("other"), can_write: true };
    fs::create_dir(&other.path).unwrap();
    world.tools.set([&*world.tools.folders(), &[other]].concat());
    world.tools.limit = Duration::from_millis(200);
    let write = |folder: &str| json!({"path": format!("{folder}/a.md"), "content": "two"});
    // As a thread has it that waits for its disk.
    let _dead = world.tools.writing(&call("write_file", write("drafts"))).expect("a lock").lock_owned().await;
    let told = world.call("write_file", write("drafts")).await.unwrap_err();
    assert!(told.contains("does not answer") && told.contains("read it before"), "{told}");
    world.call("write_file", write("other")).await.unwrap();
    assert_eq!(world.bytes("other/a.md"), b"two");
}

#[tokio::test]
async fn a_disk_that_does_not_answer_keeps_few_threads_and_then_refuses_at_once() {
    let mut world = World::new();
    world.put("drafts/a.md", "one");
    world.tools.limit = Duration::from_millis(50);
    let read = call("read_file", json!({"path": "drafts/a.md"}));
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let waiting = Arc::new(Mutex::new(receiver));
    for _ in 0..4 {
        let waiting = Arc::clone(&waiting);
        let dead = move |_: &[Folder], _: &ToolCall| {
            let _ = waiting.lock().expect("a lock").recv();
        };
        assert!(matches!(world.tools.blocking(&read, dead).await, Err(NotDone::NoAnswer)));
    }
    world.tools.limit = LIMIT;
    let told = world.read("drafts/a.md").await.unwrap_err();
    assert!(told.contains("nothing was done"), "{told}");
    world.put("notes/a.md", "two");
    assert!(world.read("notes/a.md").await.unwrap().ends_with("two"), "another disk answers");
    drop(sender);
    while world.read("drafts/a.md").await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_write_that_has_waited_heeds_what_the_person_has_changed_meanwhile() {
    let world = World::new();
    let waits = call("write_file", json!({"path": "drafts/a.md", "content": "two"}));
    let thread = world.tools.writing(&waits).expect("a lock").lock_owned().await;
    let mut writing = std::pin::pin!(world.tools.perform(&waits, None));
    tokio::select! {
        biased;
        _ = &mut writing => panic!("it was written beside another write"),
        () = tokio::task::yield_now() => {}
    }
    world.tools.set(vec![Folder { can_write: false, ..world.drafts() }]);
    drop(thread);
    let Performed::Finished(result) = writing.await else { panic!("a result") };
    assert!(result.is_error && result.content.plain().contains("change nothing"), "{result:?}");
    assert_eq!(world.names("drafts"), Vec::<String>::new());
}

/// A call that is stopped leaves the thread that writes behind.
#[tokio::test]
async fn an_interrupted_write_is_looked_up_after_its_thread_has_ended() {
    let world = World::new();
    let interrupted = call("write_file", json!({"path": "drafts/a.md", "content": "two"}));
    let thread = world.tools.writing(&interrupted).expect("a lock").lock_owned().await;
    let mut looking = std::pin::pin!(world.tools.look_up(&interrupted));
    tokio::select! {
        biased;
        found = &mut looking => panic!("it was looked up while its thread writes: {found:?}"),
        () = tokio::task::yield_now() => {}
    }
    world.put("drafts/a.md", "two");
    drop(thread);
    assert!(matches!(looking.await, LookedUp::Happened(_)));
}

#[tokio::test]
async fn the_text_of_documents_is_read_and_hostile_ones_end_with_an_error() {
    let world = World::new();
    world.put("notes/hello.pdf", pdf("Hello from page one"));
    let read = world.read("notes/hello.pdf").await.unwrap();
    assert!(read.contains("PDF document") && read.contains("[page 1]\nHello from page one"), "{read}");
    for (name, content) in [
        ("damaged.pdf", b"%PDF-1.7\n\x01\x02garbage".to_vec()),
        ("cut.pdf", pdf("Hello")[..200].to_vec()),
        ("deep.pdf", [b"%PDF-1.7\n1 0 obj\n".to_vec(), b"[".repeat(500_000)].concat()),
        ("fake.docx", b"PK\x03\x04nothing".to_vec()),
    ] {
        world.put(&format!("notes/{name}"), content);
        let problem = world.read(&format!("notes/{name}")).await.unwrap_err();
        assert!(problem.contains("cannot be read"), "{name}: {problem}");
    }
}

/// A document with one page of text.
fn pdf(text: &str) -> Vec<u8> {
    let stream = format!("BT /F1 24 Tf 72 700 Td ({text}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let start = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    offsets.iter().for_each(|offset| file.push_str(&format!("{offset:010} 00000 n \n")));
    file.push_str(&format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1));
    file.into_bytes()
}
