# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-prompt as the package starts it: with a real login, a real user service, and no desktop at all."""

AUTOLOGIN = "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin alice --noclear --keep-baud 115200 - vt220\n"


def test_somebody_on_a_terminal_is_told_when_the_camera_may_go(nursery, make_card):
    laptop = nursery.laptop
    laptop.ok(["mkdir", "-p", "/run/systemd/system/serial-getty@ttyS0.service.d"])
    laptop.write("/run/systemd/system/serial-getty@ttyS0.service.d/login.conf", AUTOLOGIN)
    laptop.ok(["systemctl", "daemon-reload"])
    laptop.ok(["systemctl", "restart", "serial-getty@ttyS0"])
    laptop.ok("until pgrep -u alice -x outing-prompt; do udevadm settle; done", timeout=60)
    card = make_card(fs="fat32")

    def offload():
        nursery.plug_camera(card)
        nursery.register()
        nursery.wait_state("offloaded")

    shown = laptop.read_console(b"outing-guard: You may unplug the Blue Room camera now", offload)
    assert b"outing-guard: A device is left alone" in shown
