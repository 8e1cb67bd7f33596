//! Goodness of fit at the end of a climb: residuals with their leverages, from the factor of the
//! Hessian there.

mod channels;
mod correlation;
mod leverage;
mod normal;
mod offset;
mod open;
mod outliers;
mod prior_conflict;
mod stretches;
mod tails;

pub use channels::{ChannelChiSquare, ChiSquare};
pub(super) use leverage::{leverages, model_errors, End, HierarchyTold, Leverages};
pub(super) use open::spread;

use super::findings::FindingCode;
use super::misfit::{Misfit, DEVIATIONS};
use super::refinement::StepCheck;
use channels::Channel;
use offset::Offset;

/// Least share of a residual's variance that the fit must leave it, for the residual to be judged.
const LEAST_FREE: f64 = 0.02;

/// Residual of one measurement in units of its noise, with what the fit has taken from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Residual {
    /// Number of the channel.
    pub channel: usize,
    /// Number of the data set.
    pub set: usize,
    /// Time of the measurement.
    pub time: f64,
    /// Datum less prediction, in standard deviations of the stated noise.
    pub value: f64,
    /// Leverage h: the share of the residual's variance that the fit takes away.
    pub leverage: f64,
    /// Precision R_m of the measurement; 1 where a matrix couples it with others.
    pub precision: f64,
    /// Datum less prediction in units of the scale, for laws that give outliers little weight.
    pub robust: Option<f64>,
}

impl Residual {
    /// Residual over its own standard deviation `(1 - h)^(1/2)`: a standard normal number at the
    /// truth (W. Behnken and N. Draper, Technometrics 14, 1972). `None` where the fit leaves it
    /// next to nothing.
    fn standardized(&self) -> Option<f64> {
        let free = 1.0 - self.leverage;
        (free >= LEAST_FREE).then(|| self.value / free.sqrt())
    }
}

/// Residual of a prior, in its standard deviations.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PriorResidual {
    /// Unknown of the prior, in words.
    pub name: String,
    /// Estimate less the prior's mean, in standard deviations of the prior.
    pub value: f64,
    /// Leverage h of the prior.
    pub leverage: f64,
    /// True for a row of a hierarchy whose deviation is estimated.
    pub is_estimated: bool,
}

/// Goodness of fit of a climb at its last rung.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Measured channels, by number.
    channels: Vec<Channel>,
    /// Residuals of all measurements, by data set and time.
    residuals: Vec<Residual>,
    priors: Vec<PriorResidual>,
    /// Degrees of freedom of the model errors whose noise is stated.
    model_degrees: f64,
    /// Constant differences of each channel from the path.
    offsets: Vec<Option<Offset>>,
    /// Number of unknowns that depend on others: directions that nothing determines.
    dependent: usize,
    /// Directions in parameters that are left open, in words.
    open: Vec<String>,
    /// Standard deviations of the estimated parameters; infinite for those left open.
    deviations: Vec<f64>,
    /// True if some channel has noise of a law that is not normal: residuals are then normal
    /// scores.
    has_other_laws: bool,
    /// True if a matrix of precisions couples the measurements of a time.
    is_coupled: bool,
    /// Size of the data in units of their noise.
    pub(super) signal: f64,
    /// What the own values of hierarchies tell of the deviations between them.
    pub(super) hierarchies: Vec<HierarchyTold>,
    /// Error that the time step makes, by the defect of the path; `None` where it was not asked for
    /// or does not tell.
    pub(super) step: Option<StepCheck>,
}

/// Objection to a path: a property of its residuals that noise as stated would not have.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Objection {
    /// Code of the finding.
    pub code: FindingCode,
    /// Message with numbers and advice.
    pub message: String,
}

impl Fit {
    /// Degrees of freedom of the misfit: the rows of measurements, of priors and of model errors
    /// whose noise is stated, less their leverages. For stated noise of the model that is the
    /// number of rows less the rank.
    pub(super) fn degrees(&self) -> f64 {
        self.least_degrees() + self.model_degrees
    }

    /// Degrees of freedom of measurements and priors alone.
    pub(super) fn least_degrees(&self) -> f64 {
        let of_data: f64 = self.residuals.iter().map(|r| 1.0 - r.leverage).sum();
        let of_priors: f64 = self.priors.iter().map(|r| 1.0 - r.leverage).sum();
        of_data + of_priors
    }

    /// Degrees of freedom of the measurements whose noise is estimated, and of hierarchies whose
    /// deviation is.
    pub(super) fn estimated_degrees(&self) -> f64 {
        let own = self.residuals.iter();
        let own = own.filter(|r| self.channels[r.channel].is_estimated);
        let of_data: f64 = own.map(|r| 1.0 - r.leverage).sum();
        let between = self.priors.iter().filter(|prior| prior.is_estimated);
        of_data + between.map(|r| 1.0 - r.leverage).sum::<f64>()
    }

