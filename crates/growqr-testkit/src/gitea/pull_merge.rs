//! Merges pull requests in the bare repository, in the three ways that a person chooses from.

use super::bare::Bare;
use super::state::Pull;
use std::io;

/// How a pull request is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// A commit with two parents.
    Merge,
    /// Its commits again, on top of the base branch.
    Rebase,
    /// One commit.
    Squash,
}

/// Merges a pull request and moves its base branch. Returns the new commit of that branch.
pub(super) fn merge(bare: &Bare, pull: &Pull, style: Style, by: (&str, &str)) -> io::Result<String> {
    let onto = bare.head(&pull.base).ok_or_else(|| io::Error::other("the base branch is gone"))?;
    let message = |text: String| format!("{text}\n\nReviewed-on: pulls/{}\n", pull.number);
    let merged = match style {
        Style::Merge => {
            let tree = line(bare, &["merge-tree", "--write-tree", &onto, &pull.tip])?;
            let text =
                message(format!("Merge pull request '{}' (#{}) from {} into {}", pull.title, pull.number, pull.head, pull.base));
            commit(bare, &tree, &[&onto, &pull.tip], by, &text)?
        }
        Style::Squash => {
            let tree = line(bare, &["merge-tree", "--write-tree", &onto, &pull.tip])?;
            commit(bare, &tree, &[&onto], by, &message(format!("{} (#{})", pull.title, pull.number)))?
        }
        Style::Rebase => rebased(bare, &onto, &pull.tip)?,
    };
    bare.git(&["update-ref", &format!("refs/heads/{}", pull.base), &merged, &onto], None)?;
    Ok(merged)
}

/// The commits of `tip` on top of `onto`. Without other commits there they stay the same.
fn rebased(bare: &Bare, onto: &str, tip: &str) -> io::Result<String> {
    if line(bare, &["merge-base", onto, tip])? == onto {
        return Ok(tip.to_owned());
    }
    let commits = bare.git(&["rev-list", "--reverse", "--no-merges", &format!("{onto}..{tip}")], None)?;
    let mut top = onto.to_owned();
    for id in String::from_utf8_lossy(&commits).lines() {
        let base = format!("--merge-base={id}^");
        let tree = line(bare, &["merge-tree", "--write-tree", &base, &top, id])?;
        let [name, email, _, message] = bare.describe(id).ok_or_else(|| io::Error::other("a commit cannot be read"))?;
        top = commit(bare, &tree, &[&top], (&name, &email), &message)?;
    }
    Ok(top)
}

fn commit(bare: &Bare, tree: &str, parents: &[&str], (name, email): (&str, &str), message: &str) -> io::Result<String> {
    let (name, email) = (format!("user.name={name}"), format!("user.email={email}"));
    let mut arguments = vec!["-c", &name, "-c", &email, "commit-tree", tree];
    parents.iter().for_each(|parent| arguments.extend(["-p", *parent]));
    let made = bare.git(&arguments, Some(message.as_bytes()))?;
    Ok(String::from_utf8_lossy(&made).trim_end().to_owned())
}

/// The first line that a command writes.
fn line(bare: &Bare, arguments: &[&str]) -> io::Result<String> {
    let written = bare.git(arguments, None)?;
    Ok(String::from_utf8_lossy(&written).lines().next().unwrap_or_default().to_owned())
}
