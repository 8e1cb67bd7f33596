//! Scores of ensemble forecasts once the truth is known: its rank among the members, their distance
//! from it, and the coverage of bands.

mod coverage;
mod members;
mod rank_histogram;
#[cfg(test)]
mod tests;

pub use coverage::Coverage;
pub use members::{mixed_weights, Members};
pub use rank_histogram::{Flatness, RankHistogram};
