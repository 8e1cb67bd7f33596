//! Findings about the trajectories of a Hamiltonian sampler.

use super::{listed, percent, Sampled, SamplingFindingCode as Code, Summary};
use crate::report::{figure, Severity};
use crate::statistics::diagnostics::{energy_fraction_of, mean};
use crate::statistics::summary::SummaryRow;

/// Quantity with its mean at divergences, and the distance of that from its mean, in standard
/// deviations.
type DivergencePlace<'a> = (&'a SummaryRow, f64, f64);

/// Least energy fraction that M. Betancourt (arXiv 1604.00695) advises.
const ENERGY_FRACTION: f64 = 0.3;
/// Largest share of trajectories at the largest depth that is not reported.
const SATURATED: f64 = 0.01;
/// Largest share of divergences that is a warning. Beyond it, averages are useless.
const DIVERGENT: f64 = 0.01;
/// Share of divergences at which no trajectory counts.
const ALL_DIVERGENT: f64 = 0.95;
/// Least distance of the mean of divergences from the mean of the draws that is reported, in
/// standard deviations of the draws.
const ELSEWHERE: f64 = 0.5;

/// Reports divergences. Returns true if all trajectories diverge.
pub(super) fn divergences(
    sampled: &Sampled,
    summary: &Summary,
    say: &mut impl FnMut(Code, Severity, String),
) -> bool {
    let count: usize = sampled.chains.iter().map(|chain| chain.divergences).sum();
    if count == 0 {
        return false;
    }
    let share = count as f64 / (summary.draws * summary.chains) as f64;
    let each = sampled.chains.iter().map(|chain| chain.divergences);
    let each: Vec<String> = each.map(|n| n.to_string()).collect();
    let places = places(sampled, summary);
    let place = match places.is_empty() {
        true => String::new(),
        false => format!(" They lie elsewhere than the draws: {}.", listed(&places)),
    };
    if share >= ALL_DIVERGENT {
        let steps = sampled.chains.iter().map(|chain| figure(chain.step_size));
        say(
            Code::AllDivergent,
            Severity::Problem,
            format!(
                "Everything diverges: {count} of {} trajectories, at step sizes {}. No draw can \
                 be used.{place} Begin at a path of low action; sample at a smaller R_f first and \
                 climb, as the posterior at this one may be too narrow to start from; choose a \
                 smaller step size or a target acceptance nearer to 1; or parametrise anew what \
                 has very different scales. If all of that fails, look at the causes that the \
                 divergences keep: the model may not be finite nearby.",
                summary.draws * summary.chains,
                listed(&steps.collect::<Vec<_>>())
            ),
        );
        return true;
    }
    let severity = match share > DIVERGENT {
        true => Severity::Problem,
        false => Severity::Warning,
    };
    say(
        Code::Divergences,
        severity,
        format!(
            "{count} of {} trajectories diverged ({}; by chain {}): the sampler does not get into \
             some places, so averages are biased.{place} Raise the target acceptance, which \
             shortens the steps; if divergences stay, parametrise anew what is narrow there, or \
             give a prior that rules it out.",
            summary.draws * summary.chains,
            percent(share),
            each.join(", ")
        ),
    );
    false
}

/// Places of divergences beside the draws, by name, the furthest first.
fn places(sampled: &Sampled, summary: &Summary) -> Vec<String> {
    let rows = summary.rows.iter().zip(sampled.divergent);
    let mut places: Vec<DivergencePlace> = rows
        .filter(|(row, at)| !at.is_empty() && row.deviation > 0.0)
        .map(|(row, at)| (row, mean(at), (mean(at) - row.mean) / row.deviation))
        .filter(|(.., distance)| distance.abs() > ELSEWHERE)
        .collect();
    places.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
    let place = |(row, mean, distance): &DivergencePlace| {
        format!(
            "{} is {} on average there, {:.1} standard deviations {} the mean of the draws",
            row.name,
            figure(*mean),
            distance.abs(),
            if *distance < 0.0 { "below" } else { "above" }
        )
    };
    places.iter().map(place).collect()
}

/// Chains with a low energy fraction.
pub(super) fn energy(sampled: &Sampled, say: &mut impl FnMut(Code, Severity, String)) {
    let chains = sampled.chains.iter().enumerate();
    let fractions = chains
        .filter(|(_, chain)| !chain.energies.is_empty())
        .map(|(c, chain)| (c, energy_fraction_of(chain.energies)));
    let low: Vec<String> = fractions
        .filter(|(_, fraction)| *fraction < ENERGY_FRACTION)
        .map(|(c, fraction)| format!("{fraction:.2} in chain {c}"))
        .collect();
    if low.is_empty() {
        return;
    }
    say(
        Code::EnergyFractionLow,
        Severity::Warning,
        format!(
            "The energy fraction of missing information is below {ENERGY_FRACTION}: {}. Momenta \
             lead too slowly into the tails, so their probability is not well known. The \
             posterior has a heavy tail or a funnel: parametrise anew what sets the scale of \
             other unknowns, or warm up longer, for a better mass matrix.",
            listed(&low)
        ),
    );
}

/// Trajectories that were ended by the largest tree depth.
pub(super) fn depth(sampled: &Sampled, say: &mut impl FnMut(Code, Severity, String)) {
    let Some(limit) = sampled.max_tree_depth else {
        return;
    };
    let depths = || sampled.chains.iter().flat_map(|chain| chain.tree_depths);
    let saturated = depths().filter(|&&depth| depth >= limit).count();
    let share = saturated as f64 / depths().count().max(1) as f64;
    if share <= SATURATED {
        return;
    }
    say(
        Code::DepthSaturated,
        Severity::Warning,
        format!(
            "{} of the trajectories were ended by the largest tree depth, {limit}, before they \
             turned. The draws are valid but alike: allow a larger depth, or make trajectories \
             shorter by a mass matrix or a parametrisation in which no direction is much wider \
             than others.",
            percent(share)
        ),
    );
}
