use super::integrate::{CanonicalMap, MapStep, OneStepMap, StepCounts};
use super::time_grid::{one, TimeGrid};
use super::{Hamiltonian, IntegrationMethod, PhaseSpaceWorkspace};
use crate::error::{check, Error, Result};
use crate::solve::dense::identity;

/// Options of the computation of Lyapunov exponents.
///
/// ```
/// use least_action::mechanics::LyapunovOptions;
///
/// let options = LyapunovOptions { time_step: 0.05, points: 2001, ..LyapunovOptions::default() };
/// assert_eq!(options.discard, 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct LyapunovOptions {
    /// Method of integration. Default: `implicit-midpoint`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<IntegrationMethod>"))]
    pub method: IntegrationMethod,
    /// Time of the first point. Default: 0.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub start: f64,
    /// Time between points, at each of which the directions are made orthogonal again. Directions
    /// should not grow by more than a few powers of ten in it.
    pub time_step: f64,
    /// Number of points, the first included.
    pub points: usize,
    /// Number of points at the beginning that do not count, while the orbit approaches its
    /// attractor and the directions turn into theirs. Default: 0.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub discard: usize,
    /// Number of steps of the method from one point to the next. Default: 1.
    #[serde(default = "one")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub steps_per_point: usize,
}

impl Default for LyapunovOptions {
    /// A time step of 0.01 and ten thousand steps; the rest as stated at the fields.
    fn default() -> Self {
        LyapunovOptions {
            method: IntegrationMethod::default(),
            start: 0.0,
            time_step: 0.01,
            points: 10_001,
            discard: 0,
            steps_per_point: 1,
        }
    }
}

/// Lyapunov exponents: rates by which neighbouring orbits part.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LyapunovExponents {
    /// Exponents per unit of time: 2 D, descending.
    pub exponents: Vec<f64>,
    /// Uncertainty of each exponent: half its difference between the first and the second half of
    /// the time, a hint how well the time suffices.
    pub uncertainty: Vec<f64>,
    /// Largest sum of two exponents that belong together, the k-th and the k-th last: those of a
    /// Hamiltonian flow are pairs of opposite sign.
    pub pair_error: f64,
    /// Time over which the exponents are means.
    pub time: f64,
    /// Coordinates x at the last point, from where a longer run can go on: D.
    pub x: Vec<f64>,
    /// Momenta p at the last point: D.
    pub p: Vec<f64>,
}

/// Computes the Lyapunov exponents of the canonical flow along the orbit from x0 and p0 on,
/// impulses left out: the tangent of every step is applied to 2 D directions, which are then made
/// orthogonal by a QR factorisation; the exponents are the means of the logarithms of its diagonal.
///
/// If p = 0, the action of a flow has the exponents of the flow itself and their negatives.
///
/// Source: G. Benettin, L. Galgani, A. Giorgilli, J.-M. Strelcyn, Meccanica 15, 1980.
///
/// # Errors
/// Wrong lengths and numbers; an orbit that comes to an end before its time: [`Error::NotFinite`],
/// and errors of the method's steps.
pub fn lyapunov_exponents(
    hamiltonian: &dyn Hamiltonian,
    x0: &[f64],
    p0: &[f64],
    options: &LyapunovOptions,
) -> Result<LyapunovExponents> {
    hamiltonian.check(x0, p0)?;
    for (name, values) in [("x", x0), ("p", p0)] {
        check::all_finite(name, values)?;
    }
    options.validate()?;
    let n = x0.len() + p0.len();
    let mut orbit = TangentOrbit {
        map: CanonicalMap::new(hamiltonian, options.method, options.time_step),
        grid: options.grid(),
        work: PhaseSpaceWorkspace::default(),
        z: [x0, p0].concat(),
        directions: vec![0.0; n * n],
        logarithms: vec![0.0; n],
    };
    identity(&mut orbit.directions, n);

    let first = options.discard;
    let middle = first + (options.points - first) / 2;
    let last = options.points - 1;
    orbit.advance(0..first)?;
    orbit.logarithms.fill(0.0);
    orbit.advance(first..middle)?;
    let half = orbit.logarithms.clone();
    orbit.advance(middle..last)?;

    let time = |points: usize| points as f64 * options.time_step;
    let rates = |whole: &f64| whole / time(last - first);
    let uncertain = orbit.logarithms.iter().zip(&half).map(|(whole, half)| {
        0.5 * (half / time(middle - first) - (whole - half) / time(last - middle)).abs()
    });
    let exponents = orbit.logarithms.iter().map(rates);
    let mut pairs: Vec<(f64, f64)> = exponents.zip(uncertain).collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (exponents, uncertainty): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let sums = exponents.iter().zip(exponents.iter().rev());
    Ok(LyapunovExponents {
        pair_error: sums.fold(0.0, |m: f64, (a, b)| m.max((a + b).abs())),
        uncertainty,
        exponents,
        time: time(last - first),
        x: orbit.z[..n / 2].to_vec(),
        p: orbit.z[n / 2..].to_vec(),
    })
}

