//! Random new measurements: data as the law of each channel would give them about known states and
//! parameters.

use super::noise::{with_loss, Law, Loss};
use super::Problem;
use crate::error::{check, Result};
use crate::model::{Points, Scratch};
use crate::random::Random;

/// States along which measurements are drawn, in the layout of a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MeasuredStates<'a> {
    /// States, points x dimension.
    pub states: &'a [f64],
    /// Values of the estimated parameters, with those of estimated noise.
    pub parameters: &'a [f64],
    /// Inputs of the model, points x inputs.
    pub inputs: &'a [f64],
    /// Times of the points.
    pub times: &'a [f64],
}

impl Problem {
    /// Names of the measured columns, in the order of [`Problem::draw_measurements`].
    pub fn measured_names(&self) -> Vec<String> {
        let columns = self.measured_columns();
        let names = columns.iter().map(|&c| self.column_name(c).to_string());
        names.collect()
    }

    /// Draws a measurement of every measured column at every point of a whole path: points x
    /// columns. `parameters` are values of the estimated ones, with those of estimated noise, so
    /// that draws of a posterior give data with all of its uncertainty.
    ///
    /// # Errors
    /// A path or parameters of the wrong length.
    pub fn draw_measurements(
        &self,
        path: &[f64],
        parameters: &[f64],
        seed: u64,
        stream: u64,
    ) -> Result<Vec<f64>> {
        let (length, expected) = (path.len(), self.path_length());
        check::length("path", length, expected, "points x states")?;
        let (given, count) = (parameters.len(), self.estimated.len());
        check::length("parameters", given, count, "one per estimated parameter")?;
        let along = MeasuredStates {
            states: path,
            parameters,
            inputs: &self.grid.points.inputs,
            times: &self.grid.points.times,
        };
        Ok(self.draw_measured(along, &mut Random::new(seed, stream)))
    }

    /// Draws a measurement of every measured column at every point: points x columns; NaN where a
    /// state is.
    pub(crate) fn draw_measured(&self, along: MeasuredStates, random: &mut Random) -> Vec<f64> {
        let (d, columns) = (self.model.dimension(), self.measured_columns());
        let points = along.states.len() / d;
        let mut parameters = self.parameters.clone();
        for (&index, &value) in self.estimated.iter().zip(along.parameters) {
            parameters[index] = value;
        }
        let functions = self.model.observables().len();
        let mut seen = vec![0.0; points * functions];
        if let Some(function) = self.model.observation() {
            let at = Points {
                states: along.states,
                parameters: &parameters,
                inputs: along.inputs,
                times: along.times,
            };
            function.evaluate(&mut Scratch::default(), at, &mut seen);
        }
        let outputs = self.noise().map(|noise| noise.outputs(functions));
        let stated = self.stated_deviations(&columns);
        let correlated = self.measurement.noise.whitening.whole_factor();
        let mut drawn = Vec::with_capacity(points * columns.len());
        for n in 0..points {
            let seen = &seen[n * functions..(n + 1) * functions];
            let together = correlated.map(|factor| correlated_noise(factor, columns.len(), random));
            for (k, &column) in columns.iter().enumerate() {
                let prediction = match column.checked_sub(d) {
                    None => along.states[n * d + column],
                    Some(observable) => seen[observable],
                };
                if !prediction.is_finite() {
                    drawn.push(f64::NAN);
                    continue;
                }
                if let Some(noise) = &together {
                    drawn.push(prediction + noise[k]);
                    continue;
                }
                let (law, deviation) = match &outputs {
                    None => (self.law(), stated[k]),
                    Some(outputs) => {
                        let own = &outputs[k];
                        if let Some(law) = &own.text {
                            let first = own.first_argument;
                            let arguments = &seen[first..first + law.arguments];
                            drawn.push(law.density(prediction, arguments).draw(random));
                            continue;
                        }
                        (own.law, libm::exp(seen[own.scale]))
                    }
                };
                drawn.push(draw(law, prediction, deviation, random));
            }
        }
        drawn
    }

    /// Standard deviation of each measured column as the precision states it; where it differs from
    /// datum to datum, the root of the mean variance.
    fn stated_deviations(&self, columns: &[usize]) -> Vec<f64> {
        let count = columns.len();
        let (mut sums, mut counts) = (vec![0.0; count], vec![0.0; count]);
        let measurement = &self.measurement;
        let channels = self.channels_of_slots();
        for (slot, &channel) in channels.iter().enumerate() {
            sums[channel] +=
                1.0 / (measurement.precision * measurement.noise.whitening.weight(slot));
            counts[channel] += 1.0;
        }
        let means = sums.iter().zip(&counts);
        means
            .map(|(sum, count)| (sum / f64::max(*count, 1.0)).sqrt())
            .collect()
    }
}

/// Normal numbers whose precision is `U^T U`, with an upper triangular factor U: `U e = z`.
fn correlated_noise(factor: &[f64], size: usize, random: &mut Random) -> Vec<f64> {
    let mut noise: Vec<f64> = (0..size).map(|_| random.normal()).collect();
    for i in (0..size).rev() {
        let known: f64 = (i + 1..size).map(|j| factor[i * size + j] * noise[j]).sum();
        noise[i] = (noise[i] - known) / factor[i * size + i];
    }
    noise
}

fn draw(law: Law, prediction: f64, deviation: f64, random: &mut Random) -> f64 {
    with_loss!(law, loss => loss.draw(prediction, deviation, random))
}
