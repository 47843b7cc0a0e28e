//! SQLite and PostgreSQL have the same migrations: same numbers, same names.

use crate::repository::root;

fn names(database: &str) -> Vec<String> {
    let folder = std::fs::read_dir(root().join("migrations").join(database)).unwrap();
    let mut names: Vec<String> = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn both_databases_have_the_same_migrations() {
    let sqlite = names("sqlite");
    assert_eq!(sqlite, names("postgres"));
    for (index, name) in sqlite.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", index + 1)), "{name} is not number {}", index + 1);
    }
}
