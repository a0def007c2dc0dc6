//! Rule files in a bucket.

use std::time::Duration;

use enrich_aws::s3::{RuleFiles, RuleLimits, RulesError};
use enrich_engine::lookup::ErrorCode;

use crate::support::bucket::Bucket;
use crate::support::proxy::Action;

/// A bucket with a folder of twelve rule files, and others beside and inside it.
async fn bucket() -> Bucket {
    let bucket = Bucket::start().await;
    for number in 0..12 {
        bucket.put(&format!("rules/part{number:02}.enrich"), &format!("# {number}\n")).await;
    }
    bucket.put("rules-old/b.enrich", "# old\n").await;
    bucket.put("rules/readme.txt", "read\n").await;
    bucket.put("rules/schemas/click.json", "{}\n").await;
    bucket.put("rules/examples/cart/cart.enrich", "# cart\n").await;
    bucket.put("rules/examples/cart/schemas/cart.json", "{}\n").await;
    bucket
}

fn is_rules(name: &str) -> bool {
    name.ends_with(".enrich")
}

async fn load(
    bucket: &Bucket,
    limits: RuleLimits,
    prefix: &str,
) -> Result<Vec<(String, Vec<u8>)>, RulesError> {
    RuleFiles::new(bucket.client().await).with_limits(limits).load("events", prefix, &is_rules).await
}

fn pages_of(page: u16) -> RuleLimits {
    let mut limits = RuleLimits::default();
    limits.page = page;
    limits
}

#[tokio::test]
async fn all_pages_of_a_folder_are_loaded_in_order() {
    let bucket = bucket().await;
    let expected: Vec<_> = (0..12)
        .map(|number| (format!("part{number:02}.enrich"), format!("# {number}\n").into_bytes()))
        .collect();
    for (page, listings) in [(1_000, 1), (5, 3)] {
        let before = bucket.proxy.calls().len();
        assert_eq!(load(&bucket, pages_of(page), "rules").await.as_ref(), Ok(&expected));
        let calls = bucket.proxy.calls().split_off(before);
        let listed = calls.iter().filter(|call| call.path.contains("list-type=2")).count();
        assert_eq!((listed, calls.len() - listed), (listings, 12));
    }
    assert_eq!(load(&bucket, RuleLimits::default(), "rules/").await, Ok(expected));
    bucket.put("top.enrich", "# top\n").await;
    let top = load(&bucket, pages_of(4), "").await;
    assert_eq!(top, Ok(vec![("top.enrich".to_owned(), b"# top\n".to_vec())]));
}

#[tokio::test]
async fn what_rules_name_is_loaded_by_its_path() {
    let bucket = bucket().await;
    let files = RuleFiles::new(bucket.client().await);
    let named = ["schemas/click.json", "schemas/none.json", "readme.txt"].map(str::to_owned).to_vec();
    let expected = [("readme.txt", "read\n"), ("schemas/click.json", "{}\n")];
    let expected = expected.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).to_vec();
    assert_eq!(files.load_named("events", "rules", named.clone()).await, Ok(expected));
    assert_eq!(files.load_named("events", "rules", vec![]).await, Ok(vec![]));

    bucket.proxy.script(|_, _| Action::Answer {
        status: 403,
        body: "<Error><Code>AccessDenied</Code></Error>".to_owned(),
    });
    let error = files.load_named("events", "rules", named).await.expect_err("no permission");
    assert!(matches!(error, RulesError::Read { .. }), "{error}");
}

#[tokio::test]
async fn what_consoles_write_for_a_folder_is_no_file() {
    let bucket = bucket().await;
    bucket.proxy.script(|_, call| {
        if !call.path.contains("list-type=2") {
            return Action::Pass;
        }
        let folder = "<Contents><Key>rules/empty/</Key><Size>0</Size></Contents><Contents>";
        Action::Edit(Box::new(move |answer| answer.replacen("<Contents>", folder, 1)))
    });
    assert_eq!(load(&bucket, RuleLimits::default(), "rules").await.map(|files| files.len()), Ok(12));
}

#[tokio::test]
async fn each_limit_has_its_error() {
    let bucket = bucket().await;
    let (events, rules) = ("events".to_owned(), "rules/".to_owned());
    let mut limits = pages_of(5);
    limits.files = 11;
    let error = load(&bucket, limits, "rules").await.expect_err("twelve files");
    assert_eq!(error.to_string(), "there are more than 11 files in s3://events/rules/");

    let mut limits = RuleLimits::default();
    limits.bytes = 49;
    let error = load(&bucket, limits, "rules").await.expect_err("fifty bytes");
    assert_eq!(error, RulesError::TooManyBytes { bucket: events.clone(), prefix: rules.clone(), limit: 49 });
    limits.bytes = 50;
    assert!(load(&bucket, limits, "rules").await.is_ok());

    // The listing is not believed.
    bucket.proxy.script(|_, call| {
        if call.path.contains("list-type=2") {
            return Action::Edit(Box::new(|answer| answer.replace("<Size>", "<Size>0").replace(">04", ">0")));
        }
        Action::Pass
    });
    limits.bytes = 20;
    let error = load(&bucket, limits, "rules").await.expect_err("fifty bytes");
    assert_eq!(error, RulesError::TooManyBytes { bucket: events.clone(), prefix: rules.clone(), limit: 20 });

    bucket.proxy.script(|_, _| Action::Hang);
    limits.longest = Duration::from_millis(200);
    let error = load(&bucket, limits, "rules").await.expect_err("never answers");
    assert_eq!(error, RulesError::TooLong { bucket: events, prefix: rules, limit: limits.longest });
}

#[tokio::test]
async fn a_misspelt_folder_is_an_error() {
    let bucket = bucket().await;
    let error = load(&bucket, RuleLimits::default(), "rulez").await.expect_err("nothing there");
    assert_eq!(error.to_string(), "there are no rule files in s3://events/rulez/");
    for (folder, inside) in [("rules/examples", "cart/"), ("", "rules-old/, rules/, rules/examples/cart/")] {
        let error = load(&bucket, RuleLimits::default(), folder).await.expect_err("only folders inside");
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let said = format!(
            "there are no rule files in s3://events/{folder} itself: name a folder that holds some: {inside}"
        );
        assert_eq!(error.to_string(), said);
    }
}

#[tokio::test]
async fn what_can_not_be_listed_or_read_is_named() {
    let bucket = bucket().await;
    let client = bucket.client().await;
    let error =
        RuleFiles::new(client).load("elsewhere", "rules", &is_rules).await.expect_err("no such bucket");
    assert_eq!(
        error.to_string(),
        "can't list the rule files in s3://elsewhere/rules/: absent: bucket `elsewhere` does not exist (NoSuchBucket)"
    );

    bucket.proxy.script(|_, call| {
        if !call.path.contains("part07") {
            return Action::Pass;
        }
        Action::Answer { status: 403, body: "<Error><Code>AccessDenied</Code></Error>".to_owned() }
    });
    let error = load(&bucket, RuleLimits::default(), "rules").await.expect_err("no permission");
    let RulesError::Read { bucket: name, key, failure } = error else { panic!("{error}") };
    assert_eq!(
        (name.as_str(), key.as_str(), failure.code),
        ("events", "rules/part07.enrich", ErrorCode::Denied)
    );

    // A listing that ends in the middle is no listing.
    bucket.proxy.script(|_, _| Action::Answer {
        status: 200,
        body: "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>".to_owned(),
    });
    let error = load(&bucket, RuleLimits::default(), "rules").await.expect_err("half a listing");
    assert!(matches!(error, RulesError::List { .. }), "{error}");
}
