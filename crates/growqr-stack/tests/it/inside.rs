//! What a program in a container sees and can do.

use crate::desk::{CANARY, answers, shared, stack, wanted};
use growqr_core::secret::Secret;
use growqr_stack::{ContainerPart, Exec, FolderUse, Stack, StackError};
use std::time::Duration;

async fn says(stack: &Stack, part: ContainerPart, script: &str) -> String {
    let id = stack.container(part).await.unwrap().id;
    let done = stack.daemon().exec(&id, &Exec::new(["sh", "-c", script])).await.unwrap();
    format!("{}{}", done.output, done.error).trim().to_owned()
}

#[tokio::test]
async fn the_containers_are_hardened() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let wanted = wanted();
    stack.reconcile(&wanted, |_| {}).await.unwrap();
    for part in ContainerPart::ALL {
        answers(wanted.spec(part).unwrap().port.host).await;
        let status = says(&stack, part, "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status").await;
        let values: Vec<_> = status.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
        assert_eq!(values, ["0000000000000000", "0000000000000000", "1", "2"], "{status}");
        assert_eq!(says(&stack, part, "id -u").await, "1000");
        for path in ["/x", "/bin/x", "/etc/x"] {
            let refused = says(&stack, part, &format!("touch {path}")).await;
            assert!(refused.contains("Read-only file system"), "{path}: {refused}");
        }
        assert_eq!(says(&stack, part, "touch /tmp/y && stat -c %a /tmp").await, "1777");
        assert!(says(&stack, part, "grep ' /tmp ' /proc/mounts").await.contains("nosuid,nodev,noexec"));
        assert!(says(&stack, part, "cat /proc/1/comm").await.contains("docker-init"));
        let id = stack.container(part).await.unwrap().id;
        let ports = host.docker(&["inspect", "-f", "{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}} {{end}}{{end}}", &id]);
        assert_eq!(ports.trim(), "127.0.0.1");
        let limits =
            "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.PidsLimit}} {{.HostConfig.RestartPolicy.Name}}";
        let spec = wanted.spec(part).unwrap();
        let expected = format!("{0} {0} {1} no", spec.memory, spec.pids);
        assert_eq!(host.docker(&["inspect", "-f", limits, &id]), expected);
    }
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn opencode_owns_its_volumes_reads_its_configuration_and_finds_the_host() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let wanted = wanted();
    stack.reconcile(&wanted, |_| {}).await.unwrap();
    answers(wanted.spec(ContainerPart::OpenCode).unwrap().port.host).await;
    let part = ContainerPart::OpenCode;
    assert_eq!(says(&stack, part, "stat -c %u:%g /data /workspace /opt/growqr/opencode").await, "1000:1000\n1000:1000\n0:0");
    assert_eq!(says(&stack, part, "cat /opt/growqr/opencode/opencode.json").await, "{}");
    assert!(says(&stack, part, "touch /opt/growqr/opencode/x").await.contains("Read-only file system"));
    let gateway = stack.daemon().host_gateway().await.unwrap().unwrap();
    let hosts = says(&stack, part, "grep host.docker.internal /etc/hosts").await;
    assert_eq!(hosts.split_whitespace().next(), Some(gateway.to_string().as_str()), "{hosts}");
    let networks = stack.observe().await.unwrap().networks;
    assert!(networks.iter().all(|network| network.gateway.is_some_and(|address| address != gateway)), "{networks:?}");
    assert_eq!(says(&stack, part, "pwd").await, "/workspace");
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn a_folder_of_the_person_is_read_only_unless_allowed_and_a_missing_one_is_named() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let folder = tempfile::tempdir().unwrap();
    std::process::Command::new("chmod").arg("777").arg(folder.path()).status().unwrap();
    std::fs::write(folder.path().join("note"), "mine").unwrap();
    let use_ = |target: &str, writable| FolderUse { source: folder.path().to_owned(), target: target.to_owned(), writable };
    let mut wanted = wanted();
    wanted.gitea = None;
    wanted.opencode.as_mut().unwrap().folders = vec![use_("/workspace/notes", false), use_("/workspace/out", true)];
    stack.reconcile(&wanted, |_| {}).await.unwrap();
    let part = ContainerPart::OpenCode;
    assert_eq!(says(&stack, part, "cat /workspace/notes/note").await, "mine");
    assert!(says(&stack, part, "touch /workspace/notes/x").await.contains("Read-only file system"));
    assert_eq!(says(&stack, part, "echo theirs >/workspace/out/y").await, "");
    assert_eq!(std::fs::read_to_string(folder.path().join("y")).unwrap(), "theirs\n");
    let missing = folder.path().join("gone");
    wanted.opencode.as_mut().unwrap().folders[0].source = missing.clone();
    let refused = stack.reconcile(&wanted, |_| {}).await.unwrap_err();
    assert!(matches!(&refused, StackError::FolderMissing(path) if *path == missing.display().to_string()), "{refused}");
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn a_command_gets_secrets_by_variable_or_input_and_ends_at_its_limit() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    stack.reconcile(&wanted(), |_| {}).await.unwrap();
    let id = stack.container(ContainerPart::Gitea).await.unwrap().id;
    let daemon = stack.daemon();
    let secret = Secret::new(CANARY);
    let exec = Exec {
        environment: vec![("WORD".to_owned(), secret.clone())],
        input: Some(secret),
        ..Exec::new(["sh", "-c", "echo \"$WORD\"; cat; echo trouble >&2; exit 3"])
    };
    let done = daemon.exec(&id, &exec).await.unwrap();
    assert_eq!((done.code, done.output.as_str(), done.error.as_str()), (3, "canary5f1c\ncanary5f1c", "trouble\n"));
    assert!(!format!("{exec:?} {done:?}").contains(CANARY));
    let slow = Exec { limit: Duration::from_secs(1), ..Exec::new(["sleep", "60"]) };
    assert!([124, 143].contains(&daemon.exec(&id, &slow).await.unwrap().code));
    assert_eq!(daemon.exec(&id, &Exec::new(["no-such-program"])).await.unwrap().code, 127);
    stack.reset().await.unwrap();
}

#[tokio::test]
async fn logs_memory_and_disk_are_told() {
    let Some(host) = shared() else { return };
    let stack = stack(host).await;
    let wanted = wanted();
    stack.reconcile(&wanted, |_| {}).await.unwrap();
    answers(wanted.spec(ContainerPart::OpenCode).unwrap().port.host).await;
    let id = stack.container(ContainerPart::OpenCode).await.unwrap().id;
    let lines = stack.daemon().logs(&id, 10).await.unwrap();
    assert_eq!(lines[0].text, "opencode serve --hostname 0.0.0.0 --port 4096");
    let memory = stack.daemon().memory(&id).await.unwrap();
    assert!(memory.used > 0 && memory.limit == 64 << 20, "{memory:?}");
    says(&stack, ContainerPart::OpenCode, "dd if=/dev/zero of=/workspace/big bs=1M count=3").await;
    let disk = stack.daemon().disk(&id, &["/workspace", "/data"]).await.unwrap();
    assert!(disk.paths[0].0 == "/workspace" && disk.paths[0].1 >= 3 << 20, "{disk:?}");
    stack.reset().await.unwrap();
}
