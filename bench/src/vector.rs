//! VRL, the language of Vector: parse, look up, set the same fields, write.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use vrl::compiler::function::{ArgumentList, Compiled, Example, FunctionCompileContext, Parameter};
use vrl::compiler::prelude::*;
use vrl::compiler::state::RuntimeState;
use vrl::compiler::{CompileConfig, TargetValue, TimeZone};
use vrl::value::Secrets;

use enrich_bench_ours::data::Data;

const PROGRAM: &str = r#"
user = lookup_user(string(.user_id) ?? "")
.user_name = if user.name == null { "Unknown" } else { user.name }
.user_email = if user.email == null { "Unknown" } else { user.email }
.user_segment = if user.segment == null { "Unknown" } else { user.segment }
.user_location = if user.location == null { "Unknown" } else { user.location }
.enriched = true
.processing_timestamp = "2026-11-21T10:00:00.000Z"
"#;

type Users = Arc<HashMap<String, Value>>;

/// The table as a function of the language.
#[derive(Clone, Debug)]
struct Lookup(Users);

impl Function for Lookup {
    fn identifier(&self) -> &'static str {
        "lookup_user"
    }

    fn usage(&self) -> &'static str {
        "the user of that id"
    }

    fn category(&self) -> &'static str {
        "enrichment"
    }

    fn return_kind(&self) -> u16 {
        vrl::compiler::value::kind::OBJECT
    }

    fn parameters(&self) -> &'static [Parameter] {
        const PARAMETERS: &[Parameter] =
            &[Parameter::required("id", vrl::compiler::value::kind::BYTES, "the id")];
        PARAMETERS
    }

    fn examples(&self) -> &'static [Example] {
        &[]
    }

    fn compile(
        &self,
        _: &state::TypeState,
        _: &mut FunctionCompileContext,
        arguments: ArgumentList,
    ) -> Compiled {
        Ok(Asking { users: self.0.clone(), id: arguments.required("id") }.as_expr())
    }
}

#[derive(Clone, Debug)]
struct Asking {
    users: Users,
    id: Box<dyn Expression>,
}

impl FunctionExpression for Asking {
    fn resolve(&self, context: &mut Context) -> Resolved {
        let id = self.id.resolve(context)?;
        let user = id.to_str_lossy().and_then(|id| self.users.get(&*id).cloned());
        Ok(user.unwrap_or_else(|| Value::Object(BTreeMap::new())))
    }

    fn type_def(&self, _: &state::TypeState) -> TypeDef {
        TypeDef::object(Collection::any())
    }
}

/// Events in, enriched events out: gives their bytes.
pub fn events(data: &Data) -> impl FnMut() -> usize + '_ {
    let users = data.users.iter().map(|(id, user)| {
        let fields = [
            ("name", user.name.as_str()),
            ("email", &user.email),
            ("segment", user.segment),
            ("location", user.location),
        ];
        (id.clone(), Value::Object(fields.map(|(name, value)| (name.into(), value.into())).into()))
    });
    let mut functions = vrl::stdlib::all();
    functions.push(Box::new(Lookup(Arc::new(users.collect()))));
    let compiled = vrl::compiler::compile_with_external(
        PROGRAM,
        &functions,
        &state::ExternalEnv::default(),
        CompileConfig::default(),
    );
    let program = compiled.map_err(|errors| format!("{errors:?}")).expect("a program").program;
    let mut runtime = vrl::compiler::runtime::Runtime::new(RuntimeState::default());
    move || {
        let mut out = Vec::new();
        for event in &data.events {
            let event: serde_json::Value = serde_json::from_str(event).expect("JSON");
            let mut target = TargetValue {
                value: Value::from(event),
                metadata: Value::Object(BTreeMap::new()),
                secrets: Secrets::default(),
            };
            runtime.resolve(&mut target, &program, &TimeZone::default()).expect("a value");
            runtime.clear();
            serde_json::to_writer(&mut out, &target.value).expect("memory");
            out.push(b'\n');
        }
        out.len()
    }
}
