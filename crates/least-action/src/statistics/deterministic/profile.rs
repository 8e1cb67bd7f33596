//! Profile likelihood of a parameter: the fit at given values of it, all other unknowns refitted.

use super::posterior::StrongPosterior;
use super::StrongLaplace;
use crate::distribution::student_quantile;
use crate::error::{check, Error, Result};
use crate::statistics::uncertainty::normal_quantile;
use crate::statistics::LaplaceOptions;

/// Options of a profile likelihood.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ProfileOptions {
    /// Confidence of the interval, between 0 and 1: chi-square may rise by the quantile of its
    /// distribution with one degree of freedom. Default: 0.95, a rise of 3.84.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub confidence: f64,
    /// Most values on either side of the estimate. Default: 60.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub most_values: usize,
    /// Most steps of the minimisation at each value. Default: 100.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_iterations: usize,
}

impl Default for ProfileOptions {
    fn default() -> Self {
        ProfileOptions {
            confidence: 0.95,
            most_values: 60,
            max_iterations: 100,
        }
    }
}

impl ProfileOptions {
    /// Checks the options.
    ///
    /// # Errors
    /// A confidence that is not between 0 and 1; no values, no steps.
    pub fn validate(&self) -> Result<()> {
        let within = self.confidence > 0.0 && self.confidence < 1.0;
        check::require(within, "confidence", self.confidence, "between 0 and 1")?;
        check::at_least("mostValues", self.most_values, 1)?;
        check::at_least("maxIterations", self.max_iterations, 1)
    }

    /// Rise of chi-square at the ends of the interval. With noise that was estimated it is that at
    /// the ends of Student's interval, `n log(1 + t^2 / n)` with n degrees of freedom, for what is
    /// linear.
    fn rise(&self, degrees: f64) -> f64 {
        let probability = 0.5 + 0.5 * self.confidence;
        if degrees.is_finite() {
            let t = student_quantile(probability, degrees);
            return degrees * libm::log1p(t * t / degrees);
        }
        let z = normal_quantile(probability);
        z * z
    }
}

/// Profile likelihood of a parameter where the path obeys the model exactly, with the interval that
/// its likelihood ratio gives (S. S. Wilks, Ann. Math. Statist. 9, 1938; D. J. Venzon, S. H.
/// Moolgavkar, Appl. Statist. 37, 1988). Priors count, as they do in the action.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Name of the parameter.
    pub parameter: String,
    /// Value with the lowest chi-square, in the parameter's unit.
    pub estimate: f64,
    /// Values of the parameter at which all else was refitted, ascending.
    pub values: Vec<f64>,
    /// Rise of chi-square over its minimum at each value: twice the fall of the log posterior.
    pub chi_square: Vec<f64>,
    /// Confidence of the interval.
    pub confidence: f64,
    /// Ends of the interval: where chi-square has risen by the quantile of the confidence. An open
    /// end is the bound of the parameter, or infinite without one.
    pub interval: [f64; 2],
    /// True for the ends that are open: chi-square stays below that rise as far as the parameter
    /// can go, or rises only because the time step is too coarse there.
    pub open: [bool; 2],
}

/// Value of the parameter with the fit there.
#[derive(Clone)]
struct Fit {
    value: f64,
    unknowns: Vec<f64>,
    /// Negative log posterior.
    minus_log: f64,
}

/// Number of parts in which the root of chi-square is to rise to the end of the interval.
const PARTS: f64 = 6.0;
/// Factors by which steps change from one value to the next.
const SLOWER: f64 = 0.4;
const FASTER: f64 = 2.5;
/// First step of a parameter that the data hardly determine, relative to its size and to the width
/// of its bounds.
const FIRST_OF_SIZE: f64 = 0.1;
const FIRST_OF_WIDTH: f64 = 0.02;
/// Distance from the estimate, relative to its size or to the first step, at which an unbounded
/// parameter counts as open.
const FAR: f64 = 1e6;
/// Accuracy of the interval's ends, as a share of the rise of chi-square.
const ACCURACY: f64 = 1e-3;
/// Share of the rise below which chi-square must fall with finer steps if the rise is none of the
/// data.
const TAKEN_BACK: f64 = 0.5;
/// Most halvings towards an end, and of a step that fails.
const HALVINGS: usize = 40;
/// Fall of chi-square below the minimum that is another minimum, not rounding.
const LOWER: f64 = 1e-3;
/// Most lower minima that are followed.
const RESTARTS: usize = 5;

