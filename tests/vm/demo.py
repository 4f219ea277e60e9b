#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job, told the way staff see it, on a disposable laptop.

A camera full of (invented) pictures is plugged in, offloaded, verified and
cleared; a recovery tool looks at its card before and after, on this computer,
where the agent has no say. In between, staff ask whether everything may leave
the building, and this laptop may not. What is claimed here is checked here: any step that
does not come true ends the demo with a status other than 0. The evidence is
left in build/demo/. Nothing on this computer is changed outside build/ and the
cache of guest images.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import cards  # noqa: E402
import image  # noqa: E402
import stages  # noqa: E402
import usbregister  # noqa: E402
from laptop import Laptop  # noqa: E402
from nursery import CAMERA, Nursery  # noqa: E402

BUILD = HERE.parent.parent / "build"
EVIDENCE = BUILD / "demo"
VAULT_SIZE = "2G"
PHOTOS = 24
BOLD, DIM, END = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


class Broken(Exception):
    """Something did not come true."""


def say(text):
    print("\n".join(textwrap.wrap(text, 96)), flush=True)


def chapter(title):
    print(f"\n{BOLD}{title}{END}", flush=True)


def expect(condition, text):
    if not condition:
        raise Broken(text)


def on_screen(laptop, command, user=None, expected=0):
    """Types COMMAND on the laptop and shows its screen as it goes; EXPECTED is its exit status."""
    prompt = f"{user or 'root'}@sunny-lane-laptop"
    print(f"{DIM}{prompt} ${END} {command}", flush=True)

    def show(text):
        sys.stdout.write(text.replace("\r\n", "\n"))
        sys.stdout.flush()

    status, text = laptop.watch(command, user=user, on_output=show)
    expect(status == expected, f"`{command}` ended with status {status}")
    return text


def start_laptop(layer, directory):
    if stages.BOOTED.directory(layer).is_dir():
        return stages.resume(stages.BOOTED, layer, directory)
    return Laptop(layer, directory).boot()


