//! Who prints.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::workspace::{Source, test_modules};

/// Source whose standard output is an interface (or, in the libraries below both ends, nobody's business).
const QUIET: [&str; 5] = [
    "loadgen/src/",
    "server/src/",
    "server/host/src/",
    "server/time/src/",
    "sse/src/",
];

/// What in it may print all the same: the printers, and the one line that weir-server promises.
const PRINTERS: [&str; 2] = ["loadgen/src/output/", "server/src/main.rs"];

pub(crate) fn prints(source: &Source) -> Vec<String> {
    let begins = |starts: &[&str]| starts.iter().any(|start| source.path.starts_with(start));
    if !begins(&QUIET) || begins(&PRINTERS) {
        return Vec::new();
    }
    let mut lines = Vec::new();
    collect_prints(source.text.parse().unwrap(), &mut lines);
    let tests = test_modules(source);
    lines.retain(|line| !tests.iter().any(|test| test.contains(line)));
    let what = format!("prints; only {} may", PRINTERS.join(" and "));
    lines
        .into_iter()
        .map(|line| source.breach(line, &what))
        .collect()
}

/// The lines of `print!`, `println!` and `stdout()`. By tokens, since a syntax tree ends where a macro's input begins.
fn collect_prints(tokens: TokenStream, lines: &mut Vec<usize>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for pair in tokens.windows(2) {
        let found = match pair {
            [TokenTree::Ident(name), TokenTree::Punct(mark)] => {
                (name == "print" || name == "println") && mark.as_char() == '!'
            }
            [TokenTree::Ident(name), TokenTree::Group(arguments)] => {
                name == "stdout"
                    && arguments.delimiter() == Delimiter::Parenthesis
                    && arguments.stream().is_empty()
            }
            _ => false,
        };
        if found {
            lines.push(pair[0].span().start().line);
        }
    }
    for token in tokens {
        if let TokenTree::Group(group) = token {
            collect_prints(group.stream(), lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::source;

    #[test]
    fn printing_is_found_even_inside_a_macro_and_allowed_to_printers_and_tests() {
        let innocent = "fn f() { eprintln!(); command.stdout(pipe); child.stdout.take(); }";
        for guilty in [
            "println!()",
            "print!()",
            "select! { _ => { println!() } }",
            "io::stdout()",
        ] {
            let text = format!(
                "{innocent}\nfn g() {{ {guilty}; }}\n#[cfg(test)]\nmod tests {{ fn h() {{ {guilty}; }} }}"
            );
            for quiet in [
                "loadgen/src/run.rs",
                "loadgen/src/main.rs",
                "server/src/body.rs",
                "server/host/src/lib.rs",
                "sse/src/lib.rs",
            ] {
                let found = prints(&source(quiet, &text));
                assert_eq!(found.len(), 1, "{quiet}: {found:?}");
                assert!(
                    found[0].starts_with(&format!("{quiet}:2: prints")),
                    "{found:?}"
                );
            }
            for free in [
                "loadgen/src/output/text.rs",
                "server/src/main.rs",
                "loadgen/tests/run.rs",
            ] {
                assert!(prints(&source(free, &text)).is_empty());
            }
        }
    }
}
