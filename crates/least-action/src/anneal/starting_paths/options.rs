//! Options of starting paths.

use std::collections::BTreeMap;

use crate::error::{check, Result};
use crate::model::{state_coordinate, state_name, Coordinate, Model};

/// Starting strategy: the way in which starting paths are made.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum StartingStrategy {
    /// Strategy `ensemble-filter`, and at every fourth start `growing-window`: quick where the
    /// filter finds the path, and reliable where it does not. Where `firstState` says how every
    /// state begins that is not measured, every second start is `forward`, the first one too.
    #[default]
    Automatic,
    /// The mean path of an ensemble Kalman filter over states and estimated parameters. It fails
    /// where the ensemble loses the data: with few observed components, or long times between
    /// measurements.
    EnsembleFilter,
    /// A path grown from many minimisations over the first points: the best are extended, minimised
    /// again, and the worse ones dropped, until they span the data. It is slower, and it fails
    /// where the first points say too little.
    GrowingWindow,
    /// A forward integration from the first state, as far as it is known, with the parameters that
    /// explain the data best of many drawn ones, improved by a few steps of shooting.
    Forward,
    /// A forward integration with drawn parameters, gently pulled towards the data.
    Nudged,
    /// A forward integration with drawn parameters, pulled so strongly that chaotic models
    /// synchronise with the data.
    Synchronising,
    /// The data, with straight lines across gaps; components that are not observed are constant.
    Data,
    /// White noise; observed components are the data unless `observed` is `random`.
    Random,
}

impl StartingStrategy {
    /// All starting strategies, in the order of their declaration.
    pub const ALL: [StartingStrategy; 8] = [
        StartingStrategy::Automatic,
        StartingStrategy::EnsembleFilter,
        StartingStrategy::GrowingWindow,
        StartingStrategy::Forward,
        StartingStrategy::Nudged,
        StartingStrategy::Synchronising,
        StartingStrategy::Data,
        StartingStrategy::Random,
    ];

    /// Name that options and files use.
    pub fn name(self) -> &'static str {
        match self {
            StartingStrategy::Automatic => "automatic",
            StartingStrategy::EnsembleFilter => "ensemble-filter",
            StartingStrategy::GrowingWindow => "growing-window",
            StartingStrategy::Forward => "forward",
            StartingStrategy::Nudged => "nudged",
            StartingStrategy::Synchronising => "synchronising",
            StartingStrategy::Data => "data",
            StartingStrategy::Random => "random",
        }
    }

    /// Strategy of starting path number `start`; `known` is true where the first states are.
    pub(in crate::anneal) fn at(self, start: usize, known: bool) -> StartingStrategy {
        match self {
            StartingStrategy::Automatic if known && start.is_multiple_of(2) => {
                StartingStrategy::Forward
            }
            StartingStrategy::Automatic if start % 4 == 3 => StartingStrategy::GrowingWindow,
            StartingStrategy::Automatic => StartingStrategy::EnsembleFilter,
            chosen => chosen,
        }
    }
}

/// Values of observed components in a random starting path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum ObservedStart {
    /// The data, with straight lines across gaps: the first rung starts at its minimum.
    #[default]
    Data,
    /// Random values, like those of the other components.
    Random,
}

/// Range from which states of starting paths are drawn: one for all states, or one by name.
///
/// ```
/// use least_action::anneal::{Range, StartingPaths};
///
/// let paths = StartingPaths { range: Some([-20.0, 20.0].into()), ..StartingPaths::default() };
/// assert_eq!(paths.range, Some(Range::All([-20.0, 20.0])));
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
#[cfg_attr(
    feature = "typescript",
    derive(ts_rs::TS),
    ts(rename = "StartingRange")
)]
#[non_exhaustive]
pub enum Range {
    /// One interval for every state.
    All(#[cfg_attr(feature = "typescript", ts(type = "readonly [number, number]"))] [f64; 2]),
    /// Intervals of states by name; states that are not named have the automatic range.
    PerState(
        #[cfg_attr(
            feature = "typescript",
            ts(type = "{ readonly [name: string]: readonly [number, number] }")
        )]
        BTreeMap<String, [f64; 2]>,
    ),
}

impl From<[f64; 2]> for Range {
    fn from(range: [f64; 2]) -> Self {
        Range::All(range)
    }
}

