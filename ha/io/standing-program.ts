// Programs that stand by for this process and go with it.

/** Of a terminal, of `timeout`, of systemd's KillMode=control-group: meant for the node as a whole. */
const IGNORED = "HUP INT QUIT TERM";

/**
 * The words that start a program which signals to everybody do not end: it is needed longest when a node
 * ends, to remove addresses. (A process group of its own would not do: all processes of a service are
 * signalled, and the guard kills a dead agent's group with all that it had begun.) `command` is for the
 * shell. It ends by the end of its stdin; with `readsNothing`, by the death of its parent
 * (PR_SET_PDEATHSIG of prctl(2)), or at its next line where `setpriv` cannot arrange that.
 */
export function standingProgram(command: string, readsNothing = false): readonly string[] {
  const bound = "setpriv --pdeathsig KILL";
  const start = readsNothing
    ? `${bound} true 2>/dev/null && exec ${bound} ${command}; exec ${command}`
    : `exec ${command}`;
  return ["sh", "-c", `trap "" ${IGNORED}; ${start}`];
}
