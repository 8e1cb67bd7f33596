//! Where the weights of each layer are in the one vector of all.

use std::ops::Range;

/// The weights that a layer has, or several layers that share them: W row by row, then U row by row, then the free biases; or the parameters of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightSet {
    /// The first layer that has them, from 1 on.
    pub layer: usize,
    /// Where they begin among all weights.
    pub offset: usize,
    /// Of W: the neurons of the layer. 0 for maps, as the next ones.
    pub rows: usize,
    /// Of W: the neurons of the layer before.
    pub columns: usize,
    /// Columns of U.
    pub inputs: usize,
    /// Free biases: one per neuron, or 0.
    pub biases: usize,
    /// Of a map.
    pub parameters: usize,
}

impl WeightSet {
    /// Places among all weights.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.parameter_range().end
    }

    /// Places of W, rows x columns.
    pub fn matrix_range(&self) -> Range<usize> {
        self.offset..self.offset + self.rows * self.columns
    }

    /// Places of U, rows x inputs.
    pub fn input_range(&self) -> Range<usize> {
        let start = self.matrix_range().end;
        start..start + self.rows * self.inputs
    }

    /// Places of the free biases.
    pub fn bias_range(&self) -> Range<usize> {
        let start = self.input_range().end;
        start..start + self.biases
    }

    /// Places of a map's parameters.
    pub fn parameter_range(&self) -> Range<usize> {
        let start = self.bias_range().end;
        start..start + self.parameters
    }

    pub(super) fn shape(&self) -> String {
        if self.rows == 0 {
            return format!("{} parameters of a map", self.parameters);
        }
        let mut shape = format!("{} x {} weights", self.rows, self.columns);
        if self.inputs > 0 {
            shape += &format!(", {} inputs", self.inputs);
        }
        if self.biases > 0 {
            shape += ", free biases";
        }
        shape
    }
}

/// The weights of one layer, as views of the vector of all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerWeights<'a> {
    /// W: neurons x neurons of the layer before, row-major.
    pub matrix: &'a [f64],
    /// U: neurons x inputs, row-major.
    pub inputs: &'a [f64],
    /// b, if free or fixed; empty if there are none.
    pub bias: &'a [f64],
    /// Of a map.
    pub parameters: &'a [f64],
}
