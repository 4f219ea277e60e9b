# SPDX-License-Identifier: GPL-3.0-or-later
"""A camera that shows no disk, with the agent at work: plugged in, offloaded by itself, emptied, checked. It is called
"removed, not wiped" everywhere, and whatever goes wrong, each picture is on the camera or in the vault."""

import hashlib
import json
import random

import pytest
from nursery import CAMERA
from ptpcamera import PtpCamera

FOLDER = "/run/camera"
SIZES = {"IMG_0001.JPG": 70_001, "IMG_0002.JPG": 3_000_001, "FULL.JPG": 512 * 2048 - 12, "EMPTY.DAT": 0}


def make_pictures(laptop, sizes=SIZES, seed=7):
    """Pictures in the guest; their sha256 by path as the vault has them."""
    source, made = random.Random(seed), {}
    laptop.ok(f"mkdir -p {FOLDER}/DCIM/100BLUE {FOLDER}/MISC")
    for name, size in sizes.items():
        content = source.randbytes(size)
        laptop.write(f"{FOLDER}/DCIM/100BLUE/{name}", content)
        made[f"store-00010001/DCIM/100BLUE/{name}"] = hashlib.sha256(content).hexdigest()
    return made


def on_camera(laptop):
    return laptop.ok(f"cd {FOLDER} && find . -type f").split()


def lost(nursery, made):
    """Pictures that are neither on the camera nor in the vault."""
    held = set(nursery.vault_hashes().values())
    there = nursery.laptop.ok(f"cd {FOLDER} && find . -type f -exec sha256sum {{}} +")
    held |= {line.split("  ")[0] for line in there.splitlines()}
    return {path for path, digest in made.items() if digest not in held}


def last_job(nursery, kind):
    return [job for job in nursery.jobs() if job["kind"] == kind][-1]


def check(nursery, *options):
    """outing-check --take of the camera alone: exit status, the answer, and what a person reads."""
    asked = ["outing-check", "--leave-laptop", "--take", CAMERA, *options]
    said = nursery.laptop.run(asked, timeout=300)
    answer = nursery.laptop.run([*asked, "--json"], timeout=300)
    return said.code, json.loads(answer.out)["devices"][0], said.out


def plugged_and_registered(nursery, *options, sizes=SIZES):
    """The camera is plugged in and registered; returns it and its pictures."""
    made = make_pictures(nursery.laptop, sizes)
    camera = PtpCamera(nursery.laptop, FOLDER, *options)
    camera.node = camera.plug()
    nursery.register(serial="BR0001")
    return camera, made


@pytest.mark.parametrize("kind", ["ptp", pytest.param("mtp", marks=pytest.mark.campaign)])
def test_a_camera_without_a_disk_is_offloaded_and_emptied(nursery, kind):
    laptop = nursery.laptop
    camera, made = plugged_and_registered(nursery, *([kind] if kind == "mtp" else []))
    assert nursery.wait_event("offload-done")["fields"]["by_itself"] is True
    nursery.wait_state("offloaded")
    session = nursery.sessions()[0]
    assert nursery.session_files(session) == made
    assert camera.commands("100b") == []
    result = nursery.wipe()
    assert result.code == 0 and "not wiped" in result.out + result.err, result
    assert nursery.wait_state("emptied")["last_clear"] is None
    assert on_camera(laptop) == [] and nursery.session_files(session) == made
    deletes = camera.commands("100b")
    assert len(deletes) == len(made) and not {"00000000", "ffffffff"} & {words[1] for words in deletes}
    record = nursery.events("removal-done")[0]["fields"]["record"]
    assert record["result"] == "removed, not wiped" and nursery.certificates() == [record]
    shown = nursery.ctl("certificate", CAMERA)
    assert "removed, not wiped" in shown.out and "CERTIFICATE OF CLEARING" not in shown.out
    code, device, said = check(nursery)
    assert (code, device["verdict"], device["action"]) == (1, "not-ready", None), device
    assert "removed is not wiped" in device["reason"] and said.splitlines()[-1] == "NOT READY"
    nursery.set_config("accept_removed", "true")
    laptop.ok(["systemctl", "reload", "outingd"])
    code, device, said = check(nursery)
    assert (code, device["verdict"]) == (0, "ready") and "Removed is not wiped" in device["reason"]
    assert said.splitlines()[-1] == "READY"
    camera.remove()


