//! Every shape of a link, hostile ones above all.

use growqr_auth::{Link, Refused, Schemes};
use growqr_core::id::AgentId;

#[test]
fn good_links_lead_to_their_places() {
    let page = |path: &str| Link::MemoryPage(path.to_owned());
    for (text, expected) in [
        ("ai.growqr.desktop://auth/callback?code=a&state=b", Link::AuthCallback),
        ("ai.growqr.desktop://auth/callback?error=access_denied&state=", Link::AuthCallback),
        ("growqr://agent/grow", Link::Agent(AgentId::grow())),
        ("growqr://agent/a-0123456789abcdef", Link::Agent(AgentId::new("a-0123456789abcdef"))),
        ("growqr://memory/notes/today.md", page("notes/today.md")),
        ("growqr://memory/caf%C3%A9%20menu.md", page("café menu.md")),
    ] {
        assert_eq!(Link::parse(text), Ok(expected), "{text}");
    }
}

#[test]
fn each_edition_has_its_own_links() {
    let link = "growqr-dev://agent/grow";
    assert_eq!(Link::parse_for(Schemes::DEVELOPMENT, link), Ok(Link::Agent(AgentId::grow())));
    assert_eq!(Link::parse(link), Err(Refused::Scheme));
    assert_eq!(Link::parse_for(Schemes::DEVELOPMENT, "growqr://agent/grow"), Err(Refused::Scheme));
    let callback = "ai.growqr.desktop.dev://auth/callback?code=a";
    assert_eq!(Link::parse_for(Schemes::DEVELOPMENT, callback), Ok(Link::AuthCallback));
    assert_eq!(Link::parse(callback), Err(Refused::Scheme));
}

#[test]
fn neither_scheme_does_the_work_of_the_other() {
    for (text, why) in [
        ("growqr://auth/callback?code=a&state=b", Refused::Extra),
        ("growqr://auth/callback", Refused::Place),
        ("ai.growqr.desktop://agent/grow", Refused::Place),
        ("ai.growqr.desktop://memory/notes.md", Refused::Place),
    ] {
        assert_eq!(Link::parse(text), Err(why), "{text}");
    }
}

#[test]
fn hostile_shapes_are_refused() {
    for (text, why) in [
        ("", Refused::Scheme),
        ("growqr", Refused::Scheme),
        ("growqr:", Refused::Scheme),
        ("growqr:/agent/grow", Refused::Scheme),
        ("GROWQR://agent/grow", Refused::Scheme),
        ("https://agent/grow", Refused::Scheme),
        ("javascript://agent/grow", Refused::Scheme),
        ("file:///etc/passwd", Refused::Scheme),
        ("://agent/grow", Refused::Scheme),
        ("growqr://", Refused::Place),
        ("growqr:///agent/grow", Refused::Place),
        ("growqr://agent", Refused::Place),
        ("growqr://AGENT/grow", Refused::Place),
        ("growqr://u@agent/grow", Refused::Place),
        ("growqr://agent:80/grow", Refused::Place),
        ("growqr://settings/keys", Refused::Place),
        ("growqr://agent/grow?say=hello", Refused::Extra),
        ("growqr://agent/grow#x", Refused::Extra),
        ("growqr://agent/", Refused::Agent),
        ("growqr://agent/grow/", Refused::Agent),
        ("growqr://agent/../memory/x", Refused::Agent),
        ("growqr://agent/%67row", Refused::Agent),
        ("growqr://agent/Grow", Refused::Agent),
        ("growqr://agent/a;rm", Refused::Agent),
        ("growqr://memory/", Refused::Page),
        ("growqr://memory//etc/passwd", Refused::Page),
        ("growqr://memory/../secrets", Refused::Page),
        ("growqr://memory/a/../../b", Refused::Page),
        ("growqr://memory/%2e%2e/secrets", Refused::Page),
        ("growqr://memory/a/%2E%2E/b", Refused::Page),
        ("growqr://memory/a%2Fb", Refused::Page),
        ("growqr://memory/a%5Cb", Refused::Page),
        ("growqr://memory/a\\b", Refused::Page),
        ("growqr://memory/.git/config", Refused::Page),
        ("growqr://memory/C:/x", Refused::Page),
        ("growqr://memory/a%00b", Refused::Page),
        ("growqr://memory/a%0Ab", Refused::Page),
        ("growqr://memory/%", Refused::Page),
        ("growqr://memory/%ff", Refused::Page),
        ("growqr://memory/a/", Refused::Page),
        ("ai.growqr.desktop://auth/callback", Refused::Place),
        ("ai.growqr.desktop://auth/callback/?code=a", Refused::Place),
        ("ai.growqr.desktop://auth/callbackx?code=a", Refused::Place),
        ("ai.growqr.desktop://AUTH/callback?code=a", Refused::Place),
        ("ai.growqr.desktop://auth/x/../callback?code=a", Refused::Place),
        ("ai.growqr.desktop://auth/%63allback?code=a", Refused::Place),
        ("ai.growqr.desktop:///auth/callback?code=a", Refused::Place),
        ("ai.growqr.desktop:/auth/callback?code=a", Refused::Scheme),
        ("ai.growqr.desktop://u:p@auth/callback?code=a", Refused::Place),
        ("ai.growqr.desktop://auth:1/callback?code=a", Refused::Place),
        ("ai.growqr.desktop://auth/callback?code=a#x", Refused::Extra),
        ("AI.GROWQR.DESKTOP://auth/callback?code=a", Refused::Scheme),
        (" growqr://agent/grow", Refused::Characters),
        ("growqr://agent/grow\n", Refused::Characters),
        ("growqr://agent/grow\0", Refused::Characters),
        ("growqr://agent/gr\u{f6}w", Refused::Characters),
        ("growqr://agent/grow --flag", Refused::Characters),
    ] {
        assert_eq!(Link::parse(text), Err(why), "{text:?}");
    }
    assert_eq!(Link::parse(&format!("growqr://memory/{}", "a".repeat(2048))), Err(Refused::TooLong));
}
