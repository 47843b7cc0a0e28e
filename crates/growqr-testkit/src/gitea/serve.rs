//! The server's socket: accepts connections and sends each request to the part that answers it.

use super::reply::Reply;
use super::server::Server;
use super::{Request, api_routes, smart_http};
use crate::http::{Connection, HttpRequest};
use serde_json::json;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use tokio::net::TcpListener;

impl Server {
    /// Serves until the process or the task ends.
    pub async fn serve(self: Arc<Self>, listener: std::net::TcpListener) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let mut connections = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => {
                    let (stream, _) = accepted?;
                    stream.set_nodelay(true)?;
                    let (read, write) = stream.into_split();
                    let connection = Connection { read, write, buffer: Vec::new() };
                    connections.spawn(self.clone().connection(connection));
                }
            }
        }
    }

    async fn connection(self: Arc<Self>, mut client: Connection) {
        while let Ok(Some(request)) = client.request().await {
            if !matches!(self.answer(&mut client, request).await, Ok(true)) {
                return;
            }
        }
    }

    /// Responds to a request. Returns `false` if the connection is to be closed.
    async fn answer(self: &Arc<Self>, client: &mut Connection, request: HttpRequest) -> io::Result<bool> {
        let (hangs, left, status) = self.switch(|switches| {
            let left = switches.answers_left;
            switches.answers_left = left.map(|left| left - 1);
            (switches.hangs, left, switches.fails_with)
        });
        if hangs {
            self.hanging.fetch_add(1, Ordering::SeqCst);
            client.wait_until_closed().await;
            self.hanging.fetch_sub(1, Ordering::SeqCst);
            return Ok(false);
        }
        if left.is_some_and(|left| left < 0) {
            return Ok(false);
        }
        let seen = Request { method: request.method.clone(), path: request.path.clone(), headers: request.headers.clone() };
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        let reply = match status {
            Some(status) => Reply::error(status, ""),
            None => {
                let server = self.clone();
                tokio::task::spawn_blocking(move || server.route(&request)).await?
            }
        };
        if left == Some(0) {
            return Ok(false);
        }
        client.respond(reply.status, &reply.headers, &reply.body).await?;
        Ok(true)
    }

    fn route(&self, request: &HttpRequest) -> Reply {
        let path = request.path.as_str();
        if path == "/api/healthz" {
            return self.health();
        }
        if !self.settings.is_installed() {
            // The installer answers every other path with its page.
            return Reply::text(200, "<!DOCTYPE html><title>Installation</title>").with("content-type", "text/html");
        }
        let answered = match path.strip_prefix("/api/v1/") {
            Some(route) => api_routes::answer(self, request, route),
            None if path == "/" => Ok(Reply::text(200, "<!DOCTYPE html><title>Gitea</title>").with("content-type", "text/html")),
            None => smart_http::answer(self, request),
        };
        answered.unwrap_or_else(|refusal| refusal)
    }

    fn health(&self) -> Reply {
        if !self.settings.is_installed() {
            return Reply::json(200, &json!({"status": "pass", "description": "Gitea: Git with a cup of tea"}));
        }
        let is_healthy = self.switch(|switches| switches.is_healthy);
        let (code, status) = if is_healthy { (200, "pass") } else { (424, "fail") };
        let check = |status: &str| json!([{"status": status, "time": "2026-11-29T00:00:00Z"}]);
        let checks = json!({"database:ping": check(status), "cache:ping": check("pass")});
        Reply::json(code, &json!({"status": status, "description": "Gitea: Git with a cup of tea", "checks": checks}))
    }
}
