//! Files: written, listed, read, compared; hostile names.

use super::workbench::{Workbench, call};
use growqr_stack::opencode::{ChangeKind, Ending, OpenCodeError, SessionJob};
use serde_json::json;

const HOSTILE: [&str; 4] = ["a b ü #?%&=+.txt", "quote \"'`$(x).txt", "-rf", "line\nbreak.txt"];

#[tokio::test]
async fn files_with_hostile_names_are_listed_and_shown_with_their_changes() {
    let Some(bench) = Workbench::start().await else { return };
    let directory = bench.server.directory("hostile");
    for (number, name) in HOSTILE.into_iter().enumerate() {
        let text = call("write", &json!({"filePath": format!("{directory}/sub/{name}"), "content": "one\ntwo\n"}));
        let mut job = SessionJob { tracks_changes: true, ..bench.job("hostile", &text) };
        job.prompt.message = format!("msg_{number}").parse().unwrap();
        let outcome = bench.finish(job).await;
        assert_eq!(outcome.ending, Ending::Finished("stop".into()));
        let path = format!("sub/{name}");
        let change = &outcome.changes[0];
        assert_eq!((outcome.changes.len(), &change.path, change.kind), (1, &path, ChangeKind::Added), "{outcome:?}");
        assert!(change.patch.as_ref().is_some_and(|patch| patch.contains("\n+one\n+two\n")), "{change:?}");
    }
    let listed = bench.client.files(&directory).await.unwrap();
    let mut expected = HOSTILE.map(|name| format!("sub/{name}"));
    expected.sort();
    assert_eq!(listed.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(), expected);
    bench.claude.assert_all_accepted();
}

#[tokio::test]
async fn changes_of_shell_commands_are_known_where_changes_are_tracked() {
    let Some(bench) = Workbench::start().await else { return };
    let text = call("bash", &json!({"command": "echo hello > made.txt", "description": "makes a file"}));
    let outcome = bench.finish(SessionJob { tracks_changes: true, ..bench.job("shell", &text) }).await;
    assert_eq!(outcome.changes.len(), 1, "{outcome:?}");
    assert_eq!((outcome.changes[0].path.as_str(), outcome.changes[0].additions), ("made.txt", 1));
    assert!(outcome.changes[0].patch.as_ref().unwrap().contains("+hello"));
    assert_eq!(bench.client.diffs(&outcome.session, &"msg_shell".parse().unwrap()).await.unwrap(), outcome.changes);
}

#[tokio::test]
async fn a_missing_folder_is_refused_and_no_path_leaves_the_directory() {
    let Some(bench) = Workbench::start().await else { return };
    let directory = bench.server.directory("files");
    let folder = async |path: &str| bench.client.folder(&directory, path).await;
    assert!(matches!(folder("none").await, Err(OpenCodeError::Refused { .. })));
    for path in ["../files", "/etc"] {
        assert_eq!(folder(path).await, Err(OpenCodeError::InvalidPath(path.into())));
    }
}
