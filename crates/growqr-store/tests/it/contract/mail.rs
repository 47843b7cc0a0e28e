//! An append puts mail into the outbox, where it stays until it is marked as delivered.

use super::on_both;
use crate::fixtures::{World, append, said};
use growqr_core::event::{ChildCancelled, ChildRequested, Event};
use growqr_core::id::{AgentId, EffectId};
use growqr_core::journal::{Head, StoreError};
use growqr_core::mail::{Mail, MailBody, SpawnRequest};
use growqr_core::money::Money;
use growqr_core::workbench::Mind;

fn spawn(id: &str) -> (Mail, Event) {
    let request = SpawnRequest {
        name: "scout".to_owned(),
        task: "look".to_owned(),
        allowance: Money(5),
        depth: 1,
        quota: None,
        untrusted: Vec::new(),
        mind: Mind::Model,
        why: None,
        schedule: None,
    };
    let id = EffectId::new(id);
    let mail = Mail { id: id.clone(), from: AgentId::grow(), to: AgentId::new("a-1"), body: MailBody::Spawn(request) };
    (mail.clone(), ChildRequested { effect: id, mail }.into())
}

on_both! {
    async fn undelivered_mail_is_returned_in_the_order_of_sending(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let (first, first_event) = spawn("z");
        let cancel = Mail { id: EffectId::new("y"), from: grow.clone(), to: AgentId::new("a-1"), body: MailBody::Cancel };
        let (last, last_event) = spawn("x");
        let events = vec![said("go"), first_event, ChildCancelled { mail: cancel.clone() }.into()];
        let head = store.append(append(&grow, Head::default(), events)).await.unwrap().head;
        store.append(append(&grow, head, vec![last_event])).await.unwrap();
        assert_eq!(store.undelivered(10).await.unwrap(), [first.clone(), cancel.clone(), last.clone()]);
        assert_eq!(store.undelivered(1).await.unwrap(), std::slice::from_ref(&first));
        store.delivered(&[first.id, EffectId::new("unknown")]).await.unwrap();
        store.delivered(&[]).await.unwrap();
        assert_eq!(store.undelivered(10).await.unwrap(), [cancel, last]);
    }

    async fn a_refused_append_sends_no_mail(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        store.append(append(&grow, Head::default(), vec![said("go")])).await.unwrap();
        let refused = store.append(append(&grow, Head::default(), vec![spawn("z").1])).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })));
        assert_eq!(store.undelivered(10).await.unwrap(), []);
    }

    async fn mail_with_an_id_that_was_sent_before_is_not_sent_again(world: World) {
        let (store, grow) = (world.store().await, AgentId::grow());
        let (mail, event) = spawn("z");
        let head = store.append(append(&grow, Head::default(), vec![event.clone()])).await.unwrap().head;
        store.delivered(&[mail.id]).await.unwrap();
        store.append(append(&grow, head, vec![event])).await.unwrap();
        assert_eq!(store.undelivered(10).await.unwrap(), []);
    }
}
