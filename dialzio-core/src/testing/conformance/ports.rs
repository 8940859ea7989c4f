//! The names of the cases for the smaller ports.

/// Expands into one test for each case that a blob store has to pass.
///
/// `$fresh` is the name of an `async fn() -> Arc<dyn BlobStore>` in the same module; it makes an empty store.
#[macro_export]
macro_rules! blob_conformance {
    ($fresh:ident) => {
        $crate::port_cases! { $fresh; blob {
            a_blob_comes_back_whole
            a_range_is_cut_at_the_end
            a_blob_is_replaced_whole
            a_deleted_blob_is_missing
            keys_are_listed_in_pages
            another_organisation_has_other_blobs
        } }
    };
}

/// Expands into one test for each case that a key provider has to pass.
///
/// `$fresh` is the name of an `async fn() -> Arc<dyn KeyProvider>` in the same module.
#[macro_export]
macro_rules! key_conformance {
    ($fresh:ident) => {
        $crate::port_cases! { $fresh; key {
            the_current_key_is_found_by_its_id
            every_listed_id_has_a_key
            an_unknown_id_is_refused
            keys_are_never_printed
        } }
    };
}

/// Expands into one test for each case that a messaging provider has to pass.
///
/// `$fixture` is the name of an `async fn() -> impl MessagingFixture` in the same module.
#[macro_export]
macro_rules! messaging_conformance {
    ($fixture:ident) => {
        $crate::port_cases! { $fixture; &messaging {
            an_accepted_message_has_an_id
            silence_is_ambiguous_and_not_repeated
            each_kind_of_no_is_told_apart
            secrets_are_in_no_error
            every_declared_capability_works
        } }
    };
}

/// Expands into one test for each case that a provider of free text has to pass in the whole CRM.
///
/// `$fixture` is the name of an `async fn() -> impl CrmFixture` in the same module.
#[macro_export]
macro_rules! provider_in_crm_conformance {
    ($fixture:ident) => {
        $crate::port_cases! { $fixture; &provider_in_crm {
            senders_connect_under_their_own_ids
            the_first_message_goes_out_under_an_opt_in
            a_reply_arrives_and_may_be_answered
            a_stop_counts_on_the_channel_it_was_written_on
            delivery_is_shown
            an_unknown_outcome_is_shown_and_not_repeated
        } }
    };
}

/// Expands into one test for each case that a telephony provider has to pass.
///
/// `$fixture` is the name of an `async fn() -> impl TelephonyFixture` in the same module.
#[macro_export]
macro_rules! telephony_conformance {
    ($fixture:ident) => {
        $crate::port_cases! { $fixture; &telephony {
            a_call_is_placed_once_for_the_number_of_the_permit
            a_call_without_an_agent_is_refused_before_it_is_placed
            an_unknown_outcome_is_ambiguous_and_not_repeated
            each_kind_of_no_is_told_apart
            wrong_credentials_are_told
            what_is_declared_works_and_nothing_else
            pages_end_and_name_each_call_once
            a_recording_is_sound_and_comes_from_the_provider
            nothing_secret_is_shown
            reports_lead_to_their_call
            no_bytes_make_the_decoder_panic
        } }
    };
}

/// Expands into one test for each case that a decoder of webhooks has to pass.
///
/// `$fixture` is the name of an `fn() -> impl WebhookFixture` in the same module.
#[macro_export]
macro_rules! webhook_conformance {
    ($fixture:ident) => {
        $crate::port_cases! { $fixture; sync webhook {
            a_signed_webhook_is_verified
            a_missing_signature_is_refused
            a_doubled_signature_is_refused
            a_truncated_or_changed_signature_is_refused
            a_changed_body_is_refused
            a_wrong_subscription_check_is_refused
            no_bytes_make_the_decoder_panic
            every_element_is_read_again_from_what_was_kept
        } }
    };
}

/// Expands names into tests.
#[doc(hidden)]
#[macro_export]
macro_rules! port_cases {
    ($fresh:ident; $module:ident { $($name:ident)+ }) => {
        mod $module {$(
            #[::tokio::test]
            async fn $name() {
                $crate::testing::conformance::$module::$name(super::$fresh().await).await;
            }
        )+}
    };
    ($fixture:ident; &$module:ident { $($name:ident)+ }) => {
        mod $module {$(
            #[::tokio::test]
            async fn $name() {
                $crate::testing::conformance::$module::$name(&super::$fixture().await).await;
            }
        )+}
    };
    ($fixture:ident; sync $module:ident { $($name:ident)+ }) => {
        mod $module {$(
            #[test]
            fn $name() {
                $crate::testing::conformance::$module::$name(&super::$fixture());
            }
        )+}
    };
}
