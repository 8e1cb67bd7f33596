//! Leverages and standardised residuals from the rows of the action at the end of a climb (D. C.
//! Hoaglin and R. E. Welsch, Amer. Statist. 32, 1978).

use super::channels::Channel;
use super::offset::Offset;
use super::{open, Fit, PriorResidual, Residual};
use crate::action::noise::Law;
use crate::action::{Action, Precision, Problem};
use crate::anneal::annealable::Counts;
use crate::anneal::misfit::posterior_factor;
use crate::solve::{BlockMatrix, Bounds, Layout, Linearization, RankFactor, RowGroup};

/// End of a climb, as far as a fit needs it.
pub(in crate::anneal) struct End<'a> {
    pub counts: &'a Counts,
    pub problem: &'a Problem,
    pub model_precision: f64,
    pub path: &'a [f64],
    pub parameters: &'a [f64],
    /// Sizes of the parameters, beside which their deviations are large or small.
    pub sizes: &'a [f64],
    pub measurement_precision: &'a Precision,
    /// Factor by which estimated noise makes chi-square smaller than with this precision.
    pub noise_ratio: f64,
}

/// Rows of the action with the factor of their Hessian.
pub(in crate::anneal) struct Leverages<'a> {
    pub problem: &'a Problem,
    /// Weighted rows: those of the model, of the measurements, and of priors.
    pub rows: Linearization,
    /// Score and signed distance of each row of the measurements, where their laws are not all
    /// normal.
    scores: Option<Vec<[f64; 2]>>,
    pub layout: Layout,
    /// Factor of the action that makes it the negative log posterior.
    pub factor: f64,
    pub rank: RankFactor,
    pub inverse: BlockMatrix,
}

/// One row: unknowns with their derivatives, residual and weight.
pub(super) struct Row<'a> {
    group: &'a RowGroup,
    block: usize,
    row: usize,
    dimension: usize,
    path: usize,
}

impl Row<'_> {
    fn index(&self) -> usize {
        self.block * self.group.rows + self.row
    }

    pub fn weight(&self) -> f64 {
        self.group.weights[self.index()]
    }

    pub fn residual(&self) -> f64 {
        self.group.residuals[self.index()]
    }

    /// Number of the row in its block: that of the channel for measurements.
    pub fn row(&self) -> usize {
        self.row
    }

    fn point(&self) -> usize {
        self.group.first[self.block] as usize
    }

    /// Unknowns of the row and its derivatives in them.
    pub fn entries(&self) -> impl Iterator<Item = (usize, f64)> + Clone + '_ {
        let group = self.group;
        let width = group.span * self.dimension;
        let range = group.row_start[self.row] as usize..group.row_start[self.row + 1] as usize;
        let values = &group.values[self.block * group.entries()..][range.clone()];
        let unknown = move |column: u32| match (column as usize).checked_sub(width) {
            None => self.point() * self.dimension + column as usize,
            Some(p) => self.path + p,
        };
        let columns = group.columns[range].iter().map(move |&c| unknown(c));
        columns.zip(values.iter().copied())
    }

    /// True if the row says something: absent values have no weight, or nothing but zeros.
    fn is_present(&self) -> bool {
        self.weight() > 0.0 && (self.residual() != 0.0 || self.entries().any(|(_, v)| v != 0.0))
    }
}

/// Rows of a group, block by block.
pub(super) fn rows<'a>(group: &'a RowGroup, problem: &Problem) -> impl Iterator<Item = Row<'a>> {
    let (dimension, path) = (problem.model().dimension(), problem.path_length());
    (0..group.blocks() * group.rows).map(move |index| Row {
        group,
        block: index / group.rows,
        row: index % group.rows,
        dimension,
        path,
    })
}

impl<'a> Leverages<'a> {
    /// Linearises the action at the end of a climb; `None` if its Hessian has no factor.
    pub fn new(end: &End<'a>) -> Option<Self> {
        let mut action = Action::new(end.problem);
        let unknowns = [end.path, end.parameters].concat();
        let rows = linearized(&mut action, end.model_precision, &unknowns)?;
        // The gradient takes the errors' place.
        let scores = scores(&action, rows.groups[1].residuals.len());
        let rank = factor(&mut action, end.model_precision, &unknowns, &rows)?;
        Some(Leverages {
            problem: end.problem,
            rows,
            scores,
            layout: action.layout(),
            factor: posterior_factor(end.counts),
            inverse: rank.factor.inverse(),
            rank,
        })
    }

