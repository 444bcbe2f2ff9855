//! Go programs on the same rows.

mod both_ways;
mod formats;
mod together;
