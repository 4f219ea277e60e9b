# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-prompt on a real desktop: Xvfb, dunst, yad, a copy as file managers do it into a real gate, and pictures of it.

The pictures are kept in build/prompt-*.png, for people to look at.
"""

import os
import pathlib
import struct
import subprocess
import threading
import time

import pytest
from gate_bed import Gate, wait_for
from PIL import Image
from prompt_bench import PATIENCE, Bench

TOP = pathlib.Path(__file__).resolve().parents[2]
NEEDED = ["Xvfb", "dunst", "yad", "xdotool", "gio"]
MISSING = [p for p in NEEDED if not pathlib.Path("/usr/bin", p).exists()]
pytestmark = [pytest.mark.skipif(bool(MISSING), reason=f"not installed: {MISSING} (make deps)"),
              pytest.mark.skipif(not os.path.exists("/dev/fuse") or os.geteuid() != 0, reason="needs root and /dev/fuse")]
DUNST = """[global]
width = (300, 480)
height = 600
offset = 20x20
font = DejaVu Sans 11
markup = full
mouse_left_click = do_action
dmenu = {menu}
"""
PRIVATE = "four quiet green lamps"


def picture_of(folder, name):
    """What is on the screen, from Xvfb's own picture file (XWD, 32 bits a pixel), also kept as build/prompt-NAME.png."""
    data = (folder / "Xvfb_screen0").read_bytes()
    header = struct.unpack(">25I", data[:100])
    size, width, height, line, colours = header[0], header[4], header[5], header[12], header[19]
    image = Image.frombuffer("RGB", (width, height), data[size + colours * 12:], "raw", "BGRX", line, 1)
    image.save(TOP / "build" / f"prompt-{name}.png")
    return image


def lit(image):
    """How much of the screen is covered by something."""
    return sum(image.convert("L").point(lambda v: v > 0).histogram()[1:])


