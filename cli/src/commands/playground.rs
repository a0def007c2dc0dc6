//! `enrich playground`: a page on loopback, until Ctrl-C.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::ctrl_c;
use tokio::time::timeout;

use super::CommandError;
use crate::args::PlaygroundArgs;
use crate::{Exit, Shell, playground as page};

pub(super) fn playground(args: &PlaygroundArgs, shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    let runtime = super::runtime()?;
    runtime.block_on(async {
        let taken = |source: io::Error| CommandError::Port { port: args.port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let mut pressed = Box::pin(ctrl_c());
        // It listens only once it was asked.
        let _ = timeout(Duration::ZERO, &mut pressed).await;
        writeln!(shell.stdout, "http://{address}/")?;
        shell.stdout.flush()?;
        let _ = writeln!(shell.stderr, "the playground is there until Ctrl-C");
        page::serve(listener, pressed).await.map_err(CommandError::Machine)
    })?;
    Ok(Exit::Ok)
}