    /// Leverage of a row: its weight times `J M^-1 J^T`.
    fn of(&self, row: &Row) -> f64 {
        let held = &self.rank.held;
        let free = || row.entries().filter(|&(unknown, _)| !held[unknown]);
        let mut sum = 0.0;
        for (a, value) in free() {
            for (b, other) in free() {
                sum += value * other * self.inverse.get(a, b);
            }
        }
        (row.weight() * sum).clamp(0.0, 1.0)
    }
}

impl Fit {
    /// Goodness of fit at the end of a climb.
    pub(in crate::anneal) fn new(found: &Leverages, end: &End) -> Self {
        let problem = found.problem;
        let columns = problem.measured_columns();
        let residuals = measurements(found);
        let names = columns.iter().map(|&c| problem.column_name(c));
        Fit {
            channels: names
                .enumerate()
                .map(|(number, name)| {
                    let noise = problem.noise().map(|noise| &noise.channels[number]);
                    let is_estimated = noise.is_some_and(|n| n.is_estimated());
                    Channel::new(name, number, &residuals, is_estimated)
                })
                .collect(),
            priors: priors(found),
            model_degrees: model_degrees(found, end, &residuals),
            offsets: (0..columns.len())
                .map(|channel| Offset::of(found, channel))
                .collect(),
            dependent: found.rank.dependent.len(),
            open: open::directions(found, end),
            deviations: open::deviations(found),
            residuals,
            has_other_laws: found.scores.is_some(),
            is_coupled: matches!(end.measurement_precision, Precision::Matrix(_)),
            signal: problem.signal(end.measurement_precision) / end.noise_ratio,
            hierarchies: hierarchies(found),
            step: None,
        }
    }
}

/// Leverages of all measurements, by slot, and those of hierarchies; `None` where the Hessian has
/// no factor. `factor_of_action` makes the action the negative log posterior.
pub(in crate::anneal) fn leverages(
    action: &mut Action,
    model_precision: f64,
    factor_of_action: f64,
    unknowns: &[f64],
) -> Option<(Vec<f64>, Vec<HierarchyTold>)> {
    let rows_of_action = linearized(action, model_precision, unknowns)?;
    let rank = factor(action, model_precision, unknowns, &rows_of_action)?;
    let problem = action.problem();
    let found = Leverages {
        problem,
        rows: rows_of_action,
        scores: None,
        layout: action.layout(),
        factor: factor_of_action,
        inverse: rank.factor.inverse(),
        rank,
    };
    let leverages: Vec<f64> = rows(&found.rows.groups[1], problem)
        .map(|row| found.of(&row))
        .collect();
    let hierarchies = hierarchies(&found);
    let places = action.measurement_rows().iter();
    let of_slots = places.map(|&row| leverages[row as usize]).collect();
    Some((of_slots, hierarchies))
}

/// Own values of a hierarchy at a point, as far as they tell the deviation between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::anneal) struct HierarchyTold {
    /// Sum of `1 - h` over the data sets, h the leverage of the hierarchy's row.
    pub degrees: f64,
    /// Sum of the squared distances from the mean, in units of the deviation.
    pub squares: f64,
    /// Degrees of freedom that an estimate of the deviation rests on: the sum of the squares of
    /// `1 - h`, as half the information on its logarithm, times `n / (n - 1)` of n data sets, which
    /// is exact for values that are known without error.
    pub information: f64,
}

/// What the rows of each hierarchy tell, in the order of the own parameters.
pub(in crate::anneal) fn hierarchies(found: &Leverages) -> Vec<HierarchyTold> {
    let problem = found.problem;
    let all = problem.own().iter().filter(|own| own.is_hierarchy);
    let Some(group) = found.rows.groups.get(2) else {
        return Vec::new();
    };
    let each = all.map(|own| {
        let row = problem.prior_row(own);
        let mut told = HierarchyTold {
            degrees: 0.0,
            squares: 0.0,
            information: 0.0,
        };
        let mut count = 0.0;
        for row in rows(group, problem).filter(|one| one.row == row) {
            let left = 1.0 - found.of(&row);
            told.degrees += left;
            told.information += left * left;
            told.squares += found.factor * row.weight() * row.residual() * row.residual();
            count += 1.0;
        }
        told.information *= count / f64::max(count - 1.0, 1.0);
        told
    });
    each.collect()
}

