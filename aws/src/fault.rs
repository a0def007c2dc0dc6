//! From what the SDK reports to the engine's kinds of failure.
//!
//! A message says which table or bucket failed and the service's own code, never the service's own
//! sentence: those quote keys.

use std::error::Error;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use enrich_engine::lookup::{ErrorCode, Failure};

/// Why a request as a whole failed, before it is told for each key or object that was in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: ErrorCode,
    /// Whether the same request may succeed at once: it got lost, or the service tripped over it.
    pub(crate) passes: bool,
    detail: String,
}

impl Fault {
    pub(crate) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, passes: false, detail: detail.into() }
    }

    pub(crate) fn passing(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { passes: true, ..Self::new(code, detail) }
    }

    /// Whether another try is of use.
    pub(crate) fn may_pass(&self) -> bool {
        self.passes || self.code == ErrorCode::Throttled
    }

    /// There was no time left for the request, or for its answer.
    pub(crate) fn timeout() -> Self {
        Self::new(ErrorCode::Timeout, "the time is up")
    }

    /// The answer began well and broke off.
    pub(crate) fn cut_off() -> Self {
        Self::new(ErrorCode::Unavailable, "the answer broke off")
    }

    /// The answer does not say what became of an entry.
    pub(crate) fn no_result() -> Self {
        Self::new(ErrorCode::NoAnswer, "the answer leaves it out")
    }

    /// The service left out one entry of a call; `otherwise` is the kind of a code that is not known.
    pub(crate) fn entry(code: &str, otherwise: ErrorCode) -> Self {
        Self::new(by_code(code).unwrap_or(otherwise), code)
    }

    /// The request can't even be made.
    pub(crate) fn unmade(error: &BuildError) -> Self {
        Self::new(ErrorCode::Refused, error.to_string())
    }

    /// What the SDK reports at the end of its own tries.
    pub(crate) fn of<E>(error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(answer) => {
                Self::answered(answer.err().code(), answer.raw().status().as_u16())
            }
            SdkError::ResponseError(_) => {
                Self::passing(ErrorCode::Unavailable, "an answer that can't be read")
            }
            SdkError::TimeoutError(_) => Self::passing(ErrorCode::Timeout, "no answer"),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                Self::passing(ErrorCode::Timeout, "no connection")
            }
            SdkError::DispatchFailure(failure) if failure.is_io() => {
                Self { passes: true, ..Self::unsent(error) }
            }
            _ => Self::unsent(error),
        }
    }

    /// The service answered with an error.
    fn answered(code: Option<&str>, status: u16) -> Self {
        let kind = code.and_then(by_code).unwrap_or(match status {
            401 | 403 => ErrorCode::Denied,
            429 => ErrorCode::Throttled,
            _ => ErrorCode::Unavailable,
        });
        let passes = kind == ErrorCode::Timeout || (kind == ErrorCode::Unavailable && status >= 500);
        let detail = code.map_or_else(|| format!("HTTP {status}"), str::to_owned);
        Self { passes, ..Self::new(kind, detail) }
    }

    /// The request never reached the service: no connection, or no credentials to sign it with.
    fn unsent(error: &(dyn Error + 'static)) -> Self {
        let mut kind = ErrorCode::Unavailable;
        let mut cause = error;
        loop {
            if cause.is::<CredentialsError>() {
                kind = ErrorCode::Denied;
            }
            match cause.source() {
                Some(deeper) => cause = deeper,
                None => return Self::new(kind, cause.to_string()),
            }
        }
    }

    /// The failure of one key, object or entry: `subject` is "table `users`" or "bucket `events`".
    pub(crate) fn about(&self, subject: impl fmt::Display) -> Failure {
        let what = match self.code {
            ErrorCode::Throttled => "asks for fewer requests",
            ErrorCode::Timeout => "gave no answer in time",
            ErrorCode::Denied => "refuses access",
            ErrorCode::Absent => "does not exist",
            ErrorCode::Refused => "refuses the request",
            _ => "can't be reached or failed",
        };
        Failure::new(self.code, format!("{subject} {what} ({})", self.detail))
    }
}

