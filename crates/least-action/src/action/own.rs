//! Parameters that differ by data set: states that are constant in time.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::grid::Grid;
use super::intervals::{check_interval, Intervals};
use super::prior::{Mean, PriorTerm, Priors};
use super::varying::Varying;
use super::{Observations, ParameterPrior, PriorDensity};
use crate::error::{check, Error, Result};
use crate::model::{Coordinate, Model, Parameter};

/// Deviation by which an own value may change over a whole data set, relative to the size of the
/// parameter. It stands for zero: data that tell the value to a share s of its size move its ends
/// apart by (1e-4 / s)^2 of what they leave uncertain. The limit of an exact model has no such
/// change at all.
const CONSTANT: f64 = 1e-4;

/// Deviation of the values of a group about their common one, relative to the size of the
/// parameter. It stands for zero, as that of an exact formula of a first state does.
const EXACT: f64 = 1e-6;

/// Parameter that differs by data set.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnParameter {
    /// Size of the differences of its values that matter, in its coordinate.
    pub size: f64,
    /// Lowest and highest value, in its coordinate; an end may be infinite.
    pub bounds: Option<[f64; 2]>,
    /// Prior of each value.
    pub prior: Option<ParameterPrior>,
    /// Relation of the values of the data sets to each other.
    pub relation: Relation,
}

/// Relation of the values of a parameter in several data sets.
#[derive(Debug, Clone, PartialEq)]
pub enum Relation {
    /// No relation.
    None,
    /// Normal distribution about a mean, in the parameter's coordinate, with this deviation. The
    /// mean is estimated under the name of the parameter.
    Hierarchy(Spread),
    /// Common values of groups of data sets: the name of the group of each data set.
    Groups(Vec<String>),
}

/// Deviation of the values of a parameter about their mean, in the parameter's coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread {
    /// Deviation that is known.
    Known(f64),
    /// Deviation that is estimated, from this value on.
    Estimated(f64),
}

impl Spread {
    fn deviation(self) -> f64 {
        let (Spread::Known(deviation) | Spread::Estimated(deviation)) = self;
        deviation
    }
}

/// Own parameter of a problem.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Own {
    /// Number of the state that stands for the parameter.
    pub component: usize,
    /// Places of the means among the estimated parameters, one for all data sets or one each;
    /// empty where there is none.
    means: Vec<usize>,
    /// True if the means are those of a hierarchy.
    pub is_hierarchy: bool,
    /// Place of the logarithm of the estimated deviation among the estimated parameters.
    pub spread: Option<usize>,
    /// Deviation about the means that is known.
    deviation: f64,
    /// Values that are known, one for each data set; empty where they are estimated.
    known: Vec<f64>,
}

impl Own {
    /// True if the value of each data set is known.
    pub fn is_known(&self) -> bool {
        !self.known.is_empty()
    }

    /// Values that are known, one for each data set.
    pub fn known(&self) -> &[f64] {
        &self.known
    }

    /// Deviation about the means: as it is known, or on the ladder.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }

    /// Place of the mean of a hierarchy among the estimated parameters.
    pub fn mean(&self) -> Option<usize> {
        self.means.first().copied().filter(|_| self.is_hierarchy)
    }
}

/// Name of a parameter itself whose coordinate may have this name.
fn natural(name: &str) -> (Coordinate, &str) {
    let logit = Coordinate::Logit {
        low: 0.0,
        high: 1.0,
    };
    for scale in [Coordinate::Log, Coordinate::Log10, logit] {
        let own = scale.parameter_name(name);
        if own != name {
            return (scale, own);
        }
    }
    (Coordinate::Linear, name)
}

/// Name of the deviation between data sets of a parameter, or of its coordinate.
pub fn spread_name(parameter: &str) -> String {
    format!("deviation of {}", natural(parameter).1)
}

/// Name of the value that a group of data sets has of a parameter, or of its coordinate.
pub fn group_name(parameter: &str, group: &str) -> String {
    format!("{parameter} of {group}")
}

fn log_spread_name(parameter: &str) -> String {
    Coordinate::Log.name(&spread_name(parameter))
}

/// Groups of a parameter, each once, in the order of the data sets.
pub(crate) fn distinct(labels: &[String]) -> Vec<&str> {
    let mut seen = std::collections::HashSet::new();
    let each = labels.iter().map(String::as_str);
    each.filter(|label| seen.insert(*label)).collect()
}

