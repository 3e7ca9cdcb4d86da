//! TLS: the certificate that the server shows, and its key.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The certificate that a server shows, and its key.
#[derive(Debug, Clone)]
pub enum Tls {
    /// Files in PEM.
    Files {
        /// The certificate, and after it those that vouch for it.
        cert: PathBuf,
        /// The private key of the certificate.
        key: PathBuf,
    },
    /// A certificate made at the start, for localhost, 127.0.0.1, ::1 and the address that the server listens at.
    SelfSigned,
}

/// As ALPN names them (RFC 7301), the one we would rather have first.
const ALPN: [&[u8]; 2] = [HTTP_2, b"http/1.1"];

/// HTTP/2 over TLS (RFC 9113, section 3.1).
pub(crate) const HTTP_2: &[u8] = b"h2";

/// What answers a client's hello, on a server that listens at `address`.
///
/// # Errors
/// When a file cannot be read, holds no certificate or key, or the key is not that of the certificate: named in the error.
pub(crate) fn acceptor(tls: &Tls, address: IpAddr) -> io::Result<TlsAcceptor> {
    let identity = match tls {
        Tls::Files { cert, key } => read(cert, key)?,
        Tls::SelfSigned => self_signed(address).map_err(io::Error::other)?,
    };
    accept_as(identity)
}

fn accept_as(identity: Identity) -> io::Result<TlsAcceptor> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)
        .map_err(|error| invalid(format!("{}: {error}", identity.from)))?;
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).into();
    Ok(Arc::new(config).into())
}

struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// For those who have to mend it.
    from: String,
}

fn read(cert: &Path, key: &Path) -> io::Result<Identity> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .map_err(|error| unread("certificate", cert, error))?;
    if chain.is_empty() {
        return Err(unread("certificate", cert, pem::Error::NoItemsFound));
    }
    Ok(Identity {
        chain,
        key: PrivateKeyDer::from_pem_file(key).map_err(|error| unread("key", key, error))?,
        from: format!("{} with {}", cert.display(), key.display()),
    })
}

fn unread(what: &str, file: &Path, error: pem::Error) -> io::Error {
    let why = match error {
        pem::Error::NoItemsFound => format!("there is no {what} in it, as PEM"),
        pem::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    };
    invalid(format!("{what} file {}: {why}", file.display()))
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// For this run and this machine: nobody can check whose it is.
fn self_signed(address: IpAddr) -> Result<Identity, rcgen::Error> {
    let names = ["localhost", "127.0.0.1", "::1", &address.to_string()].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names)?;
    Ok(Identity {
        chain: vec![made.cert.into()],
        key: PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into()),
        from: "self-signed".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    use super::*;

    #[test]
    fn a_certificate_of_our_own_is_for_this_machine_and_the_address() {
        let identity = self_signed(Ipv4Addr::new(127, 1, 2, 3).into()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(identity.chain[0].clone()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = TlsConnector::from(Arc::new(client));
        let server = accept_as(identity).unwrap();
        crate::core::thread::with_core(async |_| {
            for (name, known) in [
                ("localhost", true),
                ("127.0.0.1", true),
                ("::1", true),
                ("127.1.2.3", true),
                ("127.1.2.4", false),
            ] {
                let (here, there) = tokio::io::duplex(1 << 16);
                let connect = client.connect(name.try_into().unwrap(), here);
                let (connected, _) = tokio::join!(connect, server.accept(there));
                assert_eq!(connected.is_ok(), known, "{name}");
            }
        });
    }
}