/// The kinds behind the codes that DynamoDB, S3, Firehose, SQS and the services' common front answer with.
fn by_code(code: &str) -> Option<ErrorCode> {
    // SQS has each code also as its older protocol spells it.
    Some(match code.strip_prefix("AWS.SimpleQueueService.").unwrap_or(code) {
        "BandwidthLimitExceeded"
        | "EC2ThrottledException"
        | "KmsThrottled"
        | "LimitExceededException"
        | "OverLimit"
        | "PriorRequestNotComplete"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "ServiceUnavailable"
        | "SlowDown"
        | "Throttling"
        | "ThrottledException"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "TransactionInProgressException" => ErrorCode::Throttled,
        "AccessDenied"
        | "AccessDeniedException"
        | "AccountProblem"
        | "AllAccessDisabled"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "InvalidKMSResourceException"
        | "InvalidSecurity"
        | "InvalidToken"
        | "KmsAccessDenied"
        | "KmsDisabled"
        | "KmsInvalidKeyUsage"
        | "KmsInvalidState"
        | "KmsNotFound"
        | "KmsOptInRequired"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "NotAuthorized"
        | "NotSignedUp"
        | "OptInRequired"
        | "RequestExpired"
        | "RequestTimeTooSkewed"
        | "SignatureDoesNotMatch"
        | "UnauthorizedAccess"
        | "UnrecognizedClientException" => ErrorCode::Denied,
        // No bucket or queue can have that name: it is the rule that is mended, as where there is none.
        "InvalidAddress"
        | "InvalidBucketName"
        | "NonExistentQueue"
        | "NoSuchBucket"
        | "NoSuchKey"
        | "QueueDeletedRecently"
        | "QueueDoesNotExist"
        | "ResourceNotFoundException"
        | "TableNotFoundException" => ErrorCode::Absent,
        "RequestTimeout" | "RequestTimeoutException" => ErrorCode::Timeout,
        "BatchRequestTooLong"
        | "EntityTooLarge"
        | "InvalidArgument"
        | "InvalidArgumentException"
        | "InvalidMessageContents"
        | "InvalidParameterValue"
        | "InvalidURI"
        | "KeyTooLongError"
        | "MaxMessageLengthExceeded"
        | "SerializationException"
        | "ValidationException" => ErrorCode::Refused,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_one_kind() {
        use ErrorCode::{Absent, Denied, Refused, Throttled, Timeout, Unavailable};
        for (code, status, kind) in [
            (Some("ProvisionedThroughputExceededException"), 400, Throttled),
            (Some("ThrottlingException"), 400, Throttled),
            (Some("RequestLimitExceeded"), 400, Throttled),
            (Some("SlowDown"), 503, Throttled),
            (None, 429, Throttled),
            (Some("AccessDeniedException"), 400, Denied),
            (Some("ExpiredTokenException"), 400, Denied),
            (Some("UnrecognizedClientException"), 400, Denied),
            (Some("SomethingNew"), 403, Denied),
            (Some("ResourceNotFoundException"), 400, Absent),
            (Some("NoSuchBucket"), 404, Absent),
            (Some("InvalidBucketName"), 400, Absent),
            (Some("ValidationException"), 400, Refused),
            (Some("KeyTooLongError"), 400, Refused),
            (Some("EntityTooLarge"), 400, Refused),
            (Some("InvalidURI"), 400, Refused),
            (Some("InvalidArgument"), 400, Refused),
            (Some("InvalidRequest"), 400, Unavailable),
            (Some("ServiceUnavailableException"), 503, Unavailable),
            (Some("InvalidArgumentException"), 400, Refused),
            (Some("AWS.SimpleQueueService.NonExistentQueue"), 400, Absent),
            (Some("QueueDoesNotExist"), 400, Absent),
            (Some("AWS.SimpleQueueService.BatchRequestTooLong"), 400, Refused),
            (Some("KmsThrottled"), 400, Throttled),
            (Some("RequestTimeout"), 400, Timeout),
            (Some("InternalServerError"), 500, Unavailable),
            (Some("PermanentRedirect"), 301, Unavailable),
            (None, 502, Unavailable),
        ] {
            assert_eq!(Fault::answered(code, status).code, kind, "{code:?} {status}");
        }
    }

    #[test]
    fn a_message_names_the_table_and_the_services_code() {
        let fault = Fault::answered(Some("ResourceNotFoundException"), 400);
        assert_eq!(
            fault.about("table `users`").to_string(),
            "absent: table `users` does not exist (ResourceNotFoundException)"
        );
        assert_eq!(
            Fault::answered(None, 502).about("bucket `b`").to_string(),
            "unavailable: bucket `b` can't be reached or failed (HTTP 502)"
        );
    }
}
