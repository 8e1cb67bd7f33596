//! Points at which inputs jump or events change the state.

use super::Observations;
use crate::error::{check, Error, Result};
use crate::model::{Events, Model};

/// Largest distance of a jump from the time of its event, as a share of the time step.
const NEAR: f64 = 1e-2;

/// Point of a time grid at which inputs jump, events change the state, or inputs bend, so that
/// nothing is smooth across it. A discretisation ends its steps there, and begins new ones.
///
/// ```
/// use least_action::action::{EventOccurrence, Jump};
///
/// let dose = EventOccurrence { kind: 0, numbers: vec![320.0] };
/// let jump = Jump { point: 4, events: vec![dose], ..Jump::default() };
/// assert!(jump.inputs.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Jump {
    /// Number of the point.
    pub point: usize,
    /// Inputs right after the point, one each; empty where they are continuous.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<f64>>"))]
    pub inputs: Vec<f64>,
    /// Events at the point, in the order in which they happen.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<EventOccurrence>>"))]
    pub events: Vec<EventOccurrence>,
}

/// An event that happens: its kind, and the numbers that come with it.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EventOccurrence {
    /// Number of the kind among the model's events.
    pub kind: usize,
    /// Numbers of the event, one per column of its kind.
    pub numbers: Vec<f64>,
}

impl Jump {
    /// This jump at another point.
    pub(crate) fn at(&self, point: usize) -> Jump {
        Jump {
            point,
            ..self.clone()
        }
    }
}

impl Observations {
    /// Checks the points, inputs and events of jumps.
    pub(crate) fn validate_jumps(&self, root: &str, model: &dyn Model) -> Result<()> {
        let inputs = model.inputs().len();
        if !self.interpolation.is_empty() {
            let path = format!("{root}.interpolation");
            check::length(&path, self.interpolation.len(), inputs, "one per input")?;
        }
        let mut before = None;
        for (k, jump) in self.jumps.iter().enumerate() {
            let path = format!("{root}.jumps[{k}]");
            if jump.point >= self.points {
                return Err(Error::IndexOutOfRange {
                    path: format!("{path}.point"),
                    index: jump.point,
                    count: self.points,
                });
            }
            check::require(
                before.is_none_or(|before| jump.point > before),
                &format!("{path}.point"),
                jump.point as f64,
                "greater than that of the jump before it",
            )?;
            before = Some(jump.point);
            if !jump.inputs.is_empty() {
                let path = format!("{path}.inputs");
                check::length(&path, jump.inputs.len(), inputs, "one per input")?;
                check::all_finite(&path, &jump.inputs)?;
            }
            self.validate_events(&path, jump, model)?;
        }
        self.validate_known_times(root, model)
    }

    /// Checks that events which happen at times that the model knows are among the jumps.
    fn validate_known_times(&self, root: &str, model: &dyn Model) -> Result<()> {
        let kinds = model.events().map_or(&[][..], Events::kinds);
        let (start, end) = (self.time(0), self.time(self.points - 1));
        for (k, kind) in kinds.iter().enumerate() {
            for &time in kind.times.iter().filter(|&&t| start <= t && t < end) {
                let mut own = self.jumps.iter().filter(|jump| {
                    let near = (self.time(jump.point) - time).abs() <= NEAR * self.time_step;
                    near && jump.events.iter().any(|event| event.kind == k)
                });
                if own.next().is_none() {
                    return Err(Error::WrongShape {
                        path: format!("{root}.jumps"),
                        message: format!(
                            "lack the event \"{}\" of the model at time {time}; data that are \
                             made with the model have it",
                            kind.name
                        ),
                    });
                }
            }
        }
        Ok(())
    }

    fn validate_events(&self, path: &str, jump: &Jump, model: &dyn Model) -> Result<()> {
        if jump.events.is_empty() {
            return Ok(());
        }
        let Some(events) = model.events() else {
            return Err(Error::WrongShape {
                path: format!("{path}.events"),
                message: format!(
                    "the model {} has no events; define them there",
                    model.name()
                ),
            });
        };
        for (e, event) in jump.events.iter().enumerate() {
            let path = format!("{path}.events[{e}]");
            let Some(kind) = events.kinds().get(event.kind) else {
                return Err(Error::IndexOutOfRange {
                    path: format!("{path}.kind"),
                    index: event.kind,
                    count: events.kinds().len(),
                });
            };
            let path = format!("{path}.numbers");
            let expected = kind.columns.len();
            check::length(&path, event.numbers.len(), expected, "one per column")?;
            check::all_finite(&path, &event.numbers)?;
            self.refuse_order(events, jump, e)?;
        }
        Ok(())
    }

    /// Refuses an event whose result depends on its order among the events at its time.
    fn refuse_order(&self, events: &Events, jump: &Jump, event: usize) -> Result<()> {
        let kind = jump.events[event].kind;
        let earlier = jump.events[..event].iter();
        let Some(other) = earlier
            .map(|other| other.kind)
            .find(|&other| !events.commute(other, kind))
        else {
            return Ok(());
        };
        let name = |kind: usize| &events.kinds()[kind].name;
        Err(Error::WrongShape {
            path: format!("events.{}", name(kind)),
            message: format!(
                "at the time {} both \"{}\" and \"{}\" happen, and their result depends on \
                 which is first: give one of them a time that is a little later",
                self.time(jump.point),
                name(other),
                name(kind)
            ),
        })
    }
}
