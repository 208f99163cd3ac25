# What scripts/lab, scripts/drill and scripts/try --pair need; read by `source`, after setup.sh.

# Builds the nodes and the lab when a source is newer than what was built from it.
ensure_lab() {
  ensure_node
  ensure_modules
  if [ ! -e dist/src/balancer.js ] || is_newer dist/src/balancer.js src ha cli; then
    npm run --silent build >&2
    touch dist/src/balancer.js
  fi
  # In a folder of its own: programs that run from dist/ are left alone.
  local built=dist/lab/test/lab/main.js
  if [ ! -e "$built" ] || is_newer "$built" test/lab test/drill test/support; then
    node_modules/.bin/tsc -p test/lab/tsconfig.build.json >&2
    touch "$built"
  fi
}

is_newer() {
  local than=$1
  shift
  [ -n "$(find "$@" -name '*.ts' -newer "$than" -print -quit 2>/dev/null)" ]
}
