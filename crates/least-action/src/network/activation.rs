//! What a neuron makes of the weighted sum of its inputs, and the derivative of that.
//!
//! All transcendental functions of networks are called in this file.

use std::fmt;

/// The function between the weighted sums `z` of a layer and its activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Activation {
    /// `1 / (1 + exp(-z))`, between 0 and 1.
    #[default]
    Logistic,
    /// Between -1 and 1.
    Tanh,
    /// `max(z, 0)`. Its derivative at the kink, `z = 0`, is taken as 0.
    Relu,
    /// `log(1 + exp(z))`: a relu without the kink.
    Softplus,
    /// `z`.
    Linear,
    /// `exp(z_a) / sum_b exp(z_b)` over the neurons of the layer: positive, and 1 in sum.
    Softmax,
}

impl Activation {
    pub const ALL: [Activation; 6] = [
        Activation::Logistic,
        Activation::Tanh,
        Activation::Relu,
        Activation::Softplus,
        Activation::Linear,
        Activation::Softmax,
    ];

    /// As in options: `logistic`.
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

    /// Replaces the sums `z`, which are several neurons of several pairs, by the activations. `N` neighbours belong to different pairs: element
    /// `(neuron, pair)` of a group of N pairs is at `z[neuron][pair]`, and groups of `width` neurons follow one another. What
    /// [`Activation::pull_back`] needs is written to `slopes`: the derivatives, and for softmax the activations.
    ///
    /// NaN stays NaN. Nothing overflows: logistic and softplus see `exp` of negative numbers alone, softmax subtracts the largest sum.
    pub fn apply<const N: usize>(self, width: usize, z: &mut [[f64; N]], slopes: &mut [[f64; N]]) {
        match self {
            Activation::Logistic => each(z, slopes, |z| {
                let e = libm::exp(-z.abs());
                let share = 1.0 / (1.0 + e);
                // Not value * (1 - value), which is 0 long before the derivative is.
                (if z >= 0.0 { share } else { e * share }, e * share * share)
            }),
            Activation::Tanh => each(z, slopes, |z| {
                let value = libm::tanh(z);
                (value, (1.0 - value) * (1.0 + value))
            }),
            Activation::Relu => each(z, slopes, |z| match z <= 0.0 {
                true => (0.0, 0.0),
                false => (z, 1.0),
            }),
            Activation::Softplus => each(z, slopes, |z| {
                let e = libm::exp(-z.abs());
                let share = 1.0 / (1.0 + e);
                let value = z.max(0.0) + libm::log1p(e);
                (value, if z >= 0.0 { share } else { e * share })
            }),
            Activation::Linear => slopes.fill([1.0; N]),
            Activation::Softmax => {
                for group in z.chunks_exact_mut(width.max(1)) {
                    for pair in 0..N {
                        softmax(group, pair);
                    }
                }
                slopes.copy_from_slice(z);
            }
        }
    }

