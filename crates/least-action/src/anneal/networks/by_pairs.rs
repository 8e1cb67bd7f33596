//! The action of a network at one R_f as a sum of squares over paths, one per pair, for minimisers
//! that are made for paths.

use crate::error::{Error, Result};
use crate::network::{NetworkAction, PairRows};
use crate::solve::{BlockMatrix, Bounds, Layout, LeastSquares, Linearization, Objective};

/// Objective with the unknowns pair by pair.
pub(super) struct ByPairs<'a> {
    action: &'a mut NetworkAction,
    model_precision: f64,
    interrupted: &'a dyn Fn() -> bool,
    rows: PairRows,
    bounds: Option<Bounds>,
    /// Unknowns in the problem's order.
    unknowns: Vec<f64>,
    gradient: Vec<f64>,
}

impl<'a> ByPairs<'a> {
    pub fn new(
        action: &'a mut NetworkAction,
        model_precision: f64,
        rows: PairRows,
        interrupted: &'a dyn Fn() -> bool,
    ) -> Self {
        let count = action.problem().unknowns();
        let bounds = action.problem().bounds().map(|bounds| {
            let length = rows.layout().unknowns();
            let mut spread = Bounds {
                lower: vec![f64::NEG_INFINITY; length],
                upper: vec![f64::INFINITY; length],
            };
            rows.spread(&bounds.lower, &mut spread.lower);
            rows.spread(&bounds.upper, &mut spread.upper);
            spread
        });
        ByPairs {
            action,
            model_precision,
            interrupted,
            rows,
            bounds,
            unknowns: vec![0.0; count],
            gradient: vec![0.0; count],
        }
    }

    /// Copies the problem's unknowns into the order of this objective.
    pub fn spread(&self, unknowns: &[f64]) -> Vec<f64> {
        let mut x = vec![0.0; self.rows.layout().unknowns()];
        self.rows.spread(unknowns, &mut x);
        x
    }

    /// Indices in the problem's order of the unknowns at these places, which ascend.
    pub fn unknowns_at(&self, places: &[usize]) -> Vec<usize> {
        self.rows.unknowns_at(places)
    }

    /// Copies unknowns in the order of this objective back into the problem's order.
    pub fn gather(&self, x: &[f64], unknowns: &mut [f64]) {
        self.rows.gather(x, unknowns);
    }
}

impl Objective for ByPairs<'_> {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.rows.gather(x, &mut self.unknowns);
        let (unknowns, own) = (&self.unknowns, &mut self.gradient);
        let value = self.action.gradient(self.model_precision, unknowns, own)?;
        gradient.fill(0.0);
        self.rows.spread(&self.gradient, gradient);
        Ok(value.action)
    }

    fn interrupted(&self) -> bool {
        (self.interrupted)()
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        Some(self)
    }
}

impl LeastSquares for ByPairs<'_> {
    fn layout(&self) -> &Layout {
        self.rows.layout()
    }

    fn linearization(&self) -> Linearization {
        self.rows.linearization()
    }

    fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64> {
        self.rows.linearize(self.model_precision, x, into);
        let value = into.value();
        let mut numbers = into.groups.iter().flat_map(|group| &group.values);
        if value.is_finite() && numbers.all(|value| value.is_finite()) {
            return Ok(value);
        }
        // The action says where.
        self.rows.gather(x, &mut self.unknowns);
        let (unknowns, gradient) = (&self.unknowns, &mut self.gradient);
        self.action
            .gradient(self.model_precision, unknowns, gradient)?;
        Err(Error::WrongShape {
            path: "network".into(),
            message: "has derivatives that are not finite; use smaller weights".into(),
        })
    }

    fn noise_level(&self) -> f64 {
        self.action.problem().noise_level()
    }

    /// Adds nothing: the second derivatives of layers are not available, so that Gauss-Newton
    /// remains.
    fn add_curvature(&mut self, _: &[f64], _: &mut BlockMatrix) -> Result<()> {
        Ok(())
    }
}
