// Sessions that reach their server, and how they end.
import { once } from "node:events";
import type net from "node:net";
import {
  SHORT_MS,
  withOneServer,
  answerAndEnd,
  answer,
  listenOnly,
  talk,
  finish,
  silentAfterTalk,
  connectAndTalk,
} from "./log-states-actors.ts";
import { waitFor } from "../support/wait-for.ts";
import type { Scenario } from "./log-states-harness.ts";

const ORDERLY: readonly Scenario[] = [
  {
    name: "server-ends",
    title: "-- when the server closes first",
    section: withOneServer(),
    play: async (stage) => finish(await connectAndTalk(stage, answerAndEnd)),
  },
  {
    name: "client-ends",
    title: "-- when the client closes first",
    section: withOneServer(),
    play: async (stage) => finish(await connectAndTalk(stage, answer)),
  },
  {
    name: "half-close",
    title: "-- when the client closes its half before the answer",
    section: withOneServer(),
    async play(stage) {
      await stage.serve(stage.ports.s1, (socket) => {
        socket.resume();
        socket.on("end", () => socket.end("late answer"));
      });
      const client = await stage.connect();
      client.end("hello");
      const [bytes] = (await once(client, "data")) as [Buffer];
      if (bytes.toString() !== "late answer") throw new Error(`Got "${bytes.toString()}"`);
    },
  },
  {
    name: "silent-client-ends",
    title: "-- when the client closes without a word",
    section: withOneServer(),
    async play(stage) {
      let serverSocket: net.Socket | undefined;
      await stage.serve(stage.ports.s1, (socket) => {
        serverSocket = socket;
        answer(socket);
      });
      const client = await stage.connect();
      // One that leaves before there is a server is another matter.
      await waitFor(() => serverSocket !== undefined);
      await finish(client);
    },
  },
  {
    name: "no-tcplog",
    title: "as a connect without `option tcplog`",
    section: withOneServer(),
    isPlain: true,
    play: async (stage) => finish(await connectAndTalk(stage, answer)),
  },
  {
    name: "logasap",
    title: "early, with +, under `option logasap`",
    section: withOneServer("option logasap"),
    async play(stage) {
      const client = await connectAndTalk(stage, answer);
      await stage.logged(1);
      await finish(client);
    },
  },
  {
    name: "dontlognull",
    title: "not at all under `option dontlognull` when no byte was exchanged",
    section: withOneServer("option dontlognull"),
    async play(stage) {
      await stage.serve(stage.ports.s1, answer);
      await finish(await stage.connect());
      const client = await stage.connect();
      await talk(client);
      await finish(client);
    },
  },
  {
    name: "dontlog-normal",
    title: "only when it ended badly under `option dontlog-normal`",
    section: withOneServer("option dontlog-normal"),
    async play(stage) {
      const client = await connectAndTalk(stage, answer);
      await finish(client);
      const other = await stage.connect();
      await talk(other);
      other.resetAndDestroy();
    },
  },
];

const DATA: readonly Scenario[] = [
  {
    name: "client-reset",
    title: "CD when the client resets",
    section: withOneServer(),
    play: async (stage) => void (await connectAndTalk(stage, answer)).resetAndDestroy(),
  },
  {
    name: "server-reset",
    title: "SD when the server resets",
    section: withOneServer(),
    async play(stage) {
      // A reset right behind data is an end to both, when it is read together with the data.
      let server: net.Socket | undefined;
      await connectAndTalk(stage, (socket) => {
        server = socket;
        answer(socket);
      });
      server?.resetAndDestroy();
    },
  },
  {
    name: "client-silent",
    title: "cD when the client is silent for `timeout client`",
    section: withOneServer(`timeout client ${SHORT_MS}`),
    play: silentAfterTalk,
  },
  {
    name: "server-silent",
    title: "sD when the server is silent for `timeout server`",
    section: withOneServer(`timeout server ${SHORT_MS}`),
    async play(stage) {
      await stage.serve(stage.ports.s1, listenOnly);
      (await stage.connect()).write("hello");
    },
  },
  {
    name: "both-silent",
    title: "cD when both are silent for the same time",
    section: withOneServer(`timeout client ${SHORT_MS}`, `timeout server ${SHORT_MS}`),
    play: silentAfterTalk,
  },
  {
    name: "tunnel-silent",
    title: "cD when both are silent for `timeout tunnel`",
    section: withOneServer(`timeout tunnel ${SHORT_MS}`),
    play: silentAfterTalk,
  },
  {
    name: "client-fin",
    title: "cD when the client does not follow the server's end in `timeout client-fin`",
    section: withOneServer(`timeout client-fin ${SHORT_MS}`),
    async play(stage) {
      await connectAndTalk(stage, answerAndEnd, { isStubborn: true });
    },
  },
  {
    name: "server-fin",
    title: "sD when the server does not follow the client's end in `timeout server-fin`",
    section: withOneServer(`timeout server-fin ${SHORT_MS}`),
    async play(stage) {
      await stage.serve(stage.ports.s1, listenOnly);
      (await stage.connect()).end("hello");
    },
  },
  {
    name: "server-down",
    title: "D- when the server goes down and its sessions with it",
    section: ({ s1 }) => [
      `server s1 127.0.0.1:${s1} check inter 150 fall 1 rise 1 on-marked-down shutdown-sessions`,
    ],
    async play(stage) {
      const stop = await stage.serve(stage.ports.s1, answer);
      await stage.serverUp("s1");
      await talk(await stage.connect());
      stop();
    },
  },
  {
    name: "backup-yields",
    title: "U- when the active server comes back and the backup's sessions go",
    section: ({ s1, s2 }) => [
      `server s1 127.0.0.1:${s1} check inter 150 fall 1 rise 1 on-marked-up shutdown-backup-sessions`,
      `server s2 127.0.0.1:${s2} backup`,
    ],
    async play(stage) {
      await stage.serve(stage.ports.s2, answer);
      // No server has listened since the start: checks have failed long ago.
      await talk(await stage.connect());
      await stage.serve(stage.ports.s1, answer);
    },
  },
];

/** See the top of the file. */
export const DATA_SCENARIOS: readonly Scenario[] = [...ORDERLY, ...DATA];
