//! Tests that both databases must pass.

mod appending;
mod asking;
mod attachments;
mod followers;
mod mail;
mod memory_links;
mod opening;
mod questing;
mod reading;
mod reading_marks;
mod rebuilding;
mod scheduling;
mod searching;
mod sessions;
mod stacking;
mod tool_servers;
mod unfilled;
mod verifying;
mod write_checks;

/// Runs a test on both databases.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($world:ident: World) $body:block)*) => {
        $(mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(#[$doc])*
            async fn case($world: &World) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                case(&World::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(world) = World::postgres().await {
                    case(&world).await;
                }
            }
        })*
    };
}
pub(crate) use on_both;
