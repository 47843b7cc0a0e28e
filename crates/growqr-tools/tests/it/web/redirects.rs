//! Redirects, and where hosts are.

use crate::web::world::{PUBLIC, World};
use growqr_testkit::web::WebAnswer;

#[tokio::test]
async fn redirects_within_a_host_are_followed_by_hand() {
    let world = World::with("example.com/a", WebAnswer::redirect("301 Moved", "/b")).await;
    world.sites.set("example.com/b", WebAnswer::redirect("302 Found", "http://example.com/c"));
    world.sites.set("example.com/c", WebAnswer::html("<p>there"));
    let text = world.text("http://example.com/a").await;
    assert!(text.starts_with("Text from the web page http://example.com/c.") && text.contains("there"), "{text}");
}

#[tokio::test]
async fn another_site_is_not_asked_before_the_rules_have_decided() {
    for other in ["http://other.example/b?x=1", "http://www.example.com/a", "http://example.com./a"] {
        let world = World::with("example.com/a", WebAnswer::redirect("307 Temporary Redirect", other)).await;
        let text = world.text("http://example.com/a").await;
        assert!(text.contains(&format!("call fetch_page with {other}")), "{text}");
        assert_eq!(world.network.looked_up.lock().unwrap().iter().filter(|host| *host != "example.com").count(), 0);
    }
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    for to in [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest/",
        "http://localhost/",
        "http://2130706433/",
        "//10.0.0.1/x",
    ] {
        let world = World::with("example.com/a", WebAnswer::redirect("302 Found", to)).await;
        let problem = world.problem("http://example.com/a").await;
        assert!(problem.contains("private network"), "{to}: {problem}");
        assert_eq!(world.sites.seen(), ["example.com/robots.txt", "example.com/a"]);
    }
    for to in ["file:///etc/passwd", "ftp://example.com/", "http://me:x@example.com/", "http://example.com:22/"] {
        let world = World::with("example.com/a", WebAnswer::redirect("302 Found", to)).await;
        assert!(world.problem("http://example.com/a").await.contains("not allowed"), "{to}");
    }
}

#[tokio::test]
async fn redirects_without_an_end_end() {
    let world = World::with("example.com/a", WebAnswer::redirect("302 Found", "/a")).await;
    assert!(world.problem("http://example.com/a").await.contains("too many redirects"));
    assert_eq!(world.sites.seen().iter().filter(|page| *page == "example.com/a").count(), 6);
    world.sites.set("example.com/b", WebAnswer::of("302 Found", &[], ""));
    assert!(world.problem("http://example.com/b").await.contains("does not say where"));
}

#[tokio::test]
async fn one_private_address_among_the_answers_is_enough_to_refuse() {
    for private in ["127.0.0.1", "10.1.2.3", "::1", "::ffff:192.168.0.1", "64:ff9b::a00:1", "fe80::1", "169.254.169.254"] {
        let world = World::with("example.com/a", WebAnswer::html("no")).await;
        world.resolves("example.com", &[&[PUBLIC, private]]);
        assert!(world.problem("http://example.com/a").await.contains("private network"), "{private}");
        assert_eq!(world.sites.seen(), Vec::<String>::new());
        assert!(world.network.connected.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_the_next_time_is_never_connected_to_unchecked() {
    let world = World::with("example.com/a", WebAnswer::html("<p>fine")).await;
    world.tools.respect_robots(false);
    world.resolves("example.com", &[&[PUBLIC], &["127.0.0.1"]]);
    assert!(world.text("http://example.com/a").await.contains("fine"));
    assert_eq!(*world.network.looked_up.lock().unwrap(), ["example.com"], "one look-up for one request");
    assert!(world.problem("http://example.com/a").await.contains("private network"));
    assert_eq!(*world.network.connected.lock().unwrap(), [PUBLIC.parse::<std::net::IpAddr>().unwrap()]);
}

#[tokio::test]
async fn the_host_of_a_redirect_is_looked_up_and_checked_again() {
    let world = World::with("example.com/a", WebAnswer::redirect("302 Found", "/b")).await;
    world.tools.respect_robots(false);
    world.resolves("example.com", &[&[PUBLIC], &["192.168.0.1"]]);
    assert!(world.problem("http://example.com/a").await.contains("private network"));
    assert_eq!(world.sites.seen(), ["example.com/a"]);
}
