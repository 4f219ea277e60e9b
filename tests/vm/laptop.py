#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test laptop: a disposable Debian computer that tests plug things into.

A Laptop works in a directory of its own: a qcow2 overlay over a frozen disk,
the sockets, the logs. It is started by a real boot or, in a second or two,
from a saved state (see stages.py): the memory image is mapped privately and
the disk gets one more overlay, so that nothing a test does outlives the test.
power_cut() kills the machine in the middle of whatever it does; boot_again()
starts it from the same disk, as after a real power cut.

Pure emulation (TCG) is the rule. KVM is used only when OUTING_LAB_KVM=probe is
set and a child process with a time limit has proved that it works.

    laptop.py [--deb FILE]   boots one and gives a root shell on its serial line
"""

import argparse
import functools
import os
import pathlib
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import termios
import time
import tty

import image
from journal import Journal
from qmp import GuestAgent, LabError, Qmp

# What the guest flushes is safe once the host's kernel has it: a power cut kills QEMU, never the host. So nothing waits
# for the host's own disk (cache=unsafe on the root disk says the same).
FLUSHED = {"no-flush": True}

# What an emulated processor is slow at: "fast" string moves go byte by byte, user access flips the translation tables,
# and a fifth level of page tables makes each look at them longer. Without them clearing and copying is twice as fast.
PROCESSOR = "max,-erms,-smap,-la57"
MEMORY = "1024"
BOOT_TIMEOUT = 240.0
STARTUP_FINISHED = "b07a249cd024414a82dd00cd181378ff"
COMMAND_LINE = (
    "root=/dev/vda rw console=ttyS0 quiet loglevel=4 nokaslr mitigations=off net.ifnames=0 "
    "random.trust_cpu=on rcupdate.rcu_expedited=1 systemd.show_status=0 audit=0 no_timer_check "
    "modprobe.blacklist=kvm_amd,kvm,powernow_k8,pcspkr"
)

KVM_PROBE_SECONDS = 3

# Becomes USER inside the login session USER has on the laptop, if any, so that
# polkit and logind see what they would see of a person sitting in front of it.
AS_USER = """
user=$1; shift; uid=$(id -u "$user")
for scope in /sys/fs/cgroup/user.slice/user-$uid.slice/session-*.scope; do
    [ -d "$scope" ] && echo $$ >"$scope/cgroup.procs" && break
