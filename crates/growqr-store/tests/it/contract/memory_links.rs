//! Which memory the conversation of a profile uses.

use super::on_both;
use crate::fixtures::{NOW, World};
use growqr_core::clock::Timestamp;
use growqr_core::id::{ConversationName, MemoryName, ProfileId};
use growqr_core::memory_link::MemoryLink;

on_both! {
    /// A profile has one link, which is replaced; another profile has its own.
    async fn a_profile_has_one_link(world: World) {
        let store = world.store().await;
        assert_eq!(store.memory_link().await.unwrap(), None);
        let link = MemoryLink {
            conversation: ConversationName::random(1),
            memory: MemoryName::random(2),
            folder: "/data/profiles/local".to_owned(),
            notice: Some("another conversation used it".to_owned()),
            changed_at: NOW,
        };
        store.save_memory_link(&link).await.unwrap();
        assert_eq!(store.memory_link().await.unwrap(), Some(link.clone()));
        let confirmed = MemoryLink { memory: MemoryName::random(3), notice: None, changed_at: Timestamp(9), ..link };
        store.save_memory_link(&confirmed).await.unwrap();
        assert_eq!(store.memory_link().await.unwrap(), Some(confirmed));
        let other = world.db().await.profile(&ProfileId::new("other"), NOW).await.unwrap();
        assert_eq!(other.memory_link().await.unwrap(), None);
    }
}
