//! Levels above the lowest that are consistent with data and model too.

use super::annealable::Counts;
use super::climb::Climb;
use super::findings::FindingCode;
use super::levels::Level;
use super::misfit::{is_found, minus_twice_log_posterior};
use crate::report::Severity;

/// Difference in chi-square, twice the natural logarithm of a ratio of likelihoods, that leaves
/// little doubt.
const DECISIVE: f64 = 20.0;

/// Reports levels above the lowest that are consistent with data and model too: chi-square then
/// does not tell the paths apart, only their difference does.
pub(super) fn several_levels(
    counts: &Counts,
    climbs: &[Climb],
    levels: &[Level],
    say: &mut impl FnMut(FindingCode, Severity, String),
) {
    let last = |level: &Level| {
        let start = *level.starts.first()?;
        climbs
            .iter()
            .find(|climb| climb.start == start)?
            .rungs
            .last()
    };
    let consistent = |level: &&Level| last(level).is_some_and(|rung| is_found(counts, rung));
    let passing: Vec<&Level> = levels.iter().take_while(consistent).collect();
    let [lowest, next, ..] = passing[..] else {
        return;
    };
    let ratio = last(lowest).map_or(1.0, |rung| rung.noise_ratio);
    let difference = (minus_twice_log_posterior(counts, next.action)
        - minus_twice_log_posterior(counts, lowest.action))
        / ratio;
    say(
        FindingCode::SeveralConsistentLevels,
        Severity::Warning,
        format!(
            "{} levels pass the chi-square check, so the misfit alone does not tell which path is \
            right. The lowest was chosen; the next is higher by {difference:.1} in chi-square, \
             that is, {} less likely. {}",
            passing.len(),
            odds(difference),
            match difference > DECISIVE {
                true => "That decides.",
                false =>
                    "That does not decide: compare the paths, and their predictions past the \
                window; more measurements would tell.",
            }
        ),
    );
}

/// Factor by which a likelihood falls when chi-square rises by `difference`, as text.
fn odds(difference: f64) -> String {
    let tens = 0.5 * difference / std::f64::consts::LN_10;
    if tens < 3.0 {
        format!("{:.1} times", libm::pow(10.0, tens))
    } else {
        format!("10^{tens:.0} times")
    }
}
