# Fills FOLDER/tree with a Debian that boots in a virtual machine, and puts its kernel beside it:
# `unshare --mount --pid --fork bash vm-tree.sh FOLDER`. FOLDER/key.pub lets its user in.
set -euo pipefail
work=$1
tree=${work:?}/tree

# What a box of Vagrant's has to have, and what its provisioning would fetch.
packages=systemd-sysv,udev,dbus,kmod,ifupdown,isc-dhcp-client,iproute2,iputils-ping,procps,openssh-server
packages+=,sudo,rsync,libstdc++6,ca-certificates,mosquitto,mosquitto-clients,util-linux-extra,nftables

# The mirror that apt uses here.
mirror=$(find /etc/apt/sources.list /etc/apt/sources.list.d -type f -exec cat {} + 2>/dev/null |
  sed -nE 's#^(URIs:|deb) *(https?://[^ ]+/debian)/?( .*)?$#\2#p' | sed -n 1p) || true

echo "Fetching Debian 12 ..."
mount --make-rprivate /
debootstrap --variant=minbase --include="$packages" bookworm "$tree" \
  "${mirror:-http://deb.debian.org/debian}" >"$work/log" 2>&1 || {
  tail -n 20 "$work/log" >&2
  exit 1
}
mount -t proc proc "$tree/proc"
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive chroot "$tree" "$@"; }

echo "Adding a kernel ..."
mkdir -p "$tree/etc/initramfs-tools/conf.d"
# The disk of a virtual machine, and no other: an initrd of 10 MB instead of 30.
printf 'MODULES=list\nCOMPRESS=zstd\n' >"$tree/etc/initramfs-tools/conf.d/virtual"
{
  inside apt-get install -qq -y --no-install-recommends initramfs-tools zstd
  printf '%s\n' virtio_pci virtio_blk ext4 crc32c_generic >>"$tree/etc/initramfs-tools/modules"
  inside apt-get install -qq -y --no-install-recommends linux-image-cloud-amd64
  inside apt-get clean
} >>"$work/log" 2>&1 </dev/null || {
  tail -n 20 "$work/log" >&2
  exit 1
}
rm -f "$tree"/usr/sbin/policy-rc.d
cp "$tree"/boot/vmlinuz-* "$work/vmlinuz"
cp "$tree"/boot/initrd.img-* "$work/initrd.img"
rm -rf "${tree:?}"/boot/* "$tree"/var/lib/apt/lists/* "$tree"/var/cache/apt/* "$tree"/usr/share/doc/*

echo "Setting up the machine ..."
inside systemctl --quiet disable mosquitto.service
inside useradd --create-home --shell /bin/bash vagrant
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >"$tree/etc/sudoers.d/vagrant"
chmod 440 "$tree/etc/sudoers.d/vagrant"
inside install -d -m 700 -o vagrant -g vagrant /home/vagrant/.ssh
install -m 600 "$work/key.pub" "$tree/home/vagrant/.ssh/authorized_keys"
inside chown vagrant:vagrant /home/vagrant/.ssh/authorized_keys
printf 'UseDNS no\nGSSAPIAuthentication no\n' >"$tree/etc/ssh/sshd_config.d/lab.conf"
# The first interface is the way in; Vagrant writes the others below interfaces.d or behind this.
cat >"$tree/etc/network/interfaces" <<'TEXT'
source /etc/network/interfaces.d/*
auto lo eth0
iface lo inet loopback
iface eth0 inet dhcp
TEXT
printf 'LABEL=root / ext4 defaults,noatime 0 1\n' >"$tree/etc/fstab"
echo debian12 >"$tree/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 debian12\n' >"$tree/etc/hosts"
: >"$tree/etc/machine-id"
# Nothing of these is of use to a machine that lives for an hour.
for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service \
  dpkg-db-backup.timer fstrim.timer systemd-timesyncd.service; do
  inside systemctl --quiet mask "$unit"
done
umount "$tree/proc"
