//! The root folder of an image with OpenCode, for `docker import`, so that tests need no registry. Linux only: the programs are
//! those of this system.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs besides OpenCode. The shell and git are used by agents, ripgrep by OpenCode's search tools.
const PROGRAMS: [&str; 4] = ["bash", "busybox", "git", "rg"];
const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";
const ACCOUNTS: [(&str, &str); 3] = [
    ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\ngrow:x:1000:1000:grow:/data:/bin/bash\n"),
    ("etc/group", "root:x:0:\ngrow:x:1000:\n"),
    ("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
];

/// Fills an empty folder. Import it as root with `tar -C dir --numeric-owner -c . | docker import …`, entrypoint `opencode`, user
/// `1000:1000`, work folder `/workspace`.
///
/// # Errors
/// The name of a program that is missing, or the file that could not be copied.
///
/// # Panics
/// If there is no OpenCode and `GROWQR_REQUIRE_OPENCODE` is set.
pub fn image_root(root: &Path) -> Result<(), String> {
    let opencode = super::binary().ok_or("opencode")?;
    for folder in ["usr/local/bin", "usr/bin", "usr/lib", "usr/sbin", "etc/ssl/certs", "opt", "dev", "proc", "sys", "run", "root"]
    {
        fs::create_dir_all(root.join(folder)).map_err(|error| format!("{folder}: {error}"))?;
    }
    for merged in ["bin", "lib", "lib64", "sbin"] {
        let target = if merged == "lib64" { "usr/lib".to_owned() } else { format!("usr/{merged}") };
        link(&target, &root.join(merged))?;
    }
    let mut libraries = BTreeSet::new();
    copy(opencode, &root.join("usr/local/bin/opencode"))?;
    libraries.extend(libraries_of(opencode)?);
    for name in PROGRAMS {
        let program = find(name)?;
        copy(&program, &root.join("usr/bin").join(name))?;
        libraries.extend(libraries_of(&program)?);
    }
    for library in &libraries {
        let name = library.file_name().unwrap_or_default();
        copy(library, &root.join("usr/lib").join(name))?;
    }
    applets(root)?;
    link("bash", &root.join("usr/bin/sh"))?;
    for (path, text) in ACCOUNTS {
        fs::write(root.join(path), text).map_err(|error| format!("{path}: {error}"))?;
    }
    copy(&Path::new("/").join(CERTIFICATES), &root.join(CERTIFICATES))?;
    for (folder, mode, owner) in [("tmp", "1777", "0:0"), ("data", "755", "1000:1000"), ("workspace", "755", "1000:1000")] {
        let path = root.join(folder);
        fs::create_dir_all(&path).map_err(|error| format!("{folder}: {error}"))?;
        run(Command::new("chmod").arg(mode).arg(&path))?;
        run(Command::new("chown").arg(owner).arg(&path))?;
    }
    Ok(())
}

/// The shared libraries of a program, the loader included. Empty for a static one.
fn libraries_of(program: &Path) -> Result<Vec<PathBuf>, String> {
    let output = Command::new("ldd").arg(program).output().map_err(|error| format!("ldd: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // "libc.so.6 => /lib/libc.so.6 (0x…)", or "/lib64/ld-linux-x86-64.so.2 (0x…)".
    Ok(text.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).filter(|path| path.exists()).collect())
}

fn find(name: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| format!("{name} is not installed"))
}

/// Copies the content, also of a link.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", from.display()))
}

/// Links the commands of busybox, but never over a real program.
fn applets(root: &Path) -> Result<(), String> {
    let output = Command::new("busybox").arg("--list").output().map_err(|error| format!("busybox: {error}"))?;
    for name in String::from_utf8_lossy(&output.stdout).lines().filter(|name| *name != "sh" && !name.contains('/')) {
        let place = root.join("usr/bin").join(name);
        if !place.exists() {
            link("busybox", &place)?;
        }
    }
    Ok(())
}

fn link(target: impl AsRef<OsStr>, place: &Path) -> Result<(), String> {
    run(Command::new("ln").arg("-s").arg(target).arg(place))
}

fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}
