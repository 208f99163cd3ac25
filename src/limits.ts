// Every bound of the balancer, with its unit and its reason. A bound that users may need to move
// is the default of a directive, named beside it.

/** Bytes of a client's first packet that are held for inspection (`tcp-request inspect-limit`): large wills and tokens fit. */
export const INSPECT_BYTES_MAX = 256 * 1024;

/** How long a rule or key that needs first bytes waits without `tcp-request inspect-delay`, ms. */
export const INSPECT_DELAY_DEFAULT_MS = 5_000;

/** Words on one configuration line, as HAProxy's MAX_LINE_ARGS. */
export const CONFIG_WORDS_MAX = 64;

/** Bytes of one configuration line. */
export const CONFIG_LINE_BYTES_MAX = 65_536;

/** Bytes of a PROXY version 1 line, its line end included (haproxy proxy-protocol.txt §2.1). */
export const PROXY_V1_BYTES_MAX = 107;

/** Bytes of a PROXY version 2 header with its TLVs: HAProxy's buffer, which bounds what it takes and sends. */
export const PROXY_V2_BYTES_MAX = 16_384;

/** Numbers in one block of a stick table's columns; a power of two. Growth costs at most one block of 64 KiB. */
export const COLUMN_BLOCK_NUMBERS = 8192;

/** Bytes of one block of a stick table's keys, unless a single one needs more. */
export const KEY_BLOCK_BYTES = 64 * 1024;

/** Elements of the array data types of a stick table (`gpc(n)`), as HAProxy's. */
export const STICK_ARRAY_COUNT_MAX = 100;

/** Entries of one stick table: four times a slot's number stays within 31 bits. */
export const STICK_ENTRIES_MAX = 1 << 28;

/** Positions of readers of a table's updates that are remembered: a few for each of a few peers. */
export const UPDATE_MARKS_MAX = 16;

/** Findings kept of one configuration: enough to repair it, bounded for a file that is none. */
export const CONFIG_DIAGNOSTICS_MAX = 1_000;

/** Nested `.if` blocks, as HAProxy's MAXNESTEDCONDS. */
export const CONFIG_NESTING_MAX = 100;

/** Addresses that the port ranges of one `bind` line may make. */
export const BINDS_PER_LINE_MAX = 4_096;

/** Servers that one `server-template` line may make. */
export const TEMPLATE_SERVERS_MAX = 4_096;

/** Bytes that one read takes from a socket, and so the most that waits in one direction of a relay. */
export const RELAY_CHUNK_BYTES = 64 * 1024;

/** Bytes that a connection may send ahead of inspection and relay before it is no longer read. */
export const HOLD_BYTES_MAX = 64 * 1024;

/** Span of a slot of the deadline wheel, ms: how late an idle timeout may be. */
export const DEADLINE_SLOT_MS = 32;

/** Slots of the deadline wheel: entries farther away are looked at once in 32 s. */
export const DEADLINE_SLOTS = 1024;

/** Of a client that is to leave, ms: the wait for the end of its server's packet, then for its own end (src/native/relay.c). */
export const LEAVE_WAIT_MS = 1_000;
export const LEAVE_LINGER_MS = 2_000;

/** How long a closed connection may take for the bytes that are still queued to it, ms. */
export const CLOSE_LINGER_MS = 10_000;

/** Connections of a paused listener that are taken from the queue but not announced; more are reset. */
export const PARKED_CONNECTIONS_MAX = 1024;

/** Silently dropped connections that are kept open, unread; the oldest is reset when there are more. */
export const SILENCED_CONNECTIONS_MAX = 256;

/** How long a silently dropped connection is kept open, ms. */
export const SILENCED_HOLD_MS = 30_000;

/** Descriptors left free for logs, checks, peers and reloads when clients take all the others. */
export const DESCRIPTORS_RESERVED = 64;

/** Bytes of a checked server's answer that are kept, as HAProxy's buffer: what follows cannot match. */
export const CHECK_ANSWER_BYTES_MAX = 16_384;

