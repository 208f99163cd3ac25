// Where the line between deciding and doing runs (ARCHITECTURE.md): cores get events and time and
// return effects; only folders named io/ touch the world.
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import {
  importsOf,
  runtimeImportsOf,
  sourceFiles,
  startupImportsOf,
  withoutComments,
  type SourceFile,
} from "./sources.ts";

const PROGRAM = sourceFiles(["src", "ha", "cli"], [".ts"]);

/** What runs in browsers. */
const BROWSER = sourceFiles(["web"], [".ts"]);

/** The modules that a core may use: they compute and touch nothing. */
const PURE_MODULES: ReadonlySet<string> = new Set([
  "node:buffer",
  "node:crypto",
  "node:util",
  "node:zlib",
  "node:string_decoder",
  "mqtt-packet",
]);

/** Programs put cores and io together: they may import io, and what the command line needs. */
const COMPOSERS = /^(?:src\/balancer\.ts|cli\/[^/]+\.ts|ha\/[^/]+\.ts)$/;
const COMPOSER_MODULES: ReadonlySet<string> = new Set(["yargs"]);

const CLOCKS =
  /\b(?:Date\.now|performance\.now|setTimeout|setInterval|setImmediate|Math\.random)\b|\bnew Date\(\)/;

function isIo(path: string): boolean {
  return path.split("/").includes("io");
}

function isCore(file: SourceFile): boolean {
  return !isIo(file.path) && !COMPOSERS.test(file.path);
}

/** A relative import as a path of the repository; other modules as they are. */
function targetOf(file: SourceFile, module: string): string {
  return module.startsWith(".") ? posix.join(posix.dirname(file.path), module) : module;
}

function violations(
  files: readonly SourceFile[],
  modulesOf: (file: SourceFile) => readonly string[],
  isBad: (target: string) => boolean,
): string[] {
  return files.flatMap((file) =>
    modulesOf(file)
      .map((module) => targetOf(file, module))
      .filter(isBad)
      .map((target) => `${file.path} imports ${target}`),
  );
}

function isFile(target: string): boolean {
  return /^(?:src|ha|cli)\//.test(target);
}

describe("architecture", () => {
  test("cores import no module that touches the world", () => {
    const bad = (target: string): boolean => !isFile(target) && !PURE_MODULES.has(target);
    expect(violations(PROGRAM.filter(isCore), runtimeImportsOf, bad)).toEqual([]);
  });

  test("cores import nothing from io/", () => {
    const bad = (target: string): boolean => isFile(target) && isIo(target);
    expect(violations(PROGRAM.filter(isCore), importsOf, bad)).toEqual([]);
  });

  test("programs leave sockets and files to io/", () => {
    const composers = PROGRAM.filter((file) => COMPOSERS.test(file.path));
    const bad = (target: string): boolean =>
      !isFile(target) && !PURE_MODULES.has(target) && !COMPOSER_MODULES.has(target);
    expect(violations(composers, runtimeImportsOf, bad)).toEqual([]);
  });

  test("only io/ knows the time or rolls dice", () => {
    const guilty = PROGRAM.filter((file) => !isIo(file.path)).filter((file) =>
      CLOCKS.test(withoutComments(file.text)),
    );
    expect(guilty.map((file) => file.path)).toEqual([]);
  });

  test("src/base stands on nothing", () => {
    const base = PROGRAM.filter((file) => file.path.startsWith("src/base/"));
    const bad = (target: string): boolean => isFile(target) && !target.startsWith("src/base/");
    expect(violations(base, importsOf, bad)).toEqual([]);
  });

  test("ha/ takes only src/base from the balancer, and the balancer nothing from ha/", () => {
    const ha = PROGRAM.filter((file) => file.path.startsWith("ha/"));
    const src = PROGRAM.filter((file) => file.path.startsWith("src/"));
    const foreign = (target: string): boolean =>
      target.startsWith("src/") && !target.startsWith("src/base/");
    expect(violations(ha, importsOf, foreign)).toEqual([]);
    expect(violations(src, importsOf, (target) => target.startsWith("ha/"))).toEqual([]);
  });

  test("commands that ask a running node do not read what checks configurations", () => {
    const byPath = new Map(PROGRAM.map((file) => [file.path, file]));
    const reached = new Set<string>();
    const visit = (path: string): void => {
      const file = byPath.get(path);
      if (file === undefined || reached.has(path)) return;
      reached.add(path);
      for (const module of startupImportsOf(file)) visit(targetOf(file, module));
    };
    visit("cli/tandem.ts");
    expect([...reached].filter((path) => /^(?:src|ha)\/config\//.test(path))).toEqual([]);
  });

  test("only bin/ stands on the command line", () => {
    const below = PROGRAM.filter((file) => !file.path.startsWith("cli/"));
    expect(violations(below, importsOf, (target) => target.startsWith("cli/"))).toEqual([]);
  });

  test("nothing above the mover seam holds a Node socket", () => {
    const above = PROGRAM.filter((file) =>
      /^src\/(?:session|balance|rules|stick|health|mqtt)\//.test(file.path),
    );
    const bad = (target: string): boolean => /^node:(?:net|tls|dgram|stream)$/.test(target);
    expect(violations(above, importsOf, bad)).toEqual([]);
  });

  test("what runs in a browser takes types from the program, and two modules that touch nothing", () => {
    const shared = (target: string): boolean =>
      target.startsWith("web/") ||
      ["src/dashboard/ring.ts", "src/base/duration-text.ts"].includes(target);
    expect(violations(BROWSER, runtimeImportsOf, (target) => !shared(target))).toEqual([]);
    const typed = (target: string): boolean => /^src\/(?:dashboard|base)\/[^/]+$/.test(target);
    const bad = (target: string): boolean => !target.startsWith("web/") && !typed(target);
    expect(violations(BROWSER, importsOf, bad)).toEqual([]);
    expect(violations(PROGRAM, importsOf, (target) => target.startsWith("web/"))).toEqual([]);
  });

  test("a browser gets texts as texts, and nothing from elsewhere", () => {
    const markup =
      /\b(?:innerHTML|outerHTML|insertAdjacentHTML|setHTML\w*|srcdoc|eval|Function\(|document\.write)\b/;
    const elsewhere = /\bhttps?:\/\/(?!www\.w3\.org\/2000\/svg")|@import|\burl\(/;
    const files = [...BROWSER, ...sourceFiles(["web"], [".css"])];
    const guilty = files.filter(({ text }) => {
      const code = withoutComments(text);
      return markup.test(code) || elsewhere.test(code);
    });
    expect(guilty.map(({ path }) => path)).toEqual([]);
  });
});
