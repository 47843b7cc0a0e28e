//! The files of the person: an agent lists, reads, searches and writes in a folder that they have chosen; killed at every point.

use crate::program::{Program, Ran, kill};
use growqr_testkit::anthropic::{RequestView, Script, calls, says};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use tempfile::TempDir;

/// A program and a folder `notes` of the person that agents may use.
struct World {
    program: Program,
    home: TempDir,
}

impl World {
    fn new(options: &[&str]) -> World {
        let world = World { program: Program::new(), home: tempfile::tempdir().expect("a folder") };
        fs::create_dir(world.home.path().join("notes")).expect("a folder");
        world.put("plan.md", "# Plan\nplant an apple tree\n");
        world.add(options);
        world
    }

    fn add(&self, options: &[&str]) {
        let folder = self.home.path().join("notes").display().to_string();
        let ran = self.program.run(&[&["folders", "add", &folder], options].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join("notes").join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).expect("a file");
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).expect("a file")
    }

    /// The names in the folder, also hidden ones.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home.path().join("notes")).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The results of the tools in the conversation.
    fn results(&self) -> Vec<Value> {
        let finished = self.program.json(&["events"]).into_iter().filter(|event| event["kind"] == "tool_finished");
        finished.map(|event| event["data"].clone()).collect()
    }

    /// The id of the only open ask.
    fn ask(&self) -> String {
        let asks = self.program.json(&["asks", "list"]);
        assert_eq!(asks.len(), 1, "{asks:?}");
        asks[0]["ask"]["id"].as_str().expect("an id").to_owned()
    }

    fn answer(&self, answer: &str) {
        let ran = self.program.run(&["asks", "answer", &self.ask(), answer]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }

    /// The agent wants to write the plan, and the person is asked if it can.
    fn wants_to_write(&self) -> Ran {
        self.program.claude.route(reads_and_writes);
        self.program.chat("write it")
    }
}

const NEW_TEXT: &str = "# Plan\nplant a pear tree\n";

/// Reads the plan, writes it with the version that it has read, then says what came back.
fn reads_and_writes(request: &RequestView<'_>) -> Option<Script> {
    let results = request.tool_results();
    let read = results.first().and_then(|result| result.text.strip_prefix("notes/plan.md: version "));
    Some(match (&results[..], read) {
        ([], _) => calls([("read_file", json!({"path": "notes/plan.md"}))]),
        (_, Some(read)) => {
            let base = read.split_once(',').map(|(version, _)| version);
            calls([("write_file", json!({"path": "notes/plan.md", "content": NEW_TEXT, "base": base}))])
        }
        (all, None) => says(&format!("It came back: {all:?}")),
    })
}

#[test]
fn an_agent_lists_reads_and_searches_what_the_person_has_chosen() {
    let world = World::new(&[]);
    world.put(".env", "s3cret-value");
    world.program.claude.route(|request| {
        let results = request.tool_results();
        Some(if results.is_empty() {
            calls([
                ("list_files", json!({})),
                ("list_files", json!({"path": "notes"})),
                ("read_file", json!({"path": "notes/plan.md"})),
                ("search_files", json!({"query": "APPLE"})),
                ("read_file", json!({"path": "notes/.env"})),
                ("read_file", json!({"path": "notes/../../etc/passwd"})),
            ])
        } else {
            says("I have seen them.")
        })
    });
    let ran = world.program.chat("what is there?");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let contents: Vec<String> = world.results().iter().map(|result| result["content"].as_str().unwrap().to_owned()).collect();
    assert_eq!(contents.len(), 6);
    for expected in [
        "notes/ (read only)",
        "plan.md (27 bytes)\n(1 hidden files or files with keys are not shown)",
        "# Plan\nplant an apple tree\n",
        "notes/plan.md:2: plant an apple tree",
        "notes/.env is not available: it is hidden",
        "a path is the name of a folder",
    ] {
        assert!(contents.iter().any(|content| content.contains(expected)), "{expected}: {contents:?}");
    }
    assert!(world.results().iter().all(|result| result["source"] == "files"), "what files say is text from outside");
    let home = world.home.path().display().to_string();
    assert!(
        world.program.json(&["events"]).iter().all(|event| !event.to_string().contains(&home)),
        "no agent learns where it is"
    );
    world.program.claude.assert_all_accepted();
}

