//! Generates the TypeScript types of the window from `growqr-wire`. A tidy test checks that the committed file is current.

use crate::{Failure, machine};

/// Writes `ui/src/bridge/wire.ts`.
pub fn write() -> Result<(), Failure> {
    let path = machine::root().join("ui/src/bridge/wire.ts");
    std::fs::write(&path, growqr_wire::typescript()).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    Ok(())
}
