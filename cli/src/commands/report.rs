//! `check --iam`, `--cost`, `--lineage` and `--bundle`: what rules need, what they may cost, where fields come from,
//! and the rules themselves as one document.

use std::path::PathBuf;

use enrich_engine::Rules;
use enrich_lambda::policy::{Deployment, Policy};
use enrich_lambda::rule_files::RuleSet;

use super::CommandError;
use crate::Shell;
use crate::args::{CheckArgs, Format, LineageFormat, ReportArgs, is_standard_input};
use crate::report::bill::Order;
use crate::report::prices::PriceList;
use crate::report::{cost, lineage_dot, lineage_json};
use crate::rules::Values;

/// A report that is asked for.
pub(super) enum Report {
    Iam(Deployment),
    Cost {
        batch_size: u64,
        json: bool,
        order: Option<Box<Order>>,
    },
    Lineage(LineageFormat),
    /// Of the rule set there.
    Bundle(PathBuf),
}

impl Report {
    /// The one that the command line asks for, if it does.
    pub(super) fn wanted(args: &CheckArgs) -> Result<Option<Self>, CommandError> {
        let ReportArgs { iam, partition, region, account, rejects, cost, batch_size, bill, lineage, bundle } =
            &args.report;
        if *iam {
            let (partition, region) = (partition.clone(), region.clone());
            let (account, rejects) = (account.clone(), rejects.clone());
            return Ok(Some(Report::Iam(Deployment { partition, region, account, rejects })));
        }
        if *cost {
            let json = match args.format {
                Format::Full => false,
                Format::Json => true,
                _ => return Err(CommandError::CostFormat),
            };
            let prices = bill.prices.as_deref().map(PriceList::read).transpose()?;
            let order =
                prices.map(|prices| Box::new(Order { prices, args: bill.clone(), batch_size: *batch_size }));
            return Ok(Some(Report::Cost { batch_size: *batch_size, json, order }));
        }
        if *bundle {
            return match args.paths.as_slice() {
                [path] if !is_standard_input(path) => Ok(Some(Report::Bundle(path.clone()))),
                _ => Err(CommandError::BundleOfOne),
            };
        }
        Ok(lineage.map(Report::Lineage))
    }

    pub(super) fn print(
        &self,
        rules: &Rules,
        values: &Values,
        shell: &mut Shell<'_>,
    ) -> Result<(), CommandError> {
        match self {
            Report::Iam(deployment) => {
                let policy = Policy::of(rules.set(), deployment, &values.function())?;
                if policy.statements.is_empty() {
                    let _ = writeln!(shell.stderr, "the rules need no permission; IAM takes no empty policy");
                }
                writeln!(shell.stdout, "{policy}")?;
            }
            Report::Cost { batch_size, json, order } => {
                let costs = rules.cost(*batch_size)?;
                let bills = order.as_ref().map(|order| {
                    let rules = costs.iter().zip(&rules.set().rules);
                    rules.map(|(cost, rule)| order.bill(cost, rule.output.as_ref())).collect::<Vec<_>>()
                });
                let bills = bills.as_deref();
                let report =
                    if *json { cost::json(*batch_size, &costs, bills) } else { cost::text(&costs, bills) };
                shell.stdout.write_all(report.as_bytes())?;
            }
            Report::Lineage(format) => {
                let rules = rules.lineage();
                let report = match format {
                    LineageFormat::Json => lineage_json::json(&rules),
                    LineageFormat::Dot => lineage_dot::dot(&rules),
                };
                shell.stdout.write_all(report.as_bytes())?;
            }
            Report::Bundle(path) => {
                let document = RuleSet::folder(path)?.bundle()?;
                shell.stdout.write_all(document.as_bytes())?;
            }
        }
        Ok(())
    }
}
