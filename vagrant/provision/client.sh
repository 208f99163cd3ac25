#!/usr/bin/env bash
# The client: devices by hand, and the command `drill`.
cd "$(dirname "$(readlink -f "$0")")/../.."
source vagrant/provision/common.sh

write_hosts
install_packages mosquitto-clients openssh-client
install_tandem

# What the drill imports is the same here as in the package, and need not be fetched.
[ ! -d dist/lab ] || ln -sfn /usr/lib/tandem/node_modules node_modules

home=$(getent passwd "$drill_user" | cut -d: -f6)
[ -n "$home" ] || fail "found no user $drill_user; TANDEM_LAB_USER names another one"
install -d -m 700 -o "$drill_user" -g "$drill_user" "$home/.ssh"
install -m 600 -o "$drill_user" -g "$drill_user" "$lab/key" "$home/.ssh/lab_key"
# An emulated processor is some twenty times slower than the machine's own.
pace=
[ "$(systemd-detect-virt --vm 2>/dev/null || true)" != qemu ] || pace='--patience 10 --every 200'
cat >/usr/local/bin/drill <<TEXT
#!/bin/sh
# Breaks the pair of the lab, and measures from here what it costs: drill --help.
PATH=/usr/lib/tandem/bin:\$PATH
export PATH
cd $PWD && exec node --enable-source-maps dist/lab/test/drill/main.js \\
  --on lb1,lb2 --cut-ssh --vip $(address_of vip) $pace "\$@"
TEXT
chmod 755 /usr/local/bin/drill
cat >"$home/.ssh/config" <<TEXT
Host lb1 lb2
  User $drill_user
  IdentityFile $home/.ssh/lab_key
  # Machines of the lab are made anew under the same names.
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
TEXT
chown "$drill_user:$drill_user" "$home/.ssh/config"