def what_a_quick_format_does(card, scratch):
    """How many pictures a recovery tool finds after a quick format of a copy of the card."""
    copy = scratch / "formatted.img"
    shutil.copyfile(card.path, copy)
    size = card.path.stat().st_size - card.offset - (1 << 20)
    where = ["--offset", str(card.offset // 512), str(copy), str(size // 1024)]
    subprocess.run(["mkfs.vfat", "-F", "32", "-a", *where], check=True, capture_output=True)
    return cards.recovered_pictures(copy)


def manager_sets_up(nursery, card):
    chapter("1. The manager sets the laptop up, once")
    on_screen(nursery.laptop, f"outingctl vault create --size {VAULT_SIZE}")
    say(
        "The Blue Room camera is plugged in. Nobody has registered it, so the computer does not talk to it: there is no "
        "disk, and nothing on it can be read or written, with the agent or without it."
    )
    nursery.plug_camera(card, wait=False)
    found = nursery.wait_device(lambda d: d["present"] and d["state"] == "refused")
    expect(nursery.laptop.run("ls -d /sys/block/sd*").code != 0, "the refused camera should have no disk")
    on_screen(nursery.laptop, "outingctl devices")
    say("It belongs to the setting, so the manager registers it on the spot:")
    words = f'"{CAMERA}" --role camera --room "Blue Room" --device {found["id"]}'
    on_screen(nursery.laptop, f"outingctl device add {words}")


def alice_offloads(nursery, card):
    chapter("2. Alice comes back from the outing and plugs the camera in")
    say("It is known now: it is taken off at once, read twice, and read back from the vault.")
    before = hashlib.sha256(card.path.read_bytes()).hexdigest()
    on_screen(nursery.laptop, f'outingctl offload "{CAMERA}"', user="alice")
    missing = nursery.missing_from_vault(card)
    expect(not missing, f"not in the vault: {sorted(missing)}")
    after = hashlib.sha256(card.path.read_bytes()).hexdigest()
    expect(before == after, "the card was changed by the offload")
    say(
        f"All {len(card.files)} files, {len(card.pictures)} of them pictures, are in the vault. "
        "The card has not been written to."
    )


def alice_clears_the_card(nursery, card, scratch):
    chapter("3. Alice clears the card")
    formatted = what_a_quick_format_does(card, scratch)
    found = cards.recovered_pictures(card.path)
    say(f"photorec, a recovery tool, finds {found} pictures on the card now,")
    say(f"and {formatted} after a quick format, which is what a camera's menu does.")
    expect(found >= len(card.pictures), "photorec should have found every picture before the clear")
    on_screen(nursery.laptop, f'outingctl wipe "{CAMERA}" --yes', user="alice")


def lines_of(text):
    plain = re.sub("\033\\[[0-9;]*[A-Za-z]", "", text.replace("\r", ""))
    return [line.strip() for line in plain.splitlines() if line.strip()]


def alice_asks_before_the_next_outing(nursery):
    chapter("4. Alice asks whether the camera and the laptop may leave the building")
    say(
        "This laptop's disk is not encrypted, and some of its settings are a test laptop's. outing-check finds that "
        "out by itself, and says so:"
    )
    text = on_screen(nursery.laptop, "outing-check", user="alice", expected=1)
    expect(lines_of(text)[-1] == "NOT READY", "outing-check should have ended with NOT READY")
    expect(
        re.search(r"This computer's disk \(vda, /\) +not encrypted ", text), "the laptop's disk should have been named"
    )
    say(
        "A real laptop would be set up again with an encrypted disk. This one stays in the building. The camera was "
        "cleared, and may go:"
    )
    text = on_screen(nursery.laptop, "outing-check --leave-laptop", user="alice")
    expect(lines_of(text)[-1] == "READY", "outing-check should have ended with READY")


def nothing_is_left_on_the_card(nursery, card):
    chapter("5. Somebody finds the camera and tries to get the pictures back")
    nursery.laptop.unplug()
    left = cards.recovered_pictures(card.path)
    say(f"photorec finds {left} pictures on the cleared card.")
    expect(left == 0, "pictures can still be recovered from the card")
    expect(card.canaries() == 0, "old bytes are still on the card")
    status, text = card.fsck()
    expect(status == 0, f"the card is not clean: {text}")
    expect(not card.list_files(), f"files are still listed: {card.list_files()}")
    say("The file system on it is clean, and the camera can go on using it.")


def gather_evidence(nursery):
    chapter("6. What an inspector can be shown")
    on_screen(nursery.laptop, f'outingctl certificate "{CAMERA}"')
    on_screen(nursery.laptop, "outingctl vault verify")
    on_screen(nursery.laptop, "outingctl audit verify")
    shutil.rmtree(EVIDENCE, ignore_errors=True)
    EVIDENCE.mkdir(parents=True)
    hashes = nursery.vault_hashes()
    listing = "".join(f"{digest}  {path}\n" for path, digest in sorted(hashes.items()))
    (EVIDENCE / "vault-listing.sha256").write_text(listing)
    for path in hashes:
        if "/ascmhl/" in path:
            name = re.sub(r"[^A-Za-z0-9._-]", "_", path.split("/ascmhl/")[1])
            (EVIDENCE / name).write_bytes(nursery.laptop.read(f"/var/lib/outing-guard/vault/{path}"))
    certificates = nursery.certificates()
    (EVIDENCE / "certificate.json").write_text(json.dumps(certificates, indent=2) + "\n")
    text = nursery.laptop.ok(["outingctl", "certificate", CAMERA])
    (EVIDENCE / "certificate.txt").write_text(text)
    (EVIDENCE / "audit.jsonl").write_bytes(nursery.laptop.read("/var/log/outing-guard/audit.jsonl"))
    (EVIDENCE / "journal.txt").write_text(nursery.laptop.ok("journalctl -b --no-pager -u 'outing*'"))
    say(f"The evidence lies in {os.path.relpath(EVIDENCE)}:")
    for file in sorted(EVIDENCE.iterdir()):
        print(f"    {file.name:50} {file.stat().st_size:8} bytes")


def story(nursery, card, scratch):
    manager_sets_up(nursery, card)
    alice_offloads(nursery, card)
    alice_clears_the_card(nursery, card, scratch)
    alice_asks_before_the_next_outing(nursery)
    nothing_is_left_on_the_card(nursery, card)
    gather_evidence(nursery)


def main():
    started = time.monotonic()
    deb = image.newest_deb(BUILD)
    if deb is None:
        raise SystemExit("no package in build/: run `make demo`, which makes it")
    layer = image.laptop_layer(deb, say=say)
    with tempfile.TemporaryDirectory(prefix="outing-demo-") as scratch:
        scratch = pathlib.Path(scratch)
        say("A test laptop is starting: a Debian computer inside this one, thrown away afterwards.")
        card = cards.make_card(scratch / "card.img", fs="fat32", files=cards.camera_tree(PHOTOS))
        laptop = start_laptop(layer, scratch / "laptop")
        try:
            usbregister.only_the_register_decides(laptop)
            story(Nursery(laptop), card, scratch)
        except BaseException as error:
            laptop.leave_evidence(BUILD / "demo-failed")
            if isinstance(error, KeyboardInterrupt):
                raise
            logs = os.path.relpath(BUILD / "demo-failed")
            print(f"\nThe demo FAILED: {error}\nLogs: {logs}", file=sys.stderr)
            return 1
        finally:
            laptop.close()
    say(f"\nDone in {time.monotonic() - started:.0f} seconds.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
