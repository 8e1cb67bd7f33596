//! Data of models with positive states, for the model in the logarithms of these.
//!
//! All that the user gives and sees is in the unit of the states. Data of a positive state x become
//! data of the observable x of the model in logarithms, with the noise that they have.

use std::sync::Arc;

use crate::action::Observations;
use crate::error::{Error, Result};
use crate::model::Model;

/// The model in the logarithms of its positive states, with data for it; both as they are where no
/// state is positive.
///
/// # Errors
/// Numbers of measured columns that the model does not have.
pub(super) fn in_logarithms(
    model: Arc<dyn Model>,
    mut data: Vec<Observations>,
) -> Result<(Arc<dyn Model>, Vec<Observations>)> {
    let Some(changed) = model.in_logarithms() else {
        return Ok((model, data));
    };
    let (dimension, own) = (model.dimension(), model.observables().len());
    let many = data.len() > 1;
    for (number, set) in data.iter_mut().enumerate() {
        for (l, column) in set.observed.iter_mut().enumerate() {
            // Checked here, as further observables follow those that the user knows.
            if *column >= dimension + own {
                let set = if many {
                    format!("data[{number}]")
                } else {
                    "data".into()
                };
                return Err(Error::IndexOutOfRange {
                    path: format!("{set}.observed[{l}]"),
                    index: *column,
                    count: dimension + own,
                });
            }
            let further = own..changed.observables().len();
            let natural = further
                .into_iter()
                .find(|&k| changed.state_of(k) == Some(*column));
            if let Some(k) = natural {
                *column = dimension + k;
            }
        }
    }
    Ok((changed, data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelBuilder;

    fn model() -> Arc<dyn Model> {
        let model = ModelBuilder::new("decay")
            .states(["v", "x"])
            .positive(["x"])
            .observables(["h"])
            .flow(|x, _| vec![-x[0], -x[1] * x[0], x[0] * x[1]])
            .unwrap();
        Arc::new(model)
    }

    fn data(observed: Vec<usize>) -> Vec<Observations> {
        vec![Observations {
            time_step: 0.1,
            points: 2,
            values: vec![1.0; 2 * observed.len()],
            observed,
            ..Observations::default()
        }]
    }

    #[test]
    fn data_of_positive_states_are_data_of_observables() {
        let (changed, sets) = in_logarithms(model(), data(vec![2, 1, 0])).unwrap();
        assert_eq!(changed.states(), ["v", "ln x"]);
        assert_eq!(changed.observables(), ["h", "x"]);
        assert_eq!(sets[0].observed, [2, 3, 0]);
        let error = in_logarithms(model(), data(vec![3])).err().unwrap();
        assert!(error.to_string().contains("data.observed[0]"));
    }
}
