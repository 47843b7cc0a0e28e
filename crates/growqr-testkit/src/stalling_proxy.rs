//! A proxy between a client and a server that can stop passing bytes on, without closing anything: like a network that fails
//! silently.

use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A running proxy; it ends when this is dropped.
pub struct StallingProxy {
    port: u16,
    is_stalled: watch::Sender<bool>,
    _task: JoinSet<()>,
}

impl StallingProxy {
    /// Starts a proxy for a server on a loopback port.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start(server_port: u16) -> StallingProxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a loopback port");
        let port = listener.local_addr().expect("it is bound").port();
        let (is_stalled, stalled) = watch::channel(false);
        let mut task = JoinSet::new();
        task.spawn(accept(listener, (Ipv4Addr::LOCALHOST, server_port).into(), stalled));
        StallingProxy { port, is_stalled, _task: task }
    }

    /// The port for clients.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on connections are accepted and stay open, and no byte is passed on.
    pub fn stall(&self) {
        self.is_stalled.send_replace(true);
    }

    /// Passes bytes on again, also those that have waited.
    pub fn resume(&self) {
        self.is_stalled.send_replace(false);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, stalled: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let stalled = stalled.clone();
        connections.spawn(async move {
            let mut at_connect = stalled.clone();
            let _ = at_connect.wait_for(|stalled| !stalled).await;
            let Ok(server) = TcpStream::connect(server).await else { return };
            let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
            tokio::join!(pass(from_client, to_server, stalled.clone()), pass(from_server, to_client, stalled));
        });
    }
}

async fn pass(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, mut stalled: watch::Receiver<bool>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        // The sender lives as long as this task.
        let _ = stalled.wait_for(|stalled| !stalled).await;
        if read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            let _ = to.shutdown().await;
            return;
        }
    }
}
