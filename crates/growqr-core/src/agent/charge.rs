//! An open charge, as the state stores it.

use crate::money::Money;
use serde::{Deserialize, Serialize};

/// Money that is set aside and not yet settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// What the money is for: a short text for the person.
    pub purpose: String,
    /// The most that it can cost; `None` if the price is unknown.
    pub reservation: Option<Money>,
}
