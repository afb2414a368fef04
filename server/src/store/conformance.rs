//! What makes a store a store: every law of it, stated once and held on both databases.
//!
//! A law is one function named for what it forbids or demands; [`laws!`] stamps each out for `SQLite` in a file of its own and
//! for `PostgreSQL` in a schema of its own. `schema` compares the two databases themselves.

mod answers;
mod bank;
pub(crate) mod database;
mod drafts;
mod fixture;
mod moved;
mod record;
mod rooms;
mod schema;
mod sessions;
mod sittings;
mod voids;

/// Makes a test of each law on each database.
macro_rules! laws {
    ($($subject:ident { $($law:ident),* $(,)? })*) => {
        mod on_sqlite {
            $($(#[tokio::test]
            async fn $law() {
                let database = super::database::Database::sqlite().await;
                super::$subject::$law(database.store()).await;
                database.remove().await;
            })*)*
        }

        mod on_postgres {
            $($(#[tokio::test]
            async fn $law() {
                let database = super::database::Database::postgres().await;
                super::$subject::$law(database.store()).await;
                database.remove().await;
            })*)*
        }
    };
}

laws! {
    answers {
        what_is_read_is_what_was_saved,
        an_older_sequence_never_replaces_a_newer,
        the_same_change_twice_is_one,
        the_newest_of_one_group_stands,
        the_log_has_every_change_in_its_order,
        the_log_cannot_be_changed_or_deleted,
        reject_answer_after_hand_in,
        reject_answer_of_an_older_epoch,
        reject_answer_of_an_epoch_never_given,
        reject_answer_before_the_start,
        reject_answer_to_a_sitting_that_is_not_there,
        a_refused_sitting_holds_back_no_other,
        a_late_answer_is_kept_apart,
        whatever_arrives_when_the_highest_sequence_stands,
        what_is_newer_is_named,
    }
    sittings {
        a_sitting_closes_once,
        a_sitting_that_has_not_started_never_closes,
        a_sitting_starts_once_and_never_unconfirmed,
        the_epoch_rises_by_exactly_one,
        a_released_login_ends_the_epoch_and_gives_none,
        an_admission_number_once_a_session,
        a_seat_has_one_sitting,
        nobody_is_absent_who_started,
        a_ledger_row_has_its_number_alone,
        a_grant_never_takes_time,
        ledger_rows_cannot_be_changed_or_deleted,
        what_is_granted_is_read_again,
        a_pause_is_a_cause_and_nonsense_is_none,
        a_paper_is_never_replaced,
        marking_again_never_overwrites,
    }
    record {
        audit_rows_cannot_be_changed_or_deleted,
        an_audit_row_has_its_number_alone,
        every_row_follows_the_one_before,
        two_writers_on_one_chain_keep_it_whole,
        chains_do_not_touch_one_another,
        a_dropped_transaction_leaves_nothing,
        a_reader_cannot_write,
        a_reader_sees_one_moment,
        a_row_that_stands_is_found_and_no_other,
        what_a_chain_tells_since_a_row,
        who_holds_a_head_knows_the_clock,
    }
    sessions {
        the_clock_never_goes_back,
        a_server_is_alive_as_long_as_it_beats,
        the_keys_are_checked_against_the_first,
        the_same_outage_twice_is_one,
        a_purpose_is_one_of_three,
        a_session_has_its_standard,
        sessions_do_not_touch_one_another,
        a_login_name_once,
        a_role_is_one_of_three,
        an_expired_sign_in_is_nobodys,
        a_new_password_signs_out_everywhere,
    }
    drafts {
        an_account_contributes_once,
        a_secret_has_two_contributions,
        a_contribution_is_somebodys_or_the_systems,
        a_draft_is_drawn_once,
        a_drawn_draft_is_never_deleted,
        a_draft_goes_with_its_contributions,
        what_a_session_was_drawn_from_comes_back,
        a_reserve_is_used_once,
        a_session_is_drawn_from_one_state_of_things,
    }
    rooms {
        a_room_opens_once,
        a_room_that_is_not_open_never_ends,
        a_room_number_once_a_session,
        a_seat_code_once,
        a_seat_is_one_machine,
        a_proctor_leaves_once,
        only_an_open_room_stands_still_and_only_once,
        a_pause_is_over_once_and_never_before_it_began,
        two_proctors_pause_a_room_once,
    }
    voids {
        a_question_is_voided_once_and_by_two,
        what_is_voided_stays_so,
    }
    bank {
        a_revision_is_never_overwritten,
        a_newer_revision_retires_the_older_and_keeps_it,
        public_questions_are_left_out_where_it_counts,
        another_key_is_another_question,
        a_key_comes_back_as_it_was,
        a_standard_is_replaced_whole,
    }
}
