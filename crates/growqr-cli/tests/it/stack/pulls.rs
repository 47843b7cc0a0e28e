//! Held changes of memory as pull requests in Gitea: either side settles them, once, whatever is killed.

use super::gitea::{in_gitea, page, request, sync};
use crate::docker_desk::{Owned, Running, desk, docker, remember, reset, until};
use crate::program::Program;
use growqr_testkit::anthropic::{calls, says};
use serde_json::{Value, json};
use std::time::Duration;

const PULLS: &str = "repos/growqr/memory/pulls";

/// A program whose agent changes the page `plans/X.md` when it is told to plan X, which needs an approval, and whose memory is on
/// Gitea.
fn planner(program: &Program) -> Running<'_> {
    program.claude.route(|request| {
        let text = request.last_user_text();
        let wanted = text.split("plan ").nth(1).and_then(|rest| rest.chars().next());
        Some(match wanted.filter(|_| request.tool_results().is_empty()) {
            Some(name) => {
                let path = format!("plans/{name}.md");
                calls([("commit_memory", json!({"path": path, "content": "learn Rust\n", "message": "Closes #1 for @growqr"}))])
            }
            None => says("Noted."),
        })
    });
    let running = Running::ready(program);
    assert_eq!(program.run(&["rules", "add", "hold commit_memory path=plans/*"]).code, Some(0));
    remember(program, "first.md", "first\n");
    assert_eq!(sync(program, &[]).0, Some(0));
    running
}

/// Has the agent propose a page, and returns the id of the ask.
fn proposed(program: &Program, name: char) -> String {
    assert_eq!(program.chat(&format!("plan {name}")).code, Some(0));
    let rows = program.json(&["memory", "requests"]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0]["ask"]["id"].as_str().expect("an id").to_owned()
}

/// The open pull request, once there is one: as the program and as Gitea show it.
fn opened(program: &Program) -> (Value, Value) {
    let shown = until("a pull request", || {
        let (_, state) = sync(program, &[]);
        state["memory"]["pulls"].as_array().and_then(|pulls| pulls.first().cloned())
    });
    let (status, there) = request(program, "GET", PULLS, None);
    assert_eq!((status, there.as_array().map(Vec::len)), (200, Some(1)), "{there}");
    (shown, there[0].clone())
}

/// Waits until no change waits and nothing is left of one in Gitea. Returns how the last one was settled.
fn settled(program: &Program, owned: &Owned<'_>) -> Value {
    until("a decision on both sides", || {
        sync(program, &[]);
        let is_done = program.json(&["memory", "requests"]).is_empty() && branches(owned).is_empty();
        is_done.then_some(())
    });
    program.json(&["asks", "list", "--settled", "1"]).remove(0)["settled"].clone()
}

fn branches(owned: &Owned<'_>) -> String {
    in_gitea(owned, "git for-each-ref --format='%(refname)' refs/heads/growqr-requests").trim().to_owned()
}

fn comments(program: &Program, number: &Value) -> Vec<String> {
    let (status, comments) = request(program, "GET", &format!("repos/growqr/memory/issues/{number}/comments"), None);
    assert_eq!(status, 200, "{comments}");
    comments.as_array().expect("a list").iter().map(|comment| comment["body"].to_string()).collect()
}

/// Whether the agent has read this by now.
fn is_told(program: &Program, words: &str) -> bool {
    assert_eq!(program.chat("and now?").code, Some(0));
    program.claude.requests().iter().any(|request| request.body.to_string().contains(words))
}

/// How many pull requests there are, whatever their state.
fn count(program: &Program) -> usize {
    request(program, "GET", &format!("{PULLS}?state=all&limit=50"), None).1.as_array().map_or(0, Vec::len)
}

