//! Builds every HTTP client of the program, and tells apart why a server could not be reached.
//!
//! What it is: [`builder`] (trusted certificates of the system, proxies of the environment, no redirects), [`Cause`] for failed
//! requests, and [`server_time`], the clock of a server. It is the only place that reads the proxy variables.
//! What it is not: it sends no request and knows no service.

mod amount;
mod cause;
mod client;
mod exceptions;
mod proxies;
mod server_time;

pub use amount::amount;
pub use cause::{Cause, CertificateProblem};
pub use client::{BuildError, Target, builder};
pub use proxies::{Proxies, ProxyError, ProxyProblem};
pub use server_time::server_time;
