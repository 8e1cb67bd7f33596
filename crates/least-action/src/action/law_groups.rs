//! Measurements whose channels have laws of their own: rows by law, evaluated group by group.

use super::estimated_scales::{NoiseShare, ScaleTerms};
use super::noise::{with_loss, Law, Loss, LossMoments, ResidualRow};

/// Slots of the measurements of one law.
#[derive(Debug, Clone)]
struct LawGroup {
    law: Law,
    slots: Vec<u32>,
}

/// Groups of measurements by law. Arrays are by slot: residuals, data and precisions.
#[derive(Debug, Clone, Default)]
pub(super) struct LawGroups(Vec<LawGroup>);

/// Residuals, data and precisions of all measurements, by slot.
#[derive(Clone, Copy)]
pub(super) struct LawRows<'a> {
    pub residuals: &'a [f64],
    pub data: &'a [f64],
    pub precisions: &'a [f64],
}

impl LawRows<'_> {
    #[inline(always)]
    fn at(&self, slot: usize) -> ResidualRow {
        ResidualRow::new(self.residuals[slot], self.data[slot], self.precisions[slot])
    }
}

impl LawGroups {
    /// Groups of measurements whose laws are given by slot.
    pub fn new(laws: &[Law]) -> Self {
        let mut groups: Vec<LawGroup> = Vec::new();
        for (slot, &law) in laws.iter().enumerate() {
            match groups.iter_mut().find(|group| group.law == law) {
                Some(group) => group.slots.push(slot as u32),
                None => groups.push(LawGroup {
                    law,
                    slots: vec![slot as u32],
                }),
            }
        }
        LawGroups(groups)
    }

    /// Turns differences of predictions and data into residuals of their laws.
    pub fn compare(&self, data: &[f64], residuals: &mut [f64]) {
        for group in &self.0 {
            with_loss!(group.law, loss => {
                for &slot in &group.slots {
                    let (slot, y) = (slot as usize, data[slot as usize]);
                    residuals[slot] = loss.residual(residuals[slot] + y, y);
                }
            });
        }
    }

    /// Calls `to` with the slot and what `of` makes of each row and its law.
    #[inline(always)]
    fn each<T>(
        &self,
        rows: LawRows,
        of: impl Fn(Law, ResidualRow) -> T,
        mut to: impl FnMut(usize, T),
    ) {
        for group in &self.0 {
            for &slot in &group.slots {
                to(slot as usize, of(group.law, rows.at(slot as usize)));
            }
        }
    }

    /// Loss of each measurement, by slot.
    pub fn losses(&self, rows: LawRows) -> Vec<f64> {
        let mut all = vec![0.0; rows.data.len()];
        self.each(rows, loss_of, |slot, loss| all[slot] = loss);
        all
    }

    /// Sum of all losses.
    pub fn sum(&self, rows: LawRows) -> f64 {
        let mut sum = 0.0;
        self.each(rows, loss_of, |_, loss| sum += loss);
        sum
    }

    /// Calls `to` with the slot, residual and weight of each row of least squares.
    pub fn each_row(&self, rows: LawRows, mut to: impl FnMut(usize, f64, f64)) {
        let of = |law, row| with_loss!(law, loss => loss.linearize(row));
        self.each(rows, of, |slot, (residual, weight)| {
            to(slot, residual, weight)
        });
    }

    /// Curvature of each loss besides the weight, by slot.
    pub fn curvatures(&self, rows: LawRows) -> Vec<f64> {
        let mut all = vec![0.0; rows.data.len()];
        let of = |law, row| with_loss!(law, loss => loss.curvature(row));
        self.each(rows, of, |slot, curvature| all[slot] = curvature);
        all
    }

    /// Standard normal number that is as likely as each datum, by slot.
    pub fn scores(&self, rows: LawRows) -> Vec<f64> {
        let mut all = vec![0.0; rows.data.len()];
        let of = |law, row| with_loss!(law, loss => loss.score(row));
        self.each(rows, of, |slot, score| all[slot] = score);
        all
    }

    /// Calls `to` with the slot and the derivatives of each loss in its scale.
    pub fn each_scale(&self, rows: LawRows, to: impl FnMut(usize, ScaleTerms)) {
        let of = |law, row| with_loss!(law, loss => loss.scale(row));
        self.each(rows, of, to);
    }

    /// Share of each datum in the normalisation of its noise, by slot.
    pub fn shares(&self, data: &[f64]) -> Vec<NoiseShare> {
        let mut all = vec![NoiseShare::FULL; data.len()];
        for group in &self.0 {
            for &slot in &group.slots {
                let datum = data[slot as usize];
                all[slot as usize] = with_loss!(group.law, loss => loss.share(datum));
            }
        }
        all
    }

    /// Mean and variance of the summed losses at the truth.
    pub fn misfit(&self, data: &[f64]) -> LossMoments {
        let mut sum = LossMoments::default();
        for group in &self.0 {
            let own = group.slots.iter().map(|&slot| data[slot as usize]);
            let one = group.law.misfit(own);
            sum.mean += one.mean;
            sum.variance += one.variance;
        }
        sum
    }

    /// Half the summed logarithms of the largest values of all densities.
    pub fn log_peak(&self, precisions: &[f64]) -> f64 {
        let mut sum = 0.0;
        for group in &self.0 {
            for &slot in &group.slots {
                let precision = precisions[slot as usize];
                sum += 0.5 * with_loss!(group.law, loss => loss.log_peak(precision));
            }
        }
        sum
    }
}

fn loss_of(law: Law, row: ResidualRow) -> f64 {
    with_loss!(law, loss => loss.value(row.precision * (row.residual * row.residual), row))
}
