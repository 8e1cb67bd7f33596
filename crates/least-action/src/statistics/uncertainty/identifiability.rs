//! Identifiability about the lowest minimum of a run, whether it is a Gaussian's or not.

use super::{Uncertainty, UncertaintyOptions};
use crate::anneal::{Annealer, Climb, Paths};
use crate::error::Result;
use crate::statistics::{Identifiability, Posterior};

impl Uncertainty {
    /// Combinations of the estimated parameters that data and priors determine or leave free, about
    /// the minimum that the first of these climbs leads to. Unlike [`Uncertainty::new`] it does not
    /// fail where combinations are entirely free.
    ///
    /// # Errors
    /// Those of [`Identifiability::new`]; no climb with a rung.
    pub fn identifiability(
        annealer: &Annealer<Paths>,
        climbs: &[&Climb],
        options: &UncertaintyOptions,
    ) -> Result<Identifiability> {
        options.validate()?;
        let (last, climb) = super::furthest_of(climbs)?;
        // Paths that obey the model exactly have no Hessian over the path.
        let finite = options.model_precision.filter(|r| r.is_finite());
        let precision = finite.unwrap_or(last);
        let posterior = Posterior::new(&annealer.problem_at(climb), precision)?;
        let start = [&climb.path[..], &climb.parameters].concat();
        Identifiability::new(&posterior, &start, options.laplace())
    }
}
