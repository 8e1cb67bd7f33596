//! Findings about the draws of a sampler, in words: can they be used, and what to do if not.

mod mixing;
#[cfg(test)]
mod tests;
mod trajectories;

use super::summary::{Quantity, Summary};
use crate::error::{check, Result};
use crate::report::{self, prose, Severity};

/// Kind of a finding about draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum SamplingFindingCode {
    /// Nothing speaks against the draws.
    ChainsAgree,
    /// R-hat of some quantities is too high.
    RHatHigh,
    /// The effective sample size for the bulk is too small.
    BulkSizeLow,
    /// The effective sample size in the tails is too small.
    TailSizeLow,
    /// Quantities that have the same value in all draws.
    NeverMoved,
    /// Chains that reject nearly everything.
    StuckChain,
    /// Chains that sample at a much lower log density than others.
    LevelsDiffer,
    /// A single chain can only be compared with itself.
    SingleChain,
    /// Momenta lead too slowly from one energy to another.
    EnergyFractionLow,
    /// Trajectories were ended by the largest tree depth.
    DepthSaturated,
    /// Some trajectories diverged.
    Divergences,
    /// All did.
    AllDivergent,
    /// A chain could not go on.
    ChainFailed,
    /// No chain has come to its draws.
    NoDraws,
}

/// One statement about the draws of a sampler.
pub type SamplingFinding = report::Finding<SamplingFindingCode>;

/// Verdict on draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum SamplingVerdict {
    /// Nothing speaks against the draws.
    Converged,
    /// Averages may be used with care: the findings say which, and what would make them better.
    Doubtful,
    /// The draws are not those of the posterior: do not use them.
    NotConverged,
}

/// The statistics that a sampler kept of one chain, one number per draw.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChainStatistics<'a> {
    /// Up to a constant that all chains share.
    pub log_density: &'a [f64],
    /// H at the start of the draw's trajectory; empty for samplers without momenta.
    pub energies: &'a [f64],
    /// Probability to accept, averaged along the trajectory.
    pub acceptance: &'a [f64],
    /// Empty for trajectories of fixed length.
    pub tree_depths: &'a [u32],
    /// After the warm-up.
    pub step_size: f64,
    /// How many trajectories diverged.
    pub divergences: usize,
}

/// What is diagnosed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampled<'a> {
    pub quantities: &'a [Quantity<'a>],
    /// In the order of the chains of each quantity.
    pub chains: &'a [ChainStatistics<'a>],
    /// Values of each quantity where trajectories diverged, in the order of `quantities`; empty
    /// where that is not known.
    pub divergent: &'a [Vec<f64>],
    /// The largest depth that is allowed; none for trajectories of fixed length.
    pub max_tree_depth: Option<u32>,
}

/// What was found, and whether the draws can be used.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SamplingDiagnosis {
    pub findings: Vec<SamplingFinding>,
    pub verdict: SamplingVerdict,
}

impl SamplingDiagnosis {
    /// The findings as prose, with advice.
    pub fn prose(&self) -> String {
        prose(&self.findings)
    }
}

/// How many names or chains a message lists.
const LISTED: usize = 4;

/// Says what the draws mean. `summary` is that of the same quantities.
///
/// # Errors
/// Lists of different lengths, and statistics that are not finite.
pub fn diagnose(sampled: &Sampled, summary: &Summary) -> Result<SamplingDiagnosis> {
    validate(sampled, summary)?;
    let mut findings = Vec::new();
    let mut say = |code, severity, message: String| {
        findings.push(SamplingFinding::new(code, severity, message))
    };
    let all_diverge = trajectories::divergences(sampled, summary, &mut say);
    // Where every trajectory diverges, nothing else means anything.
    if !all_diverge {
        mixing::stuck_chains(sampled, &mut say);
        mixing::levels(sampled, &mut say);
        mixing::disagreement(summary, &mut say);
        mixing::sizes(summary, &mut say);
        trajectories::energy(sampled, &mut say);
        trajectories::depth(sampled, &mut say);
    }
    let worst = |severity| move |f: &SamplingFinding| f.severity == severity;
    let verdict = if findings.iter().any(worst(Severity::Problem)) {
        SamplingVerdict::NotConverged
    } else if findings.iter().any(worst(Severity::Warning)) {
        SamplingVerdict::Doubtful
    } else {
        findings.push(mixing::good(summary));
        SamplingVerdict::Converged
    };
    Ok(SamplingDiagnosis { findings, verdict })
}

fn validate(sampled: &Sampled, summary: &Summary) -> Result<()> {
    let (rows, quantities) = (summary.rows.len(), sampled.quantities.len());
    check::length("summary.rows", rows, quantities, "one per quantity")?;
    let chains = sampled.chains.len();
    check::length("chains", chains, summary.chains, "one per chain of draws")?;
    for (c, chain) in sampled.chains.iter().enumerate() {
        let statistics = [
            ("logDensity", chain.log_density, false),
            ("energies", chain.energies, true),
            ("acceptance", chain.acceptance, false),
        ];
        for (name, values, optional) in statistics {
            let path = format!("chains[{c}].{name}");
            if !(optional && values.is_empty()) {
                check::length(&path, values.len(), summary.draws, "one per draw")?;
            }
            check::all_finite(&path, values)?;
        }
        if !chain.tree_depths.is_empty() {
            let path = format!("chains[{c}].treeDepths");
            let length = chain.tree_depths.len();
            check::length(&path, length, summary.draws, "one per draw")?;
        }
    }
    if !sampled.divergent.is_empty() {
        let length = sampled.divergent.len();
        check::length("divergent", length, quantities, "one list per quantity")?;
    }
    Ok(())
}

/// The first few of a list, and how many more there are.
fn listed(all: &[String]) -> String {
    let shown = all[..all.len().min(LISTED)].join(", ");
    match all.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent > 0.0 && percent < 0.995 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}
