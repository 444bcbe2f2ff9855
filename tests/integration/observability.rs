//! Events and metrics.

mod events;
mod metrics;

pub(crate) use metrics::{assert_number, counted};
