//! Noise in the data as their own differences show it, whatever the model.

use crate::action::{Observations, Precision};

/// Highest order of the differences.
const ORDERS: usize = 6;

/// Number of differences of one column that an estimate needs.
const LEAST: usize = 40;

/// Number of differences of one column that bound its noise.
const FEW: usize = 8;

/// Ratio of the highest variance that an estimate leaves room for to the estimate itself, up to
/// which it tells the noise although it has few differences: stated noise leaves about as much.
const ROOM: f64 = 2.0;

/// Number of consecutive orders of differences whose estimates must agree.
const PLATEAU: usize = 3;

/// Largest share of a column's variance that is taken for noise: a signal that changes from one
/// datum to the next as noise does cannot be told from it.
const LARGEST_SHARE: f64 = 0.25;

/// Number of standard deviations that an estimate may be off.
const DEVIATIONS: f64 = 4.0;

/// Variance of the noise as differences of neighbouring data show it, as a multiple of the stated
/// one (P. Hall, J. W. Kay and D. M. Titterington, Biometrika 77, 1990).
///
/// A difference of order k of a smooth signal is small beside that of the noise. Estimates of
/// several orders agree where noise is all that they see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scatter {
    /// Estimated variance over the stated one, averaged over all data.
    pub ratio: f64,
    /// Standard error of the ratio, relative to it.
    pub error: f64,
}

impl Scatter {
    /// Estimate over all columns of the data sets, those in `logarithms` by their logarithms. It is
    /// `None` where a column does not tell, and where a matrix couples the noise of columns.
    pub(crate) fn of(
        sets: &[Observations],
        precision: &Precision,
        logarithms: &[usize],
    ) -> Option<Self> {
        Self::of_columns(sets, precision, logarithms, LEAST)
    }

    /// Estimate as by [`Scatter::of`], also from fewer differences of one column where all columns
    /// together tell the noise to a factor of [`ROOM`].
    pub(super) fn of_all(
        sets: &[Observations],
        precision: &Precision,
        logarithms: &[usize],
    ) -> Option<Self> {
        Self::of_columns(sets, precision, logarithms, FEW)
            .filter(|found| found.highest() <= ROOM * found.ratio)
    }

    fn of_columns(
        sets: &[Observations],
        precision: &Precision,
        logarithms: &[usize],
        least: usize,
    ) -> Option<Self> {
        if matches!(precision, Precision::Matrix(_)) {
            return None;
        }
        let mut columns: Vec<usize> = sets.iter().flat_map(|set| set.observed.clone()).collect();
        columns.sort_unstable();
        columns.dedup();
        let (mut sum, mut square, mut count) = (0.0, 0.0, 0.0);
        for component in columns {
            let variance = |row: usize, l: usize| 1.0 / precision.weight(row, l);
            let column = match logarithms.contains(&component) {
                false => Column::new(sets, component, |row, l, y| (y, variance(row, l))),
                true => Column::new(sets, component, |row, l, y| {
                    (libm::log(y), variance(row, l) / (y * y))
                }),
            };
            let (ratio, error) = column.estimate(least)?;
            let measured = column.measured as f64;
            sum += measured * ratio;
            square += (measured * ratio * error) * (measured * ratio * error);
            count += measured;
        }
        Some(Scatter {
            ratio: sum / count,
            error: square.sqrt() / sum,
        })
    }

    /// True if the noise is larger than stated beyond doubt.
    pub(super) fn is_above_stated(&self) -> bool {
        self.ratio * (1.0 - DEVIATIONS * self.error) > 1.0
    }

    /// Variance of the noise of one column, or of its logarithm, by few differences too; where it
    /// does not tell the least of those of all orders: the noise is no larger than that, as the
    /// signal adds to the differences.
    pub(super) fn of_column(
        sets: &[Observations],
        component: usize,
        is_logarithm: bool,
    ) -> ColumnScatter {
        let column = match is_logarithm {
            false => Column::new(sets, component, |_, _, y| (y, 1.0)),
            true => Column::new(sets, component, |_, _, y| (libm::log(y), 1.0)),
        };
        match column.estimate(FEW) {
            Some((variance, _)) => ColumnScatter::Estimate(variance),
            None => ColumnScatter::AtMost(column.least()),
        }
    }

    /// Highest ratio that the estimate leaves room for.
    pub(super) fn highest(&self) -> f64 {
        self.ratio * (1.0 + DEVIATIONS * self.error)
    }
}

/// Variance of the noise of one column.
pub(super) enum ColumnScatter {
    /// Estimate by orders of differences that agree.
    Estimate(f64),
    /// Number that it is hardly larger than; infinite where there are too few differences.
    AtMost(f64),
}

