// Bounds of control sockets, with their units: what clients may take, and how long they wait.

/** Bytes of one command on the control socket. */
export const CONTROL_COMMAND_BYTES_MAX = 64 * 1024;

/** Bytes of the answer that `tandem reload` takes. */
export const CONTROL_LINE_BYTES_MAX = 1024 * 1024;

/** Bytes of the answer that `tandem status` takes: tens of thousands of servers. */
export const CONTROL_STATUS_BYTES_MAX = 32 * 1024 * 1024;

/**
 * How long `tandem status` waits for each process, ms: where timeouts are the usual ones, a process that hangs
 * is killed earlier. On an emulated processor an answer takes seconds.
 */
export const CONTROL_STATUS_MS_MAX = 5_000;

/** How long a client of the control socket may take to read its answer, ms. */
export const CONTROL_READ_MS_MAX = 10_000;

/** How long a client of the control socket may take to send its command, ms. */
export const CONTROL_COMMAND_MS_MAX = 5_000;

/** How long `tandem reload` waits for an answer, ms: names may have to be resolved. */
export const CONTROL_ANSWER_MS_MAX = 60_000;

/** Clients of the control socket at once. */
export const CONTROL_CLIENTS_MAX = 16;

/** How old what a balancer knows of agent and guard may be when it is shown, ms. */
export const NODE_FACTS_AGE_MS_MAX = 500;

/** How long a balancer waits for agent and guard, ms: one that hangs is killed earlier. */
export const NODE_ANSWER_MS_MAX = 500;

/** Bytes of what an agent says of itself: hundreds of virtual routers. */
export const NODE_ANSWER_BYTES_MAX = 1024 * 1024;
