//! Property tests: no text breaks the link parser or ends an attempt.

use crate::world::World;
use growqr_auth::{CallbackError, Link, Status};
use proptest::prelude::*;

/// Arbitrary texts, and texts that are almost valid links.
fn links() -> impl Strategy<Value = String> {
    let near = "(ai\\.growqr\\.desktop|growqr)(:|:/|://)(auth|agent|memory|AUTH|)/?(callback|grow|%2e%2e|)[?#&]?(code|state|error|iss|%63ode|x){0,2}=?[a-z%0-9&=+]{0,20}(&(code|state|error)=[a-z%&=+]{0,9}){0,3}";
    let callback = "(code|error|state|iss|x)=[a-zA-Z0-9%+]{0,12}(&(code|error|state|iss|x)=[a-zA-Z0-9%+]{0,12}){0,4}";
    prop_oneof![
        any::<String>(),
        proptest::string::string_regex(near).unwrap(),
        proptest::string::string_regex(callback).unwrap().prop_map(|query| format!("ai.growqr.desktop://auth/callback?{query}")),
    ]
}

proptest! {
    #[test]
    fn any_text_is_parsed_without_panic(text in links()) {
        if let Ok(Link::MemoryPage(path)) = Link::parse(&text) {
            prop_assert!(!path.split('/').any(|part| part.is_empty() || part.starts_with('.')));
        }
    }
}

#[test]
fn no_callback_from_others_ends_an_attempt() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let good = runtime.block_on(world.allowed());
    proptest!(|(text in links())| {
        let refused = runtime.block_on(world.auth.callback(&text));
        let is_harmless = matches!(
            refused,
            Err(CallbackError::Malformed(_) | CallbackError::State | CallbackError::Issuer | CallbackError::Notice(_))
        );
        prop_assert!(is_harmless, "{:?}", refused);
        prop_assert!(matches!(world.auth.status(), Status::SigningIn { .. }), "it ended the attempt");
    });
    assert_eq!(world.exchanges(), 0);
    runtime.block_on(world.auth.callback(&good)).unwrap();
}
