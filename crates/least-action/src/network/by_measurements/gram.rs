//! Covariance of the measured numbers, from that of the free unknowns and of the noise. It has one
//! row per measured number, however many unknowns there are.

use super::sensitivities::{add_scaled, transpose, Sensitivities};
use crate::solve::BlockMatrix;

impl Sensitivities {
    /// Writes `G V G^T` to the lower triangle of `into`, where G holds the derivatives of the
    /// measured numbers in the unknowns and V is the diagonal `variances`. The diagonal
    /// `noise(measured neuron, pair)` is added.
    ///
    /// A derivative in a weight is that in a weighted input times a source, so no matrix of
    /// measured numbers x weights is formed. Takes O(pairs^2 weights) for the sources and
    /// O((measured numbers)^2 neurons) for the weighted inputs.
    pub fn gram(
        &self,
        variances: &[f64],
        noise: impl Fn(usize, usize) -> f64,
        into: &mut BlockMatrix,
    ) {
        let pairs = self.problem.pairs();
        into.set_zero();
        let rows = into.panel_rows(0);
        let panel = into.panel_mut(0);
        for t in 0..self.measured.len() {
            for pair in 0..pairs {
                let row = t * pairs + pair;
                panel[row * rows + row] = noise(t, pair);
            }
        }
        self.add_innovations(variances, panel, rows);
        let network = self.problem.network();
        let sets = network.weight_sets();
        for l in 0..network.depth() {
            // Tied weights belong to several maps.
            let others = (0..network.depth()).filter(|&k| sets[k].start == sets[l].start);
            for other in others.filter(|&k| k == l || !sets[k].is_empty()) {
                self.add_weights((l, other), variances, panel, rows);
            }
        }
    }

    /// Adds the share of inputs and innovations, which belong to one pair each.
    fn add_innovations(&self, variances: &[f64], panel: &mut [f64], rows: usize) {
        let parts = &*self.problem.0;
        let pairs = parts.pairs;
        let (mut own, mut sum) = (Vec::new(), vec![0.0; pairs]);
        for (l, &width) in parts.network.widths().iter().enumerate() {
            own.resize(width * pairs, 0.0);
            transpose(&variances[parts.starts[l]..], width, pairs, &mut own);
            let by = |t: usize| &self.by_activation[l][t * width * pairs..][..width * pairs];
            for (t, first) in self.measured.iter().enumerate() {
                for (s, second) in self.measured.iter().enumerate().skip(t) {
                    if l > first.layer.min(second.layer) {
                        continue;
                    }
                    sum.fill(0.0);
                    let neurons = by(t).chunks_exact(pairs).zip(by(s).chunks_exact(pairs));
                    for ((a, b), v) in neurons.zip(own.chunks_exact(pairs)) {
                        for (((sum, a), b), v) in sum.iter_mut().zip(a).zip(b).zip(v) {
                            *sum += a * b * v;
                        }
                    }
                    for (pair, sum) in sum.iter().enumerate() {
                        panel[(t * pairs + pair) * rows + s * pairs + pair] += sum;
                    }
                }
            }
        }
    }

    /// Adds the share of weights of map `l` that map `other` has too.
    fn add_weights(
        &self,
        (l, other): (usize, usize),
        variances: &[f64],
        panel: &mut [f64],
        rows: usize,
    ) {
        let network = self.problem.network();
        let (pairs, width) = (self.problem.pairs(), network.widths()[l + 1]);
        let variances = &variances[self.problem.activation_count()..];
        let mut common = vec![0.0; pairs * pairs];
        let mut along = vec![0.0; pairs];
        let count = self.measured.len();
        for a in 0..width {
            common.fill(0.0);
            let sources = self.sources[l].chunks_exact(pairs);
            let theirs = self.sources[other].chunks_exact(pairs);
            for (c, (own, their)) in sources.zip(theirs).enumerate() {
                let variance = variances[self.weight(l, a, c)];
                for (own, common) in own.iter().zip(common.chunks_exact_mut(pairs)) {
                    add_scaled(variance * own, their, common);
                }
            }
            let by = |map: usize, t: usize| &self.by_sum[map][(t * width + a) * pairs..][..pairs];
            for t in (0..count).filter(|&t| l < self.measured[t].layer) {
                for (pair, (own, common)) in
                    by(l, t).iter().zip(common.chunks_exact(pairs)).enumerate()
                {
                    let column = &mut panel[(t * pairs + pair) * rows..][..rows];
                    for (along, common) in along.iter_mut().zip(common) {
                        *along = own * common;
                    }
                    for s in (t..count).filter(|&s| other < self.measured[s].layer) {
                        let to = &mut column[s * pairs..][..pairs];
                        for ((to, along), by) in to.iter_mut().zip(&along).zip(by(other, s)) {
                            *to += along * by;
                        }
                    }
                }
            }
        }
    }
}
