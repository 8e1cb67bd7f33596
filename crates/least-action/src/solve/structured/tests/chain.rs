//! Problem for tests: a chain of noisy Lorenz63 states by Euler's rule, written out by hand.

use nalgebra::{DMatrix, DVector};

use super::super::super::blocks::tests::noise;
use super::super::super::{Assembly, BlockMatrix, Bounds, LeastSquares, Objective};
use crate::error::{Error, Result};
use crate::solve::{Layout, Linearization, RowGroup};

/// Two data sets of x alone that share the unknown rho and a parameter that nothing depends on.
pub struct Chain {
    pub layout: Layout,
    pub bounds: Option<Bounds>,
    pub data: Vec<f64>,
    /// Factor of all weights.
    pub scale: f64,
    pub precision: f64,
    pub calls: usize,
    pub interrupt_after: usize,
    pub last: Vec<f64>,
}

pub const STEP: f64 = 0.02;
pub const D: usize = 3;

pub fn field(x: &[f64], rho: f64) -> [f64; D] {
    let [x, y, z] = [x[0], x[1], x[2]];
    [10.0 * (y - x), x * (rho - z) - y, x * y - 8.0 / 3.0 * z]
}

impl Chain {
    pub fn new(points: [usize; 2], seed: u64) -> Self {
        let mut random = noise(seed);
        let mut couples = Vec::new();
        let mut data = Vec::new();
        for points in points {
            let mut x = [1.0 + random(), 1.0 + random(), 20.0 + random()];
            for n in 0..points {
                couples.push(u8::from(n + 1 < points));
                data.push(x[0] + 0.1 * random());
                let f = field(&x, 28.0);
                x = std::array::from_fn(|i| x[i] + STEP * f[i]);
            }
        }
        Chain {
            layout: Layout::new(D, data.len(), 2, couples).unwrap(),
            bounds: None,
            data,
            scale: 1.0,
            precision: 1e4,
            calls: 0,
            interrupt_after: usize::MAX,
            last: Vec::new(),
        }
    }

    /// Starting point: the data where there are any, a constant elsewhere.
    pub fn start(&self) -> Vec<f64> {
        let mut x: Vec<f64> = self.data.iter().flat_map(|&y| [y, y, 20.0]).collect();
        x.extend([20.0, 3.0]);
        x
    }

    /// All residuals times the root of their weight, computed without blocks.
    pub fn residuals(&self, x: &[f64]) -> DVector<f64> {
        let rho = x[self.layout.path_length()];
        let mut all = Vec::new();
        for (n, &y) in self.data.iter().enumerate() {
            let now = &x[n * D..];
            all.push((100.0 * self.scale).sqrt() * (now[0] - y));
            if self.layout.couples[n] == 1 {
                let f = field(now, rho);
                let error = |i: usize| x[(n + 1) * D + i] - now[i] - STEP * f[i];
                all.extend((0..D).map(|i| (self.precision * self.scale).sqrt() * error(i)));
            }
        }
        DVector::from_vec(all)
    }

    /// Minimum by dense Gauss-Newton steps on Jacobians by differences, halved until they lower the
    /// value.
    pub fn dense_minimum(&self, mut x: Vec<f64>, unknowns: usize) -> (Vec<f64>, f64) {
        let value = |x: &[f64]| 0.5 * self.residuals(x).norm_squared();
        for _ in 0..100 {
            let columns: Vec<_> = (0..unknowns)
                .map(|i| {
                    let moved = |h: f64| {
                        let mut x = x.clone();
                        x[i] += h;
                        self.residuals(&x)
                    };
                    (moved(1e-4) - moved(-1e-4)) / 2e-4
                })
                .collect();
            let jacobian = DMatrix::from_columns(&columns);
            let step = jacobian.svd(true, true).solve(&-self.residuals(&x), 1e-12);
            let step = step.unwrap();
            let mut share = 1.0;
            while share > 1e-9 {
                let mut next = x.clone();
                next.iter_mut()
                    .zip(&step)
                    .for_each(|(x, s)| *x += share * s);
                if value(&next) < value(&x) {
                    x = next;
                    break;
                }
                share /= 2.0;
            }
        }
        let value = value(&x);
        (x, value)
    }
}

impl Objective for Chain {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let mut linearization = self.linearization();
        let value = self.linearize(x, &mut linearization)?;
        let zero = vec![0.0; x.len()];
        let assembly = Assembly::new(&self.layout, &linearization);
        assembly.gradient_after(&linearization, &zero, gradient);
        Ok(value)
    }

    fn interrupted(&self) -> bool {
        self.calls >= self.interrupt_after
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        Some(self)
    }
}

impl LeastSquares for Chain {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn linearization(&self) -> Linearization {
        let points = 0..self.layout.points as u32;
        let coupled = points
            .clone()
            .filter(|&p| self.layout.couples[p as usize] == 1);
        let model = [vec![0, 1, 3], vec![0, 1, 2, 4, 6], vec![0, 1, 2, 5]];
        let mut data = RowGroup::new(1, points.collect(), &[vec![0]]);
        data.values.fill(1.0);
        Linearization {
            groups: vec![data, RowGroup::new(2, coupled.collect(), &model)],
        }
    }

    fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64> {
        self.calls += 1;
        self.last = x.to_vec();
        let rho = x[self.layout.path_length()];
        let [data, model] = &mut into.groups[..] else {
            unreachable!()
        };
        data.weights.fill(100.0 * self.scale);
        model.weights.fill(self.precision * self.scale);
        for (n, (residual, y)) in data.residuals.iter_mut().zip(&self.data).enumerate() {
            *residual = x[n * D] - y;
        }
        for (b, &n) in model.first.iter().enumerate() {
            let [now, next] = [&x[n as usize * D..], &x[(n as usize + 1) * D..]];
            let f = field(now, rho);
            for i in 0..D {
                model.residuals[b * D + i] = next[i] - now[i] - STEP * f[i];
            }
            let h = STEP;
            model.values[b * 12..(b + 1) * 12].copy_from_slice(&[
                -1.0 + 10.0 * h,
                -10.0 * h,
                1.0,
                -h * (rho - now[2]),
                -1.0 + h,
                h * now[0],
                1.0,
                -h * now[0],
                -h * now[1],
                -h * now[0],
                -1.0 + h * 8.0 / 3.0,
                1.0,
            ]);
        }
        let value = into.value();
        if value.is_finite() {
            return Ok(value);
        }
        Err(not_finite())
    }

    fn add_curvature(&mut self, x: &[f64], into: &mut BlockMatrix) -> Result<()> {
        assert_eq!(x, self.last, "the point linearised last");
        let rho = self.layout.path_length();
        for n in (0..self.layout.points).filter(|&n| self.layout.couples[n] == 1) {
            let [now, next] = [&x[n * D..], &x[(n + 1) * D..]];
            let f = field(now, x[rho]);
            let pull = |i: usize| self.precision * self.scale * (next[i] - now[i] - STEP * f[i]);
            assert!(into.add(n * D, n * D + 2, STEP * pull(1)));
            assert!(into.add(n * D, rho, -STEP * pull(1)));
            assert!(into.add(n * D, n * D + 1, -STEP * pull(2)));
        }
        Ok(())
    }
}

pub fn not_finite() -> Error {
    Error::NotFinite {
        path: "x".into(),
        time: 0.0,
        point: 0,
        state: "x".into(),
        term: "f".into(),
        value: f64::NAN,
    }
}
