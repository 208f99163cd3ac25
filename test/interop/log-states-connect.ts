// Sessions that end before they reach a server, or reach it late.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  SHORT_MS,
  twoServers,
  withOneServer,
  answer,
  talk,
  finish,
  connectAndTalk,
  visit,
} from "./log-states-actors.ts";
import type { Scenario } from "./log-states-harness.ts";

const CONNECT: readonly Scenario[] = [
  {
    name: "server-down-connecting",
    title: "DC when the server goes down while a session connects to it",
    section: ({ s1, s2 }) => [
      `server s1 127.0.0.1:${s1} check port ${s2} inter 150 fall 1 rise 1 on-marked-down shutdown-sessions`,
    ],
    async play(stage) {
      const stop = await stage.serve(stage.ports.s2, answer);
      await stage.serveNobody(stage.ports.s1);
      await stage.serverUp("s1");
      await stage.connect();
      await sleep(SHORT_MS / 3);
      stop();
    },
  },
  {
    name: "refused",
    title: "SC with its retries when the server refuses",
    section: withOneServer("timeout connect 300", "retries 2"),
    play: visit,
  },
  {
    name: "refused-redispatch",
    title: "-- with + when another server takes what one has refused",
    section: (ports) => ["option redispatch", "balance roundrobin", ...twoServers(ports)],
    async play(stage) {
      await stage.serve(stage.ports.s2, answer);
      const client = await stage.connect();
      await talk(client);
      await finish(client);
    },
  },
  {
    name: "refused-by-all",
    title: "SC with + when all refuse",
    section: (ports) => ["option redispatch", "timeout connect 300", ...twoServers(ports)],
    play: visit,
  },
  {
    name: "refused-redispatch-late",
    title: "SC with + when the last retry may go elsewhere",
    section: (ports) => [
      ...["option redispatch -1", "balance source", "timeout connect 300", "retries 2"],
      ...twoServers(ports),
    ],
    play: visit,
  },
  {
    name: "connect-timeout",
    title: "sC when the server does not answer in `timeout connect`",
    section: withOneServer(`timeout connect ${SHORT_MS}`, "retries 1"),
    async play(stage) {
      await stage.serveNobody(stage.ports.s1);
      await visit(stage);
    },
  },
  {
    name: "leaves-connecting",
    title: "CC when the client leaves while connecting",
    section: withOneServer("option abortonclose"),
    async play(stage) {
      await stage.serveNobody(stage.ports.s1);
      const client = await stage.connect();
      await sleep(SHORT_MS / 3);
      await finish(client);
    },
  },
  {
    name: "leaves-connecting-silently",
    title: "CC when the client leaves without a word while connecting",
    section: withOneServer(),
    async play(stage) {
      await stage.serveNobody(stage.ports.s1);
      const client = await stage.connect();
      await sleep(SHORT_MS / 3);
      await finish(client);
    },
  },
  {
    name: "resets-connecting",
    title: "CD when the client resets while connecting",
    section: withOneServer(),
    async play(stage) {
      await stage.serveNobody(stage.ports.s1);
      const client = await stage.connect();
      client.write("hello");
      await sleep(SHORT_MS / 3);
      client.resetAndDestroy();
    },
  },
  {
    name: "speaks-and-ends-connecting",
    title: "sC when the client has spoken and closed its half before the connect timed out",
    section: withOneServer(`timeout connect ${SHORT_MS}`, "retries 0"),
    async play(stage) {
      await stage.serveNobody(stage.ports.s1);
      const client = await stage.connect();
      client.end("hello");
    },
  },
  {
    name: "no-server",
    title: "SC without a server when none is configured",
    section: () => [],
    play: visit,
  },
  {
    name: "disabled-server",
    title: "SC without a server when all are in maintenance",
    section: ({ s1 }) => [`server s1 127.0.0.1:${s1} disabled`],
    play: visit,
  },
];

const QUEUE: readonly Scenario[] = [
  {
    name: "queue-timeout",
    title: "sQ when no slot becomes free in `timeout queue`",
    section: ({ s1 }) => [`timeout queue ${SHORT_MS}`, `server s1 127.0.0.1:${s1} maxconn 1`],
    lineCount: 2,
    async play(stage) {
      const first = await connectAndTalk(stage, answer);
      await visit(stage);
      await stage.logged(1);
      await finish(first);
    },
  },
  {
    name: "leaves-queue",
    title: "CQ when the client leaves the queue",
    section: ({ s1 }) => [`server s1 127.0.0.1:${s1} maxconn 1`],
    lineCount: 2,
    async play(stage) {
      const first = await connectAndTalk(stage, answer);
      const second = await stage.connect();
      await sleep(SHORT_MS / 3);
      await finish(second);
      await stage.logged(1);
      await finish(first);
    },
  },
  {
    name: "resets-queue",
    title: "CD when the client resets in the queue",
    section: ({ s1 }) => [`server s1 127.0.0.1:${s1} maxconn 1`],
    lineCount: 2,
    async play(stage) {
      const first = await connectAndTalk(stage, answer);
      const second = await stage.connect();
      second.write("hello");
      await sleep(SHORT_MS / 3);
      second.resetAndDestroy();
      await stage.logged(1);
      await finish(first);
    },
  },
  {
    name: "queue-full",
    title: "when the queue of the server that must be used is full",
    section: ({ s1 }) => [
      "use-server s1 if TRUE",
      `server s1 127.0.0.1:${s1} maxconn 1 maxqueue 1`,
    ],
    lineCount: 3,
    async play(stage) {
      const first = await connectAndTalk(stage, answer);
      const second = await stage.connect();
      await sleep(SHORT_MS / 3);
      await stage.connect();
      await stage.logged(1);
      await finish(second);
      await stage.logged(2);
      await finish(first);
    },
  },
  {
    name: "queued-then-served",
    title: "-- with the places it had in the queue",
    section: ({ s1 }) => [`server s1 127.0.0.1:${s1} maxconn 1`],
    lineCount: 3,
    async play(stage) {
      const first = await connectAndTalk(stage, answer);
      const second = await stage.connect();
      second.write("hello");
      await sleep(SHORT_MS / 6);
      const third = await stage.connect();
      third.write("hello");
      await sleep(SHORT_MS / 6);
      const answers = [once(second, "data"), once(third, "data")];
      for (const [index, client] of [first, second, third].entries()) {
        await finish(client);
        await stage.logged(index + 1);
        await answers[index];
      }
    },
  },
];

/** See the top of the file. */
export const CONNECT_SCENARIOS: readonly Scenario[] = [...CONNECT, ...QUEUE];