@pytest.mark.campaign
def test_a_delete_that_lies_is_not_ready(nursery):
    nursery.set_config("accept_removed", "true")
    nursery.laptop.ok(["systemctl", "reload", "outingd"])
    camera, made = plugged_and_registered(nursery, "8:100b:1:1:0:0")
    nursery.wait_state("offloaded")
    result = nursery.wipe()
    assert result.code == 1 and "still lists it" in result.err, result
    assert len(on_camera(nursery.laptop)) == 1 and lost(nursery, made) == set()
    code, device, said = check(nursery)
    assert (code, device["action"]) == (1, "offload-and-clear") and "still on it" in device["reason"]
    assert said.splitlines()[-1] == "NOT READY"
    # What outing-check offers, it does; the camera has stopped lying.
    code, device, said = check(nursery, "--yes")
    assert (code, device["verdict"]) == (0, "ready"), said
    assert on_camera(nursery.laptop) == []
    camera.remove()


@pytest.mark.campaign
def test_a_camera_formats_its_memory_when_a_manager_says_so(nursery):
    camera, made = plugged_and_registered(nursery, "formats")
    nursery.wait_state("offloaded")
    session = nursery.sessions()[0]
    assert camera.commands("100f") == []
    result = nursery.ctl("wipe", CAMERA, "--format", "--yes")
    assert result.code == 0 and "Formatted is not wiped" in " ".join(result.out.split()), result
    assert nursery.wait_state("emptied")["last_clear"] is None
    record = nursery.events("removal-done")[0]["fields"]["record"]
    assert (record["result"], record["method"]) == ("removed, not wiped", "deleted file by file, then formatted by the camera")
    asked = [words[:2] for words in camera.commands() if words[0] in ("100b", "100f")]
    assert [words[0] for words in asked] == ["100b"] * len(made) + ["100f"] and asked[-1][1] == "00010001", asked
    assert on_camera(nursery.laptop) == [] and nursery.session_files(session) == made
    camera.remove()


def test_a_cable_pulled_while_it_is_read_and_while_it_is_emptied(nursery):
    camera, made = plugged_and_registered(nursery, "17:1009:5:1:0:0")
    failed = nursery.wait_event("offload-failed")["fields"]
    assert failed["outcome"] == "source-gone" and "Nothing is lost" in failed["reason"]
    nursery.wait_state("absent")
    camera.remove()
    assert lost(nursery, made) == set() and len(on_camera(nursery.laptop)) == len(made)

    camera = PtpCamera(nursery.laptop, FOLDER, "17:100b:2:1:0:0")
    camera.plug()
    nursery.wait_state("offloaded")
    result = nursery.wipe()
    assert result.code == 1 and "Nothing is lost" in result.err
    nursery.wait_state("absent")
    camera.remove()
    assert lost(nursery, made) == set() and 0 < len(on_camera(nursery.laptop)) < len(made)

    before = nursery.last_seq()
    camera = PtpCamera(nursery.laptop, FOLDER)
    camera.plug()
    assert nursery.wait_event("removal-done", after=before)["fields"]["by_itself"] is True
    nursery.wait_state("emptied")
    assert on_camera(nursery.laptop) == [] and lost(nursery, made) == set()
    camera.remove()


@pytest.mark.parametrize("verb", ["offload", pytest.param("wipe", marks=pytest.mark.campaign)])
def test_the_agent_is_killed_in_the_middle(nursery, verb):
    laptop = nursery.laptop
    many = {f"IMG_{n:04}.JPG": 200_000 + n for n in range(40)}
    event = {"offload": "offload-started", "wipe": "removal-started"}[verb]
    camera, made = plugged_and_registered(nursery, sizes=many)
    if verb == "wipe":
        nursery.wait_state("offloaded")
        assert nursery.ctl("wipe", CAMERA, "--yes", "--no-wait").code == 0
    nursery.wait_event(event)
    laptop.ok(["systemctl", "kill", "--signal=KILL", "outingd"])
    assert lost(nursery, made) == set()
    laptop.ok("until systemctl is-active -q outingd && outingctl status; do :; done")
    nursery.wait_state({"offloaded", "emptied"}, timeout=180)
    if verb == "wipe":
        nursery.wait_state("emptied", timeout=180)
        assert on_camera(laptop) == []
    assert lost(nursery, made) == set()
    camera.remove()


