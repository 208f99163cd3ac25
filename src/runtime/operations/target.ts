// Which backend and server the words of a command name.
import type { ServerState } from "../../balance/server.ts";
import { serverKey } from "../../health/monitored.ts";
import type { BackendState } from "../../session/backend-state.ts";
import type { FrontendState } from "../../session/frontend-state.ts";
import type { World } from "../../session/world.ts";
import { type Answer, refuse } from "../command.ts";

/** A server with its backend. */
export interface ServerTarget {
  readonly backend: BackendState;
  readonly server: ServerState;
  /** `backend/server`, as the health monitor names it. */
  readonly key: string;
}

/** What a look-up found, or the refusal that the client is told. */
export type Found<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly answer: Answer };

/** The two halves of `backend/server`. */
export function splitServerWord(
  word: string | undefined,
): Found<{ readonly backend: string; readonly server: string }> {
  const slash = word?.indexOf("/") ?? -1;
  if (word === undefined || slash <= 0 || slash === word.length - 1) {
    return { ok: false, answer: refuse("Require 'backend/server'.") };
  }
  return { ok: true, value: { backend: word.slice(0, slash), server: word.slice(slash + 1) } };
}

/** The server that `backend/server` means; both may be `#` and an identifier. */
export function findServer(world: World, word: string | undefined): Found<ServerTarget> {
  const words = splitServerWord(word);
  if (!words.ok) return words;
  const backend = findBackend(world, words.value.backend);
  if (backend === undefined) return { ok: false, answer: refuse("No such backend.") };
  const { balancer } = backend;
  const id = idOf(words.value.server);
  const server = id === undefined ? balancer.find(words.value.server) : balancer.findById(id);
  if (server === undefined) return { ok: false, answer: refuse("No such server.") };
  return targetOf(backend, server);
}

function targetOf(backend: BackendState, server: ServerState): Found<ServerTarget> {
  return { ok: true, value: { backend, server, key: serverKey(backend.name, server.name) } };
}

/** The backend of this name, or of this `#` and identifier. */
export function findBackend(world: World, word: string): BackendState | undefined {
  const id = idOf(word);
  if (id === undefined) return world.backends.get(word);
  return [...world.backends.values()].find((backend) => backend.id === id);
}

/** The frontend that a word means. */
export function findFrontend(world: World, word: string | undefined): Found<FrontendState> {
  if (word === undefined || word === "") {
    return { ok: false, answer: refuse("A frontend name is expected.") };
  }
  const id = idOf(word);
  const frontend =
    id === undefined
      ? world.frontends.get(word)
      : [...world.frontends.values()].find((each) => each.id === id);
  if (frontend === undefined) return { ok: false, answer: refuse("No such frontend.") };
  return { ok: true, value: frontend };
}

function idOf(word: string): number | undefined {
  return /^#\d{1,9}$/.test(word) ? Number(word.slice(1)) : undefined;
}
