//! What a file imports: each `use`, and each path that stands in its code; nothing that is only compiled for tests.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, UseTree};

use crate::workspace::{Source, is_cfg_test};

/// The names of modules from the root on, or a path as written; `*` stands for all that lies there.
pub(super) type Path = Vec<String>;

/// A path, where it stands.
#[derive(Clone)]
pub(super) struct Written {
    /// The module it stands in.
    pub(super) module: Path,
    pub(super) path: Path,
    pub(super) line: usize,
    /// The name that a `use` gives it.
    pub(super) name: Option<String>,
}

/// What was read of one file.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) paths: Vec<Written>,
    /// Modules whose body stands in the file.
    pub(super) inline: Vec<Path>,
    /// Modules that are only compiled for tests.
    pub(super) tests: Vec<Path>,
    module: Path,
}

impl Reading {
    pub(super) fn of(source: &Source, module: &[String]) -> Self {
        let mut reading = Self {
            module: module.to_vec(),
            ..Self::default()
        };
        reading.visit_file(&source.syntax);
        reading
    }

    fn add(&mut self, path: Path, line: usize) {
        self.paths.push(Written {
            module: self.module.clone(),
            path,
            line,
            name: None,
        });
    }

    fn child(&self, module: &ItemMod) -> Path {
        let name = module.ident.to_string();
        self.module.iter().cloned().chain([name]).collect()
    }

    fn add_use(&mut self, before: &[String], tree: &UseTree) {
        let joined = |name: String| before.iter().cloned().chain([name]).collect::<Path>();
        let (path, name) = match tree {
            UseTree::Path(tree) => {
                return self.add_use(&joined(tree.ident.to_string()), &tree.tree);
            }
            UseTree::Group(group) => {
                return (group.items.iter()).for_each(|tree| self.add_use(before, tree));
            }
            UseTree::Name(tree) if tree.ident == "self" => {
                (before.to_vec(), before.last().cloned())
            }
            UseTree::Name(tree) => (joined(tree.ident.to_string()), Some(tree.ident.to_string())),
            UseTree::Rename(tree) => (
                joined(tree.ident.to_string()),
                Some(tree.rename.to_string()),
            ),
            UseTree::Glob(_) => (joined("*".to_owned()), None),
        };
        self.paths.push(Written {
            module: self.module.clone(),
            path,
            line: tree.span().start().line,
            name,
        });
    }

    /// Paths in the input of a macro, where a syntax tree ends: names with `::` between them.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path = Path::new();
        let mut line = 0;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.end_path(&mut path, line);
                        line = name.span().start().line;
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                other => {
                    self.end_path(&mut path, line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.end_path(&mut path, line);
    }

    fn end_path(&mut self, path: &mut Path, line: usize) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.add(path, line);
        }
    }
}

impl<'ast> Visit<'ast> for Reading {
    fn visit_item(&mut self, item: &'ast Item) {
        if !attributes(item).iter().any(is_cfg_test) {
            visit::visit_item(self, item);
        } else if let Item::Mod(module) = item {
            self.tests.push(self.child(module));
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !item.attrs.iter().any(is_cfg_test) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if module.content.is_none() {
            return;
        }
        self.module = self.child(module);
        self.inline.push(self.module.clone());
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_use(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let names = path.segments.iter();
            let names = names.map(|segment| segment.ident.to_string()).collect();
            self.add(names, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.add_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    /// `pub(in crate::output)` imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