class Screen:
    def __init__(self, bench):
        self.bench, self.folder, self.running = bench, bench.folder, []
        read, write = os.pipe()
        self.running.append(subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "900x640x24", "-fbdir", str(self.folder), "-nolisten", "tcp", "-noreset"],
            pass_fds=[write], stderr=subprocess.DEVNULL))
        os.close(write)
        with open(read, encoding="ascii") as number:
            self.display = ":" + number.readline().strip()
        self.environment = {"DISPLAY": self.display, "DBUS_SESSION_BUS_ADDRESS": bench.session.address, "PATH": "/usr/bin:/bin",
                            "HOME": str(self.folder), "LC_ALL": "C.UTF-8", "NO_AT_BRIDGE": "1", "GTK_THEME": "Adwaita"}
        self.menu = self.folder / "menu"
        self.choose("")
        config = self.folder / "dunstrc"
        config.write_text(DUNST.format(menu=self.menu), encoding="utf-8")
        self.running.append(subprocess.Popen(["dunst", "-conf", str(config)], env=self.environment, stderr=subprocess.DEVNULL))

    def choose(self, word):
        """What the next click on a message chooses of its buttons."""
        self.menu.write_text(f"#!/bin/sh\ngrep -m1 '{word}'\n", encoding="utf-8")
        self.menu.chmod(0o755)

    def do(self, *words):
        return subprocess.run(["xdotool", *words], env=self.environment, check=False, capture_output=True, text=True).stdout

    def shown(self, name, before=0):
        """Waits until something more than before is on the screen and stays as it is."""
        last, end = None, time.monotonic() + PATIENCE
        while time.monotonic() < end:
            image = picture_of(self.folder, name)
            if last and lit(image) > before and image.tobytes() == last.tobytes():
                return image
            last = image
            time.sleep(0.2)  # poll interval
        raise AssertionError(f"nothing came on the screen: {self.bench.log()}")

    def click(self, image):
        left, top, right, bottom = image.convert("L").point(lambda v: 255 if v else 0).getbbox()
        self.do("mousemove", str((left + right) // 2), str((top + bottom) // 2), "click", "1")

    def close(self):
        for process in reversed(self.running):
            process.terminate()
            process.wait(PATIENCE)


@pytest.fixture
def world(tmp_path):
    bench = Bench(tmp_path)
    (tmp_path / "gate").mkdir()
    screen, gate = Screen(bench), Gate(tmp_path / "gate").start()
    yield bench, screen, gate
    Gate.stop_all()
    bench.close()
    screen.close()


def relay(bench, gate):
    """What the agent does with the gate's reports, each once."""
    told = 0

    def run():
        nonlocal told
        while gate.process.poll() is None:
            for notice in gate.lines()[told:]:
                told += 1
                bench.agent.refuse(**{**notice, "allowable": True})
            time.sleep(0.02)  # poll interval

    threading.Thread(target=run, daemon=True).start()


def test_a_copy_that_is_refused_and_the_stick_encrypted(world):
    bench, screen, gate = world
    bench.start("--dialog", "/usr/bin/yad", windows=False, environment=screen.environment)
    relay(bench, gate)
    for name, content in (("IMG_0001.JPG", b"\xff\xd8\xff\xe0\0\x10JFIFREFUSE"), ("IMG_0002.JPG", b"\xff\xd8\xff\xe0\0\x10JFIFREFUSE"),
                          ("class <b>list & more.txt", b"REFUSE Amelia Testchild"), ("menu.txt", b"soup")):
        source = bench.folder / name
        source.write_bytes(content)
        copied = subprocess.run(["gio", "copy", str(source), str(gate.mount / name)], capture_output=True, text=True, check=False,
                                env=screen.environment)
        assert (copied.returncode == 0) == (name == "menu.txt"), copied.stderr
    image = screen.shown("refused")
    assert lit(image) > 20_000
    screen.choose("Encrypt")
    screen.click(image)
    wait_for(lambda: screen.do("search", "--onlyvisible", "--name", "Encrypt the white stick").strip())
    window = screen.do("search", "--onlyvisible", "--name", "Encrypt the white stick").split()[0]
    screen.do("windowmove", "--sync", window, "20", "300", "windowfocus", "--sync", window)
    screen.shown("passphrase", 20_000)
    screen.do("type", "--delay", "15", PRIVATE)
    screen.do("key", "Tab")
    screen.do("type", "--delay", "15", PRIVATE)
    screen.do("key", "Return")
    assert bench.agent.call() == ("Encrypt", ["disk-77", PRIVATE.encode(), False], True)
    bench.agent.job(7, kind="encrypt", name="white stick", bytes_done=430, seconds_left=250, files_total=0)
    screen.shown("progress")
    gate.settle()
    assert (gate.source / "menu.txt").read_bytes() == b"soup" and not gate.raw(b"REFUSE")


def test_the_manager_is_asked_and_the_camera_unplugged(world):
    bench, screen, gate = world
    sums = bench.stick(**{"register of the forest group_2026.ods": b"names", "trip.pdf": b"more"})
    bench.start("--dialog", "/usr/bin/yad", windows=False, environment=screen.environment)
    for name in sums:
        bench.agent.refuse(name, "names", allowable=True)
    screen.choose("manager")
    screen.click(screen.shown("documents"))
    wait_for(lambda: screen.do("search", "--onlyvisible", "--name", "Ask the manager").strip())
    window = screen.do("search", "--onlyvisible", "--name", "Ask the manager").split()[0]
    screen.do("windowmove", "--sync", window, "20", "300", "windowfocus", "--sync", window)
    screen.shown("reason", 20_000)
    screen.do("type", "--delay", "15", "The doctor needs it")
    screen.do("key", "Return")
    for name, checksum in sums.items():
        assert bench.agent.call() == ("AllowCopy", ["disk-77", checksum, name, "The doctor needs it"], True)
    bench.agent.devices = [{"id": "disk-1", "present": True, "state": "offloaded", "job": None}]
    bench.agent.job(3, state="done", sentence="120 pictures are in the vault, proven.")
    screen.shown("unplug")
