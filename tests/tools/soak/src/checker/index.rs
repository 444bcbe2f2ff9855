//! A history by id, with a fast search for the calls before a moment.

use std::collections::BTreeMap;

use crate::history::{Entry, Id, Nanos};

/// Everything about one id.
pub(crate) struct OfId<'h> {
    pub(crate) id: Id,
    pub(crate) calls: Vec<&'h Entry>,
    /// The reads after the load.
    pub(crate) last: Vec<&'h Entry>,
}

impl<'h> OfId<'h> {
    /// All reads that succeeded, in the order in which they began.
    pub(crate) fn reads(&self) -> Vec<&'h Entry> {
        let all = self.calls.iter().chain(&self.last).copied();
        let mut reads: Vec<_> = all.filter(|call| call.read().is_some()).collect();
        reads.sort_by_key(|read| read.begin);
        reads
    }

    /// The writes that are acknowledged.
    pub(crate) fn done_writes(&self) -> impl Iterator<Item = &'h Entry> {
        self.calls.iter().copied().filter(|call| call.is_write() && call.is_done())
    }

    /// The deletes that are acknowledged.
    pub(crate) fn done_deletes(&self) -> impl Iterator<Item = &'h Entry> {
        self.calls.iter().copied().filter(|call| call.is_delete() && call.is_done())
    }

    /// The deletes that may have record.
    pub(crate) fn deletes(&self) -> impl Iterator<Item = &'h Entry> {
        self.calls.iter().copied().filter(|call| call.is_delete() && !call.has_failed())
    }
}

pub(crate) fn by_id<'h>(history: &'h [Entry], last: &'h [Entry]) -> impl Iterator<Item = OfId<'h>> {
    let mut ids: BTreeMap<Id, (Vec<&Entry>, Vec<&Entry>)> = BTreeMap::new();
    history.iter().for_each(|call| ids.entry(call.id).or_default().0.push(call));
    last.iter().for_each(|read| ids.entry(read.id).or_default().1.push(read));
    ids.into_iter().map(|(id, (calls, last))| OfId { id, calls, last })
}

/// Of the calls before a moment the one with the highest rank, for every moment.
pub(crate) struct Highest<'h>(Vec<(Nanos, u64, &'h Entry)>);

impl<'h> Highest<'h> {
    /// `moment` says from when on a call counts, `rank` how high it is.
    pub(crate) fn new(
        calls: impl Iterator<Item = &'h Entry>,
        moment: impl Fn(&Entry) -> Nanos,
        rank: impl Fn(&Entry) -> u64,
    ) -> Self {
        let mut calls: Vec<_> = calls.map(|call| (moment(call), rank(call), call)).collect();
        calls.sort_by_key(|(moment, rank, _)| (*moment, *rank));
        let mut highest: Vec<(Nanos, u64, &Entry)> = Vec::with_capacity(calls.len());
        for (moment, rank, call) in calls {
            let before = highest.last().filter(|(_, before, _)| *before >= rank);
            highest.push(before.map_or((moment, rank, call), |(_, before, call)| (moment, *before, call)));
        }
        Self(highest)
    }

    /// The highest of those whose moment is before this one.
    pub(crate) fn before(&self, moment: Nanos) -> Option<&'h Entry> {
        self.entry_before(moment).map(|(_, _, call)| *call)
    }

    /// How high that one is.
    pub(crate) fn rank_before(&self, moment: Nanos) -> Option<u64> {
        self.entry_before(moment).map(|(_, rank, _)| *rank)
    }

    fn entry_before(&self, moment: Nanos) -> Option<&(Nanos, u64, &'h Entry)> {
        let count = self.0.partition_point(|(at, ..)| *at < moment);
        self.0.get(count.checked_sub(1)?)
    }
}
