//! What is reserved, refused and settled.

use crate::world::{World, error, hello};
use growqr_core::limits::LimitReached;
use growqr_core::money::Money;
use growqr_testkit::anthropic::says;
use serde_json::json;

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
