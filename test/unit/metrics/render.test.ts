import { describe, expect, test } from "vitest";
import { METRICS_PIECE_CHARS } from "../../../src/limits.ts";
import { formatHead, formatSample } from "../../../src/metrics/exposition.ts";
import { type MetricsSelection, parseMetricsQuery } from "../../../src/metrics/query.ts";
import { renderMetrics } from "../../../src/metrics/render.ts";
import type { GroupStatus, PeerStatus } from "../../../src/peers/group-status.ts";
import { Bench } from "../session/bench.ts";
import { contextOf } from "../runtime/dialogue.ts";
import { nodeFamilies } from "../../../src/metrics/node-families.ts";
import { NODE } from "./node-sample.ts";

const CONFIGURATION = `
frontend fe
  bind 10.0.0.1:1883
  default_backend be
backend be
  stick-table type string len 20 size 50
  server a 10.0.0.2:1883 check
  server b 10.0.0.3:1883 disabled maxconn 7
backend empty
`;

const HOSTILE = 'a"b\\c\nd';

function selectionOf(query: string): MetricsSelection {
  return parseMetricsQuery(`/metrics${query}`)!;
}

function piecesOf(text: string, query = "", peers: readonly GroupStatus[] = []): string[] {
  const bench = new Bench(text);
  const sources = {
    context: contextOf(bench, text, peers),
    fitness: () => ({ isFit: false, reasons: ["one", "two"] }),
    live: () => ({ ownCount: 3, entryCount: 5, goneCount: 0 }),
    node: NODE,
  };
  return [...renderMetrics(sources, selectionOf(query), 2_500)];
}

function linesOf(text: string, query = "", peers: readonly GroupStatus[] = []): string[] {
  return piecesOf(text, query, peers).join("").split("\n");
}

function peerOf(name: string, isLocal: boolean): PeerStatus {
  const zeros = {
    dialCount: 4,
    sessionCount: 2,
    collisionCount: 0,
    silenceCount: 0,
    protocolErrorCount: 1,
    sentHeartbeatCount: 0,
    receivedHeartbeatCount: 0,
    confirmCount: 0,
    sentUpdateCount: 70,
    receivedUpdateCount: 80,
    tooLargeCount: 0,
  };
  return {
    name,
    isLocal,
    state: isLocal ? "idle" : "established",
    isTandem: true,
    lastStatus: 200,
    silentMs: isLocal ? undefined : 1_250,
    dialsInMs: undefined,
    isTeaching: false,
    counters: zeros,
    tables: [
      {
        name: HOSTILE,
        lastUpdateId: 9,
        pushedId: 7,
        ackedId: 4,
        pendingCount: 2,
        unackedCount: 3,
        lagMs: 1_500,
        received: undefined,
      },
    ],
    mismatches: new Map([["x", "differs"]]),
  };
}

