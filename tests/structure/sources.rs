//! The sources of a crate as modules: what each file defines, hands on from others, and names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// The crates that are looked at.
pub(crate) const CRATES: &[&str] = &[
    "dialzio-core",
    "dialzio-whatsapp",
    "dialzio-telephony",
    "dialzio-store-sqlite",
    "dialzio-store-postgres",
    "dialzio-http",
];

/// The path of a module, from the crate's root: `["consent", "gate"]`.
pub(crate) type ModulePath = Vec<String>;

/// A file of a crate.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Names that it defines.
    pub(crate) defines: BTreeSet<String>,
    /// Names that it hands on, and the absolute paths that they come from.
    pub(crate) reexports: BTreeMap<String, ModulePath>,
    /// Modules all of whose names it hands on.
    pub(crate) globs: Vec<ModulePath>,
    /// Absolute paths that it names anywhere but in what it hands on.
    pub(crate) names: BTreeSet<ModulePath>,
}

/// All files of a crate.
#[derive(Debug)]
pub(crate) struct Crate {
    pub(crate) modules: BTreeMap<ModulePath, Module>,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

impl Crate {
    /// Parses a crate's library, without its tests.
    pub(crate) fn read(name: &str) -> Self {
        let mut modules = BTreeMap::new();
        let src = root().join(name).join("src");
        read(&src.join("lib.rs"), &src, &[], &mut modules);
        Self { modules }
    }

    /// The module that a path leads to: the one that defines the name at its end, however it was handed on.
    pub(crate) fn resolve(&self, path: &[String]) -> Option<ModulePath> {
        let mut depth = (0..=path.len()).rev();
        let known = depth.find(|length| self.modules.contains_key(&path[..*length]))?;
        let (at, rest) = (path[..known].to_vec(), &path[known..]);
        let Some(name) = rest.first() else { return Some(at) };
        let module = &self.modules[&at];
        if module.defines.contains(name) {
            return Some(at);
        }
        let mut further = module.reexports.get(name).cloned().into_iter().collect::<Vec<_>>();
        further.extend(module.globs.iter().map(|glob| joined(glob, name)));
        further
            .iter()
            .filter(|path| path.as_slice() != joined(&at, name))
            .find_map(|path| self.resolve(path))
            .or(Some(at))
    }
}

fn joined(path: &[String], name: &str) -> ModulePath {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

fn read(file: &Path, folder: &Path, path: &[String], into: &mut BTreeMap<ModulePath, Module>) {
    let parsed = syn::parse_file(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut reader = Reader { at: path.to_vec(), module: Module::default(), below: Vec::new() };
    reader.visit_file(&parsed);
    into.insert(path.to_vec(), reader.module);
    for name in reader.below {
        let below = joined(path, &name);
        let (plain, within) = (folder.join(format!("{name}.rs")), folder.join(&name));
        let file = if plain.exists() { plain } else { within.join("mod.rs") };
        if file.exists() {
            read(&file, &within, &below, into);
        }
    }
}

struct Reader {
    at: ModulePath,
    module: Module,
    below: Vec<String>,
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        list.path.is_ident("cfg") && list.tokens.to_string() == "test"
    })
}

impl Reader {
    /// The absolute path of one that begins with `crate`, `self` or `super`; `None` for another crate's.
    fn absolute(&self, path: &[String]) -> Option<ModulePath> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => return Some(rest.to_vec()),
            "self" => self.at.clone(),
            "super" => self.at[..self.at.len().checked_sub(1)?].to_vec(),
            // A module declared here.
            name if self.below.iter().any(|below| below == name) => {
                return Some([self.at.as_slice(), path].concat());
            }
            _ => return None,
        };
        while let Some(("super", more)) = rest.split_first().map(|(first, more)| (first.as_str(), more)) {
            at.pop()?;
            rest = more;
        }
        at.extend_from_slice(rest);
        Some(at)
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &[String], hands_on: bool) {
        match tree {
            syn::UseTree::Path(path) => {
                self.tree(&path.tree, &[before, &[path.ident.to_string()]].concat(), hands_on);
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.tree(item, before, hands_on));
            }
            syn::UseTree::Glob(_) => {
                if let Some(path) = self.absolute(before) {
                    if hands_on {
                        self.module.globs.push(path);
                    } else {
                        self.module.names.insert(path);
                    }
                }
            }
            syn::UseTree::Name(name) => self.taken(before, &name.ident.to_string(), None, hands_on),
            syn::UseTree::Rename(name) => {
                self.taken(before, &name.ident.to_string(), Some(name.rename.to_string()), hands_on);
            }
        }
    }

    fn taken(&mut self, before: &[String], name: &str, renamed: Option<String>, hands_on: bool) {
        let path = if name == "self" { before.to_vec() } else { [before, &[name.to_owned()]].concat() };
        let Some(path) = self.absolute(&path) else { return };
        if hands_on {
            self.module.reexports.insert(renamed.unwrap_or_else(|| name.to_owned()), path);
        } else {
            self.module.names.insert(path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let (name, attributes) = match item {
            syn::Item::Const(item) => (Some(&item.ident), &item.attrs),
            syn::Item::Enum(item) => (Some(&item.ident), &item.attrs),
            syn::Item::Fn(item) => (Some(&item.sig.ident), &item.attrs),
            syn::Item::Static(item) => (Some(&item.ident), &item.attrs),
            syn::Item::Struct(item) => (Some(&item.ident), &item.attrs),
            syn::Item::Trait(item) => (Some(&item.ident), &item.attrs),
            syn::Item::Type(item) => (Some(&item.ident), &item.attrs),
            syn::Item::Mod(item) => (None, &item.attrs),
            syn::Item::Impl(item) => (None, &item.attrs),
            syn::Item::Use(item) => (None, &item.attrs),
            _ => return syn::visit::visit_item(self, item),
        };
        if is_for_tests(attributes) {
            return;
        }
        self.module.defines.extend(name.map(ToString::to_string));
        syn::visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        match &item.content {
            None => self.below.push(item.ident.to_string()),
            Some((_, items)) => items.iter().for_each(|item| self.visit_item(item)),
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let hands_on = !matches!(item.vis, syn::Visibility::Inherited);
        self.tree(&item.tree, &[], hands_on);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let begins = names.first().is_some_and(|first| ["crate", "super", "self"].contains(&first.as_str()));
        if begins
            && names.len() > 1
            && let Some(path) = self.absolute(&names)
        {
            self.module.names.insert(path);
        } else if let Some(taken) = names.first().and_then(|first| self.module.reexports.get(first)) {
            // Handed on and used here too.
            self.module.names.insert(taken.clone());
        }
        syn::visit::visit_path(self, path);
    }
}