/// Errors of the model at a point.
pub(in crate::anneal) struct ModelErrors {
    /// Degrees of freedom: their number less their leverages.
    pub degrees: f64,
    /// Sum of squares in units of the noise that R_f states.
    pub squares: f64,
}

/// Errors of the model's own equations, without those of parameters that change in time; `None`
/// where the Hessian has no factor.
pub(in crate::anneal) fn model_errors(
    action: &mut Action,
    model_precision: f64,
    factor_of_action: f64,
    unknowns: &[f64],
) -> Option<ModelErrors> {
    let rows_of_action = linearized(action, model_precision, unknowns)?;
    let rank = factor(action, model_precision, unknowns, &rows_of_action)?;
    let problem = action.problem();
    let found = Leverages {
        problem,
        rows: rows_of_action,
        scores: None,
        layout: action.layout(),
        factor: factor_of_action,
        inverse: rank.factor.inverse(),
        rank,
    };
    let dimension = problem.model().dimension();
    let own = dimension - problem.varying().len();
    let mut errors = ModelErrors {
        degrees: 0.0,
        squares: 0.0,
    };
    for row in rows(&found.rows.groups[0], problem) {
        if row.weight() > 0.0 && row.row % dimension < own {
            errors.degrees += 1.0 - found.of(&row);
            errors.squares += found.factor * row.weight() * row.residual() * row.residual();
        }
    }
    Some(errors)
}

/// Rows of an action at a point.
fn linearized(
    action: &mut Action,
    model_precision: f64,
    unknowns: &[f64],
) -> Option<Linearization> {
    let mut rows = action.linearization();
    let (path, parameters) = unknowns.split_at(action.layout().path_length());
    action
        .linearize(model_precision, path, parameters, &mut rows)
        .ok()?;
    Some(rows)
}

/// Factor of the Hessian of rows, without the unknowns that bounds hold.
fn factor(
    action: &mut Action,
    model_precision: f64,
    unknowns: &[f64],
    rows: &Linearization,
) -> Option<RankFactor> {
    let fixed = held(action, model_precision, unknowns)?;
    RankFactor::new(&action.layout(), rows, &fixed)
}

/// Score and signed distance of each row of the measurements, where their laws are not all normal;
/// else `None`. The action is that which was linearised last.
fn scores(action: &Action, rows: usize) -> Option<Vec<[f64; 2]>> {
    let scores = action.scores()?;
    let mut of_row = vec![[0.0; 2]; rows];
    let places = action.measurement_rows().iter();
    for (slot, (&row, &score)) in places.zip(&scores).enumerate() {
        let distance = action.squared_error(slot).sqrt();
        of_row[row as usize] = [score, distance.copysign(score)];
    }
    Some(of_row)
}

/// Unknowns at active bounds, one entry each; empty if nothing is bounded.
fn held(action: &mut Action, model_precision: f64, unknowns: &[f64]) -> Option<Vec<bool>> {
    let Some(ends) = action.problem().intervals() else {
        return Some(Vec::new());
    };
    let bounds = Bounds {
        lower: ends.lower.clone(),
        upper: ends.upper.clone(),
    };
    let (path, parameters) = unknowns.split_at(action.layout().path_length());
    let mut gradient = vec![0.0; unknowns.len()];
    let (of_path, of_parameters) = gradient.split_at_mut(path.len());
    action
        .gradient(model_precision, path, parameters, of_path, of_parameters)
        .ok()?;
    let mut fixed = vec![false; unknowns.len()];
    bounds.mark_active(unknowns, &gradient, &mut fixed);
    Some(fixed)
}