/** Checks with a shorter interval do not shorten the spread of the first checks, ms, as HAProxy's. */
export const CHECK_SPREAD_INTERVAL_MIN_MS = 1_000;

/** Bytes of the buffer that a connection to a server reads into: an MQTT message of 16 KiB with its header fits. */
export const READ_BUFFER_BYTES = 32 * 1024;

/** Read buffers that are kept for the next connections once their own are gone. */
export const READ_BUFFERS_SPARE_MAX = 1024;

/** TLS sessions kept per server, one for each name that is asked for by SNI. */
export const TLS_SESSIONS_PER_SERVER_MAX = 128;

/** Keys that a file of `tls-ticket-keys` must have, and how many of its last ones are used: HAProxy's TLS_TICKETS_NO. */
export const TICKET_KEYS = 3;

/** Bytes of a ticket key: 16 each for its name, AES-128 and HMAC. */
export const TICKET_KEY_BYTES = 48;

/** Bytes of a file of `tls-ticket-keys`: some 10,000 keys. */
export const TICKET_KEY_FILE_BYTES_MAX = 1024 * 1024;

/** Longest life of a TLS session ticket, s (RFC 8446 §4.6.1). */
export const TICKET_LIFETIME_S_MAX = 604_800;

/** Connections that the kernel queues for a listener without `backlog`, if `maxconn` is not higher; it is cut to net.core.somaxconn. */
export const LISTEN_BACKLOG_DEFAULT = 4_096;

/** Bytes of one frame of a saved stick table: a key as long as `INSPECT_BYTES_MAX` and all its data fit. */
export const SNAPSHOT_FRAME_BYTES_MAX = 1024 * 1024;

/** Entries of one frame of a saved stick table: about a millisecond of work before others have their turn. */
export const SNAPSHOT_ENTRIES_PER_FRAME_MAX = 512;

/** Bytes of a file of a saved stick table: 10 million entries of 100 bytes. A larger one is not read. */
export const TABLE_FILE_BYTES_MAX = 1024 * 1024 * 1024;

/** Sockets at once where the system names no limit of descriptors. */
export const SOCKETS_DEFAULT_MAX = 1_000_000;

/** Bytes of one configuration file: a million lines of 64 bytes. */
export const CONFIG_FILE_BYTES_MAX = 64 * 1024 * 1024;

/** How long the names of servers may take to resolve before the start goes on without them, ms. */
export const RESOLVE_AT_START_MS_MAX = 5_000;

/** Log datagrams handed to the system and not yet sent; more are dropped and counted. */
export const LOG_DATAGRAMS_PENDING_MAX = 1_024;

/** Bytes of log lines held for a descriptor that does not take them; more are dropped and counted. */
export const LOG_FD_BYTES_MAX = 1024 * 1024;

/** How long a descriptor that refused log lines is left alone, ms. */
export const LOG_FD_RETRY_MS = 20;

/** How long the address of a log server's name is used before it is looked up again, ms. */
export const LOG_NAME_LIFE_MS = 60_000;

/** Connections to statistics pages at once, waiting ones included; more are reset. Enough for dashboards, few beside clients. */
export const STATS_CONNECTIONS_MAX = 256;

/** Bytes of the header of a request to a statistics page, as HAProxy's buffer. */
export const STATS_HEADER_BYTES_MAX = 16_384;

/** How long a statistics page waits for a request or the next one, ms, however long `timeout client` is. */
export const STATS_REQUEST_MS_MAX = 10_000;

/** How long a refused client of a statistics page may take to read why and leave, ms. */
export const STATS_LINGER_MS = 1_000;

/** How long a client of a statistics page may take to read its answer, ms. */
export const STATS_RESPONSE_MS_MAX = 30_000;

/** Bytes of a form of the statistics page: what HAProxy's buffer holds beside a header. */
export const STATS_FORM_BYTES_MAX = 15_360;

