//! Limited-memory BFGS (J. Nocedal, Math. Comp. 35, 1980; D. C. Liu and J. Nocedal, Math. Program. 45, 1989) by argmin,
//! with the line search of J. J. Moré and D. J. Thuente, ACM TOMS 20, 1994.

use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

use super::descend::{descend, Limits, Method};
use super::session::{Session, Vector};
use super::{Minimizer, Minimum, Objective};
use crate::error::{check, Result};

/// Options of the L-BFGS minimiser.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(default, rename_all = "camelCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Lbfgs {
    /// Pairs of steps and gradient changes that stand for the Hessian. Default: 10.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>", optional))]
    pub memory: usize,
    /// Per rung. Default: 1000.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>", optional))]
    pub max_iterations: usize,
    /// Relative: the minimisation ends when ten iterations lower the value by less than this share of it. Default: 1e-6.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>", optional))]
    pub tolerance: f64,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Lbfgs {
            memory: 10,
            max_iterations: 1000,
            tolerance: 1e-6,
        }
    }
}

impl Lbfgs {
    /// Points and gradients that a minimisation keeps in memory, roughly.
    pub(crate) fn paths_in_memory(&self) -> usize {
        2 * self.memory + 16
    }

    /// # Errors
    /// No memory, no iterations, or a tolerance that is not between 0 and 1.
    pub fn validate(&self, path: &str) -> Result<()> {
        check::at_least(&format!("{path}.memory"), self.memory, 1)?;
        check::at_most(&format!("{path}.memory"), self.memory, 1000)?;
        Limits::validate(path, self.max_iterations, self.tolerance)
    }
}

impl Method<'_> for Lbfgs {
    type Hessian = ();
    type Solver = LBFGS<MoreThuenteLineSearch<Vector, Vector, f64>, Vector, Vector, f64>;

    /// Single iterations are erratic.
    const WINDOW: usize = 10;
    const SETTLING: usize = 40;

    fn begin(&self, _session: &Session, _share: f64) -> Self::Solver {
        LBFGS::new(MoreThuenteLineSearch::new(), self.memory)
    }
}

impl Minimizer for Lbfgs {
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum> {
        let limits = Limits {
            iterations: self.max_iterations,
            tolerance: self.tolerance,
        };
        descend(self, limits, objective, x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve::StopReason;
    use crate::Error;

    struct Function<F: FnMut(&[f64], &mut [f64]) -> Result<f64>>(F);

    impl<F: FnMut(&[f64], &mut [f64]) -> Result<f64>> Objective for Function<F> {
        fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
            (self.0)(x, gradient)
        }
    }

    fn not_finite() -> Error {
        Error::NotFinite {
            path: "x".into(),
            time: 0.0,
            point: 0,
            state: "x".into(),
            term: "f".into(),
            value: f64::NAN,
        }
    }

    /// Rosenbrock's valley plus one, times `scale`: the lowest value is `scale`, at (1, 1).
    fn valley(scale: f64) -> impl FnMut(&[f64], &mut [f64]) -> Result<f64> {
        move |x, gradient| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            gradient[0] = scale * (-2.0 * a - 400.0 * x[0] * b);
            gradient[1] = scale * 200.0 * b;
            Ok(scale * (1.0 + a * a + 100.0 * b * b))
        }
    }

    fn minimize(
        options: Lbfgs,
        function: impl FnMut(&[f64], &mut [f64]) -> Result<f64>,
    ) -> (Minimum, [f64; 2]) {
        let mut x = [-1.2, 1.0];
        let minimum = options.minimize(&mut Function(function), &mut x).unwrap();
        (minimum, x)
    }

