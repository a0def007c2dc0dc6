//! Where events and rejects go.

use std::sync::Arc;

use enrich_dsl::model;

use super::{BuildError, Compiler};
use crate::program::{Destination, Expr, Location, Output, Part};

impl Compiler<'_> {
    pub(super) fn output(&self, output: &model::Output, rule: &str) -> Result<Output, BuildError> {
        match output {
            model::Output::S3(objects) => {
                let bucket = self.fill(&objects.bucket)?;
                if bucket.is_empty() {
                    return Err(BuildError::NoBucket { rule: rule.to_owned() });
                }
                let prefix = Expr::Text(self.parts(&objects.prefix)?);
                Ok(Output::S3 {
                    bucket: bucket.into(),
                    is_constant: prefix.is_constant(),
                    prefix,
                    per: objects.per,
                    compression: objects.compression,
                })
            }
            model::Output::Firehose(stream) => {
                let name = self.fill(&stream.name)?;
                if model::is_delivery_stream(&name) {
                    Ok(Output::Firehose(name.into()))
                } else {
                    Err(BuildError::NoDeliveryStream { rule: rule.to_owned(), name })
                }
            }
            _ => Err(BuildError::Model("an output of another version".to_owned())),
        }
    }

    pub(super) fn partition(
        &self,
        keys: &[(String, model::Expr)],
    ) -> Result<Vec<(Arc<str>, Expr)>, BuildError> {
        let text = |value| Ok::<_, BuildError>(Expr::Text(vec![Part::Hole(self.expr(value)?)]));
        keys.iter().map(|(name, value)| Ok((name.as_str().into(), text(value)?))).collect()
    }

    pub(super) fn destination(
        &self,
        rejects: &model::Destination,
        rule: &str,
    ) -> Result<Destination, BuildError> {
        let location = self.fill(&rejects.location)?;
        let rule = rule.to_owned();
        match rejects.kind {
            model::DestinationKind::S3 => {
                Location::parse(&location).map(Destination::Objects).ok_or(BuildError::NoBucket { rule })
            }
            model::DestinationKind::Sqs => match model::Queue::parse(&location) {
                Some(queue) => Ok(Destination::Queue(queue)),
                None => Err(BuildError::NoQueue { rule, location }),
            },
            _ => Err(BuildError::Model("a destination of another version".to_owned())),
        }
    }
}
