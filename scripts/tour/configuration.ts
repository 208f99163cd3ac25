/** A broker as the balancer's configuration names it. */
export interface BrokerAddress {
  readonly name: string;
  readonly port: number;
}

/** The haproxy.cfg of the tour: what a user with three brokers would write. */
export function configurationText(
  port: number,
  pagePort: number,
  brokers: readonly BrokerAddress[],
): string {
  const servers = brokers.map(({ name, port }) => `  server ${name} 127.0.0.1:${port}`);
  return `global
  maxconn 1000

defaults
  mode tcp
  timeout connect 3s
  timeout client 5m
  timeout server 5m
  # A broker that does not answer is given up for another one at once.
  option redispatch 1

frontend mqtt
  bind 127.0.0.1:${port}
  # Look at the first packet, and let nothing in that is not MQTT.
  tcp-request inspect-delay 5s
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }
  default_backend brokers

backend brokers
  balance leastconn
  # A device returns to the broker that has its session.
  stick-table type string len 64 size 10k expire 30m
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
  default-server check inter 500ms fall 2 rise 2 on-marked-down shutdown-sessions
${servers.join("\n")}

listen page
  mode http
  bind 127.0.0.1:${pagePort}
  stats enable
  stats uri /
  stats admin if { src 127.0.0.0/8 }
`;
}
