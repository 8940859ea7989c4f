//! Circles: modules that need each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{Crate, ModulePath};

/// The circles of a crate, each as lines `a -> b`.
pub(crate) fn of(of: &Crate) -> Vec<Vec<String>> {
    let mut edges: BTreeMap<&ModulePath, BTreeSet<ModulePath>> = BTreeMap::new();
    for (at, module) in &of.modules {
        let needs = module.names.iter().filter_map(|path| of.resolve(path));
        edges.insert(at, needs.filter(|needed| needed != at && !needed.is_empty()).collect());
    }
    let reach = |from: &ModulePath| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(at) = open.pop() {
            for next in edges.get(&at).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&ModulePath, BTreeSet<ModulePath>> =
        edges.keys().map(|at| (*at, reach(at))).collect();
    let mut done = BTreeSet::new();
    let mut found = Vec::new();
    for (at, all) in &reached {
        if !all.contains(*at) || !done.insert((*at).clone()) {
            continue;
        }
        let circle: Vec<_> = all.iter().filter(|other| reached[other].contains(*at)).collect();
        let mut lines = Vec::new();
        for member in &circle {
            done.insert((*member).clone());
            let within = edges[*member].iter().filter(|next| circle.contains(next));
            lines.extend(within.map(|next| format!("  {} -> {}", member.join("::"), next.join("::"))));
        }
        found.push(lines);
    }
    found
}
