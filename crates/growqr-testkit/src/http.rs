//! The part of HTTP/1.1 that the stub servers need. Written by hand, so that a stream can be cut at an exact byte.

use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// The largest body that a stub server accepts: the limit of the Messages API.
pub(crate) const BODY_LIMIT: usize = 32 * 1024 * 1024;

const HEAD_LIMIT: usize = 64 * 1024;

/// A received request.
pub(crate) struct HttpRequest {
    pub method: String,
    pub path: String,
    pub query: String,
    /// In order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// Empty if it was above [`BODY_LIMIT`].
    pub body: Vec<u8>,
    pub too_large: bool,
}

pub(crate) struct Connection {
    pub read: OwnedReadHalf,
    pub write: OwnedWriteHalf,
    /// Bytes that were read and not yet parsed.
    pub buffer: Vec<u8>,
}

impl Connection {
    /// Reads the next request. `None` if the client has closed the connection.
    pub async fn request(&mut self) -> io::Result<Option<HttpRequest>> {
        loop {
            if let Some((mut request, head, length)) = parse_head(&self.buffer)? {
                self.buffer.drain(..head);
                let has = |wanted: &str, value: &str| {
                    request.headers.iter().any(|(name, is)| name == wanted && is.eq_ignore_ascii_case(value))
                };
                if has("expect", "100-continue") {
                    self.write.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
                }
                if has("transfer-encoding", "chunked") {
                    request.body = self.chunked_body().await?;
                } else {
                    request.too_large = length > BODY_LIMIT;
                    request.body = self.body(length, !request.too_large).await?;
                }
                return Ok(Some(request));
            }
            if self.buffer.len() > HEAD_LIMIT {
                return Err(invalid("the request's head is too long"));
            }
            if self.read.read_buf(&mut self.buffer).await? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }

    /// Reads a body. A body that is not kept is read as well, so that the client gets to read the error response.
    async fn body(&mut self, length: usize, keep: bool) -> io::Result<Vec<u8>> {
        let mut body: Vec<u8> = self.buffer.drain(..length.min(self.buffer.len())).collect();
        let mut read = body.len();
        let mut buffer = vec![0; 64 * 1024];
        while read < length {
            let wanted = buffer.len().min(length - read);
            let got = self.read.read(&mut buffer[..wanted]).await?;
            if got == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            read += got;
            if keep {
                body.extend_from_slice(&buffer[..got]);
            }
        }
        Ok(if keep { body } else { Vec::new() })
    }

    /// Reads a body that comes in chunks.
    async fn chunked_body(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = self.line().await?;
            let size = size.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| invalid("a chunk has no size"))?;
            if body.len() + size > BODY_LIMIT {
                return Err(invalid("the body is too long"));
            }
            body.extend(self.body(size, true).await?);
            // The end of the chunk. After the last one, the end of the request: clients send no trailers.
            self.line().await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    /// Reads a line without its end.
    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if self.buffer.len() > HEAD_LIMIT {
                return Err(invalid("a line is too long"));
            }
            if self.read.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Waits until the client closes the connection.
    pub async fn wait_until_closed(&mut self) {
        // Bytes that arrive meanwhile stay in the buffer for the next request.
        while matches!(self.read.read_buf(&mut self.buffer).await, Ok(more) if more > 0) {}
    }

    /// Writes a complete response with `content-length`.
    pub async fn respond(&mut self, status: u16, headers: &[(String, String)], body: &[u8]) -> io::Result<()> {
        let mut out = head(status, headers);
        out.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        let mut out = out.into_bytes();
        out.extend_from_slice(body);
        self.write.write_all(&out).await
    }

    /// Writes a complete chunked response.
    pub async fn respond_in_pieces<'a>(
        &mut self,
        status: u16,
        headers: &[(String, String)],
        pieces: impl Iterator<Item = &'a [u8]>,
    ) -> io::Result<()> {
        self.begin(status, headers).await?;
        for piece in pieces {
            self.chunk(piece).await?;
        }
        self.last_chunk(&[]).await
    }

    /// Writes the head of a chunked response.
    pub async fn begin(&mut self, status: u16, headers: &[(String, String)]) -> io::Result<()> {
        let mut out = head(status, headers);
        out.push_str("transfer-encoding: chunked\r\n\r\n");
        self.write.write_all(out.as_bytes()).await
    }

    /// Writes and flushes one chunk.
    pub async fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write.write_all(&chunk(bytes)).await?;
        self.write.flush().await
    }

    /// Writes the last chunk and the end of the response in one write: the client may disconnect as soon as it has the chunk.
    pub async fn last_chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut out = chunk(bytes);
        out.extend_from_slice(b"0\r\n\r\n");
        self.write.write_all(&out).await
    }
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return Vec::new(); // An empty chunk would end the response.
    }
    let mut out = format!("{:x}\r\n", bytes.len()).into_bytes();
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
    out
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn head(status: u16, headers: &[(String, String)]) -> String {
    let mut out = format!("HTTP/1.1 {status} Stand-In\r\n");
    for (name, value) in headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    out
}

fn parse_head(bytes: &[u8]) -> io::Result<Option<(HttpRequest, usize, usize)>> {
    let mut slots = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut slots);
    let size = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(size)) => size,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(invalid(&error.to_string())),
    };
    let headers: Vec<(String, String)> = parsed
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let target = parsed.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = HttpRequest {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: Vec::new(),
        too_large: false,
    };
    Ok(Some((request, size, length)))
}
