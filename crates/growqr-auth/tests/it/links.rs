//! Tests of the link parser, mostly with malformed links.

use growqr_auth::{Link, LinkError, Schemes};
use growqr_core::id::AgentId;

#[test]
fn valid_links_are_parsed() {
    let page = |path: &str| Link::MemoryPage(path.to_owned());
    for (text, expected) in [
        ("ai.growqr.desktop://auth/callback?code=a&state=b", Link::AuthCallback),
        ("ai.growqr.desktop://auth/callback?error=access_denied&state=", Link::AuthCallback),
        ("growqr://agent/grow", Link::Agent(AgentId::grow())),
        ("growqr://agent/a-0123456789abcdef", Link::Agent(AgentId::new("a-0123456789abcdef"))),
        ("growqr://memory/notes/today.md", page("notes/today.md")),
        ("growqr://quick", Link::Quick),
        ("growqr://memory/caf%C3%A9%20menu.md", page("café menu.md")),
    ] {
        assert_eq!(Link::parse(text), Ok(expected), "{text}");
    }
}

#[test]
fn each_edition_has_its_own_link_schemes() {
    let link = "growqr-dev://agent/grow";
    assert_eq!(Link::parse_for(Schemes::DEVELOPMENT, link), Ok(Link::Agent(AgentId::grow())));
    assert_eq!(Link::parse(link), Err(LinkError::Scheme));
    assert_eq!(Link::parse_for(Schemes::DEVELOPMENT, "growqr://agent/grow"), Err(LinkError::Scheme));
    let callback = "ai.growqr.desktop.dev://auth/callback?code=a";
    assert_eq!(Link::parse_for(Schemes::DEVELOPMENT, callback), Ok(Link::AuthCallback));
    assert_eq!(Link::parse(callback), Err(LinkError::Scheme));
}

#[test]
fn each_scheme_accepts_only_its_own_links() {
    for (text, why) in [
        ("growqr://auth/callback?code=a&state=b", LinkError::Extra),
        ("growqr://auth/callback", LinkError::Place),
        ("ai.growqr.desktop://agent/grow", LinkError::Place),
        ("ai.growqr.desktop://memory/notes.md", LinkError::Place),
        ("ai.growqr.desktop://quick", LinkError::Place),
        ("growqr://quick/", LinkError::Place),
        ("growqr://quick?text=hello", LinkError::Extra),
    ] {
        assert_eq!(Link::parse(text), Err(why), "{text}");
    }
}

#[test]
fn malformed_links_are_refused() {
    for (text, why) in [
        ("", LinkError::Scheme),
        ("growqr", LinkError::Scheme),
        ("growqr:", LinkError::Scheme),
        ("growqr:/agent/grow", LinkError::Scheme),
        ("GROWQR://agent/grow", LinkError::Scheme),
        ("https://agent/grow", LinkError::Scheme),
        ("javascript://agent/grow", LinkError::Scheme),
        ("file:///etc/passwd", LinkError::Scheme),
        ("://agent/grow", LinkError::Scheme),
        ("growqr://", LinkError::Place),
        ("growqr:///agent/grow", LinkError::Place),
        ("growqr://agent", LinkError::Place),
        ("growqr://AGENT/grow", LinkError::Place),
        ("growqr://u@agent/grow", LinkError::Place),
        ("growqr://agent:80/grow", LinkError::Place),
        ("growqr://settings/keys", LinkError::Place),
        ("growqr://agent/grow?say=hello", LinkError::Extra),
        ("growqr://agent/grow#x", LinkError::Extra),
        ("growqr://agent/", LinkError::Agent),
        ("growqr://agent/grow/", LinkError::Agent),
        ("growqr://agent/../memory/x", LinkError::Agent),
        ("growqr://agent/%67row", LinkError::Agent),
        ("growqr://agent/Grow", LinkError::Agent),
        ("growqr://agent/a;rm", LinkError::Agent),
        ("growqr://memory/", LinkError::Page),
        ("growqr://memory//etc/passwd", LinkError::Page),
        ("growqr://memory/../secrets", LinkError::Page),
        ("growqr://memory/a/../../b", LinkError::Page),
        ("growqr://memory/%2e%2e/secrets", LinkError::Page),
        ("growqr://memory/a/%2E%2E/b", LinkError::Page),
        ("growqr://memory/a%2Fb", LinkError::Page),
        ("growqr://memory/a%5Cb", LinkError::Page),
        ("growqr://memory/a\\b", LinkError::Page),
        ("growqr://memory/.git/config", LinkError::Page),
        ("growqr://memory/C:/x", LinkError::Page),
        ("growqr://memory/a%00b", LinkError::Page),
        ("growqr://memory/a%0Ab", LinkError::Page),
        ("growqr://memory/%", LinkError::Page),
        ("growqr://memory/%ff", LinkError::Page),
        ("growqr://memory/a/", LinkError::Page),
        ("ai.growqr.desktop://auth/callback", LinkError::Place),
        ("ai.growqr.desktop://auth/callback/?code=a", LinkError::Place),
        ("ai.growqr.desktop://auth/callbackx?code=a", LinkError::Place),
        ("ai.growqr.desktop://AUTH/callback?code=a", LinkError::Place),
        ("ai.growqr.desktop://auth/x/../callback?code=a", LinkError::Place),
        ("ai.growqr.desktop://auth/%63allback?code=a", LinkError::Place),
        ("ai.growqr.desktop:///auth/callback?code=a", LinkError::Place),
        ("ai.growqr.desktop:/auth/callback?code=a", LinkError::Scheme),
        ("ai.growqr.desktop://u:p@auth/callback?code=a", LinkError::Place),
        ("ai.growqr.desktop://auth:1/callback?code=a", LinkError::Place),
        ("ai.growqr.desktop://auth/callback?code=a#x", LinkError::Extra),
        ("AI.GROWQR.DESKTOP://auth/callback?code=a", LinkError::Scheme),
        (" growqr://agent/grow", LinkError::Characters),
        ("growqr://agent/grow\n", LinkError::Characters),
        ("growqr://agent/grow\0", LinkError::Characters),
        ("growqr://agent/gr\u{f6}w", LinkError::Characters),
        ("growqr://agent/grow --flag", LinkError::Characters),
    ] {
        assert_eq!(Link::parse(text), Err(why), "{text:?}");
    }
    assert_eq!(Link::parse(&format!("growqr://memory/{}", "a".repeat(2048))), Err(LinkError::TooLong));
}
