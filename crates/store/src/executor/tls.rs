//! TLS towards PostgreSQL, by the `sslmode` of the URL.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Result, StoreError};

/// How the server is trusted, as libpq names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Disable,
    Prefer,
    Require,
    VerifyFull,
}

/// The URL for the driver, which does not know `verify-full`, its mode and the connector.
pub(super) fn connector(url: &str, ca: Option<&Path>) -> Result<(String, SslMode, MakeRustlsConnect)> {
    let (url, trust) = split(url)?;
    let mode = match trust {
        Trust::Disable => SslMode::Disable,
        Trust::Prefer => SslMode::Prefer,
        Trust::Require | Trust::VerifyFull => SslMode::Require,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(StoreError::internal)?;
    let config = match (trust, ca) {
        (Trust::VerifyFull, None) => {
            return Err(StoreError::Conflict(
                "sslmode=verify-full needs a file with the authorities it trusts",
            ));
        }
        (Trust::Disable | Trust::Prefer | Trust::Require, None) => {
            let verifier = Arc::new(AnyCertificate(provider));
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
        (_, Some(path)) => builder.with_root_certificates(roots(path)?).with_no_client_auth(),
    };
    Ok((url, mode, MakeRustlsConnect::new(config)))
}

fn roots(path: &Path) -> Result<RootCertStore> {
    const UNREADABLE: StoreError =
        StoreError::Conflict("the file of authorities for PostgreSQL cannot be read");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|_| UNREADABLE)? {
        roots.add(certificate.map_err(|_| UNREADABLE)?).map_err(|_| UNREADABLE)?;
    }
    if roots.is_empty() { Err(UNREADABLE) } else { Ok(roots) }
}

/// Takes `sslmode` out of the query of the URL.
fn split(url: &str) -> Result<(String, Trust)> {
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_owned(), Trust::Prefer)) };
    let mut trust = Trust::Prefer;
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.strip_prefix("sslmode=") {
            Some("disable") => trust = Trust::Disable,
            Some("prefer") => trust = Trust::Prefer,
            Some("require") => trust = Trust::Require,
            Some("verify-full") => trust = Trust::VerifyFull,
            Some(_) => {
                return Err(StoreError::Conflict("sslmode is one of disable, prefer, require, verify-full"));
            }
            None => rest.push(pair),
        }
    }
    let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    Ok((url, trust))
}

/// `prefer` and `require` encrypt without asking who is there, as libpq does without a file of authorities.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_taken_out_of_the_url() {
        for (url, rest, trust) in [
            ("postgres://h/d", "postgres://h/d", Some(Trust::Prefer)),
            ("postgres://h/d?sslmode=disable", "postgres://h/d", Some(Trust::Disable)),
            ("postgres://h/d?a=b&sslmode=verify-full&c=d", "postgres://h/d?a=b&c=d", Some(Trust::VerifyFull)),
            ("postgres://h/d?sslmode=maybe", "", None),
        ] {
            let found = split(url).ok();
            assert_eq!(found, trust.map(|trust| (rest.to_owned(), trust)), "{url}");
        }
    }

    #[test]
    fn full_verification_needs_authorities() {
        assert!(connector("postgres://h/d?sslmode=verify-full", None).is_err());
        assert!(connector("postgres://h/d?sslmode=require", None).is_ok());
    }
}
