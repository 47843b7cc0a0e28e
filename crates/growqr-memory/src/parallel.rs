//! Works through a list with several threads, if it is long.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ScopedJoinHandle};

/// Number of waiting jobs from which further threads are started. Starting them takes longer than a few jobs.
const FIRST_JOBS: usize = 8;
/// Number of items that a thread takes at a time.
const BLOCK: usize = 64;
/// The most threads. More would only wait for the disk.
const MAX_THREADS: usize = 8;

/// The number of threads for work on files: more than there are processors, because a thread often waits for the disk, or for a
/// processor that other programs use.
pub(crate) fn threads() -> usize {
    (2 * thread::available_parallelism().map_or(1, NonZero::get)).min(MAX_THREADS)
}

/// Calls `work` for each job and for the jobs that it adds to the list. Each thread has a result of its own, on which it calls
/// `finish` at its end.
pub(crate) fn drain<J: Send, R: Default + Send>(
    jobs: Vec<J>,
    work: impl Fn(J, &mut R, &mut Vec<J>) + Sync,
    finish: impl Fn(&mut R) + Sync,
) -> Vec<R> {
    let (mut jobs, mut first) = (jobs, R::default());
    while jobs.len() < FIRST_JOBS {
        let Some(job) = jobs.pop() else {
            finish(&mut first);
            return vec![first];
        };
        work(job, &mut first, &mut jobs);
    }
    let queue = Queue { state: Mutex::new(State { jobs, busy: 0 }), changed: Condvar::new() };
    let run = |mut result: R| {
        queue.work_off(&mut result, &work);
        finish(&mut result);
        result
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads()).map(|_| scope.spawn(|| run(R::default()))).collect();
        let own = run(first);
        [own].into_iter().chain(others.into_iter().map(join)).collect()
    })
}

/// The result of `work` for each item, in their order; with several threads if there are many.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_blocks(items, |block| block.iter().map(&work).collect(), |_| true)
}

/// Calls `work` for blocks of the items, from the first to the last, until `goes_on` is false for the number of results so far.
/// Returns the results in the order of the items.
pub(crate) fn map_blocks<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&[T]) -> Vec<R> + Sync,
    goes_on: impl Fn(usize) -> bool + Sync,
) -> Vec<R> {
    let (next, count) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let run = || {
        let mut done = Vec::new();
        while goes_on(count.load(Ordering::Relaxed)) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(block) = items.chunks(BLOCK).nth(number) else { break };
            let results = work(block);
            count.fetch_add(results.len(), Ordering::Relaxed);
            done.push((number, results));
        }
        done
    };
    let threads = threads().min(items.len().div_ceil(BLOCK)).max(1);
    let mut blocks = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut blocks = run();
        blocks.extend(others.into_iter().flat_map(join));
        blocks
    });
    blocks.sort_by_key(|(number, _)| *number);
    blocks.into_iter().flat_map(|(_, results)| results).collect()
}

fn join<R>(thread: ScopedJoinHandle<'_, R>) -> R {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
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
    fn work_off<R>(&self, result: &mut R, work: &impl Fn(J, &mut R, &mut Vec<J>)) {
        let mut added = Vec::new();
        while let Some((job, _busy)) = self.next() {
            work(job, result, &mut added);
            self.lock().jobs.append(&mut added);
        }
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
            let done: usize = drain(vec![depth], count, |done| *done *= 2).into_iter().sum();
            assert_eq!(done, 3_usize.pow(depth + 1) - 1);
        }
    }

    #[test]
    fn results_are_in_the_order_of_their_items() {
        for count in [0, 1, BLOCK, 1_001] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(map(&items, |item| item + 1), (1..=count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn blocks_end_early_and_none_is_left_out_before_the_last() {
        let items: Vec<usize> = (0..10_000).collect();
        let found = map_blocks(&items, |block| block.iter().copied().filter(|item| item % 3 == 0).collect(), |count| count < 100);
        assert!(found.len() >= 100);
        assert!(found.iter().enumerate().all(|(number, item)| *item == number * 3));
    }

    #[test]
    #[should_panic(expected = "a job fails")]
    fn a_job_that_panics_is_no_deadlock() {
        drain(vec![1; 100], |_, (): &mut (), _| panic!("a job fails"), |_| {});
    }
}
