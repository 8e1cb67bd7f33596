//! Data as values of the states that a model is described by.
//!
//! A model in the logarithms of its positive states has data of the states themselves. Starting
//! paths need values of the logarithms: `ln y` with the relative error of y. Data within a few
//! deviations of zero say nothing of a logarithm, and are left out.

use std::sync::Arc;

use super::{Observations, Precision};
use crate::model::{state_coordinate, Coordinate, Model};

/// Deviations of its noise that a datum must be from zero to tell its logarithm.
const LEAST: f64 = 2.0;

/// Data whose columns are states where they tell the value of one state alone.
#[derive(Clone)]
pub(super) struct StateData {
    pub sets: Arc<[Observations]>,
    /// Precisions that belong to them; `None` where they are those of the data.
    pub precision: Option<Precision>,
}

impl StateData {
    /// The data themselves, unless some of them are of states in other coordinates.
    pub fn new(model: &dyn Model, data: &Arc<[Observations]>, precision: &Precision) -> Self {
        let dimension = model.dimension();
        let state = |column: usize| model.state_of(column.checked_sub(dimension)?);
        let columns = || data.iter().flat_map(|set| &set.observed);
        if !columns().any(|&column| state(column).is_some()) {
            return StateData {
                sets: data.clone(),
                precision: None,
            };
        }
        let mut sets = data.to_vec();
        let mut per_datum = Vec::new();
        let mut first = 0;
        for set in &mut sets {
            let width = set.observed.len();
            let mut weights: Vec<Vec<f64>> = (first..first + set.points)
                .map(|n| (0..width).map(|l| precision.weight(n, l)).collect())
                .collect();
            first += set.points;
            for l in 0..width {
                let Some(a) = state(set.observed[l]) else {
                    continue;
                };
                set.observed[l] = a;
                let coordinate = state_coordinate(model, a);
                read(&mut set.values, &mut weights, [l, width], coordinate);
            }
            per_datum.extend(weights);
        }
        StateData {
            sets: sets.into(),
            precision: Some(Precision::PerDatum { per_datum }),
        }
    }
}

/// Replaces the data of column `l` of `width` by coordinates of them, and their precisions by those
/// of the coordinates.
fn read(
    values: &mut [f64],
    weights: &mut [Vec<f64>],
    [l, width]: [usize; 2],
    coordinate: Coordinate,
) {
    let tells = |y: f64, weight: f64| y * weight.sqrt() > LEAST;
    let rows = values.chunks_exact(width).zip(&*weights);
    let any = rows.clone().any(|(row, own)| tells(row[l], own[l]));
    for (row, own) in values.chunks_exact_mut(width).zip(weights) {
        let (y, weight) = (row[l], own[l]);
        (row[l], own[l]) = match any {
            true if tells(y, weight) => {
                let [slope, ..] = coordinate.slopes(coordinate.of(y));
                (coordinate.of(y), weight * slope * slope)
            }
            true => (f64::NAN, 1.0),
            // Nothing is known but that they are about as small as their noise.
            false if y.is_nan() => (y, 1.0),
            false => (coordinate.of(y.max(1.0 / weight.sqrt())), 1.0),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelBuilder;

    #[test]
    fn data_of_positive_states_tell_logarithms_where_they_are_above_their_noise() {
        let model = ModelBuilder::new("decay")
            .states(["x"])
            .positive(["x"])
            .flow(|x, _| vec![-x[0]])
            .unwrap();
        let model = model.in_logarithms().unwrap();
        let with = |values: Vec<f64>| -> Arc<[Observations]> {
            let set = Observations {
                time_step: 1.0,
                points: values.len(),
                observed: vec![1],
                values,
                ..Observations::default()
            };
            vec![set].into()
        };
        let data = with(vec![10.0, f64::NAN, 0.3, -0.1]);
        let read = StateData::new(&model, &data, &4.0.into());
        assert_eq!(read.sets[0].observed, [0]);
        assert_eq!(read.sets[0].values[0], libm::log(10.0));
        assert!(read.sets[0].values[1..].iter().all(|y| y.is_nan()));
        let precision = read.precision.unwrap();
        assert!((precision.weight(0, 0) - 400.0).abs() < 1e-9);
        let none = StateData::new(&model, &with(vec![0.0, 0.0]), &4.0.into());
        assert_eq!(none.sets[0].values, [libm::log(0.5); 2]);
    }
}
