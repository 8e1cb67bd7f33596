//! Lorenz96 by simpson-hermite with an unknown forcing, written out as rows by hand: a realistic
//! problem for the solver alone.
#![allow(dead_code)]

use least_action::solve::{
    BlockMatrix, Bounds, Layout, LeastSquares, Linearization, Objective, RowGroup,
};
use least_action::Result;

pub struct Chain {
    pub layout: Layout,
    pub bounds: Option<Bounds>,
    pub measurement_precision: f64,
    pub model_precision: f64,
    pub truth: Vec<f64>,
    observed: Vec<usize>,
    data: Vec<f64>,
    step: f64,
    seen: Option<Linearization>,
    derivative: Vec<f64>,
    lambda: Vec<f64>,
}

fn neighbours(d: usize, i: usize) -> [usize; 4] {
    [(i + d - 2) % d, (i + d - 1) % d, i, (i + 1) % d]
}

fn field(d: usize, x: &[f64], forcing: f64, into: &mut [f64]) {
    for i in 0..d {
        let [a, b, _, c] = neighbours(d, i);
        into[i] = x[b] * (x[c] - x[a]) - x[i] + forcing;
    }
}

pub struct Random(pub u64);

impl Random {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}

impl Chain {
    pub fn new(d: usize, points: usize, observed: &[usize], seed: u64) -> Self {
        let mut random = Random(seed);
        let (step, forcing, parts) = (0.025, 8.17, 10);
        let mut x: Vec<f64> = (0..d).map(|_| forcing + random.normal()).collect();
        let mut truth = Vec::new();
        let mut k = vec![vec![0.0; d]; 4];
        for n in 0..400 + points {
            if n >= 400 {
                truth.extend_from_slice(&x);
            }
            for _ in 0..parts {
                let h = step / parts as f64;
                field(d, &x, forcing, &mut k[0]);
                for (stage, share) in [(1, 0.5), (2, 0.5), (3, 1.0)] {
                    let y: Vec<f64> = x
                        .iter()
                        .zip(&k[stage - 1])
                        .map(|(x, k)| x + share * h * k)
                        .collect();
                    field(d, &y, forcing, &mut k[stage]);
                }
                for i in 0..d {
                    x[i] += h / 6.0 * (k[0][i] + 2.0 * k[1][i] + 2.0 * k[2][i] + k[3][i]);
                }
            }
        }
        let mut data = Vec::new();
        for x in truth.chunks(d) {
            data.extend(observed.iter().map(|&l| x[l] + 0.5 * random.normal()));
        }
        let mut couples: Vec<u8> = (0..points)
            .map(|p| if p % 2 == 0 { 2 } else { 1 })
            .collect();
        couples[points - 1] = 0;
        Chain {
            layout: Layout::new(d, points, 1, couples).unwrap(),
            bounds: None,
            measurement_precision: 4.0,
            model_precision: 1.0,
            truth,
            observed: observed.to_vec(),
            data,
            step,
            seen: None,
            derivative: vec![0.0; d * points],
            lambda: vec![0.0; d * points],
        }
    }

    pub fn observations(&self) -> usize {
        self.data.len()
    }

    /// A random path, with the measured components at their data.
    pub fn start(&self, seed: u64) -> Vec<f64> {
        let mut random = Random(seed ^ 0x5555);
        let d = self.layout.dimension;
        let mut x: Vec<f64> = (0..d * self.layout.points)
            .map(|_| 20.0 * random.uniform() - 10.0)
            .collect();
        for (x, y) in x.chunks_mut(d).zip(self.data.chunks(self.observed.len())) {
            for (&l, &y) in self.observed.iter().zip(y) {
                x[l] = y;
            }
        }
        x.push(6.0 + 4.0 * random.uniform());
        x
    }
}

