// The pair: this node, the other one as this one hears it, and what they share.
import { durationText } from "../src/base/duration-text.ts";
import type { NodeView, PeerView, RouterView } from "../src/dashboard/document.ts";
import { element, setText, unseen } from "./element.ts";
import { ageText, countText } from "./figures.ts";
import { shownText } from "./foreign-text.ts";
import { stateMark, toneOfRouter } from "./state-mark.ts";

/** See the head of this file. */
export class PairView {
  readonly node = element("section", { class: "pair", "aria-labelledby": "pair-title" });
  /** Ages to keep up with the time, as the instants they count from. */
  #ages: { readonly node: HTMLElement; readonly sinceMs: number }[] = [];

  /** Draws a view; views change seldom. */
  show(node: NodeView, nowMs: number): void {
    this.#ages = [];
    this.node.replaceChildren(
      element("h2", { id: "pair-title", class: "unseen" }, "The pair"),
      this.#thisNode(node),
      link(node),
      otherNode(node),
    );
    this.tick(nowMs);
  }

  /** Lets ages go on. */
  tick(nowMs: number): void {
    for (const { node, sinceMs } of this.#ages) setText(node, ageText(nowMs - sinceMs));
  }

  #age(sinceMs: number): HTMLElement {
    const node = element("span", { class: "age" });
    this.#ages.push({ node, sinceMs });
    return node;
  }

  #thisNode(node: NodeView): HTMLElement {
    const fit = node.isFit
      ? stateMark("good", "fit to serve")
      : stateMark("bad", "not fit to serve");
    const parts = node.processes
      // What is said of the agent in full is not said again.
      .filter(({ name }) => name !== "balancer" && (name !== "agent" || node.agentFailure === ""))
      .map(({ name, text, isGood }) => stateMark(isGood ? "good" : "warn", `${name} ${text}`));
    const card = element(
      "div",
      { class: "card node" },
      element("h3", {}, unseen("This node: "), shownText(node.host)),
      ...node.routers.map((router) => this.#router(router)),
    );
    if (node.agentFailure !== "") {
      card.append(
        element(
          "p",
          { class: "absent" },
          element("strong", {}, "Agent not reachable"),
          `: ${node.agentFailure}. Nothing is known of who is master.`,
        ),
      );
    }
    card.append(
      element("p", { class: "marks" }, fit, ...parts),
      element("p", { class: "dim" }, "balancer up for ", this.#age(node.startedMs)),
    );
    return card;
  }

  #router(router: RouterView): HTMLElement {
    const held = router.isHeld || router.state !== "MASTER" ? "" : " (missing)";
    const rows: HTMLElement[] = [
      element("dt", {}, "because"),
      element("dd", {}, shownText(router.reason === "" ? "–" : router.reason)),
      element("dt", {}, "addresses"),
      element("dd", { class: "mono" }, router.vips.join(", ") + held),
    ];
    if (router.faults.length > 0) {
      rows.push(element("dt", {}, "faults"), element("dd", {}, router.faults.join(", ")));
    }
    return element(
      "div",
      { class: "router" },
      element(
        "p",
        { class: "role" },
        stateMark(toneOfRouter(router.state), router.state),
        element("span", {}, " for ", this.#age(router.sinceMs)),
        element("span", { class: "dim" }, ` ${router.name} · priority ${router.priority}`),
      ),
      element("dl", {}, ...rows),
    );
  }
}

/** What goes between the nodes. */
function link({ heartbeats, peers }: NodeView): HTMLElement {
  const lines = [
    ...heartbeats.map(({ isAlive }) =>
      isAlive ? stateMark("good", "heartbeat alive") : stateMark("bad", "heartbeat silent"),
    ),
    ...peers.map((peer) => peerLine(peer)),
  ];
  const none = element("p", { class: "dim" }, "no heartbeat path, no peers");
  return element(
    "div",
    { class: "link" },
    element("h3", { class: "unseen" }, "Between the nodes"),
    ...(lines.length === 0 ? [none] : lines.map((line) => element("p", {}, line))),
  );
}

function peerLine(peer: PeerView): HTMLElement {
  if (peer.state !== "established") return stateMark("bad", `tables: ${peer.name} not connected`);
  if (peer.mismatches.length > 0) return stateMark("bad", `tables: ${peer.mismatches.join("; ")}`);
  const lag = peer.lagMs ?? 0;
  const behind = peer.unackedCount + peer.pendingCount;
  const word = behind === 0 ? "tables in step" : `tables ${durationText(lag)} behind`;
  const count = behind === 0 ? "" : `, ${countText(behind)} changes`;
  return stateMark(lag >= 1_000 ? "warn" : "good", word + count);
}

function otherNode(node: NodeView): HTMLElement {
  const peer = node.peers[0];
  const card = element(
    "div",
    { class: "card node" },
    element("h3", {}, unseen("The other node: "), shownText(peer?.name ?? "other node")),
  );
  if (node.routers.length === 0) {
    const text =
      peer === undefined
        ? "No peer is configured, and the agent tells nothing."
        : `Seen only as a peer: ${peer.state}.`;
    card.append(element("p", { class: "absent" }, text));
  }
  for (const { name, other } of node.routers) {
    const tone = other.role === "unknown" ? "warn" : toneOfRouter(other.role);
    const word = other.role === "unknown" ? "not heard" : other.role;
    const details = [
      name,
      ...(other.priority > 0 ? [`priority ${other.priority}`] : []),
      ...(other.address === null ? [] : [other.address]),
    ];
    card.append(
      element(
        "p",
        { class: "role" },
        stateMark(tone, word),
        element("span", { class: "dim" }, ` ${details.join(" · ")}`),
      ),
    );
    if (other.role === "unknown") {
      card.append(
        element(
          "p",
          { class: "dim" },
          "A backup is silent: only a heartbeat path shows that it is there.",
        ),
      );
    }
  }
  if (peer !== undefined) {
    const isUp = peer.state === "established";
    card.append(
      element("p", { class: "marks" }, stateMark(isUp ? "good" : "bad", `peer ${peer.state}`)),
    );
  }
  return card;
}
