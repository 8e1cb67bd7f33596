//! A network at one pair, map by map: values, Jacobians and second derivatives in the activations.
//! The mechanics of layers is built on them.

use super::data::{check_forcing, LayerValues};
use super::network::Network;
use super::pass::{MapArguments, Pass};
use crate::error::Result;

/// Largest slope of a saturated neuron. Such a neuron passes nothing on but rounding, as activation
/// functions that are not linear have slopes of the order of 1.
const SATURATED: f64 = 1e-14;

/// A network with its weights and forcing, for one pair. Its memory is that of the widest layer.
pub(crate) struct OnePair<'a> {
    network: &'a Network,
    weights: &'a [f64],
    /// Forcing of each map.
    forcing: Vec<&'a [f64]>,
    /// Direction in which no weight changes: all zero.
    fixed: Vec<f64>,
    pass: Pass,
    /// Numbers that derivatives of the map need that was evaluated last.
    kept: Vec<f64>,
}

impl<'a> OnePair<'a> {
    /// A network at one pair.
    ///
    /// # Errors
    /// Weights and forcing of the wrong length or not finite.
    pub fn new(
        network: &'a Network,
        weights: &'a [f64],
        forcing: &'a [LayerValues],
    ) -> Result<Self> {
        network.check_weights(weights)?;
        super::action::finite_weights(weights, "")?;
        check_forcing("", forcing, 1, network)?;
        let of = |l: usize| {
            let given = forcing.iter().find(|given| given.layer == l);
            given.map_or(&[][..], |given| &given.values)
        };
        Ok(OnePair {
            network,
            weights,
            forcing: (0..network.depth()).map(of).collect(),
            fixed: vec![0.0; weights.len()],
            pass: Pass::new(1),
            kept: Vec::new(),
        })
    }

    /// Writes f_l(x) to `output`. Derivatives of map l at the same x can be computed afterwards.
    pub fn value(&mut self, l: usize, x: &[f64], output: &mut [f64]) {
        let at = self.map_arguments(l, x);
        self.kept.resize(output.len(), 0.0);
        self.pass.forward(at, &mut self.kept, output);
    }

    /// Writes Df_l(x) to `matrix`, column-major: the width of layer l + 1 for each neuron of layer
    /// l.
    pub fn jacobian(&mut self, l: usize, x: &[f64], matrix: &mut [f64]) {
        let at = self.map_arguments(l, x);
        let mut dx = vec![0.0; x.len()];
        let columns = matrix.chunks_exact_mut(self.kept.len());
        for (k, column) in columns.enumerate() {
            dx[k] = 1.0;
            let along = (&dx[..], &self.fixed[..]);
            self.pass.push_forward(at, &self.kept, along, column);
            dx[k] = 0.0;
        }
    }

    /// Writes the second derivative of `p . f_l` at x to `matrix`: width x width of layer l,
    /// symmetric to the last bit.
    pub fn curvature(&mut self, l: usize, x: &[f64], p: &[f64], matrix: &mut [f64]) {
        let at = self.map_arguments(l, x);
        self.pass.curvature(at, p, matrix);
    }

    /// First saturated neuron of layer l + 1, at the x at which map l was evaluated last. None in
    /// the residual form, in which x is passed on as it is.
    pub fn saturated(&self, l: usize) -> Option<usize> {
        let layer = &self.network.layers()[l];
        let has_slopes =
            layer.map.is_none() && layer.residual.is_none() && layer.activation.is_elementwise();
        let mut slopes = self.kept.iter();
        match has_slopes {
            true => slopes.position(|slope| slope.abs() < SATURATED),
            false => None,
        }
    }

    /// Arguments of map l at x.
    fn map_arguments<'b>(&self, l: usize, x: &'b [f64]) -> MapArguments<'b>
    where
        'a: 'b,
    {
        MapArguments {
            network: self.network,
            l,
            weights: self.weights,
            x,
            forcing: self.forcing[l],
        }
    }
}
