//! The user's own git settings: attributes and line ends are obeyed; hooks, filters, signing and templates are never run. libgit2
//! reads them when a process starts, so the test runs itself again in a child process with hostile settings.

use crate::world::{World, git};
use std::fs;
use std::process::Command;

const INNER_TEST: &str = "user_git_config::changes_under_hostile_settings";

#[test]
fn the_users_attributes_are_obeyed_and_no_hook_or_filter_runs() {
    let home = tempfile::tempdir().unwrap();
    let trace = home.path().join("trace");
    let shell = |name: &str| format!("sh -c 'echo {name} >> {}; cat'", trace.display());
    fs::create_dir_all(home.path().join("hooks")).unwrap();
    for hook in ["pre-commit", "post-commit", "reference-transaction", "post-checkout", "commit-msg", "post-index-change"] {
        let file = home.path().join("hooks").join(hook);
        fs::write(&file, format!("#!/bin/sh\n{}\nexit 1\n", shell("hook"))).unwrap();
        make_executable(&file);
    }
    fs::create_dir_all(home.path().join("template/hooks")).unwrap();
    fs::write(home.path().join("template/stranger"), "x").unwrap();
    fs::write(home.path().join("attributes"), "*.md text=auto eol=crlf\nsecret.md filter=loud\nid.md ident\n").unwrap();
    let config = format!(
        "[core]\n\tautocrlf = true\n\teol = crlf\n\thooksPath = {home}/hooks\n\tattributesFile = {home}/attributes\n\tsafecrlf = true\n\
         [init]\n\tdefaultBranch = strange\n\ttemplateDir = {home}/template\n[commit]\n\tgpgSign = true\n\
         [filter \"loud\"]\n\tclean = {filter}\n\tsmudge = {filter}\n\trequired = true\n[user]\n\tname = Stranger\n",
        home = home.path().display(),
        filter = shell("filter").replace('\\', "/"),
    );
    fs::write(home.path().join(".gitconfig"), config).unwrap();
    let result = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", INNER_TEST, "--ignored", "--nocapture"])
        .env("HOME", home.path())
        .env("USERPROFILE", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env_remove("GIT_CONFIG_GLOBAL")
        .output()
        .unwrap();
    assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
    assert!(String::from_utf8_lossy(&result.stdout).contains("1 passed"));
    assert!(!trace.exists(), "a hook or filter ran: {}", fs::read_to_string(&trace).unwrap());
}

#[test]
#[ignore = "is run by the test above, with a hostile home"]
fn changes_under_hostile_settings() {
    let world = World::new();
    assert!(git2::Config::open_default().unwrap().get_bool("core.autocrlf").unwrap(), "the hostile settings are in force");
    world.write("new.md", "one\ntwo\n");
    world.edit_by_hand("hand.md", "a\r\nb\r\n");
    world.edit_by_hand("secret.md", "plain\n");
    world.edit_by_hand("id.md", "$Id$\n");
    let adopted = world.memory.adopt_hand_edits(crate::world::at(1)).unwrap();
    assert_eq!(adopted.commits[0].paths, ["hand.md"]);
    assert_eq!(world.on_disk("new.md"), "one\r\ntwo\r\n");
    for (page, content) in [("new.md", "one\ntwo\n"), ("hand.md", "a\nb\n")] {
        assert_eq!(git(&world.folder, &["cat-file", "blob", &format!("HEAD:{page}")]), content);
    }
    assert_eq!(git(&world.folder, &["branch", "--show-current"]).trim(), "main");
    assert!(!world.folder.join(".git/stranger").exists());
    assert_eq!(git(&world.folder, &["log", "-1", "--format=%an"]).trim(), "You");
    // The user's own git, with these settings in force, sees no changes of what was committed.
    let status =
        Command::new("git").current_dir(&world.folder).args(["-c", "core.hooksPath=", "status", "--porcelain"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&status.stdout), "?? id.md\n?? secret.md\n");
}

#[cfg(unix)]
fn make_executable(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn make_executable(_: &std::path::Path) {}
