//! Accepts connections and serves HTTP/1.1 on them.

use crate::handle::handle;
use crate::shared::Shared;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OwnedSemaphorePermit;

/// The wait after a failed accept, which is usually caused by too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections until the gateway stops.
pub(crate) async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        let connection = async {
            let permit = shared.connections.clone().acquire_owned().await.ok()?;
            match listener.accept().await {
                Ok((stream, _)) => Some((stream, permit)),
                Err(error) => {
                    tracing::warn!(%error, "a connection of a container could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    None
                }
            }
        };
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            accepted = connection => {
                if let Some((stream, permit)) = accepted {
                    shared.tasks.spawn(serve(shared.clone(), stream, permit));
                }
            }
        }
    }
}

async fn serve(shared: Arc<Shared>, stream: TcpStream, _permit: OwnedSemaphorePermit) {
    // Without this, small events of a stream would be delayed.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let is_used = AtomicBool::new(false);
    let service = service_fn(|request| {
        is_used.store(true, Ordering::Relaxed);
        handle(shared.clone(), request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.settings.head_timeout)
        .max_buf_size(shared.settings.max_head.max(8 * 1024))
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        result = connection.as_mut() => log(result),
        // The library keeps a connection open until its first request. Nobody waits for an answer on it.
        () = shared.stop.cancelled() => if is_used.load(Ordering::Relaxed) {
            connection.as_mut().graceful_shutdown();
            if let Ok(result) = tokio::time::timeout(shared.settings.stop_timeout, connection).await {
                log(result);
            }
        }
    }
}

fn log(result: hyper::Result<()>) {
    if let Err(error) = result {
        tracing::debug!(%error, "the connection of a container ended");
    }
}
