//! Receives the bodies of requests, within the room that all of them share.

use crate::refusal::Refusal;
use crate::shared::Shared;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A body in memory.
pub(crate) struct Received {
    pub bytes: Bytes,
    /// Its share of the room, to be kept as long as the bytes.
    pub room: Option<OwnedSemaphorePermit>,
}

/// Receives a body. If its size is known, it waits for all of its room before anything is read, so that no two bodies wait for
/// each other. One of unknown size gets its room as it arrives.
pub(crate) async fn receive(shared: &Shared, body: Incoming) -> Result<Received, Refusal> {
    let limit = shared.settings.max_body;
    let announced = body.size_hint().exact().map(|size| usize::try_from(size).unwrap_or(usize::MAX));
    let room = match announced {
        // Too large: it is read to its end and not kept.
        Some(size) if size > limit => None,
        Some(size) => Some(room(shared, size).await?),
        None => Some(room(shared, 0).await?),
    };
    let reading = read(shared, body, room, announced.is_some());
    tokio::time::timeout(shared.settings.body_timeout, reading).await.map_err(|_| Refusal::body_too_slow())?
}

/// What is above the limit is read as well, up to twice the limit, so that the client gets to read the error.
async fn read(
    shared: &Shared,
    mut body: Incoming,
    mut room: Option<OwnedSemaphorePermit>,
    has_room: bool,
) -> Result<Received, Refusal> {
    let limit = shared.settings.max_body;
    let mut read = 0;
    let mut kept = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::invalid("The body broke off."))?.into_data() else { continue };
        read += data.len();
        if read > limit {
            (kept, room) = (BytesMut::new(), None);
        } else if let Some(room) = &mut room {
            if !has_room {
                room.merge(self::room(shared, data.len()).await?);
            }
            kept.extend_from_slice(&data);
        }
        if read > limit.saturating_mul(2) {
            break;
        }
    }
    if read > limit { Err(Refusal::too_large(limit)) } else { Ok(Received { bytes: kept.freeze(), room }) }
}

/// Room for this many bytes, as soon as there is some.
async fn room(shared: &Shared, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
    let bodies: Arc<Semaphore> = shared.bodies.clone();
    let bytes = u32::try_from(bytes).map_err(|_| Refusal::no_room())?;
    match tokio::time::timeout(shared.settings.room_timeout, bodies.acquire_many_owned(bytes)).await {
        Ok(Ok(room)) => Ok(room),
        Ok(Err(_)) | Err(_) => Err(Refusal::no_room()),
    }
}
