//! A thread of its own for a keychain whose calls block. One at a time and in order, as such keychains want it.
//!
//! A call that hangs holds up those behind it; their callers give up in time, and what nobody waits for any more is
//! not done late.

use growqr_core::secret::{Secret, SecretError};
use std::sync::mpsc;
use tokio::sync::oneshot;

/// What the thread does, in blocking calls.
pub(crate) trait Blocking: Send + 'static {
    fn get(&mut self, user: &str) -> Result<Option<Secret>, SecretError>;
    fn set(&mut self, user: &str, value: &Secret) -> Result<(), SecretError>;
    fn remove(&mut self, user: &str) -> Result<(), SecretError>;
}

/// The entry that [`probe`] uses.
#[cfg(any(test, target_os = "macos"))]
const PROBE: &str = "probe";

/// Finds out whether the keychain is open, by an entry that exists, and is made if it does not: the keychain of macOS
/// says that an entry is missing without being unlocked for it.
#[cfg(any(test, target_os = "macos"))]
pub(crate) fn probe(keychain: &mut dyn Blocking) -> Result<(), SecretError> {
    match keychain.get(PROBE)? {
        Some(_) => Ok(()),
        None => keychain.set(PROBE, &Secret::new("open")),
    }
}

/// Whether a code of macOS means that the keychain is locked for this program: errSecInteractionNotAllowed (locked, and
/// nobody can be asked, as over ssh), errSecUserCanceled and errSecAuthFailed (the person did not unlock it).
#[cfg(any(test, target_os = "macos"))]
pub(crate) fn is_locked(code: i32) -> bool {
    matches!(code, -25308 | -128 | -25293)
}

type Job = Box<dyn FnOnce(&mut dyn Blocking) + Send>;

/// The thread's handle. It ends with the last handle.
#[derive(Debug)]
pub(crate) struct Worker(mpsc::Sender<Job>);

impl Worker {
    /// Starts the thread.
    pub(crate) fn start(mut keychain: impl Blocking) -> std::io::Result<Worker> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        std::thread::Builder::new().name("keychain".to_owned()).spawn(move || {
            for job in inbox {
                job(&mut keychain);
            }
        })?;
        Ok(Worker(jobs))
    }

    /// Has the thread do this, and waits for as long as the caller likes.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Blocking) -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, SecretError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |keychain| {
            if !reply.is_closed() {
                // Whoever asked may have given up meanwhile.
                let _ = reply.send(work(keychain));
            }
        });
        let gone = |_| SecretError::Refused("its thread has ended".to_owned());
        self.0.send(job).map_err(|_| gone(()))?;
        answer.await.map_err(|_| gone(()))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Waits at each write until it is let go on.
    struct Slow {
        kept: BTreeMap<String, Secret>,
        gate: mpsc::Receiver<()>,
    }

    impl Blocking for Slow {
        fn get(&mut self, user: &str) -> Result<Option<Secret>, SecretError> {
            Ok(self.kept.get(user).cloned())
        }

        fn set(&mut self, user: &str, value: &Secret) -> Result<(), SecretError> {
            self.gate.recv().map_err(|_| SecretError::Locked)?;
            self.kept.insert(user.to_owned(), value.clone());
            Ok(())
        }

        fn remove(&mut self, user: &str) -> Result<(), SecretError> {
            self.kept.remove(user);
            Ok(())
        }
    }

    fn set(worker: &Worker, user: &'static str) -> impl Future<Output = Result<(), SecretError>> {
        worker.run(move |keychain| keychain.set(user, &Secret::new("value")))
    }

    /// As macOS's: an entry that is missing is told, one that is there is not given.
    struct Locked {
        has_probe: bool,
    }

    impl Blocking for Locked {
        fn get(&mut self, _: &str) -> Result<Option<Secret>, SecretError> {
            if self.has_probe { Err(SecretError::Locked) } else { Ok(None) }
        }

        fn set(&mut self, _: &str, _: &Secret) -> Result<(), SecretError> {
            Err(SecretError::Locked)
        }

        fn remove(&mut self, _: &str) -> Result<(), SecretError> {
            Err(SecretError::Locked)
        }
    }

    #[test]
    fn a_locked_keychain_is_not_taken_for_open_because_an_entry_is_missing() {
        for has_probe in [false, true] {
            assert_eq!(probe(&mut Locked { has_probe }), Err(SecretError::Locked));
        }
        let mut open = Slow { kept: BTreeMap::new(), gate: mpsc::channel().1 };
        open.kept.insert(PROBE.to_owned(), Secret::new("open"));
        assert_eq!(probe(&mut open), Ok(()));
    }

    #[test]
    fn codes_of_a_locked_keychain_are_told_from_others() {
        assert!([-25308, -128, -25293].into_iter().all(is_locked));
        // errSecItemNotFound, errSecNotAvailable.
        assert!(![-25300, -25291].into_iter().any(is_locked));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_not_done_late() {
        let (gate, closed) = mpsc::channel();
        let worker = Worker::start(Slow { kept: BTreeMap::new(), gate: closed }).unwrap();
        let mut first = Box::pin(set(&worker, "first"));
        let mut second = Box::pin(set(&worker, "second"));
        tokio::select! {
            biased;
            _ = &mut first => panic!("the gate is closed"),
            _ = &mut second => panic!("the first is not done"),
            () = std::future::ready(()) => {}
        }
        drop(second);
        gate.send(()).unwrap();
        gate.send(()).unwrap();
        assert_eq!(first.await, Ok(()));
        let names = ["first", "second"].map(|name| worker.run(move |keychain| keychain.get(name)));
        let [first, second] = names;
        assert_eq!((first.await.unwrap().is_some(), second.await.unwrap().is_some()), (true, false));
        worker.run(|keychain| keychain.remove("first")).await.unwrap();
        assert_eq!(worker.run(|keychain| keychain.get("first")).await, Ok(None));
    }
}
