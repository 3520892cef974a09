//! From what the library parsed to a tree whose types and cost are known.

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, ListExpr, LiteralValue, SelectExpr};

use super::tree::{Node, Order, Sum, TextTest, Type};
use super::variables::Variable;
use super::{Expression, Misfit, Uses};
use crate::limits::{CEL_COST_MAX, CEL_LIST_MAX, CEL_NODES_MAX, CEL_PURPOSES_MAX};
use tidings_store::CONTACT_TAGS_MAX;

type Checked<T> = Result<T, Misfit>;

/// Steps of a text's comparison or search, whatever its length: metadata is bounded where it comes in.
const TEXT_COST: u32 = 8;
/// Of a look through all tags, and of one through the consents that rules ask about.
const TAGS_COST: u32 = CONTACT_TAGS_MAX as u32;
const CONSENT_COST: u32 = 32;

struct Checker<'a> {
    source: &'a str,
    uses: Uses,
    nodes: usize,
    purposes: Vec<Box<str>>,
    /// The name and type of the item that a macro goes through.
    item: Option<(String, Type)>,
}

/// What a part came to.
struct Part {
    node: Node,
    kind: Type,
    cost: u32,
}

pub(super) fn check(source: &str, parsed: &IdedExpr) -> Checked<Expression> {
    let mut checker = Checker { source, uses: Uses::default(), nodes: 0, purposes: Vec::new(), item: None };
    let whole = checker.part(parsed)?;
    if whole.kind != Type::Bool {
        let text = format!("The rule yields a {}; it must yield true or false.", whole.kind.name());
        return Err(Misfit { line: 1, column: 1, text });
    }
    if whole.cost > CEL_COST_MAX {
        let cost = whole.cost;
        return Err(Misfit::whole(format!("The rule may take {cost} steps; {CEL_COST_MAX} are allowed.")));
    }
    Ok(Expression { root: whole.node, cost: whole.cost, uses: checker.uses, purposes: checker.purposes })
}

fn part(node: Node, kind: Type, cost: u32) -> Checked<Part> {
    Ok(Part { node, kind, cost })
}

