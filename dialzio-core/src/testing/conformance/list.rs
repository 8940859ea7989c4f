//! The names of all cases.

/// Expands into one test for each case that a store has to pass.
///
/// `$fresh` is the name of an `async fn(Arc<ManualClock>) -> Arc<dyn Store>` in the same module.
#[macro_export]
macro_rules! store_conformance {
    ($fresh:ident $(, $($runtime:tt)+)?) => {
        $crate::store_cases! { $fresh ($($($runtime)+)?);
            audience {
                by_no_read_is_anything_of_another_found
                a_queue_holds_what_is_assigned_within_the_audience
                a_snooze_that_has_run_out_is_seen_by_its_audience_alone
                a_conversation_of_joined_identities_stays_with_its_assignee
                a_contact_is_seen_by_its_owner_and_by_work_with_it
                calls_and_follow_ups_are_seen_by_whose_they_are
                what_is_decided_on_is_whole
            }
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
            consent {
                the_ledger_has_no_gaps
                entries_of_one_batch_are_numbered_in_order
                a_withdrawal_moves_the_head_of_the_ledger
                entries_are_found_for_each_conversation
                history_follows_the_card_and_its_identifiers
                a_suppression_is_kept_once_for_each_scope
                the_facts_hold_person_ledger_and_settings
                the_window_is_of_one_conversation_and_the_relation_of_all
                answered_does_not_count_the_message_itself
                promotion_counts_for_seven_days_once_dispatched
                what_the_wire_needs_comes_in_one_look
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
            contact_list {
                each_choice_narrows_the_list_in_either_order
                a_list_of_contacts_follows_what_changes
                a_list_shows_identities_and_the_newest_contact
                contacts_are_read_by_their_ids
            }
            conversation {
                a_pair_has_one_conversation
                an_update_touches_state_and_assignment_only
                the_head_is_the_same_in_any_order_of_arrival
                our_own_message_does_not_count_as_unread
                the_read_mark_only_rises
                a_message_reopens_and_is_not_closed_over
                a_snooze_that_has_run_out_counts_as_open
                queue_counters_equal_a_recount
                a_search_finds_conversations_in_each_state_newest_first
                unread_conversations_are_counted_for_a_member_and_nobody
                a_list_shows_who_and_what_newest_first
                what_was_done_is_listed_newest_first_and_kept_once
                a_conversation_is_marked_unread_and_read_again
            }
            decisions {
                a_withdrawal_at_the_desk_cancels_what_it_covers
                a_suppression_and_its_withdrawal_are_one_commit
                evidence_is_recorded_by_those_who_can_have_it
                without_its_organisation_nothing_can_be_decided
            }
            call {
                a_call_is_written_and_read_back_whole
                a_call_needs_its_account_and_its_contact
                a_call_changes_under_its_revision
                an_id_belongs_to_one_call_of_an_account
                rows_that_are_one_call_are_merged
                recordings_expire_and_their_call_stays
                calls_of_one_organisation_are_no_others
            }
            call_log {
                each_choice_narrows_the_log
                choices_hold_at_once
                missed_calls_that_wait_are_counted
                calls_are_counted_by_hour_member_and_outcome
            }
            call_facts {
                reports_find_their_calls
                a_number_finds_all_who_share_it
                missed_calls_of_a_number_are_known
                agents_are_found_by_id_and_by_number
                agents_keep_their_member
                the_ledger_about_numbers_comes_oldest_first
            }
            call_of_identity {
                calls_follow_their_identity
                the_newest_answer_about_calls_stays
            }
            call_flow {
                a_call_flow_is_written_and_read_back_whole
                one_call_flow_is_enabled_for_a_number_of_an_account
                a_call_flow_changes_and_goes_under_its_revision
                call_flows_of_one_organisation_are_no_others
                a_call_flow_goes_with_nothing_else
            }
            canned_reply {
                a_canned_reply_is_written_and_read_back_whole
                a_shortcut_belongs_to_one_canned_reply_of_an_organisation
                a_canned_reply_changes_and_goes_under_its_revision
                canned_replies_of_one_organisation_are_no_others
            }
            saved_view {
                a_saved_view_is_written_and_read_back_whole
                saved_views_of_a_member_come_with_the_shared_ones
                a_saved_view_changes_and_goes_under_its_revision
                saved_views_of_one_organisation_are_no_others
            }
            disposition {
                a_disposition_is_written_and_read_back_whole
                dispositions_come_by_position_and_then_by_age
                a_name_belongs_to_one_disposition_of_an_organisation
                a_change_names_the_revision_it_was_decided_on
                an_archived_disposition_stays_and_comes_back
                dispositions_of_one_organisation_are_no_others
            }
            draft {
                a_draft_is_kept_for_each_conversation_member_and_kind
                the_last_save_of_a_draft_stays_until_it_is_removed
                a_draft_expires_thirty_days_after_its_last_change
                drafts_of_one_organisation_are_no_others
                drafts_alone_leave_no_audit_entry
            }
            notice {
                a_notice_comes_with_what_it_is_about
                what_was_read_is_unread_no_longer
                a_notice_expires_ninety_days_after_it_was_made
                notices_of_one_organisation_are_no_others
                notices_that_are_read_leave_no_audit_entry
            }
            facts {
                a_person_is_known_under_each_alias
                a_person_is_known_under_older_spellings
                cards_with_the_typed_number_are_candidates
                people_who_are_known_under_the_number_elsewhere_are_candidates
                a_joined_person_is_known_with_their_thread
                a_queue_with_a_waiting_element_is_not_idle
            }
            filter {
                a_conversation_waits_from_the_oldest_message_without_an_answer
                promotion_answers_nothing_and_a_notice_asks_for_nothing
                closing_ends_a_wait_and_opening_again_looks_it_up
                the_wait_is_the_same_in_any_order_of_arrival
                every_combination_of_filters_finds_what_fits_all_of_them
                a_filter_follows_what_changes
                a_search_is_narrowed_as_a_queue_is
                pages_of_those_that_wait_hold_still
            }
            fidelity {
                text_survives_unchanged
                times_survive_to_the_microsecond
                every_shape_of_content_survives
                the_templates_that_were_asked_for_last_stay
                what_stands_around_a_message_survives_and_what_was_beside_it_goes_when_it_changes
                every_field_of_a_message_survives
                every_field_of_a_file_survives
                settings_survive_whole
                every_field_of_a_conversation_survives
            }
            groups {
                callers_at_the_same_time_each_get_their_own_answer
                one_call_with_many_batches_is_answered_in_their_order
                a_batch_that_fails_half_way_takes_nobody_with_it
                a_row_that_breaks_a_rule_takes_nobody_with_it
                a_commit_that_has_begun_is_carried_out_though_nobody_waits
                organisations_at_the_same_time_keep_their_own_sequences
                a_reader_sees_what_was_answered
            }
            history {
                the_same_history
            }
            isolation {
                another_organisation_sees_nothing_by_any_read
                expectations_look_into_ones_own_organisation_only
                writes_do_not_reach_another_organisation
            }
            ledger {
                every_batch_has_an_audit_entry_and_the_chain_verifies
                chains_of_two_organisations_do_not_mix
                an_entry_keeps_its_origin_its_detail_and_the_digest_of_its_consents
                the_recorded_end_is_that_of_the_log
                entries_are_found_by_who_what_which_and_when
                the_event_log_has_no_gaps
                the_logs_hold_ids_only
                a_watcher_is_woken_by_a_commit_with_events
            }
            media {
                a_file_needs_its_owner
                the_owner_of_a_file_stays
                a_file_goes_with_its_owner
                the_end_of_a_file_stays
            }
            message {
                a_repeated_delivery_changes_nothing
                evidence_in_any_order_ends_in_the_same_state
                a_failure_is_shown_and_outranked
                a_refused_request_leads_back_to_the_queue_with_why
                every_piece_of_evidence_is_kept
                news_about_a_message_that_is_gone_changes_nothing
                the_newest_reaction_of_each_side_stays
                the_newest_edit_stays_and_taking_back_beats_it
                a_message_is_known_by_both_ids
                a_provider_id_of_one_account_is_free_on_another
                a_message_needs_its_conversation
            }
            names {
                a_name_from_a_profile_follows_it_until_it_is_edited
                a_number_that_was_given_up_is_marked_and_moves
            }
            pages {
                pages_of_contacts_hold_still_under_insertion
                pages_of_messages_hold_still_under_insertion
                pages_of_a_queue_hold_still_under_insertion
                snoozes_that_ran_out_take_their_place_in_the_open_queue
                pages_of_what_was_done_hold_still_under_insertion
                pages_of_notes_and_follow_ups_hold_still_under_insertion
                pages_of_the_consent_history_hold_still_under_insertion
                pages_of_the_quarantine_hold_still_under_insertion
                the_last_page_says_that_it_is_the_last
            }
            partial {
                two_changes_of_different_fields_both_stay
                a_change_of_an_older_revision_is_refused
                users_and_apps_are_changed_under_their_revision
                nothing_is_overwritten_and_nothing_missing_is_changed
                a_change_made_while_a_send_is_on_the_wire_stays
            }
            retention {
                what_has_expired_is_not_seen_before_any_sweep
                a_shorter_period_counts_at_once_and_a_longer_one_never
                an_end_of_its_own_counts_when_it_is_earlier
                an_expired_message_is_no_fact_for_sending
                the_sweep_removes_what_has_expired_and_queues_the_blobs
                what_was_done_is_seen_and_kept_as_long_as_messages
                a_swept_file_does_not_come_back
                a_sweep_stays_in_its_organisation
                bookkeeping_is_forgotten_in_time
                what_had_expired_stays_hidden_when_the_clock_goes_back
                a_purge_goes_by_the_time_it_is_given
            }
            scheduled {
                a_scheduled_message_is_written_and_read_back_whole
                scheduled_messages_come_by_their_time
                an_opt_out_refuses_all_that_wait_for_a_person
                a_scheduled_message_expires_as_messages_do
                scheduled_messages_of_one_organisation_are_no_others
            }
            search {
                words_find_a_name_in_any_order_and_the_last_by_its_beginning
                signs_in_a_search_mean_nothing
                a_number_finds_the_person_in_any_spelling
                any_four_consecutive_digits_find_a_number
                a_query_of_signs_alone_finds_nobody
                addresses_tags_and_profiles_find_the_person
                old_names_are_forgotten
                people_are_listed_by_name_and_the_nameless_last
                a_stage_narrows_a_search
            }
            message_search {
                messages_are_found_by_their_words_newest_first
                a_search_in_messages_is_narrowed_by_account_and_conversation
                a_search_in_messages_is_narrowed_by_side_kind_and_time
                pages_of_found_messages_hold_all_of_them_once
                frequent_words_that_stand_together_once_are_found
                what_was_edited_or_revoked_is_found_as_it_stands
                what_has_expired_is_not_found
                what_another_organisation_said_is_not_found
            }
            people {
                sessions_are_listed_and_ended_but_for_one
                last_use_is_of_a_member_in_one_organisation
                the_last_use_of_a_key_is_kept_apart_from_the_key
                addresses_of_a_key_change_by_themselves
                invitations_into_an_organisation_are_listed_oldest_first
                a_membership_that_is_disabled_stays_and_lets_nobody_in
                a_second_factor_changes_under_its_revision_and_is_not_replaced
                a_passkey_is_found_by_its_device_and_changes_under_its_revision
                a_token_of_a_user_is_used_once_and_in_time
                a_session_says_who_lacks_a_second_factor_that_is_required
                a_session_says_whether_agents_see_numbers_masked
                failed_attempts_are_counted_under_their_revision
            }
            mail {
                mail_comes_when_it_is_due_and_not_after_its_end
                a_mail_is_one_workers_at_a_time_and_ends_once
                mail_and_what_it_is_about_are_one_commit
                that_an_address_is_confirmed_is_kept_with_its_user
            }
            news {
                news_comes_newest_first_until_it_is_withdrawn
                news_is_unread_until_its_reader_has_read_it
                news_is_mailed_oldest_first_and_once
                news_reaches_confirmed_users_who_work_somewhere
                news_expires_after_twelve_months
            }
            help {
                requests_for_help_are_kept_whole_and_in_order
                a_request_for_help_changes_under_its_revision
                a_request_for_help_goes_two_years_after_it_was_closed
                requests_for_help_of_one_organisation_are_no_others
            }
            system {
                a_user_is_found_by_id_and_by_address
                an_address_signs_in_one_user
                a_session_ends_in_every_way
                a_session_needs_membership_in_its_organisation
                a_revoked_key_is_not_found
                an_invitation_works_once
                system_writes_and_their_batch_are_one
                organisations_are_listed_and_found_by_member
                apps_are_found_by_hook_and_by_owner
                a_rotated_address_leads_to_its_app_with_the_one_before
                a_webhook_reaches_only_accounts_of_its_app
                a_number_is_routed_in_one_organisation_only
                a_number_is_one_account_of_an_organisation
                bytes_of_no_organisation_are_the_operators
                the_system_sweep_removes_what_has_ended
                queued_work_wakes_the_worker
                checks_of_keys_are_kept_once_in_their_order
                the_operator_log_keeps_each_place_once_and_comes_newest_first
            }
            sealed {
                a_data_key_is_exchanged_where_it_is_and_nowhere_else
                sealed_values_of_one_organisation_are_no_others
                what_is_kept_of_a_key_is_kept_once
            }
            identity_provider {
                an_identity_provider_is_written_and_read_back_whole
                an_identity_provider_changes_and_goes_under_its_revision
                what_a_provider_calls_members_is_kept_as_long_as_the_provider
                identity_providers_of_one_organisation_are_no_others
            }
            team {
                a_team_is_written_and_read_back_whole
                a_team_changes_and_goes_under_its_revision
                teams_of_one_organisation_are_no_others
            }
            trust {
                trust_is_kept_with_what_waits_and_what_is_held
                an_unsigned_message_opens_no_reply_window
                nothing_unsigned_gives_consent_or_lifts_a_withdrawal
                an_unsigned_opt_out_holds_promotion_and_asks
                nothing_unsigned_ends_a_message
                an_unsigned_element_stays_unsigned_in_the_queue_and_in_quarantine
                nothing_unsigned_joins_two_people
            }
            outbox {
                a_queue_has_one_holder
                a_stale_fence_is_refused
                a_lease_that_was_given_back_is_gone
                a_lease_counts_in_its_own_organisation
                due_work_comes_in_order_of_id
                an_job_is_settled_or_waits_again
                cancelling_and_resolving_look_at_the_state
                waiting_promotion_is_taken_back_and_nothing_else
                what_rests_for_its_account_is_woken_and_nothing_else
                queues_that_waited_longest_come_first
                received_elements_wait_in_line
                a_dispatched_send_is_unknown_after_a_restart
                a_job_that_is_put_off_leaves_no_audit_entry
                elements_that_wait_are_listed_oldest_first
                quarantined_bytes_are_listed_and_released
                quarantined_bytes_are_swept_when_their_time_is_up
            }
            usage {
                uses_of_pages_survive_whole_and_come_newest_first
                a_member_reads_no_use_of_another
                of_an_address_the_network_is_left_after_thirty_days
                a_use_is_gone_after_ninety_days
                uses_are_counted_by_members_and_small_groups_are_hidden
                uses_of_one_organisation_are_no_others
                a_use_is_kept_once_and_leaves_no_audit_entry
            }
            writes {
                every_write_is_applied
            }
        }
    };
}

/// Expands names into tests.
#[doc(hidden)]
#[macro_export]
macro_rules! store_cases {
    ($fresh:ident $runtime:tt; $($module:ident { $($name:ident)+ })+) => {
        $($crate::store_cases! { @of $fresh $runtime $module { $($name)+ } })+
    };
    (@of $fresh:ident $runtime:tt $module:ident { $($name:ident)+ }) => {
        mod $module {
            $(
                #[::tokio::test $runtime]
                async fn $name() {
                    let clock = $crate::testing::conformance::TestBed::clock();
                    let store = super::$fresh(::std::sync::Arc::clone(&clock)).await;
                    let bed = $crate::testing::conformance::TestBed::new(store, clock);
                    $crate::testing::conformance::$module::$name(bed).await;
                }
            )+
        }
    };
}
