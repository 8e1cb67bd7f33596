//! Measurements whose channels have laws of their own: rows by law, evaluated group by group.

use super::estimated_scales::{NoiseShare, ScaleTerms};
use super::noise::{with_loss, Law, Loss, LossMoments, ResidualRow};
use super::text_group::{CrossTerm, TextGroup};

/// Slots of the measurements of one law.
#[derive(Debug, Clone)]
struct LawGroup {
    law: Law,
    slots: Vec<u32>,
}

/// Groups of measurements by law. Arrays are by slot: residuals, data and precisions.
#[derive(Debug, Clone, Default)]
pub(super) struct LawGroups {
    named: Vec<LawGroup>,
    texts: Vec<TextGroup>,
}

/// Residuals, data and precisions of all measurements, by slot.
#[derive(Clone, Copy)]
pub(super) struct LawRows<'a> {
    pub residuals: &'a [f64],
    pub data: &'a [f64],
    pub precisions: &'a [f64],
    /// Arguments of laws of the user's own: the entries after those of all slots.
    pub arguments: &'a [f64],
}

impl LawRows<'_> {
    #[inline(always)]
    fn at(&self, slot: usize) -> ResidualRow {
        ResidualRow::new(self.residuals[slot], self.data[slot], self.precisions[slot])
    }
}

impl LawGroups {
    /// Groups of measurements whose laws are given by slot, beside those of laws of the user's own,
    /// whose slots are told by `is_text`.
    pub fn new(laws: &[Law], texts: Vec<TextGroup>, is_text: impl Fn(usize) -> bool) -> Self {
        let mut groups: Vec<LawGroup> = Vec::new();
        for (slot, &law) in laws.iter().enumerate() {
            if is_text(slot) {
                continue;
            }
            match groups.iter_mut().find(|group| group.law == law) {
                Some(group) => group.slots.push(slot as u32),
                None => groups.push(LawGroup {
                    law,
                    slots: vec![slot as u32],
                }),
            }
        }
        LawGroups {
            named: groups,
            texts,
        }
    }

