//! Tokens of an expression.

use std::fmt;

use super::fault::Fault;

/// A token and its place in the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    /// Position of the first character, in characters from 0.
    pub position: usize,
    pub kind: TokenKind,
}

/// Kind of a token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Number(f64),
    Name(String),
    Symbol(&'static str),
    End,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenKind::Number(value) => write!(f, "the number {value}"),
            TokenKind::Name(name) => write!(f, "\"{name}\""),
            TokenKind::Symbol(symbol) => write!(f, "\"{symbol}\""),
            TokenKind::End => write!(f, "the end"),
        }
    }
}

/// Maximum length of the text of one expression, in characters.
pub(super) const MOST_CHARACTERS: usize = 1_000_000;

/// Operators and punctuation; longer symbols come before their beginnings.
const SYMBOLS: [&str; 15] = [
    "<=", ">=", "==", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",", "<", ">",
];

/// Tests if `name` can stand in an expression: a letter or `_`, then letters, digits and `_`.
pub(super) fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(begins_name) && characters.all(continues_name)
}

fn begins_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Splits `text` into tokens, of which the last is its end.
///
/// # Errors
/// Text that is too long, characters without meaning, and numbers that 64 bits cannot hold.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let characters: Vec<char> = text.chars().take(MOST_CHARACTERS + 1).collect();
    if characters.len() > MOST_CHARACTERS {
        let message = format!("longer than {MOST_CHARACTERS} characters; name its parts in where");
        return Err(Fault::new(MOST_CHARACTERS, message));
    }
    let mut tokens = Vec::new();
    let mut position = 0;
    while let Some(&first) = characters.get(position) {
        let rest = &characters[position..];
        let (length, kind) = if first.is_whitespace() {
            position += 1;
            continue;
        } else if begins_name(first) {
            let length = dotted_name(rest);
            (length, TokenKind::Name(rest[..length].iter().collect()))
        } else if first.is_ascii_digit() || (first == '.' && is_digit(rest.get(1))) {
            number(rest, position)?
        } else {
            let symbol = SYMBOLS.iter().find(|symbol| starts_with(rest, symbol));
            let symbol = *symbol.ok_or_else(|| stranger(rest, position))?;
            if symbol == "*" && rest.get(1) == Some(&'*') {
                return Err(Fault::new(position, "powers are written with ^, not **"));
            }
            (symbol.len(), TokenKind::Symbol(symbol))
        };
        tokens.push(Token { position, kind });
        position += length;
    }
    let kind = TokenKind::End;
    tokens.push(Token { position, kind });
    Ok(tokens)
}

fn starts_with(characters: &[char], symbol: &str) -> bool {
    characters.len() >= symbol.len() && symbol.chars().zip(characters).all(|(a, &b)| a == b)
}

/// Length of a name, also of one that has parts with dots between, such as `dose.amount`.
fn dotted_name(characters: &[char]) -> usize {
    let mut length = 0;
    loop {
        let part = characters[length..].iter();
        length += part.take_while(|&&c| continues_name(c)).count();
        let goes_on = characters.get(length + 1).is_some_and(|&c| begins_name(c));
        if characters.get(length) != Some(&'.') || !goes_on {
            return length;
        }
        length += 1;
    }
}

fn is_digit(c: Option<&char>) -> bool {
    c.is_some_and(char::is_ascii_digit)
}

/// Reads digits with an optional fraction and exponent: the number's length and value.
fn number(characters: &[char], position: usize) -> Result<(usize, TokenKind), Fault> {
    let digits = |from: usize| -> usize {
        let rest = characters.get(from..).unwrap_or_default();
        rest.iter().take_while(|c| c.is_ascii_digit()).count()
    };
    let mut length = digits(0);
    if characters.get(length) == Some(&'.') {
        length += 1 + digits(length + 1);
    }
    if matches!(characters.get(length), Some('e' | 'E')) {
        let signed = matches!(characters.get(length + 1), Some('+' | '-'));
        let exponent = digits(length + 1 + usize::from(signed));
        if exponent > 0 {
            length += 1 + usize::from(signed) + exponent;
        }
    }
    let text: String = characters[..length].iter().collect();
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((length, TokenKind::Number(value))),
        _ => Err(Fault::new(position, "a number beyond what 64 bits hold")),
    }
}

fn stranger(rest: &[char], position: usize) -> Fault {
    let message = match rest[0] {
        '=' => "to compare, write ==".to_string(),
        '?' => "conditions are written if(condition, a, b)".to_string(),
        '&' => "for \"and\" write min(a, b) of two comparisons".to_string(),
        '|' => "for \"or\" write max(a, b) of two comparisons".to_string(),
        '\u{2212}' => "this is a typographic minus; write -".to_string(),
        other => format!("the character {other:?} has no meaning here"),
    };
    Fault::new(position, message)
}
