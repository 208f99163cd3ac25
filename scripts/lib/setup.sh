# What every script of a clone needs first; read by `source`, from the repository's folder.

ensure_node() {
  if ! command -v node >/dev/null; then
    echo "Node is not installed: install Node 20.19 or newer" >&2
    exit 1
  fi
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' || {
    echo "Found Node $(node --version), expected 20.19 or newer" >&2
    exit 1
  }
}

# Whether node_modules holds what the lockfile names; by content, for a copied file has a young date.
# Optional packages may be absent: they belong to other systems, or need a compiler.
has_modules() {
  [ -e node_modules/.package-lock.json ] && node -e '
    const packagesOf = (file) => JSON.parse(require("fs").readFileSync(file, "utf8")).packages;
    const found = packagesOf("node_modules/.package-lock.json");
    const isMissing = ([path, { optional, devOptional, version }]) =>
      path !== "" && !optional && !devOptional && found[path]?.version !== version;
    process.exit(Object.entries(packagesOf("package-lock.json")).some(isMissing) ? 1 : 0)'
}

# Fetches the npm packages unless they are there; builds as it does so.
ensure_modules() {
  if has_modules; then return 0; fi
  # npm ci empties the folder first, and would do so behind a link that is shared with others.
  if [ -L node_modules ]; then
    echo "node_modules is a link, and not what package-lock.json names: remove the link" >&2
    exit 1
  fi
  echo "Fetching the npm packages and building ..." >&2
  npm ci --loglevel=error --no-progress >&2
}
