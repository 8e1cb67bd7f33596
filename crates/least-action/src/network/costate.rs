//! Gradient of training by the costate, layer by layer as in mechanics. It shares only the value of
//! a layer with backpropagation: the Jacobians are written out, column by column, pair by pair. So
//! it is slow, and a check of backpropagation.

use super::action::map_arguments;
use super::pass::{MapArguments, Pass};
use super::problem::NetworkProblem;
use super::terms::{each_row, measurement_factor, prior_factor};
use crate::error::{check, Result};

/// Costates of all layers at all pairs, and the gradient that follows from them.
///
/// ```
/// use least_action::network::{
///     Activation, Bias, Costate, Layer, Network, NetworkOptions, NetworkProblem, Pairs,
/// };
/// use least_action::Normalization;
///
/// let linear = Layer { activation: Activation::Linear, bias: Bias::None, ..Layer::new(1) };
/// let network = Network::feedforward(1, vec![linear])?;
/// let pairs = Pairs::new(&network, vec![2.0], vec![5.0])?;
/// let options = NetworkOptions {
///     normalization: Normalization::Posterior,
///     ..NetworkOptions::default()
/// };
/// let problem = NetworkProblem::new(&network, &pairs, &options)?;
/// // The layer is x_1 = 3 x_0, so the error of the output is 6 - 5.
/// let costate = Costate::new(&problem, &[2.0], &[3.0])?;
/// assert_eq!(costate.momenta, [-3.0, -1.0]);
/// assert_eq!(costate.weights, [2.0]);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Costate {
    /// Costates p, one per activation, in the order of `[X_0, ..., X_F]`. Those of layer 0 are
    /// minus the gradient in the inputs.
    pub momenta: Vec<f64>,
    /// Gradient in the weights.
    pub weights: Vec<f64>,
}

impl Costate {
    /// Costates on the orbit that starts at `inputs`, by recursion from the last layer to the
    /// first:
    ///
    /// ```text
    /// p_F = -R_m P(x_F - y_F)
    /// p_n = Df_n(x_n)^T p_(n+1) - R_m P(x_n - y_n)
    /// dA/dw = -sum_n p_(n+1)^T df_n/dw
    /// ```
    ///
    /// Here P picks the measured components, and R_m is normalised as in the problem. At the minima
    /// of the action, `R_f (x_(n+1) - f_n(x_n))` tends to p_(n+1) as R_f grows.
    ///
    /// # Errors
    /// Lists of the wrong length, and numbers that are not finite.
    pub fn new(problem: &NetworkProblem, inputs: &[f64], weights: &[f64]) -> Result<Self> {
        let parts = &*problem.0;
        let network = &parts.network;
        let because = "one per pair and input";
        check::length("inputs", inputs.len(), parts.starts[1], because)?;
        let forcing = parts.forcing.iter().enumerate();
        let forcing: Vec<_> = forcing
            .map(|(layer, values)| super::LayerValues {
                layer,
                values: values.clone(),
            })
            .collect();
        let x = network.activations(weights, inputs, &forcing)?;
        let mut momenta = vec![0.0; x.len()];
        let factor = 2.0 * measurement_factor(parts);
        for target in &parts.targets {
            let range = problem.activations(target.layer);
            let own = &mut momenta[range.clone()];
            each_row(target, &x[range], own, |p, residual, weight, _| {
                *p -= factor * weight * residual;
            });
        }
        let mut gradient = vec![0.0; weights.len()];
        let mut pass = Pass::new(1);
        for l in (0..network.depth()).rev() {
            let whole = map_arguments(parts, l, &x, weights);
            let (before, after) = momenta.split_at_mut(parts.starts[l + 1]);
            let before = &mut before[parts.starts[l]..];
            for pair in 0..parts.pairs {
                let row = |list, width| one_of(list, pair, width);
                let one = MapArguments {
                    x: row(whole.x, network.widths()[l]),
                    forcing: row(whole.forcing, network.layers()[l].forcing),
                    ..whole
                };
                let width = network.widths()[l + 1];
                let p = row(after, width);
                let own = &mut before[pair * one.x.len()..][..one.x.len()];
                step(&mut pass, one, p, own, &mut gradient);
            }
        }
        let factor = 2.0 * prior_factor(parts);
        for prior in &parts.priors {
            for k in prior.weights.clone() {
                gradient[k] += factor * prior.precision * (weights[k] - prior.mean);
            }
        }
        Ok(Costate {
            momenta,
            weights: gradient,
        })
    }
}

/// Numbers of one pair in a list of pairs x width.
fn one_of(list: &[f64], pair: usize, width: usize) -> &[f64] {
    &list[pair * width..(pair + 1) * width]
}

/// Recursion of one map at one pair: adds `Df^T p` to `own` and `-p^T df/dw` to `gradient`.
fn step(pass: &mut Pass, at: MapArguments, p: &[f64], own: &mut [f64], gradient: &mut [f64]) {
    let layer = &at.network.layers()[at.l];
    let set = &at.network.weight_sets()[at.l];
    let (mut kept, mut column) = (vec![0.0; p.len()], vec![0.0; p.len()]);
    pass.forward(at, &mut kept, &mut column);
    let along = |column: &[f64]| -> f64 { column.iter().zip(p).map(|(c, p)| c * p).sum() };

    let mut dx = vec![0.0; at.x.len()];
    let mut dw = vec![0.0; at.weights.len()];
    for (k, own) in own.iter_mut().enumerate() {
        dx[k] = 1.0;
        pass.push_forward(at, &kept, (&dx, &dw), &mut column);
        dx[k] = 0.0;
        *own += along(&column);
    }
    if layer.map.is_some() {
        for k in set.range() {
            dw[k] = 1.0;
            pass.push_forward(at, &kept, (&dx, &dw), &mut column);
            dw[k] = 0.0;
            gradient[k] -= along(&column);
        }
        return;
    }
    // The weights of a layer act through z = W x + U u + b, so df/dz is enough.
    for a in 0..layer.width {
        column.fill(0.0);
        column[a] = layer.residual.unwrap_or(1.0);
        layer
            .activation
            .differentiate(layer.width, &kept, &mut column);
        let slope = along(&column);
        for (k, x) in at.x.iter().enumerate() {
            gradient[set.matrix().start + a * set.inputs + k] -= slope * x;
        }
        for (k, u) in at.forcing.iter().enumerate() {
            gradient[set.forcing_matrix().start + a * set.forcing + k] -= slope * u;
        }
        if set.bias {
            gradient[set.biases().start + a] -= slope;
        }
    }
}
