//! Small problems for tests, each with one property of interest.

use super::super::super::{BlockMatrix, Bounds, LeastSquares, Objective};
use super::chain::{not_finite, Chain};
use crate::error::Result;
use crate::solve::{Layout, Linearization, RowGroup};

/// Problem that is finite at its start only.
pub struct Stuck {
    pub chain: Chain,
    pub start: Vec<f64>,
}

impl Objective for Stuck {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.chain.evaluate(x, gradient)
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.chain.bounds()
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        Some(self)
    }
}

impl LeastSquares for Stuck {
    fn layout(&self) -> &Layout {
        self.chain.layout()
    }

    fn linearization(&self) -> Linearization {
        self.chain.linearization()
    }

    fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64> {
        match x == self.start {
            true => self.chain.linearize(x, into),
            false => Err(not_finite()),
        }
    }

    fn add_curvature(&mut self, x: &[f64], into: &mut BlockMatrix) -> Result<()> {
        self.chain.add_curvature(x, into)
    }
}

/// Problem of one point and one state with the residual log x + 3. A step from x = e leads to where
/// there is no logarithm.
pub struct Logarithm(pub Layout);

impl Objective for Logarithm {
    fn evaluate(&mut self, _: &[f64], _: &mut [f64]) -> Result<f64> {
        unreachable!()
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        Some(self)
    }
}

impl LeastSquares for Logarithm {
    fn layout(&self) -> &Layout {
        &self.0
    }

    fn linearization(&self) -> Linearization {
        Linearization {
            groups: vec![RowGroup::new(1, vec![0], &[vec![0]])],
        }
    }

    fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64> {
        into.groups[0].residuals[0] = x[0].ln() + 3.0;
        into.groups[0].values[0] = 1.0 / x[0];
        match x[0] > 0.0 {
            true => Ok(into.value()),
            false => Err(not_finite()),
        }
    }

    fn add_curvature(&mut self, x: &[f64], into: &mut BlockMatrix) -> Result<()> {
        into.add(0, 0, -(x[0].ln() + 3.0) / (x[0] * x[0]));
        Ok(())
    }
}

/// Straight line through data, as a chain x' = p + q of weight `precision`. Only the sum of the two
/// parameters is determined.
pub struct Line {
    pub layout: Layout,
    pub precision: f64,
    pub bounds: Option<Bounds>,
}

impl Line {
    pub fn new(points: usize, precision: f64) -> Self {
        let mut couples = vec![1; points];
        couples[points - 1] = 0;
        Line {
            layout: Layout::new(1, points, 2, couples).unwrap(),
            precision,
            bounds: None,
        }
    }
}

impl Objective for Line {
    fn evaluate(&mut self, _: &[f64], _: &mut [f64]) -> Result<f64> {
        unreachable!()
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        Some(self)
    }
}

impl LeastSquares for Line {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn linearization(&self) -> Linearization {
        let points = self.layout.points as u32;
        let mut data = RowGroup::new(1, (0..points).collect(), &[vec![0]]);
        data.values.fill(1.0);
        let mut model = RowGroup::new(2, (0..points - 1).collect(), &[vec![0, 1, 2, 3]]);
        for values in model.values.chunks_mut(4) {
            values.copy_from_slice(&[-1.0, 1.0, -1.0, -1.0]);
        }
        model.weights.fill(self.precision);
        Linearization {
            groups: vec![data, model],
        }
    }

    fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64> {
        let points = self.layout.points;
        for n in 0..points {
            // Data on 5 + 2 n, and off it by a pattern that a line does not see.
            let off = [1.0, -1.0, -1.0, 1.0][n % 4];
            into.groups[0].residuals[n] = x[n] - (5.0 + 2.0 * n as f64 + off);
        }
        for n in 0..points - 1 {
            into.groups[1].residuals[n] = x[n + 1] - x[n] - x[points] - x[points + 1];
        }
        Ok(into.value())
    }

    fn add_curvature(&mut self, _: &[f64], _: &mut BlockMatrix) -> Result<()> {
        Ok(())
    }
}

/// Points of two states, each a valley y = x^2 a thousand times as steep across as along (H. H.
/// Rosenbrock, Comput. J. 3, 1960), coupled with the next by x alone.
pub struct Valleys(pub Layout);

impl Objective for Valleys {
    fn evaluate(&mut self, _: &[f64], _: &mut [f64]) -> Result<f64> {
        unreachable!()
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        Some(self)
    }
}

impl LeastSquares for Valleys {
    fn layout(&self) -> &Layout {
        &self.0
    }

    fn linearization(&self) -> Linearization {
        let points = self.0.points as u32;
        let mut own = RowGroup::new(1, (0..points).collect(), &[vec![0], vec![0, 1]]);
        for weights in own.weights.chunks_mut(2) {
            weights[1] = 1e6;
        }
        let mut chain = RowGroup::new(2, (0..points - 1).collect(), &[vec![0, 2]]);
        for values in chain.values.chunks_mut(2) {
            values.copy_from_slice(&[-1.0, 1.0]);
        }
        Linearization {
            groups: vec![own, chain],
        }
    }

    fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64> {
        let [own, chain] = &mut into.groups[..] else {
            unreachable!()
        };
        for (n, point) in x.chunks(2).enumerate() {
            own.residuals[2 * n..][..2]
                .copy_from_slice(&[1.0 - point[0], point[1] - point[0] * point[0]]);
            own.values[3 * n..][..3].copy_from_slice(&[-1.0, -2.0 * point[0], 1.0]);
        }
        for (n, residual) in chain.residuals.iter_mut().enumerate() {
            *residual = x[2 * n + 2] - x[2 * n];
        }
        Ok(into.value())
    }

    fn add_curvature(&mut self, _: &[f64], _: &mut BlockMatrix) -> Result<()> {
        Ok(())
    }
}