    /// Turns differences of predictions and data into residuals of their laws.
    pub fn compare(&self, data: &[f64], residuals: &mut [f64]) {
        for group in &self.named {
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
        for group in &self.named {
            for &slot in &group.slots {
                to(slot as usize, of(group.law, rows.at(slot as usize)));
            }
        }
    }

    /// Loss of each measurement, by slot.
    pub fn losses(&self, rows: LawRows) -> Vec<f64> {
        let mut all = vec![0.0; rows.data.len()];
        self.each(rows, loss_of, |slot, loss| all[slot] = loss);
        for text in &self.texts {
            text.each_loss(&rows, |slot, loss| all[slot] = loss);
        }
        all
    }

    /// Sum of all losses.
    pub fn sum(&self, rows: LawRows) -> f64 {
        let mut sum = 0.0;
        self.each(rows, loss_of, |_, loss| sum += loss);
        for text in &self.texts {
            text.each_loss(&rows, |_, loss| sum += loss);
        }
        sum
    }

    /// Calls `to` with the slot, residual and weight of each row of least squares.
    pub fn each_row(&self, rows: LawRows, mut to: impl FnMut(usize, f64, f64)) {
        let of = |law, row| with_loss!(law, loss => loss.linearize(row));
        self.each(rows, of, |slot, (residual, weight)| {
            to(slot, residual, weight)
        });
        for text in &self.texts {
            text.each_row(&rows, &mut to);
        }
    }

    /// Calls `to` with the slot and the derivative of half of each loss in the prediction.
    pub fn each_slope(&self, rows: LawRows, mut to: impl FnMut(usize, f64)) {
        let of = |law, row| with_loss!(law, loss => loss.linearize(row));
        self.each(rows, of, |slot, (residual, weight)| {
            to(slot, residual * weight)
        });
        for text in &self.texts {
            text.each_slope(&rows, &mut to);
        }
    }

    /// Curvature of each loss besides the weight, by slot.
    pub fn curvatures(&self, rows: LawRows) -> Vec<f64> {
        let mut all = vec![0.0; rows.data.len()];
        let of = |law, row| with_loss!(law, loss => loss.curvature(row));
        self.each(rows, of, |slot, curvature| all[slot] = curvature);
        for text in &self.texts {
            text.each_curvature(&rows, |slot, curvature| all[slot] = curvature);
        }
        all
    }

    /// Standard normal number that is as likely as each datum, by slot.
    pub fn scores(&self, rows: LawRows) -> Vec<f64> {
        let mut all = vec![0.0; rows.data.len()];
        let of = |law, row| with_loss!(law, loss => loss.score(row));
        self.each(rows, of, |slot, score| all[slot] = score);
        for text in &self.texts {
            text.each_score(&rows, |slot, score| all[slot] = score);
        }
        all
    }

    /// Calls `to` with the entry and the derivatives of each loss in its scale, and in the
    /// arguments of laws of the user's own.
    pub fn each_scale(&self, rows: LawRows, mut to: impl FnMut(usize, ScaleTerms)) {
        let of = |law, row| with_loss!(law, loss => loss.scale(row));
        self.each(rows, of, &mut to);
        for text in &self.texts {
            text.each_argument(&rows, &mut to);
        }
    }

    /// Calls `to` with the entry and the first derivative of half of each loss in its scale or
    /// argument.
    pub fn each_scale_slope(&self, rows: LawRows, mut to: impl FnMut(usize, f64)) {
        let of = |law, row| with_loss!(law, loss => loss.scale(row).slope);
        self.each(rows, of, &mut to);
        for text in &self.texts {
            text.each_argument_slope(&rows, &mut to);
        }
    }

    /// Mixed second derivatives in two arguments of laws of the user's own.
    pub fn cross_terms(&self, rows: LawRows) -> Vec<CrossTerm> {
        let texts = self.texts.iter();
        texts.flat_map(|text| text.cross_terms(&rows)).collect()
    }

    /// Writes the parts of leverages that shares in the restricted likelihood are smaller by, at
    /// the point evaluated last, by entry.
    pub fn followed(&self, rows: LawRows, all: &mut [f64]) {
        let of = |law, row| with_loss!(law, loss => loss.followed(row));
        self.each(rows, of, |slot, followed| all[slot] = followed);
        for text in &self.texts {
            text.each_followed(&rows, |entry, followed| all[entry] = followed);
        }
    }

    /// Share of each datum in the normalisation of its noise, by slot.
    pub fn shares(&self, data: &[f64]) -> Vec<NoiseShare> {
        let mut all = vec![NoiseShare::NONE; data.len()];
        for group in &self.named {
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
        for group in &self.named {
            let own = group.slots.iter().map(|&slot| data[slot as usize]);
            let one = group.law.misfit(own);
            sum.mean += one.mean;
            sum.variance += one.variance;
        }
        // As losses that are squares of normal numbers have them.
        let texts = self.texts.iter().map(TextGroup::len).sum::<usize>() as f64;
        sum.mean += texts;
        sum.variance += 2.0 * texts;
        sum
    }

    /// Half the summed logarithms of the largest values of all densities, and of those that losses
    /// of laws of the user's own are relative to.
    pub fn log_peak(&self, precisions: &[f64]) -> f64 {
        let mut sum = 0.0;
        for group in &self.named {
            for &slot in &group.slots {
                let precision = precisions[slot as usize];
                sum += 0.5 * with_loss!(group.law, loss => loss.log_peak(precision));
            }
        }
        sum -= self.texts.iter().map(TextGroup::offset).sum::<f64>();
        sum
    }
}

fn loss_of(law: Law, row: ResidualRow) -> f64 {
    with_loss!(law, loss => loss.value(row.precision * (row.residual * row.residual), row))
}
