//! Models as text: the language, its errors, and printing.

use least_action::model::{
    EquationDefinition, EquationModel, Initial, Model, ModelBuilder, ModelDefinition, ModelKind,
    NamedExpression, ParameterDefinition, Points, Scratch, StateDefinition,
};
use least_action::Error;
use proptest::prelude::*;

mod random;

/// A model with the states x and y, the parameters a and b, the input u, and one given equation.
fn with(equation: &str) -> ModelDefinition {
    ModelDefinition {
        name: "tried".into(),
        states: vec![
            StateDefinition::new("x", 1.0),
            StateDefinition::new("y", 2.0),
        ],
        inputs: vec!["u".into()],
        parameters: vec![
            ParameterDefinition::new("a", 1.0),
            ParameterDefinition::new("b", 2.0),
        ],
        equations: vec![
            EquationDefinition::new("x", equation),
            EquationDefinition::new("y", "0"),
        ],
        ..ModelDefinition::default()
    }
}

/// The first equation's value at x = 3, y = 5, a = 7, b = 11, u = 13, t = 17.
fn value(equation: &str) -> f64 {
    let model = with(equation).build().unwrap();
    let mut values = [0.0; 2];
    let at = Points {
        states: &[3.0, 5.0],
        parameters: &[7.0, 11.0],
        inputs: &[13.0],
        times: &[17.0],
    };
    model.evaluate(&mut Scratch::default(), at, &mut values);
    values[0]
}

#[test]
fn texts_mean_what_they_say() {
    let cases = [
        ("x", 3.0),
        ("1 + 2*3", 7.0),
        ("x - y - a", -9.0),
        ("a/b*b", 7.0 / 11.0 * 11.0),
        ("2^3^2", 512.0),
        ("-x^2", -9.0),
        ("2^-x", 0.125),
        ("-x*y", -15.0),
        ("- - x", 3.0),
        ("+x", 3.0),
        ("x--y", 8.0),
        ("(x + y)*(a - b)", -32.0),
        ("1.5e2 + .5 + 2.", 152.5),
        ("1E-1", 0.1),
        ("u + t", 30.0),
        ("\n x\n +\ty ", 8.0),
        ("min(x, y) + max(x, y, a)", 10.0),
        ("if(x < y, a, b)", 7.0),
        ("if(x >= y, a, b)", 11.0),
        ("(x <= 3) + (x > 3) + (x == 3) + (y < x)", 2.0),
        ("x + 1 < y - 1", 0.0),
        ("abs(-x) + sign(-y)", 2.0),
        ("log(exp(x)) + ln(1)", 3.0),
        ("log10(100)", 2.0),
        ("sqrt(16) + 16^0.5 + 4^-1", 8.25),
        ("floor(2.7) + floor(-2.7)", -1.0),
        ("cos(pi) + atan2(0, -1)/pi", 0.0),
        ("if(x > 0, 1, 0/0)", 1.0),
    ];
    for (text, expected) in cases {
        let got = value(text);
        assert!((got - expected).abs() < 1e-14, "{text}: {got}");
    }
}

