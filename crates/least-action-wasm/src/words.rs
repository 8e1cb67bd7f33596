//! Translation of serde's messages into the terms of JavaScript.

/// Message of serde or of its derived code in the terms of JavaScript. Other messages, such as
/// those of hand-written readers, stay.
pub fn in_javascript(text: &str) -> String {
    if text == "invalid length 0, expected 1" || text == "invalid length 2, expected 1" {
        // An enum is looked for as the only field of an object.
        return "must be a name in quotes, got an object or an array".into();
    }
    if text.starts_with("TypeError: ") {
        // A list or a map is looked for with Reflect, which takes objects only.
        return "must be an array or an object with fields, got a single value".into();
    }
    let wrong = text
        .strip_prefix("invalid type: ")
        .or(text.strip_prefix("invalid value: "));
    match wrong.and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((got, wanted)) => format!("must be {}, got {}", expected(wanted), value(got)),
        None => text.into(),
    }
}

/// Name that is none of the variants of an enum, with the variants.
pub fn unknown_variant(text: &str) -> Option<(&str, Vec<&str>)> {
    let (name, known) = text
        .strip_prefix("unknown variant `")?
        .rsplit_once("`, expected ")?;
    // What is within backquotes: "`a` or `b`", "one of `a`, `b`, `c`".
    Some((name, known.split('`').skip(1).step_by(2).collect()))
}

fn expected(text: &str) -> String {
    match text {
        "f64" => "a number".into(),
        "usize" | "u32" => "a whole number from 0 to 4294967295".into(),
        "u64" => "a whole number from 0 to 9007199254740991".into(),
        "a boolean" => "true or false".into(),
        "a map" => "an object".into(),
        "a sequence" => "an array".into(),
        "unit" => "a name in quotes".into(),
        _ if text.starts_with("struct ") => "an object".into(),
        _ if text.starts_with("enum ") || text.starts_with("variant ") => "a name in quotes".into(),
        _ => text.into(),
    }
}

fn value(text: &str) -> String {
    let quoted = |kind: &str| text.strip_prefix(kind)?.strip_suffix('`');
    if let Some(number) = quoted("floating point `").or(quoted("integer `")) {
        return number.parse().map_or(number.into(), number_text);
    }
    if let Some(boolean) = quoted("boolean `") {
        return boolean.into();
    }
    match text {
        "unit value" => "null".into(),
        "map" => "an object".into(),
        "sequence" => "an array".into(),
        _ if text.starts_with("JsValue([") => "an array".into(),
        _ if text.starts_with("JsValue(BigInt") => "a BigInt".into(),
        _ if text.starts_with("JsValue(Function") => "a function".into(),
        _ if text.starts_with("JsValue(Symbol") => "a symbol".into(),
        _ if text.starts_with("JsValue(") => "an object".into(),
        _ => text.strip_prefix("string ").unwrap_or(text).into(),
    }
}

fn number_text(number: f64) -> String {
    if number.is_infinite() {
        return if number < 0.0 {
            "-Infinity"
        } else {
            "Infinity"
        }
        .into();
    }
    match number.abs() >= 1e21 {
        true => format!("{number:e}"),
        false => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{in_javascript, unknown_variant};

    #[test]
    fn no_word_of_rust_is_left() {
        for (text, words) in [
            (
                "invalid type: string \"1, expected f64\", expected f64",
                "must be a number, got \"1, expected f64\"",
            ),
            (
                "invalid type: floating point `-1.0`, expected usize",
                "must be a whole number from 0 to 4294967295, got -1",
            ),
            (
                "invalid value: integer `4294967296`, expected u32",
                "must be a whole number from 0 to 4294967295, got 4294967296",
            ),
            (
                "invalid type: floating point `inf`, expected u64",
                "must be a whole number from 0 to 9007199254740991, got Infinity",
            ),
            (
                "invalid type: floating point `NaN`, expected enum Metric",
                "must be a name in quotes, got NaN",
            ),
            (
                "invalid type: unit value, expected struct ChainAnnealing",
                "must be an object, got null",
            ),
            (
                "invalid type: JsValue(Object({})), expected a boolean",
                "must be true or false, got an object",
            ),
            (
                "invalid type: boolean `true`, expected a name or an object",
                "must be a name or an object, got true",
            ),
            (
                "TypeError: Reflect.get called on non-object",
                "must be an array or an object with fields, got a single value",
            ),
            (
                "invalid length 1, expected an interval",
                "invalid length 1, expected an interval",
            ),
        ] {
            assert_eq!(in_javascript(text), words);
        }
        let huge = format!(
            "invalid type: floating point `1{}.0`, expected f64",
            "0".repeat(300)
        );
        assert_eq!(in_javascript(&huge), "must be a number, got 1e300");
    }

    #[test]
    fn variants_are_names() {
        let known = unknown_variant("unknown variant `nutz`, expected one of `nuts`, `hmc`");
        assert_eq!(known, Some(("nutz", vec!["nuts", "hmc"])));
        let two = unknown_variant("unknown variant `a`b`, expected `transform` or `reflect`");
        assert_eq!(two, Some(("a`b", vec!["transform", "reflect"])));
        assert_eq!(unknown_variant("missing field `a`"), None);
    }
}