    /// Turns derivatives in the activations into derivatives in the sums, in place; arrays as in [`Activation::apply`], which wrote `slopes`.
    pub fn pull_back<const N: usize>(
        self,
        width: usize,
        slopes: &[[f64; N]],
        adjoint: &mut [[f64; N]],
    ) {
        match self {
            Activation::Linear => {}
            Activation::Softmax => {
                let width = width.max(1);
                let groups = adjoint.chunks_exact_mut(width);
                for (adjoint, values) in groups.zip(slopes.chunks_exact(width)) {
                    let mut mean = [0.0; N];
                    for (adjoint, value) in adjoint.iter().zip(values) {
                        for pair in 0..N {
                            mean[pair] += adjoint[pair] * value[pair];
                        }
                    }
                    for (adjoint, value) in adjoint.iter_mut().zip(values) {
                        for pair in 0..N {
                            adjoint[pair] = value[pair] * (adjoint[pair] - mean[pair]);
                        }
                    }
                }
            }
            _ => {
                for (adjoint, slopes) in adjoint.iter_mut().zip(slopes) {
                    for (adjoint, slope) in adjoint.iter_mut().zip(slopes) {
                        *adjoint *= slope;
                    }
                }
            }
        }
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[inline(always)]
fn each<const N: usize>(
    z: &mut [[f64; N]],
    slopes: &mut [[f64; N]],
    function: impl Fn(f64) -> (f64, f64),
) {
    for (z, slope) in z.iter_mut().zip(slopes) {
        for (z, slope) in z.iter_mut().zip(slope) {
            (*z, *slope) = function(*z);
        }
    }
}

fn softmax<const N: usize>(group: &mut [[f64; N]], pair: usize) {
    let largest = group
        .iter()
        .fold(f64::NEG_INFINITY, |most, z| z[pair].max(most));
    let mut sum = 0.0;
    for z in group.iter_mut() {
        z[pair] = libm::exp(z[pair] - largest);
        sum += z[pair];
    }
    for z in group {
        z[pair] /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(activation: Activation, z: f64) -> (f64, f64) {
        let (mut z, mut slope) = ([[z]], [[0.0]]);
        activation.apply(1, &mut z, &mut slope);
        (z[0][0], slope[0][0])
    }

    #[test]
    fn derivatives_are_those_of_the_values() {
        for activation in Activation::ALL {
            if activation == Activation::Softmax {
                continue;
            }
            for z in [-30.0, -3.0, -0.4, 1e-3, 0.7, 2.0, 25.0] {
                let h = 1e-5;
                let difference = (at(activation, z + h).0 - at(activation, z - h).0) / (2.0 * h);
                let slope = at(activation, z).1;
                let error = (difference - slope).abs();
                assert!(error < 1e-9 * (1.0 + slope.abs()), "{activation} {z}");
            }
        }
    }

    #[test]
    fn saturated_neurons_are_finite_and_kinks_are_defined() {
        assert_eq!(at(Activation::Logistic, 800.0), (1.0, 0.0));
        assert_eq!(at(Activation::Logistic, -800.0), (0.0, 0.0));
        // Where value * (1 - value) is 0 already.
        let (value, slope) = at(Activation::Logistic, 40.0);
        assert_eq!(value, 1.0);
        assert!((slope / libm::exp(-40.0) - 1.0).abs() < 1e-12);
        assert_eq!(at(Activation::Logistic, 0.0), (0.5, 0.25));
        assert_eq!(at(Activation::Tanh, 400.0), (1.0, 0.0));
        assert_eq!(at(Activation::Relu, 0.0), (0.0, 0.0));
        assert_eq!(at(Activation::Relu, -0.0), (0.0, 0.0));
        assert_eq!(at(Activation::Relu, 1e-300), (1e-300, 1.0));
        assert_eq!(at(Activation::Softplus, 1e5), (1e5, 1.0));
        assert_eq!(at(Activation::Softplus, -1e5), (0.0, 0.0));
        assert!((at(Activation::Softplus, 0.0).0 - std::f64::consts::LN_2).abs() < 1e-16);
        for activation in Activation::ALL {
            assert!(at(activation, f64::NAN).0.is_nan(), "{activation}");
        }
    }

    #[test]
    fn softmax_subtracts_the_largest() {
        let mut z = [[1000.0, 0.0], [1000.0, -2000.0]];
        let mut slopes = z;
        Activation::Softmax.apply(2, &mut z, &mut slopes);
        assert_eq!(z, [[0.5, 1.0], [0.5, 0.0]]);
    }

    #[test]
    fn softmax_pulls_back_its_jacobian() {
        let z = [[0.3], [-1.0], [0.9], [2.0], [0.0], [0.1]];
        let weights = [0.5, -2.0, 1.5, 1.0, 3.0, -0.2];
        let loss = |z: &[[f64; 1]; 6]| {
            let (mut z, mut slopes) = (*z, [[0.0]; 6]);
            // Two pairs of three neurons, one after the other.
            Activation::Softmax.apply(3, &mut z, &mut slopes);
            let terms = z.iter().zip(weights);
            terms.map(|(z, w)| z[0] * w).sum::<f64>()
        };
        let (mut values, mut slopes) = (z, z);
        Activation::Softmax.apply(3, &mut values, &mut slopes);
        let mut adjoint = weights.map(|w| [w]);
        Activation::Softmax.pull_back(3, &slopes, &mut adjoint);
        for k in 0..6 {
            let h = 1e-5;
            let (mut up, mut down) = (z, z);
            up[k][0] += h;
            down[k][0] -= h;
            let difference = (loss(&up) - loss(&down)) / (2.0 * h);
            assert!((difference - adjoint[k][0]).abs() < 1e-10, "{k}");
        }
    }
}