#[test]
fn what_is_not_understood_is_pointed_at() {
    let cases: [(&str, &str); 31] = [
        ("", "^expected a number, a name or \"(\", got the end"),
        (
            "x + ",
            "    ^expected a number, a name or \"(\", got the end",
        ),
        (
            "x + * y",
            "    ^expected a number, a name or \"(\", got \"*\"",
        ),
        (
            "2x",
            " ^expected an operator before \"x\"; to multiply, write *",
        ),
        (
            "2(x)",
            " ^expected an operator before \"(\"; to multiply, write *",
        ),
        (
            "x 3",
            "  ^expected an operator before the number 3; to multiply, write *",
        ),
        ("x(y)", "^\"x\" is no function (to multiply, write x*(...))"),
        (
            "tahn(x)",
            "^\"tahn\" is no function (to multiply, write tahn*(...)); did you mean \"tanh\"?",
        ),
        ("tanh", "^\"tanh\" is a function: write tanh(...)"),
        ("tanh(x, y)", "         ^tanh takes 1 argument, got 2"),
        (
            "tanh()",
            "     ^expected a number, a name or \"(\", got \")\"",
        ),
        ("if(x, y)", "       ^if takes 3 arguments, got 2"),
        ("min(x)", "     ^min takes 2 arguments or more, got 1"),
        ("(x + y", "^this \"(\" is not closed"),
        ("a*exp(x", "  ^the \"(\" of exp is not closed"),
        ("x + y)", "     ^\")\" without an opening one before it"),
        (
            "(x, y)",
            "  ^expected an operator or \")\" (for the \"(\" at 0), got \",\"",
        ),
        (
            "(x]",
            "  ^expected an operator or \")\" (for the \"(\" at 0), got \"]\"",
        ),
        ("x, y", " ^\",\" stands only between a function's arguments"),
        (
            "x < y < a",
            "      ^comparisons cannot be chained; write min(a < b, b < c)",
        ),
        ("x = y", "  ^to compare, write =="),
        ("x ** 2", "  ^powers are written with ^, not **"),
        (
            "x > 0 ? a : b",
            "      ^conditions are written if(condition, a, b)",
        ),
        ("x # y", "  ^the character '#' has no meaning here"),
        ("1e999", "^a number beyond what 64 bits hold"),
        ("x + xx*a", "    ^unknown name \"xx\"; did you mean \"x\"?"),
        ("αβγδεζηθ", "^unknown name \"αβγδεζηθ\""),
        ("x[0]", "^x is no vector, so it has no index"),
        ("i", "^unknown name \"i\""),
        ("x.y", "^unknown name \"x.y\""),
        ("x. + y", " ^the character '.' has no meaning here"),
    ];
    for (text, expected) in cases {
        let error = with(text).build().unwrap_err();
        let Error::Equation {
            path,
            position,
            text: whole,
            ..
        } = &error
        else {
            panic!("{text}: {error}");
        };
        assert_eq!((path.as_str(), whole.as_str()), ("equations.x", text));
        let (place, message) = expected.split_once('^').unwrap();
        assert_eq!(*position, place.chars().count(), "{text}: {error}");
        let message = format!("equations.x: {message}");
        assert!(error.to_string().starts_with(&message), "{text}: {error}");
    }
}

#[test]
fn errors_show_the_line_with_a_caret() {
    let text = "gNa*m^3\n  + gL*(EL - x)\n  + u";
    let error = with(text).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "equations.x: unknown name \"gNa\"\n  gNa*m^3\n  ^"
    );
    let text = format!("{}zz{}", "x + ".repeat(100), " + x".repeat(100));
    let error = with(&text).build().unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 3);
    let caret = lines[2].find('^').unwrap();
    assert_eq!(&lines[1][caret..caret + 2], "zz");
    assert!(lines[1].len() < 120);
}

#[test]
fn definitions_come_in_any_order_but_not_in_circles() {
    let mut model = with("c*x");
    model.definitions = vec![
        NamedExpression::new("c", "d + 1"),
        NamedExpression::new("unused", "exp(x)"),
        NamedExpression::new("d", "a*b"),
    ];
    assert_eq!(model.build().unwrap().function().outputs(), 2);
    model.definitions[2].expression = "2*(e - 1)".into();
    model.definitions.push(NamedExpression::new("e", "x + c"));
    let error = model.build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "where.e: defined by itself: c -> d -> e -> c\n  x + c\n      ^"
    );
    model.definitions[3].expression = "e".into();
    let error = model.build().unwrap_err().to_string();
    assert!(
        error.starts_with("where.e: defined by itself: e -> e"),
        "{error}"
    );
    model.observables = vec![NamedExpression::new("rate", "a*x^2")];
    // An error in one that nothing uses is an error.
    model.definitions = vec![
        NamedExpression::new("c", "1"),
        NamedExpression::new("f", "z"),
    ];
    assert_eq!(model.build().unwrap_err().path(), "where.f");
}

