//! The bounds of the engine, each with its unit.

use tidings_domain::time::SECOND;

/// Seconds a client is asked to wait when we are busy.
pub const RETRY_AFTER_S: u32 = 1;
/// Microseconds for which a tenant's catalog may be used without looking whether it changed.
pub const CATALOG_FRESH_US: i64 = SECOND;
/// Tenants whose catalog is kept in memory.
pub const CATALOGS_MAX: usize = 4_096;
/// Requests with an idempotency key under way at once.
pub const IDEMPOTENT_IN_PROGRESS_MAX: usize = 10_000;
/// Entries of one lane and category kept in memory.
pub const LANE_BUFFER_MAX: usize = 512;
/// Below this the lane's buffer is filled again.
pub const LANE_BUFFER_LOW: usize = 64;
/// Entries that one load from the store may bring, blocked ones included.
pub const LANE_LOAD_MAX: usize = 4_096;
/// Microseconds of a lane's rate that one claim may hold.
pub const CLAIM_WINDOW_US: i64 = 50_000;
/// Messages in one claim, however fast the lane is.
pub const CLAIM_MESSAGES_MAX: usize = 100;
/// Bulk claims of one lane that may be under way; authentication has one of its own.
pub const LANE_CLAIMS_MAX: usize = 1;
/// Microseconds for which messages rest whose claim the store refused.
pub const CLAIM_REST_US: i64 = 200_000;
/// Microseconds for which a message rests that was claimed and could not be sent under this lease or journal.
pub const GIVEN_BACK_REST_US: i64 = SECOND;
/// Microseconds between two scans for lanes that have work.
pub const LANE_SCAN_US: i64 = SECOND;
/// Microseconds for which a quiet lane stays in memory.
pub const LANE_IDLE_US: i64 = 300 * SECOND;
/// Recipients per lane whose pace is remembered.
pub const PAIRS_MAX: usize = 100_000;
/// Claims of the time before a start from which that pace is rebuilt, the newest first.
pub const PAIR_CLAIMS_MAX: usize = 50_000;
/// Outcomes recorded in one call.
pub const RECORD_BATCH_MAX: usize = 512;
/// Open attempts looked at in one step of recovery or reconcile.
pub const RECONCILE_BATCH_MAX: usize = 500;
/// Microseconds between two looks for doubts that are due.
pub const RECONCILE_US: i64 = 250_000;
/// Attempts that a retryable failure may use up, unless the error table says fewer.
pub const RETRIES_MAX: u8 = 8;
/// Microseconds of a node's leases and of their renewal.
pub const LEASE_TTL_US: i64 = 8 * SECOND;
pub const LEASE_RENEW_US: i64 = 2 * SECOND;
/// Microseconds before the end of the lease at which nothing more is submitted.
pub const LEASE_MARGIN_US: i64 = SECOND;
/// Microseconds after which a renewal that failed, or slots that were not to be had, are asked for again.
pub const LEASE_RETRY_US: i64 = SECOND / 4;
/// Microseconds between two looks at leases that are about to run out.
pub const LEASE_HURRY_US: i64 = SECOND / 20;
/// Microseconds that claims may take to be sent or given back before a stopping node gives up its slots.
pub const DRAIN_CLAIMS_US: i64 = SECOND / 2;
/// Microseconds that giving up the slots may take.
pub const LEAVE_US: i64 = SECOND / 2;
/// Microseconds for which a stopping node still listens for answers: they are facts.
pub const DRAIN_ANSWERS_US: i64 = 10 * SECOND;
/// Microseconds between two hints to other nodes, and before listening to theirs again.
pub const HINT_EVERY_US: i64 = SECOND / 5;
pub const HINT_RETRY_US: i64 = SECOND;
/// Microseconds between two scans while other nodes may take in work for our lanes.
pub const LANE_POLL_US: i64 = SECOND / 10;
/// Microseconds between two scans, however many hints come.
pub const LANE_SCAN_MIN_US: i64 = SECOND / 50;
/// A scan may use one part in so many of the keeper's time.
pub const LANE_SCAN_SHARE: i64 = 20;
/// Microseconds between two looks for signals that other nodes left.
pub const SIGNALS_LOOK_US: i64 = SECOND / 2;
/// Microseconds after which a signal of another node says nothing any more.
pub const SIGNAL_FRESH_US: i64 = 60 * SECOND;
/// Microseconds between two showings of the lanes to other nodes, and lanes shown at once.
pub const LANES_SHOW_US: i64 = 2 * SECOND;
pub const LANES_SHOWN_MAX: usize = 500;
/// Microseconds between two looks for claims that nobody remembers, and the age at which one is settled.
pub const SWEEP_US: i64 = 30 * SECOND;
/// Microseconds after which a node that gave no sign of life is forgotten.
pub const NODE_FORGOTTEN_US: i64 = tidings_domain::time::DAY;
/// Entries of the claim journal after which a new file is begun.
pub const JOURNAL_ENTRIES_MAX: usize = 65_536;
/// Entries of a page, unless asked for fewer.
pub const PAGE_DEFAULT: usize = 50;
pub const PAGE_MAX: usize = 500;
/// Provider signals from callbacks that wait for the keeper; further ones repeat what these say.
pub const SIGNALS_MAX: usize = 4_096;
/// Accounts whose tenant is remembered for callbacks.
pub const CALLBACK_ACCOUNTS_MAX: usize = 65_536;
/// Characters of names, reasons and sources that people write.
pub const NAME_CHARS_MAX: usize = 200;
pub const REASON_CHARS_MAX: usize = 500;
pub const SOURCE_CHARS_MAX: usize = 100;
/// Microseconds by which a client's clock may be ahead when it says when a consent was given.
pub(crate) const STATED_AHEAD_US_MAX: i64 = 300 * SECOND;
/// Topics of one tenant, archived ones included, and characters of a topic's code.
pub(crate) const TOPICS_MAX: usize = 200;
pub(crate) const TOPIC_CODE_CHARS_MAX: usize = 60;
/// Seconds for which a link to the preference centre opens, unless asked otherwise: 30 days; at most 400.
pub(crate) const LINK_S_DEFAULT: u32 = 30 * 24 * 3_600;
pub(crate) const LINK_S_MAX: u32 = 400 * 24 * 3_600;
/// Characters that the token of a recipient's link may have.
pub(crate) const TOKEN_CHARS_MAX: usize = 128;
/// Forms of one tenant, and versions of one form.
pub(crate) const FORMS_MAX: usize = 100;
pub(crate) const FORM_VERSIONS_MAX: u32 = 50;
/// Links of double opt-ins that one address is sent in a day.
pub(crate) const CONFIRM_LINKS_PER_DAY_MAX: u32 = 3;
/// Lines of one imported file, and bytes of one of its records.
pub(crate) const IMPORT_LINES_MAX: u64 = 1_000_000;
pub(crate) const IMPORT_LINE_BYTES_MAX: usize = 64 * 1024;
/// Lines and bytes of a portion of a file, which is carried out in one transaction.
pub(crate) const IMPORT_PART_LINES_MAX: usize = 250;
pub(crate) const IMPORT_PART_BYTES_MAX: usize = 256 * 1024;
/// Refused lines read at once.
pub(crate) const IMPORT_REPORT_ROWS: usize = 1_000;
/// Microseconds between two looks for imports.
pub(crate) const IMPORT_LOOK_US: i64 = SECOND / 2;
/// Addresses of one person that a line of an import may name.
pub(crate) const CONTACT_ADDRESSES_MAX: usize = 10;
/// Contacts read at once while all of them are exported, and contacts of one page of an export.
pub(crate) const EXPORT_CONTACTS_STEP: usize = 250;
pub(crate) const EXPORT_CONTACTS_MAX: usize = 1_000;
/// Attributes that a tenant may declare, and characters of one that is a text.
pub(crate) const ATTRIBUTES_MAX: usize = 100;
pub(crate) const ATTRIBUTE_TEXT_CHARS_MAX: usize = 1_000;
/// Messages looked at in one step of an erasure or an export, and exported of one person at most.
pub(crate) const ERASE_PAGE: usize = 200;
pub(crate) const EXPORT_MESSAGES_MAX: usize = 10_000;
/// Bytes of the evidence of a consent, as JSON.
pub const EVIDENCE_BYTES_MAX: usize = 8_192;
/// Characters of a provider's own id.
pub const PROVIDER_REF_CHARS_MAX: usize = 128;
/// App secrets of one account that are valid at once.
pub const APP_SECRETS_MAX: usize = 3;
/// Microseconds to wait for the keeper to describe a lane.
pub const LANE_VIEW_US: i64 = 500_000;
/// Microseconds after which a template's hold is doubted, and between two questions to the platform about it.
pub const TEMPLATE_DOUBT_US: i64 = 15 * SECOND;
pub const TEMPLATE_ASK_US: i64 = 60 * SECOND;
/// Messages of the keeper to itself that may wait; what fills it is bounded by the submissions under way.
pub(crate) const KEEPER_DONE_MAX: usize = 8_192;
/// Submissions of an account in a row without an answer after which only probes go out.
pub(crate) const SILENT_MAX: u32 = 20;
/// Seconds of what the store has lately taken that may be under way in batches; more is told to come back.
pub(crate) const INTAKE_WAIT_S: usize = 2;
/// Intents of batches under way, whatever the store has lately taken: at least and at most.
pub(crate) const INTAKE_UNDER_WAY_MIN: usize = 8_000;
pub(crate) const INTAKE_UNDER_WAY_MAX: usize = 50_000;
/// Microseconds after which a loop that panicked begins again.
pub(crate) const LOOP_AGAIN_US: i64 = SECOND;
/// Microseconds for which the answer of an idempotency key is kept: seven days.
pub const IDEMPOTENCY_KEPT_US: i64 = 7 * tidings_domain::time::DAY;
/// Microseconds between two rounds of forgetting what is past its time.
pub const FORGET_EVERY_US: i64 = 60 * SECOND;
/// Tenants whose use of their limits is kept in memory.
pub(crate) const QUOTA_TENANTS_MAX: usize = 10_000;
/// Seconds that a tenant over its limit is asked to wait, at most.
pub(crate) const QUOTA_WAIT_MAX_S: u32 = 3_600;
/// Microseconds for which the count of a tenant's day is believed; other nodes add to it.
pub(crate) const QUOTA_DAY_FRESH_US: i64 = 30 * SECOND;
/// Microseconds until the first pass of the retention, between two passes, and between two steps of one.
pub const RETENTION_FIRST_US: i64 = 60 * SECOND;
pub const RETENTION_EVERY_US: i64 = 3_600 * SECOND;
pub const RETENTION_BREATH_US: i64 = 20_000;
/// Microseconds for which a look at how full things stand is good enough.
pub const LEVELS_FRESH_US: i64 = 5 * SECOND;
/// Rows of one page of the ledger's check.
pub const LEDGER_PAGE: usize = 500;
/// Broken promises that one check lists; further ones are counted.
pub const LEDGER_BROKEN_MAX: usize = 100;
/// Microseconds after which a claim without an answer or a doubt is stuck: a lease, a request and its record.
pub const LEDGER_CLAIM_US: i64 = 120 * SECOND;
/// Microseconds by which the decision of a doubt may be late.
pub const LEDGER_DOUBT_US: i64 = 60 * SECOND;
/// Microseconds after which a claim without an answer is in doubt: longer than a request and its record.
pub const CLAIM_STALE_US: i64 = 90 * SECOND;
/// Microseconds between two looks for such claims.
pub const CLAIM_LOOK_US: i64 = 10 * SECOND;
/// Rules in CEL: bytes of the source, parts, depth of nesting, items of a list, steps of one evaluation.
pub const CEL_SOURCE_BYTES_MAX: usize = 4_096;
pub const CEL_NODES_MAX: usize = 256;
pub const CEL_DEPTH_MAX: u16 = 32;
pub const CEL_LIST_MAX: usize = 100;
pub const CEL_COST_MAX: u32 = 2_000;
/// Categories and topics whose consent one rule asks for.
pub const CEL_PURPOSES_MAX: usize = 10;
/// Rules of one tenant, and bytes of a rule's name.
pub const POLICY_RULES_MAX: usize = 50;
pub const POLICY_RULE_NAME_BYTES_MAX: usize = 64;
/// Minutes for which a tenant's rule may defer a message: a week.
pub const POLICY_DEFER_MINUTES_MAX: u32 = 10_080;
/// Microseconds by which the wall clock must step ahead to be noted: less makes no difference to any debt.
pub(crate) const CLOCK_STEP_MIN_US: i64 = 500_000;

