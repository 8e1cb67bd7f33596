use crate::error::{check, Result};
use crate::mechanics::names::names;
use crate::mechanics::IntegrationMethod;

/// Boundary conditions at both ends of the path.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Boundary {
    /// Free ends, the natural conditions of a minimum over all paths: p = 0 before the first point
    /// and, with the impulse of the last one, after it.
    #[default]
    Free,
    /// The first state is that of the initial path; p = 0 after the last point.
    FixedStart,
    /// The first and the last state are those of the initial path, as in Hamilton's principle.
    Fixed,
    /// Free ends with the measurements of the first and the last point only,
    /// `p(t_0) = R_m P (x - y)` and `p(t_F) = -R_m P (x - y)`: a network, whose inputs and outputs
    /// are data. Measurements in between are not used.
    EndData,
}

/// Method for the two-point boundary-value problem of the canonical equations.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum BoundaryMethod {
    /// Newton's method on all canonical equations at once, collocated at Gauss points, on a mesh
    /// that is refined where it is too coarse.
    #[default]
    Collocation,
    /// The discrete action is minimised by the structured search: it never climbs to a saddle.
    Minimisation,
    /// Newton's method on the states and momenta at the beginnings of segments, which the map of
    /// the integrator joins.
    MultipleShooting,
    /// Multiple shooting with one segment. Errors of the first momentum grow as the flow lets them,
    /// so that it fails on long or chaotic paths; it is there to show that.
    SingleShooting,
    /// A sweep of the states forward, one of the costates backward, and a step of the path towards
    /// their result: backpropagation, where weights are states. It needs the action of a model, a
    /// first state that is measured (a prior) or fixed, and a free last one; the path begins as the
    /// image of the first state.
    ForwardBackward,
    /// Two levels of steps: the fine ones correct a problem of long steps, one per segment, which
    /// Newton's method solves (the full approximation scheme of A. Brandt, Math. Comp. 31, 1977).
    Multigrid,
}

names!(BoundaryMethod {
    Collocation => "collocation",
    Minimisation => "minimisation",
    MultipleShooting => "multiple-shooting",
    SingleShooting => "single-shooting",
    ForwardBackward => "forward-backward",
    Multigrid => "multigrid",
});

/// Continuation in the model precision: the problem is solved with the fraction `from` of R_f, then
/// with R_f times `factor` from the path before on, until R_f is that of the system.
///
/// ```
/// use least_action::mechanics::{BoundaryOptions, Continuation};
///
/// let options = BoundaryOptions {
///     continuation: Some(Continuation { from: 1e-4, factor: 10.0 }),
///     ..BoundaryOptions::default()
/// };
/// # assert!(options.validate().is_ok());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Continuation {
    /// First R_f as a fraction of the system's.
    pub from: f64,
    /// Ratio of R_f from rung to rung. Default: 10.
    #[serde(default = "ten")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub factor: f64,
}

/// Smallest tolerance; smaller ones are rounding.
const FINEST: f64 = 1e-14;

/// Maximum number of entries that a mesh's matrices may have in all: 3 GB.
const MOST_ENTRIES: usize = 400_000_000;

/// Number of entries per step, in units of D^2: band and derivatives, and the factors of a step's
/// stages where there are many.
const MATRICES: usize = 60;

/// Maximum number of rungs of a continuation.
const MOST_RUNGS: f64 = 1e4;

impl Continuation {
    /// Number of rungs before the last one, a whole number.
    fn steps(&self) -> f64 {
        // Powers that end at 1 but for rounding need no rung more.
        (-libm::log(self.from) / libm::log(self.factor) - 1e-9)
            .ceil()
            .max(0.0)
    }

    /// Fractions of R_f, in ascending order; the last is 1.
    pub(super) fn shares(&self) -> Vec<f64> {
        let steps = self.steps() as i32;
        let below = (0..steps).map(|k| self.from * libm::pow(self.factor, k.into()));
        below.chain([1.0]).collect()
    }
}

fn ten() -> f64 {
    10.0
}

