//! The root folder of the image with OpenCode.

use growqr_testkit::opencode::{binary, image_root};
use growqr_testkit::skipped;
use std::process::Command;

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "images are of Linux")]
fn the_programs_of_the_image_run_with_nothing_but_its_root_folder() {
    if binary().is_none() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !is_root {
        return skipped("the root folder of the image: its owners can be set only by root");
    }
    image_root(root.path()).unwrap();
    // A container has these devices; git opens both.
    std::fs::write(root.path().join("dev/null"), "").unwrap();
    std::fs::write(root.path().join("dev/urandom"), [7; 4096]).unwrap();
    let run = |words: &[&str]| {
        let output =
            Command::new("/usr/sbin/chroot").arg(root.path()).args(words).env_clear().env("HOME", "/tmp").output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    };
    // OpenCode itself crashes without /proc, which only a container has. Its loader tells whether a library is missing.
    let loader = if cfg!(target_arch = "aarch64") { "/lib/ld-linux-aarch64.so.1" } else { "/lib64/ld-linux-x86-64.so.2" };
    let libraries = run(&[loader, "--list", "/usr/local/bin/opencode"]);
    assert!(libraries.contains("libc.so.6") && !libraries.contains("not found"), "{libraries}");
    assert!(run(&["/usr/bin/rg", "--version"]).starts_with("ripgrep "));
    let script = "cd /tmp && git init -q --template= x && cd x && echo a > a && git add a && git -c user.name=a -c user.email=a@b commit -qm a \
                  && git log --format=%s && ls && sed s/a/b/ a";
    assert_eq!(run(&["/bin/sh", "-c", &format!("export PATH=/usr/bin; {script}")]), "a\na\nb\n");
}
