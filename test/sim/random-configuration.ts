// Configurations by chance: a few frontends, listens and backends that keep their names from one
// to the next, so that a reload adds, changes and removes them.
import type { Chance } from "./chance.ts";

/** A configuration text. Nothing in it keeps a session from its log line. */
export function randomConfiguration(chance: Chance): string {
  const backends = ["b1", "b2", "b3"].filter(() => !chance.oneIn(4));
  const sections = [
    "global\n  maxconn 60\n",
    ...backends.map((name) => `backend ${name}\n${backendLines(chance)}`),
    ...["l1", "l2"].flatMap((name, i) =>
      chance.oneIn(4)
        ? []
        : [`listen ${name}\n  bind :${10 + i}\n${frontendLines(chance)}${backendLines(chance)}`],
    ),
    ...["f1", "f2"].flatMap((name, i) =>
      backends.length === 0 || chance.oneIn(5)
        ? []
        : [`frontend ${name}\n${bindLine(chance, 20 + i)}${routes(chance, backends)}`],
    ),
    // There is always a way in.
    `listen last\n  bind :30\n${backendLines(chance)}`,
  ];
  return sections.join("\n");
}

function bindLine(chance: Chance, port: number): string {
  const options = [
    ...(chance.oneIn(3) ? ["accept-proxy"] : []),
    ...(chance.oneIn(4) ? ["maxconn 3"] : []),
  ];
  return `  bind :${port} ${options.join(" ")}\n${frontendLines(chance)}`;
}

function frontendLines(chance: Chance): string {
  return lines([
    "mode tcp",
    `timeout client ${chance.pick(["300ms", "5s"])}`,
    chance.oneIn(3) && `maxconn ${1 + chance.below(20)}`,
    chance.oneIn(5) && "rate-limit sessions 5",
    chance.oneIn(5) && "tcp-request connection reject if { src 10.0.0.1 }",
    chance.oneIn(5) && "tcp-request session reject if { src 10.0.0.2 }",
    chance.oneIn(2) && "tcp-request inspect-delay 400ms",
    chance.oneIn(2) && "tcp-request content reject if { req.payload(0,1) -m str x }",
    chance.oneIn(2) && "tcp-request content accept if { req.len gt 2 }",
    chance.oneIn(4) && "clitcpka-cnt 3",
    chance.oneIn(4) && "option clitcpka",
    chance.oneIn(3) && "#tandem option mqtt-refuse",
    chance.oneIn(5) && "#tandem timeout client mqtt max 4s",
  ]);
}

function routes(chance: Chance, backends: readonly string[]): string {
  return lines([
    chance.oneIn(2) && `use_backend ${chance.pick(backends)} if { req.payload(0,1) -m str a }`,
    !chance.oneIn(5) && `default_backend ${chance.pick(backends)}`,
  ]);
}

function backendLines(chance: Chance): string {
  const servers = ["s1", "s2", "s3"].filter(() => !chance.oneIn(4));
  const algorithms = ["roundrobin", "leastconn", "source", "first", "static-rr", "random"];
  return lines([
    "mode tcp",
    `balance ${chance.pick([...algorithms, "hash req.payload(0,2)"])}`,
    `retries ${chance.below(4)}`,
    chance.oneIn(2) && `option redispatch ${chance.pick(["-1", "1", "2", "-2"])}`,
    chance.oneIn(6) && "option persist",
    chance.oneIn(4) && "option abortonclose",
    chance.oneIn(3) && "#tandem option mqtt-refuse",
    `timeout connect ${chance.pick(["100ms", "2s"])}`,
    chance.oneIn(2) && `timeout queue ${chance.pick(["50ms", "1s"])}`,
    ...stickLines(chance),
    chance.oneIn(6) && servers.length > 0 && `use-server ${servers[0]!} if { src 10.0.0.3 }`,
    chance.oneIn(3) && "tcp-response inspect-delay 200ms",
    chance.oneIn(3) && "tcp-response content reject if { res.payload(0,1) -m str x }",
    chance.oneIn(3) && "tcp-response content accept if { res.len gt 2 }",
    ...servers.map((name, i) => `server ${name} 127.0.0.1:${i + 1} ${serverOptions(chance)}`),
  ]);
}

function stickLines(chance: Chance): (string | false)[] {
  if (chance.oneIn(2)) return [];
  const type = chance.pick(["string len 8", "ip"]);
  const key = type === "ip" ? "src" : "req.payload(0,2)";
  return [
    `stick-table type ${type} size ${chance.pick([3, 100])} expire 30s store conn_cur`,
    `stick ${chance.pick(["on", "match", "store-request"])} ${key}`,
    chance.oneIn(4) && type !== "ip" && "stick store-response res.payload(0,2)",
    chance.oneIn(2) && type === "ip" && "tcp-request content track-sc0 src",
    chance.oneIn(4) && "#tandem no option pin-stick-entries",
  ];
}

function serverOptions(chance: Chance): string {
  const options = [
    !chance.oneIn(3) && `maxconn ${1 + chance.below(3)}`,
    chance.oneIn(3) && `maxqueue ${1 + chance.below(2)}`,
    chance.oneIn(5) && "backup",
    chance.oneIn(8) && "disabled",
    chance.oneIn(6) && "non-stick",
    chance.oneIn(5) && "check observe layer4",
  ];
  return options.filter((option) => option !== false).join(" ");
}

function lines(all: readonly (string | false)[]): string {
  return all
    .filter((line) => line !== false)
    .map((line) => `  ${line}\n`)
    .join("");
}
