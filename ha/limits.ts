// Every bound of guard and agent.
import type { Millis } from "../src/base/units.ts";

// The guard (ha/supervise)

/** A child that is asked about is judged without the kernel's answer after this time. */
export const INSPECT_ANSWER_MS: Millis = 50;
/** The least time between two questions to the kernel about one child. */
export const INSPECT_AGAIN_MS: Millis = 25;
/** From here on, being late is a stall of the guard itself rather than a slow timer. */
export const OWN_STALL_MS: Millis = 100;
/** What a silent child gets after a stall of the guard, at least. */
export const OWN_STALL_GRACE_MS: Millis = 100;
/** Stalls of the guard are logged from this length on, at most once in the period below. */
export const OWN_STALL_LOGGED_MS: Millis = 250;
/** The period in which the guard says the same thing only once. */
export const GUARD_REPEAT_MS: Millis = 60_000;
/** The delay of a second restart; each further one waits twice as long. */
export const RESTART_DELAY_FIRST_MS: Millis = 100;
/** The longest delay before a restart. */
export const RESTART_DELAY_MAX_MS: Millis = 10_000;
/** A run that was ready for so long is forgiven what ended the runs before it. */
export const RESTART_FORGIVEN_AFTER_MS: Millis = 30_000;
/** The least pause of a child that was given up, whatever the period of the budget. */
export const RESTART_GIVEN_UP_MIN_MS: Millis = 1_000;
/** A run after giving up counts as serving when it was ready for so long. */
export const RESTART_PROVEN_AFTER_MS: Millis = 10_000;
/** From a balancer's "ready" to preparing the one in reserve. */
export const RESERVE_CALM_MS: Millis = 2_000;
/**
 * How far a reserve gives way while it loads: added to its nice value. On two CPUs with 5 processes that want them
 * it was loaded after 2 to 7 s with 10, 8 to 15 s with 19, 0.3 to 1 s with 0.
 */
export const RESERVE_NICE = 10;
/** From the end of a reserve to the next one; each further one that does not last waits twice as long. */
export const RESERVE_RETRY_FIRST_MS: Millis = 2_000;
/** The longest delay before a lost reserve is replaced. */
export const RESERVE_RETRY_MAX_MS: Millis = 60_000;
/** Failed probes in a row that make a hang. */
export const PROBE_FAILURES_MAX = 3;
/** The period of a balancer's probes, for those that do not number them. */
export const PROBE_PERIOD_MS: Millis = 1_000;
/** A killed process that the kernel keeps is complained about after this time. */
export const KILLED_LINGERS_MS: Millis = 5_000;
/** The longest line that guard and children exchange, characters. A will of 1,000 addresses has about 200,000. */
export const LIFE_LINE_CHARS_MAX = 1_048_576;
/** Reasons taken from one message, and the length of each, characters. */
export const REASONS_MAX = 64;
/** The longest reason taken from a message, characters. */
export const REASON_CHARS_MAX = 400;
/** Bytes that wait for a child that does not read; what comes then is dropped. */
export const LIFE_QUEUE_BYTES_MAX = 262_144;
/** The longest line that a balancer may send, characters. */
export const BALANCER_LINE_CHARS_MAX = 65_536;
/** Silence of the guard that the agent warns of, where beats come as often as by default. */
export const GUARD_SILENCE_MS: Millis = 1_000;
/** Beats in the time of silence that is a hang. */
export const BEATS_PER_SILENCE = 6;
/** The longest period of beats: news of a balancer's fitness come with them. */
export const BEAT_MS_SLOWEST: Millis = 500;
/** A command of a will, or a pending one at the end of the guard, has so long. */
export const WILL_COMMAND_MS: Millis = 2_000;
/** From an unread pipe's process ending to going on without what it may still hold. */
export const LIFE_DRAIN_MS: Millis = 20;

// The agent (ha/agent)

/** A heartbeat path without adverts says hello this often. */
export const HEARTBEAT_HELLO_MS: Millis = 500;
/** A heartbeat path that was silent for so long is shown as silent. */
export const HEARTBEAT_ALIVE_MS: Millis = 2_000;
/** Log lines that wait to be written; what comes then is dropped. */
export const LOG_QUEUE_BYTES_MAX = 1_048_576;

