// Talks to the runtime API of the node that it runs on: "table.mjs fill PORT TABLE COUNT" writes entries and
// prints the instant; "table.mjs watch PORT TABLE COUNT PERIODMS" asks for the number of entries until it is
// COUNT, and prints {"firstMs","atMs","used"}: of the first answer, and of the last one. Wall clock, ms.
// "table.mjs dump PORT TABLE" prints the keys and the ids of their servers as JSON: [["key","1"], ...].
import { connect } from "node:net";
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";

const [verb, port, table, count, periodMs] = process.argv.slice(2);
/** Commands in one line of the runtime API: it takes 16 KiB. */
const BATCH = 100;
const wallMs = () => performance.timeOrigin + performance.now();

function ask(line) {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1");
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => (text += chunk));
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
    socket.write(`${line}\n`);
  });
}

async function used() {
  // The first line alone is wanted: no entry has this number of it.
  const text = await ask(`show table ${table} data.server_id eq 999999`);
  const found = /used:(\d+)/.exec(text);
  return found === null ? undefined : Number(found[1]);
}

if (verb === "fill") {
  for (let from = 0; from < Number(count); from += BATCH) {
    const upTo = Math.min(from + BATCH, Number(count));
    const commands = [];
    for (let at = from; at < upTo; at += 1) {
      commands.push(`set table ${table} key filled-${at} data.server_id ${1 + (at % 3)}`);
    }
    await ask(commands.join(";"));
  }
  console.log(wallMs());
} else if (verb === "dump") {
  const text = await ask(`show table ${table}`);
  const entries = text.matchAll(/^0x\S+: key=(\S+) .*?server_id=(\d+)/gm);
  console.log(JSON.stringify(Array.from(entries, ([, key, server]) => [key, server])));
} else {
  let firstMs;
  for (;;) {
    const seen = await used().catch(() => undefined);
    const atMs = wallMs();
    if (seen !== undefined) firstMs ??= atMs;
    if (seen !== undefined && seen >= Number(count)) {
      console.log(JSON.stringify({ firstMs, atMs, used: seen }));
      break;
    }
    await setTimeout(Number(periodMs));
  }
}