describe("renderMetrics()", () => {
  test("names a family once, before its samples", () => {
    const lines = linesOf(CONFIGURATION);
    expect(lines.at(-1)).toBe("");
    const families = lines.flatMap((line) => /^# TYPE (\S+) /.exec(line)?.[1] ?? []);
    expect(new Set(families).size).toBe(families.length);
    let family = "";
    for (const line of lines.slice(0, -1)) {
      family = /^# HELP (\S+) [A-Z0-9]/.exec(line)?.[1] ?? family;
      expect(line, line).toMatch(
        new RegExp(`^(?:# (?:HELP|TYPE) )?${family}(?: |\\{(?:[a-z]+="[^"]*",?)+\\} )[^ ]`),
      );
    }
  });

  test("tells states by samples of 0 and 1, and what does not apply by NaN", () => {
    const lines = linesOf(CONFIGURATION);
    const state = 'haproxy_server_status{proxy="be",server="b",state=';
    expect(lines.filter((line) => line.startsWith(state))).toEqual([
      `${state}"DOWN"} 0`,
      `${state}"UP"} 0`,
      `${state}"MAINT"} 1`,
      `${state}"DRAIN"} 0`,
      `${state}"NOLB"} 0`,
    ]);
    expect(lines).toContain('haproxy_server_limit_sessions{proxy="be",server="a"} NaN');
    expect(lines).toContain('haproxy_server_limit_sessions{proxy="be",server="b"} 7');
    expect(lines).toContain('haproxy_backend_agg_server_status{proxy="be",state="MAINT"} 1');
    expect(lines).toContain('haproxy_sticktable_size{name="be",type="string"} 50');
    expect(lines).toContain('haproxy_backend_total_time_average_seconds{proxy="be"} 0.000000');
    expect(lines).toContain("haproxy_process_uptime_seconds 2");
    const empty = 'haproxy_backend_agg_server_status{proxy="empty"';
    expect(lines.some((line) => line.startsWith(empty))).toBe(false);
  });

  test("counts a frontend that is paused as up, and one that was shut down as down", () => {
    const bench = new Bench(CONFIGURATION);
    const sources = {
      context: contextOf(bench, CONFIGURATION, []),
      fitness: () => ({ isFit: true, reasons: [] }),
      live: () => ({ ownCount: 0, entryCount: 0, goneCount: 0 }),
      node: NODE,
    };
    const states = { open: "UP", paused: "UP", stopped: "DOWN" } as const;
    for (const admin of ["open", "paused", "stopped"] as const) {
      bench.world.frontends.get("fe")!.admin = admin;
      const text = [...renderMetrics(sources, selectionOf("?scope=frontend"), 0)].join("");
      expect(text).toContain(`haproxy_frontend_status{proxy="fe",state="${states[admin]}"} 1\n`);
    }
  });

  test("tells how agent and guard stand, and says 0 of those that do not answer", () => {
    const lines = linesOf(CONFIGURATION, "?scope=tandem");
    const labels = 'router="V",interface="eth0",vrid="51"';
    for (const line of [
      "tandem_vrrp_up 1",
      `tandem_vrrp_state{${labels},state="MASTER"} 1`,
      `tandem_vrrp_state{${labels},state="BACKUP"} 0`,
      `tandem_vrrp_state_age_seconds{${labels}} 2.5`,
      `tandem_vrrp_priority{${labels}} 90`,
      `tandem_vrrp_transitions_total{${labels}} 3`,
      `tandem_vrrp_last_failover_outage_seconds{${labels}} 0.34`,
      `tandem_vrrp_adverts_dropped_total{${labels}} 1`,
      'tandem_vrrp_heartbeat_up{peer="192.0.2.8:1112"} 1',
      "tandem_guard_fit 0",
      'tandem_guard_child_up{child="balancer"} 0',
      'tandem_guard_child_ready_age_seconds{child="balancer"} NaN',
      'tandem_guard_child_runs_total{child="agent"} 3',
      'tandem_guard_child_losses_total{child="agent",cause="signalled"} 2',
    ]) {
      expect(lines).toContain(line);
    }
    const alone = [...nodeFamilies({ agent: undefined, guard: undefined })];
    const text = alone.flatMap(({ lines: each }) => [...each]).join("");
    expect(text).toBe("tandem_vrrp_up 0\ntandem_guard_up 0\n");
  });

  test("leaves out what was not asked for", () => {
    const names = (query: string): string =>
      [...new Set(linesOf(CONFIGURATION, query).map((line) => /^[a-z]+_[a-z]+/.exec(line)?.[0]))]
        .filter((name) => name !== undefined)
        .join(" ");
    expect(names("?scope=server&scope=sticktable")).toBe("haproxy_server haproxy_sticktable");
    expect(names("?scope=")).toBe("");
    expect(names("?scope=tandem")).toMatch(/^tandem_build tandem_fit tandem_unfit tandem_sessions/);
    const servers = linesOf(CONFIGURATION, "?scope=server&no-maint").join("\n");
    expect(servers).toContain('server="a"');
    expect(servers).not.toContain('server="b"');
  });

  test("tells of fitness, of the list of live connections and of peers but the local one", () => {
    const group: GroupStatus = {
      section: "pair",
      localName: "lb1",
      resync: {
        stage: "finished",
        outcome: "full",
        teacher: undefined,
        last: { peer: "lb2", isFull: true, agoMs: 61_000 },
      },
      peers: [peerOf("lb1", true), peerOf("lb2", false)],
    };
    const lines = linesOf(CONFIGURATION, "?scope=tandem", [group]);
    const labels = 'section="pair",peer="lb2"';
    for (const line of [
      "tandem_fit_to_serve 0",
      "tandem_unfit_reasons 2",
      "tandem_live_connections 3",
      "tandem_live_list_entries 5",
      'tandem_mqtt_refusals_total{proxy="fe"} 0',
      'tandem_peers_resync{section="pair",stage="finished"} 1',
      'tandem_peers_resync{section="pair",stage="remote"} 0',
      `tandem_peers_last_resync_age_seconds{${labels}} 61`,
      `tandem_peers_state{${labels},state="established"} 1`,
      `tandem_peers_silence_seconds{${labels}} 1.25`,
      `tandem_peers_updates_sent_total{${labels}} 70`,
      `tandem_peers_table_mismatches{${labels}} 1`,
      `tandem_peers_lag_seconds{${labels},table="a\\"b\\\\c\\nd"} 1.5`,
      `tandem_peers_unacknowledged_updates{${labels},table="a\\"b\\\\c\\nd"} 3`,
    ]) {
      expect(lines).toContain(line);
    }
    expect(lines.join("\n")).not.toContain('peer="lb1"');
  });

  test("comes in pieces of a bounded length however many servers there are", () => {
    const servers = Array.from(
      { length: 300 },
      (_, at) => `  server s${at} 10.1.0.1:${1_000 + at}`,
    );
    const pieces = piecesOf(`${CONFIGURATION}backend many\n${servers.join("\n")}\n`);
    expect(pieces.length).toBeGreaterThan(40);
    for (const piece of pieces) expect(piece.length).toBeLessThan(METRICS_PIECE_CHARS + 1_000);
    expect(pieces.join("")).toContain('haproxy_server_uweight{proxy="many",server="s299"} 1\n');
  });
});

describe("the text format", () => {
  test("escapes what would end a label, a line or a help text", () => {
    const sample = formatSample("x", { labels: [["l", HOSTILE]], value: undefined });
    expect(sample).toBe('x{l="a\\"b\\\\c\\nd"} NaN\n');
    expect(formatHead({ name: "x", type: "gauge", help: HOSTILE })).toBe(
      '# HELP x a"b\\\\c\\nd\n# TYPE x gauge\n',
    );
  });
});

describe("parseMetricsQuery()", () => {
  test("adds scopes up and passes over what it does not know", () => {
    const scopes = (query: string): string => [...selectionOf(query).scopes].sort().join(" ");
    expect(scopes("")).toBe("backend frontend global listener server sticktable tandem");
    expect(scopes("?scope=*")).toBe(scopes(""));
    expect(scopes("?scope=server&x=1&&scope=%67lobal")).toBe("global server");
    expect(scopes("?scope=&scope=server#fragment")).toBe("server");
    expect(scopes("?scope=")).toBe("");
    expect(selectionOf("?no-maint").hideMaintenance).toBe(true);
    expect(selectionOf("?scope=server").hideMaintenance).toBe(false);
  });

  test("refuses scopes that do not exist, and broken escapes", () => {
    for (const query of ["?scope", "?scope=peers", "?scope=server,global", "?x=%zz", "?%f=1"]) {
      expect(parseMetricsQuery(`/metrics${query}`), query).toBeUndefined();
    }
  });
});
