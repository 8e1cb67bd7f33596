//! Decisions of the search for a profile: where the next fit is made, and when an end is found.

use super::interval::{crossing, vertex, Point};
use super::search::ProfileSearch;

/// Next thing to be done.
pub(super) enum Next {
    /// Fit at a value, for a side.
    Fit(f64, usize),
    Done,
}

/// Number of parts in which the root of chi-square is to rise to the end of the interval.
pub(super) const PARTS: f64 = 3.0;
/// Factors by which steps change from one value to the next.
const SLOWER: f64 = 0.4;
const FASTER: f64 = 2.5;
/// Step beyond the place where the end is expected, so that it is passed.
const PASSED: f64 = 1.02;
/// Distance from the estimate, relative to its size or to the first step, at which an unbounded
/// parameter counts as open.
const FAR: f64 = 1e6;
/// Distance, in first steps, from which on a profile that levels off counts as open.
const LEVELS_OFF: f64 = 20.0;
/// Distance of the root of chi-square at a fit from that of the end, relative to it, from which on
/// the end is interpolated.
const NEAR: f64 = 0.01;
/// Fall of chi-square from the lowest fit to a vertex, relative to the rise, that is not looked
/// for.
const SHALLOW: f64 = 1e-3;
/// Most vertices that are looked for.
const VERTICES: usize = 8;
/// Share of the rise below which chi-square must fall with finer steps if the rise is none of the
/// data.
const TAKEN_BACK: f64 = 0.5;

impl ProfileSearch {
    /// Decides what is to be done next, and notes ends that are found.
    pub(super) fn next(&mut self) -> Next {
        let low = self.lowest();
        // The lowest fit may be another one than when ends were found.
        for side in 0..2 {
            let is_open_ended = !self.has_neighbour(low, side) && !self.is_at_bound(low, side);
            if is_open_ended && !self.sides[side].given_up {
                self.sides[side].end = None;
                if let Some(next) = self.outwards(side) {
                    return next;
                }
            }
        }
        if let Some(value) = self.vertex(low) {
            self.vertices += 1;
            let sides = self.sides.iter_mut().filter(|side| !side.given_up);
            sides.for_each(|side| side.end = None);
            let side = usize::from(value > self.fits[low].value);
            return Next::Fit(value, side);
        }
        for side in 0..2 {
            if self.sides[side].end.is_none() {
                if let Some(next) = self.towards_end(side) {
                    return next;
                }
            }
        }
        Next::Done
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
        (is_new && 2.0 * fall > SHALLOW * self.rise()).then_some(place)
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

    /// Looks for the end on one side. `None` where it was found or given up.
    fn towards_end(&mut self, side: usize) -> Option<Next> {
        let target = self.rise().sqrt();
        let outward = self.outward(side);
        let beyond = outward.iter().position(|&at| self.root(at) >= target);
        let Some(beyond) = beyond else {
            let last = outward[outward.len() - 1];
            if self.is_at_bound(last, side) || self.is_open(&outward) {
                self.sides[side].end = Some((self.bounds[side], true));
                return None;
            }
            return self.outwards(side);
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
            return None;
        }
        if self.is_exhausted(side) {
            return None;
        }
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
            return None;
        }
        Some(Next::Fit(value, side))
    }

    /// Next value outwards on one side; `None` if the side is given up.
    fn outwards(&mut self, side: usize) -> Option<Next> {
        if self.is_exhausted(side) {
            return None;
        }
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
        Some(Next::Fit(if inside { next } else { bound }, side))
    }

    /// Length of the step after one between two fits: a part of the way to the end of the interval.
    fn next_step(&self, before: usize, last: usize) -> f64 {
        let done = (self.fits[last].value - self.fits[before].value).abs();
        let target = self.rise().sqrt();
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
        self.chi_square(c) + 2.0 * second.max(0.0) / rate < self.rise()
    }

    /// True if the rise of chi-square at a fit is none of the data: finer steps take it back.
    fn is_of_the_step(&mut self, at: usize) -> bool {
        let rise = self.rise();
        let unknowns = &self.fits[at].refitted.unknowns;
        let finer = self.posterior.value_of_finer_steps(unknowns);
        finer.is_some_and(|finer| 2.0 * (finer - self.minimum) < TAKEN_BACK * rise)
    }

    /// True if a side has had its most values, so that it is given up.
    fn is_exhausted(&mut self, side: usize) -> bool {
        let is_exhausted = self.sides[side].tried >= self.options.most_values;
        if is_exhausted {
            self.give_up(side, &self.unreached());
        }
        is_exhausted
    }
}
