//! Findings about the agreement of chains, and about the number of independent draws.

use super::{listed, percent, Sampled, SamplingFinding, SamplingFindingCode as Code, Summary};
use crate::report::{figure, Severity};
use crate::statistics::diagnostics::{mean, variance};
use crate::statistics::summary::SummaryRow;

/// Largest R-hat that A. Vehtari et al. (Bayesian Analysis 16, 2021) accept.
const R_HAT: f64 = 1.01;
/// Largest R-hat that is a warning. Beyond it, chains have plainly not mixed.
const R_HAT_BAD: f64 = 1.1;
/// Least effective sample size per chain. Below it, R-hat and the effective size itself are not
/// well known.
const SIZE: f64 = 100.0;
/// Least effective sample size per chain that is a warning. Below it, there is hardly a sample.
const SIZE_BAD: f64 = 10.0;
/// Least share of draws at which a chain moves, and least mean acceptance. Below it, the chain is
/// stuck.
const MOVES: f64 = 0.02;
/// Least difference of mean log densities between two levels, in standard deviations within chains.
const LEVELS_APART: f64 = 2.0;
/// Least difference of mean log densities between two levels: a ratio of probabilities of e^2 is no
/// other level.
const LEAST_APART: f64 = 2.0;

/// Chains that reject nearly everything.
pub(super) fn stuck_chains(sampled: &Sampled, say: &mut impl FnMut(Code, Severity, String)) {
    let stuck: Vec<String> = sampled
        .chains
        .iter()
        .enumerate()
        .filter_map(|(c, chain)| {
            let pairs = chain.log_density.windows(2);
            let moves = pairs.filter(|pair| pair[0] != pair[1]).count();
            let moved = moves as f64 / (chain.log_density.len() - 1) as f64;
            let acceptance = mean(chain.acceptance);
            (moved < MOVES || acceptance < MOVES).then(|| {
                format!(
                    "chain {c} (moved at {} of its draws, acceptance {}, step size {})",
                    percent(moved),
                    percent(acceptance),
                    figure(chain.step_size)
                )
            })
        })
        .collect();
    if stuck.is_empty() {
        return;
    }
    let advice = match stuck.len() == sampled.chains.len() {
        true => {
            "Every chain is stuck: sample with a smaller step size or a longer warm-up, and \
            begin from the path of a level"
        }
        false => {
            "A chain that begins far out in the tails, or in a narrow place, cannot leave it \
            with the step size that suits the others: begin it elsewhere, warm up longer or raise \
            the target acceptance. Leaving it out afterwards is right only if the others sample \
            all of the posterior"
        }
    };
    say(
        Code::StuckChain,
        Severity::Problem,
        format!(
            "{} stuck: {}. {advice}.",
            chains_are(stuck.len()),
            listed(&stuck)
        ),
    );
}

/// Beginning of a sentence about a number of chains.
fn chains_are(count: usize) -> String {
    match count {
        1 => "One chain is".into(),
        many => format!("{many} chains are"),
    }
}

/// Chains that sample at another level of the action.
pub(super) fn levels(sampled: &Sampled, say: &mut impl FnMut(Code, Severity, String)) {
    let density = |c: usize| sampled.chains[c].log_density;
    let means: Vec<f64> = (0..sampled.chains.len())
        .map(|c| mean(density(c)))
        .collect();
    let deviations = (0..means.len()).map(|c| libm::sqrt(variance(density(c))));
    let within = deviations.fold(0.0, f64::max);
    let best = (0..means.len()).max_by(|&a, &b| means[a].total_cmp(&means[b]));
    let Some(best) = best else { return };
    let lower: Vec<String> = (0..means.len())
        .filter(|&c| means[best] - means[c] > (LEVELS_APART * within).max(LEAST_APART))
        .map(|c| format!("chain {c} by {}", figure(means[best] - means[c])))
        .collect();
    if lower.is_empty() {
        return;
    }
    say(
        Code::LevelsDiffer,
        Severity::Problem,
        format!(
            "Chains sample at different levels: beside chain {best}, whose mean log density is \
             the highest, lower {} {}, where a chain on its own varies by {}. They have found \
             separate minima of the action and do not pass from one to the other, so their mean \
             is that of how they began. Begin all chains from the lowest level, or weigh the \
             levels by their evidence, not by the number of chains.",
            match lower.len() {
                1 => "is",
                _ => "are",
            },
            listed(&lower),
            figure(within)
        ),
    );
}

