//! Profile about the minimum that a climb of a run leads to.

use super::default_model_precision;
use crate::anneal::{Annealer, Climb, Paths};
use crate::error::Result;
use crate::statistics::{Posterior, ProfileOptions, ProfileSearch, Refit, StrongPosterior};

impl ProfileSearch {
    /// Search for the profile of a parameter about the minimum that a climb leads to, at the R_f of
    /// the options, or else at that which [`Uncertainty`](super::Uncertainty) takes by default.
    ///
    /// # Errors
    /// Those of [`ProfileSearch::new`]; an infinite R_f with parameters that change in time.
    pub fn of_climb(
        annealer: &Annealer<Paths>,
        climb: &Climb,
        parameter: &str,
        options: &ProfileOptions,
    ) -> Result<Self> {
        options.validate()?;
        let precision = options.model_precision;
        let precision = precision.unwrap_or_else(|| default_model_precision(annealer, climb));
        let problem = annealer.problem_at(climb);
        let posterior: Box<dyn Refit> = match precision {
            f64::INFINITY => Box::new(StrongPosterior::new(&problem)?),
            finite => Box::new(Posterior::new(&problem, finite)?),
        };
        let start = [&climb.path[..], &climb.parameters].concat();
        ProfileSearch::new(posterior, parameter, &start, options)
    }
}
