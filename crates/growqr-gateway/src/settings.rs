//! The limits of the endpoint.

use std::time::Duration;

/// The limits of the endpoint, and the name of this run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A random number of the process. It and `gateway` are part of the ids of charges, and the self-test shows them.
    pub process: u64,
    /// A random number of this gateway in its process.
    pub gateway: u64,
    /// The largest body of a request. The Messages API accepts 32 MB.
    pub max_body: usize,
    /// The bodies of all requests together. Must not be smaller than `max_body`.
    pub max_bodies: usize,
    /// How long a request waits until there is room for its body.
    pub room_timeout: Duration,
    /// The largest head of a request.
    pub max_head: usize,
    /// Open connections, over all containers.
    pub max_connections: usize,
    /// Calls at the same time, over all containers.
    pub max_calls: usize,
    /// Limit for receiving the head of a request; also how long an unused connection stays open.
    pub head_timeout: Duration,
    /// Limit for receiving the body of a request.
    pub body_timeout: Duration,
    /// A client that accepts no bytes for this long is disconnected.
    pub send_timeout: Duration,
    /// How long [`Gateway::stop`](crate::Gateway::stop) waits for clients that read slowly.
    pub stop_timeout: Duration,
}

impl Settings {
    /// The default limits.
    #[must_use]
    pub fn new(process: u64, gateway: u64) -> Settings {
        Settings {
            process,
            gateway,
            max_body: 32 * 1024 * 1024,
            max_bodies: 64 * 1024 * 1024,
            room_timeout: Duration::from_secs(30),
            max_head: 32 * 1024,
            max_connections: 256,
            max_calls: 32,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            send_timeout: Duration::from_secs(60),
            stop_timeout: Duration::from_secs(3),
        }
    }

    /// The name of this run as text: the `nonce` in the answer to a self-test.
    #[must_use]
    pub fn run_name(&self) -> String {
        format!("{:016x}{:016x}", self.process, self.gateway)
    }
}
