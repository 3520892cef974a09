//! A connection and its bind.

use std::str::FromStr;
use std::sync::Arc;

use futures_util::StreamExt;
use hyper_rustls::ConfigBuilderExt;
use rusmpp::pdus::{BindReceiver, BindTransceiver, BindTransmitter};
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use rusmpp::{CommandStatus, Pdu};
use tidings_domain::credentials::Smpp;
use tidings_domain::secret::Secret;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::codec::FramedRead;

use super::frame::{self, Frames};

pub(super) type Reader = FramedRead<Box<dyn AsyncRead + Send + Unpin>, Frames>;
pub(super) type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Both,
    Send,
    Receive,
}

/// Why there is no bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoBind {
    /// No connection, or it broke before the answer.
    Unreachable,
    /// With the status that the SMSC gave.
    Refused(u32),
    /// A name or password that cannot be written.
    Unwritable,
}

/// Connects and binds.
pub(super) async fn bind(smpp: &Smpp, password: &Secret, mode: Mode) -> Result<(Reader, Writer), NoBind> {
    let (reader, mut writer) = open(smpp).await?;
    let request = frame::write(CommandStatus::EsmeRok, 1, request(smpp, password, mode)?);
    writer.write_all(&request).await.map_err(|_| NoBind::Unreachable)?;
    writer.flush().await.map_err(|_| NoBind::Unreachable)?;
    let mut frames = FramedRead::new(reader, Frames);
    loop {
        let Some(Ok(frame)) = frames.next().await else { return Err(NoBind::Unreachable) };
        // Whatever else it says before the answer is not for us yet.
        if frame.sequence != 1 || frame.id & 0x8000_0000 == 0 {
            continue;
        }
        return match (frame.id, frame.status) {
            (0x8000_0000, status) => Err(NoBind::Refused(status)),
            (_, 0) => Ok((frames, writer)),
            (_, status) => Err(NoBind::Refused(status)),
        };
    }
}

fn request(smpp: &Smpp, password: &Secret, mode: Mode) -> Result<Pdu, NoBind> {
    let system_id = COctetString::from_str(&smpp.system_id).map_err(|_| NoBind::Unwritable)?;
    let password = COctetString::from_str(password.expose()).map_err(|_| NoBind::Unwritable)?;
    let system_type = COctetString::from_str(&smpp.system_type).map_err(|_| NoBind::Unwritable)?;
    macro_rules! built {
        ($kind:ident) => {
            $kind::builder()
                .system_id(system_id)
                .password(password)
                .system_type(system_type)
                .interface_version(InterfaceVersion::Smpp3_4)
                .build()
                .into()
        };
    }
    Ok(match mode {
        Mode::Both => built!(BindTransceiver),
        Mode::Send => built!(BindTransmitter),
        Mode::Receive => built!(BindReceiver),
    })
}

async fn open(smpp: &Smpp) -> Result<(Box<dyn AsyncRead + Send + Unpin>, Writer), NoBind> {
    let plain = TcpStream::connect((smpp.host.as_str(), smpp.port)).await.map_err(|_| NoBind::Unreachable)?;
    let _ = plain.set_nodelay(true);
    if !smpp.tls {
        let (reader, writer) = plain.into_split();
        return Ok((Box::new(reader), Box::new(writer)));
    }
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider supports the default versions")
            .with_native_roots()
            .map_err(|_| NoBind::Unreachable)?
            .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from(smpp.host.clone()).map_err(|_| NoBind::Unwritable)?;
    let tls = TlsConnector::from(Arc::new(config)).connect(name, plain).await.map_err(|error| {
        tracing::warn!(%error, "the connection to an SMSC could not be encrypted");
        NoBind::Unreachable
    })?;
    let (reader, writer) = tokio::io::split(tls);
    Ok((Box::new(reader), Box::new(writer)))
}