/** Bytes of one field of such a form, name and value, as written; HAProxy's limit. */
export const STATS_FORM_FIELD_BYTES_MAX = 2_047;

/** About how much of the metrics is made at a time, characters. */
export const METRICS_PIECE_CHARS = 16_384;

/** Answers with metrics that are under way at once; more wait. Each holds the rows of all servers. */
export const METRICS_ANSWERS_MAX = 8;

/** How often a stick table that is too small is told of, ms. */
export const TABLE_FULL_NOTICE_MS = 60_000;

/** How often clients that the system refuses are told of, for each frontend, ms. */
export const ACCEPT_FAILURE_NOTICE_MS = 1_000;

/** Bytes of one line to the guard, its line end included; reasons and listeners beyond are left out. */
export const LIFE_LINE_BYTES_MAX = 8_192;

/** Reasons why a balancer is not fit to serve that are told, and characters of each. */
export const FITNESS_REASONS_MAX = 16;
export const FITNESS_REASON_CHARS_MAX = 240;

/** How long after its start a balancer waits for the first result of each check before it is judged without them, ms: two intervals and a timeout of default checks. */
export const FIRST_CHECKS_MS_MAX = 5_000;

/** How often the balancer connects to its own listeners, ms. */
export const SELF_PROBE_INTERVAL_MS = 1_000;

/** Listeners that one round of probes connects to; more take turns. */
export const SELF_PROBE_LISTENERS_MAX = 16;

/** How soon a listener must accept a probe, ms. */
export const SELF_PROBE_ACCEPT_MS_MAX = 500;

/** How soon an MQTT probe must be answered or closed, ms. */
export const SELF_PROBE_ANSWER_MS_MAX = 1_000;

/** Local ports that a probe tries before it gives its round up. */
export const SELF_PROBE_PORTS_MAX = 4;

/** Bytes of one message of the peers protocol that are taken: HAProxy's encoder counts in 16 bits. */
export const PEER_MESSAGE_BYTES_MAX = 65_535;

/** Bytes of one message that are sent: HAProxy's buffer (16,384) less its reserve (1,024). A larger entry is left out. */
export const PEER_SENT_MESSAGE_BYTES_MAX = 15_360;

/** Bytes of a greeting between peers: three lines of names. */
export const PEER_HELLO_BYTES_MAX = 4_096;

/** Bytes of the line that answers a greeting. */
export const PEER_STATUS_BYTES_MAX = 128;

/** Server keys that one peers session remembers in each direction, as HAProxy's. */
export const PEER_DICTIONARY_SLOTS = 128;

/** Bytes of a server key that a peer may define; a longer one counts as none. */
export const PEER_SERVER_KEY_BYTES_MAX = 256;

/** Tables that one peer may define in a session; definitions beyond are ignored. */
export const PEER_TABLES_MAX = 1_024;

/** Characters of a peer's words that are shown in messages. */
export const PEER_SHOWN_CHARS_MAX = 64;

/** Entries that one turn of a peers session looks at, live and taught ones each: about a millisecond of work. */
export const PEER_STEP_ENTRIES_MAX = 500;

/** Bytes of a peer that are read in a row without a look at the clock: about 40 entries. */
export const PEER_PIECE_BYTES = 2 * 1024;

/** How long what a peer sends is read before others have their turn, ms. */
export const PEER_TURN_MS = 1;

/** Bytes that a peers session hands to its connection before the former ones have left, roughly. */
export const PEER_WRITE_AHEAD_BYTES = 128 * 1024;

/** Connections to a peers section that have not introduced themselves yet; more are closed. */
export const PEER_GREETINGS_MAX = 64;

/** How long a peer may be silent, ms, as HAProxy's; also how long a greeting and an unfinished lesson may take to go on. */
export const PEER_SILENCE_MS_MAX = 5_000;

/** How long a peer is sent nothing before it is sent a heartbeat, ms, as HAProxy's. */
export const PEER_HEARTBEAT_MS = 3_000;

