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

# Fetches the npm packages when there are none, or when the lockfile is newer; builds as it does so.
ensure_modules() {
  local installed=node_modules/.package-lock.json
  if [ -e "$installed" ] && [ ! package-lock.json -nt "$installed" ]; then return 0; fi
  echo "Fetching the npm packages and building ..." >&2
  npm ci --loglevel=error --no-progress >&2
}
