//! Choice of a form of a network's action that suits the minimiser.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::network::{ByMeasurements, NetworkProblem, PairRows};
use crate::solve::{Hessian, Lbfgs, MinimizerOptions, Structured};

/// Maximum cost of a factorisation, in multiplications, at which structured steps are the default:
/// a twentieth of a second. A ladder takes hundreds of them, L-BFGS thousands of evaluations: for
/// 20 layers of 10 neurons with priors both end at the same action, at 10 pairs (3e6
/// multiplications) after 289 steps, 0.4 s, against 11278 evaluations, 1.1 s; at 100 pairs (4e8) a
/// step takes 75 ms, and L-BFGS is done in 7 s.
const MOST_COST: f64 = 3e8;

/// Form of a network's action, with the minimiser for it.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// A function with its gradient.
    Plain(Lbfgs),
    /// Rows of residuals, pair by pair, with the weights as their border.
    Pairs(Structured, Arc<PairRows>),
    /// One row per measured number: cheaper for many weights.
    Measurements(Structured, Arc<ByMeasurements>),
}

impl Form {
    /// Chooses the form for a given minimiser; chooses both if none is given.
    ///
    /// # Errors
    /// A minimiser that cannot be used for this network.
    pub fn choose(problem: &NetworkProblem, given: Option<MinimizerOptions>) -> Result<Self> {
        let structured = match given {
            None => Structured::default(),
            Some(MinimizerOptions::Structured(structured)) => structured,
            Some(MinimizerOptions::Lbfgs(lbfgs)) => return Ok(Form::Plain(lbfgs)),
        };
        if structured.hessian == Hessian::Exact {
            return Err(Error::WrongShape {
                path: "minimizer.hessian".into(),
                message: "must be gauss-newton for networks: their second derivatives are not \
                written out"
                    .into(),
            });
        }
        let pairs = PairRows::new(problem).transpose()?;
        let by_pairs = pairs.as_ref().map_or(f64::INFINITY, PairRows::cost);
        let by_measurements = ByMeasurements::cost(problem);
        if given.is_none() && by_pairs.min(by_measurements) > MOST_COST {
            return Ok(Form::Plain(Lbfgs::default()));
        }
        if by_measurements < by_pairs {
            // It knows fewer kinds of layers, and no bounds.
            if let Ok(measurements) = ByMeasurements::new(problem) {
                return Ok(Form::Measurements(structured, Arc::new(measurements)));
            }
        }
        match pairs {
            Some(rows) => Ok(Form::Pairs(structured, Arc::new(rows))),
            None => Err(Error::WrongShape {
                path: "minimizer".into(),
                message: "structured needs the derivatives of every layer, which layers that are \
                models do not give; use lbfgs"
                    .into(),
            }),
        }
    }
}