OPEN = "import os, sys; os.close(os.open(sys.argv[1], os.O_RDWR))"


def test_the_desktop_cannot_open_what_the_agent_can(nursery):
    """Alice sits at the computer and is active: she would get every camera, but not with our rules."""
    laptop = nursery.laptop
    camera, _ = plugged_and_registered(nursery)
    nursery.wait_state("offloaded")
    opens = ["python3", "-c", OPEN, camera.node]
    refused = laptop.run(opens, user="alice")
    assert refused.code != 0 and "Permission denied" in refused.err
    # The agent can, also afterwards.
    assert nursery.wipe().code == 0
    # And without the rules she could: that is what they are for.
    laptop.ok("rm /usr/lib/udev/rules.d/74-outing-guard-exits.rules && udevadm control --reload && udevadm trigger --action=add --settle " + camera.node)
    assert laptop.run(opens, user="alice").code == 0
    camera.remove()


RIGHTLESS = """#!/bin/sh
exec /usr/bin/setpriv --bounding-set=-dac_override /usr/libexec/outing-guard/{name}.real "$@"
"""


@pytest.mark.campaign
def test_workers_are_handed_a_camera_that_they_could_not_open(nursery):
    """From their first moment on, the workers may open the node as little as any user: root without the right to pass over
    modes, and the node another one's. What they are handed is enough for the whole story."""
    laptop = nursery.laptop
    for name in ("outing-offload", "outing-empty"):
        laptop.ok(f"cd /usr/libexec/outing-guard && mv {name} {name}.real")
        laptop.write(f"/usr/libexec/outing-guard/{name}", RIGHTLESS.format(name=name).encode())
        laptop.ok(f"chmod 755 /usr/libexec/outing-guard/{name}")
    made = make_pictures(laptop)
    camera = PtpCamera(laptop, FOLDER)
    node = camera.plug()
    assert laptop.ok(["stat", "-c", "%U %G %a", node]).split() == ["root", "root", "600"]
    laptop.ok(["chown", "nobody", node])
    refused = laptop.run(["setpriv", "--bounding-set=-dac_override,-dac_read_search", "python3", "-c", OPEN, node])
    assert refused.code != 0 and "Permission denied" in refused.err
    nursery.register(serial="BR0001")
    nursery.wait_state("offloaded")
    assert nursery.session_files(nursery.sessions()[0]) == made
    code, device, said = check(nursery)
    assert (code, device["verdict"]) == (1, "not-ready"), said
    assert nursery.wipe().code == 0
    nursery.wait_state("emptied")
    assert on_camera(laptop) == []
    for name in ("outing-offload", "outing-empty"):
        assert laptop.run([f"/usr/libexec/outing-guard/{name}.real", "--worker", "--device", node]).code == 2
    camera.remove()


def test_only_the_device_that_was_judged_is_handed_over(nursery):
    """Another device at its node, or none: the camera is not touched, and nothing else is either."""
    laptop = nursery.laptop
    camera, made = plugged_and_registered(nursery)
    nursery.wait_state("offloaded")
    asked = len(camera.commands())
    for number, outcome in (("189 0", "gone"), ("1 3", "refused")):
        laptop.ok(f"rm {camera.node} && mknod -m 600 {camera.node} c {number}")
        assert nursery.ctl("offload", CAMERA).code == 1
        assert last_job(nursery, "offload")["outcome"] == f"source-{outcome}"
        assert nursery.wipe().code == 1
        assert last_job(nursery, "wipe")["outcome"] == outcome
    assert "not the device any more that was judged" in laptop.ok("journalctl -u outingd --no-pager")
    assert len(camera.commands()) == asked and lost(nursery, made) == set() and len(on_camera(laptop)) == len(made)
    laptop.ok(f"rm {camera.node}")
    assert nursery.ctl("offload", CAMERA).code == 1
    assert last_job(nursery, "offload")["outcome"] == "source-gone"
    camera.remove()
