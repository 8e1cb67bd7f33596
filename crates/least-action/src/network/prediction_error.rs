//! Errors of a network's predictions at fresh pairs.

use super::data::Pairs;
use super::network::Network;
use crate::error::{check, Error, Result};

/// Errors of a network's predictions of one layer.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LayerError {
    /// Number of the layer, from 1.
    pub layer: usize,
    /// Mean squared difference to the measured values, in the square of the data's unit.
    pub mean_square: f64,
    /// Mean squared difference of the best constants to the measured values, in the square of the
    /// data's unit.
    pub constant: f64,
}

/// Errors of a network's predictions, beside those of the best constants: the means of the pairs
/// that the network was trained with.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PredictionError {
    /// Mean squared difference to all measured values behind the inputs, in the square of the
    /// data's unit.
    pub mean_square: f64,
    /// Mean squared difference of the best constants to those values. A network that predicts is
    /// well below.
    pub constant: f64,
    /// Skill, `1 - meanSquare / constant`: 1 if every prediction is right, 0 if constants are as
    /// good; null if constants are right everywhere.
    pub skill: Option<f64>,
    /// Share of pairs whose largest output is the right one, if the outputs are classes: one output
    /// is 1 and the others are 0 in every pair. Else null.
    pub accuracy: Option<f64>,
    /// Errors layer by layer. In recurrent networks they grow along the layers.
    pub layers: Vec<LayerError>,
}

impl Network {
    /// Errors of predictions of `fresh` pairs. The weights were found from the pairs `trained`,
    /// whose means are the best constants. For neurons that these do not measure, the means of the
    /// fresh pairs are.
    ///
    /// ```
    /// use least_action::network::{Activation, Bias, Layer, Network, Pairs};
    ///
    /// let linear = Layer { activation: Activation::Linear, bias: Bias::None, ..Layer::new(1) };
    /// let network = Network::feedforward(1, vec![linear])?;
    /// let pairs = Pairs::new(&network, vec![1.0, 2.0], vec![2.0, 4.0])?;
    /// let error = network.prediction_error(&[2.0], &pairs, &pairs)?;
    /// assert_eq!((error.mean_square, error.constant), (0.0, 1.0));
    /// # Ok::<(), least_action::Error>(())
    /// ```
    ///
    /// # Errors
    /// Pairs that do not fit, missing inputs, no measurements behind the inputs, and the errors of
    /// [`Network::activations`].
    pub fn prediction_error(
        &self,
        weights: &[f64],
        fresh: &Pairs,
        trained: &Pairs,
    ) -> Result<PredictionError> {
        fresh.validate("fresh", self)?;
        let (depth, width) = (self.depth(), self.widths()[0]);
        let inputs = fresh.measured_at(0, depth).unwrap_or(&[]);
        let because = format!("{} pairs x {width} neurons", fresh.count);
        let needed = fresh.count * width;
        check::length("fresh.inputs", inputs.len(), needed, &because)?;
        if let Some(i) = inputs.iter().position(|x| x.is_nan()) {
            let path = format!("fresh.inputs[{}][{}]", i / width, i % width);
            let message = "is missing, so there is nothing to predict from".into();
            return Err(Error::WrongShape { path, message });
        }
        let x = self.activations(weights, inputs, &fresh.forcing)?;
        let (mut layers, mut all) = (Vec::new(), [0.0; 3]);
        let mut start = needed;
        for l in 1..=depth {
            let width = self.widths()[l];
            let made = &x[start..start + fresh.count * width];
            start += made.len();
            let Some(measured) = fresh.measured_at(l, depth) else {
                continue;
            };
            let constants = means(trained.measured_at(l, depth), measured, width);
            let [mut errors, mut of_constants, mut count] = [0.0; 3];
            for (k, (x, y)) in made.iter().zip(measured).enumerate() {
                if !y.is_nan() {
                    errors += (x - y) * (x - y);
                    of_constants += (constants[k % width] - y) * (constants[k % width] - y);
                    count += 1.0;
                }
            }
            if count > 0.0 {
                layers.push(LayerError {
                    layer: l,
                    mean_square: errors / count,
                    constant: of_constants / count,
                });
            }
            for (all, one) in all.iter_mut().zip([errors, of_constants, count]) {
                *all += one;
            }
        }
        let [errors, of_constants, count] = all;
        if count == 0.0 {
            let path = "fresh.outputs".into();
            return Err(Error::NoObservations { path });
        }
        check::finite("the mean squared error", errors / count)?;
        check::finite("the mean squared error of a constant", of_constants / count)?;
        let last = &x[x.len() - fresh.count * self.widths()[depth]..];
        Ok(PredictionError {
            mean_square: errors / count,
            constant: of_constants / count,
            skill: (of_constants > 0.0).then(|| 1.0 - errors / of_constants),
            accuracy: accuracy(last, &fresh.outputs, self.widths()[depth]),
            layers,
        })
    }
}

