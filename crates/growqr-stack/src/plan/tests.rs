use super::*;
use crate::gitea_spec::{GiteaSettings, gitea_spec};
use crate::observe::{NetworkOf, RealVolume};
use crate::opencode_spec::{OpenCodeSettings, opencode_spec};
use growqr_core::secret::Secret;

fn scope() -> Scope {
    Scope::new("install", "local")
}

fn wanted() -> Wanted {
    Wanted {
        gitea: Some(gitea_spec(&GiteaSettings::new(42000, Secret::new("key")))),
        opencode: Some(opencode_spec(&OpenCodeSettings::new(42001, Secret::new("word"), Secret::new("{}")))),
        ..Wanted::default()
    }
}

/// Carries out steps on the model of a daemon.
fn carry_out(real: &mut Real, step: &Step, wanted: &Wanted) {
    let set = |real: &mut Real, id: &str, status| {
        real.containers.iter_mut().find(|container| container.id == id).unwrap().status = status;
    };
    match step {
        Step::RemoveNetwork { id, .. } => real.networks.retain(|network| network.id != *id),
        Step::CreateNetwork(part) => {
            let id = format!("net-{}-{}", part.word(), real.networks.len());
            real.networks.push(RealNetwork { id, part: part.word().to_owned(), ..RealNetwork::default() });
        }
        Step::CreateVolume(part) => {
            real.volumes.push(RealVolume { name: scope().name(part.word()), ..RealVolume::default() });
        }
        Step::FillVolumes(part) => {
            let is_there = |name: String| real.volumes.iter().any(|volume| volume.name == name);
            let volumes = &wanted.spec(*part).unwrap().volumes;
            assert!(volumes.iter().all(|use_| is_there(scope().name(use_.volume.word()))), "they are created first");
        }
        Step::RemoveContainer { id, .. } => real.containers.retain(|container| container.id != *id),
        Step::CreateContainer(part) => {
            let spec = wanted.spec(*part).unwrap();
            let network = NetworkOf::Id(kept_network(spec, real).unwrap().id.clone());
            let id = format!("c-{}-{}", part.word(), real.containers.len());
            let part = part.word().to_owned();
            real.containers.push(RealContainer { id, part, network, config: spec.hash(), ..RealContainer::default() });
        }
        Step::Unpause { id, .. } | Step::Start { id, .. } => set(real, id, Status::Running),
        Step::Stop { id, .. } => set(real, id, Status::Exited),
    }
}

/// Plans and carries out until nothing is left to do.
fn arrive(real: &mut Real, wanted: &Wanted) -> Vec<Step> {
    let mut all = Vec::new();
    for _ in 0..4 {
        let steps = plan(&scope(), wanted, real).unwrap();
        if steps.is_empty() {
            return all;
        }
        steps.iter().for_each(|step| carry_out(real, step, wanted));
        all.extend(steps);
    }
    panic!("does not arrive: {all:?}");
}

fn running() -> Real {
    let mut real = Real::default();
    arrive(&mut real, &wanted());
    real
}

#[test]
fn from_nothing_everything_is_created_and_started() {
    let mut real = Real::default();
    let steps = arrive(&mut real, &wanted());
    assert_eq!(steps.len(), 2 + 5 + 2 + 2 + 2, "{steps:?}");
    assert!(real.containers.iter().all(|container| container.status == Status::Running));
}

#[test]
fn what_runs_already_is_adopted_without_a_step() {
    assert_eq!(plan(&scope(), &wanted(), &running()).unwrap(), []);
}

#[test]
fn stopped_after_any_step_it_arrives() {
    let total = arrive(&mut Real::default(), &wanted()).len();
    for stop_after in 0..total {
        let mut real = Real::default();
        let mut left = stop_after;
        while left > 0 {
            let steps = plan(&scope(), &wanted(), &real).unwrap();
            steps.iter().take(left).for_each(|step| carry_out(&mut real, step, &wanted()));
            left -= steps.len().min(left);
        }
        arrive(&mut real, &wanted());
        assert_eq!(real.containers.len(), 2);
        assert_eq!(real.networks.len(), 2);
    }
}

#[test]
fn other_settings_replace_one_container_and_leave_the_other() {
    let mut real = running();
    let mut wanted = wanted();
    wanted.gitea.as_mut().unwrap().port.host = 42007;
    let steps = arrive(&mut real, &wanted);
    assert!(steps.iter().all(|step| step.part() == ContainerPart::Gitea), "{steps:?}");
    assert!(matches!(steps[0], Step::RemoveContainer { why: Unfit::OtherSettings, .. }));
}

#[test]
fn a_container_whose_network_is_gone_is_replaced() {
    let mut real = running();
    real.networks.retain(|network| network.part != NetworkPart::Work.word());
    let steps = arrive(&mut real, &wanted());
    assert!(steps.iter().any(|step| matches!(step, Step::RemoveContainer { why: Unfit::NoNetwork, .. })), "{steps:?}");
}

#[test]
fn of_two_networks_the_one_in_use_is_kept() {
    let mut real = running();
    let twin = RealNetwork { id: "a-twin".to_owned(), part: "git".to_owned(), ..RealNetwork::default() };
    real.networks.insert(0, twin);
    let steps = arrive(&mut real, &wanted());
    assert_eq!(steps, [Step::RemoveNetwork { part: NetworkPart::Git, id: "a-twin".to_owned() }]);
}

#[test]
fn a_second_network_is_removed_before_the_container_starts() {
    let mut real = running();
    real.containers[0].status = Status::Exited;
    let twin = RealNetwork { id: "a-twin".to_owned(), part: "git".to_owned(), ..RealNetwork::default() };
    real.networks.insert(0, twin);
    let steps = arrive(&mut real, &wanted());
    assert!(matches!(steps.as_slice(), [Step::RemoveNetwork { .. }, Step::Start { .. }]), "{steps:?}");
}

#[test]
fn what_is_not_wanted_now_is_stopped_and_kept() {
    let mut real = running();
    let steps = arrive(&mut real, &Wanted { opencode: None, ..wanted() });
    assert!(matches!(steps.as_slice(), [Step::Stop { part: ContainerPart::OpenCode, .. }]), "{steps:?}");
    assert_eq!(real.containers.len(), 2);
}

#[test]
fn paused_goes_on_and_a_left_over_is_removed() {
    let mut real = running();
    real.containers[0].status = Status::Paused;
    let seed = RealContainer { id: "seed".to_owned(), part: "opencode-seed".to_owned(), ..RealContainer::default() };
    real.containers.push(seed);
    let steps = arrive(&mut real, &wanted());
    assert!(matches!(steps[0], Step::RemoveContainer { why: Unfit::LeftOver, .. }), "{steps:?}");
    assert!(matches!(steps[1], Step::Unpause { .. }), "{steps:?}");
}

#[test]
fn a_volume_of_somebody_else_is_refused() {
    let foreign_volumes = vec![scope().name("gitea-data")];
    let refused = plan(&scope(), &wanted(), &Real { foreign_volumes, ..Real::default() });
    assert!(matches!(refused, Err(StackError::NameTaken { what: "volume", .. })), "{refused:?}");
}

#[test]
fn an_untouched_part_runs_on_while_the_other_one_is_stopped() {
    let untouched = Wanted { untouched: [ContainerPart::Gitea].into(), ..Wanted::default() };
    let real = running();
    let id = real.container(ContainerPart::OpenCode).unwrap().id.clone();
    assert_eq!(plan(&scope(), &untouched, &real).unwrap(), [Step::Stop { part: ContainerPart::OpenCode, id }]);
}
