//! The map through the layers of a network that makes its action stationary: discrete mechanics
//! with the layer's number for the time.

use crate::error::{check, Error, Result};
use crate::model::MOST_VALUES;
use crate::network::{LayerValues, Network, OnePair};
use crate::solve::dense::{identity, Lu};

const REMEDY: &str = "no orbit goes on from here: solve the boundary-value problem, with data at \
both ends, in its place (anneal or train the network)";

/// Options of [`follow_layers`].
#[derive(Debug, Clone, PartialEq)]
pub struct LayerMapOptions {
    /// R_f, in one over the square of the activations' unit. If it is infinite, the layers hold
    /// exactly.
    pub model_precision: f64,
    /// Forcing from outside, for layers that have it, as in [`crate::network::Pairs`] with one
    /// pair. Default: none.
    pub forcing: Vec<LayerValues>,
    /// True to compute the derivative of the map: O(D^3) per layer as the map itself, with 4 D^2
    /// numbers of memory. Default: false.
    pub tangent: bool,
}

impl LayerMapOptions {
    /// Options with this R_f, without forcing and derivative.
    pub fn new(model_precision: f64) -> Self {
        LayerMapOptions {
            model_precision,
            forcing: Vec::new(),
            tangent: false,
        }
    }
}

/// Activations and momenta layer by layer. Where there is no way on before the last layer,
/// [`LayerOrbit::failure`] says why, and the layers are those that were reached.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerOrbit {
    /// Activations x, one list per layer that was reached, the inputs first.
    pub activations: Vec<Vec<f64>>,
    /// Momenta p, one list per layer that was reached, the inputs first.
    pub momenta: Vec<Vec<f64>>,
    /// Model part of the network's action,
    /// `sum_l (R_f/2) |x_(l+1) - f_l(x_l)|^2 = sum_l |p_(l+1)|^2 / (2 R_f)`.
    pub model_error: f64,
    /// The derivative of (x, p) at the last layer that was reached in (x, p) at the inputs, 2 D x 2
    /// D, column-major, coordinates first, for [`super::symplectic_defect`]; empty if it was not
    /// asked for.
    pub tangent: Vec<f64>,
    /// The reason why not all layers were reached; `None` if all were.
    pub failure: Option<Error>,
}

/// Follows one pair through the layers from activations `x0` and momenta `p0` of layer 0 on: the
/// discrete Euler-Lagrange equations of `L_d(x_l, x_(l+1)) = (R_f/2) |x_(l+1) - f_l(x_l)|^2` as a
/// map of the phase space,
///
/// ```text
/// p_l = -D1 L_d = Df_l(x_l)^T p_(l+1),   p_(l+1) = D2 L_d = R_f (x_(l+1) - f_l(x_l)),   so
/// p_(l+1) = (Df_l(x_l)^T)^-1 p_l,        x_(l+1) = f_l(x_l) + p_(l+1) / R_f
/// ```
///
/// (J. E. Marsden, M. West, "Discrete mechanics and variational integrators", Acta Numerica 10,
/// 2001, doi 10.1017/S096249290100006X). It is symplectic. On an orbit the gradient of
/// [`crate::network::NetworkAction`] (normalised as `posterior`) vanishes at all layers between the
/// ends, for layers without data; at the ends too, if `p_0 = R_m (x_0 - y_0)` and
/// `p_F = -R_m (x_F - y_F)`. With R_f infinite x is the network's forward pass, and p the costate
/// of backpropagation ([`crate::network::Costate`]) followed forward: what backpropagation shrinks
/// grows here, and `p_l . dx_l` is the same in every layer for tangents dx that Df carries along.
///
/// The map exists where `D1 D2 L_d = -R_f Df_l^T` is regular. Layers of other widths than the one
/// before have none, nor have saturated neurons: the orbit ends there, with [`Error::Singular`] of
/// that layer as its failure, whose time is the number of the layer before.
///
/// ```
/// use least_action::mechanics::{follow_layers, LayerMapOptions};
/// use least_action::network::{Activation, Layer, Network};
///
/// let layer = Layer { activation: Activation::Tanh, ..Layer::new(1) };
/// let network = Network::feedforward(1, vec![layer])?;
/// // One weight and one bias: x_1 = tanh(2 x_0) + p_1 / R_f, where tanh has the slope 1.
/// let orbit = follow_layers(&network, &[2.0, 0.0], &[0.0], &[3.0], &LayerMapOptions::new(10.0))?;
/// assert_eq!(orbit.momenta[1], [1.5]);
/// assert_eq!(orbit.activations[1], [0.15]);
/// # Ok::<(), least_action::Error>(())
/// ```
///
/// # Errors
/// Lists of the wrong length, numbers that are out of range, and layers too wide for their
/// Jacobians to fit in memory. An orbit that comes to an end early is no error: the result has the
/// reason, [`Error::Singular`] or [`Error::NotFiniteInLayer`].
pub fn follow_layers(
    network: &Network,
    weights: &[f64],
    x0: &[f64],
    p0: &[f64],
    options: &LayerMapOptions,
) -> Result<LayerOrbit> {
    let d = network.widths()[0];
    for (name, values) in [("x0", x0), ("p0", p0)] {
        check::length(name, values.len(), d, "one per neuron of layer 0")?;
        check::all_finite(name, values)?;
    }
    let precision = options.model_precision;
    if precision != f64::INFINITY {
        let expected = "between 1e-100 and 1e100, or infinite";
        let holds = (1e-100..=1e100).contains(&precision);
        check::require(holds, "modelPrecision", precision, expected)?;
    }
    let memory = if options.tangent { 4 } else { 1 };
    let entries = d.saturating_mul(d).saturating_mul(memory);
    check::at_most("layers, as entries of a Jacobian,", entries, MOST_VALUES)?;
    let mut tangent = vec![0.0; if options.tangent { entries } else { 0 }];
    if options.tangent {
        identity(&mut tangent, 2 * d);
    }
    let mut orbit = LayerOrbit {
        activations: vec![x0.to_vec()],
        momenta: vec![p0.to_vec()],
        tangent,
        ..LayerOrbit::default()
    };
    let mut map = LayerOrbitMap {
        network,
        pair: OnePair::new(network, weights, &options.forcing)?,
        precision,
        jacobian: Vec::new(),
        lu: Lu::default(),
    };
    orbit.failure = (0..network.depth())
        .try_for_each(|l| map.advance(l, &mut orbit))
        .err();
    Ok(orbit)
}

