//! The tree of an expression that was checked.

use super::variables::Variable;

/// The type of a value, known before any message is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Int,
    Double,
    Text,
    Texts,
    Ints,
    /// Texts by key.
    Map,
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Double => "double",
            Self::Text => "string",
            Self::Texts => "list of strings",
            Self::Ints => "list of ints",
            Self::Map => "map",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sum {
    Add,
    Subtract,
    Multiply,
    /// By zero is zero: a rule cannot fail.
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug)]
pub(super) enum Node {
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Box<str>),
    Texts(Vec<Box<str>>),
    Ints(Vec<i64>),
    Variable(Variable),
    /// The item of the list that is being gone through.
    Item,
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
    Compare(Order, Type, Box<Node>, Box<Node>),
    Arithmetic(Sum, Box<Node>, Box<Node>),
    Negate(Box<Node>),
    In(Box<Node>, Box<Node>),
    Test(TextTest, Box<Node>, Box<Node>),
    Size(Box<Node>),
    Lower(Box<Node>),
    /// A value of the metadata; the empty text if it has none.
    Metadata(Box<str>),
    Has(Box<str>),
    /// Whether a consent stands for a category or a topic.
    Consent(Box<str>),
    Any(Box<Node>, Box<Node>),
    All(Box<Node>, Box<Node>),
}
