//! Works through a list with several threads, if it is long.

use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Number of waiting jobs from which further threads are started. Starting them takes longer than a few jobs.
const FIRST_JOBS: usize = 8;
/// Number of items from which several threads work on them.
const FIRST_ITEMS: usize = 64;
/// The most threads. More would only wait for the disk.
const MAX_THREADS: usize = 8;

/// The number of threads for work on files.
pub(crate) fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS)
}

/// Calls `work` for each job and for the jobs that it adds to the list. Each thread has a result of its own.
pub(crate) fn drain<J: Send, R: Default + Send>(jobs: Vec<J>, work: impl Fn(J, &mut R, &mut Vec<J>) + Sync) -> Vec<R> {
    let (mut jobs, mut first) = (jobs, R::default());
    while jobs.len() < FIRST_JOBS {
        let Some(job) = jobs.pop() else { return vec![first] };
        work(job, &mut first, &mut jobs);
    }
    let queue = Queue { state: Mutex::new(State { jobs, busy: 0 }), changed: Condvar::new() };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads()).map(|_| scope.spawn(|| queue.work_off(R::default(), &work))).collect();
        let mut results = vec![queue.work_off(first, &work)];
        for other in others {
            match other.join() {
                Ok(result) => results.push(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

/// The result of `work` for each item, in their order; with several threads if there are many.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() < FIRST_ITEMS {
        return items.iter().map(work).collect();
    }
    let share = items.len().div_ceil(threads());
    thread::scope(|scope| {
        let work = &work;
        let shares: Vec<_> =
            items.chunks(share).map(|share| scope.spawn(move || share.iter().map(work).collect::<Vec<R>>())).collect();
        let mut results = Vec::with_capacity(items.len());
        for share in shares {
            match share.join() {
                Ok(mut done) => results.append(&mut done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

struct Queue<J> {
    state: Mutex<State<J>>,
    changed: Condvar,
}

struct State<J> {
    jobs: Vec<J>,
    /// Number of threads that work on a job, which may add others.
    busy: usize,
}

impl<J> Queue<J> {
    /// Takes jobs until there are none and no thread can add any.
    fn work_off<R>(&self, mut result: R, work: &impl Fn(J, &mut R, &mut Vec<J>)) -> R {
        let mut added = Vec::new();
        while let Some((job, _busy)) = self.next() {
            work(job, &mut result, &mut added);
            self.lock().jobs.append(&mut added);
        }
        result
    }

    fn next(&self) -> Option<(J, Busy<'_, J>)> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop() {
                state.busy += 1;
                return Some((job, Busy(self)));
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread that works on a job. Dropped also if the job panics, so that no other thread waits for ever.
struct Busy<'a, J>(&'a Queue<J>);

impl<J> Drop for Busy<'_, J> {
    fn drop(&mut self) {
        self.0.lock().busy -= 1;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_jobs_are_done_once_also_those_that_jobs_add() {
        for depth in 0..8_u32 {
            let count = |left: u32, done: &mut usize, jobs: &mut Vec<u32>| {
                *done += 1;
                jobs.extend((left > 0).then_some([left.saturating_sub(1); 3]).into_iter().flatten());
            };
            let done: usize = drain(vec![depth], count).into_iter().sum();
            assert_eq!(done, (3_usize.pow(depth + 1) - 1) / 2);
        }
    }

    #[test]
    fn results_are_in_the_order_of_their_items() {
        for count in [0, 1, FIRST_ITEMS, 1_001] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(map(&items, |item| item + 1), (1..=count).collect::<Vec<_>>());
        }
    }

    #[test]
    #[should_panic(expected = "a job fails")]
    fn a_job_that_panics_is_no_deadlock() {
        drain(vec![1; 100], |_, (): &mut (), _| panic!("a job fails"));
    }
}
