//! The shell around every page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::report::Tool;

const STYLE: &str = include_str!("page.css");

/// A whole document. What is not in it, it does not ask for.
pub(super) fn shell(title: &str, body: &Markup) -> Markup {
    let tool = Tool::this();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="content-security-policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main { (body) }
                footer { "made by weir " (tool.version) ", revision " (tool.revision) }
            }
        }
    }
}

/// A part of a page under its heading.
pub(super) fn section(id: &str, heading: &str, body: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby=(format!("{id}-heading")) {
            h2 id=(format!("{id}-heading")) { (heading) }
            (body)
        }
    }
}

/// A table that is scrolled by itself where it is wider than the page.
pub(super) fn wide(label: &str, table: &Markup) -> Markup {
    html! { div.wide tabindex="0" role="region" aria-label=(format!("table: {label}")) { (table) } }
}
