//! Noise of all channels, from their options.

use std::collections::BTreeMap;

use super::super::Observations;
use super::definition::{EstimatedPart, NoiseChannel, NoiseDefinition, PREFIX};
use super::law_text::{self, TextContext};
use super::laws::{check_data, law_is_relative};
use super::{ChannelNoise, NoiseFamily, NoisePart};
use crate::error::{check, Error, Result};
use crate::model::{LogScale, Model, NoiseScale};

/// Size of predictions, beside that of the data, below which proportional noise falls no further.
const FLOOR: f64 = 1e-3;

/// Root mean square of a column over all data sets, about the mean of each and about zero.
fn sizes(data: &[Observations], column: usize) -> [f64; 2] {
    let (mut about, mut whole, mut count) = (0.0, 0.0, 0.0);
    for set in data {
        let columns = || set.columns_of(column).flat_map(|l| set.column(l));
        let present = || columns().filter(|y| !y.is_nan());
        let own = present().count() as f64;
        if own == 0.0 {
            continue;
        }
        let mean = present().sum::<f64>() / own;
        about += present().map(|y| (y - mean) * (y - mean)).sum::<f64>();
        whole += present().map(|y| y * y).sum::<f64>();
        count += own;
    }
    [about, whole].map(|sum| (sum / count).sqrt())
}

/// Spread of a column: that about its mean, or its size where it rests; 1 where it is zero.
pub(crate) fn spread(data: &[Observations], column: usize) -> f64 {
    let [about, whole] = sizes(data, column);
    [about, whole].into_iter().find(|s| *s > 0.0).unwrap_or(1.0)
}

/// Reads the noise of all measured columns, whose names are `names`. `values` are those of the
/// model's parameters.
///
/// # Errors
/// Names that are not measured, numbers that are not positive, bounds and ranges in disorder.
pub(crate) fn define(
    noise: &BTreeMap<String, ChannelNoise>,
    data: &[Observations],
    columns: &[usize],
    names: &[String],
    (model, values): (&dyn Model, &[f64]),
) -> Result<NoiseDefinition> {
    for name in noise.keys() {
        let path = format!("noise.{name}");
        check::position(&path, name, names.iter().map(String::as_str))?;
    }
    let mut found = NoiseDefinition {
        channels: Vec::new(),
        parameters: Vec::new(),
    };
    for (&column, name) in columns.iter().zip(names) {
        let channel = noise.get(name).cloned().unwrap_or_default();
        let [spread, floor] = [spread(data, column), FLOOR * sizes(data, column)[1]];
        let (mut parts, mut parameters, mut formula) = ([None, None], [None, None], None);
        for (k, part) in channel.parts().into_iter().enumerate() {
            let first = match channel.family {
                NoiseFamily::NegativeBinomial => "dispersion",
                _ => "deviation",
            };
            let field = [first, "proportional"][k];
            let path = format!("noise.{name}.{field}");
            match part {
                None => {}
                Some(NoisePart::Known(value)) => {
                    check::positive(&path, value)?;
                    parts[k] = Some(LogScale::Known(libm::log(value)));
                }
                Some(NoisePart::Text(text)) => {
                    if k == 1 || channel.proportional.is_some() {
                        return Err(Error::WrongShape {
                            path,
                            message: "a formula is the whole deviation: write the share of the \
                                      prediction into it, and leave proportional out"
                                .into(),
                        });
                    }
                    formula = Some((path, text));
                }
                Some(NoisePart::Estimated(details)) => {
                    let is_share = k == 1 || law_is_relative(channel.family);
                    let size = if is_share { 1.0 } else { spread };
                    let number = found.parameter(&EstimatedPart {
                        channel: name,
                        suffix: ["", ".proportional"][k],
                        path: &path,
                        details,
                        size,
                        names,
                    })?;
                    parts[k] = Some(LogScale::Parameter(number));
                    parameters[k] = Some(number);
                }
            }
        }
        let path = format!("noise.{name}");
        let law = channel.law(&path)?;
        check_data(law, channel.support, &path, name, data, column)?;
        let text = law_text::define(
            &channel,
            &mut found,
            &TextContext {
                path: &path,
                channel: name,
                names,
                data,
                column,
                model,
                values,
            },
        )?;
        found.channels.push(NoiseChannel {
            family: channel.chosen_family(&path)?,
            law,
            scale: NoiseScale {
                name: format!("{PREFIX}{name}"),
                column,
                deviation: parts[0],
                proportional: parts[1],
                floor,
                formula,
                arguments: text.arguments,
            },
            parameters,
            text: text.law,
            own: text.own,
        });
    }
    Ok(found)
}
