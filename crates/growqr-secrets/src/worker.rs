//! A worker thread for a keychain whose calls block. It runs one job at a time, in order, as these keychains require.
//!
//! A hanging call blocks the jobs behind it. Their callers time out, and the thread then skips these jobs.

use growqr_core::secret::{Secret, SecretError};
use std::sync::mpsc;
use tokio::sync::oneshot;

/// The calls of the worker thread. They may block.
pub(crate) trait BlockingKeychain: Send + 'static {
    fn get(&mut self, user: &str) -> Result<Option<Secret>, SecretError>;
    fn set(&mut self, user: &str, value: &Secret) -> Result<(), SecretError>;
    fn remove(&mut self, user: &str) -> Result<(), SecretError>;
}

/// The entry that [`probe`] uses.
#[cfg(any(test, target_os = "macos"))]
const PROBE: &str = "probe";

/// Checks whether the keychain is unlocked: reads a test entry, and writes it if it is missing. Reading alone proves nothing:
/// the macOS keychain reports that an entry is missing even while it is locked.
#[cfg(any(test, target_os = "macos"))]
pub(crate) fn probe(keychain: &mut dyn BlockingKeychain) -> Result<(), SecretError> {
    match keychain.get(PROBE)? {
        Some(_) => Ok(()),
        None => keychain.set(PROBE, &Secret::new("open")),
    }
}

/// Whether an OSStatus code of macOS means that the keychain is locked for this program: errSecInteractionNotAllowed
/// (locked, and no prompt is possible, as over ssh), errSecUserCanceled and errSecAuthFailed (the user did not unlock it).
#[cfg(any(test, target_os = "macos"))]
pub(crate) fn is_locked(code: i32) -> bool {
    matches!(code, -25308 | -128 | -25293)
}

type Job = Box<dyn FnOnce(&mut dyn BlockingKeychain) + Send>;

/// The handle of the thread. The thread ends when the last handle is dropped.
#[derive(Debug)]
pub(crate) struct Worker(mpsc::Sender<Job>);

impl Worker {
    /// Starts the thread.
    pub(crate) fn start(mut keychain: impl BlockingKeychain) -> std::io::Result<Worker> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        std::thread::Builder::new().name("keychain".to_owned()).spawn(move || {
            for job in inbox {
                job(&mut keychain);
            }
        })?;
        Ok(Worker(jobs))
    }

    /// Runs `work` on the thread and waits for its result. Dropping the future cancels `work` if it has not started.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn BlockingKeychain) -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, SecretError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |keychain| {
            if !reply.is_closed() {
                // The caller may have given up while the job ran.
                let _ = reply.send(work(keychain));
            }
        });
        let ended = |_| SecretError::Refused("the keychain thread has ended".to_owned());
        self.0.send(job).map_err(|_| ended(()))?;
        answer.await.map_err(|_| ended(()))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Each write waits for a signal from the test.
    struct Slow {
        entries: BTreeMap<String, Secret>,
        gate: mpsc::Receiver<()>,
    }

    impl BlockingKeychain for Slow {
        fn get(&mut self, user: &str) -> Result<Option<Secret>, SecretError> {
            Ok(self.entries.get(user).cloned())
        }

        fn set(&mut self, user: &str, value: &Secret) -> Result<(), SecretError> {
            self.gate.recv().map_err(|_| SecretError::Locked)?;
            self.entries.insert(user.to_owned(), value.clone());
            Ok(())
        }

        fn remove(&mut self, user: &str) -> Result<(), SecretError> {
            self.entries.remove(user);
            Ok(())
        }
    }

    fn set(worker: &Worker, user: &'static str) -> impl Future<Output = Result<(), SecretError>> {
        worker.run(move |keychain| keychain.set(user, &Secret::new("value")))
    }

    /// Locked, as on macOS: it reports that an entry is missing, but does not return an existing one.
    struct Locked {
        has_probe: bool,
    }

    impl BlockingKeychain for Locked {
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
    fn a_missing_entry_does_not_make_a_locked_keychain_count_as_unlocked() {
        for has_probe in [false, true] {
            assert_eq!(probe(&mut Locked { has_probe }), Err(SecretError::Locked));
        }
        let mut open = Slow { entries: BTreeMap::new(), gate: mpsc::channel().1 };
        open.entries.insert(PROBE.to_owned(), Secret::new("open"));
        assert_eq!(probe(&mut open), Ok(()));
    }

    #[test]
    fn only_the_codes_of_a_locked_keychain_count_as_locked() {
        assert!([-25308, -128, -25293].into_iter().all(is_locked));
        // errSecItemNotFound, errSecNotAvailable.
        assert!(![-25300, -25291].into_iter().any(is_locked));
    }

    #[tokio::test]
    async fn a_job_whose_caller_gave_up_is_skipped() {
        let (signal, gate) = mpsc::channel();
        let worker = Worker::start(Slow { entries: BTreeMap::new(), gate }).unwrap();
        let mut first = Box::pin(set(&worker, "first"));
        let mut second = Box::pin(set(&worker, "second"));
        tokio::select! {
            biased;
            _ = &mut first => panic!("the gate is closed"),
            _ = &mut second => panic!("the first job is still running"),
            () = std::future::ready(()) => {}
        }
        drop(second);
        signal.send(()).unwrap();
        signal.send(()).unwrap();
        assert_eq!(first.await, Ok(()));
        let [first, second] = ["first", "second"].map(|name| worker.run(move |keychain| keychain.get(name)));
        assert_eq!((first.await.unwrap().is_some(), second.await.unwrap().is_some()), (true, false));
        worker.run(|keychain| keychain.remove("first")).await.unwrap();
        assert_eq!(worker.run(|keychain| keychain.get("first")).await, Ok(None));
    }
}
