use super::time_grid::TimeGrid;
use crate::error::{check, Error, Result};

/// A jump of the momentum at a measurement: `p+ = p- + R_m (x - y)` of one component at one time.
/// It is the contribution of `(R_m/2) (x - y)^2`, one term of a sum over measurements, to the
/// Euler-Lagrange equation.
///
/// ```
/// use least_action::mechanics::Impulse;
///
/// let impulse = Impulse { time: 0.5, component: 0, precision: 4.0, value: 1.2 };
/// # assert_eq!(impulse.component, 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Impulse {
    /// Time of the measurement.
    pub time: f64,
    /// Index of the component that was measured.
    pub component: usize,
    /// Measurement precision R_m.
    pub precision: f64,
    /// Measured value y.
    pub value: f64,
}

/// Impulses sorted by their point.
#[derive(Debug, Clone, Default)]
pub(super) struct Impulses {
    /// Index of the first impulse of each point; one more for the end.
    starts: Vec<usize>,
    sorted: Vec<Impulse>,
}

/// Largest distance of an impulse from its point, in steps.
const NEAR: f64 = 1e-6;

impl Impulses {
    /// Sorts impulses by the points of a time grid.
    ///
    /// # Errors
    /// Impulses at times that are not those of points, or of components that do not exist.
    pub fn at_points(impulses: &[Impulse], dimension: usize, grid: &TimeGrid) -> Result<Self> {
        if impulses.is_empty() {
            return Ok(Impulses::default());
        }
        let (start, step, points) = (grid.start, grid.time_step, grid.points);
        let mut placed = Vec::with_capacity(impulses.len());
        for (k, impulse) in impulses.iter().enumerate() {
            if impulse.component >= dimension {
                return Err(Error::IndexOutOfRange {
                    path: format!("impulses[{k}].component"),
                    index: impulse.component,
                    count: dimension,
                });
            }
            check::finite(&format!("impulses[{k}].value"), impulse.value)?;
            check::finite(&format!("impulses[{k}].precision"), impulse.precision)?;
            let place = (impulse.time - start) / step;
            let point = place.round();
            check::require(
                (place - point).abs() < NEAR && point >= 0.0 && point < points as f64,
                &format!("impulses[{k}].time"),
                impulse.time,
                &format!(
                    "the time of one of the {points} points from {start} in steps of {step}: \
                    choose the time step so that measurements are at points"
                ),
            )?;
            placed.push((point as usize, *impulse));
        }
        placed.sort_by_key(|&(point, _)| point);
        let starts = (0..=points).map(|n| placed.partition_point(|&(point, _)| point < n));
        Ok(Impulses {
            starts: starts.collect(),
            sorted: placed.iter().map(|&(_, impulse)| impulse).collect(),
        })
    }

    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The impulses of a point.
    pub fn at(&self, point: usize) -> &[Impulse] {
        match self.starts.get(point..point + 2) {
            Some(&[from, to]) => &self.sorted[from..to],
            _ => &[],
        }
    }

    /// Moves the momentum at a point by R_m times `direction`, or back where `direction` is -1; x
    /// stays. The derivative of this map adds R_m times the row of x to that of p in `tangent`
    /// (columns of 2 D numbers).
    pub fn apply(
        &self,
        point: usize,
        direction: f64,
        z: &mut [f64],
        mut tangent: Option<&mut [f64]>,
    ) {
        let d = z.len() / 2;
        for impulse in self.at(point) {
            let component = impulse.component;
            let precision = direction * impulse.precision;
            z[d + component] += precision * (z[component] - impulse.value);
            for column in tangent.iter_mut().flat_map(|t| t.chunks_exact_mut(2 * d)) {
                column[d + component] += precision * column[component];
            }
        }
    }
}
