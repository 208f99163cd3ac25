// Scripts of health checks.
import type {
  CheckConnect,
  CheckExpectCommon,
  CheckMethod,
  HttpCheckRule,
  MqttCheck,
  TcpCheckRule,
} from "../model/check.ts";
import { flagIf, pair, printLine, printOwnLine, timePair } from "./line.ts";
import type { Printable } from "./line.ts";

/** The option and the rules of a check method; nothing for a plain TCP check. */
export function printCheckMethod(check: CheckMethod): string {
  switch (check.kind) {
    case "tcp":
      return "";
    case "tcp-check":
      return printLine("option tcp-check") + check.rules.map(printTcpRule).join("");
    case "httpchk":
      return printLine("option httpchk") + check.rules.map(printHttpRule).join("");
    case "mqtt-check":
      return printOwnLine("option mqtt-check", ...mqttWords(check.mqtt));
  }
}

function printTcpRule(rule: TcpCheckRule): string {
  switch (rule.kind) {
    case "comment":
      return printLine("tcp-check comment", rule.comment);
    case "connect":
      return printLine("tcp-check connect", ...connectWords(rule));
    case "send": {
      const hex = Buffer.from(rule.bytes, "latin1").toString("hex");
      return printLine("tcp-check send-binary", hex, ...pair("comment", rule.comment));
    }
    case "expect":
      return printLine("tcp-check expect", ...expectWords(rule), rule.match, rule.pattern);
  }
}

function printHttpRule(rule: HttpCheckRule): string {
  switch (rule.kind) {
    case "comment":
      return printLine("http-check comment", rule.comment);
    case "connect":
      return printLine("http-check connect", ...connectWords(rule));
    case "send":
      return printLine(
        "http-check send",
        ...["meth", rule.method, "uri", rule.uri, "ver", rule.version],
        ...rule.headers.flatMap(([name, value]) => ["hdr", name, value]),
        ...pair("body", rule.body),
        ...pair("comment", rule.comment),
      );
    case "expect":
      return printLine("http-check expect", ...expectWords(rule), rule.match, rule.pattern);
  }
}

function mqttWords(mqtt: MqttCheck): readonly Printable[] {
  const { publish } = mqtt;
  return [
    ...pair("version", mqtt.version === 5 ? "5" : "3.1.1"),
    ...pair("client-id", mqtt.clientIdPrefix),
    ...pair("username", mqtt.username),
    ...pair("password", mqtt.password),
    ...pair("keepalive", mqtt.keepaliveSeconds),
    ...pair("publish", publish?.topic),
    ...timePair("within", publish?.withinMs),
    ...pair("ws", mqtt.webSocketPath),
    ...timePair("slow", mqtt.slow?.thresholdMs),
    ...pair("slow-weight", mqtt.slow && `${mqtt.slow.percentMin}%`),
  ];
}

function connectWords(rule: CheckConnect): readonly Printable[] {
  return [
    ...flagIf("default", rule.default),
    ...pair("port", rule.port),
    ...pair("addr", rule.host),
    ...flagIf("send-proxy", rule.sendProxy),
    ...flagIf("ssl", rule.tls),
    ...pair("sni", rule.sni),
    ...pair("alpn", rule.alpn?.join(",")),
    ...flagIf("linger", rule.linger),
    ...pair("comment", rule.comment),
  ];
}

function expectWords(rule: CheckExpectCommon): readonly Printable[] {
  return [
    ...pair("min-recv", rule.bytesMin),
    ...pair("comment", rule.comment),
    ...pair("ok-status", rule.okStatus),
    ...pair("error-status", rule.errorStatus),
    ...pair("tout-status", rule.timeoutStatus),
    ...pair("on-success", rule.onSuccess),
    ...pair("on-error", rule.onError),
    ...flagIf("!", rule.negated),
  ];
}
