//! The root file system of a container image with the stand-in: what `docker import` takes.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `docker import` is to be told with `--change`, so that the image has the shape of `gitea/gitea:…-rootless`.
pub const IMPORT_CHANGES: &[&str] = &[
    "USER 1000:1000",
    "VOLUME [\"/var/lib/gitea\", \"/etc/gitea\"]",
    "EXPOSE 2222/tcp 3000/tcp",
    "ENV GITEA_WORK_DIR=/var/lib/gitea GITEA_CUSTOM=/var/lib/gitea/custom GITEA_APP_INI=/etc/gitea/app.ini \
     GITEA_TEMP=/tmp/gitea TMPDIR=/tmp/gitea HOME=/var/lib/gitea/git PATH=/usr/local/bin:/usr/bin:/bin",
    "WORKDIR /var/lib/gitea",
    "ENTRYPOINT [\"/usr/local/bin/docker-entrypoint.sh\"]",
];

/// The user of the image.
const USER: u32 = 1000;

const WRAPPER: &str = "#!/bin/sh\nexport GITEA_WORK_DIR=\"${GITEA_WORK_DIR:-/var/lib/gitea}\"\n\
                       export GITEA_APP_INI=\"${GITEA_APP_INI:-/etc/gitea/app.ini}\"\nexec /app/gitea/gitea \"$@\"\n";

const ENTRYPOINT: &str = "#!/bin/sh\n\
    mkdir -p \"$HOME\" 2>/dev/null\n\
    if [ ! -w \"$HOME\" ]; then echo \"$HOME is not writable\"; echo 'docker setup failed'; exit 1; fi\n\
    mkdir -p \"$GITEA_TEMP\" && chmod 0700 \"$GITEA_TEMP\" || exit 1\n\
    [ $# -gt 0 ] && exec \"$@\"\n\
    exec /usr/local/bin/gitea web\n";

/// Programs of busybox that the scripts and git's hooks use.
const APPLETS: &[&str] =
    &["sh", "cat", "ls", "mkdir", "chmod", "echo", "sleep", "timeout", "kill", "ps", "df", "dd", "rm", "id", "head", "od", "tr"];

/// The program `gitea` of this crate, built now if it is not there.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this program");
    let profile = test.ancestors().find(|folder| folder.join("deps").is_dir()).expect("a target folder").to_owned();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", "growqr-testkit", "--bin", "gitea"]);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().expect("cargo starts").success(), "the stand-in of Gitea cannot be built");
    profile.join("gitea")
}

/// Fills the empty folder `root` with the file system: this `gitea` program, the installed git with its libraries, busybox as
/// the shell, user 1000, and the folders of the two volumes.
///
/// # Errors
/// If a part is missing on this computer (git, a static busybox, ldd), or the process may not give files to user 1000.
pub fn image_root(root: &Path, gitea: &Path) -> io::Result<()> {
    for folder in ["app/gitea", "bin", "dev", "etc/gitea", "proc", "sys", "tmp", "usr/bin", "usr/local/bin", "var/lib/gitea/git"]
    {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\ngit:x:1000:1000:git:/var/lib/gitea/git:/bin/sh\n")?;
    fs::write(root.join("etc/group"), "root:x:0:\ngit:x:1000:\n")?;
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777))?;
    let busybox = found(&["/bin/busybox", "/usr/bin/busybox"])?;
    if !libraries(&busybox)?.is_empty() {
        return Err(io::Error::other(format!("{} is not static", busybox.display())));
    }
    copy(&busybox, &root.join("bin/busybox"))?;
    for applet in APPLETS {
        symlink("busybox", root.join("bin").join(applet))?;
    }
    install_git(root)?;
    copy(gitea, &root.join("app/gitea/gitea"))?;
    copy_libraries(root, gitea)?;
    script(&root.join("usr/local/bin/gitea"), WRAPPER)?;
    script(&root.join("usr/local/bin/docker-entrypoint.sh"), ENTRYPOINT)?;
    for volume in ["etc/gitea", "var/lib/gitea", "var/lib/gitea/git"] {
        chown(root.join(volume), Some(USER), Some(USER))?;
    }
    Ok(())
}

/// Copies git: the program, and the one that serves HTTP.
fn install_git(root: &Path) -> io::Result<()> {
    let folder = Command::new("git").arg("--exec-path").output()?;
    let folder = PathBuf::from(String::from_utf8_lossy(&folder.stdout).trim());
    let inside = root.join(folder.strip_prefix("/").unwrap_or(&folder));
    fs::create_dir_all(&inside)?;
    for program in ["git", "git-http-backend"] {
        let file = folder.join(program).canonicalize()?;
        copy(&file, &inside.join(program))?;
        copy_libraries(root, &file)?;
    }
    let git = folder.join("git");
    symlink(git, root.join("usr/bin/git"))
}

fn copy_libraries(root: &Path, program: &Path) -> io::Result<()> {
    for library in libraries(program)? {
        let target = root.join(library.strip_prefix("/").unwrap_or(&library));
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        copy(&library, &target)?;
    }
    Ok(())
}

/// The shared libraries of a program, and its loader.
fn libraries(program: &Path) -> io::Result<Vec<PathBuf>> {
    let listing = Command::new("ldd").arg(program).output()?;
    let listing = String::from_utf8_lossy(&listing.stdout).into_owned();
    let path = |line: &str| line.split_whitespace().find(|word| word.starts_with('/')).map(PathBuf::from);
    Ok(listing.lines().filter_map(path).collect())
}

fn found(places: &[&str]) -> io::Result<PathBuf> {
    let missing = || io::Error::new(io::ErrorKind::NotFound, format!("there is none of {places:?}"));
    places.iter().map(PathBuf::from).find(|place| place.exists()).ok_or_else(missing)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o755))
}

fn script(file: &Path, text: &str) -> io::Result<()> {
    fs::write(file, text)?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}
