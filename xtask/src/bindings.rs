//! TypeScript for the window, generated from `growqr-wire`.

/// Writes the committed file anew.
pub fn write() {
    std::fs::write("ui/src/bridge/wire.ts", growqr_wire::typescript()).expect("the project's folder can be written");
}