#[test]
fn observables_are_functions_beside_the_equations() {
    let mut model = with("c*x");
    model.definitions = vec![NamedExpression::new("c", "a + exp(y)*b")];
    model.observables = vec![NamedExpression::new("rate", "c*x^2 + u")];
    let built = model.build().unwrap();
    assert_eq!(built.observables(), ["rate"]);
    let mut values = [0.0];
    let at = Points {
        states: &[3.0, 0.0],
        parameters: &[7.0, 11.0],
        inputs: &[13.0],
        ..Points::default()
    };
    let observation = built.observation().unwrap();
    observation.evaluate(&mut Scratch::default(), at, &mut values);
    assert_eq!(values, [175.0]);
    let printed = built.expanded();
    assert_eq!(
        printed.observables,
        [NamedExpression::new("rate", "u + s1*x^2")]
    );
    assert!(printed.build().unwrap().has_equations_of(&built));
    model.equations[1].expression = "rate".into();
    let error = model.build().unwrap_err().to_string();
    assert!(
        error.starts_with("equations.y: rate is an observable"),
        "{error}"
    );
}

fn ring(size: usize, equation: &str) -> ModelDefinition {
    ModelDefinition {
        name: "ring".into(),
        states: vec![StateDefinition::vector("x", size)],
        parameters: vec![ParameterDefinition::new("k", 8.17)],
        equations: vec![EquationDefinition::new("x", equation)],
        ..ModelDefinition::default()
    }
}

#[test]
fn vectors_are_cyclic_and_equal_their_components_written_out() {
    let vector = ring(5, "x[i-1]*(x[i+1] - x[i-2]) - x[i] + k")
        .build()
        .unwrap();
    let mut each = ring(5, "");
    each.equations = (0..5)
        .map(|i| {
            let text = format!(
                "x{}*(x[{}] - x{}) - x{i} + k",
                (i + 4) % 5,
                (i + 1) % 5,
                (i + 3) % 5
            );
            EquationDefinition::new(&format!("x{i}"), &text)
        })
        .collect();
    let each = each.build().unwrap();
    let by_hand = ModelBuilder::new("ring")
        .states((0..5).map(|i| format!("x{i}")))
        .parameter("k", 8.17, "")
        .flow(|x, p| {
            let at = |i: usize| x[i % 5];
            (0..5)
                .map(|i| at(i + 4) * (at(i + 1) - at(i + 3)) - at(i) + p[0])
                .collect()
        })
        .unwrap();
    assert!(vector.has_equations_of(&each));
    assert!(vector.has_equations_of(&by_hand));
    assert_eq!(vector.states(), each.states());
    // The index is a number like any other.
    let edges = ring(3, "if(i == 0, 0, x[i-1]) + i*x[2 - i] + x[floor(i/2)]")
        .build()
        .unwrap();
    let mut values = [0.0; 3];
    let at = Points {
        states: &[1.0, 10.0, 100.0],
        parameters: &[0.0],
        ..Points::default()
    };
    edges.evaluate(&mut Scratch::default(), at, &mut values);
    assert_eq!(values, [1.0, 12.0, 22.0]);
}

#[test]
fn indices_are_checked() {
    let cases = [
        ("x", "x is a vector of 3: write x[i] or the like"),
        (
            "x[3]",
            "x has the components 0 to 2, not 3; only indices made of i are cyclic",
        ),
        (
            "x[0.5]",
            "the index of x must be a whole number, or i with numbers",
        ),
        (
            "x[k]",
            "the index of x must be a whole number, or i with numbers",
        ),
        ("x[i", "this \"[\" is not closed"),
        ("k[i]", "k is no vector, so it has no index"),
        ("z[i]", "unknown name \"z\""),
        (
            "x[0/0]",
            "the index of x must be a whole number, or i with numbers",
        ),
    ];
    for (text, expected) in cases {
        let error = ring(3, text).build().unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("equations.x: {expected}")),
            "{text}: {error}"
        );
    }
    let mut model = ring(3, "0");
    model.equations.push(EquationDefinition::new("x1", "1"));
    assert_eq!(
        model.build().unwrap_err().to_string(),
        "equations: x1 is listed twice; list each once"
    );
    model.equations = vec![EquationDefinition::new("x1", "i")];
    let error = model.build().unwrap_err().to_string();
    assert!(
        error.contains("known only in the equation of a whole vector"),
        "{error}"
    );
    model.equations[0].expression = "1".into();
    assert_eq!(
        model.build().unwrap_err().to_string(),
        "equations: x0 has no equation; give one for each state"
    );
    model.equations[0].state = "y".into();
    assert!(matches!(
        model.build().unwrap_err(),
        Error::UnknownName { .. }
    ));
}

