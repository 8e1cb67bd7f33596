//! Strong constraint, or 4D-Var: the path obeys the model exactly, so the unknowns are only its
//! first state and the parameters. The gradient comes from the costate, which is carried backwards
//! along the path (F.-X. Le Dimet and O. Talagrand, Tellus A 38, 1986). The minimised misfit grows
//! over the data from their beginning, since chaos makes that of a long path rough (C. Pires, R.
//! Vautard and O. Talagrand, Tellus A 48, 1996).

use least_action::model::{Model, Points, Scratch};
use least_action::solve::{Lbfgs, Minimizer, Objective};
use least_action::{Error, Observations, Result};

/// Stages of a Runge-Kutta step: their times as shares of the step. `WEIGHTS` are their weights.
const NODES: [f64; 4] = [0.0, 0.5, 0.5, 1.0];
const WEIGHTS: [f64; 4] = [1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0];

/// The mean squared error of the measurements, times their precision, as a function of first state
/// and estimated parameters.
///
/// The path takes one classical Runge-Kutta step between points: `x_(n+1) = Phi(x_n)`. With `g_n`
/// the gradient of the misfit at point n, `p_n = DPhi(x_n)^T p_(n+1) + g_n`; then `p_0` is the
/// gradient in the first state.
pub struct StrongConstraint<'a> {
    model: &'a dyn Model,
    data: &'a Observations,
    precision: f64,
    /// All parameters of the model; `estimated` are the positions of the unknown ones.
    parameters: Vec<f64>,
    estimated: &'a [usize],
    /// Factors that bring the unknowns to the model's units.
    scales: Vec<f64>,
    /// Number of points that count at present, from the first.
    points: usize,
    path: Vec<f64>,
    stages: [Stage; 4],
    scratch: Scratch,
    slope: Vec<f64>,
}

/// One of the four evaluations of all steps.
struct Stage {
    states: Vec<f64>,
    inputs: Vec<f64>,
    times: Vec<f64>,
    /// Nonzero entries of the model's Jacobian.
    jacobian: Vec<f64>,
}

impl<'a> StrongConstraint<'a> {
    /// `data` observe state components; `scales` are one per state, then one per estimated
    /// parameter, whose positions are `estimated`.
    pub fn new(
        model: &'a dyn Model,
        data: &'a Observations,
        precision: f64,
        estimated: &'a [usize],
        scales: Vec<f64>,
    ) -> Self {
        let (dimension, width) = (model.dimension(), model.inputs().len());
        let steps = data.points - 1;
        let stages = NODES.map(|node| Stage {
            states: vec![0.0; steps * dimension],
            inputs: (0..steps * width)
                .map(|k| data.inputs[k] + node * (data.inputs[k + width] - data.inputs[k]))
                .collect(),
            times: (0..steps)
                .map(|n| data.time(n) + node * data.time_step)
                .collect(),
            jacobian: vec![0.0; steps * model.jacobian_sparsity().entries()],
        });
        StrongConstraint {
            model,
            data,
            precision,
            parameters: model.parameters().iter().map(|p| p.default).collect(),
            estimated,
            scales,
            points: data.points,
            path: vec![0.0; data.points * dimension],
            stages,
            scratch: Scratch::default(),
            slope: vec![0.0; dimension],
        }
    }

    /// Lets only the first `points` points count.
    pub fn set_points(&mut self, points: usize) {
        self.points = points;
    }

