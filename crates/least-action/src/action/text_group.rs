//! Measurements whose law is the user's own text. Datum, prediction and arguments of all of them
//! are evaluated together.

use std::sync::Arc;

use super::estimated_scales::ScaleTerms;
use super::law_groups::LawRows;
use super::noise::{LawTerms, TextLaw};

/// Slots of the measurements of one law of the user's own. Its arguments are entries of the scales
/// after those of all slots, slot by slot.
#[derive(Debug, Clone)]
pub(super) struct TextGroup {
    pub law: Arc<TextLaw>,
    slots: Vec<u32>,
    /// First entry of its arguments.
    first: usize,
    /// Value of each datum that its loss is relative to: that of a prediction which meets it with
    /// the parameters of the ladder, so that losses compare with squares.
    offsets: Vec<f64>,
}

/// Mixed second derivative of half a loss in two entries.
pub(super) struct CrossTerm {
    pub entries: [usize; 2],
    pub value: f64,
}

impl TextGroup {
    /// Group of these slots, whose data are `data` by slot.
    pub fn new(law: Arc<TextLaw>, slots: Vec<u32>, first: usize, data: &[f64]) -> Self {
        let fallback = 0.5 * libm::log(std::f64::consts::TAU);
        let points: Vec<f64> = slots
            .iter()
            .flat_map(|&slot| {
                let datum = data[slot as usize];
                let own = [datum, law.nearest(datum)].into_iter();
                own.chain(law.start.iter().copied())
            })
            .collect();
        let terms = law.terms(&points);
        let each = (0..slots.len()).map(|i| match terms.value(i) {
            value if value.is_finite() => value,
            _ => fallback,
        });
        TextGroup {
            offsets: each.collect(),
            law,
            slots,
            first,
        }
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Sum of the values that losses are relative to.
    pub fn offset(&self) -> f64 {
        self.offsets.iter().sum()
    }

    /// Slots with their numbers in the group.
    fn slots(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.slots.iter().map(|&slot| slot as usize).enumerate()
    }

    /// Entry of an argument of a slot by its number in the group.
    pub fn entry(&self, i: usize, argument: usize) -> usize {
        self.first + i * self.law.arguments + argument
    }

    /// Slot of each argument's entry, in their order.
    pub fn owners(&self) -> impl Iterator<Item = u32> + '_ {
        let count = self.law.arguments;
        let slots = self.slots.iter();
        slots.flat_map(move |&slot| std::iter::repeat_n(slot, count))
    }

    /// Prediction and arguments of a slot.
    fn at(&self, i: usize, slot: usize, rows: &LawRows) -> (f64, Vec<f64>) {
        let first = self.first + i * self.law.arguments - rows.data.len();
        let prediction = rows.residuals[slot] + rows.data[slot];
        let arguments = &rows.arguments[first..first + self.law.arguments];
        (prediction, arguments.to_vec())
    }

    fn terms(&self, rows: &LawRows) -> LawTerms {
        let mut points = Vec::with_capacity(self.slots.len() * (2 + self.law.arguments));
        for (i, slot) in self.slots() {
            let (prediction, arguments) = self.at(i, slot, rows);
            points.extend([rows.data[slot], prediction]);
            points.extend(arguments);
        }
        self.law.terms(&points)
    }

    /// Calls `to` with the number in the group, the slot, and Fisher's information on the
    /// prediction and the arguments.
    fn each_information(&self, rows: &LawRows, mut to: impl FnMut(usize, usize, &[f64])) {
        let mut last: Option<(f64, Vec<f64>, Vec<f64>)> = None;
        for (i, slot) in self.slots() {
            let (h, arguments) = self.at(i, slot, rows);
            let known = last
                .as_ref()
                .filter(|(other, at, _)| self.law.shares_information([h, *other], &arguments, at));
            if known.is_none() {
                let mut found = self.law.information(h, &arguments);
                for information in &mut found {
                    // A law that says nothing here still needs a row.
                    if !(*information > 1e-12 && information.is_finite()) {
                        *information = 1e-12;
                    }
                }
                last = Some((h, arguments, found));
            }
            if let Some((.., information)) = &last {
                to(i, slot, information);
            }
        }
    }

    /// Calls `to` with the slot and the loss of each measurement.
    pub fn each_loss(&self, rows: &LawRows, mut to: impl FnMut(usize, f64)) {
        let terms = self.terms(rows);
        for (i, slot) in self.slots() {
            to(slot, 2.0 * (terms.value(i) - self.offsets[i]));
        }
    }