impl Profile {
    /// Profile of the estimated parameter with this name about the minimum that is reached from
    /// `start`: a path, then the estimated parameters.
    ///
    /// # Errors
    /// A name that is not estimated, mistakes in the options, a start of the wrong length or at
    /// which the action is not finite.
    pub fn new(
        posterior: &StrongPosterior,
        parameter: &str,
        start: &[f64],
        options: &ProfileOptions,
    ) -> Result<Self> {
        options.validate()?;
        let names = posterior.problem().estimated();
        let place = check::position("parameter", parameter, names)?;
        let mut search = Search {
            posterior: posterior.clone(),
            place,
            options,
            fits: Vec::new(),
        };
        let mut from = start.to_vec();
        let mut ends = None;
        for _ in 0..RESTARTS {
            match search.about(&from)? {
                Found::Ends(interval, open) => {
                    ends = Some((interval, open));
                    break;
                }
                Found::Lower(unknowns) => from = unknowns,
            }
        }
        let Some((interval, open)) = ends else {
            return Err(Error::NotConverged {
                path: "profile".into(),
                equations: "the minimum".into(),
                time: posterior.problem().time(0),
                iterations: RESTARTS,
                change: f64::INFINITY,
                remedy: "lower minima were found on the way again and again: begin with a run \
                    from more starting paths"
                    .into(),
            });
        };
        let lowest = search.lowest();
        let mut fits = search.fits;
        fits.sort_by(|a, b| a.value.total_cmp(&b.value));
        let estimate = fits.iter().find(|fit| fit.minus_log == lowest);
        Ok(Profile {
            parameter: parameter.into(),
            estimate: estimate.map_or(f64::NAN, |fit| fit.value),
            values: fits.iter().map(|fit| fit.value).collect(),
            chi_square: fits
                .iter()
                .map(|fit| 2.0 * (fit.minus_log - lowest))
                .collect(),
            confidence: options.confidence,
            interval,
            open,
        })
    }
}

/// Outcome of a search about a minimum.
enum Found {
    /// Ends of the interval, and which are open.
    Ends([f64; 2], [bool; 2]),
    /// A lower minimum, met on the way.
    Lower(Vec<f64>),
}

struct Search<'a> {
    posterior: StrongPosterior,
    place: usize,
    options: &'a ProfileOptions,
    fits: Vec<Fit>,
}