impl Objective for Chain {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let mut seen = self.seen.take().unwrap_or_else(|| self.linearization());
        let value = self.linearize(x, &mut seen)?;
        gradient.fill(0.0);
        let d = self.layout.dimension;
        let path = self.layout.path_length();
        for group in &seen.groups {
            let width = group.span * d;
            for (b, &first) in group.first.iter().enumerate() {
                for r in 0..group.rows {
                    let at = b * group.rows + r;
                    let force = group.weights[at] * group.residuals[at];
                    for e in group.row_start[r] as usize..group.row_start[r + 1] as usize {
                        let c = group.columns[e] as usize;
                        let unknown = if c < width {
                            first as usize * d + c
                        } else {
                            path + c - width
                        };
                        gradient[unknown] += force * group.values[b * group.columns.len() + e];
                    }
                }
            }
        }
        self.seen = Some(seen);
        Ok(value)
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
        let (d, points) = (self.layout.dimension, self.layout.points);
        let row = |i: usize, full: &[usize], single: &[usize]| {
            let mut columns: Vec<u32> = single.iter().map(|p| (p * d + i) as u32).collect();
            for p in full {
                columns.extend(neighbours(d, i).map(|j| (p * d + j) as u32));
            }
            columns.push(3 * d as u32);
            columns.sort_unstable();
            columns
        };
        let mut pattern: Vec<Vec<u32>> = (0..d).map(|i| row(i, &[0, 1, 2], &[])).collect();
        pattern.extend((0..d).map(|i| row(i, &[0, 2], &[1])));
        let triples = (0..points - 2).step_by(2).map(|p| p as u32).collect();
        let measured: Vec<Vec<u32>> = self.observed.iter().map(|&l| vec![l as u32]).collect();
        let mut data = RowGroup::new(1, (0..points as u32).collect(), &measured);
        data.values.fill(1.0);
        Linearization {
            groups: vec![RowGroup::new(3, triples, &pattern), data],
        }
    }

    fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64> {
        let (d, h) = (self.layout.dimension, self.step);
        let (path, forcing) = x.split_at(self.layout.path_length());
        for (x, f) in path.chunks(d).zip(self.derivative.chunks_mut(d)) {
            field(d, x, forcing[0], f);
        }
        let model = &mut into.groups[0];
        let entries = model.columns.len();
        let weight = 2.0 * self.model_precision / ((self.layout.points - 1) * d) as f64;
        model.weights.fill(weight);
        let f = &self.derivative;
        for (b, &first) in model.first.iter().enumerate() {
            let p = first as usize * d;
            let values = &mut model.values[b * entries..(b + 1) * entries];
            let residuals = &mut model.residuals[b * 2 * d..(b + 1) * 2 * d];
            let mut e = 0;
            for (r, residual) in residuals.iter_mut().enumerate() {
                let i = r % d;
                let (x0, x1, x2) = (path[p + i], path[p + d + i], path[p + 2 * d + i]);
                let (f0, f1, f2) = (f[p + i], f[p + d + i], f[p + 2 * d + i]);
                let (own, factor) = if r < d {
                    *residual = x2 - x0 - h / 3.0 * (f0 + 4.0 * f1 + f2);
                    ([-1.0, 0.0, 1.0], [-h / 3.0, -4.0 * h / 3.0, -h / 3.0])
                } else {
                    *residual = x1 - 0.5 * (x0 + x2) - h / 4.0 * (f0 - f2);
                    ([-0.5, 1.0, -0.5], [-h / 4.0, 0.0, h / 4.0])
                };
                let [a, b, _, c] = neighbours(d, i);
                for &column in
                    &model.columns[model.row_start[r] as usize..model.row_start[r + 1] as usize]
                {
                    let (k, j) = (column as usize / d, column as usize % d);
                    values[e] = if k == 3 {
                        factor.iter().sum()
                    } else {
                        let y = &path[p + k * d..p + (k + 1) * d];
                        let df = if j == a {
                            -y[b]
                        } else if j == b {
                            y[c] - y[a]
                        } else if j == c {
                            y[b]
                        } else {
                            -1.0
                        };
                        factor[k] * df + if j == i { own[k] } else { 0.0 }
                    };
                    e += 1;
                }
            }
        }
        let data = &mut into.groups[1];
        data.weights
            .fill(2.0 * self.measurement_precision / self.data.len() as f64);
        let width = self.observed.len();
        for (n, x) in path.chunks(d).enumerate() {
            for (k, &l) in self.observed.iter().enumerate() {
                data.residuals[n * width + k] = x[l] - self.data[n * width + k];
            }
        }
        // Adjoint of the residuals at every f, which the curvature is weighted with.
        self.lambda.fill(0.0);
        let model = &into.groups[0];
        for (b, &first) in model.first.iter().enumerate() {
            let p = first as usize * d;
            for i in 0..d {
                let r1 = weight * model.residuals[b * 2 * d + i];
                let r2 = weight * model.residuals[b * 2 * d + d + i];
                self.lambda[p + i] -= h / 3.0 * r1 + h / 4.0 * r2;
                self.lambda[p + d + i] -= 4.0 * h / 3.0 * r1;
                self.lambda[p + 2 * d + i] -= h / 3.0 * r1 - h / 4.0 * r2;
            }
        }
        let value = into.value();
        if value.is_finite() {
            return Ok(value);
        }
        Err(least_action::Error::NotFinite {
            path: "path".into(),
            time: 0.0,
            point: 0,
            state: "x".into(),
            term: "residual".into(),
            value,
        })
    }

    fn add_curvature(&mut self, _: &[f64], into: &mut BlockMatrix) -> Result<()> {
        let d = self.layout.dimension;
        for (n, lambda) in self.lambda.chunks(d).enumerate() {
            let rows = into.panel_rows(n);
            let panel = into.panel_mut(n);
            for (i, l) in lambda.iter().enumerate() {
                let [a, b, _, c] = neighbours(d, i);
                panel[b.min(c) * rows + b.max(c)] += l;
                panel[b.min(a) * rows + b.max(a)] -= l;
            }
        }
        Ok(())
    }
}
