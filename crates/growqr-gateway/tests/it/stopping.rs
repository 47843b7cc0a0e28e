//! Calls that do not reach their end.

use crate::world::{World, hello};
use growqr_core::money::Money;
use growqr_gateway::Settlement;
use growqr_testkit::anthropic::{Point, RequestOutcome, Script, StopPoint, says};
use std::time::Duration;

const WHOLE_RESERVATION: Settlement = Settlement { cost: None, usage: None };

#[tokio::test]
async fn an_answer_that_breaks_off_counts_with_its_whole_reservation() {
    let world = World::new().await;
    world.claude.will(says("a long answer").cut(Point::Events(3)));
    let response = world.message("ses_1", &hello()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err(), "the client sees that the answer broke off");
    assert_eq!(world.books.settled("ada", 1).await[0].1, WHOLE_RESERVATION);
    world.claude.will(Script::hang_up());
    assert_eq!(world.ask("ses_1", &hello()).await.0, 502);
    assert_eq!(world.books.settled("ada", 2).await[1].1, WHOLE_RESERVATION);
    world.books.assert_all_settled();
}

#[tokio::test]
async fn an_error_event_in_the_middle_passes_and_may_have_been_billed() {
    let world = World::new().await;
    world.claude.will(says("a long answer").breaks(Point::Events(3), "overloaded_error", "Overloaded"));
    let mut response = world.message("ses_1", &hello()).send().await.unwrap();
    let mut received = Vec::new();
    while let Ok(Some(bytes)) = response.chunk().await {
        received.extend_from_slice(&bytes);
    }
    assert!(String::from_utf8_lossy(&received).contains("overloaded_error"));
    assert_eq!(world.books.settled("ada", 1).await[0].1, WHOLE_RESERVATION);
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_costs_nothing() {
    let World { claude, books, gateway, token, url, .. } = World::new().await;
    drop(claude);
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let request = client.post(format!("{url}/v1/messages")).header("x-api-key", token.expose()).header("x-session-id", "ses_1");
    assert_eq!(request.body(hello().to_string()).send().await.unwrap().status(), 503);
    gateway.stop().await;
    assert_eq!(books.settled("ada", 1).await[0].1, Settlement { cost: Some(Money::ZERO), usage: None });
}

#[tokio::test]
async fn a_client_that_goes_away_stops_the_call_and_pays_for_the_time() {
    for point in [Point::BeforeHead, Point::Events(4)] {
        let world = World::new().await;
        let stop_point = StopPoint::new();
        world.claude.will(says("a long answer in several parts").stop_at(point, &stop_point));
        let sent = tokio::spawn(world.message("ses_1", &hello()).send());
        stop_point.reached().await;
        // Dropping the request, or the response that it has become, closes the connection.
        if point == Point::BeforeHead {
            sent.abort();
        } else {
            drop(sent.await.unwrap().unwrap());
        }
        let (reservation, settlement) = world.books.settled("ada", 1).await.remove(0);
        assert!(settlement.cost > Some(Money::ZERO) && settlement.cost <= reservation.money, "{settlement:?}");
        let left =
            |requests: &[growqr_testkit::anthropic::RecordedRequest]| requests[0].ended == Some(RequestOutcome::ClientLeft);
        world.claude.until(left).await;
        world.books.assert_all_settled();
    }
}

const NOTHING: Settlement = Settlement { cost: Some(Money::ZERO), usage: None };

#[tokio::test]
async fn a_client_that_goes_away_while_money_is_set_aside_pays_nothing() {
    let world = World::new().await;
    world.books.stall();
    let sent = tokio::spawn(world.message("ses_1", &hello()).send());
    world.books.until_reserved("ada", 1).await;
    sent.abort();
    assert_eq!(world.books.settled("ada", 1).await[0].1, NOTHING);
    world.books.assert_all_settled();
    assert!(world.claude.requests().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn a_client_that_goes_away_while_its_call_waits_for_others_pays_nothing() {
    let world = World::configured(|client| client.max_concurrent = 1, |_| ()).await;
    let held = StopPoint::new();
    world.claude.will(says("the first").stop_at(Point::BeforeHead, &held));
    let first = tokio::spawn(world.message("ses_1", &hello()).send());
    held.reached().await;
    let second = tokio::spawn(world.message("ses_1", &hello()).send());
    world.books.until_reserved("ada", 2).await;
    second.abort();
    assert_eq!(world.books.settled("ada", 1).await[0].1, NOTHING);
    held.release();
    assert_eq!(first.await.unwrap().unwrap().status(), 200);
    assert_eq!(world.claude.requests().len(), 1);
}

#[tokio::test]
async fn a_call_that_gets_no_connection_costs_nothing_if_its_client_goes_away() {
    // It takes connections and never answers: no secure connection comes about.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", silent.local_addr().unwrap());
    let world = World::configured(|client| client.base_url = address, |_| ()).await;
    let sent = tokio::spawn(world.message("ses_1", &hello()).send());
    let _connection = silent.accept().await.unwrap();
    sent.abort();
    assert_eq!(world.books.settled("ada", 1).await[0].1, NOTHING);
}

#[tokio::test]
async fn stopping_ends_a_stream_with_an_error_event() {
    let world = World::new().await;
    let stop_point = StopPoint::new();
    world.claude.will(says("a long answer in several parts").stop_at(Point::Events(4), &stop_point));
    let mut response = world.message("ses_1", &hello()).send().await.unwrap();
    let mut received = String::new();
    while !received.contains("text_delta") {
        received.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
    }
    world.gateway.stop().await;
    world.books.assert_all_settled();
    assert_eq!(world.books.settled("ada", 1).await.len(), 1);
    while let Some(bytes) = response.chunk().await.expect("the body ends properly") {
        received.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    let last = received.trim_end().rsplit("\n\n").next().unwrap();
    assert!(last.starts_with("event: error\n") && last.contains("GrowQR is closing."), "{last}");
    assert!(world.message("ses_1", &hello()).send().await.is_err(), "nothing listens any more");
}

#[tokio::test]
async fn an_unused_connection_does_not_delay_stopping() {
    let world = World::with(|settings| settings.stop_timeout = Duration::from_secs(3_600)).await;
    let address = world.url.trim_start_matches("http://").to_owned();
    let mut unused = tokio::net::TcpStream::connect(&address).await.unwrap();
    assert_eq!(world.ask("ses_unknown", &hello()).await.0, 403, "the gateway has accepted both connections");
    world.gateway.stop().await;
    let mut rest = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut unused, &mut rest).await.unwrap();
    assert!(rest.is_empty());
}

#[tokio::test]
async fn stopping_before_the_answer_begins_is_an_error_that_may_be_retried() {
    let world = World::new().await;
    let stop_point = StopPoint::new();
    world.claude.will(says("never").stop_at(Point::BeforeHead, &stop_point));
    let sent = tokio::spawn(world.message("ses_1", &hello()).send());
    stop_point.reached().await;
    world.gateway.stop().await;
    assert_eq!(sent.await.unwrap().unwrap().status(), 503);
    assert_eq!(world.books.settled("ada", 1).await.len(), 1);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected() {
    let world = World::with(|settings| settings.send_timeout = Duration::from_millis(300)).await;
    // More than the buffers of the sockets hold.
    let filler = format!(": {}\n\n", "x".repeat(16 * 1024 * 1024));
    world.claude.will(says("hi").insert(Point::Events(2), &filler));
    let response = world.message("ses_1", &hello()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let (_, settlement) = world.books.settled("ada", 1).await.remove(0);
    assert!(settlement.cost > Some(Money::ZERO) && settlement.usage.is_none(), "{settlement:?}");
    drop(response);
}

#[tokio::test]
async fn too_many_calls_at_once_are_told_to_come_again() {
    let world = World::with(|settings| settings.max_calls = 1).await;
    let stop_point = StopPoint::new();
    world.claude.will(says("first").stop_at(Point::BeforeHead, &stop_point));
    let first = tokio::spawn(world.message("ses_1", &hello()).send());
    stop_point.reached().await;
    assert_eq!(world.ask("ses_1", &hello()).await.0, 429);
    stop_point.release();
    assert_eq!(first.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn every_call_settles_once_whenever_clients_leave_and_the_gateway_stops() {
    let world = World::with(|settings| settings.max_calls = 100).await;
    world.books.pays("ses_1", "ada", Money::usd(1_000));
    let never = StopPoint::new();
    let stop_point = never.clone();
    world.claude.route(move |request| {
        let number: usize = request.last_user_text().parse().unwrap_or(0);
        let script = says("an answer in several parts that takes a while");
        Some(match number % 5 {
            0 => script,
            1 => script.cut(Point::Events(number % 7)),
            2 => Script::overloaded(),
            _ => script.stop_at(Point::Events(number % 7), &stop_point),
        })
    });
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..60 {
        let mut body = hello();
        body["messages"][0]["content"] = serde_json::json!(number.to_string());
        let request = world.message("ses_1", &body);
        calls.spawn(async move {
            let Ok(mut response) = request.send().await else { return };
            // A part of the clients leaves after the first bytes.
            while let Ok(Some(_)) = response.chunk().await {
                if number % 3 == 0 {
                    return;
                }
            }
        });
    }
    world.claude.until(|requests| requests.len() >= 20).await;
    world.gateway.stop().await;
    while calls.join_next().await.is_some() {}
    // The budgets refuse a second settlement of the same charge.
    world.books.assert_all_settled();
    assert!(world.books.settled("ada", 20).await.len() <= 60);
}