/** How long after a failed attempt a peer is called again, ms, as HAProxy's. */
export const PEER_REDIAL_MS = 5_000;

/** Shortest and longest wait before calling again after a session that has ended, ms, as HAProxy's: both ends do not call at once. */
export const PEER_REDIAL_SOON_MS_MIN = 50;
export const PEER_REDIAL_SOON_MS_MAX = 2_049;

/** How long after its start a node that is still being taught counts as one that has learned what there is, ms. */
export const PEER_RESYNC_MS_MAX = 60_000;

/** How often a refused call is told of, for each peers section, ms. */
export const PEER_REFUSAL_NOTICE_MS = 5_000;

/** How long changes wait to be sent to peers together, ms. */
export const PEER_GATHER_MS = 3;

/** How long a node that starts waits for any peer to be there, ms: on a local network a call is answered within a millisecond. */
export const PEER_ANSWER_MS_MAX = 1_500;

/** How long a peer that knows nothing yet has to ask for everything before it is sent changes, ms. */
export const PEER_LESSON_EXPECTED_MS = 100;

/** Entries that a process in reserve learns for practice: 0.3 s of CPU that nobody needs. */
export const REHEARSAL_ENTRIES = 10_000;

/**
 * Made-up devices that a balancer serves before it is needed, and how many of them at once. The first 10 cost 15 ms
 * of CPU, the next 30 and 15, from the 30th on it is 6 to 7 ms.
 */
export const REHEARSAL_SESSIONS = 100;
export const REHEARSAL_AT_ONCE = 10;

/** How long they may take, ms: a fast machine needs a tenth of it. */
export const REHEARSAL_MS_MAX = 2_000;

/** Frontends that such devices connect to. */
export const REHEARSAL_LISTENERS_MAX = 4;

/** How long one such device waits for its answer, ms: the first ones need 20 to 50 times less, but on a slow machine not. */
export const REHEARSAL_SESSION_MS_MAX = 1_000;

/** How long clients wait at a start for peers to answer, and for them to teach, ms. */
export const PEER_HOLD_ANSWER_MS_MAX = 100;
export const PEER_HOLD_MS_MAX = 1_000;

/** How soon an old process calls its successor again that does not listen yet, ms. */
export const PEER_HANDOVER_REDIAL_MS = 50;

/** How long an old process looks for a successor to hand its tables to, ms. */
export const PEER_HANDOVER_SEARCH_MS_MAX = 2_000;

/** How long handing tables over may take in all, ms. */
export const PEER_HANDOVER_MS_MAX = 30_000;

/** How long a client's connection lives before peers are told of it, ms: short ones need no wake-up. */
export const LIVE_LISTED_AFTER_MS = 1_000;

/** Live connections of all nodes that are listed, each with about 200 bytes. */
export const LIVE_ENTRIES_MAX = 1_000_000;

/** How long a listed connection counts as live after the last word of its node, ms; it speaks three times as often. */
export const LIVE_EXPIRE_MS = 300_000;

/** How long the end of a listed connection is told, ms: longer than a peers session takes to come back. */
export const LIVE_CLOSED_TOLD_MS = 10_000;

/** How long work on the list is gathered, ms. */
export const LIVE_GATHER_MS = 100;

/** Entries of the list that are added, touched or forgotten in one turn, each: about a millisecond of work. */
export const LIVE_STEP_ENTRIES_MAX = 200;

/** `tickle-rate` unless set, a second. */
export const TICKLE_RATE_DEFAULT = 2_000;

/** How often tickles are sent, ms, and how much of the rate may be sent at once when that comes late. */
export const TICKLE_BATCH_MS = 10;
export const TICKLE_BURST_MS = 20;

/** How soon a client is tickled again, ms: longer than a system leaves between two such answers (Linux tcp_invalid_ratelimit, 500). */
export const TICKLE_ROUND_MS = 1_000;

/** Entries of the list that are looked at in one turn for some to be tickled: below a millisecond of work. */
export const TICKLE_SCAN_ENTRIES_MAX = 2_000;

