//! Whether every read that a store offers is tried as another organisation.

use std::collections::BTreeSet;

use syn::visit::Visit;

use crate::sources::root;

/// Calls that take an organisation and are no reads to try, with the reason.
const NOT_TRIED: &[(&str, &str)] =
    &[("commit", "writes, tried by `writes_do_not_reach_another_organisation` in the same file")];

/// The names of methods of traits that take an `OrgScope`.
#[derive(Default)]
struct Ports(BTreeSet<String>);

impl<'ast> Visit<'ast> for Ports {
    fn visit_trait_item_fn(&mut self, method: &'ast syn::TraitItemFn) {
        let scoped = method.sig.inputs.iter().any(|input| {
            let syn::FnArg::Typed(input) = input else { return false };
            let syn::Type::Reference(reference) = &*input.ty else { return false };
            matches!(&*reference.elem, syn::Type::Path(of) if of.path.segments.last().is_some_and(|last| last.ident == "OrgScope"))
        });
        if scoped {
            self.0.insert(method.sig.ident.to_string());
        }
    }
}

/// The names of methods that are called with the scope that is tried.
#[derive(Default)]
struct Tried(BTreeSet<String>);

impl<'ast> Visit<'ast> for Tried {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let tried =
            |argument: &syn::Expr| matches!(argument, syn::Expr::Path(path) if path.path.is_ident("scope"));
        if call.args.first().is_some_and(tried) {
            self.0.insert(call.method.to_string());
        }
        syn::visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        // The list is a `vec!` of expressions. What is given to another macro is parsed by it, and not looked at here.
        let list = syn::punctuated::Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
        for item in called.parse_body_with(list).into_iter().flatten() {
            let mut within = Tried::default();
            within.visit_expr(&item);
            self.0.append(&mut within.0);
        }
    }
}

fn parsed(file: &std::path::Path) -> syn::File {
    syn::parse_file(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn visit_sources(folder: &std::path::Path, ports: &mut Ports) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit_sources(&path, ports);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            ports.visit_file(&parsed(&path));
        }
    }
}

/// All calls by which a store is asked about an organisation, whichever trait declares them.
fn calls() -> BTreeSet<String> {
    let mut ports = Ports::default();
    visit_sources(&root().join("dialzio-core/src"), &mut ports);
    ports.0
}

/// Reads that the cases of isolation do not try, and what is on the list of exceptions for no reason.
pub(crate) fn untried() -> Vec<String> {
    let cases = parsed(&root().join("dialzio-core/src/testing/conformance/isolation.rs"));
    let found = cases.items.iter().find_map(|item| match item {
        syn::Item::Fn(function) if function.sig.ident == "found" => Some(function),
        _ => None,
    });
    let mut tried = Tried::default();
    tried.visit_item_fn(found.unwrap());
    let reads = calls();
    assert!(reads.len() > 45, "the ports are not where they were: {reads:?}");
    let excepted: BTreeSet<_> = NOT_TRIED.iter().map(|(name, _)| (*name).to_owned()).collect();
    let untried = reads.iter().filter(|name| !tried.0.contains(*name) && !excepted.contains(*name));
    let stale = excepted.iter().filter(|name| !reads.contains(*name) || tried.0.contains(*name));
    untried.chain(stale).cloned().collect()
}
