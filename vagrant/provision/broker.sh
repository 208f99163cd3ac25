#!/usr/bin/env bash
# A broker: mosquitto, as Debian has it.
cd "$(dirname "$(readlink -f "$0")")/../.."
source vagrant/provision/common.sh

address=$(address_of "$name")
write_hosts
install_packages mosquitto
cat >/etc/mosquitto/conf.d/lab.conf <<TEXT
listener 1883 $address
allow_anonymous true
max_queued_messages 10000
TEXT
if has_systemd; then
  systemctl --quiet enable mosquitto.service
  systemctl restart mosquitto.service
else
  systemctl --quiet enable mosquitto.service
fi