    #[test]
    fn the_scale_of_the_value_changes_nothing() {
        // By powers of two, which floats scale without rounding: then even the bits are the same.
        let (reference, at) = minimize(Lbfgs::default(), valley(1.0));
        assert!(
            (at[0] - 1.0).abs() < 1e-3 && (at[1] - 1.0).abs() < 1e-3,
            "{at:?}"
        );
        for exponent in [-100, -40, 40, 100] {
            let scale = 2f64.powi(exponent);
            let (minimum, x) = minimize(Lbfgs::default(), valley(scale));
            assert_eq!(x, at, "scale 2^{exponent}");
            assert_eq!(minimum.evaluations, reference.evaluations);
            assert_eq!(minimum.stop, reference.stop);
            assert_eq!(minimum.value, reference.value * scale);
        }
    }

    #[test]
    fn evaluations_are_counted_as_they_happen() {
        let mut calls = 0;
        let mut inner = valley(1.0);
        let (minimum, _) = minimize(Lbfgs::default(), |x, g| {
            calls += 1;
            inner(x, g)
        });
        assert_eq!(minimum.evaluations, calls);
    }

    #[test]
    fn every_reason_to_stop_is_told() {
        // `ValueSettled`, the usual one, is in the tests of annealing.
        let defaults = Lbfgs::default();
        let few = Lbfgs {
            max_iterations: 3,
            ..defaults
        };
        assert_eq!(
            minimize(few, valley(1.0)).0.stop,
            StopReason::IterationLimit
        );
        assert_eq!(minimize(few, valley(1.0)).0.iterations, 3);

        let loose = Lbfgs {
            tolerance: 0.9,
            ..defaults
        };
        let (minimum, _) = minimize(loose, |x, g| {
            g.copy_from_slice(&[1e-3 * x[0], 1e-3 * x[1]]);
            Ok(1.0 + 0.5e-3 * (x[0] * x[0] + x[1] * x[1]))
        });
        assert_eq!(minimum.stop, StopReason::GradientSmall);

        // A gradient of the wrong sign: no step along it goes down.
        let (minimum, x) = minimize(defaults, |x, g| {
            g.copy_from_slice(&[-2.0 * x[0], -2.0 * x[1]]);
            Ok(1.0 + x[0] * x[0] + x[1] * x[1])
        });
        assert_eq!(minimum.stop, StopReason::LineSearchFailed);
        assert_eq!(x, [-1.2, 1.0], "the best point is kept");

        // Finite at the start and nowhere else.
        let mut first = true;
        let (minimum, x) = minimize(defaults, |x, g| {
            g.copy_from_slice(&[2.0 * x[0], 2.0 * x[1]]);
            match std::mem::take(&mut first) {
                true => Ok(x[0] * x[0] + x[1] * x[1]),
                false => Err(not_finite()),
            }
        });
        assert_eq!(minimum.stop, StopReason::NotFinite);
        assert_eq!(x, [-1.2, 1.0]);

        let failing = &mut Function(|_: &[f64], _: &mut [f64]| Err(not_finite()));
        assert!(defaults.minimize(failing, &mut [0.0]).is_err());
    }

    #[test]
    fn steps_into_nonsense_are_shortened() {
        // -log(1 - |x|^2) + slope: infinite outside the unit disc, the minimum inside.
        let (minimum, x) = {
            let mut x = [0.9, 0.0];
            let minimum = Lbfgs::default()
                .minimize(
                    &mut Function(|x: &[f64], g: &mut [f64]| {
                        let room = 1.0 - x[0] * x[0] - x[1] * x[1];
                        if room <= 0.0 {
                            return Err(not_finite());
                        }
                        g[0] = 2.0 * x[0] / room + 3.0;
                        g[1] = 2.0 * x[1] / room;
                        Ok(10.0 - room.ln() + 3.0 * x[0])
                    }),
                    &mut x,
                )
                .unwrap();
            (minimum, x)
        };
        // 2x / (1 - x^2) = -3.
        let expected = (1.0 - 10f64.sqrt()) / 3.0;
        assert!((x[0] - expected).abs() < 1e-4, "{x:?} {minimum:?}");
    }
}