/// Sums over the differences of one component, over all data sets.
struct Column {
    measured: usize,
    /// Summed squares of data about their mean, in units of the stated variance.
    variation: f64,
    /// Summed squared differences, by order.
    squares: [f64; ORDERS],
    /// Their expectations if the stated noise were all there is.
    expected: [f64; ORDERS],
    /// Number of differences, by order.
    counts: [f64; ORDERS],
}

impl Column {
    /// Sums of a component. `value` gives the value and the stated variance of a datum by its row,
    /// column and value; data whose value is not finite do not count.
    fn new(
        sets: &[Observations],
        component: usize,
        value: impl Fn(usize, usize, f64) -> (f64, f64),
    ) -> Self {
        let mut column = Column {
            measured: 0,
            variation: 0.0,
            squares: [0.0; ORDERS],
            expected: [0.0; ORDERS],
            counts: [0.0; ORDERS],
        };
        let mut first = 0;
        for set in sets {
            let place = |n: usize| match set.times.is_empty() {
                true => n as f64,
                false => set.time(n),
            };
            for l in set.columns_of(component) {
                let values = set.column(l).enumerate().filter(|(_, y)| !y.is_nan());
                let of_place = values.map(|(n, y)| {
                    let (value, variance) = value(first + n, l, y);
                    (place(n), value, variance)
                });
                let data: Vec<(f64, f64, f64)> = of_place.filter(|d| d.1.is_finite()).collect();
                column.add(&data, !set.times.is_empty());
            }
            first += set.points;
        }
        column
    }

    /// Adds one series: place in time, value and stated variance of each datum. Places are whole
    /// numbers, of which some may be absent, or uneven.
    fn add(&mut self, data: &[(f64, f64, f64)], is_uneven: bool) {
        if data.is_empty() {
            return;
        }
        self.measured += data.len();
        let mean = data.iter().map(|d| d.1).sum::<f64>() / data.len() as f64;
        let squares = data.iter().map(|d| (d.1 - mean) * (d.1 - mean) / d.2);
        self.variation += squares.sum::<f64>();
        for order in 1..=ORDERS {
            let weights = binomials(order);
            for window in data.windows(order + 1) {
                let stride = window[1].0 - window[0].0;
                let is_even = |pair: &[(f64, f64, f64)]| pair[1].0 - pair[0].0 == stride;
                let divided;
                let weights = match (is_uneven, window.windows(2).all(is_even)) {
                    (false, false) => continue,
                    (false, true) => &weights,
                    (true, _) => {
                        divided = divided_differences(window, &weights);
                        &divided
                    }
                };
                let pairs = || window.iter().zip(weights);
                let difference: f64 = pairs().map(|(d, w)| d.1 * w).sum();
                self.squares[order - 1] += difference * difference;
                self.expected[order - 1] += pairs().map(|(d, w)| d.2 * w * w).sum::<f64>();
                self.counts[order - 1] += 1.0;
            }
        }
    }

    /// Least ratio of all orders.
    fn least(&self) -> f64 {
        let each = (0..ORDERS).filter(|&k| self.counts[k] >= FEW as f64);
        let ratios = each.map(|k| self.squares[k] / self.expected[k]);
        ratios.filter(|r| *r > 0.0).fold(f64::INFINITY, f64::min)
    }

    /// Ratio of the estimated variance to the stated one with its relative standard error, from the
    /// lowest orders that agree, of `least` differences or more; `None` if none do.
    fn estimate(&self, least: usize) -> Option<(f64, f64)> {
        let of = |order: usize| {
            let k = order - 1;
            let enough = self.counts[k] >= least as f64;
            let error = (2.0 * overlap(order) / self.counts[k]).sqrt();
            enough.then(|| (self.squares[k] / self.expected[k], error))
        };
        let largest = LARGEST_SHARE * self.variation / self.measured as f64;
        (1..=ORDERS + 1 - PLATEAU).find_map(|order| {
            let orders: Option<Vec<(f64, f64)>> = (order..order + PLATEAU).map(of).collect();
            let orders = orders?;
            let (ratio, error) = orders[0];
            // The same data are in all orders, so that they differ by less than their errors.
            let room = 1.0 + error;
            let agree = orders
                .iter()
                .all(|o| o.0 <= ratio * room && ratio <= o.0 * room);
            (agree && ratio > 0.0 && ratio <= largest).then_some((ratio, error))
        })
    }
}