impl Checker<'_> {
    fn misfit(&self, word: &str, text: impl Into<String>) -> Misfit {
        Misfit::at(self.source, word, text)
    }

    fn part(&mut self, expr: &IdedExpr) -> Checked<Part> {
        self.nodes += 1;
        if self.nodes > CEL_NODES_MAX {
            return Err(Misfit::whole(format!("The rule has more than {CEL_NODES_MAX} parts.")));
        }
        match &expr.expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Ident(name) => self.variable(name),
            Expr::Select(select) => self.select(select),
            Expr::List(list) => self.list(list),
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err(self.misfit("{", "Maps and structures cannot be written here."))
            }
        }
    }

    fn literal(&self, literal: &LiteralValue) -> Checked<Part> {
        match literal {
            LiteralValue::Boolean(value) => part(Node::Bool(*value.inner()), Type::Bool, 1),
            LiteralValue::Int(value) => part(Node::Int(*value.inner()), Type::Int, 1),
            LiteralValue::Double(value) => part(Node::Double(*value.inner()), Type::Double, 1),
            LiteralValue::String(value) => part(Node::Text(value.inner().into()), Type::Text, 1),
            LiteralValue::UInt(_) | LiteralValue::Bytes(_) | LiteralValue::Null => Err(Misfit::whole(
                "Use only bool, int, double and string; unsigned numbers, bytes and null are not known.",
            )),
        }
    }

    fn variable(&mut self, name: &str) -> Checked<Part> {
        if let Some((item, kind)) = &self.item
            && item == name
        {
            return part(Node::Item, *kind, 1);
        }
        let Some((variable, kind)) = Variable::named(name) else {
            let root = name.split('.').next().unwrap_or(name);
            let text = format!(
                "There is no variable `{name}`; the declared ones are listed under /v1/policy/rules."
            );
            return Err(self.misfit(root, text));
        };
        self.uses.time |= variable.is_of_time();
        self.uses.content |= matches!(variable, Variable::Metadata | Variable::Tags);
        self.uses.tags |= variable == Variable::Tags;
        if variable == Variable::Tags {
            return part(Node::Variable(variable), kind, TAGS_COST);
        }
        part(Node::Variable(variable), kind, 1)
    }

    fn select(&mut self, select: &SelectExpr) -> Checked<Part> {
        let Expr::Ident(root) = &select.operand.expr else {
            return Err(self.misfit(&select.field, "Fields are known only of the declared variables."));
        };
        if root == "metadata" {
            self.uses.content = true;
            let key: Box<str> = select.field.as_str().into();
            return if select.test {
                part(Node::Has(key), Type::Bool, 2)
            } else {
                part(Node::Metadata(key), Type::Text, 2)
            };
        }
        if select.test {
            return Err(self.misfit("has", "`has` is for `metadata`; every other variable is always there."));
        }
        self.variable(&format!("{root}.{}", select.field))
    }

    fn list(&mut self, list: &ListExpr) -> Checked<Part> {
        if list.elements.len() > CEL_LIST_MAX {
            return Err(self.misfit("[", format!("A list may have at most {CEL_LIST_MAX} items.")));
        }
        let mut texts = Vec::new();
        let mut ints = Vec::new();
        for element in &list.elements {
            match &element.expr {
                Expr::Literal(LiteralValue::String(text)) => texts.push(text.inner().into()),
                Expr::Literal(LiteralValue::Int(int)) => ints.push(*int.inner()),
                _ => return Err(self.misfit("[", "A list may hold strings or whole numbers, written out.")),
            }
        }
        let cost = u32::try_from(list.elements.len()).unwrap_or(u32::MAX);
        match (texts.is_empty(), ints.is_empty()) {
            (false, false) => Err(self.misfit("[", "A list holds either strings or numbers.")),
            (true, false) => part(Node::Ints(ints), Type::Ints, cost),
            _ => part(Node::Texts(texts), Type::Texts, cost),
        }
    }

    fn call(&mut self, call: &CallExpr) -> Checked<Part> {
        let name = call.func_name.as_str();
        match (name, call.target.as_deref(), &call.args[..]) {
            ("!_", None, [inner]) => {
                let inner = self.of_kind(inner, Type::Bool, "!")?;
                part(Node::Not(inner.node.into()), Type::Bool, inner.cost + 1)
            }
            ("-_", None, [inner]) => {
                let inner = self.part(inner)?;
                match inner.kind {
                    Type::Int | Type::Double => {
                        part(Node::Negate(inner.node.into()), inner.kind, inner.cost + 1)
                    }
                    other => Err(self.misfit("-", format!("A {} has no negative.", other.name()))),
                }
            }
            ("_&&_" | "_||_", None, [left, right]) => {
                let sign = &name[1..3];
                let (left, right) =
                    (self.of_kind(left, Type::Bool, sign)?, self.of_kind(right, Type::Bool, sign)?);
                let cost = left.cost + right.cost + 1;
                let (left, right) = (left.node.into(), right.node.into());
                part(
                    if name == "_&&_" { Node::And(left, right) } else { Node::Or(left, right) },
                    Type::Bool,
                    cost,
                )
            }
            ("_?_:_", None, [test, yes, no]) => self.conditional(test, yes, no),
            ("@in", None, [item, list]) => self.membership(item, list),
            ("_[_]", None, [map, key]) => self.index(map, key),
            ("has_consent", None, [purpose]) => self.consent(purpose),
            ("size", target, args) => self.size(target.into_iter().chain(args)),
            ("startsWith" | "endsWith" | "contains", Some(text), [wanted]) => {
                let text = self.of_kind(text, Type::Text, name)?;
                let wanted = self.of_kind(wanted, Type::Text, name)?;
                let test = match name {
                    "startsWith" => TextTest::StartsWith,
                    "endsWith" => TextTest::EndsWith,
                    _ => TextTest::Contains,
                };
                let cost = text.cost + wanted.cost + TEXT_COST;
                part(Node::Test(test, text.node.into(), wanted.node.into()), Type::Bool, cost)
            }
            ("lowerAscii", Some(text), []) => {
                let text = self.of_kind(text, Type::Text, name)?;
                part(Node::Lower(text.node.into()), Type::Text, text.cost + TEXT_COST)
            }
            (_, None, [left, right]) if name.starts_with('_') => self.binary(name, left, right),
            _ => {
                let text = format!(
                    "There is no function `{name}`; use startsWith, endsWith, contains, lowerAscii, size, has, \
                     has_consent, exists, all."
                );
                Err(self.misfit(name, text))
            }
        }
    }

    fn consent(&mut self, purpose: &IdedExpr) -> Checked<Part> {
        let Expr::Literal(LiteralValue::String(purpose)) = &purpose.expr else {
            let text = "`has_consent` wants the name of a category or a topic, written out in quotes.";
            return Err(self.misfit("has_consent", text));
        };
        let purpose: Box<str> = purpose.inner().into();
        // What somebody agreed to may change until the message is due.
        self.uses.time = true;
        if !self.purposes.contains(&purpose) {
            if self.purposes.len() >= CEL_PURPOSES_MAX {
                let text = format!("A rule may ask for at most {CEL_PURPOSES_MAX} consents.");
                return Err(self.misfit("has_consent", text));
            }
            self.purposes.push(purpose.clone());
        }
        part(Node::Consent(purpose), Type::Bool, CONSENT_COST)
    }

    fn of_kind(&mut self, expr: &IdedExpr, kind: Type, word: &str) -> Checked<Part> {
        let found = self.part(expr)?;
        if found.kind == kind {
            return Ok(found);
        }
        let text = format!("`{word}` wants a {}, and this is a {}.", kind.name(), found.kind.name());
        Err(self.misfit(&leaf(expr).unwrap_or_else(|| word.to_owned()), text))
    }

    fn conditional(&mut self, test: &IdedExpr, yes: &IdedExpr, no: &IdedExpr) -> Checked<Part> {
        let (test, yes, no) = (self.of_kind(test, Type::Bool, "?")?, self.part(yes)?, self.part(no)?);
        if yes.kind != no.kind || matches!(yes.kind, Type::Texts | Type::Ints | Type::Map) {
            return Err(self.misfit("?", "Both sides of `:` must be of one simple type."));
        }
        let cost = test.cost + yes.cost.max(no.cost) + 1;
        part(Node::If(test.node.into(), yes.node.into(), no.node.into()), yes.kind, cost)
    }

    fn membership(&mut self, item: &IdedExpr, list: &IdedExpr) -> Checked<Part> {
        let (item, list) = (self.part(item)?, self.part(list)?);
        let fits =
            matches!((item.kind, list.kind), (Type::Text, Type::Texts | Type::Map) | (Type::Int, Type::Ints));
        if !fits {
            let text = format!("A {} cannot be in a {}.", item.kind.name(), list.kind.name());
            return Err(self.misfit("in", text));
        }
        let cost = item.cost + list.cost + 1;
        part(Node::In(item.node.into(), list.node.into()), Type::Bool, cost)
    }

    fn index(&mut self, map: &IdedExpr, key: &IdedExpr) -> Checked<Part> {
        let is_metadata = matches!(&map.expr, Expr::Ident(name) if name == "metadata");
        match &key.expr {
            Expr::Literal(LiteralValue::String(key)) if is_metadata => {
                self.uses.content = true;
                part(Node::Metadata(key.inner().into()), Type::Text, 2)
            }
            _ => Err(self.misfit("[", "Only `metadata` has keys, and they are strings written out.")),
        }
    }

    fn size<'e>(&mut self, of: impl Iterator<Item = &'e IdedExpr>) -> Checked<Part> {
        let of: Vec<_> = of.collect();
        let [of] = of[..] else { return Err(self.misfit("size", "`size` is of one thing.")) };
        let inner = self.part(of)?;
        match inner.kind {
            Type::Text | Type::Texts | Type::Ints | Type::Map => {
                part(Node::Size(inner.node.into()), Type::Int, inner.cost + TEXT_COST)
            }
            other => Err(self.misfit("size", format!("A {} has no size.", other.name()))),
        }
    }

    fn binary(&mut self, name: &str, left: &IdedExpr, right: &IdedExpr) -> Checked<Part> {
        let sign = name.trim_matches('_').to_owned();
        let order = match &*sign {
            "==" => Some(Order::Equal),
            "!=" => Some(Order::NotEqual),
            "<" => Some(Order::Less),
            "<=" => Some(Order::LessOrEqual),
            ">" => Some(Order::Greater),
            ">=" => Some(Order::GreaterOrEqual),
            _ => None,
        };
        let sum = match &*sign {
            "+" => Some(Sum::Add),
            "-" => Some(Sum::Subtract),
            "*" => Some(Sum::Multiply),
            "/" => Some(Sum::Divide),
            "%" => Some(Sum::Remainder),
            _ => None,
        };
        let word = leaf(right).unwrap_or_else(|| sign.clone());
        let (left, right) = (self.part(left)?, self.part(right)?);
        let kind = left.kind;
        if kind != right.kind {
            let text = format!(
                "`{sign}` compares or joins two of one type; this is a {} and a {}.",
                kind.name(),
                right.kind.name()
            );
            return Err(self.misfit(&word, text));
        }
        let of_text = if kind == Type::Text { TEXT_COST } else { 1 };
        let cost = left.cost + right.cost + of_text;
        let (left, right) = (left.node.into(), right.node.into());
        match (order, sum) {
            (Some(order), _) if matches!(kind, Type::Bool | Type::Int | Type::Double | Type::Text) => {
                part(Node::Compare(order, kind, left, right), Type::Bool, cost)
            }
            (_, Some(sum))
                if matches!(kind, Type::Int | Type::Double) || kind == Type::Text && sum == Sum::Add =>
            {
                part(Node::Arithmetic(sum, left, right), kind, cost)
            }
            _ => Err(self.misfit(&word, format!("`{sign}` is not for a {}.", kind.name()))),
        }
    }

    /// `list.exists(x, …)` and `list.all(x, …)`, which the library has written as loops.
    fn comprehension(&mut self, loops: &ComprehensionExpr) -> Checked<Part> {
        if self.item.is_some() {
            return Err(self.misfit(&loops.iter_var, "Macros cannot stand in each other."));
        }
        let only = "Of the macros, only `exists` and `all` with one variable are known.";
        let refuse = |checker: &Self| checker.misfit(&loops.iter_var, only);
        let Expr::Literal(LiteralValue::Boolean(start)) = &loops.accu_init.expr else {
            return Err(refuse(self));
        };
        let is_all = *start.inner();
        let Expr::Call(step) = &loops.loop_step.expr else { return Err(refuse(self)) };
        let (wanted, plain) =
            (if is_all { "_&&_" } else { "_||_" }, matches!(&loops.result.expr, Expr::Ident(_)));
        let [_, body] = &step.args[..] else { return Err(refuse(self)) };
        if step.func_name != wanted || !plain || loops.iter_var2.is_some() {
            return Err(refuse(self));
        }
        let list = self.part(&loops.iter_range)?;
        let (kind, items) = match &list.node {
            Node::Texts(texts) => (Type::Text, texts.len()),
            Node::Ints(ints) => (Type::Int, ints.len()),
            Node::Variable(Variable::Tags) => (Type::Text, CONTACT_TAGS_MAX),
            _ => {
                return Err(self.misfit(
                    &loops.iter_var,
                    "Only a list that is written out, or `contact.tags`, can be gone through.",
                ));
            }
        };
        self.item = Some((loops.iter_var.clone(), kind));
        let body = self.of_kind(body, Type::Bool, &loops.iter_var)?;
        self.item = None;
        let cost = u32::try_from(items).unwrap_or(u32::MAX).saturating_mul(body.cost.saturating_add(1));
        let (list, body) = (list.node.into(), body.node.into());
        part(if is_all { Node::All(list, body) } else { Node::Any(list, body) }, Type::Bool, cost)
    }
}

/// A word of the source by which a part is found.
fn leaf(expr: &IdedExpr) -> Option<String> {
    match &expr.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) => leaf(&select.operand),
        Expr::Literal(LiteralValue::Int(value)) => Some(value.inner().to_string()),
        Expr::Literal(LiteralValue::Boolean(value)) => Some(value.inner().to_string()),
        Expr::Call(call) => {
            call.target.as_deref().and_then(leaf).or_else(|| call.args.first().and_then(leaf))
        }
        _ => None,
    }
}
