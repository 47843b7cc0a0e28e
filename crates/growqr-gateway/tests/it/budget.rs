//! What is reserved, refused and settled.

use crate::world::{World, error, hello};
use growqr_core::limits::LimitReached;
use growqr_core::money::Money;
use growqr_testkit::anthropic::{Point, StopPoint, says};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_call_that_the_budget_does_not_cover_is_refused_before_it_is_sent() {
    let world = World::new().await;
    world.books.pays("ses_1", "ada", Money(1_000));
    let (status, body) = world.ask("ses_1", &hello()).await;
    let expected = ("permission_error".to_owned(), "This agent has reached a limit: its allowance.".to_owned());
    assert_eq!((status, error(&body)), (403, expected));
    assert_eq!(world.books.limits_hit("ada"), [LimitReached::Allowance]);
    assert!(world.claude.requests().is_empty());
    assert!(world.books.settled("ada", 0).await.is_empty());
}

#[tokio::test]
async fn the_output_limit_is_lowered_to_what_the_budget_affords() {
    let world = World::new().await;
    world.claude.will_all([says("a"), says("b")]);
    let mut body = hello();
    body["max_tokens"] = json!(32_000);
    assert_eq!(world.ask("ses_1", &body).await.0, 200);
    assert_eq!(world.claude.messages()[0].body["max_tokens"], 16_000, "the setting for one call");
    // A quarter of a dollar; a million tokens cost 25 dollars, so half of the money pays for less than 5,000.
    world.books.pays("ses_1", "ada", Money(25_000_000));
    assert_eq!(world.ask("ses_1", &body).await.0, 200);
    let lowered = world.claude.messages()[1].body["max_tokens"].as_u64().unwrap();
    assert!((4_000..5_000).contains(&lowered), "{lowered}");
    world.claude.assert_all_accepted();
    for (reservation, settlement) in world.books.settled("ada", 2).await {
        assert!(settlement.cost < reservation.money);
    }
}

#[tokio::test]
async fn parallel_calls_of_several_payers_are_billed_to_each() {
    let world = World::new().await;
    world.claude.route(|request| Some(says(&"word ".repeat(request.last_user_text().len()))));
    let agents = ["ada", "ben", "cleo", "dan"];
    for (number, agent) in agents.iter().enumerate() {
        world.books.pays(&format!("ses_{number}"), agent, Money::usd(10));
    }
    let asked = (0..12).map(|call| {
        let (world, mut body) = (&world, hello());
        body["messages"][0]["content"] = json!("x".repeat(10 * (call % 4 + 1)));
        async move { world.ask(&format!("ses_{}", call % 4), &body).await.0 }
    });
    assert_eq!(futures_util::future::join_all(asked).await, [200; 12]);
    let mut spent = Vec::new();
    for agent in agents {
        assert_eq!(world.books.settled(agent, 3).await.len(), 3);
        spent.push(world.books.spent(agent));
    }
    assert!(spent.is_sorted() && spent[0] < spent[3], "{spent:?}");
    assert_eq!(spent.into_iter().sum::<Money>(), Money(world.claude.total_micro_cents()));
    world.books.assert_all_settled();
}

#[tokio::test]
async fn the_next_call_finds_the_money_that_the_last_one_returned() {
    let world = World::new().await;
    // Enough for one reservation of 4,000 tokens at a time.
    world.books.pays("ses_1", "ada", Money(11_500_000));
    for _ in 0..20 {
        world.claude.will(says("ok"));
        let (status, body) = world.ask("ses_1", &hello()).await;
        assert_eq!(status, 200, "{body}");
    }
}

#[tokio::test]
async fn calls_that_share_little_money_wait_for_each_other_and_all_run() {
    let world = World::with(|settings| settings.max_calls = 100).await;
    // Enough for one or two at once, each with less output than it asks for.
    world.books.pays("ses_1", "ada", Money(15_000_000));
    world.claude.route(|_| Some(says("ok")));
    let mut body = hello();
    body["max_tokens"] = json!(32_000);
    let asked = (0..24).map(|_| async { world.ask("ses_1", &body).await });
    for (status, body) in futures_util::future::join_all(asked).await {
        assert_eq!(status, 200, "{body}");
    }
    world.books.settled("ada", 24).await;
    assert_eq!(world.books.spent("ada"), Money(world.claude.total_micro_cents()));
    assert!(world.books.limits_hit("ada").is_empty());
    world.books.assert_all_settled();
}

#[tokio::test]
async fn a_conversation_is_bounded_by_what_was_counted() {
    let world = World::new().await;
    world.claude.will_all([says("a"), says("b")]);
    let mut body = hello();
    body["system"] = json!("plain words ".repeat(4_000));
    assert_eq!(world.ask("ses_1", &body).await.0, 200);
    let messages = json!([{"role": "user", "content": "hello"}, {"role": "assistant", "content": "a"}, {"role": "user", "content": "go on"}]);
    body["messages"] = messages;
    assert_eq!(world.ask("ses_1", &body).await.0, 200);
    let settled = world.books.settled("ada", 2).await;
    let (first, second) = (settled[0].0.tokens, settled[1].0.tokens);
    assert!(second < first / 2, "{second} of {first}");
    for (reservation, settlement) in settled {
        assert!(settlement.cost <= reservation.money);
    }
}