/// Mean of every column, missing values left out. If nothing was measured in training, no constant
/// is better than the mean of the fresh pairs themselves.
fn means(trained: Option<&[f64]>, fresh: &[f64], width: usize) -> Vec<f64> {
    let mean = |rows: &[f64], column: usize| {
        let values = rows.iter().skip(column).step_by(width);
        let (mut sum, mut count) = (0.0, 0.0);
        for value in values.filter(|value| !value.is_nan()) {
            sum += value;
            count += 1.0;
        }
        (count > 0.0).then(|| sum / count)
    };
    let of = |column| {
        let known = trained.and_then(|rows| mean(rows, column));
        known.or_else(|| mean(fresh, column)).unwrap_or(0.0)
    };
    (0..width).map(of).collect()
}

/// Share of rows with the largest value in the right place; none unless every row of `truth` is a
/// class.
fn accuracy(made: &[f64], truth: &[f64], width: usize) -> Option<f64> {
    let rows = truth.chunks_exact(width);
    let is_class = |row: &[f64]| {
        let ones = row.iter().filter(|&&y| y == 1.0).count();
        ones == 1 && row.iter().all(|&y| y == 1.0 || y == 0.0)
    };
    if width < 2 || truth.is_empty() || !rows.clone().all(is_class) {
        return None;
    }
    let hits = rows.clone().zip(made.chunks_exact(width));
    let hits = hits.filter(|(truth, made)| truth[largest(made)] == 1.0);
    Some(hits.count() as f64 / rows.len() as f64)
}

/// Place of the largest value.
fn largest(row: &[f64]) -> usize {
    let (mut place, mut value) = (0, f64::NEG_INFINITY);
    for (k, &x) in row.iter().enumerate() {
        if x > value {
            (place, value) = (k, x);
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Activation, Bias, Layer, LayerValues};

    /// Network whose outputs are the sum and the difference of its two inputs.
    fn network() -> Network {
        let layer = Layer {
            activation: Activation::Linear,
            bias: Bias::None,
            ..Layer::new(2)
        };
        Network::feedforward(2, vec![layer]).expect("layers fit")
    }

    const WEIGHTS: [f64; 4] = [1.0, 1.0, 1.0, -1.0];

    #[test]
    fn errors_are_those_by_hand_and_missing_outputs_do_not_count() {
        let network = network();
        let trained = Pairs::new(&network, vec![0.0; 4], vec![1.0, 10.0, 3.0, f64::NAN]);
        // Predictions 3, -1 and 7, -1.
        let inputs = vec![1.0, 2.0, 3.0, 4.0];
        let fresh = Pairs::new(&network, inputs, vec![2.0, f64::NAN, 7.0, 1.0]);
        let (trained, fresh) = (trained.expect("fits"), fresh.expect("fits"));
        let error = network.prediction_error(&WEIGHTS, &fresh, &trained);
        let error = error.expect("all fits");
        assert_eq!(error.mean_square, (1.0 + 4.0) / 3.0);
        // The best constants are 2 and 10.
        assert_eq!(error.constant, (25.0 + 81.0) / 3.0);
        assert_eq!(error.skill, Some(1.0 - 5.0 / 106.0));
        assert_eq!(error.accuracy, None);
        assert_eq!(error.layers.len(), 1);
    }

    #[test]
    fn classes_are_counted() {
        let network = network();
        let outputs = vec![1.0, 0.0, 0.0, 1.0, 0.0, 1.0];
        // Predictions (3, -1), (1, 3), (7, -1).
        let inputs = vec![1.0, 2.0, 2.0, -1.0, 3.0, 4.0];
        let pairs = Pairs::new(&network, inputs, outputs).expect("fits");
        let error = network.prediction_error(&WEIGHTS, &pairs, &pairs);
        assert_eq!(error.expect("fits").accuracy, Some(2.0 / 3.0));
    }

    #[test]
    fn layers_between_count_and_what_cannot_be_predicted_is_said() {
        let linear = Layer {
            activation: Activation::Linear,
            bias: Bias::None,
            ..Layer::new(1)
        };
        let network = Network::recurrent(linear, 2).expect("fits");
        let mut pairs = Pairs::new(&network, vec![1.0], vec![5.0]).expect("fits");
        pairs.measurements = vec![LayerValues {
            layer: 1,
            values: vec![3.0],
        }];
        // 1, 2, 4
        let error = network.prediction_error(&[2.0], &pairs, &pairs);
        let errors = error.expect("fits").layers;
        let errors = errors.iter().map(|l| (l.layer, l.mean_square));
        assert_eq!(errors.collect::<Vec<_>>(), [(1, 1.0), (2, 1.0)]);

        pairs.missing_inputs = true;
        pairs.inputs[0] = f64::NAN;
        let error = network.prediction_error(&[2.0], &pairs, &pairs);
        let message = error.expect_err("no input").to_string();
        assert!(message.starts_with("fresh.inputs[0][0]:"), "{message}");
    }
}
