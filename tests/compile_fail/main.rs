//! What must not compile: proofs that cannot be made by hand, used twice, or skipped.
#![allow(missing_docs, reason = "tests")]

#[test]
fn proofs_are_made_by_their_rules_only() {
    trybuild::TestCases::new().compile_fail("compile_fail/cases/*.rs");
}
