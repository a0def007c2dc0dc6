//! Texts with parts that are filled in.

use super::Expr;

/// A text in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub Vec<TextPart>);

impl Text {
    /// The variables in it and in its holes.
    #[must_use]
    pub fn variables(&self) -> Vec<&Variable> {
        let holes = self.0.iter().flat_map(|part| match part {
            TextPart::Hole(hole) => hole.variables(),
            _ => Vec::new(),
        });
        self.own_variables().chain(holes).collect()
    }

    /// The variables in it, without those in its holes.
    pub(crate) fn own_variables(&self) -> impl Iterator<Item = &Variable> {
        self.0.iter().filter_map(|part| match part {
            TextPart::Variable(variable) => Some(variable),
            _ => None,
        })
    }
}

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPart {
    /// Characters as they are.
    Literal(String),
    /// The value of a variable, filled in before any event comes.
    Variable(Variable),
    /// The value of an expression; an absent or null one makes the whole text absent.
    Hole(Expr),
}

/// A text without holes: a name or a pattern that is known before any event comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(pub Vec<TemplatePart>);

/// A part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// Characters as they are.
    Literal(String),
    /// The value of a variable.
    Variable(Variable),
}

/// The values of variables, by name; `None` for one that is not set.
pub type Variables = dyn Fn(&str) -> Option<String>;

/// `${NAME:default}`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// The value where none is given.
    pub default: Option<String>,
}

impl Variable {
    /// Its value under these variables; `None` where it has none.
    #[must_use]
    pub fn value(&self, variables: &Variables) -> Option<String> {
        variables(&self.name).or_else(|| self.default.clone())
    }
}

impl Template {
    /// A text without variables.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        Self(vec![TemplatePart::Literal(text.into())])
    }

    /// The text under these variables.
    ///
    /// # Errors
    /// The names of the variables that have neither a value nor a default.
    pub fn fill(&self, variables: &Variables) -> Result<String, Vec<String>> {
        let mut text = String::new();
        let mut unset = Vec::new();
        for part in &self.0 {
            match part {
                TemplatePart::Literal(literal) => text.push_str(literal),
                TemplatePart::Variable(variable) => match variable.value(variables) {
                    Some(value) => text.push_str(&value),
                    None => unset.push(variable.name.clone()),
                },
            }
        }
        if unset.is_empty() { Ok(text) } else { Err(unset) }
    }

    /// The variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.0.iter().filter_map(|part| match part {
            TemplatePart::Variable(variable) => Some(variable),
            TemplatePart::Literal(_) => None,
        })
    }
}
