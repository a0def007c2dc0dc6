//! The policy of a rule set: what is in it, and what is not.
#![allow(clippy::expect_used, clippy::panic, reason = "a broken test fails")]

use enrich_engine::{Destination, Rules};
use enrich_lambda::policy::{Deployment, Policy, PolicyError};

const TABLES: &str = r#"
table users {
  source dynamodb "${USERS:users}"
  key    id: string
  index "by-email" key email: string
}
table far {
  source dynamodb "arn:aws-cn:dynamodb:cn-north-1:111122223333:table/far"
  key    id: string
  index "by-name" key name: string
}
table odd { source dynamodb "${ODD}" key id: string }
table idle { source dynamodb "${NEVER_ASKED}" key id: string }
"#;

/// The actions and resources of a rule with that body.
fn policy(body: &str, variables: &[(&str, &str)]) -> Result<Vec<String>, PolicyError> {
    policy_in(body, variables, &Deployment::default())
}

fn policy_in(
    body: &str,
    variables: &[(&str, &str)],
    deployment: &Deployment,
) -> Result<Vec<String>, PolicyError> {
    let rules = Rules::from_text(&format!("{TABLES}\nrule r {{ stream \"s-${{STAGE}}\" {body} }}"));
    let rules = rules.unwrap_or_else(|broken| panic!("{broken}"));
    let known: Vec<(String, String)> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let value = move |name: &str| known.iter().find(|(known, _)| known == name).map(|(_, v)| v.clone());
    let policy = Policy::of(rules.set(), deployment, &value)?;
    let lines = policy.statements.iter().flat_map(|statement| {
        statement.resources.iter().map(|resource| format!("{} {resource}", statement.action))
    });
    Ok(lines.collect())
}

#[test]
fn each_lookup_and_destination_is_what_it_needs() {
    let user = "lookup user from users where id = .id { copy name }";
    for (body, expected) in [
        ("set .a = 1", &[][..]),
        (user, &["dynamodb:BatchGetItem arn:aws:dynamodb:*:*:table/users"]),
        (
            "for each line in .lines { lookup user from users where id = line.id { copy name into line } }",
            &["dynamodb:BatchGetItem arn:aws:dynamodb:*:*:table/users"],
        ),
        (
            "lookup user from users by \"by-email\" where email = .mail { copy name }",
            &["dynamodb:Query arn:aws:dynamodb:*:*:table/users/index/by-email"],
        ),
        (
            "lookup a from far where id = .id { copy x } lookup b from far by \"by-name\" where name = .n { copy y }",
            &[
                "dynamodb:BatchGetItem arn:aws-cn:dynamodb:cn-north-1:111122223333:table/far",
                "dynamodb:Query arn:aws-cn:dynamodb:cn-north-1:111122223333:table/far/index/by-name",
            ],
        ),
        ("output s3 \"one\"", &["s3:PutObject arn:aws:s3:::one/*"]),
        ("output s3 \"one\" { prefix \"x/dt={.day}/y\" }", &["s3:PutObject arn:aws:s3:::one/x/dt=*"]),
        ("output s3 \"one\" { prefix \"{.day}/y\" }", &["s3:PutObject arn:aws:s3:::one/*"]),
        // A reject's key goes on behind a slash.
        ("rejects s3 \"one/bad\"", &["s3:PutObject arn:aws:s3:::one/bad/*"]),
        (
            "output s3 \"one\" { prefix \"good/\" } rejects s3 \"two\"",
            &["s3:PutObject arn:aws:s3:::one/good/*", "s3:PutObject arn:aws:s3:::two/*"],
        ),
        ("output s3 \"one\" { prefix \"a/b\" } rejects s3 \"one/a\"", &["s3:PutObject arn:aws:s3:::one/a/*"]),
        (
            "output firehose \"lines\" rejects sqs \"arn:aws-cn:sqs:cn-north-1:111122223333:bad\"",
            &[
                "firehose:PutRecordBatch arn:aws:firehose:*:*:deliverystream/lines",
                "sqs:SendMessage arn:aws-cn:sqs:cn-north-1:111122223333:bad",
            ],
        ),
        (
            "rejects sqs \"http://localhost:4566/queue/bad.fifo\"",
            &["sqs:SendMessage arn:aws:sqs:*:*:bad.fifo"],
        ),
        ("output s3 \"one\" { prefix \"x*?$a/\" }", &["s3:PutObject arn:aws:s3:::one/x${*}${?}${$}a/*"]),
    ] {
        assert_eq!(policy(body, &[]), Ok(expected.iter().map(ToString::to_string).collect()), "{body}");
    }
}

