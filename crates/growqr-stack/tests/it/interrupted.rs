//! Killed at any point and started again, it arrives.

use crate::desk::{answers, connect, environment, import_images, shared, stack, wanted, wanted_at};
use growqr_stack::{ContainerPart, Daemon, Scope, Stack, Status, Wanted, plan};
use growqr_testkit::DockerHost;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// The steps of a cold start.
const STEPS: usize = 11;

async fn arrives(stack: &Stack, wanted: &Wanted) {
    let real = stack.reconcile(wanted, |_| {}).await.unwrap();
    assert_eq!((real.containers.len(), real.networks.len(), real.volumes.len()), (2, 2, 5), "{real:?}");
    assert!(real.containers.iter().all(|container| container.status == Status::Running), "{real:?}");
    for part in ContainerPart::ALL {
        answers(wanted.spec(part).unwrap().port.host).await;
    }
}

#[tokio::test]
async fn stopped_after_each_step_it_arrives() {
    let Some(host) = shared() else { return };
    for stop_after in 0..=STEPS {
        let stack = stack(host).await;
        let wanted = wanted();
        let mut left = stop_after;
        while left > 0 {
            let steps = plan(stack.scope(), &wanted, &stack.observe().await.unwrap()).unwrap();
            for step in steps.iter().take(left) {
                stack.execute(step, &wanted).await.unwrap();
            }
            left -= steps.len().min(left);
        }
        arrives(&stack, &wanted).await;
        stack.reset().await.unwrap();
    }
}

/// Runs only as the child of the next test, which kills it.
#[tokio::test]
#[ignore = "the child of the next test"]
async fn child_that_is_killed() {
    let ports = std::env::var("TEST_PORTS").unwrap();
    let (gitea, opencode) = ports.split_once(' ').unwrap();
    let wanted = wanted_at([gitea.parse().unwrap(), opencode.parse().unwrap()]);
    let daemon = Daemon::find(&environment(&std::env::var("DOCKER_HOST").unwrap())).await.unwrap();
    let stack = Stack::new(daemon, Scope::new("killed", std::env::var("TEST_PROFILE").unwrap()));
    stack.reconcile(&wanted, |step| println!("step {step}")).await.unwrap();
}

#[tokio::test]
async fn killed_in_each_step_it_arrives() {
    let Some(host) = shared() else { return };
    for number in 1..=STEPS {
        let ports = [crate::desk::free_port(), crate::desk::free_port()];
        let profile = format!("k{number}");
        kill_in_step(host, number, ports, &profile);
        let stack = Stack::new(connect(host).await, Scope::new("killed", profile));
        arrives(&stack, &wanted_at(ports)).await;
        stack.reset().await.unwrap();
    }
}

/// Runs the child and kills it as soon as it announces this step.
fn kill_in_step(host: &DockerHost, number: usize, ports: [u16; 2], profile: &str) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "interrupted::child_that_is_killed", "--ignored", "--nocapture"])
        .env("DOCKER_HOST", host.address())
        .env("TEST_PORTS", format!("{} {}", ports[0], ports[1]))
        .env("TEST_PROFILE", profile)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut steps = lines.map_while(Result::ok).filter(|line| line.contains("step "));
    assert!(steps.nth(number - 1).is_some(), "the child ends before step {number}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn the_daemon_killed_in_the_middle_and_started_again_it_arrives() {
    let Some(host) = DockerHost::own() else { return };
    import_images(&host);
    let daemon = connect(&host).await;
    let stack = Stack::new(daemon, Scope::new("install", "local"));
    let wanted = wanted();
    arrives(&stack, &wanted).await;
    host.kill();
    let lost = stack.reconcile(&wanted, |_| {}).await.unwrap_err();
    assert!(lost.is_about_the_daemon(), "{lost}");
    host.start();
    arrives(&stack, &wanted).await;
    host.stop();
    host.start();
    arrives(&stack, &wanted).await;
}
