//! The pictures of the tray icon.

use super::tray_state::TrayState;
use tauri::AppHandle;
use tauri::image::Image;

/// A template image: the menu bar of macOS draws its shape in light or dark.
#[cfg(target_os = "macos")]
pub fn plain(_app: &AppHandle) -> Option<Image<'static>> {
    Some(tauri::include_image!("icons/tray-template.png"))
}

/// The icon without a mark.
#[cfg(not(target_os = "macos"))]
pub fn plain(app: &AppHandle) -> Option<Image<'static>> {
    app.default_window_icon().map(|picture| picture.clone().to_owned())
}

/// The icon with a mark for this state in its lower right corner: amber if something waits for the person, green while agents work. Without a
/// network it is faded.
pub fn marked(plain: &Image<'_>, state: TrayState) -> Image<'static> {
    let (width, height) = (plain.width(), plain.height());
    let mut pixels = plain.rgba().to_vec();
    match state {
        TrayState::Idle => {}
        TrayState::Offline => pixels.chunks_exact_mut(4).for_each(|pixel| pixel[3] /= 3),
        TrayState::Working => dot(&mut pixels, width, height, [0x2f, 0xa3, 0x6b]),
        TrayState::Waiting { .. } => dot(&mut pixels, width, height, [0xe8, 0x8a, 0x00]),
    }
    Image::new_owned(pixels, width, height)
}

/// Draws a dot with a transparent ring around it, so that it stands out on every icon and background.
fn dot(pixels: &mut [u8], width: u32, height: u32, [red, green, blue]: [u8; 3]) {
    let radius = i64::from(width.min(height)) / 4;
    let ring = radius + radius / 4 + 1;
    let (centre_x, centre_y) = (i64::from(width) - radius - 1, i64::from(height) - radius - 1);
    for (index, pixel) in pixels.chunks_exact_mut(4).enumerate() {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        let (x, y) = (index % i64::from(width) - centre_x, index / i64::from(width) - centre_y);
        let distance = x * x + y * y;
        if distance <= radius * radius {
            pixel.copy_from_slice(&[red, green, blue, 0xff]);
        } else if distance <= ring * ring {
            pixel[3] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixel(image: &Image<'_>, x: u32, y: u32) -> [u8; 4] {
        let start = ((y * image.width() + x) * 4) as usize;
        image.rgba()[start..start + 4].try_into().unwrap()
    }

    #[test]
    fn the_mark_is_in_the_corner_and_the_rest_stays() {
        let plain = Image::new_owned(vec![0x10; 32 * 32 * 4], 32, 32);
        assert_eq!(marked(&plain, TrayState::Idle).rgba(), plain.rgba());
        let waiting = marked(&plain, TrayState::of(2, 0, false, false));
        assert_eq!(pixel(&waiting, 23, 23), [0xe8, 0x8a, 0x00, 0xff]);
        assert_eq!(pixel(&waiting, 2, 2), [0x10; 4]);
        assert_eq!(pixel(&waiting, 23, 13)[3], 0, "the ring");
        assert_eq!(pixel(&marked(&plain, TrayState::Offline), 2, 2)[3], 0x05);
    }
}