/// Options of the starting paths from which ladders are climbed.
///
/// ```
/// use least_action::anneal::{StartingPaths, StartingStrategy};
///
/// let paths = StartingPaths {
///     count: 50,
///     start: StartingStrategy::Nudged,
///     seed: 7,
///     ..StartingPaths::default()
/// };
/// assert_eq!(paths.enough, None);
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct StartingPaths {
    /// Maximum number of starting paths; a run ends earlier when `enough` of them have found a path
    /// that the data allow. Default: 20.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub count: usize,
    /// Number of starts that must reach a level that the stated noise explains before the run ends;
    /// `count` to climb from all of them. A start counts only if all before it are done, so the
    /// result does not depend on the number of threads. Default: 1 where the data confirm the
    /// stated noise or leave no room for a second level that would pass; else the run ends when 3
    /// starts share the lowest level.
    pub enough: Option<usize>,
    /// True to stop a start once its action is so high that the noise cannot explain it any more
    /// (along one minimum the action only rises with R_f). If no start reaches a consistent level,
    /// those stopped are climbed to the end after all. Default: true.
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub prune: bool,
    /// Starting strategy. Default: `automatic`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<StartingStrategy>"))]
    pub start: StartingStrategy,
    /// Range from which states are drawn: one interval for all, or by name. Default: bounds where
    /// they are finite, else the range of the data, else the range of a forward integration of the
    /// model with the parameters in the middle of their initial ranges. Without a range here,
    /// `ensemble-filter`, `nudged` and `synchronising` draw whole states of that integration.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub range: Option<Range>,
    /// Seed of the starting paths: a whole number from 0 on, from TypeScript up to 2^53 - 1. The
    /// same seed gives the same bits. Default: 0.
    #[cfg_attr(feature = "typescript", ts(type = "number", optional))]
    pub seed: u64,
    /// Values of observed components in a random starting path. Default: the data.
    #[cfg_attr(feature = "typescript", ts(as = "Option<ObservedStart>"))]
    pub observed: ObservedStart,
}

impl Default for StartingPaths {
    fn default() -> Self {
        StartingPaths {
            count: 20,
            enough: None,
            prune: true,
            start: StartingStrategy::default(),
            range: None,
            seed: 0,
            observed: ObservedStart::default(),
        }
    }
}

impl StartingPaths {
    pub(in crate::anneal) fn validate(&self, path: &str) -> Result<()> {
        check::at_least(&format!("{path}.count"), self.count, 1)?;
        if let Some(enough) = self.enough {
            check::at_least(&format!("{path}.enough"), enough, 1)?;
        }
        match &self.range {
            None => Ok(()),
            Some(Range::All(range)) => check::range(&format!("{path}.range"), *range),
            Some(Range::PerState(ranges)) => ranges.iter().try_for_each(|(name, range)| {
                check::range(&format!("{path}.range.{name}"), *range)
            }),
        }
    }

    /// Checks the states that `range` names, and that ranges of positive states are.
    pub(in crate::anneal) fn validate_states(&self, path: &str, model: &dyn Model) -> Result<()> {
        let states = 0..model.dimension();
        let names = states.clone().map(|a| state_name(model, a));
        let is_within = |path: String, state: usize, [low, _]: [f64; 2]| {
            let is_linear = state_coordinate(model, state) == Coordinate::Linear;
            let name = state_name(model, state);
            let expected = format!("greater than zero, as {name} is positive");
            check::require(is_linear || low > 0.0, &path, low, &expected)
        };
        match &self.range {
            None => Ok(()),
            Some(Range::All(range)) => states
                .into_iter()
                .try_for_each(|state| is_within(format!("{path}.range[0]"), state, *range)),
            Some(Range::PerState(ranges)) => ranges.iter().try_for_each(|(name, range)| {
                let path = format!("{path}.range.{name}");
                let state = check::position(&path, name, names.clone())?;
                is_within(format!("{path}[0]"), state, *range)
            }),
        }
    }
}

mod read {
    //! Deserialisation written by hand: an untagged enum would lose the place of an error.

    use std::collections::BTreeMap;
    use std::fmt;

    use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

    use super::Range;

    impl<'de> Deserialize<'de> for Range {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(RangeVisitor)
        }
    }

    struct RangeVisitor;

    impl<'de> Visitor<'de> for RangeVisitor {
        type Value = Range;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("an interval [low, high], or an object with an interval per state")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Range, A::Error> {
            let mut range = [0.0; 2];
            for (i, end) in range.iter_mut().enumerate() {
                let next = list.next_element()?;
                *end = next.ok_or_else(|| A::Error::invalid_length(i, &self))?;
            }
            match list.next_element::<f64>()? {
                None => Ok(Range::All(range)),
                Some(_) => Err(A::Error::invalid_length(3, &self)),
            }
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Range, A::Error> {
            let mut ranges = BTreeMap::new();
            while let Some((name, range)) = map.next_entry()? {
                ranges.insert(name, range);
            }
            Ok(Range::PerState(ranges))
        }
    }
}
