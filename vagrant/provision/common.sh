# What every role of the lab needs; read by `source` from the tree's folder, run as root on the machine.
# shellcheck disable=SC2034 # Those who read it use what they need.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

lab=$PWD/vagrant/.lab
# Another network may be asked for by a file of the same kind.
hosts=${TANDEM_LAB_HOSTS:-$PWD/vagrant/hosts}
name=${TANDEM_LAB_NAME:-$(hostname -s)}

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# The address of a machine of the lab.
address_of() {
  local found
  found=$(awk -v name="$1" '!/^#/ && $2 == name { print $1 }' "$hosts")
  [ -n "$found" ] || fail "found no \"$1\" in $hosts"
  printf '%s\n' "$found"
}

# Every machine knows the others by name; the lines of an earlier run are replaced.
write_hosts() {
  local mark='# lab of tandem'
  {
    grep -v "$mark\$" /etc/hosts || true
    awk -v mark="$mark" '/^[0-9]/ { print $1, $2, mark }' "$hosts"
  } >/etc/hosts.new
  # Behind a mount of its own the file cannot be renamed.
  cat /etc/hosts.new >/etc/hosts
  rm /etc/hosts.new
}

# Debian's packages; nothing is fetched when all are there.
install_packages() {
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
}

has_systemd() { [ -d /run/systemd/system ]; }

# The package of the working tree; the machine brings no Node, so it has one. The same one again is
# no reason to install.
install_tandem() {
  local package=$lab/tandem-ha.deb mark=/var/lib/tandem-lab.sum sum
  [ -e "$package" ] || fail "found no $package: run vagrant/pack on the machine that runs vagrant"
  sum=$(sha256sum <"$package")
  [ ! -e "$mark" ] || [ "$(cat "$mark")" != "$sum" ] || return 0
  install_packages iproute2 util-linux libstdc++6 libgcc-s1
  dpkg --install "$package" || fail "build the package on a machine whose C library is not newer than this one's"
  printf '%s\n' "$sum" >"$mark"
}

# The user by which the drill comes in: Vagrant's.
drill_user=${TANDEM_LAB_USER:-vagrant}