#[test]
fn definitions_of_models_are_checked() {
    let error = |spoil: fn(&mut ModelDefinition)| {
        let mut model = with("x");
        spoil(&mut model);
        model.build().unwrap_err().to_string()
    };
    assert_eq!(
        error(|m| m.states[1].name = "sin".into()),
        "states[1].name: \"sin\" is a function; choose another name"
    );
    assert_eq!(
        error(|m| m.parameters[0].name = "t".into()),
        "parameters[0].name: \"t\" is the time; choose another name"
    );
    assert!(error(|m| m.inputs[0] = "2u".into())
        .starts_with("inputs[0]: \"2u\" cannot stand in an equation"));
    assert_eq!(
        error(|m| m.inputs[0] = "a".into()),
        "inputs[0]: a is listed twice; list each once"
    );
    let stateless = error(|m| m.states.clear());
    assert!(stateless.starts_with("states: must be a whole number of at least 1"));
    assert!(error(|m| m.states[0].size = Some(0)).starts_with("states[0].size"));
    assert!(error(|m| m.states[0].size = Some(usize::MAX))
        .starts_with("states: must be a whole number of at most"));
    assert!(
        error(|m| m.states[0].initial = Some(Initial::Each(vec![1.0; 2])))
            .starts_with("states[0].initial")
    );
    assert!(
        error(|m| m.states[0].initial = Some(Initial::Number(f64::NAN)))
            .starts_with("states[0].initial")
    );
    let infinite = error(|m| m.parameters[1].default = f64::INFINITY);
    assert!(infinite.starts_with("parameters[1].default"));
    assert!(error(|m| m.spin_up = -1.0).starts_with("spinUp"));
    assert_eq!(
        error(|m| {
            m.states[0].size = Some(2);
            m.inputs[0] = "i".into();
        }),
        "inputs[0]: \"i\" is the index in a vector's equation; choose another name"
    );
    assert_eq!(
        error(|m| m.parameters[0].name = "pi".into()),
        "parameters[0].name: \"pi\" is a constant; choose another name"
    );
}

#[test]
fn depth_and_length_are_no_danger() {
    let n = 100_000;
    let deep = format!("{}x{}", "(".repeat(n), ")".repeat(n));
    assert_eq!(value(&deep), 3.0);
    assert_eq!(value(&format!("{}x", "-".repeat(n))), 3.0);
    assert_eq!(value(&format!("x{}", " + 1".repeat(n))), 3.0 + n as f64);
    assert_eq!(
        value(&format!("{}x{}", "abs(".repeat(n), ")".repeat(n))),
        3.0
    );
    assert!(with(&"(".repeat(n)).build().is_err());
    assert!(with(&"2^".repeat(n)).build().is_err());
    assert_eq!(value(&format!("{}1", "1^".repeat(n))), 1.0);
    let long = format!("x{}", " + sin(x)*y".repeat(90_000));
    let model = with(&long).build().unwrap();
    assert_eq!(model.states().len(), 2);
    assert!(with(&"x".repeat(1_000_001)).build().is_err());
    // Texts printed from it are cut into parts.
    let text = ModelBuilder::new("long")
        .states(["x"])
        .flow(|x, _| vec![(0..n).fold(x[0], |sum, k| k as f64 * sum.sin())])
        .unwrap()
        .definition();
    assert!(text.definitions.iter().all(|d| d.expression.len() < 10_000));
    text.build().unwrap();
    let huge = ring(
        100_000,
        "x[i] + (x[i+1] - x[i])^2 + 0*(1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1)",
    );
    assert!(huge.build().is_err());
}