/// Map of one layer after the other, with its working memory.
struct LayerOrbitMap<'a> {
    network: &'a Network,
    pair: OnePair<'a>,
    /// Model precision R_f.
    precision: f64,
    /// Jacobian Df of the layer, column-major.
    jacobian: Vec<f64>,
    /// LU factors of the transposed Jacobian.
    lu: Lu,
}

impl LayerOrbitMap<'_> {
    /// Moves from layer l to the next. If that fails, the orbit stays as it is.
    fn advance(&mut self, l: usize, orbit: &mut LayerOrbit) -> Result<()> {
        let (x, p) = (&orbit.activations[l], &orbit.momenta[l]);
        let (d, next) = (x.len(), self.network.widths()[l + 1]);
        if next != d {
            return Err(singular(l, &format!("{d} x {next} and not square,")));
        }
        let mut x1 = vec![0.0; d];
        self.pair.value(l, x, &mut x1);
        finite(l, d, "activation", &x1)?;
        if let Some(neuron) = self.pair.saturated(l) {
            let which = format!("where neuron {neuron} of layer {} is saturated,", l + 1);
            return Err(singular(l, &which));
        }
        self.jacobian.resize(d * d, 0.0);
        self.pair.jacobian(l, x, &mut self.jacobian);
        finite(l, d, "derivative of the activation", &self.jacobian)?;
        let mut transpose = vec![0.0; d * d];
        for (j, column) in self.jacobian.chunks_exact(d).enumerate() {
            for (i, value) in column.iter().enumerate() {
                transpose[i * d + j] = *value;
            }
        }
        if !self.lu.factor(&transpose, d) {
            return Err(singular(l, &format!("{d} x {d},")));
        }
        let mut p1 = p.clone();
        self.lu.solve(&mut p1);
        finite(l, d, "momentum", &p1)?;
        for (x, p) in x1.iter_mut().zip(&p1) {
            *x += p / self.precision;
        }
        finite(l, d, "activation", &x1)?;
        if !orbit.tangent.is_empty() {
            // Needed no longer, and of the right size.
            let curvature = &mut transpose;
            self.pair.curvature(l, x, &p1, curvature);
            finite(l, d, "second derivative of the activation", curvature)?;
            self.propagate(curvature, &mut orbit.tangent);
        }
        // Not p^2 / R_f, which would not be 0 where p^2 overflows and R_f is infinite.
        let squares: f64 = p1.iter().map(|p| p * (p / self.precision)).sum();
        orbit.model_error += 0.5 * squares;
        orbit.activations.push(x1);
        orbit.momenta.push(p1);
        Ok(())
    }

    /// Multiplies columns (dx, dp) by the derivative of the map. The equation `Df^T p_1 = p` has
    /// the derivative `Df^T dp_1 + D2(p_1 . f) dx = dp`.
    fn propagate(&self, curvature: &[f64], tangent: &mut [f64]) {
        let d = curvature.len().isqrt();
        let mut moved = vec![0.0; d];
        for column in tangent.chunks_exact_mut(2 * d) {
            let (dx, dp) = column.split_at_mut(d);
            for (dp, row) in dp.iter_mut().zip(curvature.chunks_exact(d)) {
                *dp -= row.iter().zip(&*dx).map(|(c, dx)| c * dx).sum::<f64>();
            }
            self.lu.solve(dp);
            moved.fill(0.0);
            for (column, dx) in self.jacobian.chunks_exact(d).zip(&*dx) {
                for (to, entry) in moved.iter_mut().zip(column) {
                    *to += entry * dx;
                }
            }
            for ((dx, moved), dp) in dx.iter_mut().zip(&moved).zip(dp) {
                *dx = moved + *dp / self.precision;
            }
        }
    }
}

/// Error of a singular map l, with the layer's number in a network as in [`Network::feedforward`].
fn singular(l: usize, which: &str) -> Error {
    Error::Singular {
        path: format!("layers[{l}]"),
        matrix: format!("D1 D2 L_d = -R_f Df^T, {which}"),
        time: l as f64,
        remedy: REMEDY.into(),
    }
}

/// Checks numbers of layer l + 1, in columns of one per neuron.
fn finite(l: usize, width: usize, term: &str, values: &[f64]) -> Result<()> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(i) => Err(Error::NotFiniteInLayer {
            path: format!("layers[{l}]"),
            layer: l + 1,
            pair: 0,
            neuron: i % width,
            term: term.into(),
            value: values[i],
        }),
    }
}