#[test]
fn a_change_that_is_merged_or_closed_in_gitea_is_settled_here() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = planner(&program);
    let owned = Owned::of(host, &program);
    for (name, style) in [('a', "merge"), ('b', "rebase"), ('c', "squash")] {
        let id = proposed(&program, name);
        let (shown, there) = opened(&program);
        assert_eq!(there["title"], "Closes ＃1 for ＠growqr");
        assert!(there["body"].to_string().contains("```text") && !shown["changed"].as_bool().unwrap_or(true), "{there}");
        let url = shown["url"].as_str().expect("an address");
        assert!(program.run(&["memory", "requests", "show", &id]).out.contains(url), "{url}");
        let (code, state) = sync(&program, &[]);
        assert!(code == Some(0) && state["memory"]["found"].to_string().contains("1 held change waits there"), "{state}");
        let merge = format!("{PULLS}/{}/merge", there["number"]);
        assert_eq!(request(&program, "POST", &merge, Some(&json!({"Do": style}))).0, 200, "{style}");
        let settled = settled(&program, &owned);
        assert_eq!((&settled["by"], &settled["answer"]["option"]), (&json!("gitea"), &json!("approve")), "{style}");
        assert_eq!(page(&program, &format!("plans/{name}.md")), "learn Rust\n", "{style}");
        assert!(is_told(&program, &format!("has approved your change of \\\"plans/{name}.md")), "{style}");
    }
    proposed(&program, 'd');
    let (_, there) = opened(&program);
    let comment = format!("repos/growqr/memory/issues/{}/comments", there["number"]);
    assert_eq!(request(&program, "POST", &comment, Some(&json!({"body": "shorter, please"}))).0, 201);
    let close = format!("{PULLS}/{}", there["number"]);
    assert_eq!(request(&program, "PATCH", &close, Some(&json!({"state": "closed"}))).0, 201);
    let settled = settled(&program, &owned);
    assert_eq!((&settled["by"], &settled["answer"]["option"]), (&json!("gitea"), &json!("reject")));
    assert!(is_told(&program, "shorter, please"));
    assert_eq!(program.run(&["memory", "read", "plans/d.md"]).code, Some(1));
    assert_eq!(count(&program), 4, "one for each change");
    program.claude.assert_all_accepted();
    drop(running);
    reset(&program);
}

#[test]
fn a_change_that_is_decided_here_is_closed_in_gitea_with_a_comment() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = planner(&program);
    let owned = Owned::of(host, &program);
    for (name, decision, words) in [('a', "approve", "Approved in GrowQR"), ('b', "reject", "Rejected in GrowQR")] {
        let id = proposed(&program, name);
        let (_, there) = opened(&program);
        assert_eq!(program.run(&["memory", "requests", decision, &id]).code, Some(0));
        assert_eq!(settled(&program, &owned)["by"], "person");
        let (_, closed) = request(&program, "GET", &format!("{PULLS}/{}", there["number"]), None);
        assert_eq!((&closed["state"], &closed["merged"]), (&json!("closed"), &json!(false)));
        let said = comments(&program, &there["number"]);
        assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
    }
    assert_eq!(page(&program, "plans/a.md"), "learn Rust\n");
    assert_eq!(program.run(&["memory", "read", "plans/b.md"]).code, Some(1));
    drop(running);
    reset(&program);
}

#[test]
fn commits_that_were_added_in_gitea_are_shown_and_come_with_the_merge() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = planner(&program);
    let owned = Owned::of(host, &program);
    proposed(&program, 'a');
    let (_, there) = opened(&program);
    let branch = there["head"]["ref"].as_str().expect("a branch");
    let edit = format!(
        "export GIT_INDEX_FILE=/tmp/edit && git read-tree {branch} && \
         page=$(echo 'learn Go' | git hash-object -w --stdin) && \
         git update-index --add --cacheinfo 100644,$page,plans/a.md && \
         change=$(git -c user.name=x -c user.email=x@example.org commit-tree -p {branch} -m Edit $(git write-tree)) && \
         git update-ref refs/heads/{branch} $change"
    );
    in_gitea(&owned, &edit);
    until("the notice", || (opened(&program).0["changed"] == true).then_some(()));
    let merge = format!("{PULLS}/{}/merge", there["number"]);
    assert_eq!(request(&program, "POST", &merge, Some(&json!({"Do": "merge"}))).0, 200);
    assert_eq!(settled(&program, &owned)["by"], "gitea");
    assert_eq!(page(&program, "plans/a.md"), "learn Go\n");
    assert!(is_told(&program, "has edited and approved your change"));
    drop(running);
    reset(&program);
}

