//! Builds again when a migration is added: they are embedded, and cargo does not see them.
fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
