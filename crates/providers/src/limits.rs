//! The bounds of the adapters, each with its unit.

use std::time::Duration;

use tidings_domain::time::SECOND;
use tidings_domain::transport::Bounds;

/// Time for a connection including its encryption; after it the request certainly did not leave.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Idle connections that are kept for one host.
pub const IDLE_PER_HOST_MAX: usize = 256;
/// How long an idle connection is kept. Shorter than what servers keep, so that few break on reuse.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// Exchanges and downloads under way at once, over all hosts.
pub const EXCHANGES_MAX: usize = 4_096;
/// Time between two chunks of a download.
pub const CHUNK_TIMEOUT: Duration = Duration::from_secs(20);
/// Time for delivering one simulated callback.
pub const CALLBACK_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer to a simulated callback.
pub const CALLBACK_ANSWER_BYTES_MAX: usize = 16 * 1024;

/// One submission.
pub const SUBMIT: Bounds = Bounds { total_us: 20 * SECOND, answer_bytes_max: 64 * 1024 };
/// A small management call.
pub const CALL: Bounds = Bounds { total_us: 30 * SECOND, answer_bytes_max: 256 * 1024 };
/// One page of a list.
pub const PAGE: Bounds = Bounds { total_us: 30 * SECOND, answer_bytes_max: 8 * 1024 * 1024 };
/// An upload.
pub const UPLOAD: Bounds = Bounds { total_us: 120 * SECOND, answer_bytes_max: 64 * 1024 };

/// Bytes of a file in either direction: the largest that the platform carries.
pub const MEDIA_BYTES_MAX: usize = 100 * 1024 * 1024;
/// Templates that are asked for in one page.
pub const TEMPLATES_PER_PAGE: usize = 100;
/// Pages of one template list; an account holds at most 6,000 templates.
pub const TEMPLATE_PAGES_MAX: usize = 120;
/// Bytes of a submission that are reserved ahead.
pub const SUBMISSION_BYTES_USUAL: usize = 640;
/// Bytes of an id that a provider gave.
pub const PROVIDER_ID_BYTES_MAX: usize = 512;
/// Characters that are kept of a provider's words.
pub const WORDS_CHARS_MAX: usize = 1_000;
/// Secrets that a signature is tried against.
pub const SECRETS_MAX: usize = 4;
/// Bytes of a handshake's challenge.
pub const CHALLENGE_BYTES_MAX: usize = 256;
/// Seconds of `Retry-After` that are believed.
pub const RETRY_AFTER_S_MAX: u32 = 24 * 3_600;
/// Bytes of a name in a part's head when a file is uploaded.
pub const FILENAME_BYTES_MAX: usize = 240;
/// Bytes of an id that may stand in a path of the Cloud API.
pub(crate) const NODE_BYTES_MAX: usize = 128;
/// Pieces in which a provider may take a sample.
pub const SAMPLE_PIECES_MAX: usize = 100;
/// Longest handle of a sample, in bytes.
pub const SAMPLE_HANDLE_BYTES_MAX: usize = 4_096;

// SMPP.

/// The highest number of a request of the protocol.
pub(crate) const SMPP_SEQUENCE_MAX: u32 = 0x7FFF_FFFF;
/// Bytes of one message of the protocol.
pub(crate) const SMPP_FRAME_BYTES_MAX: usize = 70_000;
/// Messages that wait to be written to one connection.
pub(crate) const SMPP_OUT_MAX: usize = 1_024;
/// What came in on one connection and waits to be stored; beyond it the connection is read no further.
pub(crate) const SMPP_IN_MAX: usize = 1_024;
/// What is stored at once.
pub(crate) const SMPP_IN_BATCH_MAX: usize = 100;
/// Submissions of one connection that were given up and may still be answered.
pub(crate) const SMPP_LATE_MAX: usize = 10_000;
/// Ids of parts that point to the last part of their message.
pub(crate) const SMPP_PARTS_MAX: usize = 50_000;
/// Incoming texts of many parts that are being joined.
pub(crate) const SMPP_JOINING_MAX: usize = 1_000;
/// Microseconds between two attempts to bind: at first, and at most.
pub(crate) const SMPP_REBIND_FIRST_US: i64 = SECOND / 2;
pub(crate) const SMPP_REBIND_MAX_US: i64 = 30 * SECOND;
/// Microseconds after a bind that the SMSC refused.
pub(crate) const SMPP_REFUSED_US: i64 = 60 * SECOND;
/// Microseconds for a connection and its bind.
pub(crate) const SMPP_BIND_US: i64 = 10 * SECOND;
/// Microseconds after which the parts of an incoming text that never became whole are handed on as they are.
pub(crate) const SMPP_JOIN_US: i64 = 600 * SECOND;
/// Connections to one account's mail server.
pub const SMTP_CONNECTIONS_MAX: usize = 16;
/// Accounts whose connections are kept.
pub const SMTP_LINES_MAX: usize = 1_024;
/// Mails that go through one connection before it is made anew; many servers end them at a hundred.
pub const SMTP_MAILS_PER_CONNECTION_MAX: u32 = 100;
/// Microseconds for which an unused connection is kept.
pub const SMTP_IDLE_US_MAX: i64 = 20 * SECOND;
/// Time for a connection, for its encryption, and for a small command.
pub const SMTP_CONNECT: Duration = Duration::from_secs(5);
/// Time for a login.
pub const SMTP_LOGIN: Duration = Duration::from_secs(10);
/// Time for a free place and an open connection.
pub const SMTP_PLACE: Duration = Duration::from_secs(25);
/// Time for everything before the mail itself.
pub const SMTP_BEFORE_MAIL: Duration = Duration::from_secs(15);
/// Time for the mail and the answer to it: servers look for viruses meanwhile.
pub const SMTP_ANSWER: Duration = Duration::from_secs(40);
/// Bytes of an address of a page in a mail's head.
pub const MAIL_URL_BYTES_MAX: usize = 900;

/// Connections to the listener at once, and from one address.
pub const LISTENER_CONNECTIONS_MAX: usize = 64;
pub const LISTENER_CONNECTIONS_PER_PEER_MAX: usize = 16;
/// Bytes of a mail that comes back: ours with its report.
pub const LISTENER_MAIL_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a line of the dialogue, and of one of a mail.
pub const LISTENER_LINE_BYTES_MAX: usize = 1_000;
/// Recipients of one mail, mails and wrong commands of one connection.
pub const LISTENER_RECIPIENTS_MAX: usize = 20;
pub const LISTENER_MAILS_MAX: usize = 100;
pub const LISTENER_MISTAKES_MAX: usize = 10;
/// Time for one line, for one mail and for a whole connection.
pub const LISTENER_LINE_TIMEOUT: Duration = Duration::from_secs(60);
pub const LISTENER_MAIL_TIMEOUT: Duration = Duration::from_secs(120);
pub const LISTENER_SESSION_TIMEOUT: Duration = Duration::from_secs(600);
/// Parts of a mail that are looked at, and recipients of one report.
pub const REPORT_PARTS_MAX: usize = 100;
pub const REPORT_RECIPIENTS_MAX: usize = 50;
/// Characters of what a person wrote in a mail.
pub const MAIL_TEXT_CHARS_MAX: usize = 20_000;