/// Weights of a difference of order k: binomial coefficients with alternating signs.
fn binomials(order: usize) -> Vec<f64> {
    let mut weights = vec![1.0];
    for k in 0..order {
        let next = -weights[k] * (order - k) as f64 / (k + 1) as f64;
        weights.push(next);
    }
    weights
}

/// Weights of the divided difference of data at uneven places, with the same sum of squares as
/// those at even ones: a polynomial of lower degree has none, as there.
fn divided_differences(window: &[(f64, f64, f64)], even: &[f64]) -> Vec<f64> {
    let weight = |i: usize| -> f64 {
        let others = window.iter().enumerate().filter(|(j, _)| *j != i);
        others.map(|(_, d)| 1.0 / (window[i].0 - d.0)).product()
    };
    let mut weights: Vec<f64> = (0..window.len()).map(weight).collect();
    let square = |weights: &[f64]| weights.iter().map(|w| w * w).sum::<f64>();
    let factor = (square(even) / square(&weights)).sqrt();
    weights.iter_mut().for_each(|w| *w *= factor);
    weights
}

/// Sum of the squared autocorrelations of differences of order k of white noise,
/// `C(4k, 2k) / C(2k, k)^2`: overlapping differences say less than independent ones.
fn overlap(order: usize) -> f64 {
    let middle = |n: usize| (1..=n / 2).fold(1.0, |c, i| c * (n / 2 + i) as f64 / i as f64);
    middle(4 * order) / (middle(2 * order) * middle(2 * order))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn data(points: usize, mut value: impl FnMut(usize) -> f64) -> Vec<Observations> {
        vec![Observations {
            start: 0.0,
            time_step: 1.0,
            points,
            observed: vec![0],
            values: (0..points).map(&mut value).collect(),
            ..Observations::default()
        }]
    }

    #[test]
    fn noise_on_a_smooth_signal_is_estimated_within_its_error() {
        let mut within = 0;
        for seed in 0..50 {
            let mut random = Random::new(seed, 0);
            let sets = data(400, |n| {
                (0.1 * n as f64).sin() * 5.0 + 0.5 * random.normal()
            });
            let scatter = Scatter::of(&sets, &1.0.into(), &[]).unwrap();
            let off = (scatter.ratio / 0.25 - 1.0) / scatter.error;
            assert!(off.abs() < 4.5, "seed {seed}: {off}");
            within += usize::from(off.abs() < 1.0);
        }
        // Two thirds of normal variables are within one standard deviation.
        assert!((25..45).contains(&within), "{within}");
    }

    #[test]
    fn few_data_of_several_columns_tell_their_noise_together() {
        let mut random = Random::new(1, 0);
        let mut column = |phase: f64| {
            let mut one = data(41, |n| {
                ((0.2 * n as f64 + phase).sin() + 0.2 * random.normal()).exp()
            });
            one.remove(0)
        };
        let (a, b) = (column(0.0), column(1.0));
        let values = a.values.iter().zip(&b.values).flat_map(|(a, b)| [*a, *b]);
        let both = [Observations {
            observed: vec![0, 1],
            values: values.collect(),
            ..a.clone()
        }];
        // Shares of the values, as the noise of a logarithm is.
        let row = |pair: &[f64]| pair.iter().map(|y| 1.0 / (0.04 * y * y)).collect();
        let per_datum = both[0].values.chunks(2).map(row).collect();
        let precision = Precision::PerDatum { per_datum };
        assert_eq!(Scatter::of(&both, &precision, &[0, 1]), None);
        let scatter = Scatter::of_all(&both, &precision, &[0, 1]).unwrap();
        let off = (scatter.ratio - 1.0) / (scatter.ratio * scatter.error);
        assert!(off.abs() < 3.0, "{scatter:?}");
        let of_one = Precision::Scalar(25.0);
        assert_eq!(Scatter::of_all(&[a], &of_one, &[]), None);
    }

    #[test]
    fn signals_that_change_as_noise_does_tell_nothing() {
        let mut x = 0.3;
        let chaotic = data(400, |_| {
            x = 3.99 * x * (1.0 - x);
            x
        });
        assert_eq!(Scatter::of(&chaotic, &1.0.into(), &[]), None);
        let few = data(20, |n| n as f64);
        assert_eq!(Scatter::of(&few, &1.0.into(), &[]), None);
    }

    #[test]
    fn differences_of_white_noise_have_the_stated_overlap() {
        // Autocorrelations of the second difference: 1, -2/3, 1/6.
        assert!((overlap(2) - (1.0 + 2.0 * (4.0 / 9.0 + 1.0 / 36.0))).abs() < 1e-12);
        assert_eq!(binomials(3), [1.0, -3.0, 3.0, -1.0]);
    }
}