/** Bytes of one line from the guard. */
export const LIFE_HEARD_CHARS_MAX = 65_536;

/** How long the CONNECT of a client that is to be refused is waited for, ms: two round trips of a slow mobile network. */
export const REFUSAL_WAIT_MS = 2_000;

/** How long a listener rests when the system refuses a descriptor or memory for a newcomer, ms. */
export const ACCEPT_RETRY_MS = 100;

/** How long a client that waits for its server may leave or speak unnoticed, ms: at least so, at most twice as long. */
export const LATE_WATCH_MS = 20;

/** `timeout client mqtt` unless set, ms: no shorter idle limit, for networks that are late; nor a longer one, as 18 h 12 min is the longest keep alive. */
export const MQTT_IDLE_DEFAULT_MS_MIN = 2_000;
export const MQTT_IDLE_DEFAULT_MS_MAX = 86_400_000;

/** Clients and addresses whose rates a frontend remembers (`mqtt-limit rate`): about 30 MB at most. */
export const MQTT_RATE_KEYS_MAX = 100_000;

/** Client identifiers that are fought over and named in one event. */
export const TAKEOVER_FIGHTS_NAMED_MAX = 3;

/** How long nobody was kept out by a limit when a burst of refusals is over, ms: longer than clients wait between two tries. */
export const LIMIT_BURST_QUIET_MS = 15_000;

/** Bytes of a request to upgrade to WebSocket, or of its answer: cookies and tokens fit. */
export const WEBSOCKET_HEAD_BYTES_MAX = 16_384;

/** Connections a second that `mqtt-connect-rate` takes: each costs 8 bytes of memory. */
export const CONNECT_RATE_MAX = 100_000;

/** Devices known to a stick table that a paced server takes in a row while others wait: one turn in five is theirs. */
export const RETURNING_IN_A_ROW_MAX = 4;

/** How much later than an idle limit of `timeout client mqtt` a server may be called silent, ms: it is the client that is. */
export const MQTT_IDLE_SERVER_MARGIN_MS = 1_000;

/** Texts of IPv4 addresses that are kept by the native mover, so that they are not made anew. */
export const ADDRESS_TEXTS_MAX = 4_096;

/** How long a balancer whose guard has ended serves the sessions that it has, ms: nobody watches it. */
export const ORPHAN_MS_MAX = 30_000;

/** Threads that relay (`nbthread`), as THREADS_MAX of src/native/mover.h. */
export const RELAY_THREADS_MAX = 64;

/** Bytes in hand of a relay that is passed to another process: what one read gives, in both directions. */
export const FROZEN_BYTES_MAX = 160 * 1024;

/** Bytes of one queue of a connection that moves to another kernel; Linux 6.16 holds up to 32 MiB by default (tcp_rmem). */
export const MOVED_QUEUE_BYTES_MAX = 32 * 1024 * 1024;

/** Of `slow` of `option mqtt-check`: the part of a new answer in the mean, so that some four answers count. */
export const SLOW_SMOOTHING = 0.25;

/** The most that one answer counts for, in thresholds: one that was held up by the balancer itself moves little. */
export const SLOW_SAMPLE_RATIO_MAX = 10;

/** Below this part of its threshold a slow server is quick again. */
export const SLOW_RETURN_RATIO = 0.8;

/** Points of percent by which a check moves a slow server's weight at most, and at least. */
export const SLOW_STEP_PERCENT = 10;
export const SLOW_CHANGE_PERCENT_MIN = 5;

/**
 * `gone-address-grace` unless set, ms: longer than an agent's restart, than a link that flaps and than three
 * adverts a second apart, and shorter than the way back of a fleet to a node that it fills again.
 */
export const GONE_ADDRESS_GRACE_MS = 10_000;

/** Sessions of a gone address that are ended in one turn of the event loop. */
export const GONE_SESSIONS_STEP_MAX = 100;
