//! Measurement errors: differences of predictions h(x) and measured values y, where h picks state
//! components or is one of the model's observables.

use std::sync::Arc;

use super::estimated_scales::{EstimatedScales, FitShares, NoiseShare, ScaleTerms};
use super::law_groups::{LawGroups, LawRows};
use super::noise::{
    with_loss, Law, Loss, LossMoments, Noise, Precision, Scale, TextLaw, Whitening,
};
use super::text_group::{CrossTerm, TextGroup};
use super::Observations;
use crate::model::{Model, Points, Scratch};

/// Predictions of measured values. They lie in lists of their own because an evaluation goes
/// through all of them, and nearly all of its time is their way from memory.
#[derive(Debug, Clone, Default)]
struct Entries {
    /// Positions of the predictions: in the path for a state component, among the observables'
    /// values (points x observables) for an observable. Paths have at most 2^26 values, so 32 bits
    /// suffice.
    places: Vec<u32>,
    /// Positions of the errors that belong to the predictions.
    slots: Slots,
}

/// Positions among the measurement errors.
#[derive(Debug, Clone)]
enum Slots {
    /// Consecutive positions, the first one given.
    From(usize),
    Listed(Vec<u32>),
}

impl Default for Slots {
    fn default() -> Self {
        Slots::From(0)
    }
}

impl Entries {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn slot(&self, entry: usize) -> usize {
        match &self.slots {
            Slots::From(first) => first + entry,
            Slots::Listed(slots) => slots[entry] as usize,
        }
    }

    /// Writes the differences of the predictions `at[place]` and the data to the errors.
    #[inline(always)]
    fn compare(&self, loss: impl Loss, at: &[f64], data: &[f64], errors: &mut [f64]) {
        match &self.slots {
            Slots::From(first) => {
                let pairs = self.places.iter().zip(&data[*first..]);
                for (error, (&place, &datum)) in errors[*first..].iter_mut().zip(pairs) {
                    *error = loss.residual(at[place as usize], datum);
                }
            }
            Slots::Listed(slots) => {
                for (&slot, &place) in slots.iter().zip(&self.places) {
                    let slot = slot as usize;
                    errors[slot] = loss.residual(at[place as usize], data[slot]);
                }
            }
        }
    }

    /// Calls `to` with the place and the error of each prediction.
    #[inline(always)]
    fn each(&self, errors: &[f64], mut to: impl FnMut(usize, f64)) {
        match &self.slots {
            Slots::From(first) => {
                for (&place, &error) in self.places.iter().zip(&errors[*first..]) {
                    to(place as usize, error);
                }
            }
            Slots::Listed(slots) => {
                for (&place, &slot) in self.places.iter().zip(slots) {
                    to(place as usize, errors[slot as usize]);
                }
            }
        }
    }
}

/// All measured values, and the memory that their errors need.
#[derive(Debug, Clone)]
pub(super) struct Measurement {
    /// Values of state components.
    direct: Entries,
    /// Values of observables.
    indirect: Entries,
    pub noise: Noise,
    /// Common measurement precision R_m. The weights of the noise are relative to it.
    pub precision: f64,
    /// Number of measured values.
    pub count: usize,
    /// Measured values by slot; zero where one is absent.
    pub data: Vec<f64>,
    /// Errors along the path that was last evaluated, by slot; zero where a value is absent.
    pub errors: Vec<f64>,
    /// Scales of the noise by slot, where they are estimated.
    pub scales: Option<EstimatedScales>,
    /// Laws of the channels; `None` where all are normal.
    laws: Option<LawGroups>,
    observables: Vec<f64>,
    /// Memory for derivatives in the predictions.
    slopes: Vec<f64>,
    /// Memory for derivatives in scales and arguments.
    scale_slopes: Vec<f64>,
    scratch: Scratch,
}

