//! Where the streams are.

use std::io;
use std::net::{IpAddr, SocketAddr};

use http::Uri;
use http::uri::Authority;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::net::lookup_host;

/// A URL that can be measured, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    url: String,
    authority: String,
    path: String,
    host: String,
    port: u16,
}

/// A URL that can be measured, and the address its host resolved to.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Target {
    /// As typed.
    pub url: String,
    /// `host` or `host:port` as the `host` header says it.
    pub authority: String,
    /// Path and query, beginning with `/`.
    pub path: String,
    /// Every address the host has, in the resolver's order.
    pub addrs: Vec<SocketAddr>,
}

/// What is wrong with a URL.
#[derive(Debug, Error)]
pub enum TargetError {
    /// Not a URL.
    #[error("{url:?} is not a URL")]
    Syntax {
        /// As typed.
        url: String,
        /// Why.
        source: http::uri::InvalidUri,
    },
    /// No `http://` before the host.
    #[error("{url:?} must begin with http://")]
    Scheme {
        /// As typed.
        url: String,
    },
    /// What stands behind the host's colon is no port.
    #[error("{url:?} has a port that is not a number from 0 to 65535")]
    Port {
        /// As typed.
        url: String,
    },
    /// `user:password@`.
    #[error("{url:?} carries a user name: give an Authorization header instead (-H)")]
    UserInfo {
        /// As typed.
        url: String,
    },
    /// The host does not resolve.
    #[error("cannot resolve {host:?}")]
    Resolve {
        /// The host.
        host: String,
        /// Why.
        source: io::Error,
    },
}

impl Url {
    /// Takes one apart. Nobody is asked for anything.
    ///
    /// # Errors
    /// When it is no `http://` URL.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        let uri: Uri = url.parse().map_err(|source| TargetError::Syntax {
            url: url.to_owned(),
            source,
        })?;
        let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(TargetError::Scheme {
                url: url.to_owned(),
            });
        };
        if authority.as_str().contains('@') {
            return Err(TargetError::UserInfo {
                url: url.to_owned(),
            });
        }
        let port = port(authority).ok_or_else(|| TargetError::Port {
            url: url.to_owned(),
        })?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        Ok(Self {
            url: url.to_owned(),
            authority: authority.to_string(),
            path,
            host: bare(authority.host()).to_owned(),
            port,
        })
    }

    /// Asks the system's resolver where that is. Whoever does not wait for the answer any more need not: a thread of the
    /// runtime's does.
    ///
    /// # Errors
    /// When the host is unknown, or has no address.
    pub async fn lookup(self) -> Result<Target, TargetError> {
        let addrs = lookup_host((self.host.as_str(), self.port)).await;
        let addrs = addrs.map(Vec::from_iter).and_then(|addrs| {
            let none = || io::Error::other("the host has no address");
            (!addrs.is_empty()).then_some(addrs).ok_or_else(none)
        });
        match addrs {
            Ok(addrs) => Ok(self.at(addrs)),
            Err(source) => Err(TargetError::Resolve {
                host: self.host,
                source,
            }),
        }
    }

    /// The target that it is if its host has these addresses, of which there is at least one.
    #[must_use]
    pub fn at(self, addrs: Vec<SocketAddr>) -> Target {
        Target {
            url: self.url,
            authority: self.authority,
            path: self.path,
            addrs,
        }
    }
}

impl Target {
    /// Of a URL whose host is an IP address, so that there is nobody to ask.
    ///
    /// # Errors
    /// When it is no `http://` URL, or its host is a name.
    pub fn literal(url: &str) -> Result<Self, TargetError> {
        let url = Url::parse(url)?;
        match url.host.parse::<IpAddr>() {
            Ok(address) => {
                let addr = SocketAddr::from((address, url.port));
                Ok(url.at(vec![addr]))
            }
            Err(error) => Err(TargetError::Resolve {
                host: url.host,
                source: io::Error::other(error),
            }),
        }
    }
}

/// The port, 80 if there is none; `None` if what stands there is not one.
fn port(authority: &Authority) -> Option<u16> {
    match authority
        .as_str()
        .strip_prefix(authority.host())?
        .strip_prefix(':')
    {
        Some(port) => port.parse().ok(),
        None => Some(80),
    }
}

/// An address without the brackets that one of IPv6 has in a URL.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let target = Target::literal("http://127.0.0.1:8080/sse?rate=5").unwrap();
        assert_eq!(target.authority, "127.0.0.1:8080");
        assert_eq!(target.path, "/sse?rate=5");
        assert_eq!(target.addrs, ["127.0.0.1:8080".parse().unwrap()]);
        assert_eq!(Target::literal("http://127.0.0.1").unwrap().path, "/");
        assert_eq!(
            Target::literal("http://127.0.0.1?x=1").unwrap().path,
            "/?x=1"
        );
        let v6 = Target::literal("http://[::1]:81/").unwrap();
        assert_eq!(v6.addrs, ["[::1]:81".parse().unwrap()]);
        assert_eq!(v6.authority, "[::1]:81");
    }

    #[test]
    fn what_cannot_be_measured_is_named() {
        let message = |url: &str| Url::parse(url).unwrap_err().to_string();
        assert_eq!(message("localhost:80/x"), "\"localhost:80/x\" is not a URL");
        assert_eq!(
            message("https://localhost/"),
            "\"https://localhost/\" must begin with http://"
        );
        assert_eq!(message("/sse"), "\"/sse\" must begin with http://");
        for port in ["99999", "80a", "-1", ""] {
            let url = format!("http://127.0.0.1:{port}/");
            assert!(message(&url).contains("is not a"), "{url}");
        }
        assert!(message("http://u:p@localhost/").contains("Authorization"));
    }

    #[tokio::test]
    async fn a_name_is_looked_up_and_an_address_is_none() {
        let lookup = async |url: &str| Url::parse(url).unwrap().lookup().await;
        let literal = "http://[::1]:81/x";
        let found = lookup(literal).await.unwrap();
        assert_eq!(found, Target::literal(literal).unwrap());
        // A label has at most 63 characters (RFC 1035, 2.3.4).
        let long = format!("http://{}/", "h".repeat(64));
        let unknown = lookup(&long).await.unwrap_err();
        assert!(matches!(unknown, TargetError::Resolve { .. }), "{unknown}");
        let named = Target::literal("http://localhost/").unwrap_err();
        assert!(matches!(named, TargetError::Resolve { .. }), "{named}");
    }
}