// VIPs (ha/vip)

/** From the last change of a VIP to looking whether the kernel has it. */
export const VIP_VERIFY_AFTER_MS: Millis = 50;
/** The period in which the kernel is looked at while VIPs are held, whatever it tells by itself. */
export const VIP_AUDIT_MS: Millis = 5_000;
/** The delay before a failed change of a VIP is tried again; each further one waits twice as long. */
export const VIP_RETRY_FIRST_MS: Millis = 100;
/** The longest delay before a failed change is tried again. */
export const VIP_RETRY_MAX_MS: Millis = 5_000;
/** A VIP is put back so often at once; whoever removes it more often is answered with delays. */
export const VIP_PUT_BACK_AT_ONCE = 5;
/** A VIP that stayed for so long is put back at once again. */
export const VIP_PUT_BACK_FORGOTTEN_MS: Millis = 10_000;
/** Removals of one VIP until it is left to the operator. */
export const VIP_REMOVALS_MAX = 10;
/** The period in which one complaint about a VIP is logged only once. */
export const VIP_REPEAT_MS: Millis = 60_000;
/** The least distance of two sets of announcements that answer a rival's adverts. */
export const ANNOUNCEMENT_CONTEST_MS: Millis = 50;
/** Announcements that wait for their turn on one interface; what comes then is dropped. */
export const ANNOUNCEMENTS_QUEUED_MAX = 4_096;
/** One command of `ip` has so long. */
export const IP_COMMAND_MS: Millis = 2_000;
/** A pre-spawned `ip` that lived shorter is started again only after this time. */
export const IP_RESTART_DELAY_MS: Millis = 100;
/** Commands that wait for `ip`; what comes then fails. */
export const IP_QUEUE_MAX = 16_384;
/** Lines taken of one answer of `ip`. */
export const IP_REPLY_LINES_MAX = 65_536;
/** The length to which a line of `ip` is cut, characters. */
export const IP_REPLY_LINE_CHARS_MAX = 4_096;
/** What is kept of a program's complaints, characters. */
export const PROGRAM_STDERR_CHARS_MAX = 1_000;
/** One run of the user's `vip-up` or `vip-down` has so long. */
export const VIP_SCRIPT_MS: Millis = 5_000;
/** Announcements wait for the VIP to be there, but no longer than this. */
export const ANNOUNCEMENT_WAIT_MS: Millis = 20;
/** The same, when the user's `vip-up` adds the VIP. */
export const ANNOUNCEMENT_SCRIPT_WAIT_MS: Millis = 1_000;
/** Names of links of the past that are remembered. */
export const MONITOR_NAMES_MAX = 4_096;
/** From the start of `ip monitor` to looking at the kernel without knowing that it listens. */
export const MONITOR_READY_MS: Millis = 1_000;
/** How often is looked whether `ip monitor` listens. */
export const MONITOR_READY_POLL_MS: Millis = 5;
/** A monitor that lived shorter is started again only after this time. */
export const MONITOR_RESTART_DELAY_MS: Millis = 200;
/** The least distance of two looks at all links and addresses. */
export const MONITOR_SNAPSHOT_MS: Millis = 100;

// The election (ha/vrrp)

/** Answers to rivals in one advert interval, at most. */
export const ANSWERS_PER_INTERVAL = 4;
/** How often a router that stepped down tells the winner again that there was a rival. */
export const STEP_DOWN_REMINDERS = 3;
/** Announcements because of rivals are at least so far apart: a little more than the keeper of VIPs demands. */
export const REANNOUNCE_APART_MIN_MS: Millis = 60;
/** The announcement that is owed after one because of a rival comes no later. */
export const REANNOUNCE_AGAIN_MAX_MS: Millis = 250;
/** The same line about the same rival is said so often. */
export const RIVAL_SAID_AGAIN_MS: Millis = 1_000;
/** The same line about a rival is said so often before it comes once a minute only. */
export const RECURRENCE_SAID_MAX = 5;
/** A line that was not wanted for so long is a new one. */
export const RECURRENCE_FORGOTTEN_MS: Millis = 10_000;
/** Different lines about rivals that are told apart; what comes then is not said. */
export const RECURRENCE_TEXTS_MAX = 16;
/** Down timers in a row that a backup lets pass because it ran too late to have heard the master. */
export const LATE_TIMERS_MAX = 3;
/** A router that resigned stands again after so many silent Master_Down_Intervals, whatever its hold. */
export const HOLD_DOWNS_MAX = 3;
/** Adverts of a second address owner that an owner with the higher address bears before it yields. */
export const ROGUE_ADVERTS_MAX = 2;
/** A false priority 0 makes others count less for so many advert intervals. */
export const FALSE_RESIGNATION_INTERVALS = 10;

