//! TypeScript for the window, generated from `growqr-wire`. A tidy test compares the committed file with it.

use crate::{Failure, machine};

/// Writes the committed file anew.
pub fn write() -> Result<(), Failure> {
    let path = machine::root().join("ui/src/bridge/wire.ts");
    std::fs::write(&path, growqr_wire::typescript()).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    Ok(())
}
