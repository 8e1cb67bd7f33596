//! Activation functions of neurons. No other file of networks calls transcendental functions.

use crate::model::elementary::{exp, logistic, softplus, tanh_and_slope};

/// Activation function f of a neuron in `x_(l+1) = f(W x_l + b)`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Activation {
    /// `1 / (1 + exp(-z))`, between 0 and 1.
    #[default]
    Logistic,
    /// `tanh(z)`, between -1 and 1.
    Tanh,
    /// `max(z, 0)`. Its slope at the kink, z = 0, is 0, as is usual.
    Relu,
    /// `log(1 + exp(z))`, a smooth form of `relu`.
    Softplus,
    /// `z`, the identity.
    Linear,
    /// `exp(z_a) / sum_b exp(z_b)` over the neurons of a layer: shares that sum to 1.
    Softmax,
}

impl Activation {
    /// All activation functions.
    pub const ALL: [Activation; 6] = [
        Activation::Logistic,
        Activation::Tanh,
        Activation::Relu,
        Activation::Softplus,
        Activation::Linear,
        Activation::Softmax,
    ];

    /// Name of the function in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Logistic => "logistic",
            Activation::Tanh => "tanh",
            Activation::Relu => "relu",
            Activation::Softplus => "softplus",
            Activation::Linear => "linear",
            Activation::Softmax => "softmax",
        }
    }

    /// Tells whether every neuron depends on its own input only. That holds for all but softmax.
    pub fn is_elementwise(self) -> bool {
        self != Activation::Softmax
    }

    /// Writes f(z) to `values`, and over `z` the numbers that [`Activation::differentiate`] needs:
    /// slopes, or for softmax the values. Both lists are pairs x width, row-major.
    ///
    /// Values and slopes keep their digits where f saturates; nothing overflows; NaN stays NaN.
    ///
    /// ```
    /// use least_action::network::Activation;
    ///
    /// let (mut z, mut values) = ([-1.0, 2.0], [0.0; 2]);
    /// Activation::Relu.apply(2, &mut z, &mut values);
    /// assert_eq!((values, z), ([0.0, 2.0], [0.0, 1.0]));
    /// ```
    pub fn apply(self, width: usize, z: &mut [f64], values: &mut [f64]) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { self.apply_with_avx2(width, z, values) };
        }
        self.apply_here(width, z, values);
    }

    /// [`Activation::apply`] compiled for registers of four numbers, with the same bits.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn apply_with_avx2(self, width: usize, z: &mut [f64], values: &mut [f64]) {
        self.apply_here(width, z, values);
    }

    #[inline(always)]
    fn apply_here(self, width: usize, z: &mut [f64], values: &mut [f64]) {
        match self {
            Activation::Logistic => each(z, values, logistic),
            Activation::Tanh => each(z, values, tanh_and_slope),
            Activation::Relu => each(z, values, relu),
            Activation::Softplus => each(z, values, softplus),
            Activation::Linear => each(z, values, |z| (z, 1.0)),
            Activation::Softmax => softmax(width, z, values),
        }
    }

    /// Multiplies every row of `vectors` with Df, where `kept` was written by
    /// [`Activation::apply`]. Df is symmetric for every function here, so this is the push-forward
    /// of tangents as well as the pull-back of adjoints.
    pub fn differentiate(self, width: usize, kept: &[f64], vectors: &mut [f64]) {
        if self.is_elementwise() {
            for (vector, slope) in vectors.iter_mut().zip(kept) {
                *vector *= slope;
            }
            return;
        }
        // Df = diag(f) - f f^T
        for (shares, row) in kept
            .chunks_exact(width)
            .zip(vectors.chunks_exact_mut(width))
        {
            let mean: f64 = shares.iter().zip(&*row).map(|(f, v)| f * v).sum();
            for (v, f) in row.iter_mut().zip(shares) {
                *v = f * (*v - mean);
            }
        }
    }
}

impl Activation {
    /// Writes the second derivative of `adjoint . f` in z to `matrix`, width x width. The lists
    /// `values` and `kept` were written by [`Activation::apply`] for one row. The second derivative
    /// of `relu` is 0, also at its kink.
    pub(super) fn curvature(
        self,
        values: &[f64],
        kept: &[f64],
        adjoint: &[f64],
        matrix: &mut [f64],
    ) {
        let width = values.len();
        matrix.fill(0.0);
        let mean: f64 = values.iter().zip(adjoint).map(|(f, p)| f * p).sum();
        for (a, row) in matrix.chunks_exact_mut(width).enumerate() {
            let (f, slope, p) = (values[a], kept[a], adjoint[a]);
            row[a] = match self {
                Activation::Logistic => p * slope * (1.0 - 2.0 * f),
                Activation::Tanh => p * slope * (-2.0 * f),
                Activation::Relu | Activation::Linear => 0.0,
                Activation::Softplus => p * slope * (1.0 - slope),
                Activation::Softmax => f * (p - mean),
            };
            if self == Activation::Softmax {
                // D2 (p . f) = diag(d) - d f^T - f d^T with d = Df p
                let columns = row.iter_mut().zip(values).zip(adjoint);
                for ((to, g), q) in columns {
                    *to -= f * g * ((p - mean) + (q - mean));
                }
            }
        }
    }
}

