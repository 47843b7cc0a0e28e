//! The endpoints for those who watch a node.

use crate::http;
use async_trait::async_trait;
use growqr_node::metrics::Metrics;
use growqr_node::watch::{Part, Watched, serve};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

struct Engine {
    is_broken: AtomicBool,
}

#[async_trait]
impl Part for Engine {
    fn name(&self) -> &'static str {
        "engine"
    }

    async fn check(&self) -> Result<(), String> {
        if self.is_broken.load(Ordering::SeqCst) { Err("no actor answers".to_owned()) } else { Ok(()) }
    }
}

struct Endpoints {
    address: std::net::SocketAddr,
    engine: Arc<Engine>,
    watched: Arc<Watched>,
}

async fn endpoints() -> Endpoints {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let engine = Arc::new(Engine { is_broken: AtomicBool::new(false) });
    let parts: Vec<Arc<dyn Part>> = vec![Arc::clone(&engine) as Arc<_>];
    let watched = Arc::new(Watched { metrics: Metrics::new().unwrap(), parts, draining: CancellationToken::new() });
    tokio::spawn(serve(listener, Arc::clone(&watched), CancellationToken::new()));
    Endpoints { address, engine, watched }
}

async fn ask(endpoints: &Endpoints, method: &str, path: &str) -> (u16, String) {
    http::ask(endpoints.address, method, path).await.unwrap()
}

#[tokio::test]
async fn a_node_is_ready_while_each_part_works_and_says_which_does_not() {
    let endpoints = endpoints().await;
    let ready = async || {
        let (status, body) = ask(&endpoints, "GET", "/health/ready").await;
        (status, serde_json::from_str::<Value>(&body).unwrap())
    };
    assert_eq!(ready().await, (200, json!({"ready": true, "draining": false, "parts": {"engine": "ok"}})));
    endpoints.engine.is_broken.store(true, Ordering::SeqCst);
    assert_eq!(ready().await, (503, json!({"ready": false, "draining": false, "parts": {"engine": "no actor answers"}})));
    assert_eq!(ask(&endpoints, "GET", "/health/live").await, (200, "ok\n".to_owned()), "it lives all the same");
}

#[tokio::test]
async fn a_node_that_drains_is_not_ready() {
    let endpoints = endpoints().await;
    endpoints.watched.draining.cancel();
    let (status, body) = ask(&endpoints, "GET", "/health/ready").await;
    assert_eq!(status, 503);
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["draining"], true);
}

#[tokio::test]
async fn the_measurements_are_prometheus_text() {
    let endpoints = endpoints().await;
    endpoints.watched.metrics.awake.set(2);
    let (status, text) = ask(&endpoints, "GET", "/metrics").await;
    assert_eq!(status, 200);
    assert!(text.contains("# TYPE growqr_agents_awake gauge\ngrowqr_agents_awake 2\n"), "{text}");
}

#[tokio::test]
async fn nothing_else_is_answered() {
    let endpoints = endpoints().await;
    assert_eq!(ask(&endpoints, "GET", "/").await.0, 404);
    assert_eq!(ask(&endpoints, "POST", "/health/live").await.0, 405);
}
