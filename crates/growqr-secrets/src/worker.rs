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
        let gone = |_| SecretError::Refused("the keychain thread has ended".to_owned());
        self.0.send(job).map_err(|_| gone(()))?;
        answer.await.map_err(|_| gone(()))?
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

    #[tokio::test]
    async fn a_job_whose_caller_gave_up_is_skipped() {
        let (gate, closed) = mpsc::channel();
        let worker = Worker::start(Slow { entries: BTreeMap::new(), gate: closed }).unwrap();
        let mut first = Box::pin(set(&worker, "first"));
        let mut second = Box::pin(set(&worker, "second"));
        tokio::select! {
            biased;
            _ = &mut first => panic!("the gate is closed"),
            _ = &mut second => panic!("the first job is still running"),
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