#[test]
fn printed_models_read_like_the_text() {
    let model = ModelBuilder::new("lorenz63")
        .states(["x", "y", "z"])
        .parameter("sigma", 10.0, "Prandtl number")
        .parameter("rho", 28.0, "")
        .parameter("beta", 8.0 / 3.0, "")
        .initial_state([1.0, 1.0, 25.0])
        .flow(|x, p| {
            vec![
                p[0] * (x[1] - x[0]),
                x[0] * (p[1] - x[2]) - x[1],
                x[0] * x[1] - p[2] * x[2],
            ]
        })
        .unwrap();
    assert_eq!(
        model.to_string(),
        "lorenz63 (flow)
  x' = sigma*(y - x)
  y' = x*(rho - z) - y
  z' = x*y - z*beta
states
  x = 1
  y = 1
  z = 25
parameters
  sigma = 10    Prandtl number
  rho = 28
  beta = 2.6666666666666665
"
    );
}

#[test]
fn shared_parts_get_names_and_powers_stay_powers() {
    let model = ModelBuilder::new("shared")
        .states(["x", "membrane potential"])
        .parameter("if", 1.0, "")
        .build(ModelKind::Map, |s| {
            let (x, v, p) = (s.states[0], s.states[1], s.parameters[0]);
            let shared = ((x - v) / p).tanh();
            Ok(vec![
                shared * shared + x.powi(4) * v.powi(-3) - (x - 2.5) * s.time,
                shared.exp() + x.powi(7) * (-x).pow(p) + x.max(-1.0),
            ])
        })
        .unwrap();
    let printed = model.definition();
    assert_eq!(
        printed.definitions,
        [NamedExpression::new(
            "s1",
            "tanh((x - membrane_potential)/if_)"
        )]
    );
    assert_eq!(
        printed.equations[0].expression,
        "s1^2 + x^4*(1/membrane_potential^3) - t*(x - 2.5)"
    );
    assert_eq!(
        printed.equations[1].expression,
        "exp(s1) + x^7*(-x)^if_ + max(x, -1)"
    );
    assert!(printed.build().unwrap().has_equations_of(&model));
}

#[test]
fn explanations_count() {
    let model = ring(20, "x[i-1]*(x[i+1] - x[i-2]) - x[i] + k")
        .build()
        .unwrap();
    let explanation = model.explain();
    assert_eq!(explanation.state_entries, 80);
    assert_eq!(explanation.parameter_entries, 20);
    assert_eq!(explanation.value.total(), 80);
    assert_eq!(
        explanation.to_string(),
        "\
ring (flow): states 20, parameters 1, inputs 0, results used more than once 0
entries: Jacobian 80 of 20 x 20 in the states, 20 of 20 x 1 in the parameters; \
second derivatives 40 of 231
at each point      value  vector-Jacobian  Jacobian  second derivatives
  add                 20               39         0                   0
  multiply            20               40         0                   0
  negate               0                0        20                  20
  subtract            40               60        20                   0
  all                 80              139        40                  20
once per call          0                0         0                   0
columns               42               65        62                  60
"
    );
}

/// Checks the law of printing: a printed model parses to the same model.
fn check_printed(model: &EquationModel) -> Result<(), TestCaseError> {
    let printed = model.expanded();
    let again = printed
        .build()
        .map_err(|e| TestCaseError::fail(e.to_string()))?;
    prop_assert!(again.has_equations_of(model), "{printed}");
    Ok(())
}