#[test]
fn folders_are_listed_named_and_closed_again() {
    let world = World::new(&["--name", "letters"]);
    let listed = world.program.json(&["folders", "list"]);
    assert_eq!((listed[0]["name"].as_str(), listed[0]["can_write"].as_bool()), (Some("letters"), Some(false)));
    assert_eq!(world.program.run(&["folders", "allow-writes", "letters"]).code, Some(0));
    assert_eq!(world.program.json(&["folders", "list"])[0]["can_write"], true);
    let data = world.program.folder().display().to_string();
    let own = world.program.run(&["folders", "add", &data]);
    assert!(own.code == Some(1) && own.err.contains("own data"), "{own:?}");
    let missing = world.program.run(&["folders", "remove", "notes"]);
    assert!(missing.code == Some(1) && missing.err.contains("growqr folders list"), "{missing:?}");
    assert_eq!(world.program.run(&["folders", "remove", "letters"]).code, Some(0));
    assert_eq!(world.program.json(&["folders", "list"]), Vec::<Value>::new());
    // Without a folder there is no tool.
    world.program.claude.route(|request| {
        Some(if request.tool_results().is_empty() {
            calls([("read_file", json!({"path": "letters/plan.md"}))])
        } else {
            says("Gone.")
        })
    });
    assert_eq!(world.program.chat("read it").code, Some(0));
    assert!(world.results()[0]["content"].as_str().unwrap().contains("there is no tool"), "{:?}", world.results());
}