/// Quantities with a high R-hat or without any, and the lack of a second chain.
pub(super) fn disagreement(summary: &Summary, say: &mut impl FnMut(Code, Severity, String)) {
    let still = summary.rows.iter().filter(|row| row.r_hat.is_nan());
    let still: Vec<String> = still.map(|row| row.name.clone()).collect();
    if !still.is_empty() {
        say(
            Code::NeverMoved,
            Severity::Warning,
            format!(
                "{} the same in all draws: {}. Where that is not meant, look for bounds that \
                 leave no room.",
                match still.len() {
                    1 => "One quantity is".into(),
                    many => format!("{many} quantities are"),
                },
                listed(&still)
            ),
        );
    }
    if summary.chains == 1 {
        say(
            Code::SingleChain,
            Severity::Warning,
            "There is one chain: R-hat compares its halves, and does not know of what it has not \
             visited. Sample four chains from different beginnings."
                .into(),
        );
    }
    let mut high: Vec<&SummaryRow> = summary.rows.iter().filter(|r| r.r_hat > R_HAT).collect();
    high.sort_by(|a, b| b.r_hat.total_cmp(&a.r_hat));
    let [worst, ..] = high[..] else { return };
    let names = high
        .iter()
        .map(|row| format!("{} {:.3}", row.name, row.r_hat));
    let names: Vec<String> = names.collect();
    let bad = worst.r_hat > R_HAT_BAD;
    say(
        Code::RHatHigh,
        if bad {
            Severity::Problem
        } else {
            Severity::Warning
        },
        format!(
            "R-hat is above {R_HAT} for {} of {} quantities: {}. {}",
            high.len(),
            summary.rows.len(),
            listed(&names),
            match bad {
                true =>
                    "The chains have not mixed: do not use their averages. Warm up longer and \
                    draw more; if chains keep to places of their own, there are several levels, \
                    or directions that the data leave free: give these a prior, or parametrise \
                    them otherwise.",
                false =>
                    "The chains have nearly mixed: about as many draws again, or twice as \
                    many, should do.",
            }
        ),
    );
}

/// Quantities with a small effective sample size.
pub(super) fn sizes(summary: &Summary, say: &mut impl FnMut(Code, Severity, String)) {
    type EffectiveSize = fn(&SummaryRow) -> f64;
    let sizes: [(Code, &str, EffectiveSize, &str); 2] = [
        (
            Code::BulkSizeLow,
            "for the bulk",
            |row| row.ess_bulk,
            "Means and medians are",
        ),
        (
            Code::TailSizeLow,
            "in the tails",
            |row| row.ess_tail,
            "The ends of bands are",
        ),
    ];
    let chains = summary.chains as f64;
    for (code, place, size, what) in sizes {
        let mut low: Vec<&SummaryRow> = summary.rows.iter().collect();
        low.retain(|row| size(row) < SIZE * chains);
        low.sort_by(|a, b| size(a).total_cmp(&size(b)));
        let [worst, ..] = low[..] else { continue };
        let names = low
            .iter()
            .map(|row| format!("{} {:.0}", row.name, size(row)));
        let names: Vec<String> = names.collect();
        let needed = SIZE * chains / size(worst);
        let draws = libm::ceil(needed * summary.draws as f64);
        say(
            code,
            match size(worst) < SIZE_BAD * chains {
                true => Severity::Problem,
                false => Severity::Warning,
            },
            format!(
                "The effective sample size {place} is below {SIZE} per chain, {} in all, for {} \
                 of {} quantities: {}. {what} known to few digits, and R-hat is not certain. At \
                 this rate {draws} draws per chain are needed instead of {}; a mass matrix that \
                 fits better, or another parametrisation, makes draws less alike.",
                SIZE * chains,
                low.len(),
                summary.rows.len(),
                listed(&names),
                summary.draws
            ),
        );
    }
}

/// The finding that nothing speaks against the draws.
pub(super) fn good(summary: &Summary) -> SamplingFinding {
    let largest = |f: fn(&SummaryRow) -> f64| summary.rows.iter().map(f).fold(0.0, f64::max);
    let size = |row: &SummaryRow| row.ess_bulk.min(row.ess_tail);
    let smallest = summary.rows.iter().map(size).fold(f64::INFINITY, f64::min);
    SamplingFinding::new(
        Code::ChainsAgree,
        Severity::Good,
        format!(
            "The {} chains agree: R-hat is at most {:.3}, the effective sample size at least \
             {smallest:.0}, and no trajectory diverged.",
            summary.chains,
            largest(|row| row.r_hat)
        ),
    )
}
