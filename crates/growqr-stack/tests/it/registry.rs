//! A registry on loopback with one image of two layers. Docker speaks plain HTTP to registries on 127.0.0.1.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// Serves until the test process ends.
pub struct Registry {
    pub port: u16,
    /// The digest of the image's manifest.
    pub digest: String,
}

/// Path to content type and body.
type Pages = BTreeMap<String, (&'static str, Vec<u8>)>;

impl Registry {
    /// Serves `growqr/one:1` from layers, which are tar archives.
    pub fn start(layers: &[Vec<u8>]) -> Registry {
        let mut pages = Pages::from([("/v2/".to_owned(), ("application/json", b"{}".to_vec()))]);
        let mut blob = |body: Vec<u8>| {
            let (digest, size) = (digest(&body), body.len());
            pages.insert(format!("/v2/growqr/one/blobs/{digest}"), ("application/octet-stream", body));
            (digest, size)
        };
        let stored: Vec<_> = layers.iter().map(|layer| blob(layer.clone())).collect();
        let ids: Vec<_> = stored.iter().map(|(digest, _)| digest).collect();
        let config = serde_json::json!({
            "architecture": "amd64", "os": "linux", "config": { "Entrypoint": ["/x"] },
            "rootfs": { "type": "layers", "diff_ids": ids }
        });
        let (config, config_size) = blob(config.to_string().into_bytes());
        let layer = |(digest, size): &(String, usize)| serde_json::json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "size": size, "digest": digest });
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "size": config_size, "digest": config },
            "layers": stored.iter().map(layer).collect::<Vec<_>>()
        });
        let manifest = manifest.to_string().into_bytes();
        let digest = digest(&manifest);
        for reference in ["1", &digest] {
            pages.insert(format!("/v2/growqr/one/manifests/{reference}"), (MANIFEST, manifest.clone()));
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let pages = Arc::new(pages);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let pages = Arc::clone(&pages);
                std::thread::spawn(move || serve(stream, &pages));
            }
        });
        Registry { port, digest }
    }
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn digest(body: &[u8]) -> String {
    let hex: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Answers one request and closes the connection.
fn serve(mut stream: TcpStream, pages: &Pages) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let first = lines.next()?.ok()?;
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let mut words = first.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let Some((kind, body)) = pages.get(path) else {
        let body = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
        let head = format!("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        return write!(stream, "{head}Connection: close\r\n\r\n{body}").ok();
    };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
    let digest = format!("Docker-Content-Digest: {}\r\nConnection: close\r\n\r\n", digest(body));
    write!(stream, "{head}{digest}").ok()?;
    if method == "GET" {
        // In pieces with pauses, so that the daemon reports progress.
        for piece in body.chunks(256 << 10) {
            stream.write_all(piece).ok()?;
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
    Some(())
}
