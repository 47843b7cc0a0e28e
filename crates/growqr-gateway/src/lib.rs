//! The model endpoint that containers call: the key of the person is added here and never enters a container, and every
//! call is paid for from the budget of the sub-agent that makes it.
//!
//! A container sends requests of the Messages API with the random token that was made for it ([`Tokens`]). The session that a
//! request names decides which agent pays ([`Sessions`]). The most that the call can cost is reserved before anything is sent
//! ([`Meter`]), and settled from the usage in the reply. The request then goes unchanged to a service with the same API, or is
//! translated for another provider ([`Backends`]).
//! What it is not: it decides no limit, records nothing itself, and knows no provider.

mod body;
mod call;
mod charge;
mod connection;
mod content;
mod fields;
mod gateway;
mod handle;
mod message;
mod outgoing;
mod paid;
mod ports;
mod prompt_size;
mod refusal;
mod relay;
mod settings;
mod settling;
mod shared;
mod tokens;
mod translate;

pub use gateway::Gateway;
pub use ports::{Available, Backend, Backends, Caller, Meter, MeterError, Ports, Reservation, Sessions, Settlement, SizeStore};
pub use settings::Settings;
pub use tokens::Tokens;
