//! An open charge, as the state keeps it.

use crate::clock::Timestamp;
use crate::money::Money;
use serde::{Deserialize, Serialize};

/// An open charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Charge {
    pub(super) reservation: Option<Money>,
    pub(super) reserved_at: Timestamp,
    /// The number of the person's message for which it was reserved.
    pub(super) message: i64,
}
