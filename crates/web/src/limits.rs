//! Every bound of inbound HTTP, with its unit.

use std::time::Duration;

/// Connections open at once; further ones wait in the listener's backlog.
pub const CONNECTIONS_MAX: usize = 8_192;
/// Requests being answered at once; further ones get a 503.
pub const REQUESTS_AT_ONCE_MAX: usize = 2_048;
/// Event streams open at once; further ones get a 503.
pub const EVENT_STREAMS_MAX: usize = 512;
/// Streams open at once on one HTTP/2 connection.
pub const HTTP2_STREAMS_MAX: u32 = 256;

/// Bytes of a request's line and headers together (HTTP/1.1 read buffer).
pub const HEADER_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a request's decoded headers on HTTP/2.
pub const HTTP2_HEADER_BYTES_MAX: u32 = 32 * 1024;
/// Bytes of the body of an API request.
pub const API_BODY_BYTES_MAX: usize = 1_000_000;
/// Bytes of the body of a batch.
pub const BATCH_BODY_BYTES_MAX: usize = 5_000_000;
/// Bytes of a callback: the platform's bodies reach 3 MB; the rest is slack.
pub const CALLBACK_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of a body over its limit that are read on and thrown away, so that the refusal is read.
pub const REFUSED_BYTES_READ_MAX: usize = 1024 * 1024;
/// Bytes of a file, the largest that the platform takes.
pub const MEDIA_BYTES_MAX: usize = 100 * 1024 * 1024;
/// Bytes of a table that is imported.
pub const IMPORT_BYTES_MAX: usize = 200 * 1024 * 1024;
/// Bytes around a file in a multipart body.
pub const MULTIPART_SLACK_BYTES: usize = 64 * 1024;
/// Bytes of a file's name.
pub const FILENAME_BYTES_MAX: usize = 240;
/// Bodies over this many bytes, or of unknown length, take one of the places below.
pub const LARGE_BODY_BYTES: u64 = 64 * 1024;
/// Bytes a second that a large body has to keep up on average, after a grace at its beginning.
pub const LARGE_BODY_BYTES_PER_S: u64 = 64 * 1024;
pub const LARGE_BODY_GRACE: Duration = Duration::from_secs(2);
/// How long a large body waits unread for a place; then it gets a 503.
pub const LARGE_BODY_WAIT: Duration = Duration::from_millis(1_500);
/// Large bodies in memory at once.
pub const LARGE_BODIES_AT_ONCE_MAX: usize = 32;
/// Files being uploaded at once: each is held in memory.
pub const UPLOADS_AT_ONCE_MAX: usize = 2;
/// Tables of all contacts being handed out at once.
pub const EXPORTS_AT_ONCE_MAX: usize = 4;

/// A connection must have sent its first whole request head by then (the TLS handshake included).
pub const FIRST_REQUEST_TIME: Duration = Duration::from_secs(15);
/// The TLS handshake alone.
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// From the last answer to the next whole request head, on HTTP/1.1.
pub const HEADER_READ_TIME: Duration = Duration::from_secs(75);
/// Between pings on an HTTP/2 connection, and the wait for their answer.
pub const HTTP2_PING_TIME: Duration = Duration::from_secs(20);
/// From the request's head to the answer's head, the body being read included.
pub const REQUEST_TIME: Duration = Duration::from_secs(30);
/// The same where files or a provider's slow pages are involved.
pub const SLOW_REQUEST_TIME: Duration = Duration::from_secs(300);
/// How long a stopping server waits for its open requests.
pub const SHUTDOWN_TIME: Duration = Duration::from_secs(20);
/// How long accepting pauses after the system refused a connection (no descriptors left, say).
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Between looks at the certificate files.
pub const CERTIFICATE_POLL: Duration = Duration::from_secs(30);
/// Bytes of a certificate or key file.
pub const CERTIFICATE_BYTES_MAX: u64 = 1024 * 1024;

/// Events that a stream reads at once.
pub const STREAM_PAGE: usize = 100;
/// Comment lines that keep an idle event stream open.
pub const STREAM_KEEP_ALIVE: Duration = Duration::from_secs(15);
/// An event stream looks again after this time even if nobody told it to: another node may have written.
pub const STREAM_POLL: Duration = Duration::from_secs(2);

/// Seconds named in `Retry-After` where the engine names none.
pub const RETRY_AFTER_S: u32 = 1;

/// Bytes of a form of the console.
pub const FORM_BYTES_MAX: usize = 16 * 1024;
/// Of the form of a template's version: its definition, of which each byte may take three.
pub const DRAFT_FORM_BYTES_MAX: usize = 256 * 1024;
/// Rows of one kind that are read from a console form.
pub const FORM_ROWS_MAX: usize = 60;
/// Rows of a console form, beside those that are filled.
pub const FORM_ROWS_SPARE: usize = 3;
/// Tenants whose history the console keeps; the one that was looked at longest ago makes room.
pub(crate) const HISTORY_TENANTS_MAX: usize = 256;
/// Senders and attention entries on the console's first page.
pub(crate) const OVERVIEW_ENTRIES_MAX: usize = 6;
/// Senders on the console's page of senders.
pub(crate) const SENDERS_SHOWN_MAX: usize = 100;
/// Characters that a one-time token may have.
pub(crate) const TOKEN_CHARS_MAX: usize = 256;
/// Dead letters that the console's frame counts.
pub(crate) const DEAD_COUNTED_MAX: usize = 100;

/// Sample of a template's header, in bytes.
pub const TEMPLATE_SAMPLE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Hours of codes that the console shows.
pub const CODE_HOURS_SHOWN: u32 = 48;
/// Bytes of the body of a dry run of an audience: some 200,000 numbers.
pub const AUDIENCE_BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Visitors of the pages for recipients whose visits are counted; whoever comes beyond them shares one allowance.
pub const VISITORS_MAX: usize = 20_000;
/// Microseconds between two looks for visitors whose visits say nothing any more, while the table is full.
pub const VISITORS_SWEEP_US: i64 = 1_000_000;
/// Microseconds after which a visitor may look once more, and looks that may come at once.
pub const VISIT_LOOK_EVERY_US: i64 = 1_000_000;
pub const VISIT_LOOKS_AT_ONCE: i64 = 60;
/// Microseconds after which a visitor may submit once more, and submissions that may come at once.
pub const VISIT_SUBMISSION_EVERY_US: i64 = 6_000_000;
pub const VISIT_SUBMISSIONS_AT_ONCE: i64 = 20;
