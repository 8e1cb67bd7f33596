//! Words for the sides of a profile whose end was not found.

use super::search::ProfileSearch;
use crate::report::shortest;

/// Factor by which an unknown changes that runs away.
const RUNAWAY: f64 = 3.0;

impl ProfileSearch {
    /// Leaves a side open, and notes why and what goes along.
    pub(super) fn give_up(&mut self, side: usize, why: &str) {
        let at = if side == 0 { 0 } else { self.fits.len() - 1 };
        let words = format!(
            "The interval of {} has no end {}. At {}, the last value with a fit, chi-square has \
             risen by {:.3} of {:.3}{}. Beyond: {why}",
            self.parameter,
            if side == 0 { "below" } else { "above" },
            shortest(self.natural(self.fits[at].value)),
            self.chi_square(at).max(0.0),
            self.rise(),
            self.runaway(at),
        );
        let state = &mut self.sides[side];
        (state.end, state.given_up) = (Some((self.bounds[side], true)), true);
        self.remarks.push(words);
    }

    /// Words for the unknown that has gone furthest from the lowest fit to another one, if one has
    /// changed by a factor.
    fn runaway(&self, at: usize) -> String {
        let problem = self.posterior.problem();
        let (d, path) = (problem.model().dimension(), problem.path_length());
        let (low, there) = (&self.fits[self.lowest()].refitted, &self.fits[at].refitted);
        let first = problem.model().states().iter().take(d).enumerate();
        let first = first.map(|(k, name)| (k, format!("the first {name}")));
        let parameters = problem.parameter_names().enumerate();
        let parameters = parameters.map(|(k, name)| (path + k, name.to_string()));
        let others = first
            .chain(parameters)
            .filter(|(k, _)| *k != self.unknown());
        let factor = |k: usize| {
            let ratio = there.unknowns[k] / low.unknowns[k];
            libm::log(ratio.abs()).abs()
        };
        let furthest = others
            .map(|(k, name)| (k, name, factor(k)))
            .filter(|(_, _, factor)| *factor > libm::log(RUNAWAY))
            .max_by(|a, b| a.2.total_cmp(&b.2));
        furthest.map_or(String::new(), |(k, name, _)| {
            format!(
                ", and {name} runs away: {} there, {} at the estimate",
                shortest(there.unknowns[k]),
                shortest(low.unknowns[k])
            )
        })
    }

    /// Words for a side on which the most values did not reach an end.
    pub(super) fn unreached(&self) -> String {
        format!(
            "{} values did not reach an end; allow more mostValues, or give the parameter bounds",
            self.options.most_values
        )
    }
}