/// How often due tasks about templates are looked for, in microseconds.
pub const TEMPLATE_WORK_US: i64 = 2 * tidings_domain::time::SECOND;
/// Tasks about templates of one round.
pub const TEMPLATE_TASKS_MAX: usize = 50;
/// When a task that was not done is due again, in microseconds.
pub const TEMPLATE_AGAIN_US: i64 = 60 * tidings_domain::time::SECOND;
/// After so many tries a task is given up.
pub const TEMPLATE_TRIES_MAX: u32 = 20;
/// How long the answer to a submission may stay away before the platform is asked, in microseconds.
pub const TEMPLATE_CHECK_US: i64 = 60 * tidings_domain::time::SECOND;
/// Until a submission is tried again that met a limit of the platform, in microseconds.
pub const TEMPLATE_RETRY_US: i64 = 15 * tidings_domain::time::MINUTE;
/// Sample of a header, in bytes.
pub const TEMPLATE_SAMPLE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Logical templates of a tenant.
pub const LOGICAL_TEMPLATES_MAX: usize = 2_000;
/// Versions of one logical template, over all languages and variants.
pub const TEMPLATE_VERSIONS_MAX: usize = 2_000;
/// How far back decisions of the platform are counted: thirteen months, in microseconds.
pub const TEMPLATE_STATS_US: i64 = 396 * 24 * 60 * tidings_domain::time::MINUTE;
/// Decisions that one answer counts.
pub const TEMPLATE_DECISIONS_MAX: usize = 20_000;
/// Characters of what an application calls a client or a device.
pub(crate) const CLIENT_TEXT_CHARS_MAX: usize = 200;
/// Entries of a tenant's lists of who is always or never sent a code.
pub(crate) const LISTED_MAX: usize = 10_000;
/// Looks at a number's verification while other requests for it change it.
pub(crate) const CODE_TRIES_MAX: usize = 3;
/// Hours that a report about codes may cover: a week.
pub(crate) const CODE_HOURS_MAX: u32 = 168;
/// Recipients that one dry run of an audience may name, and those it shows for each rule.
pub const AUDIENCE_MAX: usize = 200_000;
pub const AUDIENCE_SAMPLES_MAX: usize = 5;
/// Zones that a decision names; more would be noise.
pub(crate) const ZONES_NAMED_MAX: usize = 3;
/// Microseconds for which the lines that an import refused can be fetched: 30 days.
pub(crate) const REFUSED_LINES_KEPT_US: i64 = 30 * tidings_domain::time::DAY;
/// Characters of the token of an unsubscribe address: an e-mail address of the longest kind, sealed.
pub(crate) const UNSUBSCRIBE_CHARS_MAX: usize = 600;
/// Templates, and senders, that are named with one announced change.
pub const TOUCHED_NAMED_MAX: usize = 100;
/// Messages that are named with what a rule decided lately.
pub const DECIDED_LATEST_MAX: usize = 5;

/// Microseconds between two looks for accounts that are to be attended to, and for changes of theirs.
pub(crate) const ATTEND_LOOK_US: i64 = SECOND;
/// Microseconds for which sessions are kept when we stop: what is under way may still be answered.
pub(crate) const ATTEND_LINGER_US: i64 = SECOND;
/// Accounts that one node attends to; further ones wait for a node with room.
pub(crate) const ATTENDED_MAX: usize = 1_000;
