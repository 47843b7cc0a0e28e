//! Images from a registry.

use crate::desk::{connect, free_port, shared};
use crate::registry::Registry;
use futures_util::StreamExt;
use growqr_stack::{Daemon, ImageProblem, PullProgress, PullTotals, StackError};
use std::process::Command;

/// A layer with one file of this size.
fn layer(name: &str, size: usize) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), vec![b'x'; size]).unwrap();
    Command::new("tar").arg("-C").arg(folder.path()).args(["-c", "."]).output().unwrap().stdout
}

async fn pull(daemon: &Daemon, image: &str) -> Result<Vec<PullProgress>, StackError> {
    daemon.pull(image).collect::<Vec<_>>().await.into_iter().collect()
}

#[tokio::test]
async fn a_pull_tells_its_progress_by_layer_and_the_image_is_found_by_its_digest() {
    let Some(host) = shared() else { return };
    let daemon = connect(host).await;
    let layers = [layer("big", 2 << 20), layer("small", 100)];
    let sizes = layers.each_ref().map(|layer| layer.len() as u64);
    let registry = Registry::start(&layers);
    let image = format!("127.0.0.1:{}/growqr/one:1@{}", registry.port, registry.digest);
    assert_eq!(daemon.image(&image).await.unwrap(), None);
    let messages = pull(&daemon, &image).await.unwrap();
    let mut totals = PullTotals::default();
    let mut seen = Vec::new();
    for message in &messages {
        totals.apply(message);
        seen.push(totals.bytes().0);
    }
    assert_eq!(totals.layers.len(), 2, "{totals:?}");
    assert!(totals.layers.values().all(|layer| layer.status == "Pull complete"), "{totals:?}");
    assert!(seen.iter().any(|done| *done > 0 && *done < sizes[0]), "no progress within a layer: {seen:?}");
    let facts = daemon.image(&image).await.unwrap().unwrap();
    assert!(facts.digests[0].ends_with(&registry.digest) && facts.size >= 2 << 20, "{facts:?}");
    assert!(pull(&daemon, &image).await.unwrap().iter().any(|message| message.status.contains("up to date")));
}

#[tokio::test]
async fn an_unknown_image_and_an_unreachable_registry_are_told_apart() {
    let Some(host) = shared() else { return };
    let daemon = connect(host).await;
    let registry = Registry::start(&[]);
    let problem = async |image: String| match pull(&daemon, &image).await {
        Err(StackError::ImageUnavailable { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(problem(format!("127.0.0.1:{}/growqr/other:1", registry.port)).await, ImageProblem::NotThere);
    assert_eq!(problem(format!("127.0.0.1:{}/growqr/one:1", free_port())).await, ImageProblem::NoNetwork);
}