/// Residuals of all measurements with their leverages, by data set and time.
fn measurements(found: &Leverages) -> Vec<Residual> {
    let problem = found.problem;
    let lengths = problem.data().iter().map(|set| set.points);
    let ends: Vec<usize> = lengths
        .scan(0, |end, points| {
            *end += points;
            Some(*end)
        })
        .collect();
    let present = rows(&found.rows.groups[1], problem).filter(Row::is_present);
    let law = |channel: usize| match problem.noise() {
        Some(noise) => noise.channels[channel].law,
        None => Law::default(),
    };
    present
        .map(|row| {
            let precision = found.factor * row.weight();
            let score = found.scores.as_ref().map(|scores| scores[row.index()]);
            let plain = -precision.sqrt() * row.residual();
            let robust = score.filter(|_| law(row.row).is_robust());
            Residual {
                channel: row.row,
                set: ends.partition_point(|&end| end <= row.point()),
                time: problem.time(row.point()),
                value: score.map_or(plain, |[score, _]| score),
                leverage: found.of(&row),
                precision,
                robust: robust.map(|[_, distance]| distance),
            }
        })
        .collect()
}

/// Residuals of all priors with their leverages.
fn priors(found: &Leverages) -> Vec<PriorResidual> {
    let problem = found.problem;
    let all = &found.rows.groups;
    let priors = all.len() - usize::from(problem.noise().is_some());
    let groups = all[..priors].iter().skip(2);
    let present = groups.flat_map(|group| rows(group, problem).filter(Row::is_present));
    present
        .map(|row| PriorResidual {
            name: prior_name(problem, &row),
            value: (found.factor * row.weight()).sqrt() * row.residual(),
            leverage: found.of(&row),
            is_estimated: is_spread(problem, &row),
        })
        .collect()
}

/// True for a row of a hierarchy whose deviation is estimated.
fn is_spread(problem: &Problem, row: &Row) -> bool {
    let of_first_states = row
        .entries()
        .any(|(unknown, _)| unknown < problem.path_length());
    let mut own = problem.own().iter().filter(|own| own.spread.is_some());
    of_first_states && own.any(|own| problem.prior_row(own) == row.row)
}

/// Unknown of a prior in words.
fn prior_name(problem: &Problem, row: &Row) -> String {
    // The derivative in the unknown itself is 1; other unknowns are those of a formula of its mean.
    let own = row.entries().find(|&(_, value)| value == 1.0);
    let unknown = own
        .or(row.entries().next())
        .map_or(0, |(unknown, _)| unknown);
    match unknown.checked_sub(problem.path_length()) {
        Some(p) => problem.estimated().nth(p).unwrap_or_default().to_string(),
        None => {
            let dimension = problem.model().dimension();
            let name = &problem.model().states()[unknown % dimension];
            if problem
                .own()
                .iter()
                .any(|own| own.component == unknown % dimension)
            {
                let set = problem.set_of(unknown / dimension);
                return format!("{name} of data set {set}");
            }
            match problem.data().len() {
                1 => format!("the first {name}"),
                _ => format!("the first {name} at {}", problem.time(unknown / dimension)),
            }
        }
    }
}

/// Degrees of freedom of the errors of the model whose noise is stated: all of them, those of
/// parameters that change in time, or none.
fn model_degrees(found: &Leverages, end: &End, measurements: &[Residual]) -> f64 {
    let problem = end.problem;
    let dimension = problem.model().dimension();
    let own = dimension - problem.varying().len();
    let errors = || rows(&found.rows.groups[0], problem).filter(|row| row.weight() > 0.0);
    if end.counts.is_noisy_model {
        // All leverages together are the rank.
        let held = found.rank.held.iter().filter(|&&held| held).count();
        let rank = (found.rank.held.len() - held) as f64;
        let of_data: f64 = measurements.iter().map(|r| r.leverage).sum();
        let of_priors: f64 = priors(found).iter().map(|r| r.leverage).sum();
        return errors().count() as f64 - (rank - of_data - of_priors);
    }
    let constant = problem.own().len();
    let changes = own..dimension - constant;
    let varying = errors().filter(|row| changes.contains(&(row.row % dimension)));
    match changes.is_empty() {
        true => 0.0,
        false => varying.map(|row| 1.0 - found.of(&row)).sum(),
    }
}
