#!/usr/bin/env bash
# A node of the pair: the package, its two files, and tandem.service.
cd "$(dirname "$(readlink -f "$0")")/../.."
source vagrant/provision/common.sh

case $name in
  lb1) peer=lb2 priority=150 ;;
  lb2) peer=lb1 priority=100 ;;
  *) fail "found machine \"$name\", expected lb1 or lb2" ;;
esac
address=$(address_of "$name")
peer_address=$(address_of "$peer")
vip=$(address_of vip)
interface=$(ip -o -4 address show | awk -v address="$address" 'index($4, address "/") == 1 { print $2 }')
[ -n "$interface" ] || fail "no interface has $address: is the private network up?"

# An emulated processor is some twenty times slower than the machine's own, and may stand still.
advert_int=0.1
patience=
if [ "$(systemd-detect-virt --vm 2>/dev/null || true)" = qemu ]; then
  # On a busy machine the agent stands still for seconds.
  advert_int=3
  # The agent may take startup_script_timeout and 10 s until it is ready, with a script or without. In
  # real time guard and agent would leave nothing of the processor to the balancer.
  patience='  startup_script_timeout 120
  #tandem realtime off
  #tandem agent-timeout 10s
  #tandem balancer-timeout 10s
  #tandem balancer-start-timeout 5m
'
  install -d /etc/systemd/system/tandem.service.d
  printf '[Service]\nTimeoutStartSec=10min\nTimeoutStopSec=5min\nWatchdogSec=2min\n' \
    >/etc/systemd/system/tandem.service.d/emulated.conf
  systemctl daemon-reload
fi

write_hosts
before=$(cat /var/lib/tandem-lab.sum 2>/dev/null || true)
install_tandem
# The drill makes nodes deaf to each other by it.
install_packages nftables

cat >/etc/tandem/haproxy.cfg <<TEXT
global
  localpeer $name
  stats socket /run/tandem/stats.sock mode 660 level admin
  table-directory /var/lib/tandem

defaults
  mode tcp
  timeout connect 1s
  timeout client 5m
  timeout server 5m
  # A broker that refuses is given up for another one at once.
  option redispatch 1

peers pair
  peer lb1 $(address_of lb1):10000
  peer lb2 $(address_of lb2):10000

frontend mqtt
  bind :1883
  # Look at the first packet, and let nothing in that is not MQTT.
  tcp-request inspect-delay 5s
  tcp-request content reject unless { req.payload(0,0),mqtt_is_valid }
  default_backend brokers

backend brokers
  balance roundrobin
  # A device returns to the broker that has its session, whichever node it comes through.
  stick-table type string len 64 size 100k expire 30m peers pair
  stick on req.payload(0,0),mqtt_field_value(connect,client_identifier)
  #tandem option mqtt-check
  default-server check on-marked-down shutdown-sessions
  server broker1 $(address_of broker1):1883
  server broker2 $(address_of broker2):1883
  server broker3 $(address_of broker3):1883

listen stats
  mode http
  bind :8404
  stats enable
  stats uri /
  stats refresh 5s
TEXT

cat >/etc/tandem/keepalived.conf <<TEXT
global_defs {
  vrrp_version 3
  # A machine that boots hears nobody at first.
  vrrp_startup_delay 3
$patience}
vrrp_instance MQTT {
  state BACKUP
  # Who has the address keeps it.
  nopreempt
  interface $interface
  virtual_router_id 51
  priority $priority
  advert_int $advert_int
  unicast_src_ip $address
  unicast_peer {
    $peer_address
  }
  virtual_ipaddress {
    $vip/24
  }
}
TEXT
chown root:tandem /etc/tandem/haproxy.cfg /etc/tandem/keepalived.conf
chmod 640 /etc/tandem/haproxy.cfg /etc/tandem/keepalived.conf

# The drill of the client breaks this node over ssh.
home=$(getent passwd "$drill_user" | cut -d: -f6)
if [ -n "$home" ] && [ -e "$lab/key.pub" ]; then
  install -d -m 700 -o "$drill_user" -g "$drill_user" "$home/.ssh"
  touch "$home/.ssh/authorized_keys"
  grep -qxF "$(cat "$lab/key.pub")" "$home/.ssh/authorized_keys" ||
    cat "$lab/key.pub" >>"$home/.ssh/authorized_keys"
  chown "$drill_user:$drill_user" "$home/.ssh/authorized_keys"
  chmod 600 "$home/.ssh/authorized_keys"
fi

if ! has_systemd; then
  # A tree that is not booted: the next boot starts it. The unit itself checks before each start.
  tandem check -f /etc/tandem/haproxy.cfg -k /etc/tandem/keepalived.conf
  systemctl --quiet enable tandem.service
elif systemctl is-active --quiet tandem.service; then
  if [ "$before" = "$(cat /var/lib/tandem-lab.sum)" ]; then
    systemctl reload tandem.service
  else
    /usr/lib/tandem/libexec/restart-node --force
  fi
else
  systemctl --quiet enable tandem.service
  systemctl start tandem.service || {
    journalctl --no-pager --unit tandem.service --lines 40 >&2
    fail "tandem.service did not start"
  }
fi
