//! The story of a conversation that leaves its past behind.

use super::{Story, says};
use growqr_actors::load_earlier;
use growqr_core::agent::Input;
use growqr_core::id::AgentId;
use growqr_core::journal::Store;
use std::sync::Arc;

/// Writes the story into an empty store.
pub async fn write_fresh_starts(store: Arc<dyn Store>) {
    let story = Story::new(store);
    story.fresh_starts().await;
    story.save_snapshot(&AgentId::grow()).await;
    story.a_fresh_start_that_is_left_open().await;
}

impl Story {
    /// A fresh start between turns, one during a turn with a message that waits for it, and messages that are written anew.
    async fn fresh_starts(&self) {
        let grow = AgentId::grow();
        self.input(&grow, Input::Created).await;
        self.say("one").await;
        let one = self.ports.store.messages(&grow, None, 1).await.unwrap().remove(0).seq;
        self.answer(&grow, says("First.")).await;
        self.input(&grow, Input::StartFresh { id: self.message() }).await;
        self.say("two").await;
        self.input(&grow, Input::StartFresh { id: self.message() }).await;
        self.say("three").await;
        let three = self.ports.store.messages(&grow, None, 1).await.unwrap().remove(0).seq;
        self.answer(&grow, says("Second.")).await;
        self.answer(&grow, says("Third.")).await;
        for (message, text) in [(three, "three, better"), (one, "one, better")] {
            let earlier = load_earlier(&*self.ports.store, &grow, message).await.unwrap().unwrap();
            let (id, text, before, as_of) = (self.message(), text.to_owned(), Box::new(earlier.before), earlier.as_of);
            self.input(&grow, Input::SayAgain { id, message, text, attachments: Vec::new(), before, as_of }).await;
            self.answer(&grow, says("Better.")).await;
        }
    }

    /// A kill during a turn, with a fresh start and a message that wait for its end.
    async fn a_fresh_start_that_is_left_open(&self) {
        self.say("work").await;
        self.input(&AgentId::grow(), Input::StartFresh { id: self.message() }).await;
        self.say("later").await;
    }
}
