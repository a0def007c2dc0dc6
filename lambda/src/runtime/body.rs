//! Keeps an invocation's body away from the runtime's deserialiser.
//!
//! The runtime deserialises outside its own net for panics, and one member of an odd type there fails
//! a whole batch before the handler sees it. So this layer takes the body away, the runtime
//! deserialises `null`, and the handler's service takes the body up again.

use std::cell::RefCell;
use std::task;

use bytes::Bytes;
use lambda_runtime::{Error, LambdaInvocation, Service, tower};

thread_local! {
    /// The body on its way from the layer down to the handler's service. Between the two is one
    /// synchronous call on one thread.
    static BODY: RefCell<Option<Bytes>> = const { RefCell::new(None) };
}

/// The body of the invocation whose handler is being called.
pub(super) fn take() -> Option<Bytes> {
    BODY.with(|body| body.borrow_mut().take())
}

/// Takes the body away before the services inside see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer;

impl<S> tower::Layer<S> for Layer {
    type Service = WithoutBody<S>;

    fn layer(&self, inner: S) -> WithoutBody<S> {
        WithoutBody(inner)
    }
}

/// A service that sees `null` for every body.
#[derive(Clone, Debug)]
pub(super) struct WithoutBody<S>(S);

impl<S> Service<LambdaInvocation> for WithoutBody<S>
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
{
    type Response = ();
    type Error = Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut task::Context<'_>) -> task::Poll<Result<(), Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut invocation: LambdaInvocation) -> S::Future {
        let body = std::mem::replace(&mut invocation.body, Bytes::from_static(b"null"));
        BODY.with(|place| place.replace(Some(body)));
        let answer = self.0.call(invocation);
        // Not taken up where the call ended before the handler: it must not meet the next one.
        BODY.with(RefCell::take);
        answer
    }
}
