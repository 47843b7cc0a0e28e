//! What in Docker nobody owns: of profiles of this data folder that are gone, and of data folders that are gone. What another data
//! folder uses is never among it.

use crate::stack::other_folders::{OtherFolder, There};
use growqr_stack::Labelled;
use growqr_wire::{OrphanState, StackOrphan};
use std::collections::{BTreeMap, BTreeSet};

/// Whose things are asked for.
pub(crate) struct Owner<'a> {
    /// The label of the data folder.
    pub(crate) label: &'a str,
    /// The data folder, as containers name it.
    pub(crate) folder: &'a str,
    /// The id of this computer; `None` if the system has none.
    pub(crate) computer: Option<&'a str>,
    /// Its profiles that own what carries their name.
    pub(crate) profiles: &'a [String],
}

/// The things with this program's labels that are not this data folder's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sorted {
    /// What nobody owns.
    pub(crate) left_over: Vec<StackOrphan>,
    /// What other data folders use, or may use.
    pub(crate) of_others: Vec<StackOrphan>,
}

/// The folders that things with other labels than this one name.
pub(crate) fn other_names(things: &[Labelled], label: &str) -> BTreeSet<String> {
    let others = things.iter().filter(|thing| thing.install != label);
    others.filter_map(|thing| thing.folder.clone()).collect()
}

/// Sorts everything that carries this program's labels.
pub(crate) fn sort(things: &[Labelled], owner: &Owner<'_>, folders: &BTreeMap<String, OtherFolder>) -> Sorted {
    let mut named: BTreeMap<&str, Named<'_>> = BTreeMap::new();
    for thing in things {
        let named = named.entry(&thing.install).or_default();
        named.folders.extend(thing.folder.as_deref());
        named.run |= thing.is_running;
        named.places.extend(thing.folder.as_deref().filter(|_| thing.is_place()));
    }
    let mut sorted = Sorted::default();
    for thing in things {
        let verdict = if thing.install == owner.label {
            own(thing, owner)
        } else {
            foreign(thing, owner, &named[&*thing.install], folders)
        };
        match verdict {
            Verdict::Owned => {}
            Verdict::NotOwned(state, folder, why) => {
                let list = if state == OrphanState::LeftOver { &mut sorted.left_over } else { &mut sorted.of_others };
                list.push(shown(thing, owner, state, folder, why));
            }
        }
    }
    sorted
}

/// The folders that the things with one label name.
#[derive(Default)]
struct Named<'a> {
    folders: BTreeSet<&'a str>,
    /// Whether a container of them runs.
    run: bool,
    /// Those that have used them after a move.
    places: BTreeSet<&'a str>,
}

const ELSEWHERE: &str = "another computer made it, or another system on this one";

/// Whose a thing is.
enum Verdict {
    Owned,
    /// Not this data folder's own; with the data folder that it is of, and why.
    NotOwned(OrphanState, Option<String>, String),
}

impl Verdict {
    fn left_over(folder: Option<&str>, why: impl Into<String>) -> Verdict {
        Verdict::NotOwned(OrphanState::LeftOver, folder.map(str::to_owned), why.into())
    }
}

fn own(thing: &Labelled, owner: &Owner<'_>) -> Verdict {
    let folder = Some(owner.folder);
    // A copy of this data folder, in the same place on another computer, has the same label.
    let is_of_a_copy = thing.computer.is_some() && thing.computer.as_deref() != owner.computer;
    if is_of_a_copy && !owner.profiles.contains(&thing.profile) {
        return Verdict::NotOwned(OrphanState::Unclear, folder.map(str::to_owned), ELSEWHERE.to_owned());
    }
    if !owner.profiles.contains(&thing.profile) {
        return Verdict::left_over(folder, format!("the profile {:?} of this data folder is gone", thing.profile));
    }
    if !thing.is_known_part() {
        return Verdict::left_over(folder, "this version of GrowQR does not use it");
    }
    Verdict::Owned
}

