//! Reads a body up to a limit, which counts after decompression.

use super::error::FetchError;
use flate2::write::MultiGzDecoder;
use growqr_http::Cause;
use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;
use std::io::{self, Write};

/// How many times the limit may come compressed: what decompresses to nothing ends as well.
const COMPRESSED_TIMES: usize = 2;

/// A body, or its beginning.
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// There was more.
    pub(crate) is_cut: bool,
}

/// Reads at most this many bytes, and then lets go of the connection.
///
/// # Errors
/// [`FetchError`] if the connection breaks, or the body is compressed in a way that was not asked for.
pub(crate) async fn read(mut response: Response, limit: usize) -> Result<Body, FetchError> {
    let host = response.url().host_str().unwrap_or_default().to_owned();
    let mut decoder = Decoder::of(&response, limit)?;
    let mut received = 0;
    while let Some(chunk) =
        response.chunk().await.map_err(|error| FetchError::Unreachable { host: host.clone(), cause: Cause::of(&error) })?
    {
        received += chunk.len();
        let written = decoder.write(&chunk);
        if decoder.is_full() {
            return Ok(Body { bytes: decoder.into_bytes(), is_cut: true });
        }
        if written.is_err() {
            return Err(FetchError::Body("its compression is broken"));
        }
        if received > limit.saturating_mul(COMPRESSED_TIMES) {
            return Err(FetchError::Body("it is too large"));
        }
    }
    let ended = decoder.end();
    if !decoder.is_full() && ended.is_err() {
        return Err(FetchError::Body("its compression is broken"));
    }
    let is_cut = decoder.is_full();
    Ok(Body { bytes: decoder.into_bytes(), is_cut })
}

enum Decoder {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

impl Decoder {
    fn of(response: &Response, limit: usize) -> Result<Decoder, FetchError> {
        let unknown = FetchError::Body("it is compressed in a way that was not asked for");
        let bounded = Bounded { bytes: Vec::new(), limit, is_full: false };
        let mut encodings = response.headers().get_all(CONTENT_ENCODING).iter();
        match (encodings.next().map(|value| value.to_str().map(|text| text.trim().to_ascii_lowercase())), encodings.next()) {
            (None, None) => Ok(Decoder::Plain(bounded)),
            (Some(Ok(encoding)), None) => match encoding.as_str() {
                "" | "identity" => Ok(Decoder::Plain(bounded)),
                "gzip" | "x-gzip" => Ok(Decoder::Gzip(Box::new(MultiGzDecoder::new(bounded)))),
                _ => Err(unknown),
            },
            _ => Err(unknown),
        }
    }

    fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Decoder::Plain(bounded) => bounded.write_all(chunk),
            Decoder::Gzip(gzip) => gzip.write_all(chunk),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        match self {
            Decoder::Plain(_) => Ok(()),
            Decoder::Gzip(gzip) => gzip.try_finish(),
        }
    }

    fn bounded(&self) -> &Bounded {
        match self {
            Decoder::Plain(bounded) => bounded,
            Decoder::Gzip(gzip) => gzip.get_ref(),
        }
    }

    fn is_full(&self) -> bool {
        self.bounded().is_full
    }

    fn into_bytes(mut self) -> Vec<u8> {
        match &mut self {
            Decoder::Plain(bounded) => std::mem::take(&mut bounded.bytes),
            Decoder::Gzip(gzip) => std::mem::take(&mut gzip.get_mut().bytes),
        }
    }
}

/// Takes bytes up to a limit and then fails, so that nothing decompresses more.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    is_full: bool,
}

impl Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        let room = self.limit - self.bytes.len();
        self.bytes.extend_from_slice(&more[..more.len().min(room)]);
        self.is_full |= more.len() > room;
        if self.is_full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(more.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
