//! JSON Schema over the tape: the validator reads [`Node`]s, and no tree of values is built.

mod compiled;
mod enriched;
mod instance;
mod plain;
mod shape;

use std::sync::OnceLock;

use enrich_dsl::types::Shape;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::json::{Node, Usual};
use compiled::Compiled;
pub(crate) use compiled::Members;
pub(crate) use enriched::enriched;
use instance::Tape;

/// A compiled schema. Drafts 4, 6, 7, 2019-09 and 2020-12, formats checked; references stay inside it.
pub(crate) struct Schema {
    /// The library's judge, once it is needed: events that fit mostly need none.
    library: OnceLock<Validator<Tape>>,
    /// The same, without the library where it can do without.
    compiled: Option<Compiled>,
    value: Value,
}

impl Schema {
    /// Compiles the text of a schema.
    ///
    /// The error is one sentence on what is wrong with it.
    pub(crate) fn compile(text: &[u8]) -> Result<Self, String> {
        let schema: Value =
            serde_json::from_slice(text).map_err(|error| format!("it is not JSON: {error}"))?;
        if !schema.is_object() && !schema.is_boolean() {
            return Err("a schema is an object".to_owned());
        }
        let compiled = Compiled::new(&schema);
        let library = OnceLock::new();
        if compiled.is_some() && plain::is_plainly_valid(&schema) {
            return Ok(Self { library, compiled, value: schema });
        }
        match validator(&schema) {
            Ok(validator) => Ok(Self { library: validator.into(), compiled, value: schema }),
            Err(error) => {
                let at = error.instance_path().to_string();
                let place = if at.is_empty() { String::new() } else { format!(" at `{at}`") };
                Err(format!("{error}{place}"))
            }
        }
    }

    /// What is known of the events that fit.
    pub(crate) fn shape(&self) -> Shape {
        shape::shape(&self.value)
    }

    /// The schema as it was read.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// The most elements that the array at that path may have, where the schema says it plainly:
    /// through `properties` and references inside the schema.
    pub(crate) fn max_items(&self, path: &[String]) -> Option<usize> {
        let mut at = self.follow(&self.value)?;
        for name in path {
            at = self.follow(at.get("properties")?.get(name)?)?;
        }
        usize::try_from(at.get("maxItems")?.as_u64()?).ok()
    }

    /// What a schema refers to, if it is a reference. Their number is bounded, so that a circle ends.
    fn follow<'s>(&'s self, mut schema: &'s Value) -> Option<&'s Value> {
        for _ in 0..16 {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return Some(schema) };
            schema = self.value.pointer(reference.strip_prefix('#')?)?;
        }
        None
    }

    /// The library's judge. `None` never happens: a schema that it does not take is none of these.
    fn library(&self) -> Option<&Validator<Tape>> {
        if self.library.get().is_none() {
            // Of two threads that make it at once one wins.
            let _ = self.library.set(validator(&self.value).ok()?);
        }
        self.library.get()
    }

    /// What events of these members have to fit, where our own checks can tell.
    pub(crate) fn members<'n>(&self, names: impl Iterator<Item = &'n str>) -> Option<Members> {
        self.compiled.as_ref()?.members(names)
    }

    /// What does not fit, in one sentence that shows paths and keywords, never values. `usual` are the event's
    /// members, if they are as usual, with what they have to fit.
    pub(crate) fn complaint(&self, event: Node<'_>, usual: Option<(&Members, Usual<'_>)>) -> Option<String> {
        let judgement = self.compiled.as_ref().and_then(|compiled| match usual {
            Some((members, usual)) => compiled.usual_fits(&event, members, usual.values),
            None => compiled.fits(event),
        });
        debug_assert!(
            judgement
                .is_none_or(|fits| self.library().is_some_and(|library| library.is_valid(event) == fits)),
            "judged {judgement:?}, not as the library does: {}",
            self.value
        );
        // Most events fit, which is told fast. Of all others the library has the last word.
        if judgement == Some(true) { None } else { self.last_word(event, judgement) }
    }

    /// As [`Self::complaint`] of an event that does not fit, or of which our own checks can't tell.
    #[cold]
    #[inline(never)]
    fn last_word(&self, event: Node<'_>, judgement: Option<bool>) -> Option<String> {
        let Some(library) = self.library() else {
            return Some("the event can't be held against its schema".to_owned());
        };
        if judgement.is_none() && library.is_valid(event) {
            return None;
        }
        let error = library.iter_errors(event).next()?;
        let path = error.instance_path().to_string();
        let place = if path.is_empty() { "the event".to_owned() } else { format!("`{path}`") };
        // What is said of a name holds the name, and a name out of an event can be anything.
        let what = match error.kind().keyword() {
            "propertyNames" => "the name of a member is not allowed".to_owned(),
            _ => error.masked().to_string(),
        };
        Some(format!("{place} breaks `{}` of its schema: {what}", error.schema_path()))
    }
}

/// A schema as the library reads it: formats checked, nothing fetched.
fn validator(schema: &Value) -> Result<Validator<Tape>, ValidationError<'static>> {
    jsonschema::options_for::<Tape>().offline().should_validate_formats(true).build(schema)
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Schema")
    }
}