#[test]
fn a_deployment_says_where() {
    let deployment = Deployment {
        partition: "aws-us-gov".to_owned(),
        region: "us-gov-west-1".to_owned(),
        account: "111122223333".to_owned(),
        rejects: Destination::parse("s3://rejects/all"),
    };
    let queue = Destination::parse("arn:aws:sqs:eu-west-1:111122223333:bad");
    let to_queue = Deployment { rejects: queue, ..Deployment::default() };
    let expected = Ok(vec!["sqs:SendMessage arn:aws:sqs:eu-west-1:111122223333:bad".to_owned()]);
    assert_eq!(policy_in("set .a = 1", &[], &to_queue), expected);
    let body = "lookup user from users where id = .id { copy name } output s3 \"one\"";
    let expected = [
        "dynamodb:BatchGetItem arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/users",
        "s3:PutObject arn:aws-us-gov:s3:::one/*",
        "s3:PutObject arn:aws-us-gov:s3:::rejects/all/*",
    ];
    assert_eq!(policy_in(body, &[], &deployment), Ok(expected.map(str::to_owned).to_vec()));
}

#[test]
fn variables_are_needed_only_for_what_is_in_the_policy() {
    let unset = |names: &[&str]| Err(PolicyError::Unset(names.iter().map(ToString::to_string).collect()));
    let odd = "lookup odd from odd where id = .id { copy name }";
    let output = "output s3 \"${BUCKET}\" { prefix \"${TOP}/{.day}/${BEHIND}\" } rejects s3 \"${REJECTED}\"";
    assert_eq!(policy(odd, &[]), unset(&["ODD"]));
    assert_eq!(policy(&format!("{odd} {output}"), &[("BUCKET", "b")]), unset(&["ODD", "REJECTED", "TOP"]));
    let users = "lookup user from users where id = .id { copy name }";
    let given = policy(users, &[("USERS", "people")]);
    assert_eq!(given, Ok(vec!["dynamodb:BatchGetItem arn:aws:dynamodb:*:*:table/people".to_owned()]));
}

#[test]
fn what_can_not_be_named_is_refused() {
    let odd = "lookup odd from odd where id = .id { copy name }";
    for location in [
        "",
        "arn:aws:dynamodb:*:1:table/x",
        "arn:aws:s3:::bucket",
        "arn:aws:dynamodb:r:1:global/x",
        "arn:aws:dynamodb:r:1:table/",
        "arn:",
    ] {
        let refused = PolicyError::NoTable { table: "odd".to_owned(), location: location.to_owned() };
        assert_eq!(policy(odd, &[("ODD", location)]), Err(refused));
    }
    assert_eq!(
        policy(odd, &[("ODD", "arn:aws:dynamodb:r:1:table/a*")]),
        Ok(vec!["dynamodb:BatchGetItem arn:aws:dynamodb:r:1:table/a${*}".to_owned()])
    );
    let no_stream = PolicyError::NoDeliveryStream { rule: "r".to_owned(), name: "a/b".to_owned() };
    assert_eq!(policy("output firehose \"${S}\"", &[("S", "a/b")]), Err(no_stream));
    let no_queue = PolicyError::NoQueue { rule: "r".to_owned(), location: "bad".to_owned() };
    assert_eq!(policy("rejects sqs \"${Q}\"", &[("Q", "bad")]), Err(no_queue));
    let no_bucket = Err(PolicyError::NoBucket { rule: "r".to_owned() });
    assert_eq!(policy("output s3 \"${B}\"", &[("B", "")]), no_bucket);
    assert_eq!(policy("rejects s3 \"${B}\"", &[("B", "/x")]), no_bucket);
}

#[test]
fn the_document_is_json_as_iam_wants_it() {
    let rules = Rules::from_text(&format!(
        "{TABLES} rule r {{ stream \"s\" lookup user from users where id = .id {{ copy name }} \
         output s3 \"one\" {{ prefix \"a\\\"b\" }} }}"
    ));
    let rules = rules.unwrap_or_else(|broken| panic!("{broken}"));
    let policy = Policy::of(rules.set(), &Deployment::default(), &|_| None).expect("a policy");
    let document: serde_json::Value = serde_json::from_str(&policy.to_string()).expect("JSON");
    let expected = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "ReadTables", "Effect": "Allow", "Action": "dynamodb:BatchGetItem",
             "Resource": ["arn:aws:dynamodb:*:*:table/users"]},
            {"Sid": "WriteObjects", "Effect": "Allow", "Action": "s3:PutObject",
             "Resource": ["arn:aws:s3:::one/a\"b*"]},
        ],
    });
    assert_eq!(document, expected);
    let nothing: serde_json::Value =
        serde_json::from_str(&Policy::default().to_string()).expect("JSON of no statement");
    assert_eq!(nothing, serde_json::json!({"Version": "2012-10-17", "Statement": []}));
}
