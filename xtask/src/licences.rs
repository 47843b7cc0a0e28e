//! Generates the list of the libraries that GrowQR is built with, and their licences. A tidy test checks that the committed list has
//! the packages of both lock files.

use crate::{Failure, command, machine};
use serde_json::Value;
use std::collections::BTreeSet;

/// Writes `ui/src/settings/licences.json`: a row of name, version and licence for each package, by name.
pub fn write() -> Result<(), Failure> {
    let rows = cargo_packages()?.into_iter().chain(npm_packages()?).collect::<BTreeSet<_>>();
    let lines: Vec<String> = rows.iter().map(|row| Value::from(row.to_vec()).to_string()).collect();
    let path = machine::root().join("ui/src/settings/licences.json");
    std::fs::write(&path, format!("[\n{}\n]\n", lines.join(",\n")))
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    Ok(())
}

/// Every package of `Cargo.lock` that is from a registry.
fn cargo_packages() -> Result<Vec<[String; 3]>, Failure> {
    let output = command::cargo(&["metadata", "--format-version", "1", "--locked", "--all-features"]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let is_foreign = |package: &&Value| package["source"].is_string();
    packages.iter().filter(is_foreign).map(|package| row(package["name"].as_str(), package)).collect()
}

/// Every package of `package-lock.json` that is not for development only.
fn npm_packages() -> Result<Vec<[String; 3]>, Failure> {
    let lock: Value = serde_json::from_str(&std::fs::read_to_string(machine::root().join("ui/package-lock.json"))?)?;
    let packages = lock["packages"].as_object().ok_or("package-lock.json lists no packages")?;
    let is_shipped =
        |(path, package): &(&String, &Value)| !path.is_empty() && package["dev"] != true && package["devOptional"] != true;
    packages.iter().filter(is_shipped).map(|(path, package)| row(path.rsplit("node_modules/").next(), package)).collect()
}

fn row(name: Option<&str>, package: &Value) -> Result<[String; 3], Failure> {
    let name = name.ok_or("a package without a name")?;
    let text = |field: &str| package[field].as_str().map(str::to_owned);
    let version = text("version").ok_or_else(|| format!("{name} has no version"))?;
    let licence = text("license").or_else(|| text("license_file").map(|_| "its own, in the package".to_owned()));
    let licence = licence.ok_or_else(|| format!("{name} {version} names no licence"))?;
    // An old way to write the same.
    let licence = licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ");
    Ok([name.to_owned(), version, licence])
}