#[test]
fn folders_that_are_added_at_the_same_time_are_all_there() {
    let world = World::new(&[]);
    // It runs the agents, so that the others send their changes to it.
    let mut host = world.program.command(&["chat"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let folders: Vec<String> = (0..6).map(|number| world.home.path().join(format!("f{number}")).display().to_string()).collect();
    folders.iter().for_each(|folder| fs::create_dir(folder).unwrap());
    std::thread::scope(|scope| {
        for folder in &folders {
            scope.spawn(|| assert_eq!(world.program.run(&["folders", "add", folder]).code, Some(0)));
        }
    });
    assert_eq!(world.program.json(&["folders", "list"]).len(), 7);
    kill(&mut host);
}

/// A document with a page of text, and as many object streams with this many numbers each.
fn pdf(streams: usize, numbers: usize) -> Vec<u8> {
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>";
    let stream = |dictionary: &str, text: &str| format!("<< {dictionary} /Length {} >>\nstream\n{text}\nendstream", text.len());
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        page.to_owned(),
        stream("", "BT /F1 24 Tf 72 700 Td (Hello) Tj ET"),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    for number in 0..streams {
        let inside = format!("{} 0", 100 + number);
        let text = format!("{inside} [{}]", "0 ".repeat(numbers));
        objects.push(stream(&format!("/Type /ObjStm /N 1 /First {}", inside.len() + 1), &text));
    }
    let mut file = "%PDF-1.5\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let start = file.len();
    file.push_str(&format!("{table}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1));
    file.into_bytes()
}

#[cfg(target_os = "linux")]
#[test]
fn a_document_that_would_fill_the_memory_ends_the_process_that_reads_it_alone() {
    let world = World::new(&[]);
    // A few megabytes, which the parser keeps as more than a gigabyte.
    for (name, streams, numbers) in [("good.pdf", 2, 10), ("evil.pdf", 4, 3_000_000)] {
        fs::write(world.file(name), pdf(streams, numbers)).unwrap();
    }
    world.program.claude.route(|request| {
        Some(if request.tool_results().is_empty() {
            calls(["notes/good.pdf", "notes/evil.pdf"].map(|path| ("read_file", json!({"path": path}))))
        } else {
            says("Read.")
        })
    });
    assert_eq!(world.program.chat("read them").code, Some(0));
    let results: Vec<String> = world.results().iter().map(|result| result["content"].to_string()).collect();
    assert!(results[0].contains("[page 1]") && results[0].contains("Hello"), "{results:?}");
    assert!(results[1].contains("too much memory"), "{results:?}");
}

#[test]
fn a_write_asks_with_its_difference_and_happens_once_it_is_allowed() {
    let world = World::new(&["--write"]);
    let asked = world.wants_to_write();
    assert!(
        asked.out.contains("-plant an apple tree") && asked.out.contains("+plant a pear tree"),
        "in the conversation: {asked:?}"
    );
    let shown = world.program.run(&["asks", "show", &world.ask()]);
    assert!(shown.out.contains("-plant an apple tree") && shown.out.contains("+plant a pear tree"), "{shown:?}");
    assert!(shown.out.contains(&world.file("plan.md").display().to_string()), "the person sees where: {shown:?}");
    assert_eq!(world.text("plan.md"), "# Plan\nplant an apple tree\n", "nothing is written before");
    world.answer("allow");
    assert_eq!(world.program.run(&["chat"]).code, Some(0));
    assert_eq!((world.text("plan.md"), world.names()), (NEW_TEXT.to_owned(), vec!["plan.md".to_owned()]));
    let told = world.results()[1]["content"].as_str().unwrap().to_owned();
    assert!(told.starts_with("notes/plan.md is written; its version is "), "{told}");
    world.program.claude.assert_all_accepted();
}

#[test]
fn a_write_that_is_not_allowed_changes_nothing() {
    let world = World::new(&["--write"]);
    world.wants_to_write();
    world.answer("deny");
    assert_eq!(world.program.run(&["chat"]).code, Some(0));
    assert_eq!((world.text("plan.md"), world.names()), ("# Plan\nplant an apple tree\n".to_owned(), vec!["plan.md".to_owned()]));
    assert_eq!(world.results()[1]["is_error"], true);
}

#[test]
fn a_file_that_was_changed_while_the_ask_waited_is_not_replaced() {
    let world = World::new(&["--write"]);
    world.wants_to_write();
    world.put("plan.md", "by the person\n");
    let shown = world.program.run(&["asks", "show", &world.ask()]);
    assert!(shown.out.contains("nothing is written") && shown.out.contains("has changed"), "{shown:?}");
    world.answer("allow");
    assert_eq!(world.program.run(&["chat"]).code, Some(0));
    assert_eq!((world.text("plan.md"), world.names()), ("by the person\n".to_owned(), vec!["plan.md".to_owned()]));
    assert!(world.results()[1]["content"].as_str().unwrap().contains("has changed since you read it"), "{:?}", world.results());
}

#[test]
fn a_folder_that_is_read_only_has_no_tool_that_writes() {
    let world = World::new(&[]);
    world.wants_to_write();
    assert!(world.results()[1]["content"].as_str().unwrap().contains("there is no tool"), "{:?}", world.results());
    assert_eq!(world.text("plan.md"), "# Plan\nplant an apple tree\n");
}

/// Kills the program before or after each append of the turn that writes an allowed file. Returns how many there are.
fn kill_at_every_append(moment: &str) -> usize {
    for number in 1.. {
        let world = World::new(&["--write"]);
        world.wants_to_write();
        world.answer("allow");
        let mark = world.program.folder().join("stopped");
        let mut command = world.program.command(&["chat"]);
        command.env("GROWQR_STOP_POINT", format!("{moment}:{number}")).env("GROWQR_STOP_POINT_MARK", &mark);
        if !world.program.kill_at(command, &mark) {
            return number - 1;
        }
        assert_eq!(world.program.run(&["chat"]).code, Some(0));
        assert_eq!(world.text("plan.md"), NEW_TEXT, "killed {moment} {number}");
        assert_eq!(world.names(), ["plan.md"], "nothing is left behind: killed {moment} {number}");
        let results = world.results();
        assert_eq!(results.len(), 2, "killed {moment} {number}: {results:?}");
        assert!(results[1]["content"].as_str().expect("a text").contains("is written"), "killed {moment} {number}: {results:?}");
        world.program.claude.assert_all_accepted();
    }
    unreachable!("the loop ends when there is no further append")
}

#[test]
fn a_kill_before_any_append_writes_the_file_once() {
    assert!(kill_at_every_append("before") >= 2);
}

#[test]
fn a_kill_after_any_append_writes_the_file_once() {
    assert!(kill_at_every_append("after") >= 2);
}
