//! The page at `/`: one response, that asks for nothing else but the server's own streams.

use std::hash::{BuildHasher, RandomState};

use crate::connection::body::Reply;
use crate::request::response;

const STYLE: &str = include_str!("style.css");

/// One module, so that nothing of it is seen outside, in the order of use.
const SCRIPT: &str = concat!(
    include_str!("words.js"),
    include_str!("sse.js"),
    include_str!("stream.js"),
    include_str!("lamp.js"),
    include_str!("typewriter.js"),
    include_str!("chat.js"),
    include_str!("notifications.js"),
    include_str!("monitor.js"),
    include_str!("app.js"),
);

/// The page, and the policy that lets a browser run these scripts and no others.
pub(crate) fn answer() -> Reply {
    let nonce = nonce();
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    response::page(html(&nonce), &policy)
}

/// A module waits for the rest of the page, so all that needs the nonce can stand before it.
fn html(nonce: &str) -> String {
    [
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<style nonce=\"",
        nonce,
        "\">\n",
        STYLE,
        "</style>\n<script type=\"module\" nonce=\"",
        nonce,
        "\">\n",
        SCRIPT,
        "</script>\n",
        include_str!("index.html"),
    ]
    .concat()
}

/// 128 bits nobody can guess: the keys of `RandomState` are the system's random numbers.
fn nonce() -> String {
    let random = RandomState::new();
    format!("{:016x}{:016x}", random.hash_one(0), random.hash_one(1))
}
