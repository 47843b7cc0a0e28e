//! Tests of the callback to a loopback port.

use crate::world::{World, parameter, with};
use growqr_auth::{AccountChoice, Redirect, SignInError, Status};
use growqr_testkit::clerk::{self, Page};

/// An attempt with a loopback port, and the callback URL that the browser would open next.
async fn waiting(world: &World) -> (growqr_auth::Attempt, String) {
    let attempt = world.auth.begin(Redirect::Loopback, AccountChoice::Any).await.unwrap();
    let callback = clerk::allow(&attempt.url).await;
    (attempt, callback)
}

fn address(callback: &str) -> &str {
    callback.strip_prefix("http://").unwrap().split('/').next().unwrap()
}

fn assert_says_nothing(page: &Page, callback: &str) {
    assert!(page.head.contains("cache-control: no-store"));
    assert!(page.head.contains("content-security-policy: default-src 'none'"));
    assert!(page.head.contains("referrer-policy: no-referrer"));
    for name in ["code", "state"] {
        assert!(!page.text.contains(&parameter(callback, name)), "the page repeats the {name}");
    }
}

#[tokio::test]
async fn a_callback_to_the_port_signs_in_and_closes_the_port() {
    let world = World::new().await;
    let (attempt, callback) = waiting(&world).await;
    assert!(callback.starts_with("http://127.0.0.1:"));
    let page = clerk::open(&callback).await.unwrap();
    assert_eq!(page.status, 200);
    assert_says_nothing(&page, &callback);
    attempt.outcome().await.unwrap();
    assert!(world.is_online());
    world.auth.shut_down().await;
    assert!(clerk::open(&callback).await.is_err(), "the port is still open");
}

#[tokio::test]
async fn other_requests_to_the_port_are_refused_and_do_not_end_the_attempt() {
    let world = World::new().await;
    let (attempt, callback) = waiting(&world).await;
    let (host, path) = (address(&callback), callback.split_once("/callback").unwrap().1);
    let get = |first: &str, headers: &str| format!("{first}\r\n{headers}\r\n");
    let right = format!("host: {host}\r\n");
    for (request, status) in [
        (get(&format!("POST /callback{path} HTTP/1.1"), &format!("{right}content-length: 0\r\n")), 405),
        (get(&format!("HEAD /callback{path} HTTP/1.1"), &right), 405),
        (get(&format!("GET /callback{path} HTTP/1.1"), "host: evil.example\r\n"), 400),
        (get(&format!("GET /callback{path} HTTP/1.1"), "host: localhost\r\n"), 400),
        (get(&format!("GET /callback{path} HTTP/1.1"), ""), 400),
        (get(&format!("GET /callback{path} HTTP/1.1"), &format!("{right}host: evil.example\r\n")), 400),
        (get("GET / HTTP/1.1", &right), 404),
        (get("GET /favicon.ico HTTP/1.1", &right), 404),
        (get(&format!("GET /callback/{path} HTTP/1.1"), &right), 404),
        (get(&format!("GET //callback{path} HTTP/1.1"), &right), 404),
        (get(&format!("GET http://{host}/callback{path} HTTP/1.1"), &right), 404),
        (get("GET /callback HTTP/1.1", &right), 400),
        (get("GET /callback?code=a&state=<b>x</b> HTTP/1.1", &right), 400),
        ("nonsense\r\n\r\n".to_owned(), 400),
    ] {
        let page = clerk::send(host, &request).await.unwrap();
        assert_eq!(page.status, status, "{request}");
        assert_says_nothing(&page, &callback);
        assert!(!page.text.contains("<b>"));
    }
    let page = clerk::open(&with(&callback, "state", "wrong-state")).await.unwrap();
    assert_eq!(page.status, 400);
    assert!(matches!(world.auth.status(), Status::SigningIn { .. }));
    assert_eq!(clerk::open(&callback).await.unwrap().status, 200);
    attempt.outcome().await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_does_not_block_the_callback() {
    let world = World::new().await;
    let (attempt, callback) = waiting(&world).await;
    let idle = tokio::net::TcpStream::connect(address(&callback)).await.unwrap();
    clerk::open(&callback).await.unwrap();
    attempt.outcome().await.unwrap();
    drop(idle);
}

#[tokio::test]
async fn cancelling_closes_the_port() {
    let world = World::new().await;
    let (attempt, callback) = waiting(&world).await;
    world.auth.shut_down().await;
    assert_eq!(attempt.outcome().await, Err(SignInError::Cancelled));
    assert!(clerk::open(&callback).await.is_err());
}

#[tokio::test]
async fn a_denied_sign_in_gets_a_page() {
    let world = World::new().await;
    let attempt = world.auth.begin(Redirect::Loopback, AccountChoice::Any).await.unwrap();
    let callback = clerk::deny(&attempt.url).await;
    let page = clerk::open(&callback).await.unwrap();
    assert!(page.text.contains("Nothing was granted"));
    assert_eq!(attempt.outcome().await, Err(SignInError::Denied));
}
