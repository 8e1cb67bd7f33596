//! A run on rayon's threads, with the same bits as a run on one.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Mutex;

use rayon::prelude::*;

use super::annealable::Annealable;
use super::annealer::{climb_all, AnnealProgress, Annealer};
use super::climb::{Climb, Climber};
use super::run::Run;
use crate::error::Result;

impl<A: Annealable> Annealer<A> {
    /// Climbs like [`Annealer::run`], on all of rayon's threads; the result has the same bits.
    ///
    /// # Errors
    /// Those of [`Annealer::run`].
    pub fn run_parallel(
        &self,
        watch: impl Fn(AnnealProgress) -> ControlFlow<()> + Sync,
    ) -> Result<Run> {
        run(self, &watch)
    }
}

fn run<A: Annealable>(
    annealer: &Annealer<A>,
    watch: &(impl Fn(AnnealProgress) -> ControlFlow<()> + Sync),
) -> Result<Run> {
    let stopped = AtomicBool::new(false);
    let count = annealer.annealable().attempts().count;
    let starts: Vec<usize> = (0..count).collect();
    let begin = |start: usize| annealer.climber(start);
    let mut climbs = all(annealer, watch, &stopped, &starts, &[], &begin)?;
    climbs.sort_by_key(|climb| climb.start);
    if stopped.load(Ordering::Relaxed) {
        return Run::new(annealer.annealable(), climbs);
    }
    let reprieved = annealer.reprieved(&climbs);
    let go_on = |start: usize| annealer.resume(climbs[start].clone());
    let longer = all(annealer, watch, &stopped, &reprieved, &climbs, &go_on)?;
    // In the order in which one thread would have gone on, so that what it would not have done is
    // left out.
    for start in reprieved {
        if let Some(climb) = longer.iter().find(|climb| climb.start == start) {
            climbs[start] = climb.clone();
        }
        if annealer.is_enough(&climbs) {
            break;
        }
    }
    Run::new(annealer.annealable(), climbs)
}

/// Climbs from `starts`, until all are over, `watch` breaks off, or enough of them have succeeded
/// together with `others`.
fn all<A: Annealable>(
    annealer: &Annealer<A>,
    watch: &(impl Fn(AnnealProgress) -> ControlFlow<()> + Sync),
    stopped: &AtomicBool,
    starts: &[usize],
    others: &[Climb],
    begin: &(impl Fn(usize) -> Result<Climber<A>> + Sync),
) -> Result<Vec<Climb>> {
    let done: Mutex<Vec<Climb>> = Mutex::new(Vec::new());
    let enough = AtomicBool::new(false);
    let climbed: Result<()> = starts.par_iter().with_max_len(1).try_for_each(|&start| {
        let over = || stopped.load(Ordering::Relaxed) || enough.load(Ordering::Relaxed);
        if over() {
            return Ok(());
        }
        let watch = |progress| {
            if watch(progress).is_break() {
                stopped.store(true, Ordering::Relaxed);
            }
            match over() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let (climb, _) = climb_all(begin(start)?, watch);
        let mut done = match done.lock() {
            Ok(done) => done,
            Err(poisoned) => poisoned.into_inner(),
        };
        done.push(climb);
        if together(annealer, starts, others, &done) {
            enough.store(true, Ordering::Relaxed);
        }
        Ok(())
    });
    climbed?;
    Ok(match done.into_inner() {
        Ok(done) => done,
        Err(poisoned) => poisoned.into_inner(),
    })
}

/// True if the climbs that are done are enough in the order of `starts`: a single thread would have
/// ended here.
fn together<A: Annealable>(
    annealer: &Annealer<A>,
    starts: &[usize],
    others: &[Climb],
    done: &[Climb],
) -> bool {
    let mut climbs = others.to_vec();
    for &start in starts {
        let Some(climb) = done.iter().find(|climb| climb.start == start) else {
            return false;
        };
        if !climb.is_over(annealer.annealable()) {
            return false;
        }
        match climbs.iter_mut().find(|c| c.start == start) {
            Some(place) => *place = climb.clone(),
            None => climbs.push(climb.clone()),
        }
        if annealer.is_enough(&climbs) {
            return true;
        }
    }
    false
}