done
export HOME="/home/$user" USER="$user" LOGNAME="$user" XDG_RUNTIME_DIR="/run/user/$uid"
cd "$HOME" && exec setpriv --reuid "$user" --regid "$user" --init-groups -- "$@"
"""


@functools.lru_cache
def accelerator():
    """'kvm' only when asked for and proven in a child that can be killed; else 'tcg'."""
    if os.environ.get("OUTING_LAB_KVM") != "probe":
        return "tcg,thread=multi"
    # A firmware that finds nothing to boot resets the machine, which ends QEMU: guest code has run.
    probe = [
        "qemu-system-x86_64", "-accel", "kvm", "-nodefaults", "-display", "none",
        "-no-reboot", "-boot", "reboot-timeout=1",
    ]  # fmt: skip
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        done = subprocess.run(probe, timeout=KVM_PROBE_SECONDS, **quiet)
    except subprocess.TimeoutExpired:
        return "tcg,thread=multi"
    return "kvm" if done.returncode == 0 else "tcg,thread=multi"


def shell_argv(command, user=None):
    """COMMAND (a list, or a line for sh) as the argument list the guest runs."""
    argv = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
    if not argv[0].startswith("/"):
        argv = ["/usr/bin/env", *argv]
    if user:
        argv = ["/bin/sh", "-c", AS_USER, "as-user", user, *argv]
    return argv


class CommandFailed(LabError):
    """A command in the guest said no; .result has what it printed."""

    def __init__(self, command, result):
        shown = command if isinstance(command, str) else shlex.join(command)
        super().__init__(f"{shown}: status {result.code}\n{result.out}{result.err}")
        self.result = result


class Laptop:
    """One machine. LAYER has vmlinuz and initrd; DISK is the frozen disk under the overlay."""

    def __init__(self, layer, directory, disk=None, disk_format="raw"):
        self.layer = pathlib.Path(layer)
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.overlay = self.dir / "disk.qcow2"
        self.process = None
        self.qmp = self.agent = self.journal = None
        self.boots = 0
        self.plugged = []
        self.command_line = COMMAND_LINE
        self.parts = []  # what else the machine has when it is switched on, as QEMU's options
        if not self.overlay.exists():
            self._make_overlay(disk or self.layer / "disk.raw", disk_format)

    # -- the machine --------------------------------------------------------

    def _make_overlay(self, backing, backing_format):
        image.run(
            "qemu-img", "create", "-q", "-f", "qcow2", "-F", backing_format,
            "-b", pathlib.Path(backing).resolve(), self.overlay,
        )  # fmt: skip

    def _argv(self, memory, shared):
        at = self.dir
        share = "on" if shared else "off"
        backend = f"memory-backend-file,id=ram,size={MEMORY}M,mem-path={memory},share={share}"
        if memory is None:
            backend = f"memory-backend-ram,id=ram,size={MEMORY}M"
        return [
            "qemu-system-x86_64", "-name", "test laptop", "-nodefaults", "-no-user-config",
            "-display", "none", "-vga", "none", "-no-reboot",
            "-machine", "pc,memory-backend=ram", "-object", backend,
            "-accel", accelerator(), "-cpu", PROCESSOR, "-smp", "2", "-m", MEMORY,
            "-rtc", "base=utc,clock=host",
            "-kernel", str(self.layer / "vmlinuz"), "-initrd", str(self.layer / "initrd"),
            "-append", self.command_line,
            "-drive", f"file={self.overlay},format=qcow2,if=none,id=root,discard=unmap,cache=unsafe",
            "-device", "virtio-blk-pci,drive=root,addr=04",
            "-device", "qemu-xhci,id=usb,p2=8,p3=8,addr=05",
            "-device", "virtio-serial-pci,addr=06",
            "-chardev", f"socket,id=agent,path={at}/agent.sock,server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
            "-chardev", f"socket,id=journal,path={at}/journal.sock,server=on,wait=off",
            "-device", "virtserialport,chardev=journal,name=lab.journal",
            "-chardev", f"socket,id=screen,path={at}/screen.sock,server=on,wait=off",
            "-device", "virtserialport,chardev=screen,name=lab.screen",
            "-chardev", f"socket,id=serial,path={at}/serial.sock,server=on,wait=off,"
            f"logfile={at}/serial.log,logappend=on",
            "-serial", "chardev:serial",
            "-qmp", f"unix:{at}/qmp.sock,server=on,wait=off",
            *self.parts,
        ]  # fmt: skip

    def _start(self, memory=None, shared=False, incoming=False):
        for name in ("agent", "journal", "screen", "serial", "qmp"):
            (self.dir / f"{name}.sock").unlink(missing_ok=True)
        argv = self._argv(memory, shared)
        if incoming:
            argv += ["-incoming", "defer"]
        with open(self.dir / "qemu.log", "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *argv],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._wait_socket("qmp")
        self.qmp = Qmp(self.dir / "qmp.sock", open(self.dir / "qmp.log", "a"))
        self.agent = GuestAgent(self.dir / "agent.sock", open(self.dir / "agent.log", "a"))
        self.journal = Journal(self.dir / "journal.sock", self.dir / "journal.json")
        self.boots += 1

    def _wait_socket(self, name):
        deadline = time.monotonic() + 30
        while not (self.dir / f"{name}.sock").exists():
            if self.process.poll() is not None:
                raise LabError("QEMU did not start: " + (self.dir / "qemu.log").read_text())
            if time.monotonic() > deadline:
                raise LabError("QEMU did not open its sockets")
            os.sched_yield()

    def boot(self, memory=None, shared=False):
        """A real boot; returns when systemd says that it has finished starting."""
        self._start(memory, shared)
        self.wait_booted()
        return self

    def type_on_console(self, prompt, answer, reply):
        """Waits until the serial console, from now on, shows PROMPT (bytes), types ANSWER, and waits for REPLY."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.dir / "serial.sock"))
            line.settimeout(BOOT_TIMEOUT)
            self._wait_console(line, prompt)
            line.sendall(answer.encode() + b"\n")
            self._wait_console(line, reply)

    def read_console(self, wanted, do):
        """What the serial console shows from now on, while DO() is done, until WANTED (bytes) is in it."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.dir / "serial.sock"))
            line.settimeout(BOOT_TIMEOUT)
            do()
            return self._wait_console(line, wanted)

    def _wait_console(self, line, wanted):
        shown = b""
        while wanted not in shown:
            block = line.recv(4096)
            if not block:
                raise LabError(f"the machine is gone: {shown[-500:]!r}")
            shown += block
        return shown

    def wait_booted(self):
        self.journal.wait_for(
            lambda e: e.get("MESSAGE_ID") == STARTUP_FINISHED, timeout=BOOT_TIMEOUT
        )
        self.agent.synchronize(timeout=60)

    def resume(self, state, memory, shared=False):
        """Starts from a saved STATE whose memory is in the file MEMORY (not written unless SHARED)."""
        self._start(memory, shared, incoming=True)
        self._migration_capabilities()
        self.qmp.call("migrate-incoming", uri=f"exec:cat {shlex.quote(str(state))}")
        self.qmp.wait_event("MIGRATION", status="completed")
        self.qmp.call("cont")
        self.agent.synchronize(timeout=60)
        self.set_clock()
        return self

    def save(self, state):
        """Stops the machine for ever and writes its STATE; its memory file must be shared."""
        self._migration_capabilities()
        self.qmp.call("migrate-set-parameters", max_bandwidth=1 << 36)
        self.qmp.call("stop")
        self.qmp.call("migrate", uri=f"exec:cat >{shlex.quote(str(state))}")
        self.qmp.wait_event("MIGRATION", status="completed")
        self.qmp.call("quit")
        self.process.wait(30)
        self._hang_up()

    def _migration_capabilities(self):
        wanted = ("events", "x-ignore-shared")
        on = [{"capability": name, "state": True} for name in wanted]
        self.qmp.call("migrate-set-capabilities", capabilities=on)

    def set_clock(self, when=None):
        """The guest's clock, to WHEN (seconds since the epoch) or to the host's."""
        stamp = f"{time.time() if when is None else when:.3f}"
        self.ok(["date", "-u", "-s", "@" + stamp])

    def power_cut(self):
        """The battery falls out: no flush, no shutdown, no warning."""
        self.process.kill()
        self.process.wait(30)
        self._hang_up()
        self.plugged = []

    def boot_again(self):
        """Starts the same disk after power_cut() or shut_down()."""
        return self.boot()

    def shut_down(self):
        self.agent.link.send({"execute": "guest-shutdown", "arguments": {"mode": "powerdown"}})
        self.process.wait(120)
        self._hang_up()
        self.plugged = []

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)
        self._hang_up()

    def _hang_up(self):
        for link in (self.qmp, self.agent, self.journal):
            if link:
                link.close()
        self.qmp = self.agent = self.journal = None

    @property
    def on(self):
        return self.agent is not None and self.process.poll() is None

    # -- what people do on it -----------------------------------------------

    def run(self, command, user=None, timeout=120.0, stdin=b""):
        """Runs COMMAND (list, or line for sh) as root or USER; returns Result(code, out, err)."""
        return self.agent.finish(self.agent.start(shell_argv(command, user), stdin), timeout)

    def ok(self, command, user=None, timeout=120.0, stdin=b""):
        """Like run(), but a status other than 0 is an exception; returns what it printed."""
        result = self.run(command, user, timeout, stdin)
        if result.code != 0:
            raise CommandFailed(command, result)
        return result.out

    def start(self, command, user=None):
        """Starts COMMAND without waiting; finish() with what this returns."""
        return self.agent.start(shell_argv(command, user))

    def poll(self, pid):
        return self.agent.poll(pid)

    def finish(self, pid, timeout=120.0):
        return self.agent.finish(pid, timeout)

    def watch(self, command, user=None, on_output=None, timeout=600.0):
        """Runs COMMAND on a terminal of its own; returns (status, what it showed), live to ON_OUTPUT."""
        port = "/dev/virtio-ports/lab.screen"
        line = command if isinstance(command, str) else shlex.join(command)
        wrapped = shlex.join(["env", "TERM=xterm-256color", "LANG=C.UTF-8", *shell_argv(line, user)])
        with socket.socket(socket.AF_UNIX) as screen:
            screen.connect(str(self.dir / "screen.sock"))
            pid = self.start(
                f"{{ script -qefc {shlex.quote('stty cols 100 rows 30; exec ' + wrapped)} /dev/null </dev/null; "
                f"printf '\\000%d\\n' $?; }} >{port} 2>&1"
            )
            shown = self._relay(screen, on_output, time.monotonic() + timeout)
        self.finish(pid)
        text, _, status = shown.rpartition(b"\0")
        return int(status), text.decode(errors="replace")

    def _relay(self, screen, on_output, deadline):
        shown = b""
        while not (b"\0" in shown and shown.endswith(b"\n")):
            screen.settimeout(max(0.1, deadline - time.monotonic()))
            try:
                block = screen.recv(1 << 16)
            except TimeoutError:
                raise LabError(f"still running: {shown[-500:]!r}") from None
            if not block:
                raise LabError("the machine is gone")
            if on_output and not block.startswith(b"\0"):
                on_output(block.partition(b"\0")[0].decode(errors="replace"))
            shown += block
        return shown

    def read(self, path):
        return self.agent.read_file(path)

    def write(self, path, data):
        self.agent.write_file(path, data.encode() if isinstance(data, str) else data)

    def pull_tree(self, path, target):
        """Copies the guest's directory PATH into the host's directory TARGET."""
        target = pathlib.Path(target)
        target.mkdir(parents=True, exist_ok=True)
        archive = "/run/lab-pull.tar"
        self.ok(f"tar -C {shlex.quote(path)} -cf {archive} . && chmod 600 {archive}")
        data = self.read(archive)
        self.ok(["rm", archive])
        subprocess.run(["tar", "-C", str(target), "-xf", "-"], input=data, check=True)

    # -- things plugged in --------------------------------------------------

    def attach_disk(self, path, read_only=False):
        """Adds an internal disk over the host's file PATH; returns its device in the guest."""
        name = self._free_name("disk")
        self._add_blockdev(name, path, read_only)
        serial = f"lab-{name}"
        self.qmp.call(
            "device_add", driver="virtio-blk-pci", id=name, drive=f"{name}-b", serial=serial
        )
        self.plugged.append(name)
        link = f"/dev/lab/{serial}"
        self.ok(["udevadm", "wait", "--timeout=30", link])
        return self.ok(["readlink", "-f", link]).strip()

    def attach_nvme(self, path):
        """Adds an NVMe disk over the host's file PATH; returns its device in the guest."""
        name = self._free_name("nvme")
        self._add_blockdev(name, path, False)
        self.qmp.call("device_add", driver="nvme", id=name, drive=f"{name}-b", serial=f"lab-{name}")
        self.plugged.append(name)
        self.ok(["udevadm", "wait", "--timeout=30", "--settle", f"/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_lab-{name}"])
        return self.ok(["readlink", "-f", f"/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_lab-{name}"]).strip()

    def plug_usb_storage(self, path, serial, vendor="SUNNY", product="BLUE ROOM CAM",
                         port=None, removable=True, read_only=False, wait=True, bridge="usb-bot"):  # fmt: skip
        """Plugs a USB disk over the host's file PATH in; returns its device (None if not to WAIT).

        BRIDGE is how it speaks to the computer: usb-bot, or usb-uas.
        """
        name = self._free_name("usb")
        self._add_blockdev(name, path, read_only)
        case = {"driver": bridge, "id": name, "bus": "usb.0", "serial": serial, "attached": False}
        if port:
            case["port"] = str(port)
        self.qmp.call("device_add", **case)
        disk = {
            "driver": "scsi-hd", "id": f"{name}-d", "bus": f"{name}.0", "drive": f"{name}-b",
            "vendor": vendor[:8], "product": product[:16], "serial": serial, "removable": removable,
        }  # fmt: skip
        self.qmp.call("device_add", **disk)
        self.qmp.call("qom-set", path=f"/machine/peripheral/{name}", property="attached", value=True)
        self.plugged.append(name)
        return self.wait_usb_disk(serial) if wait else None

    def slow_down(self, bytes_per_second):
        """Limits the USB disk plugged in last, in both directions together."""
        limits = dict.fromkeys(("bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr"), 0)
        self.qmp.call("block_set_io_throttle", id=f"{self.plugged[-1]}-d", bps=bytes_per_second, **limits)

    def wait_usb_disk(self, serial, timeout=30):
        """The node of the USB disk with SERIAL, once udev has finished with it."""
        link = f"/dev/lab/usb-{serial}"
        self.ok(["udevadm", "wait", f"--timeout={timeout}", link], timeout=timeout + 30)
        return self.ok(["readlink", "-f", link]).strip()

    def wait_usb_gone(self, serial, timeout=30):
        self.ok(["udevadm", "wait", f"--timeout={timeout}", "--removed", f"/dev/lab/usb-{serial}"])

    def unplug(self, name=None):
        """Pulls the thing plugged in last, or the one NAMEd; returns when the machine let go."""
        name = name or self.plugged[-1]
        self.plugged.remove(name)
        self.qmp.call("device_del", id=name)
        self.qmp.wait_event("DEVICE_DELETED", device=name)
        self._release_blockdev(f"{name}-b")

    def _free_name(self, kind):
        number = 0
        while f"{kind}{number}" in self.plugged:
            number += 1
        return f"{kind}{number}"

    def _add_blockdev(self, name, path, read_only):
        self.qmp.call(
            "blockdev-add", node_name=f"{name}-b", driver="raw", read_only=read_only, cache=FLUSHED,
            file={"driver": "file", "filename": str(path), "discard": "unmap", "cache": FLUSHED},
        )  # fmt: skip

    def _release_blockdev(self, node):
        deadline = time.monotonic() + 10
        while True:
            try:
                self.qmp.call("blockdev-del", node_name=node)
                return
            except LabError:
                if time.monotonic() > deadline:
                    raise
                os.sched_yield()

    # -- after a failure ----------------------------------------------------

    def leave_evidence(self, target):
        """Copies logs and, from a living guest, the agent's state into TARGET; never raises."""
        target = pathlib.Path(target)
        target.mkdir(parents=True, exist_ok=True)
        for name in ("serial.log", "qmp.log", "agent.log", "qemu.log", "journal.json"):
            if (self.dir / name).exists():
                shutil.copy(self.dir / name, target / name)
        if not self.on:
            (target / "NOTE").write_text("the laptop was off: no state could be taken from it\n")
            return
        try:
            self._guest_evidence(target)
        except (LabError, OSError, subprocess.SubprocessError) as error:
            (target / "NOTE").write_text(f"the state could not be taken: {error}\n")

    def _guest_evidence(self, target):
        commands = {
            "journal.txt": "journalctl --boot --no-pager -o short-precise",
            "dmesg.txt": "dmesg",
            "units.txt": "systemctl --no-pager list-units --all; systemctl --no-pager --failed",
            "block.txt": "lsblk -O; findmnt; dmsetup table; ls -lR /dev/disk",
            "audit.jsonl": "cat /var/log/outing-guard/audit.jsonl",
        }
        for name, command in commands.items():
            (target / name).write_text(self.run(command).out)
        archive = "/run/lab-state.tar"
        self.run(
            f"cd / && tar --exclude='*.luks' --exclude='*.img' --exclude=var/lib/outing-guard/vault/* "
            f"-cf {archive} var/lib/outing-guard var/log/outing-guard etc/outing-guard"
        )
        (target / "state.tar").write_bytes(self.read(archive))


def shell(laptop):
    """Joins this terminal to the laptop's serial line; Ctrl-] ends it."""
    before = termios.tcgetattr(0)
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(laptop.dir / "serial.sock"))
        try:
            tty.setraw(0)
            while True:
                ready = select.select([0, line], [], [])[0]
                typed = os.read(0, 4096) if 0 in ready else b""
                if b"\x1d" in typed:
                    return
                line.sendall(typed)
                if line in ready:
                    os.write(1, line.recv(4096))
        finally:
            termios.tcsetattr(0, termios.TCSADRAIN, before)


def main():
    parser = argparse.ArgumentParser(description="boot the test laptop and open a root shell on it")
    parser.add_argument("--deb", help="package to install on it")
    options = parser.parse_args()
    layer = image.laptop_layer(options.deb, say=print)
    with tempfile.TemporaryDirectory(prefix="outing-lab-") as directory:
        laptop = Laptop(layer, directory)
        started = time.monotonic()
        try:
            laptop.boot()
            print(f"booted in {time.monotonic() - started:.1f} s; Ctrl-] leaves and destroys it")
            shell(laptop)
        finally:
            laptop.close()


if __name__ == "__main__":
    sys.exit(main())