    /// Measured values in the window.
    fn present(&self) -> impl Iterator<Item = (usize, usize, f64)> + 'a {
        let (data, dimension) = (self.data, self.model.dimension());
        let width = data.observed.len();
        let values = data.values[..self.points * width].iter().enumerate();
        values.filter(|(_, y)| !y.is_nan()).map(move |(k, &y)| {
            let (point, state) = (k / width, data.observed[k % width]);
            (point, point * dimension + state, y)
        })
    }

    /// Integrates from the first state through the window.
    fn forward(&mut self, unknowns: &[f64]) -> Result<()> {
        let (d, h) = (self.model.dimension(), self.data.time_step);
        let width = self.model.inputs().len();
        let mut values = unknowns.iter().zip(&self.scales).map(|(u, s)| u * s);
        for (x, value) in self.path.iter_mut().zip(values.by_ref().take(d)) {
            *x = value;
        }
        for (&p, value) in self.estimated.iter().zip(values) {
            self.parameters[p] = value;
        }
        for n in 0..self.points - 1 {
            let (before, after) = self.path.split_at_mut((n + 1) * d);
            let (from, to) = (&before[n * d..], &mut after[..d]);
            to.copy_from_slice(from);
            for (s, stage) in self.stages.iter_mut().enumerate() {
                let states = &mut stage.states[n * d..(n + 1) * d];
                for ((z, x), k) in states.iter_mut().zip(from).zip(&self.slope) {
                    *z = if s > 0 { x + h * NODES[s] * k } else { *x };
                }
                let at = Points {
                    states,
                    parameters: &self.parameters,
                    inputs: &stage.inputs[n * width..(n + 1) * width],
                    times: &stage.times[n..=n],
                };
                self.model.evaluate(&mut self.scratch, at, &mut self.slope);
                for (x, k) in to.iter_mut().zip(&self.slope) {
                    *x += h * WEIGHTS[s] * k;
                }
            }
            if let Some(state) = to.iter().position(|x| !x.is_finite()) {
                return Err(Error::NotFinite {
                    path: "path".into(),
                    time: self.data.time(n + 1),
                    point: n + 1,
                    state: self.model.states()[state].clone(),
                    term: "forward integration".into(),
                    value: to[state],
                });
            }
        }
        Ok(())
    }

    /// Carries the costate from the end of the window to its beginning.
    fn backward(&mut self, slopes: &[f64], gradient: &mut [f64]) {
        let (d, h) = (self.model.dimension(), self.data.time_step);
        let (steps, width) = (self.points - 1, self.model.inputs().len());
        let sparsity = self.model.jacobian_sparsity();
        for stage in &mut self.stages {
            let at = Points {
                states: &stage.states[..steps * d],
                parameters: &self.parameters,
                inputs: &stage.inputs[..steps * width],
                times: &stage.times[..steps],
            };
            let entries = &mut stage.jacobian[..steps * sparsity.entries()];
            self.model.jacobian(&mut self.scratch, at, entries);
        }
        let mut costate = slopes[steps * d..].to_vec();
        let mut in_parameters = vec![0.0; self.parameters.len()];
        let mut adjoints = [(); 4].map(|()| vec![0.0; d]);
        let mut pulled = vec![0.0; d];
        for n in (0..steps).rev() {
            for (adjoint, weight) in adjoints.iter_mut().zip(WEIGHTS) {
                for (a, p) in adjoint.iter_mut().zip(&costate) {
                    *a = h * weight * p;
                }
            }
            for s in (0..4).rev() {
                let entries = &self.stages[s].jacobian[n * sparsity.entries()..];
                pulled.fill(0.0);
                for (row, a) in adjoints[s].iter().enumerate() {
                    for (entry, column) in sparsity.row(row) {
                        match column.checked_sub(d) {
                            None => pulled[column] += entries[entry] * a,
                            Some(parameter) => in_parameters[parameter] += entries[entry] * a,
                        }
                    }
                }
                for (p, g) in costate.iter_mut().zip(&pulled) {
                    *p += g;
                }
                if s > 0 {
                    for (a, g) in adjoints[s - 1].iter_mut().zip(&pulled) {
                        *a += h * NODES[s] * g;
                    }
                }
            }
            for (p, g) in costate.iter_mut().zip(&slopes[n * d..]) {
                *p += g;
            }
        }
        let estimated = self.estimated.iter().map(|&p| in_parameters[p]);
        let all = costate.into_iter().chain(estimated);
        for ((to, g), scale) in gradient.iter_mut().zip(all).zip(&self.scales) {
            *to = g * scale;
        }
    }
}

impl Objective for StrongConstraint<'_> {
    fn evaluate(&mut self, unknowns: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.forward(unknowns)?;
        let measured = self.present().count() as f64;
        let mut slopes = vec![0.0; self.points * self.model.dimension()];
        let mut value = 0.0;
        let mut last = 0;
        for (point, place, y) in self.present() {
            let error = self.path[place] - y;
            value += self.precision / measured * error * error;
            slopes[place] += 2.0 * self.precision / measured * error;
            last = point;
        }
        self.backward(&slopes, gradient);
        match value.is_finite() && gradient.iter().all(|g| g.is_finite()) {
            true => Ok(value),
            false => Err(Error::NotFinite {
                path: "path".into(),
                time: self.data.time(last),
                point: last,
                state: self.model.states()[0].clone(),
                term: "costate".into(),
                value,
            }),
        }
    }
}

/// The last points of the windows: the first one, and how many parts the data are in for those that
/// follow.
const FIRST: usize = 21;
const PARTS: usize = 8;

