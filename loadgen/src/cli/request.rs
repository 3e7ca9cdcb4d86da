//! What is asked of the target.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use clap::Args;
use http::{HeaderName, HeaderValue, Method};

use super::UsageError;
use crate::plan::Request;

#[derive(Debug, Args)]
pub(super) struct RequestArgs {
    /// Method [default: GET, or POST with --body].
    #[arg(short = 'X', long, value_name = "METHOD")]
    method: Option<String>,
    /// Header field, repeatable; replaces the usual one of that name.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Request body: the text, @FILE, or - for standard input. Sent as application/json unless -H says otherwise.
    #[arg(long, value_name = "TEXT|@FILE|-")]
    body: Option<String>,
    /// Do not ask a weir-server to stamp its events with when they were due and sent.
    #[arg(long)]
    no_stamp: bool,
}

impl RequestArgs {
    pub(super) fn request(&self) -> Result<Request, UsageError> {
        let body = self.body.as_deref().map(body).transpose()?;
        let method = self
            .method
            .clone()
            .unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
        if Method::from_bytes(method.as_bytes()).is_err() {
            return Err(UsageError::Method(method));
        }
        let headers = self
            .headers
            .iter()
            .map(|text| header(text))
            .collect::<Result<_, _>>()?;
        Ok(Request {
            method,
            headers,
            body,
            stamp: !self.no_stamp,
        })
    }
}

fn header(text: &str) -> Result<(String, String), UsageError> {
    let wrong = || UsageError::Header(text.to_owned());
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let value = value.trim();
    let valid = HeaderName::try_from(name).is_ok() && HeaderValue::from_str(value).is_ok();
    if valid {
        Ok((name.to_owned(), value.to_owned()))
    } else {
        Err(wrong())
    }
}

fn body(text: &str) -> Result<String, UsageError> {
    let read = |path: &str, source: io::Result<Vec<u8>>| {
        let bytes = source.map_err(|source| UsageError::Body {
            path: path.to_owned(),
            source,
        })?;
        String::from_utf8(bytes).map_err(|_| UsageError::BodyEncoding)
    };
    if text == "-" {
        let mut bytes = Vec::new();
        let outcome = io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes);
        return read("-", outcome);
    }
    match text.strip_prefix('@') {
        Some(path) => read(path, fs::read(Path::new(path))),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: RequestArgs,
    }

    fn request(line: &[&str]) -> Result<Request, UsageError> {
        let line = Line::try_parse_from([&["run"], line].concat());
        line.unwrap().args.request()
    }

    #[test]
    fn requests_are_checked() {
        let request_with_body = request(&["--body", "{}", "-H", "x-a:  b "]).unwrap();
        assert_eq!(request_with_body.method, "POST");
        let headers = [("x-a".to_owned(), "b".to_owned())];
        assert_eq!(request_with_body.headers, headers);
        for line in [
            ["-H", "no colon"],
            ["-H", "bad name: x"],
            ["-X", "GE T"],
            ["--body", "@/nowhere/at/all"],
        ] {
            assert!(request(&line).is_err(), "{line:?}");
        }
    }
}