/// Parameters that data sets state, by name, with one value for each data set.
///
/// # Errors
/// Names that the model does not have or that are estimated, and values that are not finite.
pub(super) fn stated(
    model: &dyn Model,
    data: &[Observations],
    options: &super::ActionOptions,
) -> Result<BTreeMap<String, Vec<f64>>> {
    let mut found: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let names = model.parameters().iter().map(|p| p.name.as_str());
    for (s, set) in data.iter().enumerate() {
        let root = match data.len() {
            1 => "data".into(),
            _ => format!("data[{s}]"),
        };
        for (name, &value) in &set.parameters {
            let path = format!("{root}.parameters.{name}");
            let is_own = |one: &String| natural(one).1 == name;
            let mut estimated = options.estimate.iter().chain(options.own.keys());
            if estimated.any(is_own) || options.varying.contains_key(name) {
                return Err(Error::WrongShape {
                    path,
                    message: format!(
                        "{name} is estimated: leave out its value here, or estimate.{name}"
                    ),
                });
            }
            let index = check::position(&path, name, names.clone())?;
            check::finite(&path, value)?;
            let others = options.parameters.get(name).copied();
            let others = others.unwrap_or(model.parameters()[index].default);
            let values = found.entry(name.clone());
            values.or_insert_with(|| vec![others; data.len()])[s] = value;
        }
    }
    Ok(found)
}

/// Model with own parameters among its states, with what follows from that.
pub(super) struct WithOwn {
    pub model: Arc<dyn Model>,
    /// The own parameters as parameters that hardly change.
    pub constants: Vec<Varying>,
    /// Names of the further parameters to estimate: groups, and deviations of hierarchies.
    pub further: Vec<String>,
}

/// The model with own parameters as its last states. Values of groups and deviations of hierarchies
/// are its last parameters.
pub(super) fn with_own(
    model: Arc<dyn Model>,
    given: &BTreeMap<String, OwnParameter>,
    stated: &BTreeMap<String, Vec<f64>>,
    points: usize,
) -> Result<WithOwn> {
    if given.is_empty() && stated.is_empty() {
        return Ok(WithOwn {
            model,
            constants: Vec::new(),
            further: Vec::new(),
        });
    }
    let names = model.parameters().iter().map(|p| p.name.as_str());
    let mut chosen = Vec::new();
    for (name, own) in given {
        let path = format!("estimate.{name}");
        chosen.push((check::position(&path, name, names.clone())?, Some(own)));
    }
    for name in stated.keys() {
        chosen.push((check::position("parameters", name, names.clone())?, None));
    }
    chosen.sort_unstable_by_key(|&(parameter, _)| parameter);
    let positions: Vec<usize> = chosen.iter().map(|&(parameter, _)| parameter).collect();
    let (mut means, mut further) = (Vec::new(), Vec::new());
    for (p, own) in chosen.iter().filter_map(|&(p, own)| Some((p, own?))) {
        let parameter = &model.parameters()[p];
        let coordinate = model.coordinates().get(p).copied().unwrap_or_default();
        match &own.relation {
            Relation::None => {}
            Relation::Hierarchy(spread) => {
                means.push(p);
                if let Spread::Estimated(_) = spread {
                    let deviation = Parameter {
                        name: log_spread_name(&parameter.name),
                        default: 0.0,
                        description: "natural logarithm of the deviation between data sets".into(),
                    };
                    further.push((deviation, Coordinate::Log));
                }
            }
            Relation::Groups(labels) => {
                let each = distinct(labels).into_iter().map(|label| Parameter {
                    name: group_name(&parameter.name, label),
                    ..parameter.clone()
                });
                further.extend(each.map(|parameter| (parameter, coordinate)));
            }
        }
    }
    let changed = model.with_states(&positions, &means, &further);
    let changed = changed.ok_or_else(|| Error::WrongShape {
        path: "estimate".into(),
        message: format!(
            "{} is not made of expressions, so all data sets share its parameters: leave out \
             across, and parameters of data sets",
            model.name()
        ),
    })?;
    let first = model.dimension();
    let constants = chosen.iter().enumerate().map(|(k, (_, own))| {
        let size = own.map_or(1.0, |own| own.size);
        let step = CONSTANT * if size > 0.0 { size } else { 1.0 };
        Varying {
            component: first + k,
            precision: points as f64 / (step * step),
            is_constant: true,
            from: 0.0,
        }
    });
    Ok(WithOwn {
        constants: constants.collect(),
        further: further
            .into_iter()
            .map(|(parameter, _)| parameter.name)
            .collect(),
        model: changed,
    })
}

