//! A chain of noisy Lorenz63 states by Euler's rule, written out by hand.

use nalgebra::{DMatrix, DVector};

use super::super::blocks::tests::noise;
use super::super::{Assembly, BlockMatrix, Bounds, StopReason};
use super::*;
use crate::action::{Layout, Linearization, RowGroup};

/// Two data sets of x alone share the unknown rho and a parameter that nothing depends on.
struct Chain {
    layout: Layout,
    bounds: Option<Bounds>,
    data: Vec<f64>,
    /// Factor of all weights.
    scale: f64,
    precision: f64,
    calls: usize,
    interrupt_after: usize,
    last: Vec<f64>,
}

const STEP: f64 = 0.02;
const D: usize = 3;

fn field(x: &[f64], rho: f64) -> [f64; D] {
    let [x, y, z] = [x[0], x[1], x[2]];
    [10.0 * (y - x), x * (rho - z) - y, x * y - 8.0 / 3.0 * z]
}

impl Chain {
    fn new(points: [usize; 2], seed: u64) -> Self {
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

    /// The data where there are any, a constant elsewhere.
    fn start(&self) -> Vec<f64> {
        let mut x: Vec<f64> = self.data.iter().flat_map(|&y| [y, y, 20.0]).collect();
        x.extend([20.0, 3.0]);
        x
    }

    /// All residuals times the root of their weight, in no way through blocks.
    fn residuals(&self, x: &[f64]) -> DVector<f64> {
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

    /// The minimum by dense Gauss-Newton steps on Jacobians by differences, halved until they lower the value.
    fn dense_minimum(&self, mut x: Vec<f64>, unknowns: usize) -> (Vec<f64>, f64) {
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

    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
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

const EXACT: Structured = Structured {
    hessian: Hessian::Exact,
    max_iterations: 200,
    tolerance: 1e-12,
};

const GAUSS_NEWTON: Structured = Structured {
    hessian: Hessian::GaussNewton,
    ..EXACT
};

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
}

fn free_bounds(chain: &Chain) -> Bounds {
    let n = chain.layout.unknowns();
    Bounds::new(vec![f64::NEG_INFINITY; n], vec![f64::INFINITY; n]).unwrap()
}

#[test]
fn curvature_and_gradient_are_those_of_the_value() {
    let mut chain = Chain::new([4, 3], 1);
    let mut random = noise(7);
    let x: Vec<f64> = chain.start().iter().map(|x| x + random()).collect();
    let n = x.len();
    let mut gradient = vec![0.0; n];
    chain.evaluate(&x, &mut gradient).unwrap();
    let mut linearization = chain.linearization();
    chain.linearize(&x, &mut linearization).unwrap();
    let mut hessian = BlockMatrix::new(&chain.layout);
    let mut same = vec![0.0; n];
    Assembly::new(&chain.layout, &linearization).assemble(&linearization, &mut hessian, &mut same);
    assert!(
        distance(&gradient, &same) < 1e-9 * gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs()))
    );
    chain.add_curvature(&x, &mut hessian).unwrap();
    for i in 0..n {
        let mut at = |h: f64| {
            let mut x = x.clone();
            x[i] += h;
            let mut gradient = vec![0.0; n];
            let value = chain.evaluate(&x, &mut gradient).unwrap();
            (value, gradient)
        };
        let (above, below) = (at(1e-4), at(-1e-4));
        assert!(
            (gradient[i] - (above.0 - below.0) / 2e-4).abs() < 1e-3,
            "{i}"
        );
        for j in 0..n {
            let expected = (above.1[j] - below.1[j]) / 2e-4;
            assert!((hessian.get(i, j) - expected).abs() < 1e-4, "{i} {j}");
        }
    }
}

#[test]
fn the_minimum_is_that_of_a_dense_search() {
    let mut chain = Chain::new([12, 9], 3);
    let (mut x, mut y) = (chain.start(), chain.start());
    let newton = EXACT.minimize(&mut chain, &mut x).unwrap();
    let gauss = GAUSS_NEWTON.minimize(&mut chain, &mut y).unwrap();
    let (dense, value) = chain.dense_minimum(chain.start(), chain.layout.unknowns() - 1);
    assert!(
        (newton.value - value).abs() < 1e-9 * value,
        "{newton:?} {value}"
    );
    assert!(
        (gauss.value - value).abs() < 1e-9 * value,
        "{gauss:?} {value}"
    );
    assert!(distance(&x, &dense) < 1e-4 && distance(&y, &dense) < 1e-4);
    // What nothing depends on stays where it was.
    assert_eq!([x[x.len() - 1], y[y.len() - 1]], [3.0, 3.0]);
    assert!(newton.stop.settled() && gauss.stop.settled());
    assert!(newton.active_bounds.is_empty());
}

/// A lost factor of two in the work would show here.
#[test]
fn work_counts() {
    let counts = |options: Structured| {
        let mut chain = Chain::new([60, 41], 5);
        let mut x = chain.start();
        for (n, x) in x.iter_mut().enumerate() {
            *x += [0.0, 15.0, -30.0, 12.0, 9.0][n % 5];
        }
        let minimum = options.minimize(&mut chain, &mut x).unwrap();
        assert_eq!(minimum.evaluations, chain.calls);
        assert_eq!(minimum.stop, StopReason::ValueSettled);
        [
            minimum.iterations,
            minimum.evaluations,
            minimum.factorizations,
        ]
    };
    let all = [GAUSS_NEWTON, EXACT, Structured::default()].map(counts);
    assert_eq!(all, [[6, 7, 6], [16, 17, 21], [5, 6, 5]]);
}

#[test]
fn the_scale_of_the_value_changes_nothing() {
    for options in [GAUSS_NEWTON, EXACT] {
        let run = |scale: f64| {
            let mut chain = Chain::new([30, 21], 5);
            chain.bounds = Some(free_bounds(&chain));
            if let Some(bounds) = &mut chain.bounds {
                bounds.upper[10] = -1.0;
            }
            chain.scale = scale;
            let mut x = chain.start();
            let mut minimum = options.minimize(&mut chain, &mut x).unwrap();
            minimum.value /= scale;
            (x, minimum)
        };
        let reference = run(1.0);
        assert_eq!(reference.1.active_bounds, [10]);
        for exponent in [-200, -40, 40, 200] {
            assert_eq!(run(2f64.powi(exponent)), reference, "2^{exponent}");
        }
    }
}

#[test]
fn bounds_hold_and_let_go() {
    for options in [GAUSS_NEWTON, EXACT] {
        let mut chain = Chain::new([20, 9], 11);
        let rho = chain.layout.path_length();
        let mut free = chain.start();
        let lowest = options.minimize(&mut chain, &mut free).unwrap();

        // Bounds that the minimum respects change nothing of it, also if the search begins at one or outside.
        let mut bounds = free_bounds(&chain);
        for (i, &x) in free.iter().enumerate() {
            (bounds.lower[i], bounds.upper[i]) = (x - 0.1, x + 0.2);
        }
        chain.bounds = Some(bounds);
        let mut x = chain.start();
        let minimum = options.minimize(&mut chain, &mut x).unwrap();
        assert!(
            (minimum.value - lowest.value).abs() < 1e-9 * lowest.value,
            "{minimum:?} {lowest:?}"
        );
        assert!(distance(&x, &free) < 1e-4);

        // One that it does not respect is kept exactly; the rest is the minimum with rho fixed there.
        let mut bounds = free_bounds(&chain);
        bounds.upper[rho] = free[rho] - 1.0;
        chain.bounds = Some(bounds.clone());
        let mut x = chain.start();
        let minimum = options.minimize(&mut chain, &mut x).unwrap();
        assert_eq!(minimum.active_bounds, [rho]);
        assert_eq!(x[rho], free[rho] - 1.0);
        let (dense, value) = chain.dense_minimum(x.clone(), rho);
        assert!(
            (minimum.value - value).abs() < 1e-8 * value,
            "{minimum:?} {value}"
        );
        assert!(distance(&x, &dense) < 1e-4);

        // Everything fixed: nothing to do.
        bounds.lower.copy_from_slice(&x);
        bounds.upper.copy_from_slice(&x);
        chain.bounds = Some(bounds);
        let before = x.clone();
        let minimum = options.minimize(&mut chain, &mut x).unwrap();
        assert_eq!(
            (minimum.stop, minimum.evaluations),
            (StopReason::GradientSmall, 1)
        );
        assert_eq!(x, before);
        assert_eq!(minimum.active_bounds.len(), x.len());
    }
}

#[test]
fn every_reason_to_stop_is_told() {
    let mut chain = Chain::new([20, 9], 2);
    let run = |chain: &mut Chain, options: Structured| {
        let mut x = chain.start();
        (options.minimize(chain, &mut x), x)
    };
    let few = Structured {
        max_iterations: 2,
        ..GAUSS_NEWTON
    };
    let (minimum, _) = run(&mut chain, few);
    let minimum = minimum.unwrap();
    assert_eq!(
        (minimum.stop, minimum.iterations),
        (StopReason::IterationLimit, 2)
    );

    chain.calls = 0;
    chain.interrupt_after = 3;
    let (minimum, x) = run(&mut chain, GAUSS_NEWTON);
    let minimum = minimum.unwrap();
    assert_eq!(
        (minimum.stop, minimum.evaluations),
        (StopReason::Interrupted, 3)
    );
    assert_eq!(
        minimum.value,
        chain.evaluate(&x, &mut vec![0.0; x.len()]).unwrap()
    );
    chain.interrupt_after = usize::MAX;

    // No step at all is finite.
    let start = chain.start();
    let mut stuck = Stuck {
        chain,
        start: start.clone(),
    };
    let mut x = start.clone();
    let minimum = GAUSS_NEWTON.minimize(&mut stuck, &mut x).unwrap();
    assert_eq!((minimum.stop, x), (StopReason::NotFinite, start.clone()));

    let mut x = start;
    x[0] = f64::NAN;
    assert!(GAUSS_NEWTON.minimize(&mut stuck, &mut x).is_err());
    assert!(GAUSS_NEWTON.minimize(&mut stuck, &mut x[1..]).is_err());
}

/// Finite at its start only.
struct Stuck {
    chain: Chain,
    start: Vec<f64>,
}

impl Objective for Stuck {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.chain.evaluate(x, gradient)
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

