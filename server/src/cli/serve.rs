//! `kaochang serve`

use std::{net::TcpListener, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::open::{Opened, open};
use crate::{
    config::{LogFormat, Settings},
    web::{self, Web},
};

/// Requests under way at a stop have so long to end.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Serves until told to stop.
pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    log(settings.log_format);
    let listener = listen(settings)?;
    let opened = open(settings).await?;
    serve(settings, listener, opened).await
}

/// Takes the port before anything else is done, so that a port in use is told at once.
pub fn listen(settings: &Settings) -> anyhow::Result<TcpListener> {
    let listener = match TcpListener::bind(settings.listen) {
        Ok(listener) => listener,
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!("the port {} is in use; stop what uses it, or choose another by --listen", settings.listen)
        }
        Err(error) => return Err(error).with_context(|| format!("can't listen on {}", settings.listen)),
    };
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Logs to standard error; `RUST_LOG` says how much.
pub fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,tower_http=warn"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call (a test, the demo) leaves the first in force.
    let _ = match format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().try_init(),
    };
}

/// Serves on a port that is taken already.
pub async fn serve(settings: &Settings, listener: TcpListener, opened: Opened) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    let centre = opened.centre.clone();
    centre.poll().await.context("the other servers on the database could not be looked at")?;
    let clock = tokio::spawn(centre.clone().run_clock());
    let peers = tokio::spawn(centre.clone().run_peers());
    let web = Web { centre: centre.clone(), secure: settings.is_secure(), throttle: Arc::default() };
    let service = web::router(web).into_make_service();
    let handle = Handle::new();
    tokio::spawn(stop_on_signal(handle.clone()));
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    tracing::info!(%address, "serving on {scheme}://{address}");
    match &settings.tls {
        Some((cert, key)) => {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let config = RustlsConfig::from_pem_file(cert, key).await.with_context(|| {
                format!("the certificate {} or its key {} can't be read", cert.display(), key.display())
            })?;
            axum_server::from_tcp_rustls(listener, config)?.handle(handle).serve(service).await?;
        }
        None => axum_server::from_tcp(listener)?.handle(handle).serve(service).await?,
    }
    clock.abort();
    peers.abort();
    centre.stop().await.context("the last count of the exam clock could not be written")?;
    tracing::info!("stopped");
    Ok(())
}

async fn stop_on_signal(handle: Handle<std::net::SocketAddr>) {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    tracing::info!("stopping");
    handle.graceful_shutdown(Some(STOP_WITHIN));
}