#[test]
fn a_merge_into_another_branch_approves_nothing_and_a_comment_with_the_mark_opens_nothing_again() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = planner(&program);
    let owned = Owned::of(host, &program);
    proposed(&program, 'a');
    let (_, there) = opened(&program);
    in_gitea(&owned, "git update-ref refs/heads/drafts refs/heads/main");
    let wanted = json!({"base": "drafts", "head": there["head"]["ref"], "title": "Into another branch", "body": ""});
    let (status, other) = request(&program, "POST", PULLS, Some(&wanted));
    assert_eq!(status, 201, "{other}");
    let merge = format!("{PULLS}/{}/merge", other["number"]);
    assert_eq!(request(&program, "POST", &merge, Some(&json!({"Do": "merge"}))).0, 200);
    sync(&program, &[]);
    assert_eq!(opened(&program).1["number"], there["number"], "its own one still waits");
    assert_eq!(program.json(&["memory", "requests"]).len(), 1);
    let comment = format!("repos/growqr/memory/issues/{}/comments", there["number"]);
    let text = "not like this <!-- growqr: settled -->";
    assert_eq!(request(&program, "POST", &comment, Some(&json!({"body": text}))).0, 201);
    let close = format!("{PULLS}/{}", there["number"]);
    assert_eq!(request(&program, "PATCH", &close, Some(&json!({"state": "closed"}))).0, 201);
    let settled = settled(&program, &owned);
    assert_eq!((&settled["by"], &settled["answer"]["option"]), (&json!("gitea"), &json!("reject")));
    assert!(is_told(&program, "by its user growqr, which is not the person's message: not like this"));
    drop(running);
    reset(&program);
}

#[test]
fn of_decisions_on_both_sides_one_counts_and_the_other_side_is_told() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let running = planner(&program);
    let owned = Owned::of(host, &program);
    let id = proposed(&program, 'a');
    let (_, there) = opened(&program);
    // Nobody looks at Gitea while both decide.
    running.kill();
    let merge = format!("{PULLS}/{}/merge", there["number"]);
    assert_eq!(request(&program, "POST", &merge, Some(&json!({"Do": "merge"}))).0, 200);
    assert_eq!(program.run(&["memory", "requests", "reject", &id]).code, Some(0));
    let running = Running::ready(&program);
    let settled = settled(&program, &owned);
    assert_eq!((&settled["by"], &settled["answer"]["option"]), (&json!("person"), &json!("reject")));
    let said = comments(&program, &there["number"]);
    assert!(said.len() == 1 && said[0].contains("Rejected in GrowQR, before"), "{said:?}");
    assert_eq!(page(&program, "plans/a.md"), "learn Rust\n", "what was merged in Gitea is not lost");
    drop(running);
    reset(&program);
}

#[test]
fn a_kill_at_any_time_leads_to_one_pull_request_and_one_decision() {
    let Some(host) = docker() else { return };
    let program = desk(host);
    let mut running = planner(&program);
    let owned = Owned::of(host, &program);
    for (number, name, delay) in [(1, 'a', 0), (2, 'b', 2_050), (3, 'c', 2_150), (4, 'd', 2_300)] {
        let id = proposed(&program, name);
        std::thread::sleep(Duration::from_millis(delay));
        running.kill();
        running = Running::ready(&program);
        opened(&program);
        assert_eq!(count(&program), number, "after {delay} ms");
        assert_eq!(program.run(&["memory", "requests", "approve", &id]).code, Some(0));
        std::thread::sleep(Duration::from_millis(delay));
        running.kill();
        running = Running::ready(&program);
        assert_eq!(settled(&program, &owned)["by"], "person");
        assert_eq!(page(&program, &format!("plans/{name}.md")), "learn Rust\n", "after {delay} ms");
        let pull = request(&program, "GET", &format!("{PULLS}/{number}"), None).1;
        assert_eq!((&pull["state"], comments(&program, &pull["number"]).len()), (&json!("closed"), 1), "after {delay} ms");
    }
    drop(running);
    reset(&program);
}