#[test]
fn definitions_cross_as_json() {
    use least_action::models::ModelSource;
    let text = r#"{ "definition": {
        "name": "neuron",
        "states": [
            { "name": "V", "unit": "mV", "initial": -65 },
            { "name": "x", "size": 3, "initial": [1, 2, 3] }
        ],
        "inputs": ["I"],
        "parameters": [
            { "name": "g", "default": 120, "unit": "mS/cm^2", "description": "conductance" }
        ],
        "where": [ { "name": "open", "expression": "(1 + tanh(V))/2" } ],
        "equations": [
            { "state": "V", "expression": "g*open*(50 - V) + I" },
            { "state": "x", "expression": "-x[i-1]" }
        ],
        "spinUp": 20
    } }"#;
    let source: ModelSource = serde_json::from_str(text).unwrap();
    let model = source.build().unwrap();
    assert_eq!(model.states(), ["V", "x0", "x1", "x2"]);
    assert_eq!(model.initial_state(), [-65.0, 1.0, 2.0, 3.0]);
    assert_eq!(model.parameters()[0].description, "conductance (mS/cm^2)");
    assert_eq!(model.spin_up(), 20.0);
    let again = serde_json::to_string(&source).unwrap();
    assert_eq!(serde_json::from_str::<ModelSource>(&again).unwrap(), source);
    let named: ModelSource =
        serde_json::from_str(r#"{ "name": "lorenz96", "dimension": 5 }"#).unwrap();
    assert_eq!(named.build().unwrap().dimension(), 5);
    let unknown = r#"{ "name": "a", "states": [], "equations": [], "where2": [] }"#;
    let error = serde_json::from_str::<ModelDefinition>(unknown).unwrap_err();
    assert!(
        error.to_string().contains("unknown field `where2`"),
        "{error}"
    );
}

#[test]
fn constants_that_are_not_finite_are_printed_too() {
    for text in [
        "sinh(-(1/0)*0)",
        "x + 1/0",
        "x*(-1/0)",
        "0/0 - x",
        "max(x, -(0/0))",
    ] {
        let model = with(text).build().unwrap();
        let printed = model.expanded();
        assert!(
            printed.build().unwrap().has_equations_of(&model),
            "{printed}"
        );
    }
}

/// Random texts made of the language's own words.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "x", "y", "a", "u", "t", "pi", "i", "1", "2.5", "1e3", "+", "-", "*", "/", "^", "(", ")",
        "[", "]", ",", "<", "<=", "==", ">", "if(", "min(", "exp(", "log10(", " ", "x[", "**", "=",
        "é", "\n",
    ]);
    prop::collection::vec(word, 0..30).prop_map(|words| words.concat())
}

/// Random expressions that are valid.
fn sentence() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "x", "y", "a", "b", "u", "t", "pi", "0", "1", "2", "0.5", "1e30", "(1/0)",
    ]);
    leaf.prop_map(str::to_string)
        .prop_recursive(8, 60, 3, |inner| {
            let operator =
                prop::sample::select(vec!["+", "-", "*", "/", "^", "<", "<=", ">", ">=", "=="]);
            let one = prop::sample::select(vec![
                "-", "+", "exp", "log", "log10", "sqrt", "abs", "sign", "floor", "tan", "sinh",
            ]);
            let two = prop::sample::select(vec!["min", "max", "atan2"]);
            prop_oneof![
                (operator, inner.clone(), inner.clone())
                    .prop_map(|(f, a, b)| format!("({a}) {f} ({b})")),
                (one, inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
                (two, inner.clone(), inner.clone()).prop_map(|(f, a, b)| format!("{f}({a}, {b})")),
                (inner.clone(), 0..40i32).prop_map(|(a, n)| format!("({a})^{}", n - 20)),
                (inner.clone(), inner.clone(), inner)
                    .prop_map(|(c, a, b)| format!("if({c}, {a}, {b})")),
            ]
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_text_brings_the_parser_down(text in any::<String>(), words in words()) {
        for text in [text, words] {
            match with(&text).build() {
                Ok(model) => check_printed(&model)?,
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
            let _ = ring(3, &text).build();
        }
    }

    #[test]
    fn printed_sentences_parse_to_the_same_graph(first in sentence(), second in sentence()) {
        let mut model = with(&first);
        model.equations[1].expression = second;
        let model = model.build().unwrap();
        check_printed(&model)?;
    }

    #[test]
    fn printed_random_graphs_parse_to_the_same_graph(
        trees in prop::collection::vec(random::tree(), random::STATES)
    ) {
        check_printed(&random::build(&trees))?;
    }
}