impl LyapunovOptions {
    /// Checks the options.
    ///
    /// # Errors
    /// Numbers that are out of range.
    pub fn validate(&self) -> Result<()> {
        check::positive("timeStep", self.time_step)?;
        // Two steps at least: their difference is the uncertainty.
        check::at_least("points", self.points, 3)?;
        check::at_most("discard", self.discard, self.points - 3)?;
        self.grid().validate()
    }

    fn grid(&self) -> TimeGrid {
        TimeGrid {
            start: self.start,
            time_step: self.time_step,
            points: self.points,
            steps_per_point: self.steps_per_point,
        }
    }
}

/// An orbit with the directions that its tangent carries along.
struct TangentOrbit<'a> {
    map: CanonicalMap<'a>,
    grid: TimeGrid,
    work: PhaseSpaceWorkspace,
    z: Vec<f64>,
    /// Directions as orthonormal columns.
    directions: Vec<f64>,
    /// Logarithms of the growth of each direction, less the growth of the directions before it.
    logarithms: Vec<f64>,
}

impl TangentOrbit<'_> {
    /// Moves on from each of the points to the next.
    fn advance(&mut self, points: std::ops::Range<usize>) -> Result<()> {
        let h = self.grid.step();
        for point in points {
            let from = self.grid.time(point);
            for k in 0..self.grid.steps_per_point {
                let (at, tangent) = ((from + k as f64 * h, h), Some(&mut *self.directions));
                let step = MapStep::new(&mut self.work, at, &mut self.z, tangent);
                self.map.advance(step, &mut StepCounts::default())?;
            }
            let d = self.z.len() / 2;
            let time = from + self.grid.time_step;
            let broken = |state: String, term: &str, value: f64| Error::NotFinite {
                path: "orbit".into(),
                time,
                point: point + 1,
                state,
                term: term.into(),
                value,
            };
            if let Some(k) = self.z.iter().position(|v| !v.is_finite()) {
                let state = format!("{}[{}]", if k < d { "x" } else { "p" }, k % d);
                let term = format!("the {} orbit", self.map.name());
                return Err(broken(state, &term, self.z[k]));
            }
            orthonormalize(&mut self.directions, &mut self.logarithms);
            if let Some(k) = self.logarithms.iter().position(|v| !v.is_finite()) {
                let state = format!("direction {k}");
                return Err(broken(state, "the growth", self.logarithms[k]));
            }
        }
        Ok(())
    }
}

/// Makes columns orthonormal by the modified Gram-Schmidt process, and adds the logarithms of the
/// diagonal of R. They are not finite from the first column without length on.
fn orthonormalize(columns: &mut [f64], logarithms: &mut [f64]) {
    let n = logarithms.len();
    for (k, logarithm) in logarithms.iter_mut().enumerate() {
        let (own, rest) = columns[k * n..].split_at_mut(n);
        let length = libm::sqrt(own.iter().map(|v| v * v).sum());
        *logarithm += libm::log(length);
        own.iter_mut().for_each(|v| *v /= length);
        for other in rest.chunks_exact_mut(n) {
            let share: f64 = own.iter().zip(&*other).map(|(a, b)| a * b).sum();
            for (to, v) in other.iter_mut().zip(&*own) {
                *to -= share * v;
            }
        }
    }
}
