//! Search for the ends of a profile's interval, one fit after the other.

use super::ends::{Next, PARTS};
use super::{Profile, ProfileOptions, Refit, Refitted};
use crate::error::{check, Error, Result};
use crate::model::Coordinate;

/// Fit of a profile that was just made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProfileProgress {
    /// Value of the parameter.
    pub value: f64,
    /// Rise of chi-square there over the lowest one so far.
    pub chi_square: f64,
    /// Number of fits so far.
    pub fits: usize,
    /// Share of the way to the ends of the interval, estimated, from 0 to 1.
    pub share: f64,
}

/// Profile in the making: every step is one fit.
pub struct ProfileSearch {
    pub(super) posterior: Box<dyn Refit>,
    pub(super) parameter: String,
    place: usize,
    /// Coordinate in which the parameter is estimated. Values of fits are in it.
    coordinate: Coordinate,
    pub(super) options: ProfileOptions,
    start: Vec<f64>,
    /// Bounds of the parameter.
    pub(super) bounds: [f64; 2],
    /// Fits, ascending by value.
    pub(super) fits: Vec<Fit>,
    /// Negative log posterior at the minimum over all unknowns.
    pub(super) minimum: f64,
    /// First step.
    pub(super) first: f64,
    pub(super) sides: [Side; 2],
    pub(super) vertices: usize,
    restarts: usize,
    branches: usize,
    done: usize,
    /// Words for the sides that were given up.
    pub(super) remarks: Vec<String>,
}

/// Value of the parameter with the fit there.
pub(super) struct Fit {
    pub value: f64,
    pub refitted: Refitted,
}

/// State of the search on one side of the lowest fit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Side {
    /// Next step outwards, positive; 0 before the first.
    pub step: f64,
    /// Share of the next move within a bracket, which failed fits shorten.
    pub reach: f64,
    /// Fits that were tried on this side, and those in a row that failed.
    pub tried: usize,
    pub failed: usize,
    /// End of the interval, and whether it is open.
    pub end: Option<(f64, bool)>,
    /// True for a side on which no end was found, which is then open.
    pub given_up: bool,
}

/// First step of a parameter that the data hardly determine, relative to its size and to the width
/// of its bounds.
const FIRST_OF_SIZE: f64 = 0.1;
const FIRST_OF_WIDTH: f64 = 0.02;
/// Most fits in a row that fail, each nearer to one that succeeded.
const FAILURES: usize = 8;
/// Fall of chi-square below the minimum that is another minimum, not rounding.
const LOWER: f64 = 1e-3;
/// Most lower minima that are followed, and most branches that are left.
const RESTARTS: usize = 5;
/// Coordinate on a scale of logarithms beyond which every parameter is at its end.
const FARTHEST: f64 = 1e3;
/// Rise of chi-square from one fit to the next, relative to that at the ends of the interval, at
/// which the fit is tried from a further start.
const JUMP: f64 = 4.0;
/// Longest extrapolation of a start, relative to the distance of the fits that it is made of.
const EXTRAPOLATED: f64 = 3.0;

impl ProfileSearch {
    /// Search for the profile of the estimated parameter with this name about the minimum that is
    /// reached from `start`: a path, then the estimated parameters.
    ///
    /// # Errors
    /// A name that is not estimated or that changes in time, mistakes in the options.
    pub fn new(
        posterior: Box<dyn Refit>,
        parameter: &str,
        start: &[f64],
        options: &ProfileOptions,
    ) -> Result<Self> {
        options.validate()?;
        let problem = posterior.problem();
        if problem.varying().any(|name| name == parameter) {
            return Err(Error::WrongShape {
                path: "parameter".into(),
                message: format!(
                    "{parameter} changes in time, so that it has no single value to be held at; \
                     uncertainty() has its band, and samplePosterior its draws"
                ),
            });
        }
        let names: Vec<&str> = problem.parameter_names().collect();
        let place = check::position("parameter", parameter, names.iter().copied())?;
        let coordinate = problem.coordinates().nth(place).unwrap_or_default();
        let unknown = problem.path_length() + place;
        let bounds = problem
            .intervals()
            .map_or([f64::NEG_INFINITY, f64::INFINITY], |ends| {
                [ends.lower[unknown], ends.upper[unknown]]
            });
        Ok(ProfileSearch {
            posterior,
            parameter: parameter.into(),
            place,
            coordinate,
            options: *options,
            start: start.to_vec(),
            bounds,
            fits: Vec::new(),
            minimum: f64::INFINITY,
            first: 0.0,
            sides: [Side::default(); 2],
            vertices: 0,
            restarts: 0,
            branches: 0,
            done: 0,
            remarks: Vec::new(),
        })
    }

