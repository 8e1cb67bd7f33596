//! How good predictions by ensembles are, once the truth is known: where it ranks among the
//! members, how far off they are, how often bands cover it.

mod coverage;
mod members;
mod rank_histogram;
#[cfg(test)]
mod tests;

pub use coverage::Coverage;
pub use members::{mixed_weights, Members};
pub use rank_histogram::{Flatness, RankHistogram};