    /// Calls `to` with the slot, residual and weight of each row of least squares.
    pub fn each_row(&self, rows: &LawRows, mut to: impl FnMut(usize, f64, f64)) {
        let terms = self.terms(rows);
        self.each_information(rows, |i, slot, information| {
            to(slot, terms.slope(i, 0) / information[0], information[0]);
        });
    }

    /// Calls `to` with the slot and the derivative of half of each loss in the prediction.
    pub fn each_slope(&self, rows: &LawRows, mut to: impl FnMut(usize, f64)) {
        let terms = self.terms(rows);
        self.slots()
            .for_each(|(i, slot)| to(slot, terms.slope(i, 0)));
    }

    /// Calls `to` with the slot and the curvature of each loss besides the weight.
    pub fn each_curvature(&self, rows: &LawRows, mut to: impl FnMut(usize, f64)) {
        let terms = self.terms(rows);
        self.each_information(rows, |i, slot, information| {
            to(slot, terms.second(i, 0, 0) - information[0]);
        });
    }

    /// Calls `to` with the slot and the normal score of each datum.
    pub fn each_score(&self, rows: &LawRows, mut to: impl FnMut(usize, f64)) {
        for (i, slot) in self.slots() {
            let (h, arguments) = self.at(i, slot, rows);
            to(slot, self.law.density(h, &arguments).score(rows.data[slot]));
        }
    }

    /// Calls `to` with the entry and the first derivative of half the loss in each argument.
    pub fn each_argument_slope(&self, rows: &LawRows, mut to: impl FnMut(usize, f64)) {
        let terms = self.terms(rows);
        for (i, _) in self.slots() {
            for j in 0..self.law.arguments {
                to(self.entry(i, j), terms.slope(i, 1 + j));
            }
        }
    }

    /// Calls `to` with the entry and the derivatives of half the loss in each argument.
    pub fn each_argument(&self, rows: &LawRows, mut to: impl FnMut(usize, ScaleTerms)) {
        if self.law.arguments == 0 {
            return;
        }
        let terms = self.terms(rows);
        self.each_information(rows, |i, _, information| {
            for j in 0..self.law.arguments {
                let terms = ScaleTerms {
                    slope: terms.slope(i, 1 + j),
                    information: information[1 + j],
                    second: terms.second(i, 1 + j, 1 + j),
                    cross: terms.second(i, 0, 1 + j),
                };
                to(self.entry(i, j), terms);
            }
        });
    }

    /// Mixed second derivatives of half the losses in two arguments.
    pub fn cross_terms(&self, rows: &LawRows) -> Vec<CrossTerm> {
        let count = self.law.arguments;
        if count < 2 {
            return Vec::new();
        }
        let terms = self.terms(rows);
        let mut all = Vec::new();
        for (i, _) in self.slots() {
            for a in 0..count {
                all.extend((a + 1..count).map(|b| CrossTerm {
                    entries: [self.entry(i, a), self.entry(i, b)],
                    value: terms.second(i, 1 + a, 1 + b),
                }));
            }
        }
        all
    }

    /// Calls `to` with the entry of each parameter of the law, and minus half the derivative of the
    /// logarithm of the information on the prediction in it, by differences.
    pub fn each_followed(&self, rows: &LawRows, mut to: impl FnMut(usize, f64)) {
        const STEP: f64 = 1e-3;
        let mut last: Option<(f64, Vec<f64>, Vec<f64>)> = None;
        for (i, slot) in self.slots() {
            let (h, arguments) = self.at(i, slot, rows);
            let known = last
                .as_ref()
                .filter(|(other, at, _)| self.law.shares_information([h, *other], &arguments, at));
            if known.is_none() {
                let each = (0..self.law.own).map(|j| {
                    let [low, high] = [-STEP, STEP].map(|step| {
                        let mut at = arguments.clone();
                        at[j] += step;
                        libm::log(self.law.information(h, &at)[0])
                    });
                    -0.5 * (high - low) / (2.0 * STEP)
                });
                let found = each.map(|x| if x.is_finite() { x } else { 0.0 }).collect();
                last = Some((h, arguments, found));
            }
            if let Some((.., followed)) = &last {
                for (j, &share) in followed.iter().enumerate() {
                    to(self.entry(i, j), share);
                }
            }
        }
    }
}
