use proptest::prelude::*;
use serde_json::json;

use super::expression::{Node, Operand, Operator, Path, Segment};
use super::*;

fn holds(expression: &str, event: &Value) -> bool {
    let parsed: Expression = expression.parse().unwrap();
    parsed.holds_for(event)
}

#[test]
fn expressions_say_what_rfc_9535_says() {
    let event = json!({
        "model": "gpt-4", "tokens_out": 450, "ok": true, "gone": null, "price": 1.0,
        "tags": ["a", "b"], "user": {"id": 7, "a name": "x", "über": 1}, "same": {"id": 7.0},
        "large": 9_007_199_254_740_993_u64, "7": 7
    });
    for (expression, expected) in [
        (r#"@.model == "gpt-4" && @.tokens_out > 400"#, true),
        (r#"@.model == 'gpt-4' && @.tokens_out > 450"#, false),
        ("@.tokens_out >= 450 && @.tokens_out <= 450", true),
        ("@.tokens_out < 450 || @.tokens_out != 450", false),
        ("@.model", true),
        ("@.gone", true),
        ("@.missing", false),
        ("!@.missing", true),
        ("!(@.ok == false)", true),
        ("@.ok == true && @.gone == null", true),
        // A path that leads nowhere is not null.
        ("@.missing == null", false),
        ("@.missing == @.other", true),
        ("@.missing != 1", true),
        ("@.missing < 1 || @.missing > 1", false),
        ("@.missing <= @.other", true),
        ("@.price == 1", true),
        ("1 < @.tokens_out", true),
        ("1 == 1.0", true),
        ("@.tags[0] == 'a' && @.tags[-1] == 'b'", true),
        ("@.tags[2] || @.tags[-3]", false),
        ("@['user']['a name'] == 'x'", true),
        (r#"@ [ "user" ] .id == 7"#, true),
        ("@.user.über == 1", true),
        ("@['7'] == 7", true),
        ("@[7] || @[0]", false),
        ("@.user.id == @.same.id", true),
        ("@.same == @.same && @ == @", true),
        ("@.user == @.same", false),
        ("@.large == 9007199254740993", true),
        ("@.large == 9007199254740992", false),
        ("@.large > 1e3", true),
        ("@.model < 'gpt-5' && @.model > 'gpt-'", true),
        // Texts and numbers have no order among each other.
        ("@.model > 1 || @.model < 1", false),
        ("@.ok > false || @.ok < false", false),
        // `&&` binds closer than `||`.
        ("@.ok == true || @.missing && @.missing", true),
        ("(@.ok == true || @.missing) && @.missing", false),
        (r#"@.model == "\u0067pt\u002d4""#, true),
        (r#"'\ud83d\ude00' == "😀" && '\'' == "'""#, true),
        (" \t\n@.ok\r ", true),
    ] {
        assert_eq!(holds(expression, &event), expected, "{expression}");
    }
}

#[test]
fn errors_name_the_column() {
    for (expression, column, problem) in [
        ("", 1, "expected a path such as `@.name`, or a value"),
        ("@.a &&", 7, "expected a path such as `@.name`, or a value"),
        ("@.a = 1", 5, "equality is written `==`"),
        ("@.a =~ 'x'", 5, "regular expressions are not supported"),
        ("@.a & @.b", 5, "`and` is written `&&`"),
        ("@.a | @.b", 5, "`or` is written `||`"),
        (
            "@.é == 1 x",
            10,
            "expected `&&`, `||`, a comparison or the end",
        ),
        ("@.a)", 4, "there is no parenthesis that this one closes"),
        ("(@.a", 1, "this parenthesis is not closed"),
        ("@..a", 3, "descendant segments (`..`) are not supported"),
        ("@.*", 3, "wildcards are not supported"),
        ("@[*]", 3, "wildcards are not supported"),
        ("@[?@.a]", 3, "filters in a path are not supported"),
        ("@[1:2]", 4, "slices are not supported"),
        ("@['a','b']", 6, "brackets hold one name or index"),
        ("@[01]", 3, "an index is a whole number such as 0 or -1"),
        ("@[-0]", 3, "an index is a whole number such as 0 or -1"),
        ("@.1", 3, "expected a name; others are written `['a name']`"),
        ("$.a", 1, "a path begins with `@`, which is the event"),
        (
            "'a'",
            1,
            "a value alone says nothing; compare it with something",
        ),
        (
            "true",
            1,
            "a value alone says nothing; compare it with something",
        ),
        ("@.a == 'x", 8, "this text has no closing quote"),
        ("@.a == '\\x'", 9, "there is no such escape"),
        (
            "@.a == '\\ud800'",
            9,
            "`\\u` takes a character's four digits",
        ),
        ("@.a == 01", 8, "this is no number of JSON"),
        ("@.a == 1e999", 8, "this is no number of JSON"),
        (
            "!@.a == 1",
            1,
            "`!` in front of a comparison takes parentheses: `!(…)`",
        ),
        ("!!@.a", 2, "`!` stands in front of a path or a parenthesis"),
        ("@.a == (1)", 8, "only paths and values can be compared"),
    ] {
        let error = expression.parse::<Expression>().unwrap_err();
        assert_eq!(
            (error.column, error.problem),
            (column, problem),
            "{expression}"
        );
    }
    let function = "length(@.a) > 3".parse::<Expression>().unwrap_err();
    assert!(function.problem.ends_with("functions are not supported"));
}

#[test]
fn expressions_are_bounded_in_length_and_nesting() {
    let nested = |depth: usize| format!("{}@.a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(nested(NESTING_MAX).parse::<Expression>().is_ok());
    let error = nested(NESTING_MAX + 1).parse::<Expression>().unwrap_err();
    assert_eq!(error.column, NESTING_MAX + 1);
    let long = format!("@.{}", "a".repeat(EXPRESSION_BYTES_MAX));
    let error = long.parse::<Expression>().unwrap_err();
    assert_eq!(error.column, EXPRESSION_BYTES_MAX + 1);
    assert!(long[..EXPRESSION_BYTES_MAX].parse::<Expression>().is_ok());
}

#[test]
fn a_filter_wants_all_of_its_conditions() {
    let filter = |text: Option<&str>, expression: Option<&str>| {
        EventFilter::new(text, expression.map(|it| it.parse().unwrap()))
    };
    assert!(filter(None, None).is_empty());
    assert!(filter(None, None).matches(b"\xff"));
    assert!(filter(Some("b c"), None).matches(b"\xffab cd"));
    assert!(!filter(Some("B"), None).matches(b"abc"));
    let both = filter(Some("\"x\""), Some("@.a == 1"));
    assert!(both.matches(br#"{"a": 1, "b": "x"}"#));
    assert!(!both.matches(br#"{"a": 2, "b": "x"}"#));
    assert!(!both.matches(br#"{"a": 1, "b": "y"}"#));
    // What is no JSON does not match, whatever is asked.
    let absent = filter(None, Some("!@.a"));
    for event in [&b""[..], b"{", b"\xff", b"{} {}", b"text"] {
        assert!(!absent.matches(event), "{event:?}");
    }
    assert!(absent.matches(b" 5 "));
}

#[test]
fn an_event_that_is_nested_as_deep_as_it_can_be_does_no_harm() {
    let filter = EventFilter::new(None, Some("@ == @".parse().unwrap()));
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(filter.matches(nested(127).as_bytes()));
    assert!(!filter.matches(nested(128).as_bytes()));
    assert!(!filter.matches("[".repeat(1 << 20).as_bytes()));
    assert!(!filter.matches(nested(1 << 19).as_bytes()));
    assert!(!filter.matches("{\"a\":".repeat(100_000).as_bytes()));
}

/// An expression as text; every text in double quotes and every list in parentheses.
fn write(node: &Node) -> String {
    let list = |nodes: &[Node], between| {
        let nodes: Vec<_> = nodes.iter().map(write).collect();
        format!("({})", nodes.join(between))
    };
    match node {
        Node::Any(nodes) => list(nodes, " || "),
        Node::All(nodes) => list(nodes, "&&"),
        Node::Not(node) => match &**node {
            Node::Compare(..) => format!("!({})", write(node)),
            _ => format!("!{}", write(node)),
        },
        Node::Exists(path) => write_path(path),
        Node::Compare(left, operator, right) => {
            let operator = match operator {
                Operator::Equal => "==",
                Operator::NotEqual => "!=",
                Operator::Less => "<",
                Operator::LessOrEqual => "<=",
                Operator::Greater => ">",
                Operator::GreaterOrEqual => ">=",
            };
            format!("{}{operator} {}", write_operand(left), write_operand(right))
        }
    }
}

fn write_operand(operand: &Operand) -> String {
    match operand {
        Operand::Path(path) => write_path(path),
        Operand::Literal(value) => value.to_string(),
    }
}

fn write_path(path: &Path) -> String {
    let segments = path.iter().map(|segment| match segment {
        Segment::Name(name) => format!("[{}]", Value::from(name.as_str())),
        Segment::Index(index) => format!("[{index}]"),
    });
    format!("@{}", segments.collect::<String>())
}

fn paths() -> impl Strategy<Value = Path> {
    let segment = prop_oneof![
        ".{0,4}".prop_map(Segment::Name),
        "[a-c]".prop_map(Segment::Name),
        (-3i64..3).prop_map(Segment::Index),
    ];
    prop::collection::vec(segment, 0..3)
}

fn operands() -> impl Strategy<Value = Operand> {
    let literal = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Such fractions are read without rounding.
        any::<i32>().prop_map(|it| Value::from(f64::from(it) / 4.0)),
        ".{0,4}".prop_map(Value::from),
    ];
    prop_oneof![
        paths().prop_map(Operand::Path),
        literal.prop_map(Operand::Literal)
    ]
}

fn nodes() -> impl Strategy<Value = Node> {
    let operator = prop::sample::select(vec![
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
    ]);
    let compare = (operands(), operator, operands());
    let leaf = prop_oneof![
        paths().prop_map(Node::Exists),
        compare.prop_map(|(left, operator, right)| Node::Compare(left, operator, right)),
    ];
    leaf.prop_recursive(3, 12, 3, |node| {
        let negated = node
            .clone()
            .prop_filter("`!!` is not in the language", |node| {
                !matches!(node, Node::Not(_))
            });
        prop_oneof![
            prop::collection::vec(node.clone(), 2..4).prop_map(Node::Any),
            prop::collection::vec(node, 2..4).prop_map(Node::All),
            negated.prop_map(|node| Node::Not(Box::new(node))),
        ]
    })
}

proptest! {
    #[test]
    fn an_expression_is_read_as_it_was_written(node in nodes()) {
        let text = write(&node);
        prop_assume!(text.len() <= EXPRESSION_BYTES_MAX);
        prop_assert_eq!(text.parse(), Ok(Expression(node)));
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_column_within_it(
        text in prop_oneof![".{0,40}", r#"[@.a\[\]'"!()&|<>=0-9 \\u-]{0,40}"#],
        event in ".{0,40}",
    ) {
        match text.parse::<Expression>() {
            Ok(expression) => {
                EventFilter::new(Some(&text), Some(expression)).matches(event.as_bytes());
            }
            Err(error) => prop_assert!((1..=text.chars().count() + 1).contains(&error.column)),
        }
    }

    #[test]
    fn a_comparison_and_its_negation_are_never_both_true(
        left in operands(),
        right in operands(),
    ) {
        let event = json!({"a": [1, "x", null], "b": {"c": 2.5}});
        let holds = |operator| {
            Expression(Node::Compare(left.clone(), operator, right.clone())).holds_for(&event)
        };
        prop_assert_ne!(holds(Operator::Equal), holds(Operator::NotEqual));
        prop_assert!(!(holds(Operator::Less) && holds(Operator::GreaterOrEqual)));
        prop_assert!(!(holds(Operator::Less) && holds(Operator::Greater)));
    }
}
