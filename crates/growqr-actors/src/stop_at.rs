//! Places at which a test stops the program.

/// For tests that kill the program: waits for that at this place.
pub(crate) async fn stop_at(place: &str) {
    #[cfg(feature = "stop-points")]
    if crate::stop_points::is_here(place) {
        std::future::pending::<()>().await;
    }
    #[cfg(not(feature = "stop-points"))]
    let _ = place;
}
