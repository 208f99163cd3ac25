# frozen_string_literal: true

# Goes into the box of scripts/vm-image: its disk has no boot loader, so that the hypervisor brings the
# kernel, and lets in the key beside it.
Vagrant.configure("2") do |config|
  config.ssh.private_key_path = File.join(__dir__, "key")
  config.ssh.insert_key = false
  config.vm.boot_timeout = 900
  config.vm.provider :libvirt do |machine|
    machine.kernel = File.join(__dir__, "vmlinuz")
    machine.initrd = File.join(__dir__, "initrd.img")
    machine.cmd_line = "root=LABEL=root console=ttyS0 net.ifnames=0 quiet"
  end
end