// VRRP and heartbeats (ha/vrrp, ha/heartbeat)

/** Sockets that cannot be opened, or broke, are tried again after this time. */
export const SOCKET_RETRY_MS: Millis = 1_000;

/** The same complaint about a packet is logged at most once in this time. */
export const LOUDNESS_PERIOD_MS: Millis = 60_000;
/** Different complaints that are told apart. */
export const LOUDNESS_KEYS_MAX = 256;
/** Adverts in one heartbeat datagram: 24 bytes each, below the 65,507 of UDP. */
export const HEARTBEAT_ENTRIES_MAX = 2_048;
/** Earlier runs of a peer whose datagrams are refused; 8 bytes each. */
export const HEARTBEAT_RETIRED_MAX = 1_024;

// The reader of keepalived.conf (ha/config)

/** Bytes of one configuration file. */
export const CONFIG_BYTES_MAX = 4 * 1024 * 1024;
/** Characters of one line, before and after variables are put in; Keepalived 2.2.7 cuts at 1,024. */
export const CONFIG_LINE_CHARS_MAX = 65_536;
/** Files inside files. */
export const CONFIG_INCLUDE_DEPTH_MAX = 32;
/** Files read for one configuration. */
export const CONFIG_FILES_MAX = 4_096;
/** Characters that includes, variables and sequences may make of a configuration. */
export const CONFIG_EXPANDED_CHARS_MAX = 16 * 1024 * 1024;
/** Lines that includes, variables and sequences may make of a configuration. */
export const CONFIG_EXPANDED_LINES_MAX = 200_000;
/** Values put in one after another in place of one line's variables. */
export const CONFIG_SUBSTITUTIONS_MAX = 1_000;
/** Blocks inside blocks. */
export const CONFIG_BLOCK_DEPTH_MAX = 16;
/** Findings kept of one configuration. */
export const CONFIG_FINDINGS_MAX = 1_000;
/** Characters of a user's word that a finding repeats. */
export const CONFIG_QUOTED_CHARS_MAX = 120;
/** Addresses in one advert: the count has 8 bits. */
export const ADVERT_ADDRESSES_MAX = 255;

// Tracking and notices (ha/track, ha/notify)

/** A script's end that is not told of so long after its timeout counts as a failure: TERM, 2 s, KILL, and some. */
export const SCRIPT_LOST_AFTER_MS: Millis = 5_000;
/** From TERM to KILL for a script that ran for too long (Keepalived's 2 s). */
export const SCRIPT_KILL_AFTER_MS: Millis = 2_000;
/** Track scripts that run at the same time; further ones wait. */
export const SCRIPTS_RUNNING_MAX = 64;
/** A notify command that runs longer is ended, so that those behind it run. */
export const NOTIFY_RUN_MS_MAX: Millis = 30_000;
/** Notify commands that wait; beyond that the oldest is dropped. */
export const NOTIFY_QUEUE_MAX = 1_000;
/** A FIFO's program that ended is started again after this time at the earliest. */
export const FIFO_SCRIPT_RESTART_MS: Millis = 1_000;
/** How often processes are counted. */
export const PROCESS_SCAN_MS: Millis = 200;
/** How often tracked files are read when the kernel tells of no change. */
export const FILE_POLL_MS: Millis = 1_000;
/** The most that is read of a tracked file, bytes. */
export const TRACKED_FILE_BYTES_MAX = 64;
/** Lines that wait for a FIFO that is being made. */
export const FIFO_QUEUE_MAX = 1_000;
/** What a FIFO's program gets to read the last lines before it is ended. */
export const FIFO_SCRIPT_GRACE_MS: Millis = 500;

