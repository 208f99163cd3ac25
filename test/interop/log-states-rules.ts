// Sessions that rules or the first bytes end.
import { setTimeout as sleep } from "node:timers/promises";
import {
  SHORT_MS,
  withOneServer,
  answer,
  finish,
  connectAndTalk,
  visit,
} from "./log-states-actors.ts";
import type { Scenario } from "./log-states-harness.ts";

const INSPECT: readonly Scenario[] = [
  {
    name: "content-reject",
    title: "PR when a content rule rejects",
    section: withOneServer("tcp-request content reject"),
    play: visit,
  },
  {
    name: "content-reject-late",
    title: "PR when a content rule rejects after the inspection delay",
    section: withOneServer(
      `tcp-request inspect-delay ${SHORT_MS}`,
      "tcp-request content reject unless { req.len gt 0 }",
    ),
    play: visit,
  },
  {
    name: "content-reject-bytes",
    title: "PR when a content rule rejects the first bytes",
    section: withOneServer(
      "tcp-request inspect-delay 5s",
      "tcp-request content reject if { req.payload(0,5) -m str hello }",
    ),
    async play(stage) {
      const client = await stage.connect();
      client.write("hello");
      await finish(client);
    },
  },
  {
    name: "inspecting-client-ends",
    title: "-- when the client closes before the content rules have decided",
    section: withOneServer(
      "tcp-request inspect-delay 5s",
      "tcp-request content accept if { req.len gt 100 }",
    ),
    async play(stage) {
      await stage.serve(stage.ports.s1, answer);
      await finish(await stage.connect());
    },
  },
  {
    name: "inspecting-client-speaks-and-ends",
    title: "-- when the client speaks and closes its half before the content rules have decided",
    section: withOneServer(
      "tcp-request inspect-delay 5s",
      "tcp-request content accept if { req.len gt 100 }",
    ),
    async play(stage) {
      await stage.serve(stage.ports.s1, answer);
      const client = await stage.connect();
      client.write("hello");
      await sleep(SHORT_MS / 3);
      await finish(client);
    },
  },
  {
    name: "inspecting-client-resets",
    title: "CR when the client resets before the content rules have decided",
    section: withOneServer(
      "tcp-request inspect-delay 5s",
      "tcp-request content accept if { req.len gt 100 }",
    ),
    async play(stage) {
      await stage.serve(stage.ports.s1, answer);
      const client = await stage.connect();
      client.write("hello");
      await sleep(SHORT_MS / 3);
      client.resetAndDestroy();
    },
  },
  {
    name: "inspecting-timeout",
    title: "cR when `timeout client` is over before the content rules have decided",
    section: withOneServer(
      "tcp-request inspect-delay 5s",
      `timeout client ${SHORT_MS}`,
      "tcp-request content accept if { req.len gt 100 }",
    ),
    async play(stage) {
      await stage.serve(stage.ports.s1, answer);
      await visit(stage);
    },
  },
  {
    name: "response-reject",
    title: "PD when a response rule rejects",
    section: withOneServer(
      "tcp-response inspect-delay 5s",
      "tcp-response content reject if { res.payload(0,5) -m str world }",
    ),
    async play(stage) {
      await stage.serve(stage.ports.s1, answer);
      const client = await stage.connect();
      client.write("hello");
      await finish(client);
    },
  },
  {
    name: "connection-reject",
    title: "not at all when `tcp-request connection` rejects",
    section: withOneServer("tcp-request connection reject if { src 127.0.0.2 }"),
    async play(stage) {
      await stage.tryFrom("127.0.0.2");
      await finish(await connectAndTalk(stage, answer));
    },
  },
  {
    name: "session-reject",
    title: "not at all when `tcp-request session` rejects",
    section: withOneServer("tcp-request session reject if { src 127.0.0.2 }"),
    async play(stage) {
      await stage.tryFrom("127.0.0.2");
      await finish(await connectAndTalk(stage, answer));
    },
  },
];

const OPENING: readonly Scenario[] = [
  {
    name: "no-backend",
    title: "SC without a server when no backend is named",
    isFrontend: true,
    section: () => [],
    play: visit,
  },
  {
    name: "silent-drop",
    title: "PR when a content rule drops silently",
    section: withOneServer("tcp-request content silent-drop"),
    play: visit,
  },
  {
    name: "proxy-garbage",
    title: "as a failure when there is no PROXY header",
    section: withOneServer("tcp-request connection expect-proxy layer4"),
    async play(stage) {
      const client = await stage.connect();
      client.write("hello, this is no PROXY header");
    },
  },
  {
    name: "proxy-silence",
    title: "as a failure when the client closes before its PROXY header",
    section: withOneServer("tcp-request connection expect-proxy layer4"),
    play: async (stage) => finish(await stage.connect()),
  },
  {
    name: "proxy-cut-off",
    title: "as a failure when the client closes amid its PROXY header",
    section: withOneServer("tcp-request connection expect-proxy layer4"),
    async play(stage) {
      const client = await stage.connect();
      client.end("PROXY TCP4 ");
    },
  },
  {
    name: "proxy-reset",
    title: "as a failure when the client resets before its PROXY header",
    section: withOneServer("tcp-request connection expect-proxy layer4"),
    async play(stage) {
      const client = await stage.connect();
      await sleep(SHORT_MS / 3);
      client.resetAndDestroy();
    },
  },
  {
    name: "proxy-late",
    title: "as a failure when the PROXY header does not come in `timeout client`",
    section: withOneServer(
      "tcp-request connection expect-proxy layer4",
      `timeout client ${SHORT_MS}`,
    ),
    play: visit,
  },
];

/** See the top of the file. */
export const RULE_SCENARIOS: readonly Scenario[] = [...INSPECT, ...OPENING];
