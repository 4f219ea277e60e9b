# SPDX-License-Identifier: GPL-3.0-or-later
"""outingctl and the real agent together: the whole story as it is typed and read, on a private bus."""

import json
import os
import pathlib
import re
import subprocess

import pytest
from agent_bed import BUILD, TOP, Bed

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
    for folder in (tmp_path, *(p for p in tmp_path.parents if p.name.startswith("pytest"))):
        folder.chmod(0o755)
    (tmp_path / "bed").mkdir()
    made = Bed(tmp_path / "bed")
    yield made
    made.close()


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
