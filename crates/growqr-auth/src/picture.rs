//! Downloads a user's picture. Its URL and content are untrusted: only https, limited time and size, and only known image
//! formats.

use crate::issuer;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use growqr_http::{BuildError, Target};
use reqwest::{Client, Url, redirect};
use std::time::Duration;

/// Limit for the whole download. Nothing waits for the picture.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The largest picture. Typical pictures are a tenth of this size.
const MAX_PICTURE_BYTES: usize = 1 << 20;

/// The most redirects. Picture servers use one or two.
const MAX_REDIRECTS: usize = 3;

/// Downloads a picture as a `data:` URL, which a page can show without network access. `None` if it cannot be downloaded or
/// is not a picture; callers do not need the reason.
pub async fn picture(address: &str) -> Option<String> {
    let bytes = read(address).await?;
    let kind = kind(&bytes)?;
    Some(format!("data:{kind};base64,{}", STANDARD.encode(&bytes)))
}

async fn read(address: &str) -> Option<Vec<u8>> {
    if !issuer::allows(address) {
        return None;
    }
    let address = Url::parse(address).ok()?;
    let loopback = address.scheme() == "http";
    let mut answer = client(loopback).ok()?.get(address).send().await.ok()?.error_for_status().ok()?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if bytes.len() + chunk.len() > MAX_PICTURE_BYTES {
            return None;
        }
        bytes.extend_from_slice(&chunk);
    }
    Some(bytes)
}

fn client(loopback: bool) -> Result<Client, BuildError> {
    let follow = redirect::Policy::custom(|attempt| {
        let is_allowed = attempt.previous().len() <= MAX_REDIRECTS && issuer::allows(attempt.url().as_str());
        if is_allowed { attempt.follow() } else { attempt.stop() }
    });
    // Only a test build allows http, on a loopback address.
    let target = if loopback { Target::LOOPBACK } else { Target::INTERNET };
    let builder = growqr_http::builder(target)?.timeout(TIMEOUT).redirect(follow).referer(false);
    Ok(builder.https_only(!loopback).build()?)
}

/// Detects the image format by its first bytes and ignores the content type of the server. None of these formats can contain
/// scripts.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

    /// Starts a server that sends these responses one after another. Returns its URL.
    fn server(answers: Vec<Vec<u8>>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/me", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(&answer);
            }
        });
        address
    }

    fn ok(body: &[u8]) -> Vec<u8> {
        [b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n", body].concat()
    }

    #[test]
    fn a_picture_type_is_detected_from_its_first_bytes() {
        let table: [(&[u8], Option<&str>); 7] = [
            (PNG, Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"<svg onload=x>", None),
            (b"<html>", None),
            (b"", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(kind(bytes), expected);
        }
    }

    #[tokio::test]
    async fn only_https_addresses_are_requested() {
        for address in ["http://example.org/a.png", "file:///etc/passwd", "data:image/png;base64,AA", "https://u:p@a.b/", ""] {
            assert_eq!(picture(address).await, None, "{address}");
        }
    }

    #[cfg(feature = "loopback-issuer")]
    #[tokio::test]
    async fn the_content_type_of_the_server_is_ignored() {
        let address = server(vec![ok(PNG)]);
        assert_eq!(picture(&address).await, Some(format!("data:image/png;base64,{}", STANDARD.encode(PNG))));
    }

    #[cfg(feature = "loopback-issuer")]
    #[tokio::test]
    async fn too_large_missing_and_invalid_pictures_are_none() {
        let large = [PNG, &vec![0; MAX_PICTURE_BYTES]].concat();
        let missing = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec();
        for answer in [ok(&large), missing, ok(b"<html>hello")] {
            assert_eq!(picture(&server(vec![answer])).await, None);
        }
    }

    #[cfg(feature = "loopback-issuer")]
    #[tokio::test]
    async fn a_redirect_to_an_http_address_is_not_followed() {
        let away = b"HTTP/1.1 302 Found\r\nlocation: http://localhost:1/x\r\ncontent-length: 0\r\n\r\n".to_vec();
        assert_eq!(picture(&server(vec![away])).await, None);
    }
}
