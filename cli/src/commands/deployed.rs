//! `check --aws`: the tables in DynamoDB, held against what the rules say of them.

use std::collections::{BTreeMap, BTreeSet};

use enrich_dsl::diagnostic::Diagnostic;
use enrich_engine::deployed::{self, Deployed};
use enrich_engine::lookup::Failure;
use enrich_engine::{BuildError, Rules};

use super::CommandError;
use crate::rules::Values;

/// What came of asking.
pub(super) struct Compared {
    /// What differs.
    pub(super) findings: Vec<Diagnostic>,
    /// How many declarations were held against their tables.
    pub(super) tables: u64,
    /// Why the others were not.
    pub(super) failures: Vec<Failure>,
}

impl Compared {
    /// # Errors
    /// Where a table could not be asked: that nothing is known of it is no finding, and not well either.
    pub(super) fn whole(&self) -> Result<(), CommandError> {
        match self.failures.as_slice() {
            [] => Ok(()),
            failures => Err(CommandError::NotCompared { failures: failures.to_vec() }),
        }
    }
}

/// Asks what every table is that the rules declare, each once.
///
/// # Errors
/// Where a table's name takes a variable that has no value, or nobody can be asked at all.
pub(super) fn compare(rules: &Rules, values: &Values) -> Result<Compared, CommandError> {
    let names = names(rules, values)?;
    let asked: Vec<String> = names.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
    let answers = describe(&asked)?;
    Ok(hold(rules, &names, asked.into_iter().zip(answers).collect()))
}

/// Holds the rules' tables, which are called so at their source, against the answers by those names.
fn hold(rules: &Rules, names: &[String], answers: BTreeMap<String, Answer>) -> Compared {
    let mut compared = Compared { findings: Vec::new(), tables: 0, failures: Vec::new() };
    for (place, name) in names.iter().enumerate() {
        if let Some(Ok(deployed)) = answers.get(name) {
            compared.tables += 1;
            compared.findings.extend(deployed::compare(rules.set(), place, name, deployed.as_ref()));
        }
    }
    compared.failures.extend(answers.into_values().filter_map(Result::err));
    compared
}

/// What each table is called at its source, in the order of the rule set.
fn names(rules: &Rules, values: &Values) -> Result<Vec<String>, CommandError> {
    let value = values.function();
    let (mut names, mut unset) = (Vec::new(), BTreeSet::new());
    for table in &rules.set().tables {
        match table.source.location.fill(&value) {
            Ok(name) => names.push(name),
            Err(variables) => unset.extend(variables),
        }
    }
    if unset.is_empty() { Ok(names) } else { Err(BuildError::Unset(unset.into_iter().collect()).into()) }
}

/// What a table is; `None` for one that does not exist.
type Answer = Result<Option<Deployed>, Failure>;

#[cfg(feature = "aws")]
fn describe(tables: &[String]) -> Result<Vec<Answer>, CommandError> {
    use std::sync::Arc;

    use enrich_aws::dynamodb::DynamoDbSource;
    use enrich_aws::{Clients, SystemClock};

    let runtime = super::runtime()?;
    let trust = super::seams::trust()?;
    Ok(runtime.block_on(async {
        let clients = Clients::from_env(&trust).await;
        DynamoDbSource::new(clients.dynamodb, Arc::new(SystemClock)).describe(tables).await
    }))
}

#[cfg(not(feature = "aws"))]
fn describe(_: &[String]) -> Result<Vec<Answer>, CommandError> {
    Err(CommandError::NoAws { binary: "check" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Variable;
    use enrich_dsl::model::KeyType;
    use enrich_engine::lookup::ErrorCode;

    fn rules() -> Rules {
        let tables = ["${STAGE}-users", "${STAGE}-teams", "${STAGE}-users"]
            .iter()
            .enumerate()
            .map(|(at, name)| format!("table t{at} {{ source dynamodb \"{name}\" key id: string }}\n"));
        let rule = "rule r { stream \"s\" set .a = 1 }".to_owned();
        Rules::from_text(&tables.chain([rule]).collect::<String>()).expect("rules")
    }

    #[test]
    fn names_need_the_values_of_their_variables() {
        let rules = rules();
        let unset = names(&rules, &Values::default()).map_err(|error| error.to_string());
        let message = "these variables have no value: STAGE; give each of them one with `-D NAME=VALUE`";
        assert_eq!(unset, Err(message.to_owned()));
        let given = [Variable { name: "STAGE".to_owned(), value: "dev".to_owned() }];
        let values = Values::new(&given, &rules).expect("values");
        assert_eq!(names(&rules, &values).expect("names"), ["dev-users", "dev-teams", "dev-users"]);
    }

    #[test]
    fn a_table_that_could_not_be_asked_is_no_finding_and_not_well() {
        let names = ["users", "teams", "users"].map(str::to_owned);
        let table = Deployed::new(vec![("id".to_owned(), KeyType::Number)], Vec::new());
        let failure = Failure::new(ErrorCode::Denied, "table `teams` refuses access");
        let answers = [("users".to_owned(), Ok(Some(table))), ("teams".to_owned(), Err(failure))];
        let compared = hold(&rules(), &names, answers.into());
        assert_eq!((compared.tables, compared.findings.len(), compared.failures.len()), (2, 2, 1));
        assert_eq!(
            compared.whole().map_err(|error| error.to_string()),
            Err("can't tell whether the rules fit DynamoDB: table `teams` refuses access".to_owned())
        );
        let compared = Compared { failures: Vec::new(), ..compared };
        assert!(compared.whole().is_ok());
    }
}
