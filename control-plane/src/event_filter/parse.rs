//! Reading an expression. Errors name the column.

use std::str::FromStr;

use serde_json::Value;

use super::expression::{Expression, Node, Operand, Operator, Path, Segment};
use super::{EXPRESSION_BYTES_MAX, NESTING_MAX};

/// The largest index and the smallest, as RFC 9535 has them.
const INDEX_MAX: i64 = (1 << 53) - 1;

const OPERATORS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {problem}")]
pub(crate) struct InvalidExpression {
    /// In characters, from 1 on.
    pub(crate) column: usize,
    pub(crate) problem: &'static str,
}

impl FromStr for Expression {
    type Err = InvalidExpression;

    fn from_str(text: &str) -> Result<Self, InvalidExpression> {
        parse(text).map(Self)
    }
}

type Parsed<T> = Result<T, InvalidExpression>;

/// What stands between two characters, and how deep in parentheses it is.
struct Parser<'a> {
    text: &'a str,
    at: usize,
    nesting: usize,
}

fn parse(text: &str) -> Parsed<Node> {
    let mut parser = Parser {
        text,
        at: 0,
        nesting: 0,
    };
    if text.len() > EXPRESSION_BYTES_MAX {
        parser.at = text.floor_char_boundary(EXPRESSION_BYTES_MAX);
        return Err(parser.wrong("the expression has at most 512 bytes"));
    }
    let node = parser.any()?;
    if parser.rest().is_empty() {
        return Ok(node);
    }
    Err(parser.wrong(match parser.rest().chars().next() {
        Some(')') => "there is no parenthesis that this one closes",
        Some('=') if parser.rest().starts_with("=~") => "regular expressions are not supported",
        Some('=') => "equality is written `==`",
        Some('&') => "`and` is written `&&`",
        Some('|') => "`or` is written `||`",
        _ => "expected `&&`, `||`, a comparison or the end",
    }))
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn skip_blanks(&mut self) {
        let blanks = |it: char| matches!(it, ' ' | '\t' | '\n' | '\r');
        self.at = self.text.len() - self.rest().trim_start_matches(blanks).len();
    }

    fn wrong(&self, problem: &'static str) -> InvalidExpression {
        self.wrong_at(self.at, problem)
    }

    fn wrong_at(&self, at: usize, problem: &'static str) -> InvalidExpression {
        InvalidExpression {
            column: self.text[..at].chars().count() + 1,
            problem,
        }
    }

    fn any(&mut self) -> Parsed<Node> {
        self.list("||", Self::all, Node::Any)
    }

    fn all(&mut self) -> Parsed<Node> {
        self.list("&&", Self::basic, Node::All)
    }

    /// One or more nodes with something in between.
    fn list(
        &mut self,
        between: &str,
        node: impl Fn(&mut Self) -> Parsed<Node>,
        join: impl Fn(Vec<Node>) -> Node,
    ) -> Parsed<Node> {
        let first = node(self)?;
        let mut nodes = vec![first];
        while self.eat(between) {
            nodes.push(node(self)?);
        }
        match nodes.len() {
            1 => Ok(nodes.remove(0)),
            _ => Ok(join(nodes)),
        }
    }

    /// Something that `&&` and `||` join, and the blanks around it.
    fn basic(&mut self) -> Parsed<Node> {
        self.skip_blanks();
        let start = self.at;
        let node = if self.eat("!") {
            self.skip_blanks();
            let node = match self.peek() {
                Some('(') => self.parentheses()?,
                Some('@') => Node::Exists(self.path()?),
                _ => return Err(self.wrong("`!` stands in front of a path or a parenthesis")),
            };
            self.skip_blanks();
            if self.operator().is_some() {
                let problem = "`!` in front of a comparison takes parentheses: `!(…)`";
                return Err(self.wrong_at(start, problem));
            }
            Node::Not(Box::new(node))
        } else if self.peek() == Some('(') {
            self.parentheses()?
        } else {
            let left = self.operand()?;
            self.skip_blanks();
            match (self.operator(), left) {
                (Some(operator), left) => {
                    self.skip_blanks();
                    Node::Compare(left, operator, self.operand()?)
                }
                (None, Operand::Path(path)) => Node::Exists(path),
                (None, Operand::Literal(_)) => {
                    let problem = "a value alone says nothing; compare it with something";
                    return Err(self.wrong_at(start, problem));
                }
            }
        };
        self.skip_blanks();
        Ok(node)
    }

    fn parentheses(&mut self) -> Parsed<Node> {
        let open = self.at;
        self.at += 1;
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(self.wrong_at(open, "parentheses are nested at most 16 deep"));
        }
        let node = self.any()?;
        if !self.eat(")") {
            let unclosed = self.rest().is_empty();
            return Err(match unclosed {
                true => self.wrong_at(open, "this parenthesis is not closed"),
                false => self.wrong("expected `&&`, `||`, a comparison or `)`"),
            });
        }
        self.nesting -= 1;
        Ok(node)
    }

    fn operator(&mut self) -> Option<Operator> {
        let found = OPERATORS.iter().find(|(token, _)| self.eat(token));
        found.map(|(_, operator)| *operator)
    }

    fn operand(&mut self) -> Parsed<Operand> {
        for (word, value) in [
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("null", Value::Null),
        ] {
            if self.eat(word) {
                return Ok(Operand::Literal(value));
            }
        }
        match self.peek() {
            Some('@') => self.path().map(Operand::Path),
            Some('"' | '\'') => Ok(Operand::Literal(self.string()?.into())),
            Some('-' | '0'..='9') => self.number().map(Operand::Literal),
            Some('$') => Err(self.wrong("a path begins with `@`, which is the event")),
            Some('(') => Err(self.wrong("only paths and values can be compared")),
            Some(letter) if letter.is_alphabetic() => Err(self.wrong(
                "expected a path such as `@.name`, or a value; texts stand in quotes, \
                                and functions are not supported",
            )),
            _ => Err(self.wrong("expected a path such as `@.name`, or a value")),
        }
    }

    /// A path, at its `@`.
    fn path(&mut self) -> Parsed<Path> {
        self.at += 1;
        let mut path = Path::new();
        loop {
            let end = self.at;
            self.skip_blanks();
            if self.eat(".") {
                path.push(Segment::Name(self.shorthand()?));
            } else if self.eat("[") {
                path.push(self.brackets()?);
            } else {
                self.at = end;
                return Ok(path);
            }
        }
    }

    /// The name behind a dot.
    fn shorthand(&mut self) -> Parsed<String> {
        let is_first = |it: char| it.is_ascii_alphabetic() || it == '_' || !it.is_ascii();
        let is_next = |it: char| is_first(it) || it.is_ascii_digit();
        match self.peek() {
            Some('.') => return Err(self.wrong("descendant segments (`..`) are not supported")),
            Some('*') => return Err(self.wrong("wildcards are not supported")),
            Some(it) if is_first(it) => {}
            _ => return Err(self.wrong("expected a name; others are written `['a name']`")),
        }
        let rest = self.rest();
        let end = rest.find(|it| !is_next(it)).unwrap_or(rest.len());
        self.at += end;
        Ok(rest[..end].to_owned())
    }

    /// What stands behind an opening bracket, up to the closing one.
    fn brackets(&mut self) -> Parsed<Segment> {
        self.skip_blanks();
        let segment = match self.peek() {
            Some('"' | '\'') => Segment::Name(self.string()?),
            Some('-' | '0'..='9') => Segment::Index(self.index()?),
            Some('*') => return Err(self.wrong("wildcards are not supported")),
            Some('?') => return Err(self.wrong("filters in a path are not supported")),
            Some(':') => return Err(self.wrong("slices are not supported")),
            _ => return Err(self.wrong("expected a name in quotes, or an index")),
        };
        self.skip_blanks();
        match self.peek() {
            Some(']') => self.at += 1,
            Some(':') => return Err(self.wrong("slices are not supported")),
            Some(',') => return Err(self.wrong("brackets hold one name or index")),
            _ => return Err(self.wrong("expected `]`")),
        }
        Ok(segment)
    }

    fn index(&mut self) -> Parsed<i64> {
        let start = self.at;
        let text = self.take_while(|it| it == '-' || it.is_ascii_digit());
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_canonical = text == "0" || !digits.starts_with('0');
        let index = text.parse().ok().filter(|_| is_canonical);
        let index = index.filter(|index: &i64| (-INDEX_MAX..=INDEX_MAX).contains(index));
        index.ok_or_else(|| self.wrong_at(start, "an index is a whole number such as 0 or -1"))
    }

    fn number(&mut self) -> Parsed<Value> {
        let start = self.at;
        let is_of_number = |it: char| it.is_ascii_digit() || "+-.eE".contains(it);
        let text = self.take_while(is_of_number);
        // Where JSON and RFC 9535 have the same numbers.
        let number = serde_json::from_str(text).map(Value::Number);
        number.map_err(|_| self.wrong_at(start, "this is no number of JSON"))
    }

    fn take_while(&mut self, is_wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|it| !is_wanted(it)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// A text in single or double quotes, at its first one.
    fn string(&mut self) -> Parsed<String> {
        let open = self.at;
        let quote = self.peek().unwrap_or('"');
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(next) = self.peek() else {
                return Err(self.wrong_at(open, "this text has no closing quote"));
            };
            match next {
                _ if next == quote => {
                    self.at += 1;
                    return Ok(text);
                }
                '\\' => text.push(self.escape(quote)?),
                '\0'..='\x1f' => return Err(self.wrong("a control character is written `\\u…`")),
                _ => {
                    text.push(next);
                    self.at += next.len_utf8();
                }
            }
        }
    }

    /// A character that is written with a backslash.
    fn escape(&mut self, quote: char) -> Parsed<char> {
        let start = self.at;
        self.at += 1;
        let escaped = self.peek();
        self.at += escaped.map_or(0, char::len_utf8);
        match escaped {
            Some('b') => Ok('\x08'),
            Some('f') => Ok('\x0c'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some(it @ ('/' | '\\')) => Ok(it),
            Some(it) if it == quote => Ok(it),
            Some('u') => {
                let unit = self.unit();
                let character = match unit {
                    Some(high @ 0xd800..=0xdbff) if self.eat("\\u") => {
                        self.unit().and_then(|low| {
                            let pair = char::decode_utf16([high, low]).next()?;
                            pair.ok()
                        })
                    }
                    unit => unit.and_then(|unit| char::from_u32(unit.into())),
                };
                character
                    .ok_or_else(|| self.wrong_at(start, "`\\u` takes a character's four digits"))
            }
            _ => Err(self.wrong_at(start, "there is no such escape")),
        }
    }

    /// The four hexadecimal digits of a code unit.
    fn unit(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4)?;
        if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }
}