/// Outputs of the model's observation that tell of the noise of one measured column.
pub(super) struct ScaleOutputs {
    /// Number of the observable that is the logarithm of the scale.
    pub scale: usize,
    pub law: Law,
    /// Law of the user's own, whose arguments are consecutive observables.
    pub text: Option<Arc<TextLaw>>,
    pub first_argument: usize,
}

/// Position of one present measurement.
pub(super) struct Slot {
    /// Position of its error.
    pub slot: usize,
    /// Number of its point in the path.
    pub point: u32,
    /// State component or, from D on, observable.
    pub column: usize,
}

impl Measurement {
    /// Measurements in data that have been checked, with a precision that has been checked. If the
    /// precision is a matrix, all data sets observe the same components.
    pub fn new(model: &dyn Model, data: &[Observations], precision: &Precision) -> Self {
        let (dimension, functions) = (model.dimension(), model.observables().len());
        let is_matrix = matches!(precision, Precision::Matrix(_));
        let (mut direct, mut indirect) = (Entries::default(), Entries::default());
        let (mut direct_slots, mut indirect_slots) = (Vec::new(), Vec::new());
        let (mut weights, mut indirect_weights) = (Vec::new(), Vec::new());
        let (mut values, mut indirect_values) = (Vec::new(), Vec::new());
        let mut present = Vec::new();
        let mut first = 0;
        for set in data {
            let width = set.observed.len();
            for (n, row) in set.values.chunks_exact(width).enumerate() {
                let point = first + n;
                if is_matrix {
                    present.push(row.iter().map(|y| !y.is_nan()).collect());
                }
                let measured = row.iter().enumerate().filter(|(_, y)| !y.is_nan());
                for (l, &value) in measured {
                    let slot = (point * width + l) as u32;
                    let weight = precision.weight(point, l);
                    let column = set.observed[l];
                    match column.checked_sub(dimension) {
                        None => {
                            direct.places.push((point * dimension + column) as u32);
                            direct_slots.push(slot);
                            values.push(value);
                            weights.push(weight);
                        }
                        Some(k) => {
                            indirect.places.push((point * functions + k) as u32);
                            indirect_slots.push(slot);
                            indirect_values.push(value);
                            indirect_weights.push(weight);
                        }
                    }
                }
            }
            first += set.points;
        }
        values.extend(indirect_values);
        let count = values.len();
        // A matrix is over all columns: then every point has a slot for each.
        let columns = data.first().map_or(0, |set| set.observed.len());
        if is_matrix {
            let mut all = vec![0.0; first * columns];
            let slots = direct_slots.iter().chain(&indirect_slots);
            slots
                .zip(values)
                .for_each(|(&slot, value)| all[slot as usize] = value);
            values = all;
            direct.slots = Slots::Listed(direct_slots);
            indirect.slots = Slots::Listed(indirect_slots);
        } else {
            indirect.slots = Slots::From(direct.len());
        }
        let (precision, whitening) = match precision {
            Precision::Scalar(all) => (*all, Whitening::Uniform),
            Precision::Matrix(rows) => (1.0, Whitening::from_matrix(rows, present.into_iter())),
            _ => {
                weights.extend(indirect_weights);
                (1.0, Whitening::Rows(weights))
            }
        };
        Measurement {
            errors: vec![0.0; values.len()],
            data: values,
            observables: match indirect.len() {
                0 => Vec::new(),
                _ => vec![0.0; first * functions],
            },
            direct,
            indirect,
            noise: Noise {
                law: Law::default(),
                whitening,
            },
            precision,
            count,
            scales: None,
            laws: None,
            slopes: Vec::new(),
            scale_slopes: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Reads the scales of the noise from the model's observables; precisions are then one per
    /// slot. `outputs` are those of each measured column, in the order of `columns`.
    pub fn estimate_scales(
        &mut self,
        model: &dyn Model,
        points: usize,
        columns: &[usize],
        outputs: &[ScaleOutputs],
    ) {
        let (dimension, functions) = (model.dimension(), model.observables().len());
        let slots = self.slots(dimension, functions);
        let of = |column: usize| columns.iter().position(|&c| c == column).unwrap_or(0);
        let place = |point: u32, output: usize| (point as usize * functions + output) as u32;
        let count = self.errors.len();
        let mut places = vec![0; count];
        let mut by_slot = vec![Law::default(); count];
        let mut is_text = vec![false; count];
        for slot in &slots {
            let outputs = &outputs[of(slot.column)];
            places[slot.slot] = place(slot.point, outputs.scale);
            by_slot[slot.slot] = outputs.law;
            is_text[slot.slot] = outputs.text.is_some();
        }
        let (mut texts, mut owners) = (Vec::new(), Vec::new());
        for (k, outputs) in outputs.iter().enumerate() {
            let Some(law) = &outputs.text else { continue };
            let own = slots.iter().filter(|slot| of(slot.column) == k);
            let numbers = own.clone().map(|slot| slot.slot as u32).collect();
            let group = TextGroup::new(law.clone(), numbers, places.len(), &self.data);
            for slot in own {
                let arguments = 0..law.arguments;
                places.extend(arguments.map(|j| place(slot.point, outputs.first_argument + j)));
            }
            owners.extend(group.owners());
            texts.push(group);
        }
        self.observables = vec![0.0; points * functions];
        let weights = (0..count).map(|slot| self.noise.whitening.weight(slot));
        let stated = weights.map(|w| -0.5 * libm::log(self.precision * w));
        let stated: Vec<f64> = stated.collect();
        if !texts.is_empty() || by_slot.iter().any(|law| !law.is_normal()) {
            self.laws = Some(LawGroups::new(&by_slot, texts, |slot| is_text[slot]));
        }
        let shares = match &self.laws {
            Some(laws) => laws.shares(&self.data),
            None => vec![NoiseShare::FULL; self.data.len()],
        };
        let mut scales = EstimatedScales::new(places, shares, owners);
        scales.reference[..count].copy_from_slice(&stated);
        self.scales = Some(scales);
        self.noise.whitening = Whitening::Rows(vec![1.0; count]);
        self.precision = 1.0;
    }

    /// Changes the normalisation of estimated scales. References may leave out those of arguments,
    /// which then stay.
    pub fn set_normalization(&mut self, reference: Option<&[f64]>, fit: Option<&FitShares>) {
        let Some(scales) = &mut self.scales else {
            return;
        };
        if let Some(reference) = reference {
            scales.reference[..reference.len()].copy_from_slice(reference);
        }
        scales.restrict(fit);
    }

    /// Parts of leverages that shares in the normalisation are smaller by at the point evaluated
    /// last, by entry.
    pub fn followed(&self) -> Vec<f64> {
        let Some(scales) = &self.scales else {
            return Vec::new();
        };
        let mut all = scales.constant_followed();
        if let Some(laws) = &self.laws {
            laws.followed(self.law_rows(), &mut all);
        }
        all
    }

    /// Mean of the precisions of all values.
    pub fn typical_precision(&self) -> f64 {
        self.noise.whitening.mean_precision(self.precision)
    }

    /// Scale of the losses, with the normalisation's factor.
    pub fn scale(&self, factor: f64) -> Scale {
        Scale {
            factor,
            precision: self.precision,
        }
    }

    /// Mean and variance of the summed losses at the truth.
    pub fn misfit(&self) -> LossMoments {
        let slots = [&self.direct, &self.indirect].into_iter();
        let slots = slots.flat_map(|entries| (0..entries.len()).map(|k| entries.slot(k)));
        match &self.laws {
            Some(laws) => laws.misfit(&self.data),
            None => self.noise.law.misfit(slots.map(|slot| self.data[slot])),
        }
    }

    /// Writes the errors along a path.
    pub fn evaluate(&mut self, model: &dyn Model, at: Points) {
        let (data, errors) = (&self.data, &mut self.errors);
        with_loss!(self.noise.law, loss => self.direct.compare(loss, at.states, data, errors));
        if self.observables.is_empty() {
            return;
        }
        if let Some(function) = model.observation() {
            function.evaluate(&mut self.scratch, at, &mut self.observables);
        }
        if let (Some(scales), Whitening::Rows(weights)) =
            (&mut self.scales, &mut self.noise.whitening)
        {
            scales.read(&self.observables, weights);
        }
        let seen = &self.observables;
        with_loss!(self.noise.law, loss => self.indirect.compare(loss, seen, data, errors));
        if let Some(laws) = &self.laws {
            laws.compare(data, errors);
        }
    }

    /// Rows of all measurements by slot, for laws of their own.
    fn law_rows(&self) -> LawRows<'_> {
        LawRows {
            residuals: &self.errors,
            data: &self.data,
            precisions: self.noise.whitening.rows(),
            arguments: self.arguments(),
        }
    }

    /// Arguments of laws of the user's own at the point evaluated last.
    fn arguments(&self) -> &[f64] {
        let scales = self.scales.as_ref();
        scales.map_or(&[], |scales| &scales.logs[self.errors.len()..])
    }

    /// Loss of each measurement at the point evaluated last, by slot.
    pub fn losses(&self) -> Vec<f64> {
        match &self.laws {
            Some(laws) => laws.losses(self.law_rows()),
            None => self
                .noise
                .each_loss(self.scale(1.0), &self.errors, &self.data),
        }
    }

    /// Standard normal number that is as likely as each datum, by slot; `None` where all noise is
    /// normal, and residuals say it.
    pub fn scores(&self) -> Option<Vec<f64>> {
        let laws = self.laws.as_ref()?;
        Some(laws.scores(self.law_rows()))
    }

    /// Derivatives of half the losses in their scales and arguments, by entry.
    pub fn scale_terms(&self) -> Vec<ScaleTerms> {
        let slots = 0..self.errors.len();
        match &self.laws {
            Some(laws) => {
                let entries = self.scales.as_ref().map_or(0, EstimatedScales::len);
                let mut all = vec![ScaleTerms::NONE; entries.max(self.errors.len())];
                laws.each_scale(self.law_rows(), |slot, terms| all[slot] = terms);
                all
            }
            None => {
                let (errors, data) = (&self.errors, &self.data);
                slots
                    .map(|slot| self.noise.scale_terms(slot, errors, data))
                    .collect()
            }
        }
    }

    /// Mixed second derivatives of half the losses in two arguments of their laws.
    pub fn cross_terms(&self) -> Vec<CrossTerm> {
        let laws = self.laws.as_ref();
        laws.map_or(Vec::new(), |laws| laws.cross_terms(self.law_rows()))
    }

    /// Calls `to` with the slot, residual and weight of each row of least squares, where no matrix
    /// couples them.
    pub fn each_row(&self, scale: Scale, mut to: impl FnMut(usize, f64, f64)) {
        match &self.laws {
            Some(laws) => laws.each_row(self.law_rows(), |slot, residual, weight| {
                to(slot, residual, 2.0 * scale.factor * weight)
            }),
            None => self.noise.each_row(scale, &self.errors, &self.data, to),
        }
    }

    /// Half the summed logarithms of the largest values of the densities, with the common precision
    /// `common`.
    pub fn log_peak(&self, common: f64) -> f64 {
        match &self.laws {
            Some(laws) => laws.log_peak(self.noise.whitening.rows()),
            None => self.noise.log_peak(common, self.count),
        }
    }

    /// True if every loss is quadratic in the predictions.
    pub fn is_quadratic(&self) -> bool {
        self.laws.is_none() && self.noise.is_quadratic()
    }

    /// Sum of the losses of the errors last evaluated, times `factor`.
    pub fn value(&self, factor: f64) -> f64 {
        if let Some(laws) = &self.laws {
            return factor * laws.sum(self.law_rows());
        }
        let scale = self.scale(factor);
        self.noise.value(scale, &self.errors, &self.data)
    }

    /// Sum of the normalisations of the data's densities, times `factor`, where scales are
    /// estimated.
    pub fn scale_value(&self, factor: f64) -> f64 {
        let scales = self.scales.as_ref();
        scales.map_or(0.0, |scales| scales.value(factor))
    }

    /// Turns the errors into derivatives of [`Measurement::value`] in the predictions.
    pub fn differentiate(&mut self, factor: f64) {
        let scale = self.scale(factor);
        if let Some(laws) = &self.laws {
            let mut slopes = std::mem::take(&mut self.slopes);
            slopes.clear();
            slopes.resize(self.errors.len(), 0.0);
            laws.each_slope(self.law_rows(), |slot, slope| {
                slopes[slot] = 2.0 * factor * slope;
            });
            let mut of_scales = std::mem::take(&mut self.scale_slopes);
            of_scales.clear();
            of_scales.resize(self.scales.as_ref().map_or(0, EstimatedScales::len), 0.0);
            laws.each_scale_slope(self.law_rows(), |entry, slope| of_scales[entry] = slope);
            if let Some(scales) = &mut self.scales {
                scales.differentiate(factor, |entry| of_scales[entry]);
            }
            self.errors.copy_from_slice(&slopes);
            (self.slopes, self.scale_slopes) = (slopes, of_scales);
            return;
        }
        let (noise, errors, data) = (&self.noise, &self.errors, &self.data);
        if let Some(scales) = &mut self.scales {
            scales.differentiate(factor, |i| noise.scale_terms(i, errors, data).slope);
        }
        self.noise
            .differentiate(scale, &mut self.errors, &self.data);
    }

    /// Curvatures of the losses of the errors last evaluated, times `factor`, by slot.
    pub fn curvatures(&self, factor: f64) -> Vec<f64> {
        if let Some(laws) = &self.laws {
            let curvatures = laws.curvatures(self.law_rows()).into_iter();
            return curvatures.map(|c| 2.0 * factor * c).collect();
        }
        self.noise
            .curvatures(self.scale(factor), &self.errors, &self.data)
    }

    /// Adds the gradient of [`Measurement::value`] to both gradients. The errors are overwritten.
    pub fn pull_back(
        &mut self,
        model: &dyn Model,
        at: Points,
        factor: f64,
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        self.differentiate(factor);
        let add = |place: usize, error| path_gradient[place] += error;
        self.direct.each(&self.errors, add);
        let mut scratch = std::mem::take(&mut self.scratch);
        if let (Some(adjoint), Some(function)) = (self.adjoint(), model.observation()) {
            function.pull_back(&mut scratch, at, adjoint, path_gradient, parameter_gradient);
        }
        self.scratch = scratch;
    }

    /// Positions of the errors of all present values, with their points and columns.
    pub fn slots(&self, dimension: usize, functions: usize) -> Vec<Slot> {
        let lists = [
            (&self.direct, dimension, 0),
            (&self.indirect, functions, dimension),
        ];
        let mut all = Vec::new();
        for (entries, width, offset) in lists {
            all.extend(entries.places.iter().enumerate().map(|(k, &place)| Slot {
                slot: entries.slot(k),
                point: (place as usize / width) as u32,
                column: offset + place as usize % width,
            }));
        }
        all
    }

    /// Derivatives in the observables, points x observables, after [`Measurement::differentiate`];
    /// `None` if no observable is measured, nor a scale of noise estimated.
    pub fn adjoint(&mut self) -> Option<&[f64]> {
        if self.observables.is_empty() {
            return None;
        }
        // The observables have served; their room takes the adjoint.
        self.observables.fill(0.0);
        let observables = &mut self.observables;
        // Several measurements at one time add up.
        let add = |place: usize, error| observables[place] += error;
        self.indirect.each(&self.errors, add);
        if let Some(scales) = &self.scales {
            scales.each_slope(|place, slope| observables[place] += slope);
        }
        Some(&self.observables)
    }
}