impl Search<'_> {
    /// Rise of chi-square at the ends of the interval.
    fn rise(&self) -> f64 {
        self.options.rise(self.posterior.problem().noise_degrees())
    }

    /// Position of the parameter among path and parameters.
    fn unknown(&self) -> usize {
        self.posterior.layout.path_length() + self.place
    }

    fn lowest(&self) -> f64 {
        let each = self.fits.iter().map(|fit| fit.minus_log);
        each.fold(f64::INFINITY, f64::min)
    }

    /// Bounds of the parameter.
    fn bounds(&self) -> [f64; 2] {
        let first = self.posterior.unknowns() - self.posterior.layout.parameters;
        let k = first + self.place;
        match &self.posterior.bounds {
            Some(bounds) => [bounds.lower[k], bounds.upper[k]],
            None => [f64::NEG_INFINITY, f64::INFINITY],
        }
    }

    /// Searches about the minimum that a start leads to.
    fn about(&mut self, start: &[f64]) -> Result<Found> {
        let steps = self.options.max_iterations;
        let minimum = self.posterior.minimize(start, &[], steps)?;
        let value = minimum.unknowns[self.unknown()];
        let centre = Fit {
            value,
            minus_log: minimum.value,
            unknowns: minimum.unknowns,
        };
        self.fits = vec![centre.clone()];
        let first = self.first_step(&centre);
        let bounds = self.bounds();
        let (mut interval, mut open) = (bounds, [true, true]);
        for side in 0..2 {
            match self.walk(&centre, side, first, bounds[side])? {
                Some(end) => (interval[side], open[side]) = (end, false),
                None => interval[side] = bounds[side],
            }
            let lower = self
                .fits
                .iter()
                .min_by(|a, b| a.minus_log.total_cmp(&b.minus_log));
            if let Some(lower) = lower.filter(|l| 2.0 * (centre.minus_log - l.minus_log) > LOWER) {
                return Ok(Found::Lower(lower.unknowns.clone()));
            }
        }
        Ok(Found::Ends(interval, open))
    }

    /// First step: a part of the standard deviation, if there is one that is not too long.
    fn first_step(&self, centre: &Fit) -> f64 {
        let options = LaplaceOptions {
            minimize: false,
            ..LaplaceOptions::default()
        };
        let laplace = StrongLaplace::new(&self.posterior, &centre.unknowns, options);
        let deviation = laplace.map(|found| found.deviations()[self.unknown()]);
        let root = self.rise().sqrt() / PARTS;
        let [low, high] = self.bounds();
        let candidates = [
            root * deviation.unwrap_or(f64::INFINITY),
            FIRST_OF_SIZE * centre.value.abs(),
            FIRST_OF_WIDTH * (high - low),
        ];
        let usable = candidates.into_iter().filter(|s| *s > 0.0 && s.is_finite());
        let least = usable.fold(f64::INFINITY, f64::min);
        if least.is_finite() {
            least
        } else {
            1.0
        }
    }

    /// Refits all else at a value, from the nearest fit.
    ///
    /// # Errors
    /// A fit that does not converge, or that leads to where the action is not finite.
    fn fit(&mut self, value: f64) -> Result<Fit> {
        let distance = |fit: &&Fit| (fit.value - value).abs();
        let near = self.fits.iter();
        let near = near.min_by(|a, b| distance(a).total_cmp(&distance(b)));
        let mut start = near.map_or_else(Vec::new, |fit| fit.unknowns.clone());
        let unknown = self.unknown();
        if let Some(to) = start.get_mut(unknown) {
            *to = value;
        }
        let steps = self.options.max_iterations;
        let found = self.posterior.minimize(&start, &[self.place], steps)?;
        if !found.converged {
            let problem = self.posterior.problem();
            let name = problem.estimated().nth(self.place).unwrap_or_default();
            return Err(Error::NotConverged {
                path: "profile".into(),
                equations: format!("the fit with {name} = {}", crate::report::shortest(value)),
                time: problem.time(0),
                iterations: found.iterations,
                change: found.decrease,
                remedy: "give the parameter bounds within which the model has solutions, or allow \
                    more maxIterations"
                    .into(),
            });
        }
        let fit = Fit {
            value,
            minus_log: found.value,
            unknowns: found.unknowns,
        };
        self.fits.push(fit.clone());
        Ok(fit)
    }

    /// Walks to one side of the minimum, until chi-square has risen or the parameter can go no
    /// further. Returns the end of the interval; none if that side is open.
    fn walk(&mut self, centre: &Fit, side: usize, first: f64, bound: f64) -> Result<Option<f64>> {
        let way = if side == 0 { -1.0 } else { 1.0 };
        let rise = self.rise();
        let root = |fit: &Fit| (2.0 * (fit.minus_log - centre.minus_log)).max(0.0).sqrt();
        let most = FAR * first.max(centre.value.abs());
        let (mut at, mut step) = (centre.clone(), first);
        for _ in 0..self.options.most_values {
            if at.value == bound || (at.value - centre.value).abs() > most {
                return Ok(None);
            }
            let mut halvings = 0;
            let next = loop {
                let value = at.value + way * step;
                let inside = (value - bound) * way < 0.0;
                match self.fit(if inside { value } else { bound }) {
                    Ok(next) => break next,
                    Err(error) if halvings == HALVINGS => return Err(error),
                    Err(_) => step *= 0.5,
                }
                halvings += 1;
            };
            if root(&next) >= rise.sqrt() {
                let end = self.crossing(centre, at, next);
                // A rise that finer steps take back is none of the data.
                let finer = self.posterior.value_of_finer_steps(&end.unknowns);
                let taken_back = |finer: f64| 2.0 * (finer - centre.minus_log) < TAKEN_BACK * rise;
                return Ok((!finer.is_some_and(taken_back)).then_some(end.value));
            }
            let gained = (root(&next) - root(&at)).max(0.0);
            let wanted = rise.sqrt() / PARTS;
            let factor = (wanted / gained.max(f64::MIN_POSITIVE)).clamp(SLOWER, FASTER);
            step = (next.value - at.value).abs().max(step.min(first)) * factor;
            at = next;
        }
        Ok(None)
    }

    /// Fit between two others at which chi-square has risen by that of the confidence: regula falsi
    /// in the root of chi-square, halving where it hardly moves.
    fn crossing(&mut self, centre: &Fit, mut inside: Fit, mut outside: Fit) -> Fit {
        let rise = self.rise();
        let root = |fit: &Fit| (2.0 * (fit.minus_log - centre.minus_log)).max(0.0).sqrt();
        let mut reach = 1.0;
        for round in 0..HALVINGS {
            let (low, high) = (root(&inside), root(&outside));
            let width = outside.value - inside.value;
            let share = match round % 3 {
                2 => 0.5,
                _ => ((rise.sqrt() - low) / (high - low)).clamp(0.02, 0.98),
            };
            let value = inside.value + reach * share * width;
            if value == inside.value || value == outside.value {
                break;
            }
            let Ok(fit) = self.fit(value) else {
                // Nearer to a fit that succeeded.
                reach *= 0.5;
                continue;
            };
            let found = root(&fit);
            let done = (found * found - rise).abs() <= ACCURACY * rise;
            if done {
                return fit;
            }
            match found < rise.sqrt() {
                true => inside = fit,
                false => outside = fit,
            }
        }
        outside
    }
}
