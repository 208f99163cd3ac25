// The checks of a whole configuration, in HAProxy's words where it has any.
import type { Collector } from "../collector.ts";
import { proxyLabel } from "../draft.ts";
import type { ProxyDraft } from "../draft.ts";
import type { GlobalSection } from "../model/global.ts";
import { Finder } from "./finder.ts";
import type { Drafts } from "./finder.ts";
import { checkHttp } from "./http.ts";
import { checkReferences } from "./references.ts";
import { checkServers } from "./servers.ts";

/** Checks everything that needs more than one line; findings go to the collector. */
export function validate(
  drafts: Drafts,
  global: GlobalSection,
  localPeer: string,
  collector: Collector,
): void {
  const finder = new Finder(drafts, collector);
  checkIds(finder);
  for (const proxy of drafts.proxies) {
    if (proxy.disabled) continue;
    checkReferences(finder, proxy);
    if (proxy.kind !== "frontend") checkServers(finder, proxy, global.sslDefaults.serverVerify);
    if (proxy.kind !== "backend") {
      checkListeners(finder, proxy);
      checkLogging(finder, proxy, global);
    }
    checkTimeouts(finder, proxy);
  }
  checkHttp(finder);
  checkPeers(finder, localPeer);
}

function checkIds(finder: Finder): void {
  const seen = new Map<number, ProxyDraft>();
  for (const proxy of finder.drafts.proxies) {
    if (proxy.id === undefined) continue;
    const first = seen.get(proxy.id);
    if (first === undefined) seen.set(proxy.id, proxy);
    else {
      finder.alertAt(
        `${proxy.kind} ${proxy.name} reuses same custom id as ${first.kind} ${first.name} ` +
          `(declared at ${first.position.file}:${first.position.line}).`,
        proxy.position,
      );
    }
  }
}

function checkListeners(finder: Finder, proxy: ProxyDraft): void {
  if (proxy.binds.length > 0) return;
  finder.warn(
    `${proxyLabel(proxy)} has no 'bind' directive. Please declare it as a backend if this was ` +
      "intended.",
    proxy.position,
  );
}

function checkLogging(finder: Finder, proxy: ProxyDraft, global: GlobalSection): void {
  const targets = proxy.logs.filter((log) => log !== "global" || global.logs.length > 0);
  const hasFormat = proxy.flags.has("tcplog") || proxy.flags.has("httplog");
  if (proxy.mode === "tcp" && proxy.flags.has("httplog")) {
    finder.warn(
      `'option httplog' not usable with ${proxyLabel(proxy)} (needs 'mode http'). Falling back ` +
        "to 'option tcplog'.",
      proxy.position,
    );
  }
  if (targets.length === 0 && (hasFormat || proxy.logFormat !== undefined)) {
    finder.warn(
      `log format ignored for ${proxyLabel(proxy)} since it has no log address.`,
      proxy.position,
    );
  }
}

function checkTimeouts(finder: Finder, proxy: ProxyDraft): void {
  const { client, connect, server, tunnel } = proxy.timeouts;
  const isSet = (value: number | undefined): boolean => value !== undefined && value > 0;
  const lacksClient = proxy.kind !== "backend" && !isSet(client);
  const lacksServer =
    proxy.kind !== "frontend" &&
    proxy.servers.length > 0 &&
    (!isSet(connect) || (!isSet(server) && (proxy.mode === "http" || !isSet(tunnel))));
  if (!lacksClient && !lacksServer) return;
  finder.warn(
    `missing timeouts for ${proxyLabel(proxy)}.\n` +
      "   | While not properly invalid, you will certainly encounter various problems\n" +
      "   | with such a configuration. To fix this, please ensure that all following\n" +
      "   | timeouts are set to a non-zero value: 'client', 'connect', 'server'.",
    proxy.position,
  );
}

function checkPeers(finder: Finder, localPeer: string): void {
  for (const section of finder.drafts.peers) {
    if (section.disabled) continue;
    const local = section.peers.find((peer) => peer.name === localPeer);
    if (local === undefined) {
      finder.warn(
        `Removing incomplete section 'peers ${section.name}' (no peer named '${localPeer}').`,
        section.position,
        "Name this node's peer with '-L <name>' or 'localpeer <name>' in the global section.",
      );
    } else if (local.address === undefined && section.bind === undefined) {
      finder.alertAt(
        `local peer '${localPeer}' of section '${section.name}' has no address.`,
        local.position,
        "Give it one, or write a 'bind' line.",
      );
    } else if (local.address?.kind === "name" && section.bind === undefined) {
      finder.alertAt(
        `invalid address: '${local.address.host}' of local peer '${localPeer}' in section '${section.name}'.`,
        local.position,
        "Write a numeric address: names are not resolved for listeners.",
      );
    }
    for (const peer of section.peers) {
      if (peer === local || peer.address !== undefined) continue;
      finder.alertAt(
        `peer '${peer.name}' expects an address: it is not the local one.`,
        peer.position,
      );
    }
  }
}
