//! What a port means, as cases. Each case is a public function whose name says the rule; the macros expand the list of
//! names into one test each and do nothing else.
//!
//! A store's author writes, in `tests/conformance.rs` of the store's crate:
//!
//! ```text
//! async fn fresh(clock: Arc<ManualClock>) -> Arc<dyn Store> { … }
//! dialzio_core::store_conformance!(fresh);
//! ```
//!
//! `fresh` makes an empty store that judges expiry by the clock it is given.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a case fails by panicking"
)]

mod bench;
pub mod commit;
pub mod contact;

pub use bench::{Bench, House, Person};

/// Expands into one test for each case that a store has to pass.
///
/// `$fresh` is the name of an `async fn(Arc<ManualClock>) -> Arc<dyn Store>` in the same module.
#[macro_export]
macro_rules! store_conformance {
    ($fresh:ident) => {
        $crate::store_cases! { $fresh;
            commit {
                a_batch_is_applied_whole_or_not_at_all
                neighbours_of_a_refused_batch_are_applied
                a_batch_sees_those_before_it
                one_untrue_expectation_among_many_refuses_the_batch
                a_key_used_again_is_answered_as_the_first_time
                a_key_used_for_another_request_changes_nothing
                a_key_counts_within_one_call_and_keeps_its_kind_of_answer
                a_refused_batch_does_not_use_its_key
                a_commit_answers_with_the_newest_event
                every_expectation_is_refused_when_untrue_and_met_when_true
            }
            contact {
                a_card_is_kept_and_its_revision_rises_by_one
                added_tags_are_kept_and_not_lost_to_an_older_card
                a_card_is_found_by_detail_and_by_alias_in_any_spelling
                an_alias_is_held_by_one_identity_of_a_portfolio
                the_most_recently_seen_alias_is_the_last
                the_newest_profile_stays
                joined_identities_are_one_person
                follow_ups_are_filtered
            }
        }
    };
}

/// Expands names into tests.
#[doc(hidden)]
#[macro_export]
macro_rules! store_cases {
    ($fresh:ident; $($module:ident { $($name:ident)+ })+) => {$(
        mod $module {
            $(
                #[::tokio::test]
                async fn $name() {
                    let clock = $crate::testing::conformance::Bench::clock();
                    let store = super::$fresh(::std::sync::Arc::clone(&clock)).await;
                    let bench = $crate::testing::conformance::Bench::new(store, clock);
                    $crate::testing::conformance::$module::$name(bench).await;
                }
            )+
        }
    )+};
}
