//! What AWS asks for, as a file says it: nothing is priced here.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

/// A file of prices: the currency, and what each thing costs that is paid for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// What amounts are in, such as `USD`.
    pub currency: String,
    /// The region that they are for.
    pub region: String,
    prices: Prices,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Prices {
    kinesis_gb: Option<Price>,
    kinesis_stream_hours: Option<Price>,
    kinesis_put_units: Option<Price>,
    kinesis_shard_hours: Option<Price>,
    lambda_requests: Option<Price>,
    lambda_gb_seconds: Option<Price>,
    dynamodb_read_units: Option<Price>,
    s3_puts: Option<Price>,
    s3_gb_months: Option<Price>,
    firehose_gb: Option<Price>,
    pipes_requests: Option<Price>,
}

/// What so many cost.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The amount; `None` where the file leaves it open.
    pub price: Option<f64>,
    /// For how many.
    pub per: f64,
    /// Where the price was read.
    #[serde(default)]
    pub source: Option<String>,
    /// When, as `2026-01-31`.
    #[serde(default)]
    pub read: Option<String>,
}

/// What is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// Gigabytes put into a stream on demand.
    KinesisGb,
    /// The stream itself, on demand.
    KinesisStreamHours,
    /// What is put into a stream of shards, in pieces of 25 KB.
    KinesisPutUnits,
    /// Its shards.
    KinesisShardHours,
    /// Invocations of the function.
    LambdaRequests,
    /// Its time, by its memory.
    LambdaGbSeconds,
    /// Read units of tables on demand.
    DynamodbReadUnits,
    /// Objects written.
    S3Puts,
    /// What is in them, for a month.
    S3GbMonths,
    /// Gigabytes taken by Firehose.
    FirehoseGb,
    /// What enters a pipe.
    PipesRequests,
}

/// Why there are no prices.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PricesError {
    /// The file can't be read.
    #[error("can't read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something else.
    #[error("{} holds no prices", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why, with its place.
        source: serde_json::Error,
    },
    /// A price is below zero, or for nothing.
    #[error("{}: the price `{name}` must be 0 or more, for more than 0", path.display())]
    Amount {
        /// The file.
        path: PathBuf,
        /// What it is the price of.
        name: &'static str,
    },
}

impl PriceList {
    /// Reads a file of prices.
    ///
    /// # Errors
    /// Where it can't be read, is no JSON, or holds anything but prices.
    pub fn read(path: &Path) -> Result<Self, PricesError> {
        let text =
            fs::read(path).map_err(|source| PricesError::Unreadable { path: path.to_path_buf(), source })?;
        let list: Self = serde_json::from_slice(&text)
            .map_err(|source| PricesError::Malformed { path: path.to_path_buf(), source })?;
        let wrong = Item::ALL.into_iter().find(|item| {
            list.price(*item)
                .is_some_and(|price| price.per <= 0.0 || price.price.is_some_and(|amount| amount < 0.0))
        });
        wrong
            .map_or(Ok(list), |item| Err(PricesError::Amount { path: path.to_path_buf(), name: item.name() }))
    }

    /// What this costs; `None` where the file says nothing of it.
    #[must_use]
    pub fn price(&self, item: Item) -> Option<&Price> {
        let prices = &self.prices;
        match item {
            Item::KinesisGb => prices.kinesis_gb.as_ref(),
            Item::KinesisStreamHours => prices.kinesis_stream_hours.as_ref(),
            Item::KinesisPutUnits => prices.kinesis_put_units.as_ref(),
            Item::KinesisShardHours => prices.kinesis_shard_hours.as_ref(),
            Item::LambdaRequests => prices.lambda_requests.as_ref(),
            Item::LambdaGbSeconds => prices.lambda_gb_seconds.as_ref(),
            Item::DynamodbReadUnits => prices.dynamodb_read_units.as_ref(),
            Item::S3Puts => prices.s3_puts.as_ref(),
            Item::S3GbMonths => prices.s3_gb_months.as_ref(),
            Item::FirehoseGb => prices.firehose_gb.as_ref(),
            Item::PipesRequests => prices.pipes_requests.as_ref(),
        }
    }
}

impl Item {
    const ALL: [Self; 11] = [
        Self::KinesisGb,
        Self::KinesisStreamHours,
        Self::KinesisPutUnits,
        Self::KinesisShardHours,
        Self::LambdaRequests,
        Self::LambdaGbSeconds,
        Self::DynamodbReadUnits,
        Self::S3Puts,
        Self::S3GbMonths,
        Self::FirehoseGb,
        Self::PipesRequests,
    ];

    /// Its name in a file of prices.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KinesisGb => "kinesis_gb",
            Self::KinesisStreamHours => "kinesis_stream_hours",
            Self::KinesisPutUnits => "kinesis_put_units",
            Self::KinesisShardHours => "kinesis_shard_hours",
            Self::LambdaRequests => "lambda_requests",
            Self::LambdaGbSeconds => "lambda_gb_seconds",
            Self::DynamodbReadUnits => "dynamodb_read_units",
            Self::S3Puts => "s3_puts",
            Self::S3GbMonths => "s3_gb_months",
            Self::FirehoseGb => "firehose_gb",
            Self::PipesRequests => "pipes_requests",
        }
    }
}
