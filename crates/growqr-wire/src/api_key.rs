//! A key on its way to the host.

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// The value of an API key on its way to the host. Its `Debug` hides the value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ApiKey(pub String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey")
    }
}