/// Own parameters of a problem, in the order of their states.
pub(super) fn own_parameters(
    model: &dyn Model,
    given: &BTreeMap<String, OwnParameter>,
    stated: &BTreeMap<String, Vec<f64>>,
    varying: &[Varying],
    estimated: &[usize],
) -> Vec<Own> {
    let places: BTreeMap<&str, usize> = (estimated.iter().enumerate())
        .map(|(place, &p)| (model.parameters()[p].name.as_str(), place))
        .collect();
    let place = |name: &str| places.get(name).copied();
    let constants = varying.iter().filter(|v| v.is_constant);
    let each = constants.map(|v| {
        let name = &model.states()[v.component];
        let mut own = Own {
            component: v.component,
            means: Vec::new(),
            is_hierarchy: false,
            spread: None,
            deviation: 1.0,
            known: Vec::new(),
        };
        let Some(given) = given.get(name) else {
            own.known = stated.get(name).cloned().unwrap_or_default();
            return own;
        };
        match &given.relation {
            Relation::None => {}
            Relation::Hierarchy(spread) => {
                own.is_hierarchy = true;
                own.means.extend(place(name));
                own.deviation = spread.deviation();
                if let Spread::Estimated(_) = spread {
                    own.spread = place(&log_spread_name(name));
                }
            }
            Relation::Groups(labels) => {
                let mean = |label: &String| place(&group_name(name, label));
                own.means = labels.iter().filter_map(mean).collect();
                own.deviation = EXACT * if given.size > 0.0 { given.size } else { 1.0 };
            }
        }
        own
    });
    each.collect()
}

/// Bounds and priors of own parameters.
pub(super) struct OwnTerms<'a> {
    pub model: &'a dyn Model,
    pub given: &'a BTreeMap<String, OwnParameter>,
    pub own: &'a [Own],
    pub grid: &'a Grid,
    /// Number of all unknowns.
    pub unknowns: usize,
}

impl OwnTerms<'_> {
    fn name(&self, own: &Own) -> &str {
        &self.model.states()[own.component]
    }

    fn unbounded(&self) -> Intervals {
        Intervals {
            lower: vec![f64::NEG_INFINITY; self.unknowns],
            upper: vec![f64::INFINITY; self.unknowns],
        }
    }

    /// Adds the bounds of all values. Those of a value that is known are the value.
    pub fn bound(&self, intervals: &mut Option<Intervals>) -> Result<()> {
        let dimension = self.model.dimension();
        for own in self.own {
            let name = self.name(own);
            let bounds = self.given.get(name).and_then(|given| given.bounds);
            if let Some(bounds) = bounds {
                check_interval(&format!("estimate.{name}.bounds"), bounds)?;
            }
            if let Some(place) = own.spread {
                // The ladder has the deviations of hierarchies as they start.
                let ends = intervals.get_or_insert_with(|| self.unbounded());
                let (unknown, log) = (
                    self.grid.len() * dimension + place,
                    libm::log(own.deviation),
                );
                (ends.lower[unknown], ends.upper[unknown]) = (log, log);
            }
            for (set, segment) in self.grid.segments.iter().enumerate() {
                let known = own.known.get(set).map(|&value| [value; 2]);
                let Some([low, high]) = known.or(bounds) else {
                    continue;
                };
                let ends = intervals.get_or_insert_with(|| self.unbounded());
                for point in segment.first..segment.first + segment.points {
                    let unknown = point * dimension + own.component;
                    (ends.lower[unknown], ends.upper[unknown]) = (low, high);
                }
            }
        }
        Ok(())
    }

    /// Adds the prior of each data set's value.
    pub fn priors(&self, priors: &mut Priors) -> Result<()> {
        let dimension = self.model.dimension();
        let before = priors.terms.len();
        for own in self.own {
            let name = self.name(own);
            let prior = self.given.get(name).and_then(|given| given.prior);
            let coordinate = self.model.state_coordinates().get(own.component);
            let coordinate = coordinate.copied().unwrap_or_default();
            let path = format!("estimate.{name}.prior");
            let precision = 1.0 / (own.deviation * own.deviation);
            let alone = match prior.filter(|_| own.means.is_empty()) {
                None => None,
                Some(prior) => Some(match prior.as_normal(coordinate) {
                    Some(normal) => {
                        let precision = normal.precision(&path)?;
                        PriorTerm::normal(0, Mean::Number(normal.mean), precision)
                    }
                    None => PriorTerm {
                        density: Some(PriorDensity::new(&path, prior, coordinate)?),
                        ..PriorTerm::normal(0, Mean::Number(0.0), 1.0)
                    },
                }),
            };
            let mut any = false;
            for (set, segment) in self.grid.segments.iter().enumerate() {
                let mean = own.means.get(set).or(own.means.first());
                let about = mean.map(|&place| PriorTerm {
                    spread: own.spread,
                    ..PriorTerm::normal(0, Mean::Parameter(place), precision)
                });
                if let Some(term) = about.or(alone) {
                    any = true;
                    priors.terms.push(PriorTerm {
                        unknown: segment.first * dimension + own.component,
                        ..term
                    });
                }
            }
            if any {
                // Own parameters are the last states, so the list stays sorted.
                priors.states.push(own.component);
            }
        }
        if priors.terms.len() > before {
            priors.terms.sort_by_key(|term| term.unknown);
        }
        Ok(())
    }
}
