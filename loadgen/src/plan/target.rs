//! Where the streams are.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use http::Uri;
use http::uri::Authority;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

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

impl Target {
    /// Parses a URL and resolves its host.
    ///
    /// # Errors
    /// When it is no `http://` URL, or its host is unknown.
    pub fn resolve(url: &str) -> Result<Self, TargetError> {
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
        let host = authority.host();
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
            addrs: addresses(host, port)?,
        })
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

fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, TargetError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let failed = |source| TargetError::Resolve {
        host: host.to_owned(),
        source,
    };
    let addrs: Vec<_> = (bare, port).to_socket_addrs().map_err(failed)?.collect();
    if addrs.is_empty() {
        return Err(failed(io::Error::other("the host has no address")));
    }
    Ok(addrs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let target = Target::resolve("http://127.0.0.1:8080/sse?rate=5").unwrap();
        assert_eq!(target.authority, "127.0.0.1:8080");
        assert_eq!(target.path, "/sse?rate=5");
        assert_eq!(target.addrs, ["127.0.0.1:8080".parse().unwrap()]);
        assert_eq!(Target::resolve("http://127.0.0.1").unwrap().path, "/");
        assert_eq!(
            Target::resolve("http://127.0.0.1?x=1").unwrap().path,
            "/?x=1"
        );
        let v6 = Target::resolve("http://[::1]:81/").unwrap();
        assert_eq!(v6.addrs, ["[::1]:81".parse().unwrap()]);
        assert_eq!(v6.authority, "[::1]:81");
    }

    #[test]
    fn what_cannot_be_measured_is_named() {
        let message = |url: &str| Target::resolve(url).unwrap_err().to_string();
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
}
