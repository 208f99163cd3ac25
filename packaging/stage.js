// Copies what runs, and nothing that builds or tests, into a folder that does not exist yet.
// Usage: node packaging/stage.js FOLDER [--bundle-node]
import { chmodSync, copyFileSync, cpSync, existsSync, lstatSync, mkdirSync } from "node:fs";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Parts of packages that only their authors, compilers or editors need. */
const IDLE_FOLDERS = new Set([
  ...["test", "tests", "__tests__", "example", "examples", "bench", "benchmark", "benchmarks"],
  ...["docs", "coverage", ".github", ".nyc_output", "obj.target", ".deps", "node_modules"],
]);
const IDLE_FILES =
  /(?:\.(?:map|ts|mts|cts|c|cc|cpp|h|o|d|mk|gyp|gypi|md|markdown|yml)|Makefile|\.tsbuildinfo)$/;
// Text of a licence has to go along with what it covers.
const KEPT_FILES = /^(?:licen[cs]e|notice|copying)(?:[-.](?:md|markdown|txt|mit|bsd))*$/i;

function isKept(file) {
  const name = path.basename(file);
  if (lstatSync(file).isDirectory()) return !IDLE_FOLDERS.has(name);
  return KEPT_FILES.test(name) || !IDLE_FILES.test(name);
}

function copyTree(from, to) {
  // The filter judges what is inside: the folder itself may be named as it likes.
  cpSync(from, to, {
    recursive: true,
    dereference: true,
    filter: (file) => file === from || isKept(file),
  });
}

/**
 * The packages that the program needs, as package-lock.json has them. Types are for compilers, and nan
 * holds headers alone. What is optional may be absent.
 */
function runtimePackages() {
  const { packages } = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8"));
  return Object.entries(packages)
    .filter(([place, { dev }]) => place.startsWith("node_modules/") && dev !== true)
    .filter(
      ([place, { devOptional }]) => devOptional !== true || existsSync(path.join(root, place)),
    )
    .filter(([place]) => !/\/(?:@types\/[^/]+|undici-types|nan)$/.test(place))
    .map(([place, { optional }]) => ({ place, isOptional: optional === true }));
}

function copyPackages(target) {
  for (const { place, isOptional } of runtimePackages()) {
    const from = path.join(root, place);
    if (existsSync(from)) copyTree(from, path.join(target, place));
    else if (!isOptional) throw new Error(`${place} is missing: run "npm ci"`);
  }
}

/** Compiled modules, by paths relative to the staged tree. */
function nativeModules(target) {
  return readdirSync(target, { recursive: true })
    .filter((file) => file.endsWith(".node"))
    .sort();
}

function stage(target, bundlesNode) {
  if (existsSync(target)) throw new Error(`${target} exists already`);
  for (const part of ["src", "ha", "cli", "web"]) {
    const from = path.join(root, "dist", part);
    if (!existsSync(from)) throw new Error(`dist/${part} is missing: run "npm run build"`);
    copyTree(from, path.join(target, "dist", part));
  }
  for (const part of ["bin", "packaging/libexec"]) {
    cpSync(path.join(root, part), path.join(target, path.basename(part)), { recursive: true });
  }
  const built = path.join(root, "build", "Release");
  if (existsSync(built)) copyTree(built, path.join(target, "build", "Release"));
  copyPackages(target);
  mkdirSync(path.join(target, "scripts"), { recursive: true });
  for (const file of ["scripts/vip-up", "scripts/vip-down", "package.json", "LICENSE"]) {
    copyFileSync(path.join(root, file), path.join(target, file));
  }
  if (bundlesNode) {
    copyFileSync(process.execPath, path.join(target, "bin", "node"));
    chmodSync(path.join(target, "bin", "node"), 0o755);
  }
  const natives = nativeModules(target);
  // raw-socket and unix-dgram are bound to one major version of Node (its ABI).
  const facts = {
    node: process.version,
    modules: process.versions.modules,
    arch: process.arch,
    bundlesNode,
    natives,
  };
  writeFileSync(path.join(target, "build-info.json"), `${JSON.stringify(facts, null, 2)}\n`);
}

const [target, option] = process.argv.slice(2);
if (target === undefined || (option !== undefined && option !== "--bundle-node")) {
  console.error("Usage: node packaging/stage.js FOLDER [--bundle-node]");
  process.exit(1);
}
try {
  stage(path.resolve(target), option !== undefined);
} catch (error) {
  rmSync(path.resolve(target), { recursive: true, force: true });
  console.error(`stage: ${error.message}`);
  process.exit(1);
}
