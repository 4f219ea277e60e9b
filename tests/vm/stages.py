# SPDX-License-Identifier: GPL-3.0-or-later
"""Saved states of the laptop, so that a story starts in a second instead of a boot.

A stage is a directory with a frozen disk, the memory as a file and the state
of the devices. It is made once for each package, by booting (or by going on
from an earlier stage) and letting a function prepare the machine. Starting
from a stage maps its memory privately: nothing is copied, nothing is changed.

Nothing may be plugged into the machine when a stage is saved, and no stage may
be saved with a job running in the guest.
"""

import hashlib
import inspect
import pathlib
import shutil
import tempfile

from laptop import PROCESSOR, Laptop, accelerator
from turns import alone


class Stage:
    """A name, the stage it goes on from (None: a boot), and what makes it different."""

    def __init__(self, name, after=None, prepare=None):
        self.name = name
        self.after = after
        self.prepare = prepare

    def key(self):
        parts = [self.name, accelerator(), PROCESSOR, inspect.getsource(Laptop._argv)]
        if self.prepare:
            parts.append(inspect.getsource(self.prepare))
        if self.after:
            parts.append(self.after.key())
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]

    def directory(self, layer):
        return pathlib.Path(layer) / f"{self.name}-{self.key()}"


def warm_up(laptop):
    """Has the drivers of cards and cameras in memory, as on a laptop that was used today."""
    laptop.ok("modprobe -a dummy_hcd libcomposite usb_f_mass_storage usb_storage sd_mod vfat exfat dm_flakey")
    with tempfile.NamedTemporaryFile() as stick:
        stick.truncate(1 << 20)
        laptop.plug_usb_storage(stick.name, "WARMUP")
        laptop.unplug()
        laptop.wait_usb_gone("WARMUP")


BOOTED = Stage("booted", prepare=warm_up)


def ensure(stage, layer, say=lambda text: None):
    """The directory of STAGE for LAYER, made now when it is not there."""
    target = stage.directory(layer)
    with alone(layer, stage.name):
        if target.is_dir():
            return target
        before = ensure(stage.after, layer, say) if stage.after else None
        say(f"preparing the laptop: {stage.name} ...")
        forget_other_states(layer, stage.name)
        with tempfile.TemporaryDirectory(dir=layer, prefix=".stage-") as scratch:
            scratch = pathlib.Path(scratch) / "stage"
            laptop = _make(stage, layer, before, scratch)
            for leftover in scratch.iterdir():
                if leftover.name not in ("disk.qcow2", "memory", "state"):
                    leftover.unlink()
            laptop.dir.rename(target)
    return target


def forget_other_states(layer, name):
    for old in pathlib.Path(layer).glob(f"{name}-*"):
        shutil.rmtree(old)


def _make(stage, layer, before, scratch):
    memory = scratch / "memory"
    if before is None:
        laptop = Laptop(layer, scratch)
    else:
        laptop = Laptop(layer, scratch, disk=before / "disk.qcow2", disk_format="qcow2")
        shutil.copyfile(before / "memory", memory)
    try:
        if before is None:
            laptop.boot(memory, shared=True)
        else:
            laptop.resume(before / "state", memory, shared=True)
        if stage.prepare:
            stage.prepare(laptop)
        laptop.ok(["sync"])
        laptop.save(scratch / "state")
    except BaseException:
        laptop.leave_evidence(pathlib.Path(layer).parent / f"failed-{stage.name}")
        raise
    finally:
        laptop.close()
    return laptop


def resume(stage, layer, directory, say=lambda text: None):
    """A running Laptop in DIRECTORY that starts where STAGE was saved."""
    saved = ensure(stage, layer, say)
    laptop = Laptop(layer, directory, disk=saved / "disk.qcow2", disk_format="qcow2")
    try:
        return laptop.resume(saved / "state", saved / "memory")
    except BaseException:
        laptop.close()
        raise


def made_once(layer, name, key, make, words, say=lambda text: None):
    """The folder NAME-KEY beside LAYER's disk; when it is not there, MAKE(layer, folder, scratch, say) fills it."""
    target = pathlib.Path(layer) / f"{name}-{key}"
    with alone(layer, name):
        if target.is_dir():
            return target
        say(words)
        forget_other_states(layer, name)
        with tempfile.TemporaryDirectory(dir=layer, prefix=f".{name}-") as scratch:
            made = pathlib.Path(scratch) / "made"
            made.mkdir()
            make(pathlib.Path(layer), made, pathlib.Path(scratch), say)
            made.rename(target)
    return target
