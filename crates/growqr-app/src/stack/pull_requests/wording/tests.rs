//! Nothing that an agent has written has an effect in Gitea.

use super::*;

#[test]
fn a_title_mentions_nobody_closes_nothing_and_is_no_draft() {
    for (message, expected) in [
        ("Note the plan\n\nBecause she said so", "Note the plan"),
        ("\n  \nSecond line", "Second line"),
        ("", "Change a page"),
        ("closes #1, fixes !2 @owner", "closes ＃1, fixes ！2 ＠owner"),
        ("see https://evil.example/ [x](y) `z` <b>", "see https：//evil.example/ ［x］(y) ｀z｀ ＜b＞"),
        ("WIP: not yet", "Change: WIP: not yet"),
        ("[wip] not yet", "Change: ［wip］ not yet"),
        ("Plan: done! 5*3 #one", "Plan: done! 5*3 #one"),
        ("a\u{7}b", "ab"),
    ] {
        assert_eq!(title(message), expected);
    }
    assert_eq!(title(&"é".repeat(900)).chars().count(), MAX_TITLE);
}

#[test]
fn a_text_cannot_leave_its_block_of_code() {
    assert_eq!(verbatim("one\ntwo\n"), "```text\none\ntwo\n```");
    let shown = verbatim("a\n```\n@owner closes #1\n`````\nb\u{1b}[0m");
    assert_eq!(shown, "``````text\na\n```\n@owner closes #1\n`````\nb[0m\n``````");
}

#[test]
fn comments_of_this_program_are_no_reason_of_the_person() {
    let own = format!("{MARK}\nApproved in GrowQR.\n");
    let comments = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(last_comment(&comments(&["first", " second ", &own])), Some("second"));
    assert_eq!(last_comment(&comments(&[&own, "  "])), None);
    assert!(is_told(&comments(&["first", &own])) && !is_told(&comments(&["first"])));
}
