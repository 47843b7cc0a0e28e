//! The budget for people.

use crate::inbox::{profile, written};
use growqr_app::Library;
use growqr_core::agent::{State, views};
use growqr_core::event::{AgentCreated, Entry, Event};
use growqr_core::id::{AgentId, Seq};
use growqr_core::journal::{Append, Head, View};
use growqr_core::money::Money;
use growqr_core::quota::Quota;

/// The journal gives another result than the row: who read the journal would show that nothing is used.
#[tokio::test]
async fn the_budget_is_shown_without_reading_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let (used, raised) = (Money::usd(1), Money::usd(3));
    written(folder.path(), async |store, now| {
        let agent = AgentId::grow();
        let event: Event = AgentCreated { birth: None, parent: None, mail: None }.into();
        let entry = Entry { seq: Seq(1), at: now, event: event.clone() };
        let mut state = State::new(agent.clone());
        state.apply(&entry);
        let mut views = views(&state, &[entry]);
        for view in &mut views {
            let View::Agent(row) = view else { continue };
            let limits = row.limits.as_mut().expect("this build writes them");
            limits.budget.charge(used, now);
            limits.budget.raise(raised);
            limits.quota.record_use(Quota { children: 4, ..Quota::default() });
            row.spent = used;
        }
        store.append(Append { agent, head: Head::default(), at: now, events: vec![event], views, segment: None }).await.unwrap();
    })
    .await;
    let budget = Library::open(profile(folder.path())).await.unwrap().budget().await.unwrap();
    assert_eq!((budget.used_message, budget.used_day, budget.used_month, budget.spent), (used.0, used.0, used.0, used.0));
    assert_eq!((budget.raised, budget.children.used), (raised.0, 4));
}