/// Options of the solution of a boundary-value problem.
///
/// ```
/// use least_action::mechanics::{Boundary, BoundaryMethod, BoundaryOptions};
///
/// let options = BoundaryOptions {
///     method: BoundaryMethod::MultipleShooting,
///     boundary: Boundary::FixedStart,
///     time_step: 0.05,
///     ..BoundaryOptions::default()
/// };
/// assert!(options.validate().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct BoundaryOptions {
    /// Method of solution. Default: `collocation`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<BoundaryMethod>"))]
    pub method: BoundaryMethod,
    /// Boundary conditions. Default: `free`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Boundary>"))]
    pub boundary: Boundary,
    /// Integrator whose map is one step. Collocation and minimisation need one at Gauss points,
    /// minimisation also takes `symplectic-euler`, forward-backward those and
    /// `symplectic-euler-adjoint` and `stormer-verlet`; with the same map all methods solve the
    /// same discrete problem. Default: `gauss-legendre-4`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<IntegrationMethod>"))]
    pub integrator: IntegrationMethod,
    /// Time of the first point. Default: 0.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub start: f64,
    /// Time between the points of the path.
    #[cfg_attr(feature = "typescript", ts(as = "f64"))]
    pub time_step: f64,
    /// Number of steps of the map between two points. Default: 1.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub steps_per_point: usize,
    /// Number of points in a segment of `multiple-shooting`, and in a long step of `multigrid`.
    /// Default: 4.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub points_per_segment: usize,
    /// Change of the path by an iteration below which it is solved, relative to the largest state
    /// and momentum; `forward-backward` counts the change by its sweeps at a rate of 1. Default:
    /// 1e-9.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub tolerance: f64,
    /// Maximum number of iterations per mesh and per R_f. Default: 100; for `forward-backward`
    /// 10,000.
    pub max_iterations: Option<usize>,
    /// Maximum error of one step, relative to the largest state and momentum: the difference to two
    /// steps of half its length. If the steps themselves are the model, as the layers of a residual
    /// network, allow more. Default: 1e-4.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub mesh_tolerance: f64,
    /// True to halve steps of collocation until errors are below `meshTolerance`. With other
    /// methods, or if false, larger errors end with the status `mesh-too-coarse`. Default: true.
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub refine: bool,
    /// Maximum number of points of the finest mesh; there may be fewer, if the memory for matrices
    /// does not suffice. Default: 100,000.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_mesh_points: usize,
    /// Learning rate of `forward-backward`: the fraction of the way to the result of its sweeps
    /// that it goes at first. It is halved when the action rises, and grows by a tenth after a
    /// step. Default: 1.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub rate: f64,
    /// Continuation in R_f. Default: none.
    pub continuation: Option<Continuation>,
    /// True to examine the second variation. Default: true.
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub second_variation: bool,
    /// True to compute the covariance of every state from the second variation. Default: false.
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub covariance: bool,
}

impl Default for BoundaryOptions {
    /// A time step of 1; the rest as stated at the fields.
    fn default() -> Self {
        BoundaryOptions {
            method: BoundaryMethod::default(),
            boundary: Boundary::default(),
            integrator: IntegrationMethod::GaussLegendre4,
            start: 0.0,
            time_step: 1.0,
            steps_per_point: 1,
            points_per_segment: 4,
            tolerance: 1e-9,
            max_iterations: None,
            mesh_tolerance: 1e-4,
            refine: true,
            max_mesh_points: 100_000,
            rate: 1.0,
            continuation: None,
            second_variation: true,
            covariance: false,
        }
    }
}

impl BoundaryOptions {
    /// Checks the options.
    ///
    /// # Errors
    /// Numbers that are out of range.
    pub fn validate(&self) -> Result<()> {
        check::finite("start", self.start)?;
        // Products and squares of steps have to stay in range, as those of precisions.
        check::precision("timeStep", self.time_step)?;
        check::at_least("stepsPerPoint", self.steps_per_point, 1)?;
        check::at_least("pointsPerSegment", self.points_per_segment, 1)?;
        let share = |path: &str, value: f64| {
            let inside = (FINEST..1.0).contains(&value);
            check::require(
                inside,
                path,
                value,
                "at least 1e-14, which is rounding, and below 1",
            )
        };
        share("tolerance", self.tolerance)?;
        share("meshTolerance", self.mesh_tolerance)?;
        if let Some(most) = self.max_iterations {
            check::at_least("maxIterations", most, 1)?;
        }
        let right = self.rate > 0.0 && self.rate <= 1.0;
        check::require(right, "rate", self.rate, "above 0 and at most 1")?;
        if let Some(Continuation { from, factor }) = self.continuation {
            let below = from > 0.0 && from <= 1.0;
            check::require(below, "continuation.from", from, "above 0 and at most 1")?;
            let above = factor > 1.0 && factor.is_finite();
            check::require(above, "continuation.factor", factor, "finite and above 1")?;
            let few = Continuation { from, factor }.steps() <= MOST_RUNGS;
            let expected = "large enough for at most 10,000 rungs";
            check::require(few, "continuation.factor", factor, expected)?;
        }
        Ok(())
    }

    /// Checks that there is memory for the mesh of a path with this number of points.
    ///
    /// # Errors
    /// More steps than the mesh may have, or than matrices of the problem can be kept for.
    pub(super) fn check_sizes(&self, points: usize, dimension: usize) -> Result<()> {
        let steps = (points - 1).saturating_mul(self.steps_per_point);
        check::at_least("maxMeshPoints", self.max_mesh_points, points)?;
        let most = self.most_mesh_points(dimension).saturating_sub(1) / (points - 1);
        check::at_most("stepsPerPoint", self.steps_per_point, most.max(1))?;
        let of_matrices = steps.saturating_mul(MATRICES * dimension * dimension);
        let fits = of_matrices <= MOST_ENTRIES;
        let expected = "short enough for its matrices to be kept: use fewer points or steps";
        check::require(fits, "initialPath", points as f64, expected)
    }

    /// Maximum number of points of a mesh whose matrices can be kept.
    pub(super) fn most_mesh_points(&self, dimension: usize) -> usize {
        let most = MOST_ENTRIES / (MATRICES * dimension * dimension);
        self.max_mesh_points.min(most.max(2))
    }

    pub(super) fn most_iterations(&self) -> usize {
        self.max_iterations.unwrap_or(match self.method {
            BoundaryMethod::ForwardBackward => 10_000,
            _ => 100,
        })
    }
}
