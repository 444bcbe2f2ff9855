//! How cost grows: with the rows of the table, the size of a state, the leases of the pool, and the driver's threads.

use super::{IDS, PlanBuilder, SMALL, THREADS, of_threads, one_series, verb};
use crate::{
    contender::ContenderName,
    measure::Series,
    protocol::{Layout, Operation, Request, Target},
};

const ROWS: [u64; 3] = [1_000, 100_000, 1_000_000];
const PAYLOADS: [usize; 5] = [100, 1 << 10, 16 << 10, 128 << 10, 1 << 20];
const POOLS: [u32; 5] = [1, 4, 16, 64, 256];

impl PlanBuilder<'_> {
    pub(super) fn growth(&mut self) {
        for layout in [Layout::ById, Layout::ByShard] {
            self.rows(layout);
        }
        for op in [Operation::Write, Operation::Read] {
            self.payloads(op);
        }
        for threads in THREADS {
            self.pools(threads);
        }
        for op in [Operation::Write, Operation::Read] {
            self.sockets(op);
        }
    }

    fn rows(&mut self, layout: Layout) {
        let (name, how) = match layout {
            Layout::ById => ("by_id_rows", "keyed by id"),
            Layout::ByShard => ("by_shard_rows", "through the index"),
        };
        let series = ROWS
            .map(|rows| {
                let target = self.target(&format!("{name}_{rows}"), layout);
                let target = self.table(target, SMALL, rows);
                let request = Request { ids: rows, ..self.request(Operation::Read, 4, SMALL, &target) };
                Series { label: format!("{rows} rows"), ..one_series(ContenderName::Ours, &request) }
            })
            .to_vec();
        self.add(format!("growth: rows of the table, read {how}, 4 threads"), series, Vec::new());
    }

    fn payloads(&mut self, op: Operation) {
        for payload in PAYLOADS {
            // Few ids: large ones would fill the server's memory.
            let ids = (64 << 20) / payload as u64;
            let target = self.target(&format!("payload_{payload}"), Layout::ById);
            let target = self.table(target, payload, ids.min(IDS));
            let request = Request { ids: ids.min(IDS), ..self.request(op, 4, payload, &target) };
            let series = vec![one_series(ContenderName::Ours, &request), one_series(ContenderName::Bare, &request)];
            self.add(format!("growth: payload, {} of {payload} B, 4 threads", verb(op)), series, Vec::new());
        }
    }

    fn pools(&mut self, threads: u32) {
        let target = self.by_id(SMALL);
        let series = POOLS
            .map(|pool_size| {
                let target = Target { pool_size, ..target.clone() };
                let request = self.request(Operation::Write, threads, SMALL, &target);
                Series { label: format!("{pool_size} leases"), ..one_series(ContenderName::Ours, &request) }
            })
            .to_vec();
        self.add(format!("growth: leases, write, {}", of_threads(threads)), series, Vec::new());
    }

    fn sockets(&mut self, op: Operation) {
        let target = self.by_id(SMALL);
        let series = [(1, 1), (1, 2), (1, 4), (2, 1), (2, 2), (4, 1)]
            .map(|(io_threads, core_connections)| {
                let target = Target { io_threads, core_connections, ..target.clone() };
                let request = self.request(op, 64, SMALL, &target);
                let label = format!("{io_threads} I/O threads, {core_connections} connections each");
                Series { label, ..one_series(ContenderName::Ours, &request) }
            })
            .to_vec();
        self.add(format!("growth: I/O threads, {}, 64 threads", verb(op)), series, Vec::new());
    }
}
