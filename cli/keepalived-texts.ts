// What the `keepalived` command prints about itself, in the shape that tools parse.
import { TANDEM_VERSION } from "../src/version.ts";

/** The Keepalived whose flags, files and adverts this program knows. */
export const KEEPALIVED_VERSION = "2.2.7";

/** What `-v` prints; the first words are those that version checks look for. */
export function keepalivedVersionText(): string {
  return (
    `Keepalived v${KEEPALIVED_VERSION} (01/16,2022)\n\n` +
    `Tandem ${TANDEM_VERSION}, a VRRP agent that reads Keepalived's configuration; not Keepalived itself.\n`
  );
}

/** Numbers of `--signum`: what to send to the process for each purpose. */
export const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  STOP: 15,
  RELOAD: 1,
  DATA: 10,
  STATS: 12,
  STATS_CLEAR: 63,
  JSON: 36,
};

/** What `-h` prints. */
export function keepalivedUsageText(): string {
  return `Usage: keepalived [OPTION...]
  -f, --use-file=FILE          read this configuration (default /etc/keepalived/keepalived.conf)
  -i, --config-id=ID           keep lines that begin with @ID (default: the host's name)
  -t, --config-test[=FILE]     check the configuration; findings go to FILE or to stderr
  -n, --dont-fork              stay in the foreground
  -l, --log-console            log to stderr
  -D, --log-detail             log more
  -S, --log-facility=NAME      syslog facility: 0 to 7, local0 to local7, user, daemon (default)
  -g, --log-file[=FILE]        log to FILE as well (default /tmp/keepalived.log)
  -G, --no-syslog              do not log to syslog
  -d, --dump-conf              log the configuration that was read
  -a, --address-monitoring     log addresses that come and go
  -p, --pid=FILE               write the process's id to FILE
  -r, --vrrp_pid=FILE          write the id of the process that speaks VRRP to FILE
  -s, --namespace=NAME         run in this network namespace
  -u, --umask=MASK             permission bits that new files do not get
  -V, --dont-release-vrrp      leave addresses and routes in place when stopped
  -X, --release-vips           drop addresses at a transition that a signal causes
  -R, --dont-respawn           end when a child process ends
  -e, --all-config             fail when the configuration file is missing
      --signum=PURPOSE         print the signal for STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON
  -v, --version                print the version
  -h, --help                   print this
Accepted without effect: -P -B -I -c -b -x -A -m -M --all
`;
}