/// Minimises over growing windows, or over all data at once, from a first state and parameters, and
/// leaves the best ones there. The value over all data.
///
/// # Errors
/// The path from where a window begins is not finite.
pub fn minimize(
    objective: &mut StrongConstraint,
    growing: bool,
    unknowns: &mut [f64],
) -> Result<f64> {
    let all = objective.data.points;
    let part = all.div_ceil(PARTS);
    let mut points = if growing {
        part.max(FIRST).min(all)
    } else {
        all
    };
    for (u, scale) in unknowns.iter_mut().zip(&objective.scales) {
        *u /= scale;
    }
    let value = loop {
        objective.set_points(points);
        let minimum = Lbfgs::default().minimize(objective, unknowns)?;
        if points == all {
            break minimum.value;
        }
        points = (points + part).min(all);
    };
    for (u, scale) in unknowns.iter_mut().zip(&objective.scales) {
        *u *= scale;
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use least_action::{models, TwinExperiment};

    /// Data with a gap, of a model with inputs, and of one with a parameter that is not estimated.
    #[test]
    fn the_costate_gives_the_gradient() {
        let neuron = models::nakl_neuron().unwrap();
        let inputs = (0..41).map(|n| 10.0 + 5.0 * (0.3 * n as f64).sin());
        let mut experiment = TwinExperiment {
            time_step: 0.05,
            points: 41,
            observed: vec![0],
            noise: 1.0,
            inputs: inputs.collect(),
            ..Default::default()
        };
        check(&neuron, &experiment, &[0, 2, 7]);
        experiment.inputs.clear();
        experiment.time_step = 0.02;
        experiment.observed = vec![2, 0];
        check(&models::lorenz63().unwrap(), &experiment, &[2, 0]);
    }

    fn check(model: &dyn Model, experiment: &TwinExperiment, estimated: &[usize]) {
        let mut twin = experiment.run(model).unwrap();
        twin.data.values[7] = f64::NAN;
        let parameters = estimated.iter().map(|&p| 1.05 * twin.parameters[p]);
        let first = twin.truth[..model.dimension()].iter().map(|x| 1.1 * x);
        let at: Vec<f64> = first.chain(parameters).collect();
        let scales = at.iter().map(|x| x.abs()).collect();
        let mut function = StrongConstraint::new(model, &twin.data, 4.0, estimated, scales);
        let unknowns: Vec<f64> = at.iter().map(|x| x.signum()).collect();
        for points in [41, 12] {
            function.set_points(points);
            let mut gradient = vec![0.0; at.len()];
            let value = function.evaluate(&unknowns, &mut gradient).unwrap();
            for (i, &expected) in gradient.iter().enumerate() {
                let mut at = |step: f64| {
                    let mut moved = unknowns.clone();
                    moved[i] += step;
                    let mut unused = vec![0.0; moved.len()];
                    function.evaluate(&moved, &mut unused).unwrap()
                };
                // Central differences of fourth order.
                let step = 1e-3;
                let near = at(step) - at(-step);
                let far = at(2.0 * step) - at(-2.0 * step);
                let found = (8.0 * near - far) / (12.0 * step);
                let tolerance = 1e-6 * (expected.abs() + 1e-3 * value);
                assert!(
                    (found - expected).abs() < tolerance,
                    "{} {points} points, unknown {i}: {expected}, differences {found}",
                    model.name()
                );
            }
        }
    }

    #[test]
    fn a_growing_window_finds_the_first_state_where_all_data_at_once_do_not() {
        let model = models::lorenz63().unwrap();
        let experiment = TwinExperiment {
            time_step: 0.02,
            points: 401,
            observed: vec![0, 1, 2],
            noise: 0.1,
            ..Default::default()
        };
        let twin = experiment.run(&model).unwrap();
        let minimum = |growing: bool| {
            let mut function =
                StrongConstraint::new(&model, &twin.data, 100.0, &[1], vec![5.0, 5.0, 5.0, 5.0]);
            let mut unknowns = [twin.truth[0] + 1.0, twin.truth[1], twin.truth[2], 26.0];
            let value = minimize(&mut function, growing, &mut unknowns).unwrap();
            (value, unknowns[3])
        };
        let (value, rho) = minimum(true);
        assert!((0.8..1.2).contains(&value), "{value}");
        assert!((rho - 28.0).abs() < 0.02, "{rho}");
        let (value, _) = minimum(false);
        assert!(value > 10.0, "{value}");
    }
}