#[tokio::test]
async fn what_was_counted_bounds_calls_of_other_sessions_and_of_a_later_run() {
    let world = World::new().await;
    world.books.pays("ses_2", "ben", Money::usd(10));
    world.claude.will_all([says("a"), says("b"), says("c")]);
    let mut body = hello();
    body["system"] = json!("plain words ".repeat(4_000));
    assert_eq!(world.ask("ses_1", &body).await.0, 200);
    assert_eq!(world.ask("ses_2", &body).await.0, 200);
    world.books.settled("ben", 1).await;
    let world = world.restart().await;
    assert_eq!(world.ask("ses_1", &body).await.0, 200);
    world.books.settled("ada", 2).await;
    let (ada, ben) = (world.books.reserved("ada"), world.books.reserved("ben"));
    for later in [ben[0], ada[1]] {
        assert!(later.tokens < ada[0].tokens / 2, "{later:?} of {:?}", ada[0]);
    }
}

#[tokio::test]
async fn what_may_cost_more_than_its_size_tells_reserves_the_whole_context_window() {
    let world = World::new().await;
    world.books.pays("ses_1", "ada", Money::usd(100));
    let inside = |source: Value| json!({"type": "document", "source": source});
    let base64 = json!({"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="});
    let plain = json!({"type": "text", "media_type": "text/plain", "data": "hi"});
    let picture = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}});
    let result = |content: Value| json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": [content]});
    let window = 1_000_000;
    for (block, at_least, below) in [
        (inside(base64.clone()), window, window + 16_000),
        (result(inside(base64)), window, window + 16_000),
        (json!({"type": "hologram", "beams": 3}), window, window + 16_000),
        (inside(json!({"type": "content", "content": [picture, picture]})), 10_000, 20_000),
        (inside(plain), 1, 10_000),
    ] {
        let mut body = hello();
        body["messages"][0]["content"] = json!([block]);
        world.claude.will(says("ok"));
        world.ask("ses_1", &body).await;
        let reserved = world.books.reserved("ada");
        let tokens = reserved.last().expect("it was reserved").tokens;
        assert!((at_least..below).contains(&tokens), "{tokens} for {block}");
    }
    world.books.pays("ses_1", "ada", Money::usd(1));
    let mut body = hello();
    body["messages"][0]["content"] = json!([{"type": "hologram"}]);
    assert_eq!(world.ask("ses_1", &body).await.0, 403, "a dollar does not pay for it");
}

#[tokio::test]
async fn a_reservation_says_what_a_call_that_is_cut_early_can_have_cost() {
    let world = World::new().await;
    world.claude.will(says("ok"));
    world.ask("ses_1", &hello()).await;
    let (reservation, settlement) = world.books.settled("ada", 1).await.remove(0);
    let early = reservation.early.expect("the price is known");
    // 25 dollars for a million tokens of output, and at most 400 tokens a second.
    assert_eq!(early.per_second, Money(1_000_000));
    assert!(early.at_once > Money::ZERO && Some(early.at_once) < reservation.money);
    let usage = settlement.usage.expect("the tokens were counted");
    assert!(usage.prompt_tokens() > 0 && usage.output_tokens > 0, "{usage:?}");
}

#[tokio::test]
async fn bodies_of_all_requests_share_the_room_and_wait_for_it() {
    let world = World::with(|settings| {
        settings.max_body = 6_000;
        settings.max_bodies = 10_000;
        settings.room_timeout = Duration::from_millis(200);
    })
    .await;
    let held = StopPoint::new();
    world.claude.will(says("slow").stop_at(Point::BeforeHead, &held));
    world.claude.will_all([says("a"), says("b")]);
    let mut large = hello();
    large["messages"][0]["content"] = json!("x".repeat(5_500));
    let first = async {
        let (status, _) = world.ask("ses_1", &large).await;
        assert_eq!(status, 200);
    };
    let others = async {
        held.reached().await;
        let (status, body) = world.ask("ses_1", &large).await;
        assert_eq!((status, error(&body).0.as_str()), (429, "rate_limit_error"), "retried by the client");
        let chunks =
            large.to_string().into_bytes().chunks(500).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>();
        let streamed = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
        let streamed = world.message("ses_1", &large).body(streamed).send().await.unwrap();
        assert_eq!(streamed.status(), 429, "also without a length");
        assert_eq!(world.ask("ses_1", &hello()).await.0, 200, "a small one has room");
        held.release();
    };
    tokio::join!(first, others);
    assert_eq!(world.ask("ses_1", &large).await.0, 200, "the room came back");
}