    fn bounds(&self) -> Option<&Bounds> {
        self.chain.bounds()
    }
}

/// One point, one state: the residual log x + 3, which a step from x = e takes to where there is no logarithm.
struct Logarithm(Layout);

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

    fn bounds(&self) -> Option<&Bounds> {
        None
    }
}

#[test]
fn steps_into_nonsense_are_shortened() {
    // At the start the exact Hessian is negative, too.
    for options in [GAUSS_NEWTON, EXACT] {
        let mut x = [std::f64::consts::E];
        let mut problem = Logarithm(Layout::new(1, 1, 0, vec![0]).unwrap());
        let minimum = options.minimize(&mut problem, &mut x).unwrap();
        assert!((x[0] - (-3f64).exp()).abs() < 1e-6, "{x:?} {minimum:?}");
        assert!(minimum.stop.settled(), "{minimum:?}");
    }
}

/// Up to where normal equations keep no digit, as on a ladder.
#[test]
fn large_ratios_of_weights() {
    for options in [GAUSS_NEWTON, EXACT] {
        let mut chain = Chain::new([12, 9], 3);
        let mut x = chain.start();
        let mut factorizations = Vec::new();
        for exponent in (2..=20).step_by(2) {
            chain.precision = 10f64.powi(exponent);
            let minimum = options.minimize(&mut chain, &mut x).unwrap();
            factorizations.push(minimum.factorizations);
            assert!(minimum.stop.settled(), "1e{exponent}: {minimum:?}");
            if exponent == 14 || exponent == 20 {
                let (dense, value) = chain.dense_minimum(x.clone(), x.len() - 1);
                assert!(
                    (minimum.value - value).abs() < 1e-7 * value,
                    "1e{exponent}: {minimum:?} {value}"
                );
                assert!(
                    distance(&x, &dense) < 1e-3,
                    "1e{exponent}: {}",
                    distance(&x, &dense)
                );
            }
        }
        assert!(factorizations.iter().all(|&f| f < 20), "{factorizations:?}");
    }
}

