//! Variational annealing: many starting paths, each minimising the action at a small R_f and
//! following the minimum as R_f grows (J. C. Quinn 2010; J. Ye et al., Phys. Rev. E 92, 052901,
//! 2015).

mod across;
mod annealable;
mod annealer;
mod automatic;
mod climb;
mod data_grid;
mod findings;
mod fit;
mod fit_findings;
mod follow;
mod hierarchies;
mod ladder;
mod levels;
mod misfit;
mod networks;
mod noise;
mod options;
#[cfg(feature = "rayon")]
mod parallel;
mod paths;
mod positive;
mod refinement;
mod run;
mod rung;
mod scales;
mod scatter;
mod series;
mod several_levels;
mod starting_paths;
mod stopping;
mod summary;
mod verdict;

pub use across::{Across, BetweenSets, EachSet, Hierarchy, HierarchyDeviation};
pub use annealable::{Annealable, AnnealingObjective, Attempts, Counts, Words};
pub use annealer::{AnnealProgress, Annealer};
pub use climb::{Climb, Climber};
pub use findings::{Finding, FindingCode};
pub use fit::{ChannelChiSquare, ChiSquare, Fit};
pub use hierarchies::HierarchyEstimate;
pub use ladder::Ladder;
pub(crate) use levels::grouped;
pub use levels::{Drop, Level, DROP_TOLERANCE, LEVEL_TOLERANCE};
pub use networks::{
    NetworkAnnealOptions, NetworkAnnealingObjective, NetworkStartingStrategy, NetworkStarts,
    Networks,
};
pub use noise::{ModelNoiseEstimate, NoiseEstimate, PartEstimate};
pub use options::{AnnealOptions, Estimate};
pub use paths::{PathAnnealingObjective, Paths};
pub use refinement::{FinerGrid, GivenStart, ParameterError, RefinedRun, Refinement, StepCheck};
pub use run::Run;
pub use rung::{ActiveBound, Rung, Stopped};
pub use starting_paths::{ObservedStart, Range, StartingPaths, StartingStrategy};
pub use verdict::Verdict;
