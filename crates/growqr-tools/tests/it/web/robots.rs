//! What sites ask programs not to fetch.

use crate::web::world::World;
use growqr_testkit::web::WebAnswer;

#[tokio::test]
async fn a_page_that_its_site_asks_not_to_fetch_is_left_alone() {
    let world = World::with("example.com/robots.txt", WebAnswer::page("text/plain", "User-agent: *\nDisallow: /private\n")).await;
    world.sites.set("example.com/private", WebAnswer::html("<p>words"));
    world.sites.set("example.com/open", WebAnswer::html("<p>open"));
    assert!(world.problem("http://example.com/private").await.contains("robots.txt"));
    assert!(world.text("http://example.com/open").await.contains("open"));
    assert_eq!(world.sites.seen(), ["example.com/robots.txt", "example.com/open"], "the site is asked once");
    world.tools.respect_robots(false);
    assert!(world.text("http://example.com/private").await.contains("words"));
}

#[tokio::test]
async fn a_redirect_leads_to_no_page_that_is_left_alone() {
    let world = World::with("example.com/robots.txt", WebAnswer::page("text/plain", "User-agent: growqr\nDisallow: /b")).await;
    world.sites.set("example.com/a", WebAnswer::redirect("302 Found", "/b"));
    world.sites.set("example.com/b", WebAnswer::html("<p>words"));
    assert!(world.problem("http://example.com/a").await.contains("robots.txt"));
}

#[tokio::test]
async fn a_site_that_cannot_say_is_left_alone_and_one_that_says_nothing_is_not() {
    for (answer, is_left_alone) in [
        (WebAnswer::of("503 Busy", &[], ""), true),
        (WebAnswer::of("404 Not Found", &[], ""), false),
        (WebAnswer::redirect("302 Found", "http://other.example/robots.txt"), false),
        (WebAnswer::redirect("302 Found", "http://127.0.0.1/robots.txt"), false),
        (WebAnswer::redirect("302 Found", "/robots.txt"), false),
        (WebAnswer::page("text/html", vec![0xff; 600_000]), false),
    ] {
        let world = World::with("example.com/robots.txt", answer).await;
        world.sites.set("example.com/a", WebAnswer::html("<p>words"));
        match is_left_alone {
            true => assert!(world.problem("http://example.com/a").await.contains("robots.txt")),
            false => assert!(world.text("http://example.com/a").await.contains("words")),
        }
        assert!(world.sites.seen().iter().all(|page| page.starts_with("example.com/")));
    }
}
