//! Errors that name the first number of an evaluation that is not finite.

use super::{prior, Action};
use crate::error::{check, Error, Result, OBSERVABLE};
use crate::model::Scratch;
use crate::solve::RowGroup;

impl Action {
    /// Error that names the cause of an action that is not finite: the path, a parameter, the
    /// model, a residual or the sum.
    #[cold]
    pub(super) fn first_not_finite(&self, path: &[f64], parameters: &[f64], action: f64) -> Error {
        let problem = &self.problem;
        let given = self
            .finite_parameters(parameters, "parameters.")
            .and_then(|()| self.finite_rows(path, "x"));
        if let Err(error) = given {
            return error;
        }
        let mut derivative = vec![0.0; path.len()];
        let at = problem.at(path, &self.parameters);
        let model = &problem.model;
        model.evaluate(&mut Scratch::default(), at, &mut derivative);
        self.finite_rows(&derivative, "dx/dt")
            .and_then(|()| self.finite_rows(&self.residuals.values, "residual"))
            .and_then(|()| self.finite_observables(path))
            .and_then(|()| self.finite_formulas(path, parameters))
            .err()
            .unwrap_or_else(|| self.largest_square(action))
    }

    /// Checks the observables where they are measured.
    fn finite_observables(&self, path: &[f64]) -> Result<()> {
        let model = &self.problem.model;
        let Some(function) = model.observation() else {
            return Ok(());
        };
        let (d, functions) = (model.dimension(), model.observables().len());
        let mut values = vec![0.0; self.problem.points() * functions];
        let at = self.problem.at(path, &self.parameters);
        function.evaluate(&mut Scratch::default(), at, &mut values);
        for slot in self.measurement.slots(d, functions) {
            let Some(k) = slot.column.checked_sub(d) else {
                continue;
            };
            let point = slot.point as usize;
            let value = values[point * functions + k];
            if !value.is_finite() {
                return Err(Error::NotFinite {
                    path: "path".into(),
                    time: self.problem.time(point),
                    point,
                    state: model.observables()[k].clone(),
                    term: OBSERVABLE.into(),
                    value,
                });
            }
        }
        Ok(())
    }

    /// Checks the formulas of first states.
    fn finite_formulas(&self, path: &[f64], parameters: &[f64]) -> Result<()> {
        let priors = &self.problem.priors;
        match prior::first_not_finite(priors, path, parameters, &self.means) {
            None => Ok(()),
            Some((unknown, value)) => Err(self.not_finite_at(unknown, "formula", value)),
        }
    }

    /// Error that names the largest residual or measurement error where every value is finite, but
    /// the squares or their sum are not.
    fn largest_square(&self, action: f64) -> Error {
        let (d, functions) = (
            self.problem.model.dimension(),
            self.problem.model.observables().len(),
        );
        let slots = self.measurement.slots(d, functions);
        let errors = slots.iter().map(|slot| {
            let place = slot.point as usize * d + slot.column.min(d - 1);
            (
                place,
                "measurement error",
                self.measurement.errors[slot.slot],
            )
        });
        let residuals = self.residuals.values.iter().enumerate();
        let (place, term, _) = errors
            .chain(residuals.map(|(i, &r)| (i, "residual", r)))
            .max_by(|a, b| a.2.abs().total_cmp(&b.2.abs()))
            .unwrap_or((0, "residual", 0.0));
        self.not_finite_at(place, &format!("squared {term}"), action)
    }

    pub(super) fn finite_parameters(&self, values: &[f64], prefix: &str) -> Result<()> {
        match values.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(i) => {
                let name = self.problem.estimated().nth(i).unwrap_or_default();
                check::finite(&format!("{prefix}{name}"), values[i])
            }
        }
    }

    pub(super) fn finite_rows(&self, rows: &[f64], term: &str) -> Result<()> {
        // Zero times a finite number is zero, times any other NaN: one sum says whether to look
        // further. Nothing else is read from it, so it is in more parts than others, and no
        // addition waits for the one before it.
        let mut zeros = [0.0; 16];
        let (groups, rest) = rows.as_chunks::<16>();
        for group in groups {
            for k in 0..16 {
                zeros[k] += group[k] * 0.0;
            }
        }
        if zeros.iter().sum::<f64>() + rest.iter().map(|v| v * 0.0).sum::<f64>() == 0.0 {
            return Ok(());
        }
        match rows.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(i) => Err(self.not_finite_at(i, term, rows[i])),
        }
    }

    fn not_finite_at(&self, index: usize, term: &str, value: f64) -> Error {
        let dimension = self.problem.model.dimension();
        let point = index / dimension;
        Error::NotFinite {
            path: "path".into(),
            time: self.problem.grid.points.times[point],
            point,
            state: self.problem.model.states()[index % dimension].clone(),
            term: term.into(),
            value,
        }
    }

    pub(super) fn finite_entries(&self, group: &RowGroup) -> Result<()> {
        let entries = group.entries().max(1);
        match group.values.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(i) => {
                let d = self.problem.model.dimension();
                let column = group.columns[i % entries] as usize % (group.span * d);
                let place = group.first[i / entries] as usize * d + column;
                Err(self.not_finite_at(place, "derivative of the residual in", group.values[i]))
            }
        }
    }
}
