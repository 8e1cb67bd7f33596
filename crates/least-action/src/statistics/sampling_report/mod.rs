//! Report on the draws of a sampler: can they be used, and if not, what is to be done.

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
#[non_exhaustive]
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
    /// Some chains reject nearly everything.
    StuckChain,
    /// Some chains sample at a much lower log density than others.
    LevelsDiffer,
    /// There is one chain only, which can only be compared with itself.
    SingleChain,
    /// Momenta lead too slowly from one energy to another: the energy fraction is low.
    EnergyFractionLow,
    /// Trajectories were ended by the largest tree depth.
    DepthSaturated,
    /// Some trajectories diverged.
    Divergences,
    /// All trajectories diverged.
    AllDivergent,
    /// A chain could not go on.
    ChainFailed,
    /// No chain has come to its draws.
    NoDraws,
    /// The verdict on the run is not "consistent".
    RunVerdict,
}

/// One statement about the draws of a sampler.
pub type SamplingFinding = report::Finding<SamplingFindingCode>;

/// Verdict on the draws, from the most severe finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum SamplingVerdict {
    /// Nothing speaks against the draws.
    Converged,
    /// Averages may be used with care. The findings say which, and what would improve them.
    Doubtful,
    /// The draws are not those of the posterior: do not use them.
    NotConverged,
}

/// Statistics of one chain that its sampler kept, one number per draw.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChainStatistics<'a> {
    /// Log density of each draw, up to a constant that all chains share.
    pub log_density: &'a [f64],
    /// Energy H at the start of each draw's trajectory; empty for samplers without momenta.
    pub energies: &'a [f64],
    /// Probability to accept, averaged along each trajectory.
    pub acceptance: &'a [f64],
    /// Tree depth of each trajectory; empty for trajectories of fixed length.
    pub tree_depths: &'a [u32],
    /// Step size after the warm-up, in the time of the metric.
    pub step_size: f64,
    /// Number of trajectories that diverged.
    pub divergences: usize,
}

/// Draws with the statistics of their sampler.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampled<'a> {
    /// Draws of each named quantity.
    pub quantities: &'a [Quantity<'a>],
    /// Statistics of each chain, in the order of the chains of each quantity.
    pub chains: &'a [ChainStatistics<'a>],
    /// Values of each quantity at which trajectories diverged, in the order of `quantities`; empty
    /// if they are not known.
    pub divergent: &'a [Vec<f64>],
    /// Largest tree depth that was allowed; none for trajectories of fixed length.
    pub max_tree_depth: Option<u32>,
}

/// Findings about draws, and the verdict that follows.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SamplingDiagnosis {
    /// All findings, in the order of the checks.
    pub findings: Vec<SamplingFinding>,
    /// Verdict on the draws.
    pub verdict: SamplingVerdict,
}

impl SamplingDiagnosis {
    /// The findings as text with advice, one line each.
    pub fn prose(&self) -> String {
        prose(&self.findings)
    }
}

/// Most names or chains that a message lists.
const LISTED: usize = 4;

/// Report on draws. `summary` must be that of the same quantities.
///
/// ```
/// use least_action::statistics::{
///     diagnose, summarize, ChainStatistics, Quantity, Sampled, SamplingVerdict,
/// };
///
/// let (a, b) = ([1.0, 3.0, 2.0, 4.0], [2.0, 1.0, 4.0, 3.0]);
/// let quantities = [Quantity { name: "alpha", chains: vec![&a, &b] }];
/// let chain = ChainStatistics {
///     log_density: &[-1.0, -2.0, -1.5, -1.2],
///     acceptance: &[0.8; 4],
///     step_size: 0.5,
///     ..ChainStatistics::default()
/// };
/// let sampled = Sampled {
///     quantities: &quantities,
///     chains: &[chain, chain],
///     divergent: &[],
///     max_tree_depth: None,
/// };
/// let diagnosis = diagnose(&sampled, &summarize(&quantities)?)?;
/// // Four draws per chain are too few.
/// assert_eq!(diagnosis.verdict, SamplingVerdict::NotConverged);
/// # Ok::<(), least_action::Error>(())
/// ```
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
    // If all trajectories diverge, no other check means anything.
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

/// Checks that all lists belong to the same draws.
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

/// First few entries of a list, and the number of the others.
fn listed(all: &[String]) -> String {
    let shown = all[..all.len().min(LISTED)].join(", ");
    match all.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A share in percent.
fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent > 0.0 && percent < 0.995 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}
