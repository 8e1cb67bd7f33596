//! Twin experiments of networks: pairs made by a network with known weights.

use crate::action::noise::{Gaussian, Loss};
use crate::error::{check, Result};
use crate::network::{LayerValues, Network, Pairs};
use crate::random::Random;

/// A twin experiment of a network: pairs that it makes with known weights.
///
/// ```
/// use least_action::network::{Layer, Network};
/// use least_action::twin::NetworkTwin;
///
/// let network = Network::feedforward(2, vec![Layer::new(3), Layer::new(1)])?;
/// let experiment = NetworkTwin {
///     weights: network.random_weights(None, None, 1)?,
///     pairs: 10,
///     output_noise: 0.1,
///     ..NetworkTwin::default()
/// };
/// let twin = experiment.run(&network)?;
/// assert_eq!((twin.pairs.inputs.len(), twin.pairs.outputs.len()), (20, 10));
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct NetworkTwin {
    /// True weights, all of them in one list; see [`Network::random_weights`].
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "ArrayLike<number>", optional))]
    pub weights: Vec<f64>,
    /// Number of pairs that are measured; at least 1.
    pub pairs: usize,
    /// Number of further pairs without noise, to compare predictions with. Default: 0.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub fresh: usize,
    /// Lowest and highest input; inputs are drawn uniformly in between. Default: none, inputs are
    /// standard normal.
    #[serde(default)]
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub input_range: Option<[f64; 2]>,
    /// Standard deviation of the normal noise of the measured inputs. Default: 0.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub input_noise: f64,
    /// Standard deviation of the normal noise of the measured outputs. Default: 0.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub output_noise: f64,
    /// Seed of inputs and noise: a whole number from 0 on, from TypeScript up to 2^53 - 1. The same
    /// seed gives the same bits.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub seed: u64,
}

/// Pairs of a network's twin experiment, and the truth behind them.
#[derive(Debug, Clone, PartialEq)]
pub struct TwinPairs {
    /// Measured pairs: inputs and outputs with noise. Forcing is standard normal or in the range of
    /// the inputs, and known exactly.
    pub pairs: Pairs,
    /// Further pairs without noise.
    pub fresh: Pairs,
    /// True activations of the measured pairs, `[X_0, ..., X_F]`.
    pub truth: Vec<f64>,
}

impl NetworkTwin {
    /// Makes the pairs. The same seed gives the same bits.
    ///
    /// # Errors
    /// Options that are wrong, by field, and activations that are not finite.
    pub fn run(&self, network: &Network) -> Result<TwinPairs> {
        check::at_least("pairs", self.pairs, 1)?;
        let most = crate::model::MOST_VALUES / network.neurons();
        check::at_most("pairs", self.pairs, most)?;
        check::at_most("fresh", self.fresh, most)?;
        let noises = [
            ("inputNoise", self.input_noise),
            ("outputNoise", self.output_noise),
        ];
        for (path, noise) in noises {
            let fine = noise.is_finite() && noise >= 0.0;
            check::require(fine, path, noise, "finite and not negative")?;
        }
        if let Some(range) = self.input_range {
            check::range("inputRange", range)?;
        }
        let mut random = Random::new(self.seed, 0);
        let (mut pairs, truth) = self.make(network, self.pairs, &mut random)?;
        let (fresh, _) = self.make(network, self.fresh, &mut random)?;
        for (values, noise) in [
            (&mut pairs.inputs, self.input_noise),
            (&mut pairs.outputs, self.output_noise),
        ] {
            for value in values {
                *value = Gaussian.draw(*value, noise, &mut random);
            }
        }
        Ok(TwinPairs {
            pairs,
            fresh,
            truth,
        })
    }

    /// Makes `count` pairs without noise, and all activations.
    fn make(
        &self,
        network: &Network,
        count: usize,
        random: &mut Random,
    ) -> Result<(Pairs, Vec<f64>)> {
        if count == 0 {
            return Ok((Pairs::default(), Vec::new()));
        }
        let mut draw = |width: usize| -> Vec<f64> {
            let one = |random: &mut Random| match self.input_range {
                Some(range) => random.uniform(range),
                None => random.normal(),
            };
            (0..count * width).map(|_| one(random)).collect()
        };
        let inputs = draw(network.widths()[0]);
        let forced = network.layers().iter().enumerate();
        let forced = forced.filter(|(_, layer)| layer.forcing > 0);
        let forcing: Vec<LayerValues> = forced
            .map(|(layer, of)| LayerValues {
                layer,
                values: draw(of.forcing),
            })
            .collect();
        let truth = network.activations(&self.weights, &inputs, &forcing)?;
        let last = count * network.widths()[network.depth()];
        let pairs = Pairs {
            count,
            outputs: truth[truth.len() - last..].to_vec(),
            inputs,
            forcing,
            ..Pairs::default()
        };
        Ok((pairs, truth))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Layer;

    fn network() -> Network {
        let forced = Layer {
            forcing: 1,
            ..Layer::new(2)
        };
        Network::feedforward(3, vec![forced, Layer::new(2)]).expect("fits")
    }

    #[test]
    fn pairs_are_those_of_the_network_and_noise_is_as_large_as_said() {
        let network = network();
        let weights = network.random_weights(None, None, 1).expect("fine");
        let twin = NetworkTwin {
            weights: weights.clone(),
            pairs: 4000,
            fresh: 5,
            input_noise: 0.1,
            output_noise: 0.2,
            seed: 3,
            ..NetworkTwin::default()
        };
        let made = twin.run(&network).expect("fine");
        let again = network.predict(&weights, &made.fresh.inputs, &made.fresh.forcing);
        assert_eq!(again.expect("finite"), made.fresh.outputs);
        let inputs = made.pairs.inputs.len();
        let outputs = made.truth.len() - made.pairs.outputs.len();
        for (measured, truth, noise) in [
            (&made.pairs.inputs, &made.truth[..inputs], 0.1),
            (&made.pairs.outputs, &made.truth[outputs..], 0.2),
        ] {
            let errors = measured.iter().zip(truth).map(|(y, x)| (y - x) * (y - x));
            let deviation = (errors.sum::<f64>() / truth.len() as f64).sqrt();
            // The standard error of the ratio is 1 / sqrt(2 x 8000).
            assert!((deviation / noise - 1.0).abs() < 0.04, "{deviation}");
        }
        assert_eq!(made, twin.run(&network).expect("fine"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let network = network();
        let mut twin = NetworkTwin {
            weights: vec![0.0; network.weight_count()],
            pairs: 1,
            output_noise: -1.0,
            ..NetworkTwin::default()
        };
        let message = twin.run(&network).expect_err("negative").to_string();
        assert!(message.starts_with("outputNoise: must be finite and not negative"));
        (twin.output_noise, twin.pairs) = (0.0, 0);
        let message = twin.run(&network).expect_err("none").to_string();
        assert!(
            message.starts_with("pairs: must be a whole number of at least 1"),
            "{message}"
        );
        (twin.pairs, twin.weights) = (1, vec![0.0]);
        let message = twin.run(&network).expect_err("too few").to_string();
        assert!(message.starts_with("weights: expected"), "{message}");
    }
}