    /// Makes the whole profile.
    ///
    /// # Errors
    /// Those of [`ProfileSearch::advance`].
    pub fn run(mut self) -> Result<Profile> {
        while self.advance()?.is_some() {}
        Ok(self.profile())
    }

    /// Makes one fit, which may fail and be tried again nearer to another; `None` at the end. A
    /// side on which fits fail however near, or on which the most values do not reach an end, is
    /// open, and the profile's remarks say why.
    ///
    /// # Errors
    /// A minimum at which the action is not finite.
    pub fn advance(&mut self) -> Result<Option<ProfileProgress>> {
        if self.fits.is_empty() {
            let start = std::mem::take(&mut self.start);
            self.begin(&start)?;
            return Ok(Some(self.progress(0)));
        }
        let Next::Fit(value, side) = self.next() else {
            return Ok(None);
        };
        self.sides[side].tried += 1;
        self.done += 1;
        let lowest = self.fits[self.lowest()].refitted.minus_log;
        match self.fit(value, self.sides[side].failed == FAILURES) {
            Ok(at) => {
                let state = &mut self.sides[side];
                (state.failed, state.reach) = (0, 1.0);
                if 2.0 * (self.minimum - self.fits[at].refitted.value) > LOWER {
                    if self.restarts < RESTARTS {
                        return self.restart(at).map(Some);
                    }
                    self.accept_lower(at);
                }
                let fall = 2.0 * (lowest - self.fits[at].refitted.minus_log);
                if fall > JUMP * self.rise() && self.branches < RESTARTS {
                    return Ok(Some(self.leave_branch(at)));
                }
                Ok(Some(self.progress(at)))
            }
            Err(error) => {
                let state = &mut self.sides[side];
                state.failed += 1;
                state.step *= 0.5;
                state.reach *= 0.5;
                if state.failed > FAILURES {
                    self.give_up(side, &error.to_string());
                }
                Ok(Some(self.progress(self.lowest())))
            }
        }
    }

    /// Profile from the fits so far; its ends are those that were found.
    pub fn profile(&self) -> Profile {
        let low = &self.fits[self.lowest()];
        let end = |side: usize| self.sides[side].end.unwrap_or((self.bounds[side], true));
        Profile {
            parameter: self.parameter.clone(),
            model_precision: self.posterior.model_precision(),
            estimate: self.natural(low.value),
            values: self
                .fits
                .iter()
                .map(|fit| self.natural(fit.value))
                .collect(),
            chi_square: (0..self.fits.len()).map(|at| self.chi_square(at)).collect(),
            confidence: self.options.confidence,
            interval: [self.natural(end(0).0), self.natural(end(1).0)],
            open: [end(0).1, end(1).1],
            remarks: self.remarks.clone(),
        }
    }

    /// Begins about the minimum that a start leads to.
    fn begin(&mut self, start: &[f64]) -> Result<()> {
        let steps = self.options.max_iterations;
        let minimum = self.posterior.minimum(start, steps)?;
        let value = minimum[self.unknown()];
        let refitted = self.posterior.refit(&minimum, self.place, steps)?;
        self.first = self.first_step(&minimum, value);
        self.minimum = refitted.value;
        self.fits = vec![Fit { value, refitted }];
        self.sides = [Side::default(); 2];
        (self.vertices, self.done) = (0, self.done + 1);
        self.remarks.clear();
        Ok(())
    }

    /// Begins again at a fit that is lower than the minimum.
    fn restart(&mut self, at: usize) -> Result<ProfileProgress> {
        self.restarts += 1;
        let start = self.fits.swap_remove(at).refitted.unknowns;
        self.begin(&start)?;
        Ok(self.progress(0))
    }

    /// Takes a fit that is lower than the minimum for it where that has happened too often.
    fn accept_lower(&mut self, at: usize) {
        self.minimum = self.fits[at].refitted.value;
        let words = format!(
            "Lower minima were found again and again at other values of {}; anneal with more \
             startingPaths, so that the profile begins at the lowest one.",
            self.parameter
        );
        if !self.remarks.contains(&words) {
            self.remarks.push(words);
        }
    }

    /// Goes on from a fit alone: the others belong to a branch of far less density.
    fn leave_branch(&mut self, at: usize) -> ProfileProgress {
        self.branches += 1;
        self.fits.swap(0, at);
        self.fits.truncate(1);
        self.sides = [Side::default(); 2];
        self.vertices = 0;
        self.progress(0)
    }

