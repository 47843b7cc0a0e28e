//! Every chore of the project.

mod bindings;

fn main() {
    bindings::write();
}
