//! Finds the type and the size of a picture in its first bytes.

use super::Pixels;

/// The media type of a picture that can be attached. Judged by the bytes; a name can be wrong.
pub(super) fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// The size of a picture of this type; `None` if the picture is damaged.
pub(super) fn pixels(media_type: &str, bytes: &[u8]) -> Option<Pixels> {
    let (width, height) = match media_type {
        "image/png" => png(bytes),
        "image/jpeg" => jpeg(bytes),
        "image/gif" => Some((little_endian(bytes, 6, 2)?, little_endian(bytes, 8, 2)?)),
        _ => webp(bytes),
    }?;
    (width > 0 && height > 0).then_some(Pixels { width, height })
}

fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    (bytes.get(12..16)? == b"IHDR").then_some((big_endian(bytes, 16, 4)?, big_endian(bytes, 20, 4)?))
}

/// Goes from segment to segment up to the one that begins the frame.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            // Fill bytes, and markers without content.
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Some((big_endian(bytes, at + 7, 2)?, big_endian(bytes, at + 5, 2)?));
            }
            // The picture itself, or its end, before a frame.
            0xd9 | 0xda => return None,
            _ => at += 2 + usize::try_from(big_endian(bytes, at + 2, 2)?.max(2)).ok()?,
        }
    }
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8X" => Some((little_endian(bytes, 24, 3)? + 1, little_endian(bytes, 27, 3)? + 1)),
        b"VP8L" if *bytes.get(20)? == 0x2f => {
            let both = little_endian(bytes, 21, 4)?;
            Some(((both & 0x3fff) + 1, (both >> 14 & 0x3fff) + 1))
        }
        b"VP8 " if bytes.get(23..26)? == [0x9d, 0x01, 0x2a] => {
            Some((little_endian(bytes, 26, 2)? & 0x3fff, little_endian(bytes, 28, 2)? & 0x3fff))
        }
        _ => None,
    }
}

fn big_endian(bytes: &[u8], at: usize, len: usize) -> Option<u32> {
    Some(bytes.get(at..at + len)?.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

fn little_endian(bytes: &[u8], at: usize, len: usize) -> Option<u32> {
    Some(bytes.get(at..at + len)?.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(start: &[u8], rest: &[u8]) -> Vec<u8> {
        [start, rest].concat()
    }

    #[test]
    fn the_size_of_each_type_is_found_in_its_first_bytes() {
        let png = with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &[0, 0, 1, 0x2c, 0, 0, 0, 0xc8, 8, 6, 0, 0, 0]);
        let jpeg = with(&[0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xff], &[0xc2, 0, 17, 8, 0, 0xc8, 1, 0x2c]);
        let gif = with(b"GIF89a", &[0x2c, 1, 0xc8, 0]);
        let lossy = with(b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0", &[0x9d, 0x01, 0x2a, 0x2c, 1, 0xc8, 0]);
        let lossless = with(b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f", &(299_u32 | 199 << 14).to_le_bytes());
        let extended = with(b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0", &[0x2b, 1, 0, 0xc7, 0, 0]);
        for bytes in [png, jpeg, gif, lossy, lossless, extended] {
            let media_type = media_type(&bytes).unwrap();
            assert_eq!(pixels(media_type, &bytes), Some(Pixels { width: 300, height: 200 }), "{media_type}");
            for len in 0..bytes.len().min(24) {
                assert_eq!(pixels(media_type, &bytes[..len]), None, "{media_type} cut to {len} bytes");
            }
        }
        assert_eq!(media_type(b"BM\0\0"), None);
    }
}