// Sockets (ha/io)

/** `arping` programs that run at the same time; each takes a second. */
export const ARPING_RUNNING_MAX = 64;
/** A heartbeat socket that cannot be opened is tried again after this time. */
export const HEARTBEAT_REOPEN_MS: Millis = 1_000;
/** From starting an agent to its "ready". Node itself needs most of it. */
export const AGENT_START_MS_MAX: Millis = 10_000;
/** What a child may take to end when it is asked to. */
export const CHILD_STOP_MS_MAX: Millis = 5_000;
/** SCHED_RR priority of the agent unless `vrrp_rt_priority` says otherwise; the guard's is one higher. */
export const REALTIME_PRIORITY_DEFAULT = 50;
/** From "stop" to the end of the agent: notices that hang must not keep it. */
export const AGENT_STOP_MS_MAX: Millis = 4_000;
/** A sleep of the machine shorter than this is none; /proc/uptime counts in 10 ms. */
export const SLEPT_MS_MIN: Millis = 25;

// The reader's neighbours (ha/config/lint)

/** How much of a script file is looked at for usual mistakes, bytes. */
export const LINT_SCRIPT_BYTES_MAX = 65_536;
/** How often the clock that counts sleep is looked at, at least, where `agent-timeout` is the default. */
export const SLEEP_LOOK_MS: Millis = 20;
/** Looks at it in the time of an agent's silence that is a hang. */
export const SLEEP_LOOKS_PER_SILENCE = 15;
/** The longest period of such looks. */
export const SLEEP_LOOK_MS_SLOWEST: Millis = 200;
/** `garp_master_refresh` unless set. */
export const ANNOUNCEMENT_REFRESH_MS: Millis = 60_000;
/** What a program that sets something of a process may take. */
export const PROCESS_SETTING_MS_MAX: Millis = 2_000;

// Control sockets (ha/io)

/** Clients of the control socket of a guard or an agent at once: some of them wait for events. */
export const CONTROL_CLIENTS_MAX = 8;
/** Bytes of a command on such a socket. */
export const CONTROL_COMMAND_BYTES_MAX = 256;
/** What a client may take to send its command. */
export const CONTROL_COMMAND_MS_MAX: Millis = 1_000;
/** What a client may take to read its answer. */
export const CONTROL_READ_MS_MAX: Millis = 2_000;
/** Senders that are remembered of each virtual router, by each path, for status pages. */
export const HEARD_NODES_MAX = 8;

// Tickles (ha/io)

/** How long this machine's own addresses are remembered while tickles are sent. */
export const LOCAL_ADDRESSES_MS: Millis = 1_000;
/** How long an operator may keep a node from taking its addresses back. */
export const OPERATOR_HOLD_MS_MAX: Millis = 7 * 86_400_000;

// Events to the outside (ha/io/event-sender*)

/** One run of `event-script` has so long. */
export const EVENT_SCRIPT_MS: Millis = 10_000;
/** Events that wait for one outlet; the oldest one makes room. */
export const EVENT_QUEUE_MAX = 1_000;
/**
 * From the end of the guard, or of these settings, to the end of deliveries; a script that still runs is
 * ended then, within `SCRIPT_KILL_AFTER_MS`.
 */
export const EVENT_SENDER_FLUSH_MS: Millis = 2_500;
/** What an event sender gets to end before it is killed. */
export const EVENT_SENDER_STOP_MS: Millis = 5_000;
/** How long the events of agent and balancer are read after the guard was killed. */
export const EVENT_SENDER_ORPHAN_MS: Millis = 1_000;
/** From the first unasked end of an event sender to the next one; each further time twice as long. */
export const EVENT_SENDER_RESTART_MS: Millis = 1_000;
/** The longest such delay. */
export const EVENT_SENDER_RESTART_MS_MAX: Millis = 60_000;
/** The longest line that guard and event sender exchange, characters. */
export const EVENT_SENDER_LINE_CHARS_MAX = 65_536;
/** Characters of the URL of `event-webhook`. */
export const WEBHOOK_URL_CHARS_MAX = 2_048;
/** Words of `event-kinds`. */
export const EVENT_KINDS_MAX = 64;
