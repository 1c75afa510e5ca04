//! The contract of the store: what every function promises, on each database.
//!
//! On SQLite every case is a test of its own. On Postgres [`contract`] runs them all, on one migrated database: each case
//! keeps to a realm of its own.

mod audit;
mod changes;
mod clients;
mod keys;
mod lockouts;
mod places;
mod postgres;
mod revocations;
mod schema;
mod secrets;
mod seed;
mod sqlite;
mod standing;
mod statements;
mod tokens;
mod users;

use countersign::store::Db;

use crate::harness::postgres::Cluster;

macro_rules! contract {
    ($($file:ident: $($case:ident),+;)+) => {
        /// Every case, on a database that has been migrated and is otherwise empty.
        pub async fn contract(db: &Db) {
            $($( $file::$case(db).await; )+)+
            schema::has_the_columns_of_sqlite(db).await;
        }

        mod on_sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let home = super::seed::Home::new().await;
                    super::$file::$case(&home.db).await;
                }
            )+)+
        }
    };
}

contract! {
    places: a_realm_is_found_by_id, a_realm_can_be_changed, a_host_belongs_to_one_realm, an_api_is_put_over_itself,
        an_institution_keeps_all_it_is, an_institution_is_switched_off_once, meta_is_written_once_or_over;
    clients: a_client_keeps_all_it_is, a_client_can_be_changed, a_client_is_switched_off_once, pages_follow_the_bytes_of_ids,
        one_statement_reads_all_that_decides, a_row_that_cannot_be_a_client_is_corrupt, what_cannot_exist_is_not_found,
        a_client_of_no_institution_is_refused, the_clients_of_an_account_are_counted;
    secrets: a_secret_keeps_all_it_is, revoking_ends_one_secret_once, superseding_shortens_only_the_others,
        superseding_now_ends_them_at_once, a_rehash_yields_to_any_change, a_last_use_never_moves_back;
    users: an_account_keeps_all_it_is, an_account_is_changed_but_not_its_credentials,
        an_email_belongs_to_one_account_of_a_realm, an_account_is_blocked_once, a_password_is_rehashed_only_as_read, a_totp_step_is_consumed_once, a_totp_step_has_one_winner;
    lockouts: parallel_tries_are_granted_up_to_the_threshold, the_last_try_locks_once, a_right_secret_resets,
        a_right_try_among_wrong_ones_tells_of_the_lock_that_it_lifts, a_try_is_given_back,
        a_right_secret_does_not_lift_a_lock, an_operator_unlocks, a_timed_lock_runs_out_and_counts_anew,
        a_threshold_of_zero_counts_nothing, clients_and_users_are_counted_apart, tries_outlive_the_connection,
        a_held_row_is_unavailable_in_time;
    keys: a_key_keeps_all_it_is, a_key_moves_one_way, one_key_is_active, activation_has_one_winner;
    tokens: a_token_is_found_by_its_digest, a_digest_is_issued_once, expired_tokens_are_pruned;
    standing: revoking_a_clients_tokens_only_ever_moves_on, revoking_an_accounts_tokens_only_ever_moves_on,
        revoking_an_institutions_tokens_only_ever_moves_on, a_clients_standing_is_its_own_and_its_institutions,
        an_accounts_standing_is_its_own_and_its_institutions, a_standing_that_cannot_be_read_is_corrupt,
        an_accounts_institution_is_held;
    revocations: a_token_is_revoked_once, the_live_ones_are_read_the_longest_lived_first, expired_revocations_are_pruned;
    changes: changes_are_told_in_order, a_late_change_is_told_once, changes_are_pruned, a_change_dies_with_its_transaction;
    statements: each_statement_is_counted, a_probe_is_counted_too;
    audit: a_committed_record_is_there, buffered_records_arrive_together, shutdown_writes_what_waits,
        off_records_only_last_uses, a_record_shares_the_fate_of_its_transaction, the_trail_is_listed_by_realm_client_and_time,
        old_rows_are_pruned;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_on_postgres() {
    if let Some(cluster) = Cluster::get() {
        let db = Db::connect(&seed::options(cluster.database().await)).await.expect("Postgres");
        db.migrate().await.expect("migrations");
        contract(&db).await;
    }
}