/// A straight line through data, as a chain x' = p + q of weight `precision`: only the sum of the two parameters is determined.
struct Line {
    layout: Layout,
    precision: f64,
}

impl Objective for Line {
    fn evaluate(&mut self, _: &[f64], _: &mut [f64]) -> Result<f64> {
        unreachable!()
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

    fn bounds(&self) -> Option<&Bounds> {
        None
    }
}

/// Columns that depend on each other, and weights that leave nothing of the data in normal equations.
#[test]
fn the_square_root_form_steps_in() {
    for precision in [1e4, 1e12, 1e16, 1e20] {
        let points = 16;
        let mut couples = vec![1; points];
        couples[points - 1] = 0;
        let layout = Layout::new(1, points, 2, couples).unwrap();
        let mut line = Line { layout, precision };
        let mut workspace = Workspace::new(&line).unwrap();
        let mut x = vec![0.0; points + 2];
        let minimum = GAUSS_NEWTON
            .minimize_in(&mut workspace, &mut line, &mut x)
            .unwrap();
        assert!(minimum.stop.settled(), "{minimum:?}");
        let slope = x[points] + x[points + 1];
        assert!(
            (slope - 2.0).abs() < 1e-5,
            "{precision:e}: {slope} {minimum:?}"
        );
        assert!(
            (minimum.value - 8.0).abs() < 1e-6 + 10.0 / precision,
            "{precision:e}: {minimum:?}"
        );
        assert!(minimum.factorizations < 20, "{minimum:?}");
        let used = workspace.square_root.is_some();
        assert!(
            used == (precision > 1e15) || precision == 1e16,
            "{precision:e}"
        );
    }
}

#[test]
fn exact_fits_are_found_and_left_alone() {
    // Each data set is a single point: the data can be met.
    let mut chain = Chain::new([1, 1], 2);
    let mut x = chain.start();
    x[0] += 1.0;
    for options in [GAUSS_NEWTON, EXACT] {
        let minimum = options.minimize(&mut chain, &mut x).unwrap();
        assert!(
            minimum.value < 1e-12 && minimum.stop.settled(),
            "{minimum:?}"
        );
    }
}

#[test]
fn options_are_checked() {
    let path = |options: Structured| {
        options
            .validate("minimizer")
            .unwrap_err()
            .path()
            .to_string()
    };
    let none = Structured {
        max_iterations: 0,
        ..EXACT
    };
    assert_eq!(path(none), "minimizer.maxIterations");
    for tolerance in [0.0, 1.0, f64::NAN] {
        assert_eq!(
            path(Structured { tolerance, ..EXACT }),
            "minimizer.tolerance"
        );
    }
    assert!(Structured::default().validate("minimizer").is_ok());
    assert!(Bounds::new(vec![0.0], vec![f64::NAN]).is_err());
    assert!(Bounds::new(vec![1.0], vec![0.0]).is_err());
    assert!(Bounds::new(vec![f64::INFINITY], vec![f64::INFINITY]).is_err());
    assert!(Bounds::new(vec![1.0], vec![]).is_err());

    struct Plain;
    impl Objective for Plain {
        fn evaluate(&mut self, _: &[f64], _: &mut [f64]) -> Result<f64> {
            Ok(0.0)
        }
    }
    assert!(EXACT.minimize(&mut Plain, &mut [0.0]).is_err());
}
