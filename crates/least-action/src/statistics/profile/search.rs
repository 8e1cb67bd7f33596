//! Search for the ends of a profile's interval, one fit after the other.

use super::interval::{crossing, vertex, Point};
use super::{Profile, ProfileOptions, Refit, Refitted};
use crate::error::{check, Error, Result};
use crate::report::shortest;

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
    posterior: Box<dyn Refit>,
    parameter: String,
    place: usize,
    options: ProfileOptions,
    start: Vec<f64>,
    /// Bounds of the parameter.
    bounds: [f64; 2],
    /// Fits, ascending by value.
    fits: Vec<Fit>,
    /// Negative log posterior at the minimum over all unknowns.
    minimum: f64,
    /// First step.
    first: f64,
    sides: [Side; 2],
    vertices: usize,
    restarts: usize,
    done: usize,
}

/// Value of the parameter with the fit there.
struct Fit {
    value: f64,
    refitted: Refitted,
}

/// State of the search on one side of the lowest fit.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    /// Next step outwards, positive; 0 before the first.
    step: f64,
    /// Share of the next move within a bracket, which failed fits shorten.
    reach: f64,
    /// Fits that were tried on this side, and those in a row that failed.
    tried: usize,
    failed: usize,
    /// End of the interval, and whether it is open.
    end: Option<(f64, bool)>,
}

/// What is to be done next.
enum Next {
    /// Fit at a value, for a side.
    Fit(f64, usize),
    Done,
}