fn foreign(thing: &Labelled, owner: &Owner<'_>, named: &Named<'_>, folders: &BTreeMap<String, OtherFolder>) -> Verdict {
    let known = named.folders.iter().filter_map(|name| folders.get_key_value(*name));
    let known: Vec<(&str, &OtherFolder)> = known.map(|(name, folder)| (name.as_str(), folder)).collect();
    let uses = |there: &There| there.place.as_ref().is_some_and(|place| place.label == thing.install);
    let user = known.iter().find_map(|(name, folder)| match folder {
        OtherFolder::There(there) if uses(there) => Some((*name, there)),
        _ => None,
    });
    if let Some((name, there)) = user {
        if there.profiles.contains(&thing.profile) {
            return Verdict::NotOwned(OrphanState::InUse, Some(name.to_owned()), "its data folder uses it".to_owned());
        }
        return Verdict::left_over(Some(name), format!("the profile {:?} of its data folder is gone", thing.profile));
    }
    let unclear = |folder: Option<&&str>, why: &str| {
        Verdict::NotOwned(OrphanState::Unclear, folder.map(|folder| (*folder).to_owned()), why.to_owned())
    };
    let folder = named.places.first().or(named.folders.first());
    // Several computers, or systems on one, may share a Docker: a folder that is not here may be there.
    match thing.computer.as_deref() {
        None => return unclear(folder, "an earlier version made it, and did not write down on which computer"),
        made_on if made_on != owner.computer => {
            return unclear(folder, ELSEWHERE);
        }
        Some(_) => {}
    }
    let unread = |name: &&&str| matches!(folders.get(**name), None | Some(OtherFolder::Unreadable | OtherFolder::NoAnswer));
    if let Some(name) = named.folders.iter().find(unread) {
        return unclear(Some(name), "its data folder cannot be read, and may use it");
    }
    let Some(folder) = folder else { return unclear(None, "it does not say for which data folder it was made") };
    match folders.get(*folder) {
        // A clone of this computer may have the same id.
        Some(OtherFolder::There(_)) if named.run || *folder == owner.folder => {
            unclear(Some(folder), "its data folder does not use it any more, but a clone of this computer may")
        }
        Some(OtherFolder::There(_)) => Verdict::left_over(Some(folder), "its data folder does not use it any more"),
        _ => Verdict::left_over(
            Some(folder),
            "its data folder is not there: removed, or moved and not used since, or on a disk that is not connected",
        ),
    }
}

