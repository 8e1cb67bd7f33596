//! Random errors of the model, drawn with the variance that an action allows.

use super::{with_loss, Law, Loss, Whitening};
use crate::action::Problem;
use crate::error::{check, Error, Result};
use crate::random::Random;

/// Noise that drives a model, independent from step to step, whose variance is one over R_f.
#[derive(Debug, Clone, PartialEq)]
pub struct StepNoise {
    law: Law,
    /// Standard deviation of each state or, with a full matrix, of the part that the states after
    /// it do not explain.
    deviations: Vec<f64>,
    /// U of a full matrix of weights `U^T U`, row-major; empty for other weights.
    factor: Vec<f64>,
}

impl Problem {
    /// Noise of one step past the window at R_f = `model_precision`, with the weights of the last
    /// step of a data set. The residuals of `simpson-hermite` hold the errors of two steps
    /// together, so each step has half the variance. In the normalisation `"mean"` the variance
    /// follows from R_m being one over the variance of the noise in the data, like everywhere in
    /// [`crate::statistics`].
    ///
    /// # Errors
    /// An R_f that is no precision, and a data set that does not exist.
    pub fn step_noise(&self, model_precision: f64, data_set: usize) -> Result<StepNoise> {
        check::precision("modelPrecision", model_precision)?;
        let segments = &self.grid.segments;
        if data_set >= segments.len() {
            return Err(Error::IndexOutOfRange {
                path: "dataSet".into(),
                index: data_set,
                count: segments.len(),
            });
        }
        let dimension = self.model.dimension();
        let rows: usize = segments[..=data_set]
            .iter()
            .map(|segment| self.discretization.rows(segment.points))
            .sum();
        let together = self.discretization.steps_together();
        let row = rows - together;
        // Past the window all steps are of the length that R_f belongs to.
        let row_points = self.discretization.row_points(&self.grid);
        let by_step = self.grid.shares_of_step(&row_points[row..=row]);
        let by_step = by_step.first().copied().unwrap_or(1.0);
        let per_residual = self
            .normalization
            .per_residual(self.residuals(), self.measured());
        let deviation = |precision: f64| libm::sqrt(per_residual / (precision * together as f64));
        let mut deviations: Vec<f64> = (0..dimension)
            .map(|i| self.model_noise.whitening.weight(row * dimension + i))
            .map(|weight| deviation(model_precision * weight / by_step))
            .collect();
        // Their precision does not climb.
        for varying in &self.varying {
            deviations[varying.component] = deviation(varying.precision);
        }
        Ok(StepNoise {
            law: self.model_noise.law,
            deviations,
            factor: match &self.model_noise.whitening {
                whitening @ Whitening::Factors { .. } => {
                    let rows = whitening.factor(row).iter();
                    rows.map(|u| u / by_step.sqrt()).collect()
                }
                _ => Vec::new(),
            },
        })
    }
}

impl StepNoise {
    /// Adds random noise of one step to a state.
    pub(crate) fn add(&self, state: &mut [f64], random: &mut Random) {
        let size = self.deviations.len();
        let deviations = self.deviations.iter();
        let mut noise: Vec<f64> = with_loss!(self.law, loss => {
            deviations.map(|&d| loss.draw(0.0, d, random)).collect()
        });
        if !self.factor.is_empty() {
            // U e = noise, from the last row on.
            for i in (0..size).rev() {
                let row = &self.factor[i * size..(i + 1) * size];
                let later: f64 = (i + 1..size).map(|j| row[j] * noise[j]).sum();
                noise[i] = (noise[i] - later) / row[i];
            }
        }
        for (x, e) in state.iter_mut().zip(noise) {
            *x += e;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::action::{ActionOptions, Discretization, Normalization, Observations, Precision};
    use crate::model::ModelBuilder;

    fn noise(change: impl Fn(&mut ActionOptions)) -> StepNoise {
        let model = ModelBuilder::new("decay")
            .states(["x", "y"])
            .parameter("rate", 0.5, "per unit of time")
            .initial_state([1.0, 1.0])
            .flow(|x, p| vec![-p[0] * x[0], -x[1]])
            .unwrap();
        let data = Observations {
            time_step: 0.1,
            points: 5,
            observed: vec![0],
            values: vec![0.0; 5],
            ..Observations::default()
        };
        let mut options = ActionOptions {
            discretization: Some(Discretization::Trapezoid),
            normalization: Normalization::Posterior,
            measurement_precision: 1.0.into(),
            ..ActionOptions::default()
        };
        change(&mut options);
        let problem = Problem::new(Arc::new(model), data, &options).unwrap();
        problem.step_noise(25.0, 0).unwrap()
    }

    #[test]
    fn variances_are_those_that_the_action_allows() {
        let close = |noise: StepNoise, expected: &[f64]| {
            assert_eq!(noise.deviations.len(), expected.len());
            for (a, b) in noise.deviations.iter().zip(expected) {
                assert!((a - b).abs() < 1e-14, "{noise:?}");
            }
        };
        close(noise(|_| {}), &[0.2, 0.2]);
        let half = 0.02_f64.sqrt();
        let scheme = Discretization::SimpsonHermite;
        close(noise(|o| o.discretization = Some(scheme)), &[half, half]);
        // Five measurements and eight residuals.
        let mean = (0.04 * 8.0 / 5.0_f64).sqrt();
        close(
            noise(|o| o.normalization = Normalization::Mean),
            &[mean, mean],
        );
        let weights = Precision::PerComponent(vec![4.0, 1.0]);
        close(noise(|o| o.model_weights = weights.clone()), &[0.1, 0.2]);
        let per_time = vec![1.0, 1.0, 1.0, 4.0, 9.0];
        let weights = Precision::PerTime { per_time };
        close(noise(|o| o.model_weights = weights.clone()), &[0.1, 0.1]);
        let varying = |o: &mut ActionOptions| o.varying = [("rate".into(), 100.0)].into();
        close(noise(varying), &[0.2, 0.2, 0.1]);
    }

    #[test]
    fn a_matrix_of_weights_gives_its_inverse_as_covariance() {
        let matrix = Precision::Matrix(vec![vec![2.0, 0.5], vec![0.5, 1.0]]);
        let noise = noise(|o| o.model_weights = matrix.clone());
        let (mut random, mut sums) = (Random::new(1, 0), [0.0; 3]);
        for _ in 0..20_000 {
            let mut e = [0.0; 2];
            noise.add(&mut e, &mut random);
            for (sum, product) in sums.iter_mut().zip([e[0] * e[0], e[0] * e[1], e[1] * e[1]]) {
                *sum += 25.0 * product / 20_000.0;
            }
        }
        // (1, -0.5; -0.5, 2) / 1.75
        for (found, expected) in sums.iter().zip([1.0 / 1.75, -0.5 / 1.75, 2.0 / 1.75]) {
            assert!((found - expected).abs() < 0.03, "{sums:?}");
        }
    }
}