/// Number of parts in which the root of chi-square is to rise to the end of the interval.
const PARTS: f64 = 3.0;
/// Factors by which steps change from one value to the next.
const SLOWER: f64 = 0.4;
const FASTER: f64 = 2.5;
/// Step beyond the place where the end is expected, so that it is passed.
const PASSED: f64 = 1.02;
/// First step of a parameter that the data hardly determine, relative to its size and to the width
/// of its bounds.
const FIRST_OF_SIZE: f64 = 0.1;
const FIRST_OF_WIDTH: f64 = 0.02;
/// Distance from the estimate, relative to its size or to the first step, at which an unbounded
/// parameter counts as open.
const FAR: f64 = 1e6;
/// Distance, in first steps, from which on a profile that levels off counts as open.
const LEVELS_OFF: f64 = 20.0;
/// Distance of the root of chi-square at a fit from that of the end, relative to it, from which on
/// the end is interpolated.
const NEAR: f64 = 0.01;
/// Fall of chi-square from the lowest fit to a vertex, relative to the rise, that is not looked for.
const SHALLOW: f64 = 1e-3;
/// Most vertices that are looked for.
const VERTICES: usize = 8;
/// Share of the rise below which chi-square must fall with finer steps if the rise is none of the
/// data.
const TAKEN_BACK: f64 = 0.5;
/// Most fits in a row that fail, each nearer to one that succeeded.
const FAILURES: usize = 8;
/// Fall of chi-square below the minimum that is another minimum, not rounding.
const LOWER: f64 = 1e-3;
/// Most lower minima that are followed.
const RESTARTS: usize = 5;
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
        let place = check::position("parameter", parameter, problem.estimated())?;
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
            options: *options,
            start: start.to_vec(),
            bounds,
            fits: Vec::new(),
            minimum: f64::INFINITY,
            first: 0.0,
            sides: [Side::default(); 2],
            vertices: 0,
            restarts: 0,
            done: 0,
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

    /// Makes one fit, which may fail and be tried again nearer to another; `None` at the end.
    ///
    /// # Errors
    /// A minimum at which the action is not finite, fits that fail however near, lower minima again
    /// and again, and a side on which the most values do not reach an end.
    pub fn advance(&mut self) -> Result<Option<ProfileProgress>> {
        if self.fits.is_empty() {
            let start = std::mem::take(&mut self.start);
            self.begin(&start)?;
            return Ok(Some(self.progress(0)));
        }
        let Next::Fit(value, side) = self.next()? else {
            return Ok(None);
        };
        self.sides[side].tried += 1;
        self.done += 1;
        match self.fit(value) {
            Ok(at) => {
                let state = &mut self.sides[side];
                (state.failed, state.reach) = (0, 1.0);
                if 2.0 * (self.minimum - self.fits[at].refitted.value) > LOWER {
                    return self.restart(at).map(Some);
                }
                Ok(Some(self.progress(at)))
            }
            Err(error) => {
                let state = &mut self.sides[side];
                state.failed += 1;
                if state.failed > FAILURES {
                    return Err(error);
                }
                state.step *= 0.5;
                state.reach *= 0.5;
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
            estimate: low.value,
            values: self.fits.iter().map(|fit| fit.value).collect(),
            chi_square: (0..self.fits.len()).map(|at| self.chi_square(at)).collect(),
            confidence: self.options.confidence,
            interval: [end(0).0, end(1).0],
            open: [end(0).1, end(1).1],
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
        Ok(())
    }

    /// Begins again at a fit that is lower than the minimum.
    fn restart(&mut self, at: usize) -> Result<ProfileProgress> {
        if self.restarts == RESTARTS {
            return Err(Error::WrongShape {
                path: "profile".into(),
                message: format!(
                    "lower minima were found again and again at other values of {}; anneal with \
                     more startingPaths, so that the profile begins at the lowest one",
                    self.parameter
                ),
            });
        }
        self.restarts += 1;
        let start = self.fits.swap_remove(at).refitted.unknowns;
        self.begin(&start)?;
        Ok(self.progress(0))
    }

    /// Position of the parameter among path and parameters.
    fn unknown(&self) -> usize {
        self.posterior.problem().path_length() + self.place
    }

    /// Number of the lowest fit.
    fn lowest(&self) -> usize {
        let minus_log = |&k: &usize| self.fits[k].refitted.minus_log;
        let all = 0..self.fits.len();
        let lowest = all.min_by(|a, b| minus_log(a).total_cmp(&minus_log(b)));
        lowest.unwrap_or(0)
    }

    /// Rise of chi-square at a fit over the lowest one.
    fn chi_square(&self, at: usize) -> f64 {
        let low = self.fits[self.lowest()].refitted.minus_log;
        2.0 * (self.fits[at].refitted.minus_log - low)
    }

    fn progress(&self, at: usize) -> ProfileProgress {
        let rise = self.options.rise();
        let share = |side: usize| match self.sides[side].end {
            Some(_) => 1.0,
            None => {
                let last = if side == 0 { 0 } else { self.fits.len() - 1 };
                (self.chi_square(last) / rise).sqrt().min(0.95)
            }
        };
        ProfileProgress {
            value: self.fits[at].value,
            chi_square: self.chi_square(at),
            fits: self.done,
            share: 0.5 * (share(0) + share(1)),
        }
    }

    /// First step: a part of the standard deviation, if there is one that is not too long.
    fn first_step(&mut self, minimum: &[f64], value: f64) -> f64 {
        let deviation = self.posterior.deviation(minimum, self.place);
        let root = self.options.rise().sqrt() / PARTS;
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
    /// Returns the number of the fit.
    fn fit(&mut self, value: f64) -> Result<usize> {
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
        let mut failure = None;
        for mut start in starts {
            start[unknown] = value;
            match self.posterior.refit(&start, self.place, steps) {
                Ok(refitted) => {
                    let at = self.fits.partition_point(|fit| fit.value < value);
                    self.fits.insert(at, Fit { value, refitted });
                    return Ok(at);
                }
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(|| self.unreached("fits")))
    }

    /// Decides what is to be done next, and notes ends that are found.
    fn next(&mut self) -> Result<Next> {
        let low = self.lowest();
        // The lowest fit may be another one than when ends were found.
        for side in 0..2 {
            if !self.has_neighbour(low, side) && !self.is_at_bound(low, side) {
                self.sides[side].end = None;
                return self.outwards(side);
            }
        }
        if let Some(value) = self.vertex(low) {
            self.vertices += 1;
            self.sides.iter_mut().for_each(|side| side.end = None);
            let side = usize::from(value > self.fits[low].value);
            return Ok(Next::Fit(value, side));
        }
        for side in 0..2 {
            if self.sides[side].end.is_none() {
                if let Some(next) = self.towards_end(side)? {
                    return Ok(next);
                }
            }
        }
        Ok(Next::Done)
    }

    fn has_neighbour(&self, at: usize, side: usize) -> bool {
        if side == 0 {
            at > 0
        } else {
            at + 1 < self.fits.len()
        }
    }

    fn is_at_bound(&self, at: usize, side: usize) -> bool {
        self.fits[at].value == self.bounds[side]
    }

    /// Value below the lowest fit by the parabola through it and its neighbours, if there is one
    /// that is worth a fit.
    fn vertex(&self, low: usize) -> Option<f64> {
        let has_both = self.has_neighbour(low, 0) && self.has_neighbour(low, 1);
        if !has_both || self.vertices == VERTICES {
            return None;
        }
        let points: [usize; 3] = [low - 1, low, low + 1];
        let (place, fall) = vertex(points.map(|k| self.point(k)))?;
        let is_new = points.iter().all(|&k| self.fits[k].value != place);
        (is_new && 2.0 * fall > SHALLOW * self.options.rise()).then_some(place)
    }

    fn point(&self, at: usize) -> Point {
        (self.fits[at].value, self.fits[at].refitted.minus_log)
    }

    /// Fits from the lowest one outwards.
    fn outward(&self, side: usize) -> Vec<usize> {
        let low = self.lowest();
        match side {
            0 => (0..=low).rev().collect(),
            _ => (low..self.fits.len()).collect(),
        }
    }

    /// Root of chi-square at a fit, which is nearly linear in the parameter.
    fn root(&self, at: usize) -> f64 {
        self.chi_square(at).max(0.0).sqrt()
    }

    /// Looks for the end on one side. `None` where it was found.
    fn towards_end(&mut self, side: usize) -> Result<Option<Next>> {
        let target = self.options.rise().sqrt();
        let outward = self.outward(side);
        let beyond = outward.iter().position(|&at| self.root(at) >= target);
        let Some(beyond) = beyond else {
            let last = outward[outward.len() - 1];
            if self.is_at_bound(last, side) || self.is_open(&outward) {
                self.sides[side].end = Some((self.bounds[side], true));
                return Ok(None);
            }
            return self.outwards(side).map(Some);
        };
        let (inside, outside) = (outward[beyond - 1], outward[beyond]);
        let of = |at: usize| (self.fits[at].value, self.root(at));
        let third = (beyond >= 2).then(|| of(outward[beyond - 2]));
        let expected = crossing([of(inside), of(outside)], third, target);
        let near = [inside, outside]
            .into_iter()
            .find(|&at| (self.root(at) - target).abs() <= NEAR * target);
        if let Some(near) = near {
            let open = self.is_of_the_step(near);
            self.sides[side].end = Some(match open {
                true => (self.bounds[side], true),
                false => (expected, false),
            });
            return Ok(None);
        }
        self.check_count(side)?;
        let (from, to) = (self.fits[inside].value, self.fits[outside].value);
        let state = &mut self.sides[side];
        // A bracket that an interpolation leaves wide is halved now and then.
        let share = match state.tried % 4 {
            3 => 0.5,
            _ => ((expected - from) / (to - from)).clamp(0.02, 0.98),
        };
        let reach = if state.reach == 0.0 { 1.0 } else { state.reach };
        let value = from + reach * share * (to - from);
        if value == from || value == to {
            state.end = Some((to, false));
            return Ok(None);
        }
        Ok(Some(Next::Fit(value, side)))
    }

    /// Next value outwards on one side.
    fn outwards(&mut self, side: usize) -> Result<Next> {
        self.check_count(side)?;
        let outward = self.outward(side);
        let last = outward[outward.len() - 1];
        let value = self.fits[last].value;
        let failed = self.sides[side].failed > 0;
        // A step that failed was shortened, and is taken as it is.
        if !failed {
            self.sides[side].step = match outward[..] {
                [.., before, _] => self.next_step(before, last),
                _ => self.first,
            };
        }
        let way = if side == 0 { -1.0 } else { 1.0 };
        let bound = self.bounds[side];
        let next = value + way * self.sides[side].step;
        let inside = (next - bound) * way < 0.0;
        Ok(Next::Fit(if inside { next } else { bound }, side))
    }

    /// Length of the step after one between two fits: a part of the way to the end of the interval.
    fn next_step(&self, before: usize, last: usize) -> f64 {
        let done = (self.fits[last].value - self.fits[before].value).abs();
        let target = self.options.rise().sqrt();
        let gained = (self.root(last) - self.root(before)).max(f64::MIN_POSITIVE);
        let rest = (target - self.root(last)).max(0.0);
        let wanted = (target / PARTS).min(PASSED * rest);
        done * (wanted / gained).clamp(SLOWER, FASTER)
    }

    /// True if a parameter may go as far as it likes: it is far away, or chi-square levels off
    /// below the rise.
    fn is_open(&self, outward: &[usize]) -> bool {
        let centre = self.fits[outward[0]].value;
        let distance = |at: usize| (self.fits[at].value - centre).abs();
        let [.., a, b, c] = outward[..] else {
            return false;
        };
        if distance(c) > FAR * self.first.max(centre.abs()) {
            return true;
        }
        if distance(a) == 0.0 || distance(c) < LEVELS_OFF * self.first {
            return false;
        }
        // Gains per factor of the distance, which fall by a constant factor where a profile levels
        // off as a power of the distance.
        let factor = |near: usize, far: usize| libm::log(distance(far) / distance(near));
        let gain = |near: usize, far: usize| {
            (self.chi_square(far) - self.chi_square(near)) / factor(near, far)
        };
        let (first, second) = (gain(a, b), gain(b, c));
        if second >= 0.8 * first {
            return false;
        }
        let rate = libm::log(first / second.max(1e-3 * first)) / (0.5 * factor(a, c));
        self.chi_square(c) + 2.0 * second.max(0.0) / rate < self.options.rise()
    }

    /// True if the rise of chi-square at a fit is none of the data: finer steps take it back.
    fn is_of_the_step(&mut self, at: usize) -> bool {
        let rise = self.options.rise();
        let unknowns = &self.fits[at].refitted.unknowns;
        let finer = self.posterior.value_of_finer_steps(unknowns);
        finer.is_some_and(|finer| 2.0 * (finer - self.minimum) < TAKEN_BACK * rise)
    }

    fn check_count(&self, side: usize) -> Result<()> {
        match self.sides[side].tried < self.options.most_values {
            true => Ok(()),
            false => Err(self.unreached(if side == 0 { "below" } else { "above" })),
        }
    }

    fn unreached(&self, which: &str) -> Error {
        let last = if which == "below" {
            0
        } else {
            self.fits.len().saturating_sub(1)
        };
        Error::WrongShape {
            path: "mostValues".into(),
            message: format!(
                "{} values did not reach the end of the interval {which}: at {} = {} chi-square \
                 has risen by {:.3}; allow more, or give the parameter bounds",
                self.options.most_values,
                self.parameter,
                shortest(self.fits.get(last).map_or(f64::NAN, |fit| fit.value)),
                self.chi_square(last)
            ),
        }
    }
}
