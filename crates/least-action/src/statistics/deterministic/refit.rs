//! Fits under the strong constraint with one parameter held.

use super::minimum::StrongMinimum;
use super::{StrongLaplace, StrongPosterior};
use crate::action::Problem;
use crate::error::{Error, Result};
use crate::report::shortest;
use crate::statistics::{LaplaceOptions, Refit, Refitted};

/// Fall of the value that may be left to the minimum of a fit, as in a valley whose end is far away
/// or nowhere: a small part of the rise of chi-square at the ends of an interval.
const LEFT: f64 = 1e-3;

impl Refit for StrongPosterior {
    fn problem(&self) -> &Problem {
        StrongPosterior::problem(self)
    }

    fn model_precision(&self) -> f64 {
        f64::INFINITY
    }

    fn minimum(&mut self, start: &[f64], iterations: usize) -> Result<Vec<f64>> {
        Ok(self.minimize(start, &[], iterations)?.unknowns)
    }

    fn refit(&mut self, start: &[f64], place: usize, iterations: usize) -> Result<Refitted> {
        let found = self.minimize(start, &[place], iterations)?;
        let found = match found.is_reached() {
            true => found,
            false => self.followed(found, place, iterations),
        };
        if !found.is_reached() && found.left() > LEFT {
            let problem = StrongPosterior::problem(self);
            let name = problem.parameter_names().nth(place).unwrap_or_default();
            let coordinate = problem.coordinates().nth(place).unwrap_or_default();
            let value = coordinate.parameter(found.unknowns[problem.path_length() + place]);
            return Err(Error::NotMinimized {
                path: "profile".into(),
                what: format!("the fit with {name} = {}", shortest(value)),
                iterations: found.iterations,
                decrease: found.left(),
                remedy: "give the parameter bounds within which the model has solutions, or allow \
                    more maxIterations"
                    .into(),
            });
        }
        Ok(Refitted {
            unknowns: found.unknowns,
            value: found.value,
            minus_log: found.value,
        })
    }

    fn deviation(&mut self, minimum: &[f64], place: usize) -> Option<f64> {
        let options = LaplaceOptions {
            minimize: false,
            ..LaplaceOptions::default()
        };
        let unknown = StrongPosterior::problem(self).path_length() + place;
        let laplace = StrongLaplace::new(self, minimum, options).ok()?;
        Some(laplace.deviations()[unknown])
    }

    fn value_of_finer_steps(&mut self, unknowns: &[f64]) -> Option<f64> {
        StrongPosterior::value_of_finer_steps(self, unknowns)
    }
}

impl StrongPosterior {
    /// The fit that a search in logarithms leads to from one that is not at its minimum, if it is
    /// nearer to its own.
    fn followed(&mut self, found: StrongMinimum, place: usize, iterations: usize) -> StrongMinimum {
        let in_logarithms = self.minimize_in_logarithms(&found.unknowns, &[place], iterations);
        match in_logarithms {
            Ok(other) if other.left() < found.left() => other,
            _ => found,
        }
    }
}