fn shown(thing: &Labelled, owner: &Owner<'_>, state: OrphanState, folder: Option<String>, why: String) -> StackOrphan {
    StackOrphan {
        kind: thing.kind.word().to_owned(),
        id: thing.id.clone(),
        name: thing.name.clone(),
        profile: thing.profile.clone(),
        own: thing.install == owner.label,
        folder,
        state,
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::place::Place;
    use growqr_stack::LabelledKind;

    fn volume(install: &str, profile: &str, part: &str, folder: Option<&str>) -> Labelled {
        let id = format!("{install}-{profile}-{part}");
        let [install, profile, part] = [install, profile, part].map(str::to_owned);
        let (kind, name, folder) = (LabelledKind::Volume, id.clone(), folder.map(str::to_owned));
        Labelled { kind, name, id, install, profile, part, folder, computer: Some("here".to_owned()), is_running: false }
    }

    fn there(label: &str, profiles: &[&str]) -> OtherFolder {
        let place = Place { label: label.to_owned(), ..Place::default() };
        let profiles = profiles.iter().map(|id| (*id).to_owned()).collect();
        OtherFolder::There(There { place: Some(place), profiles, ..There::default() })
    }

    fn sorted(things: &[Labelled], folders: &[(&str, OtherFolder)]) -> [Vec<(String, bool, Option<String>)>; 2] {
        let folders = folders.iter().map(|(name, folder)| ((*name).to_owned(), folder.clone())).collect();
        let owner = Owner { label: "own", folder: "/own", computer: Some("here"), profiles: &["local".to_owned()] };
        let Sorted { left_over, of_others } = sort(things, &owner, &folders);
        [left_over, of_others].map(|list| list.into_iter().map(|thing| (thing.id, thing.own, thing.folder)).collect())
    }

    fn row(id: &str, own: bool, folder: Option<&str>) -> (String, bool, Option<String>) {
        (id.to_owned(), own, folder.map(str::to_owned))
    }

    #[test]
    fn of_this_data_folder_only_gone_profiles_and_unknown_parts_are_left_over() {
        let things = [
            volume("own", "local", "gitea-data", Some("/own")),
            volume("own", "local", "place", Some("/own")),
            volume("own", "gone", "gitea-data", Some("/before")),
            volume("own", "local", "of-an-old-version", None),
        ];
        let [left_over, of_others] = sorted(&things, &[]);
        let expected = [row("own-gone-gitea-data", true, Some("/own")), row("own-local-of-an-old-version", true, Some("/own"))];
        assert_eq!((left_over.as_slice(), of_others.len()), (expected.as_slice(), 0));
    }

    #[test]
    fn what_a_data_folder_uses_is_of_another_and_what_its_gone_profile_had_is_left_over() {
        let things = [volume("a", "local", "gitea-data", Some("/a")), volume("a", "gone", "gitea-data", Some("/a"))];
        let [left_over, of_others] = sorted(&things, &[("/a", there("a", &["local"]))]);
        assert_eq!(left_over, [row("a-gone-gitea-data", false, Some("/a"))]);
        assert_eq!(of_others, [row("a-local-gitea-data", false, Some("/a"))]);
    }

    #[test]
    fn a_folder_that_is_gone_has_leftovers_unless_another_one_that_names_itself_uses_them() {
        let things = [volume("a", "local", "gitea-data", Some("/a")), volume("a", "local", "place", Some("/moved"))];
        let moved = ("/moved", there("a", &["local"]));
        let gone = |name| (name, OtherFolder::Missing);
        let [left_over, of_others] = sorted(&things, &[gone("/a"), moved]);
        assert_eq!((left_over.len(), of_others.len()), (0, 2));
        let [left_over, _] = sorted(&things, &[gone("/a"), gone("/moved")]);
        let expected = [row("a-local-gitea-data", false, Some("/moved")), row("a-local-place", false, Some("/moved"))];
        assert_eq!(left_over, expected);
        // It has containers of its own now.
        let [left_over, _] = sorted(&things, &[gone("/a"), ("/moved", there("b", &["local"]))]);
        assert_eq!(left_over.len(), 2);
    }

    #[test]
    fn what_may_be_in_use_is_kept() {
        let things = [volume("a", "local", "gitea-data", Some("/a")), volume("old", "local", "gitea-data", None)];
        for folders in [&[("/a", OtherFolder::Unreadable)][..], &[]] {
            let [left_over, of_others] = sorted(&things, folders);
            let expected = [row("a-local-gitea-data", false, Some("/a")), row("old-local-gitea-data", false, None)];
            assert_eq!((left_over.as_slice(), of_others.as_slice()), (&[][..], expected.as_slice()));
        }
    }

    #[test]
    fn what_another_computer_or_an_earlier_version_made_is_kept_although_its_folder_is_not_here() {
        for computer in [Some("there"), None] {
            let mut thing = volume("a", "local", "gitea-data", Some("/a"));
            thing.computer = computer.map(str::to_owned);
            let [left_over, of_others] = sorted(&[thing], &[("/a", OtherFolder::Missing)]);
            assert_eq!((left_over.len(), of_others), (0, vec![row("a-local-gitea-data", false, Some("/a"))]));
        }
    }

    #[test]
    fn what_a_copy_or_a_clone_of_this_computer_may_use_is_kept() {
        // A copy of this data folder in the same place on another computer has a profile more.
        let of_copy = Labelled { computer: Some("there".to_owned()), ..volume("own", "more", "gitea-data", Some("/own")) };
        // A clone has this computer's id, and its data folder is in the same place.
        let of_clone = volume("clone", "local", "gitea-data", Some("/own"));
        let runs = Labelled { is_running: true, ..of_clone.clone() };
        let [left_over, of_others] = sorted(&[of_copy, of_clone, runs], &[("/own", there("own", &["local"]))]);
        assert_eq!((left_over.len(), of_others.len()), (0, 3));
    }
}
