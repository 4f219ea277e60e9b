# SPDX-License-Identifier: GPL-3.0-or-later
"""outingctl and the real agent together: the whole story as it is typed and read, on a private bus."""

import hashlib
import json
import os
import pathlib
import re
import subprocess

import pytest
from agent_bed import BUILD, TOP, open_bed
from mock_gate import SHUT, GateService

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: workers become their own users")
CAMERA = "Blue Room camera"
DEVICE_KEYS = {"id", "name", "role", "registered", "present", "kind", "vendor", "product", "serial", "state", "last_offload",
               "last_clear"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="session", autouse=True)
def built():
    subprocess.run(["make", "-C", str(TOP), "-s", "-j2", "VARIANT=faults", "all"], check=True, capture_output=True)


@pytest.fixture
def bed(tmp_path):
    with open_bed(tmp_path) as bed:
        yield bed


def outingctl(bed, *words, status=0, user=None):
    command = [str(BUILD / "outingctl"), *words]
    if user:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
    result = subprocess.run(command, env=bed.environment, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == status, result.stdout + result.stderr
    for line in (result.stdout + result.stderr).splitlines():
        assert "--json" in words or len(line) <= 80 or max(map(len, line.split())) > 60, line
    return " ".join((result.stdout + result.stderr).split()) if "--json" not in words else json.loads(result.stdout)


def plugged(bed, **facts):
    card = bed.image(bed.card(files=4, bytes=64 << 20, **facts))
    bed.start()
    bed.plug(card)
    bed.signals.wait("DeviceRefused")
    return card


def test_the_whole_story(bed):
    card = plugged(bed)
    pictures = sorted(p.read_bytes() for p in pathlib.Path(card["source"]).rglob("*.JPG"))

    table = outingctl(bed, "devices")
    assert "unregistered" in table and "outingctl device add NAME" in table
    device = outingctl(bed, "devices", "--json")[0]
    assert set(device) >= DEVICE_KEYS and device["present"] and not device["registered"] and device["kind"] == "disk"

    assert "is registered" in outingctl(bed, "device", "add", CAMERA, "--role", "camera", "--device", device["id"])
    assert "4 files" in outingctl(bed, "offload", "Blue", "Room", "camera")
    stored = sorted(p.read_bytes() for p in bed.vault.rglob("*.JPG"))
    assert stored == pictures

    device = outingctl(bed, "devices", "--json")[0]
    assert device["state"] == "offloaded" and TIME.fullmatch(device["last_offload"]) and device["last_clear"] is None
    session = outingctl(bed, "sessions", "--json")[0]
    assert session["state"] == "committed" and session["files"] == 4
    assert f'{session["id"][:8]} {CAMERA} committed 4' in outingctl(bed, "sessions")

    outingctl(bed, "certificate", CAMERA, status=1)
    assert "clear" in outingctl(bed, "wipe", CAMERA, "--yes")
    image = pathlib.Path(card["node"]).read_bytes()
    assert not any(p[:64] in image for p in pictures)
    device = outingctl(bed, "devices", "--json")[0]
    assert device["state"] == "cleared" and TIME.fullmatch(device["last_clear"])

    for word in (CAMERA, session["id"], session["id"][:8], device["id"]):
        certificate = outingctl(bed, "certificate", word)
        assert session["id"] in certificate and "NIST SP 800-88" in certificate and CAMERA in certificate
    assert len(outingctl(bed, "certificate", "--json")) == 1

    assert "as recorded" in outingctl(bed, "vault", "verify")
    assert "ready" in outingctl(bed, "vault", "status")
    assert "ready since" in outingctl(bed, "status")
    kinds = [j["kind"] for j in outingctl(bed, "jobs", "--json")]
    assert kinds[0] == "offload" and kinds[-2:] == ["wipe", "vault-verify"]
    assert "whole" in outingctl(bed, "audit", "verify")
    exported = subprocess.run([str(BUILD / "outingctl"), "audit", "export"], env=bed.environment, capture_output=True,
                              check=True).stdout
    assert exported == (bed.log / "audit.jsonl").read_bytes()


def test_the_story_of_a_stick(bed):
    """Registered, opened, a letter allowed, ejected: as a manager types and reads it."""
    service = GateService(bed.gate_socket)
    bed.sit_down(1000)
    bed.start()
    bed.plug({"node": "/dev/fake1", "vendor": "Acme", "product": "Stick", "serial": "STICK000001", "diskseq": 3, "bytes": 8 << 30,
              "type": "vfat", "label": "WHITE", "media": "plain"})
    bed.signals.wait("DeviceRefused")
    device = outingctl(bed, "devices", "--json")[0]["id"]
    outingctl(bed, "device", "add", "White stick", "--role", "stick", "--device", device)
    gate = service.gate()
    gate.wish()
    gate.opened()
    bed.signals.wait("DeviceChanged", lambda d: d["mountpoint"])
    assert "White stick is open at /run/media/robin/WHITE" in outingctl(bed, "devices")
    assert "1 open behind the gate" in outingctl(bed, "status")
    letter = bed.folder / "letter.odt"
    letter.write_bytes(b"a letter")
    assert "It is allowed." in outingctl(bed, "allow", "White stick", str(letter), "--reason", "The school needs it")
    assert gate.allow()["sha512"] == hashlib.sha512(b"a letter").hexdigest()
    bed.allow({"org.outingguard.status": "yes"})
    assert "not allowed to do this" in outingctl(bed, "allow", device, str(letter), "--reason", "x", user=65534, status=1)
    command = subprocess.Popen([str(BUILD / "outingctl"), "eject", "White", "stick"], env=bed.environment, text=True,
                               stdout=subprocess.PIPE)
    gate.wait(SHUT)
    assert command.poll() is None
    gate.closed()
    assert command.communicate(timeout=30)[0] == "White stick may be unplugged now.\n"
    assert "may be unplugged" in outingctl(bed, "devices")
    service.close()


def test_a_changed_picture_in_the_vault_is_named(bed):
    plugged(bed)
    bed.register()
    outingctl(bed, "offload", CAMERA)
    picture = next(bed.vault.rglob("IMG_0002.JPG"))
    data = bytearray(picture.read_bytes())
    data[1000] ^= 1
    picture.chmod(0o640)
    picture.write_bytes(data)
    assert "IMG_0002.JPG" in outingctl(bed, "vault", "verify", status=1)


def test_a_changed_log_is_found(bed):
    plugged(bed)
    bed.register()
    outingctl(bed, "offload", CAMERA)
    log = bed.log / "audit.jsonl"
    text = log.read_text(encoding="utf-8")
    log.write_text(text.replace("camera", "kamera", 1), encoding="utf-8")
    outingctl(bed, "audit", "verify", status=1)
    assert outingctl(bed, "certificate", CAMERA, status=1)


def test_the_register(bed):
    plugged(bed)
    device = outingctl(bed, "devices", "--json")[0]["id"]
    outingctl(bed, "device", "add", "Tree House stick", "--role", "stick", "--device", device, "--room", "Kim")
    outingctl(bed, "device", "rename", "Tree House stick", "Garden stick")
    outingctl(bed, "device", "assign", "Garden stick", "--room", "")
    listed = outingctl(bed, "devices", "--json")[0]
    assert listed["name"] == "Garden stick" and not listed["room"] and listed["role"] == "stick"
    outingctl(bed, "device", "assign", "Garden stick", "--person", "Kim Sample")
    assert outingctl(bed, "devices", "--json")[0]["person"] == "Kim Sample"
    outingctl(bed, "device", "assign", "Garden stick", "--room", "Red Room", "--person", "")
    listed = outingctl(bed, "devices", "--json")[0]
    assert (listed["room"], listed["person"]) == ("Red Room", None)
    outingctl(bed, "device", "remove", "Garden stick")
    assert not outingctl(bed, "devices", "--json")[0]["registered"]
    for words in (["device", "add", "x" * 65, "--role", "camera", "--device", device],
                  ["device", "add", "New", "--role", "spoon", "--device", device],
                  ["device", "add", "New", "--role", "camera", "--device", "disk-0000000000"],
                  ["device", "remove", "Garden stick"], ["job", "cancel", "99"], ["job", "watch", "99"],
                  ["vault", "create", "--size", "1K"]):
        assert outingctl(bed, *words, status=1).startswith("outingctl: ")


def test_who_may_not_is_told_who_may(bed):
    plugged(bed)
    bed.register()
    bed.signals.event("offload-done")
    bed.allow({"org.outingguard.status": "yes"})
    assert CAMERA in outingctl(bed, "devices", user=65534)
    assert "outing-staff" in outingctl(bed, "wipe", CAMERA, "--yes", user=65534, status=1)
    assert "outing-managers" in outingctl(bed, "audit", "export", user=65534, status=1)


def test_the_agent_ends_in_the_middle(bed):
    worker = bed.folder / "workers"
    worker.mkdir()
    for program in BUILD.glob("outing*"):
        if program.name != "outing-offload":
            (worker / program.name).symlink_to(program)
    (worker / "outing-offload").write_text("#!/bin/sh\nexec 0<&3\nwhile :; do read never; done\n", encoding="utf-8")
    (worker / "outing-offload").chmod(0o755)
    bed.libexec = worker
    plugged(bed)
    bed.register()
    bed.signals.event("offload-started")
    watching = subprocess.Popen([str(BUILD / "outingctl"), "offload", CAMERA], env=bed.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert "Offloading" in watching.stdout.readline()
    bed.kill()
    _, reason = watching.communicate(timeout=60)
    assert watching.returncode == 3 and "No picture is lost" in " ".join(reason.split())


def test_the_register_goes_to_another_computer(bed, tmp_path):
    plugged(bed)
    device = outingctl(bed, "devices", "--json")[0]["id"]
    outingctl(bed, "device", "add", "Tree House stick", "--role", "stick", "--device", device, "--room", "Tree House")
    outingctl(bed, "device", "assign", "Tree House stick", "--person", "Kim")
    file = tmp_path / "register.json"
    outingctl(bed, "device", "export", str(file))
    outingctl(bed, "device", "export", str(file), status=1)
    exported = json.loads(file.read_text())
    assert (exported["format"], exported["version"], len(exported["devices"])) == ("outing-guard register", 1, 1)
    assert file.stat().st_mode & 0o777 == 0o600
    # The same computer: nothing is new, and nothing is changed but what was left empty.
    outingctl(bed, "device", "assign", "Tree House stick", "--person", "")
    assert outingctl(bed, "device", "import", str(file), "--json") == {"added": [], "known": 1, "refused": []}
    assert outingctl(bed, "devices", "--json")[0]["person"] == "Kim"
    # Another computer has lost it, and knows another device by that name.
    outingctl(bed, "device", "remove", "Tree House stick")
    spare = dict(exported["devices"][0], name="Spare", key="usb:1209:b10e:SP0042", device_key="usb:1209:b10e:SP0042")
    at_socket = dict(spare, name="Old camera", kind="ptp", key="port:1209:b10e:x-usb-1", device_key="port:1209:b10e:x-usb-1")
    twice = dict(spare, name="Twice")
    taken = dict(spare, name="TREE house stick", key="usb:1209:b10e:SP0043", device_key="usb:1209:b10e:SP0043")
    exported["devices"] += [spare, at_socket, twice, taken]
    file.write_text(json.dumps(exported))
    said = outingctl(bed, "device", "import", str(file), "--json", status=1)
    assert said["added"] == ["Tree House stick", "Spare"] and said["known"] == 0
    assert [word in sentence for word, sentence in zip(("socket", "as \"Spare\"", "called"), said["refused"], strict=True)] == [True] * 3
    names = {d["name"]: d for d in outingctl(bed, "devices", "--json")}
    assert names["Tree House stick"]["present"] and names["Tree House stick"]["room"] == "Tree House"
    assert not names["Spare"]["present"] and names["Spare"]["role"] == "stick"
    entry = bed.audit("register-changed")[-1]["fields"]
    assert (entry["change"], entry["names"], entry["refused"]) == ("imported", ["Tree House stick", "Spare"], 3)


def test_a_file_that_is_no_register_changes_nothing(bed, tmp_path):
    bed.start()
    good = {"name": "Spare", "role": "stick", "room": "", "person": "", "kind": "disk", "key": "usb:1209:b10e:SP0042",
            "device_key": "usb:1209:b10e:SP0042", "media_key": "", "vendor": "", "product": "", "serial": "",
            "descriptors": ""}  # fmt: skip
    whole = {"format": "outing-guard register", "version": 1, "devices": [good]}
    for broken in ("", "{}", "[]", "null", json.dumps(dict(whole, version=2)), json.dumps(dict(whole, format="x")),
                   json.dumps(dict(whole, devices={})), json.dumps(dict(whole, devices=[good, dict(good, role="king")])),
                   json.dumps(dict(whole, devices=[good, dict(good, kind="cake")])),
                   json.dumps(dict(whole, devices=[good, dict(good, key="x" * 600)])),
                   json.dumps(dict(whole, devices=[good, 7])), json.dumps(whole)[:-3], "x" * (2 << 20)):  # fmt: skip
        file = tmp_path / "register.json"
        file.write_text(broken)
        outingctl(bed, "device", "import", str(file), status=1)
        assert outingctl(bed, "devices", "--json") == [], broken[:60]
    outingctl(bed, "device", "import", str(tmp_path / "nowhere"), status=1)
    file.write_text(json.dumps(whole))
    outingctl(bed, "device", "import", str(file))
    assert [d["name"] for d in outingctl(bed, "devices", "--json")] == ["Spare"]
