//! One run: threads that make one operation after the other, and their results.

use std::{
    hint::black_box,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use durable_store::DurableState;

use super::{
    client::{Client, check, name, state},
    usage,
};
use crate::{
    allocations::counted,
    protocol::{Answer, Operation, Request},
};

/// States in one bulk call: the calls' beginnings and ends, where fewer are in flight, are a small part.
const BULK: u64 = 4_096;

/// Over how many shards states are spread, where no shard is given.
const SHARDS: u64 = 100;

/// The calls of one thread.
#[derive(Default)]
struct ThreadRun {
    latencies_us: Vec<u32>,
    operations: u64,
    errors: u64,
    first_error: Option<String>,
}

pub(super) fn run(request: &Request, client: &dyn Client) -> Result<Answer> {
    ensure!(request.threads > 0 && request.ids > 0, "threads and ids must be positive");
    run_boundary();
    let ((runs, elapsed, cpu), allocations) = counted(request.count_allocations, || run_threads(request, client));
    run_boundary();
    Ok(sum_up(runs, elapsed, cpu, allocations))
}

/// Where callgrind writes down what it has counted: see `instructions.rs`.
#[inline(never)]
fn run_boundary() {
    black_box(());
}

fn run_threads(request: &Request, client: &dyn Client) -> (Vec<ThreadRun>, Duration, Duration) {
    let begin = Barrier::new(request.threads as usize + 1);
    thread::scope(|scope| {
        let runs: Vec<_> = (0..request.threads)
            .map(|number| {
                let begin = &begin;
                scope.spawn(move || {
                    let mut call = caller(request, client, u64::from(number));
                    begin.wait();
                    ThreadRun::run(request, &mut *call)
                })
            })
            .collect();
        begin.wait();
        let (started, cpu) = (Instant::now(), usage::cpu());
        let runs = runs.into_iter().map(|run| run.join().unwrap_or_else(|_| ThreadRun::panicked())).collect();
        (runs, started.elapsed(), usage::cpu() - cpu)
    })
}

/// What one thread does again and again; each call tells how many states it wrote or read.
fn caller<'c>(request: &'c Request, client: &'c dyn Client, thread: u64) -> Box<dyn FnMut() -> Result<u64> + 'c> {
    let mut random = fastrand::Rng::with_seed(thread);
    let shard = request.target.shard;
    let state_of = {
        let state = state(0, 0, request.payload);
        move |id: u64| {
            let shard = shard.unwrap_or(id % SHARDS);
            DurableState { persistence_id: name(id), shard, ..state.clone() }
        }
    };
    let ids = request.ids;
    match request.op {
        Operation::Write | Operation::WriteVersioned => {
            // One state a thread, under another id each time: making states is not what is measured.
            let mut state = state_of(0);
            let versioned = request.op == Operation::WriteVersioned;
            Box::new(move || {
                state.persistence_id = name(random.u64(..ids));
                if versioned { client.write_versioned(&state) } else { client.write(&state) }?;
                Ok(1)
            })
        }
        Operation::Read => Box::new(move || {
            let id = name(random.u64(..ids));
            check(client.read(&id)?.as_ref(), &id)?;
            Ok(1)
        }),
        Operation::WriteBulk => {
            let states: Vec<_> = (0..BULK).map(|_| state_of(random.u64(..ids))).collect();
            Box::new(move || {
                client.write_all(&states)?;
                Ok(BULK)
            })
        }
        Operation::ReadBulk => {
            let names: Vec<_> = (0..BULK).map(|_| name(random.u64(..ids))).collect();
            Box::new(move || {
                let found = client.read_all(&names)?;
                ensure!(found.len() == names.len(), "{} of {} are there", found.len(), names.len());
                Ok(BULK)
            })
        }
        Operation::Fill => Box::new(move || {
            let all: Vec<_> = (0..ids).collect();
            for some in all.chunks(BULK as usize) {
                client.write_all(&some.iter().copied().map(&state_of).collect::<Vec<_>>())?;
            }
            Ok(ids)
        }),
        Operation::Scan => Box::new(move || {
            let found = client.scan()?;
            ensure!(found >= ids, "{found} of {ids} are there");
            Ok(found)
        }),
        Operation::Warm => Box::new(|| bail!("warm is not an operation to measure")),
    }
}

impl ThreadRun {
    fn run(request: &Request, call: &mut dyn FnMut() -> Result<u64>) -> Self {
        let mut run = Self::default();
        let started = Instant::now();
        let deadline = started + Duration::from_millis(request.millis);
        let mut before = started;
        loop {
            match call() {
                Ok(operations) => run.operations += operations,
                Err(error) => {
                    run.errors += 1;
                    run.first_error.get_or_insert_with(|| format!("{error:#}"));
                }
            }
            let now = Instant::now();
            run.latencies_us.push(u32::try_from((now - before).as_micros()).unwrap_or(u32::MAX));
            before = now;
            let enough = match (request.op, request.operations) {
                (Operation::Fill, _) => true,
                (_, 0) => now >= deadline,
                (_, most) => run.latencies_us.len() as u64 >= most,
            };
            if enough {
                return run;
            }
        }
    }

    fn panicked() -> Self {
        Self { errors: 1, first_error: Some("a thread panicked".to_owned()), ..Self::default() }
    }
}

fn sum_up(runs: Vec<ThreadRun>, elapsed: Duration, cpu: Duration, allocations: Option<u64>) -> Answer {
    let microseconds = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    Answer {
        operations: runs.iter().map(|run| run.operations).sum(),
        errors: runs.iter().map(|run| run.errors).sum(),
        elapsed_us: microseconds(elapsed),
        cpu_us: microseconds(cpu),
        latencies_us: runs.iter().flat_map(|run| &run.latencies_us).copied().collect(),
        peak_kb: usage::peak_kb(),
        allocations,
        first_error: runs.into_iter().find_map(|run| run.first_error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::tests::target;

    struct Fake;

    impl Client for Fake {
        fn write(&self, _: &DurableState) -> Result<()> {
            Ok(())
        }

        fn read(&self, id: &str) -> Result<Option<DurableState>> {
            Ok((id != "bench-1").then(|| DurableState { persistence_id: id.to_owned(), ..state(0, 0, 1) }))
        }
    }

    fn request(op: Operation, ids: u64) -> Request {
        Request {
            op,
            threads: 3,
            millis: 0,
            operations: 50,
            payload: 8,
            ids,
            count_allocations: true,
            target: target(),
        }
    }

    #[test]
    fn every_thread_does_as_many_operations_as_asked_for() {
        let answer = run(&request(Operation::Write, 10), &Fake).unwrap();
        assert_eq!((answer.operations, answer.errors), (150, 0));
        assert!(answer.allocations.unwrap() >= 150);
    }

    #[test]
    fn what_is_not_there_is_an_error_and_no_operation() {
        let answer = run(&request(Operation::Read, 2), &Fake).unwrap();
        assert_eq!(answer.operations + answer.errors, 150);
        assert_eq!(answer.first_error.as_deref(), Some("bench-1 is not there"));
    }

    #[test]
    fn the_latencies_are_those_of_all_threads() {
        let answer = run(&request(Operation::Write, 10), &Fake).unwrap();
        assert_eq!(answer.latencies_us.len(), 150);
        assert!(sum_up(Vec::new(), Duration::ZERO, Duration::ZERO, None).latencies_us.is_empty());
    }
}
