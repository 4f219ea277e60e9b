# SPDX-License-Identifier: GPL-3.0-or-later
"""The package comes, is renewed, goes: and never takes a picture with it."""

import os

import pytest
from nursery import card_hash

DEB = "/var/cache/apt/archives/outing-guard.deb"


def keep_a_picture(nursery, make_card):
    card = make_card(fs="fat16")
    nursery.plug_camera(card)
    nursery.register()
    assert nursery.offload().code == 0
    nursery.laptop.unplug()
    return card


def test_upgrade_keeps_register_vault_and_log(nursery, make_card):
    card = keep_a_picture(nursery, make_card)
    nursery.laptop.ok(["dpkg", "-i", DEB], timeout=300)
    assert nursery.laptop.ok("systemctl is-active outingd").strip() == "active"
    assert nursery.wait_device(lambda d: d["registered"])
    assert nursery.missing_from_vault(card) == set()
    assert nursery.ctl("audit", "verify").code == 0
    nursery.plug_camera(card)
    nursery.wait_state("offloaded")


@pytest.mark.campaign
def test_remove_leaves_nothing_running_and_purge_keeps_the_vault(nursery, make_card):
    laptop = nursery.laptop
    card = keep_a_picture(nursery, make_card)
    laptop.ok(["dpkg", "-r", "outing-guard"], timeout=300)
    assert laptop.run("pgrep -x outingd").code == 1
    assert laptop.run("test -e /usr/lib/systemd/system/outingd.service").code == 1
    assert laptop.ok("ls /etc/outing-guard/outing-guard.conf")
    laptop.ok(["dpkg", "-P", "outing-guard"], timeout=300)
    assert laptop.run("test -e /etc/outing-guard").code == 1
    container = laptop.ok("ls /var/lib/outing-guard")
    assert "vault.luks" in container and "vault-key.cred" in container
    laptop.ok(["dpkg", "-i", DEB], timeout=300)
    laptop.ok("systemctl is-active outingd || systemctl start outingd")
    assert nursery.missing_from_vault(card) == set()


@pytest.mark.campaign
def test_remove_while_a_job_runs(nursery, make_card):
    laptop = nursery.laptop
    card = make_card(fs="fat32", mib=192, files={"DCIM/C0001.MP4": os.urandom(120 << 20)}, dirty=False)
    before = card_hash(card)
    nursery.plug_camera(card)
    nursery.register()
    assert nursery.wait_progress("offload", 0.05)["state"] == "running"
    laptop.ok(["dpkg", "-r", "outing-guard"], timeout=300)
    # What somebody's session runs ends with that session, and speaks to the next agent.
    running = laptop.run(["pgrep", "-l", "outing"]).out.splitlines()
    assert {line.split()[1] for line in running} <= {"outing-prompt"}
    assert nursery.events("offload-done") == []
    assert card_hash(card) == before
    laptop.ok(["dpkg", "-i", DEB], timeout=300)
    nursery.wait_event("offload-done")
    assert nursery.missing_from_vault(card) == set()
