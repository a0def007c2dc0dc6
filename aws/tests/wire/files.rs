//! Files of any size in S3.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use enrich_aws::s3::{Condition, Files, PutError, Upload};

use crate::support::bucket::Bucket;
use crate::support::proxy::Action;

async fn files(bucket: &Bucket) -> Files {
    Files::new(bucket.client().await)
}

async fn read(files: &Files, key: &str) -> Option<Vec<u8>> {
    let mut reading = files.read("events", key, None).await.expect("an answer")?;
    let mut all = Vec::new();
    while let Some(bytes) = reading.next().await.expect("bytes") {
        all.extend_from_slice(&bytes);
    }
    Some(all)
}

fn slow_down() -> Action {
    Action::Answer { status: 503, body: "<Error><Code>SlowDown</Code></Error>".to_owned() }
}

#[tokio::test]
async fn all_pages_are_listed() {
    let bucket = Bucket::start().await;
    for number in 0..1_005 {
        bucket.put(&format!("in/{:02}/{number:04}", number % 7), "{}").await;
    }
    bucket.put("into/x", "{}").await;
    let listed = files(&bucket).await.list("events", "in/").await.expect("a listing");
    assert_eq!(listed.len(), 1_005);
    assert!(listed.iter().all(|file| file.bytes == 2 && file.key.starts_with("in/")));
    let error = files(&bucket).await.list("none", "").await.expect_err("no bucket");
    assert_eq!(error.code.as_str(), "absent");
}

#[tokio::test]
async fn what_breaks_off_is_read_on() {
    let bucket = Bucket::start().await;
    let body: String = (0..20_000).map(|line| format!("{line}\n")).collect();
    bucket.put("a", &body).await;
    bucket.proxy.script(|number, _| if number < 3 { Action::Cut } else { Action::Pass });
    assert!(read(&files(&bucket).await, "a").await == Some(body.into_bytes()));
    assert!(bucket.proxy.calls().len() >= 4, "it was asked again");
    assert_eq!(read(&files(&bucket).await, "b").await, None);
}

#[tokio::test]
async fn an_object_that_is_replaced_is_not_read_on() {
    let bucket = Bucket::start().await;
    let files = files(&bucket).await;
    for body in ["old", "new"] {
        bucket.put("a", body).await;
        let e_tag = files.read("events", "a", None).await.expect("an answer").expect("an object");
        let e_tag = e_tag.e_tag().expect("an ETag").to_owned();
        assert!(files.read("events", "a", Some(&e_tag)).await.expect("an answer").is_some());
    }
    // This S3 does not look at the condition of a reader: the answer is S3's own.
    bucket.proxy.script(|_, _| Action::Answer {
        status: 412,
        body: "<Error><Code>PreconditionFailed</Code></Error>".to_owned(),
    });
    let error = files.read("events", "a", Some("\"old\"")).await.expect_err("it is another one");
    assert_eq!(
        error.to_string(),
        "refused: bucket `events` refuses the request (the object is another one by now)"
    );
}

#[tokio::test]
async fn an_object_is_written_on_a_condition() {
    let bucket = Bucket::start().await;
    let files = files(&bucket).await;
    let put = async |text: &'static str, condition| {
        files.put_if("events", "state", &Bytes::from_static(text.as_bytes()), condition).await
    };
    let first = put("1", Condition::Absent).await.expect("written");
    assert_eq!(put("2", Condition::Absent).await, Err(PutError::Condition));
    let second = put("2", Condition::Is(&first)).await.expect("written");
    assert_eq!(put("3", Condition::Is(&first)).await, Err(PutError::Condition));
    // The answer is lost: the SDK asks again, and is told that somebody has written it.
    let lost = AtomicUsize::new(0);
    bucket.proxy.script(move |_, call| {
        let first = call.method == "PUT" && lost.fetch_add(1, Ordering::Relaxed) == 0;
        if first { Action::Break { seen: true } } else { Action::Pass }
    });
    assert!(put("3", Condition::Is(&second)).await.is_ok());
    assert_eq!(bucket.get("state").await.1, "3");
}

#[tokio::test]
async fn faults_that_pass_are_not_noticed() {
    let bucket = Bucket::start().await;
    // More of them than the SDK bears.
    bucket.proxy.script(|number, _| if number < 4 { slow_down() } else { Action::Pass });
    let files = files(&bucket).await;
    files.put("events", "a", &Bytes::from_static(b"{}"), "application/x-ndjson").await.expect("written");
    assert_eq!(bucket.get("a").await, ("application/x-ndjson".to_owned(), "{}".to_owned()));
    files.delete("events", "a").await.expect("deleted");
    files.delete("events", "a").await.expect("deleted before");
    assert_eq!(read(&files, "a").await, None);
}

#[tokio::test]
async fn an_upload_is_there_once_it_is_complete() {
    let bucket = Bucket::start().await;
    let files = files(&bucket).await;
    let parts = [vec![b'a'; Upload::first_length()], vec![b'b'; 10]];
    for complete in [false, true] {
        let mut upload = files.upload("events", "large", "application/gzip").await.expect("begun");
        for part in &parts {
            upload.part(&Bytes::from(part.clone())).await.expect("written");
        }
        assert_eq!(read(&files, "large").await, None);
        if complete {
            upload.complete().await.expect("complete");
        } else {
            upload.abort().await;
            upload.complete().await.expect_err("it was given up");
        }
    }
    assert!(read(&files, "large").await == Some(parts.concat()));
}
