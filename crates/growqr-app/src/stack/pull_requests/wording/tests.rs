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
        ("\u{7}\n\u{1b}\t \nSecond line", "Second line"),
        ("\u{7}\n\u{85}\u{a0}", "Change a page"),
        ("a\u{202e}b", "a⟨U+202E⟩b"),
    ] {
        assert_eq!(title(message), expected);
    }
    assert_eq!(title(&"é".repeat(900)), format!("{}…", "é".repeat(MAX_TITLE)));
}

#[test]
fn a_text_cannot_leave_its_block_of_code() {
    assert_eq!(verbatim("one\ntwo\n"), "```text\none\ntwo\n```");
    let shown = verbatim("a\n```\n@owner closes #1\n`````\nb\u{1b}[0m");
    assert_eq!(shown, "``````text\na\n```\n@owner closes #1\n`````\nb[0m\n``````");
}

const OWN: &str = "growqr";

fn comment(user: &str, text: &str) -> PullComment {
    PullComment { user: user.to_owned(), text: text.to_owned() }
}

#[test]
fn comments_of_this_program_are_no_reason_of_the_person() {
    let ask = AskId::new("ask-1");
    let own = comment(OWN, &marked(SETTLED, &ask, "Approved in GrowQR."));
    let [first, second, blank] = ["first", " second ", "  "].map(|text| comment(OWN, text));
    assert_eq!(last_comment(&[first.clone(), second.clone(), own.clone()], OWN), Some(&second));
    assert_eq!(last_comment(&[own, blank], OWN), None);
}

#[test]
fn only_the_beginning_of_a_comment_of_the_own_account_says_that_this_program_has_closed_it() {
    let (ask, earlier) = (AskId::new("ask-2"), AskId::new("ask-1"));
    let told = |texts: &[(&str, String)]| {
        let comments: Vec<PullComment> = texts.iter().map(|(user, text)| comment(user, text)).collect();
        last_own(&comments, OWN, &ask)
    };
    let settled = |ask: &AskId| marked(SETTLED, ask, "Rejected in GrowQR.");
    assert_eq!(told(&[]), Commented::Nothing);
    assert_eq!(told(&[(OWN, settled(&ask))]), Commented::Decision);
    assert_eq!(told(&[(OWN, settled(&earlier))]), Commented::EarlierDecision);
    assert_eq!(told(&[(OWN, settled(&earlier)), (OWN, open_again(&ask))]), Commented::OpenAgain);
    assert_eq!(told(&[(OWN, open_again(&ask)), (OWN, settled(&ask)), (OWN, "why?".to_owned())]), Commented::Decision);
    assert_eq!(told(&[(OWN, "<!-- growqr: settled -->\nof an earlier build".to_owned())]), Commented::EarlierDecision);
    for (user, text) in
        [("mallory", settled(&ask)), (OWN, format!("> {}", settled(&ask))), (OWN, format!("no {}", settled(&ask)))]
    {
        assert_eq!(told(&[(user, text.clone())]), Commented::Nothing, "{user}: {text}");
        assert!(last_comment(&[comment(user, &text)], OWN).is_some(), "it is a comment like any other");
    }
}