    /// Rise of chi-square at the ends of the interval.
    pub(super) fn rise(&self) -> f64 {
        let degrees = self.posterior.problem().noise_degrees();
        self.options.rise(degrees)
    }

    /// Value of the parameter at a coordinate of it; at an infinite one the end that it tends to.
    pub(super) fn natural(&self, value: f64) -> f64 {
        match self.coordinate {
            Coordinate::Linear => value,
            other => other.parameter(value.clamp(-FARTHEST, FARTHEST)),
        }
    }

    /// Position of the parameter among path and parameters.
    pub(super) fn unknown(&self) -> usize {
        self.posterior.problem().path_length() + self.place
    }

    /// Number of the lowest fit.
    pub(super) fn lowest(&self) -> usize {
        let minus_log = |&k: &usize| self.fits[k].refitted.minus_log;
        let all = 0..self.fits.len();
        let lowest = all.min_by(|a, b| minus_log(a).total_cmp(&minus_log(b)));
        lowest.unwrap_or(0)
    }

    /// Rise of chi-square at a fit over the lowest one.
    pub(super) fn chi_square(&self, at: usize) -> f64 {
        let low = self.fits[self.lowest()].refitted.minus_log;
        2.0 * (self.fits[at].refitted.minus_log - low)
    }

    fn progress(&self, at: usize) -> ProfileProgress {
        let rise = self.rise();
        let share = |side: usize| match self.sides[side].end {
            Some(_) => 1.0,
            None => {
                let last = if side == 0 { 0 } else { self.fits.len() - 1 };
                (self.chi_square(last) / rise).sqrt().min(0.95)
            }
        };
        ProfileProgress {
            value: self.natural(self.fits[at].value),
            chi_square: self.chi_square(at),
            fits: self.done,
            share: 0.5 * (share(0) + share(1)),
        }
    }

    /// First step: a part of the standard deviation, if there is one that is not too long.
    fn first_step(&mut self, minimum: &[f64], value: f64) -> f64 {
        let deviation = self.posterior.deviation(minimum, self.place);
        let root = self.rise().sqrt() / PARTS;
        let [low, high] = self.bounds;
        let candidates = [
            root * deviation.unwrap_or(f64::INFINITY),
            FIRST_OF_SIZE * value.abs(),
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

    /// Refits all else at a value, from a start that nearby fits predict, or else from the nearest.
    /// Returns the number of the fit. One that is far worse than the nearest fails unless it may
    /// jump: the start may have led to where nothing depends on anything.
    fn fit(&mut self, value: f64, may_jump: bool) -> Result<usize> {
        let mut near: Vec<&Fit> = self.fits.iter().collect();
        let distance = |fit: &Fit| (fit.value - value).abs();
        near.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        let mut starts = Vec::new();
        if let [nearest, other, ..] = near[..] {
            let share = (value - nearest.value) / (nearest.value - other.value);
            if share.abs() <= EXTRAPOLATED {
                let pairs = nearest.refitted.unknowns.iter();
                let pairs = pairs.zip(&other.refitted.unknowns);
                starts.push(pairs.map(|(a, b)| a + share * (a - b)).collect());
            }
        }
        starts.extend(near.first().map(|fit| fit.refitted.unknowns.clone()));
        let (unknown, steps) = (self.unknown(), self.options.max_iterations);
        let nearest = near
            .first()
            .map_or(f64::INFINITY, |fit| fit.refitted.minus_log);
        let (mut lowest, mut failure) = (None::<Refitted>, None);
        for mut start in starts {
            start[unknown] = value;
            match self.posterior.refit(&start, self.place, steps) {
                Ok(refitted) => {
                    let is_lower = |other: &Refitted| refitted.minus_log < other.minus_log;
                    if lowest.as_ref().is_none_or(is_lower) {
                        lowest = Some(refitted);
                    }
                }
                Err(error) => failure = Some(error),
            }
            // A fit that is much worse than the nearest one may have led astray.
            let jump = |fit: &Refitted| 2.0 * (fit.minus_log - nearest);
            if lowest
                .as_ref()
                .is_some_and(|fit| jump(fit) < JUMP * self.rise())
            {
                break;
            }
        }
        let jumps = |fit: &Refitted| 2.0 * (fit.minus_log - nearest) >= JUMP * self.rise();
        let Some(refitted) = lowest.filter(|fit| may_jump || !jumps(fit)) else {
            return Err(failure.unwrap_or_else(|| Error::WrongShape {
                path: "profile".into(),
                message: "chi-square jumps from one fit to the next".into(),
            }));
        };
        let at = self.fits.partition_point(|fit| fit.value < value);
        self.fits.insert(at, Fit { value, refitted });
        Ok(at)
    }
}
