// The two files of a node of the lab: what a user with three brokers and one VIP would write. HAProxy and
// Keepalived read the same text as Tandem; what they do not know stands behind #tandem.
import type { Lan } from "../support/netns.ts";

/** The nodes of the pair; the first one is preferred. */
export const NODE_NAMES = ["lb1", "lb2"] as const;
/** A node of the pair. */
export type NodeName = (typeof NODE_NAMES)[number];
/** The brokers behind it. */
export const BROKER_NAMES = ["broker1", "broker2", "broker3"] as const;
/** A broker behind the pair. */
export type BrokerName = (typeof BROKER_NAMES)[number];

/** The pair's address. */
export const VIP = "10.98.0.100";
/** Where the pair and the brokers take MQTT. */
export const MQTT_PORT = 1883;
/** Where a node's runtime API is, on its loopback address. */
export const RUNTIME_PORT = 9_999;
/** Where a reloaded balancer listens, too. */
export const SECOND_PORT = 1_884;
const PEERS_PORT = 10_000;

/** What of the usual files a row of the drill wants otherwise. */
export interface PairFiles {
  /** A returning lb1 takes the VIP back. By default the VIP stays. */
  readonly isPreempting?: boolean;
  /** Adverts also go over the second network. */
  readonly hasHeartbeat?: boolean;
  /** Interval of adverts, ms; default 100. */
  readonly advertMs?: number;
}

/** The other node. */
export function peerOf(name: NodeName): NodeName {
  return name === "lb1" ? "lb2" : "lb1";
}

/** The haproxy.cfg of a node; `isSecond`: with a listener more. */
export function balancerText(lan: Lan, name: NodeName, isSecond = false): string {
  const peers = NODE_NAMES.map((node) => `  peer ${node} ${lan.host(node).ipv4}:${PEERS_PORT}`);
  const servers = BROKER_NAMES.map(
    (broker) => `  server ${broker} ${lan.host(broker).ipv4}:${MQTT_PORT}`,
  );
  return `global
  localpeer ${name}
  stats socket 127.0.0.1:${RUNTIME_PORT} level admin

defaults
  mode tcp
  timeout connect 1s
  timeout client 5m
  timeout server 5m
  # A broker that refuses is given up for another one at once.
  option redispatch 1

peers pair
${peers.join("\n")}

frontend mqtt
  bind :${MQTT_PORT}
${isSecond ? `  bind :${SECOND_PORT}\n` : ""}  # Look at the first packet, and let nothing in that is not MQTT.
  tcp-request inspect-delay 5s
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }
  default_backend brokers

backend brokers
  balance roundrobin
  # A device returns to the broker that has its session, whichever node it comes through.
  stick-table type string len 64 size 100k expire 30m peers pair
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
  #tandem option mqtt-check
  default-server check on-marked-down shutdown-sessions
${servers.join("\n")}
`;
}

/** The keepalived.conf of a node. `checkFile`: a script that fails when the balancer is gone. */
export function agentText(
  lan: Lan,
  name: NodeName,
  files: PairFiles = {},
  checkFile?: string,
): string {
  const [self, peer] = [lan.host(name).ipv4, lan.host(peerOf(name)).ipv4];
  const second = (address: string): string => address.replace("10.98.", "10.99.");
  const heartbeat =
    files.hasHeartbeat === true
      ? `  #tandem heartbeat ${second(self)} ${second(peer)} key "of the lab"\n`
      : "";
  const check =
    checkFile === undefined
      ? { script: "", user: "", track: "" }
      : {
          script: `vrrp_script chk_haproxy {\n  script "/bin/sh ${checkFile}"\n  interval 1\n  fall 1\n  rise 1\n}\n`,
          user: "  script_user root\n",
          track: "  track_script {\n    chk_haproxy\n  }\n",
        };
  return `global_defs {
  vrrp_version 3
${heartbeat}${check.user}}
${check.script}vrrp_instance MQTT {
  state BACKUP
${files.isPreempting === true ? "" : "  nopreempt\n"}  interface eth0
  virtual_router_id 51
  priority ${name === "lb1" ? 150 : 100}
  advert_int ${(files.advertMs ?? 100) / 1_000}
  unicast_src_ip ${self}
  unicast_peer {
    ${peer}
  }
  virtual_ipaddress {
    ${VIP}/24
  }
${check.track}}
`;
}
