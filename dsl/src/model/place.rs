//! Names of places outside: queues and delivery streams.

/// A queue of SQS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Queue {
    /// Its URL, as `SendMessageBatch` takes it.
    pub url: String,
    /// Its name.
    pub name: String,
    /// Its account; `None` where the URL, such as an emulator's, has none.
    pub account: Option<String>,
    /// Its region; `None` where the URL does not say it.
    pub region: Option<String>,
}

impl Queue {
    /// Reads the queue's URL or its ARN. `None` where the text is neither.
    ///
    /// A name alone is neither: which account and region it is in, somebody would have to ask.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with("arn:") { Self::of_arn(text) } else { Self::of_url(text) }
    }

    /// Whether it keeps the order of its messages.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }

    /// The partition of its region; `None` where the region is not known.
    #[must_use]
    pub fn partition(&self) -> Option<&'static str> {
        let region = self.region.as_deref()?;
        Some(if region.starts_with("cn-") {
            "aws-cn"
        } else if region.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        })
    }

    /// `arn:PARTITION:sqs:REGION:ACCOUNT:NAME`
    fn of_arn(arn: &str) -> Option<Self> {
        let fields: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "sqs", region, account, name] = fields.as_slice() else { return None };
        let domain = match *partition {
            "aws" | "aws-us-gov" => "amazonaws.com",
            "aws-cn" => "amazonaws.com.cn",
            // A closed partition has a domain of its own: its queues are named by their URLs.
            _ => return None,
        };
        let known = is_region(region) && is_account(account) && is_queue_name(name);
        known.then(|| Self {
            url: format!("https://sqs.{region}.{domain}/{account}/{name}"),
            name: (*name).to_owned(),
            account: Some((*account).to_owned()),
            region: Some((*region).to_owned()),
        })
    }

    /// `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`; an emulator's has another host.
    fn of_url(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        let (host, path) = rest.split_once('/')?;
        let (account, name) = path.rsplit_once('/')?;
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !(plain(host) && plain(account) && is_queue_name(name)) {
            return None;
        }
        let labels: Vec<&str> = host.split(['.', ':']).collect();
        let region = match labels.as_slice() {
            ["sqs" | "sqs-fips", region, ..] | [region, "queue", "amazonaws", ..] => Some(*region),
            _ => None,
        };
        let region = region.filter(|region| is_region(region));
        Some(Self {
            url: url.to_owned(),
            name: name.to_owned(),
            account: Some(account.to_owned()).filter(|account| is_account(account)),
            region: region.map(str::to_owned),
        })
    }
}

/// Whether Firehose lets a delivery stream have that name.
#[must_use]
pub fn is_delivery_stream(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

fn is_queue_name(name: &str) -> bool {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !stem.is_empty() && name.len() <= 80 && stem.bytes().all(allowed)
}

fn is_region(region: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    region.contains('-') && region.bytes().all(allowed)
}

fn is_account(account: &str) -> bool {
    account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_named_by_its_url_or_arn() {
        for (text, expected) in [
            (
                "https://sqs.eu-west-1.amazonaws.com/111122223333/bad",
                "https://sqs.eu-west-1.amazonaws.com/111122223333/bad bad 111122223333 eu-west-1",
            ),
            (
                "arn:aws:sqs:eu-west-1:111122223333:bad.fifo",
                "https://sqs.eu-west-1.amazonaws.com/111122223333/bad.fifo bad.fifo 111122223333 eu-west-1 fifo",
            ),
            (
                "arn:aws-cn:sqs:cn-north-1:111122223333:bad",
                "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/bad bad 111122223333 cn-north-1",
            ),
            (
                "https://us-east-1.queue.amazonaws.com/111122223333/bad",
                "https://us-east-1.queue.amazonaws.com/111122223333/bad bad 111122223333 us-east-1",
            ),
            ("http://localhost:4566/000000000000/q", "http://localhost:4566/000000000000/q q 000000000000 -"),
            ("http://127.0.0.1:9324/queue/q_1", "http://127.0.0.1:9324/queue/q_1 q_1 - -"),
        ] {
            let queue = Queue::parse(text).expect(text);
            let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
            let Queue { url, name, account, region } = &queue;
            let fifo = if queue.is_fifo() { " fifo" } else { "" };
            assert_eq!(format!("{url} {name} {} {}{fifo}", part(account), part(region)), expected);
        }
        for text in [
            "",
            "bad",
            "s3://bucket/x",
            "https://sqs.eu-west-1.amazonaws.com/bad",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/a b",
            "arn:aws:sns:eu-west-1:111122223333:bad",
            "arn:aws:sqs:eu-west-1:1:bad",
            "arn:aws:sqs::111122223333:bad",
            "arn:aws-iso:sqs:us-iso-east-1:111122223333:bad",
            "arn:aws:sqs:eu-west-1:111122223333:bad:more",
        ] {
            assert_eq!(Queue::parse(text), None, "{text}");
        }
    }

    #[test]
    fn names_of_delivery_streams() {
        assert!(["a", "Orders_1.x-y"].into_iter().all(is_delivery_stream));
        let long = "a".repeat(65);
        assert!(
            !["", "a/b", "a b", "arn:aws:firehose:r:1:deliverystream/a", &long]
                .into_iter()
                .any(is_delivery_stream)
        );
    }
}
