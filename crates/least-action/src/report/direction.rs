//! Directions in the unknowns, in words.

use super::shortest;

/// Part of a direction: how far one unknown moves along it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DirectionPart {
    /// Name of the unknown.
    pub name: String,
    /// Movement of the unknown, in its own unit.
    pub value: f64,
    /// Size of the unknown, in its own unit, beside which its movement is long or short.
    pub size: f64,
    /// One over the standard deviation of the unknown where all others are known; 0 if nothing is
    /// known of it.
    pub stiffness: f64,
}

/// Parts of a direction that must be named, so that the words mean this direction and no other.
/// They are divided by the movement of the first, which is the longest beside its size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Direction(Vec<DirectionPart>);

/// Least movement of a named part, beside the size of its unknown and as a share of the longest.
const SHARE: f64 = 0.1;
/// Least movement of a named part in standard deviations at known others, where the longest moves
/// by its size: what is moved by more would be seen.
const SEEN: f64 = 0.1;
/// Least movement that is more than rounding, beside the size and as a share of the longest.
const ROUNDING: f64 = 1e-9;
/// Difference of two movements, beside their sizes, that count as the same.
const SAME: f64 = 1e-6;

impl Direction {
    /// Direction with these parts, in the order in which their unknowns are listed. `length` is how
    /// far along it may be moved, in units in which the parts are given; infinite if nothing limits
    /// it.
    pub fn new(parts: Vec<DirectionPart>, length: f64) -> Self {
        let relative = |part: &DirectionPart| (part.value / part.size).abs();
        let longest = parts.iter().map(relative).fold(0.0, f64::max);
        let Some(lead) = parts
            .iter()
            .position(|p| relative(p) >= (1.0 - SAME) * longest)
        else {
            return Direction(parts);
        };
        // Moved until the longest part is as long as its unknown is large, or as far as one can.
        let reach = length.min(1.0 / longest);
        let is_named = |(k, part): &(usize, &DirectionPart)| {
            let seen = reach * part.value.abs() * part.stiffness >= SEEN;
            let share = relative(part) / longest;
            *k == lead || share >= SHARE || (seen && share >= ROUNDING)
        };
        let unit = parts[lead].value;
        let named = parts.iter().enumerate().filter(is_named);
        let mut named: Vec<(usize, DirectionPart)> = named
            .map(|(k, part)| {
                let value = part.value / unit;
                (
                    k,
                    DirectionPart {
                        value,
                        ..part.clone()
                    },
                )
            })
            .collect();
        named.sort_by_key(|(k, _)| (*k != lead, *k));
        Direction(named.into_iter().map(|(_, part)| part).collect())
    }

    /// Combination in words, each unknown in its own unit: `k1 - 0.01 k2`.
    pub fn combination(&self) -> String {
        let mut text = String::new();
        for (k, part) in self.0.iter().enumerate() {
            let figure = rounded(part.value.abs());
            let factor = if figure == "1" {
                String::new()
            } else {
                figure + " "
            };
            let sign = match (k, part.value < 0.0) {
                (0, _) => "",
                (_, true) => " - ",
                (_, false) => " + ",
            };
            text.push_str(&format!("{sign}{factor}{}", part.name));
        }
        text
    }

    /// True if only one unknown moves.
    pub fn is_single(&self) -> bool {
        self.0.len() == 1
    }

    /// Movement along the direction in words: `k1 up by 1 with k2 down by 0.01`; `any value of k1`
    /// if only one unknown moves.
    pub fn movement(&self) -> String {
        if let [only] = &self.0[..] {
            return format!("any value of {}", only.name);
        }
        let part = |part: &DirectionPart| {
            let way = if part.value < 0.0 { "down" } else { "up" };
            format!("{} {way} by {}", part.name, rounded(part.value.abs()))
        };
        let parts: Vec<String> = self.0.iter().map(part).collect();
        match &parts[..] {
            [] => String::new(),
            [first, rest @ ..] => format!("{first} with {}", rest.join(" and ")),
        }
    }
}

/// Number with three significant digits.
fn rounded(value: f64) -> String {
    match format!("{value:.2e}").parse() {
        Ok(value) => shortest(value),
        Err(_) => shortest(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, value: f64, size: f64, stiffness: f64) -> DirectionPart {
        DirectionPart {
            name: name.into(),
            value,
            size,
            stiffness,
        }
    }

    #[test]
    fn a_part_is_left_out_only_if_nothing_would_tell() {
        // The rate k1 + 100 k2, known to 0.01, at sizes that hide k2.
        let parts = |stiffness| {
            vec![
                part("k1", 2.0, 1.0, 100.0),
                part("k2", -0.02, 1.0, stiffness),
            ]
        };
        let free = Direction::new(parts(1e4), f64::INFINITY);
        assert_eq!(free.combination(), "k1 - 0.01 k2");
        assert_eq!(free.movement(), "k1 up by 1 with k2 down by 0.01");
        let other = Direction::new(parts(1.0), f64::INFINITY);
        assert_eq!(other.combination(), "k1");
        assert_eq!(other.movement(), "any value of k1");
        // A movement that is short enough is not seen either.
        assert_eq!(Direction::new(parts(1e4), 1e-6).combination(), "k1");
    }

    #[test]
    fn the_longest_part_beside_its_size_comes_first() {
        let parts = vec![part("a", -1.0, 10.0, 1.0), part("b", 3.0, 1.0, 1.0)];
        let found = Direction::new(parts, f64::INFINITY);
        assert_eq!(found.combination(), "b - 0.333 a");
        // Of equal ones, the first that is listed.
        let parts = vec![part("a", 1.0, 1.0, 1.0), part("b", 2.0, 2.0, 1.0)];
        assert_eq!(Direction::new(parts, 1.0).combination(), "a + 2 b");
        let tiny = vec![part("a", 1.0, 1.0, 1.0), part("b", 1.234e-7, 1e-7, 1.0)];
        assert_eq!(Direction::new(tiny, 1.0).combination(), "b + 8100000 a");
    }
}
