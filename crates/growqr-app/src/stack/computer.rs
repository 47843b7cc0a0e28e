//! Which computer this is. Several may share one Docker, and so may the systems of one (Windows and WSL).

use growqr_core::id::sha256_hex;

/// The length of the id, in hexadecimal digits.
const LENGTH: usize = 16;

/// The id of this computer and its system; `None` if the system has none.
pub(crate) fn id() -> Option<String> {
    // A hash: the system's own id is not for others (machine-id(5)).
    let hashed = |id: String| sha256_hex(format!("{}\0growqr", id.trim()).as_bytes())[..LENGTH].to_owned();
    // What images of systems have before their first start.
    let is_one = |id: &String| !matches!(id.trim(), "" | "uninitialized");
    machine_uid::get().ok().filter(is_one).map(hashed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_stays_and_does_not_tell_the_id_of_the_system() {
        let (Some(id), Ok(of_the_system)) = (id(), machine_uid::get()) else {
            return growqr_testkit::skipped("this system has no id");
        };
        assert_eq!(super::id().as_ref(), Some(&id));
        assert!(id.len() == LENGTH && !of_the_system.contains(&id), "{id}");
    }
}