/// Number of values that are computed together, so that the processor always has one that it need
/// not wait for.
const TOGETHER: usize = 8;

/// Writes values of `f` to `values` and its slopes over `z`.
#[inline(always)]
fn each(z: &mut [f64], values: &mut [f64], f: impl Fn(f64) -> (f64, f64)) {
    let (groups, rest) = z.as_chunks_mut::<TOGETHER>();
    let (to, to_rest) = values.as_chunks_mut::<TOGETHER>();
    for (z, values) in groups.iter_mut().zip(to) {
        for k in 0..TOGETHER {
            (values[k], z[k]) = f(z[k]);
        }
    }
    for (z, value) in rest.iter_mut().zip(to_rest) {
        (*value, *z) = f(*z);
    }
}

/// Value and slope of `relu`.
#[inline(always)]
fn relu(z: f64) -> (f64, f64) {
    // Not `z > 0`: NaN must not become 0.
    if z <= 0.0 {
        (0.0, 0.0)
    } else {
        (z, 1.0)
    }
}

/// Writes the shares to `shares` and over `z`. The largest input of a row is subtracted first: its
/// exponential is then 1, and no other one overflows.
#[inline(always)]
fn softmax(width: usize, z: &mut [f64], shares: &mut [f64]) {
    for z in z.chunks_exact_mut(width) {
        let largest = z.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        z.iter_mut().for_each(|z| *z -= largest);
    }
    // All rows at once: one row may be shorter than the numbers that are computed together.
    each(z, shares, |z| (exp(z), 0.0));
    let rows = shares.chunks_exact_mut(width);
    for (shares, kept) in rows.zip(z.chunks_exact_mut(width)) {
        let mut sum = 0.0;
        for share in &*shares {
            sum += share;
        }
        for (share, kept) in shares.iter_mut().zip(kept) {
            *share /= sum;
            *kept = *share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_dual::{Dual64, DualNum};

    fn run(f: Activation, z: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (mut kept, mut values) = (z.to_vec(), z.to_vec());
        f.apply(z.len(), &mut kept, &mut values);
        (values, kept)
    }

    fn along(f: Activation, z: &[f64], direction: &[f64]) -> Vec<f64> {
        let kept = run(f, z).1;
        let mut vector = direction.to_vec();
        f.differentiate(z.len(), &kept, &mut vector);
        vector
    }

    /// The functions as textbooks write them.
    fn reference(f: Activation, z: &[Dual64]) -> Vec<Dual64> {
        let one = |z: Dual64| match f {
            Activation::Logistic => ((-z).exp() + 1.0).recip(),
            Activation::Tanh => z.tanh(),
            Activation::Relu if z.re > 0.0 => z,
            Activation::Relu => Dual64::from(0.0),
            Activation::Softplus => (z.exp() + 1.0).ln(),
            Activation::Linear => z,
            Activation::Softmax => z.exp(),
        };
        let values: Vec<Dual64> = z.iter().map(|&z| one(z)).collect();
        match f.is_elementwise() {
            true => values,
            false => {
                let sum = values.iter().fold(Dual64::from(0.0), |a, &b| a + b);
                values.iter().map(|&v| v / sum).collect()
            }
        }
    }

    #[test]
    fn derivatives_are_those_of_dual_numbers() {
        let z = [-3.0, -0.7, -1e-3, 0.0, 2e-4, 0.4, 1.9, 6.0];
        let direction = [0.3, -1.0, 2.0, 0.5, -0.2, 1.1, 0.9, -0.4];
        for f in Activation::ALL {
            let dual: Vec<Dual64> = z
                .iter()
                .zip(direction)
                .map(|(&z, d)| Dual64::new(z, d))
                .collect();
            let expected = reference(f, &dual);
            let (values, _) = run(f, &z);
            let slopes = along(f, &z, &direction);
            for k in 0..z.len() {
                let at = format!("{} at {}", f.name(), z[k]);
                assert!((values[k] - expected[k].re).abs() < 2e-15, "{at}");
                assert!((slopes[k] - expected[k].eps).abs() < 4e-15, "{at}");
            }
        }
    }

    #[test]
    fn derivatives_are_limits_of_differences() {
        let z = [-2.0, -0.3, 0.2, 1.5];
        let direction = [1.0, -0.5, 0.25, 2.0];
        let h = 1e-5;
        let beside = |s: f64| -> Vec<f64> {
            z.iter()
                .zip(direction)
                .map(|(z, d)| z + s * h * d)
                .collect()
        };
        for f in Activation::ALL {
            let (plus, minus) = (run(f, &beside(1.0)).0, run(f, &beside(-1.0)).0);
            let slopes = along(f, &z, &direction);
            for k in 0..z.len() {
                let difference = (plus[k] - minus[k]) / (2.0 * h);
                assert!((slopes[k] - difference).abs() < 1e-9, "{} {k}", f.name());
            }
        }
    }

    #[test]
    fn second_derivatives_are_limits_of_differences_of_the_first() {
        let z = [-2.0, -0.3, 0.2, 1.5];
        let (direction, adjoint) = ([1.0, -0.5, 0.25, 2.0], [0.7, -1.1, 0.4, 0.9]);
        let h = 1e-5;
        let beside = |s: f64| -> Vec<f64> {
            let moved = z.iter().zip(direction);
            moved.map(|(z, d)| z + s * h * d).collect()
        };
        for f in Activation::ALL {
            let (values, kept) = run(f, &z);
            let mut matrix = [0.0; 16];
            f.curvature(&values, &kept, &adjoint, &mut matrix);
            // Df is symmetric: Df adjoint is the gradient of adjoint . f.
            let (plus, minus) = (
                along(f, &beside(1.0), &adjoint),
                along(f, &beside(-1.0), &adjoint),
            );
            for (k, row) in matrix.chunks_exact(4).enumerate() {
                let bend: f64 = row.iter().zip(direction).map(|(c, d)| c * d).sum();
                let difference = (plus[k] - minus[k]) / (2.0 * h);
                assert!((bend - difference).abs() < 1e-9, "{} {k}", f.name());
            }
        }
    }

    #[test]
    fn the_slope_of_relu_at_its_kink_is_zero_and_one_sided_beside_it() {
        assert_eq!(
            run(Activation::Relu, &[-1e-300, -0.0, 0.0, 1e-300]).1,
            [0.0, 0.0, 0.0, 1.0]
        );
        // Differences over the kink see half of it: no derivative is there, and that is why the
        // choice is documented.
        let (plus, minus) = (
            run(Activation::Relu, &[1e-6]).0,
            run(Activation::Relu, &[-1e-6]).0,
        );
        assert_eq!((plus[0] - minus[0]) / 2e-6, 0.5);
    }

    #[test]
    fn saturated_functions_are_exact_and_never_overflow() {
        let e40 = exp(-40.0);
        let (values, slopes) = run(
            Activation::Logistic,
            &[-800.0, -40.0, 40.0, 800.0, f64::MAX, -f64::MAX],
        );
        assert!((values[1] / e40 - 1.0).abs() < 1e-15);
        assert_eq!(values, [0.0, values[1], 1.0, 1.0, 1.0, 0.0]);
        for (slope, expected) in slopes.iter().zip([0.0, e40, e40, 0.0, 0.0, 0.0]) {
            assert!((slope - expected).abs() <= 1e-15 * expected, "{slope}");
        }
        let (values, slopes) = run(Activation::Tanh, &[-800.0, 1e-20, 20.0, 800.0]);
        assert_eq!(values, [-1.0, 1e-20, 1.0, 1.0]);
        assert!((slopes[2] / (4.0 * exp(-40.0)) - 1.0).abs() < 1e-15);
        let (values, slopes) = run(Activation::Softplus, &[-800.0, -40.0, 40.0, 1e300]);
        assert_eq!((values[0], values[2], values[3]), (0.0, 40.0, 1e300));
        assert!((values[1] / e40 - 1.0).abs() < 1e-15);
        assert_eq!(slopes[3], 1.0);
        let (values, _) = run(Activation::Softmax, &[1e300, 1e300, -1e300]);
        assert_eq!(values, [0.5, 0.5, 0.0]);
        let (values, _) = run(Activation::Softmax, &[800.0, 799.0, -800.0]);
        assert!((values.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn nothing_hides_a_nan() {
        for f in Activation::ALL {
            assert!(run(f, &[1.0, f64::NAN]).0[1].is_nan(), "{}", f.name());
        }
    }
}