    /// Sum of the squared residuals of measurements and priors where some noise is not normal, so
    /// that losses are no squares; `None` where all is normal.
    pub(super) fn squares(&self) -> Option<f64> {
        let own = self.residuals.iter().map(|r| r.value * r.value);
        let of_priors = self.priors.iter().map(|r| r.value * r.value);
        self.has_other_laws.then(|| own.chain(of_priors).sum())
    }

    /// Data that a robust law gave next to no weight, in words.
    pub(super) fn downweighted(&self) -> Option<String> {
        outliers::downweighted(self)
    }

    /// Residuals of all measurements with their leverages and precisions.
    pub(super) fn residuals(&self) -> &[Residual] {
        &self.residuals
    }

    /// Number of directions in the unknowns that nothing determines.
    pub(super) fn dependent(&self) -> usize {
        self.dependent
    }

    /// Directions in the parameters that are left open, in words.
    pub(super) fn open(&self) -> &[String] {
        &self.open
    }

    /// Standard deviations of the estimated parameters.
    pub(super) fn deviations(&self) -> &[f64] {
        &self.deviations
    }

    /// Objections of all tests, each at four standard deviations of its own law: correlation,
    /// unequal channels, outliers, changing noise, heavy tails, offsets, and priors in conflict
    /// with the data.
    pub(super) fn objections(&self, misfit: &Misfit) -> Vec<Objection> {
        let found = outliers::find(self);
        let mut objections = Vec::new();
        objections.extend(found.objection(self));
        // Those that a robust law gave no weight are told of by themselves.
        let found = found.and_downweighted(self);
        let unequal = channels::objection(self, misfit, &found);
        let correlation = correlation::find(self);
        objections.extend(correlation.objection(self));
        objections.extend(offset::objection(self, &correlation));
        // Correlated residuals, and paths that were not found, have uneven ones besides.
        if !correlation.is_found() && !misfit.above() {
            let uneven = stretches::objection(self, &found);
            if unequal.is_none() && uneven.is_none() {
                objections.extend(tails::objection(self, &found));
            }
            objections.extend(uneven);
        }
        objections.extend(unequal);
        objections.extend(prior_conflict::objection(self));
        objections
    }

    /// Misfit without outliers, if there are some and it is then no longer too large.
    pub(super) fn without_outliers(&self, misfit: &Misfit) -> Option<f64> {
        let found = outliers::find(self);
        let left = misfit.value - found.squares(self);
        let rest = misfit.with(left, found.count() as f64);
        (found.count() > 0 && !rest.above()).then_some(left)
    }

    /// Chi-square of the whole action and of its channels.
    pub(super) fn chi_square(&self, misfit: &Misfit) -> ChiSquare {
        ChiSquare::new(misfit, channels::all(self, &outliers::none()))
    }

    /// Noise that would fit each channel, in words.
    pub(super) fn fitting_noise(&self, misfit: &Misfit) -> String {
        channels::fitting(self, misfit)
    }

    /// Standardised residuals of a channel, data set by data set, in the order of time.
    fn of_channel(&self, channel: usize) -> impl Iterator<Item = &Residual> + '_ {
        let own = self.residuals.iter();
        own.filter(move |residual| residual.channel == channel)
    }

    /// Size of most standardised residuals where it exceeds one beyond doubt: else 1. Their median
    /// shows it, which few outliers do not change.
    fn robust_scale(&self) -> f64 {
        let standardized = self.residuals.iter().filter_map(Residual::standardized);
        let mut sizes: Vec<f64> = standardized.map(f64::abs).collect();
        if sizes.len() < FEW {
            return 1.0;
        }
        sizes.sort_by(f64::total_cmp);
        let scale = sizes[sizes.len() / 2] / MEDIAN;
        match scale - 1.0 > DEVIATIONS * MEDIAN_ERROR / (sizes.len() as f64).sqrt() {
            true => scale,
            false => 1.0,
        }
    }
}

/// Number of residuals below which their median says little.
const FEW: usize = 8;
/// Median of the absolute value of a standard normal number.
const MEDIAN: f64 = 0.674_489_750_196_082;
/// Standard error of that median over itself, times the root of the count: one over twice the
/// density at the median, over the median.
const MEDIAN_ERROR: f64 = 1.1664;

/// Words for a number of standard deviations.
fn deviations(value: f64) -> String {
    match value.abs() < 100.0 {
        true => format!("{:.1} standard deviations", value.abs()),
        false => format!("{:.2e} standard deviations", value.abs()),
    }
}
