//! Names of the values of enums, for options and files.

/// Gives an enum its list `ALL`, and the `name` of each of its values.
macro_rules! names {
    ($kind:ident { $($variant:ident => $name:literal,)* }) => {
        impl $kind {
            /// All values: the list that tests and messages go through.
            pub const ALL: [$kind; [$($name),*].len()] = [$($kind::$variant),*];

            /// Name that options and files use.
            pub fn name(self) -> &'static str {
                match self {
                    $($kind::$variant => $name,)*
                }
            }
        }
    };
}

pub(super) use names;
