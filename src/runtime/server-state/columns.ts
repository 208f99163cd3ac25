// The columns of a server state file, version 1, which is what `show servers state` prints (haproxy
// management §9.3). HAProxy reads such files by column, so their order is fixed.

/** The version on the first line. */
export const STATE_VERSION = "1";

/** The columns in their order. */
export const STATE_COLUMNS = [
  "be_id",
  "be_name",
  "srv_id",
  "srv_name",
  "srv_addr",
  "srv_op_state",
  "srv_admin_state",
  "srv_uweight",
  "srv_iweight",
  "srv_time_since_last_change",
  "srv_check_status",
  "srv_check_result",
  "srv_check_health",
  "srv_check_state",
  "srv_agent_state",
  "bk_f_forced_id",
  "srv_f_forced_id",
  "srv_fqdn",
  "srv_port",
  "srvrecord",
  "srv_use_ssl",
  "srv_check_port",
  "srv_check_addr",
  "srv_agent_addr",
  "srv_agent_port",
] as const;

/** A column's name. */
export type StateColumn = (typeof STATE_COLUMNS)[number];

/** The second line. */
export const STATE_HEADER = `# ${STATE_COLUMNS.join(" ")}`;
