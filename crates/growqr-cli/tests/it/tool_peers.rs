//! One turn with several real servers of npm and PyPI at once.

use crate::program::Program;
use growqr_testkit::anthropic::{calls, says};
use growqr_testkit::mcp::{CommandLine, npm_server, pypi_server};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

fn add(program: &Program, name: &str, (command, args): CommandLine, options: &[&str]) {
    let mut words = vec!["tools", "add", name];
    words.extend(options);
    words.extend(["--", &command]);
    words.extend(args.iter().map(String::as_str));
    let ran = program.run(&words);
    assert!(ran.code == Some(0) && ran.out.contains("ready"), "{ran:?}");
}

/// A folder with a file, under git.
fn repository(folder: &Path) {
    std::fs::write(folder.join("note.txt"), "the note").expect("a file");
    let git = |args: &[&str]| {
        let done = Command::new("git").arg("-C").arg(folder).args(args).output().expect("git");
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "note.txt"]);
}

#[test]
fn a_turn_with_five_servers_is_stopped_while_one_of_them_hangs_and_goes_on() {
    let npm = ["everything", "filesystem", "memory"].map(npm_server);
    let [Some(everything), Some((node, mut files)), Some(memory)] = npm else { return };
    let (Some(git), Some(time)) = (pypi_server("git"), pypi_server("time")) else { return };
    let program = Program::new();
    let folder = program.folder().join("work");
    std::fs::create_dir(&folder).unwrap();
    repository(&folder);
    let path = folder.display().to_string();
    files.push(path.clone());
    add(&program, "everything", everything, &[]);
    add(&program, "files", (node, files), &[]);
    let memory_file = folder.join("memory.jsonl").display().to_string();
    // The tests have no keychain for a value, and this is none that needs one.
    let with_file = ("env".to_owned(), [vec![format!("MEMORY_FILE_PATH={memory_file}"), memory.0], memory.1].concat());
    add(&program, "memory", with_file, &[]);
    add(&program, "git", git, &[]);
    add(&program, "time", time, &[]);
    for server in ["everything", "files", "memory", "git", "time"] {
        assert_eq!(program.run(&["rules", "add", &format!("allow {server}__* as safe")]).code, Some(0));
    }
    let note = folder.join("note.txt").display().to_string();
    program.claude.route(move |request| {
        let wanted = [
            ("everything__trigger-long-running-operation", json!({"duration": 3600, "steps": 1})),
            ("files__read_text_file", json!({"path": note})),
            (
                "memory__create_entities",
                json!({"entities": [{"name": "garden", "entityType": "place", "observations": ["it is green"]}]}),
            ),
            ("git__git_status", json!({"repo_path": path})),
            ("time__get_current_time", json!({"timezone": "Asia/Kolkata"})),
        ];
        // Five servers have more tools than a prompt gets.
        let is_searched = request.tool_names().contains(&"call_tool");
        let call = |(name, input)| if is_searched { ("call_tool", json!({"name": name, "input": input})) } else { (name, input) };
        let results = request.tool_results();
        Some(if results.is_empty() { calls(wanted.map(call)) } else { says(&format!("It came back: {results:?}")) })
    });
    let mut chat = program.command(&["chat", "look at everything"]).spawn().unwrap();
    let finished = || program.json(&["events"]).iter().filter(|event| event["kind"] == "tool_finished").count();
    for _ in 0..600 {
        if finished() >= 4 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(finished(), 4, "the others do not wait for the one that hangs");
    assert!(chat.try_wait().unwrap().is_none(), "it waits");
    assert_eq!(program.run(&["agents", "cancel", "grow"]).code, Some(0));
    chat.wait().unwrap();

    let ran = program.chat("and?");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let last = program.claude.messages().pop().unwrap();
    let results = last.asked().tool_results();
    let texts: Vec<&str> = results.iter().map(|result| result.text.as_str()).collect();
    assert!(results[0].is_error && texts[0].contains("may have been carried out"), "{texts:?}");
    for (text, part) in texts[1..].iter().zip(["the note", "garden", "note.txt", "Asia/Kolkata"]) {
        assert!(text.contains(part), "{text}");
    }
    assert!(results[1..].iter().all(|result| !result.is_error), "{results:?}");
    program.claude.assert_all_accepted();
}
