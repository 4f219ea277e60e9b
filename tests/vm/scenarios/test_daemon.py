# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent itself: killed, restarted, misconfigured, watched, measured."""

import os
import pathlib
import re
import subprocess

import cards
import pytest
from nursery import CAMERA, CONFIG, card_hash


def long_card(make_card):
    """A card that keeps the agent busy for some seconds."""
    return make_card(fs="fat16", files={**cards.camera_tree(), "PRIVATE/M4ROOT/CLIP/C0002.MP4": os.urandom(12 << 20)})


OFTEN = [("offload", "kill -9 worker")]
SELDOM = [("offload", "kill -9 daemon"), ("offload", "systemctl restart"), ("wipe", "kill -9 worker"),
          ("wipe", "kill -9 daemon"), ("wipe", "systemctl restart")]  # fmt: skip


@pytest.mark.parametrize("kind, how", OFTEN + [pytest.param(*case, marks=pytest.mark.campaign) for case in SELDOM])
def test_killed_in_the_middle_of_a_job(nursery, make_card, kind, how):
    laptop = nursery.laptop
    card = long_card(make_card)
    nursery.plug_camera(card)
    nursery.register()
    if kind == "wipe":
        assert nursery.offload().code == 0
        assert nursery.ctl("wipe", CAMERA, "--yes", "--no-wait").code == 0
    assert nursery.wait_progress(kind, 0.2)["state"] == "running"
    if how == "systemctl restart":
        nursery.restart_agent()
    elif how == "kill -9 daemon":
        laptop.ok("kill -9 $(systemctl show -P MainPID outingd)")
    else:
        laptop.ok(["pkill", "-9", "-x", f"outing-{kind}"])
    laptop.ok(["systemctl", "start", "outingd"])
    nursery.wait_state({"present", "offloading", "offloaded", "interrupted", "clearing", "cleared"})
    result = nursery.offload() if kind == "offload" else nursery.wipe()
    assert result.code == 0, result.err
    assert nursery.missing_from_vault(card) == set()
    assert nursery.ctl("audit", "verify").code == 0
    if kind == "wipe":
        assert card.canaries() == 0 and nursery.certificates()


@pytest.mark.campaign
def test_a_cancelled_offload_goes_on_where_it_stopped(nursery, make_card):
    card = long_card(make_card)
    before = card_hash(card)
    nursery.plug_camera(card)
    nursery.register()
    job = nursery.wait_progress("offload", 0.2)
    nursery.laptop.ok(["outingctl", "job", "cancel", str(job["id"])])
    nursery.wait_state("present")
    assert nursery.events("offload-done") == []
    assert card_hash(card) == before
    assert nursery.offload().code == 0
    assert nursery.missing_from_vault(card) == set()
    assert len(nursery.sessions()) == 1


def test_a_broken_configuration_is_refused_and_the_old_one_stays(nursery):
    good = nursery.laptop.read(CONFIG).decode()
    line = good.count("\n", 0, good.index("automatic")) + 1
    nursery.set_config("automatic", '"sometimes"')
    check = nursery.ctl("config", "check")
    assert check.code == 1 and "automatic" in check.err and str(line) in check.err
    nursery.laptop.run(["systemctl", "reload", "outingd"])
    status = nursery.ask("status")
    assert status["config"]["ok"] is False and "automatic" in status["config"]["error"]
    assert status["automatic_offload"] is True
    assert nursery.events("config-rejected")
    nursery.laptop.write(CONFIG, good)
    nursery.laptop.ok(["systemctl", "reload", "outingd"])
    assert nursery.ask("status")["config"]["ok"] is True


HOOK = """#!/bin/sh
id -un >/tmp/hook-who 2>/dev/null || id -un >/run/outing-hook-who 2>/dev/null
logger -t nursery-hook "user=$(id -un) $(env | grep ^OUTING_ | sort | tr '\\n' ' ')"
exit 1
"""


def test_hooks_run_as_nobody_in_particular_and_cannot_harm_a_job(nursery, make_card):
    nursery.install_hook("offload-done", "50-tell", HOOK)
    nursery.install_hook("offload-started", "50-hang", "#!/bin/sh\nexec sleep 600\n")
    mark = nursery.laptop.journal.mark()
    nursery.plug_camera(make_card(fs="fat16"))
    nursery.register()
    assert nursery.offload().code == 0
    told = nursery.laptop.journal.wait_for(r"user=\S+ .*OUTING_", since=mark)
    assert "user=outing-hooks " in told["MESSAGE"]


@pytest.mark.campaign
def test_an_agent_that_hangs_is_started_again(nursery, make_card):
    laptop = nursery.laptop
    laptop.ok("mkdir -p /run/systemd/system/outingd.service.d")
    laptop.write("/run/systemd/system/outingd.service.d/soon.conf", "[Service]\nWatchdogSec=4s\n")
    laptop.ok("systemctl daemon-reload && systemctl restart outingd")
    nursery.plug_camera(make_card(fs="fat16"))
    nursery.register()
    mark = laptop.journal.mark()
    laptop.ok("systemctl kill --kill-whom=main -s STOP outingd")
    laptop.journal.wait_for(r"Watchdog timeout", since=mark)
    laptop.journal.wait_for(r"^Started outingd.service", since=mark)
    assert nursery.offload().code == 0
    assert nursery.ctl("audit", "verify").code == 0


def test_the_unit_is_hardened(nursery):
    out = nursery.laptop.ok(["systemd-analyze", "security", "--no-pager", "outingd.service"])
    figure = float(re.search(r"exposure level for outingd.service: ([0-9.]+)", out).group(1))
    assert figure < 2.8, out


@pytest.mark.campaign
def test_idle_costs_nothing(nursery):
    """Under 6 MB, and asleep: no voluntary context switch in 20 seconds of nothing."""
    laptop = nursery.laptop
    pid = laptop.ok("systemctl show -P MainPID outingd").strip()
    pss = int(laptop.ok(f"awk '/^Pss:/ {{print $2}}' /proc/{pid}/smaps_rollup"))
    assert pss < 6 * 1024
    switches = f"awk '/^voluntary_ctxt/ {{print $2}}' /proc/{pid}/status"
    before, after = laptop.ok(f"{switches}; sleep 20; {switches}").split()
    assert int(after) - int(before) <= 1


PRELOAD = "/usr/local/lib/pidfd-for-valgrind.so"
VALGRIND_UNIT = """[Service]
Environment=LD_PRELOAD={preload}
ExecStart=
ExecStart=/usr/bin/valgrind --leak-check=full --show-leak-kinds=definite,indirect \\
  --errors-for-leak-kinds=definite --error-exitcode=99 --log-file=/run/outing-valgrind.log {command}
MemoryDenyWriteExecute=no
SystemCallFilter=
SystemCallArchitectures=
NoNewPrivileges=no
WatchdogSec=0
TimeoutStartSec=300
LimitNOFILE=4096
TasksMax=infinity
ProtectSystem=no
"""


def pidfd_for_valgrind(laptop, folder):
    """Debian 12's valgrind knows no process descriptors, on which the daemon's workers hang."""
    source = pathlib.Path(__file__).parent.parent / "pidfd-for-valgrind.c"
    built = folder / "pidfd-for-valgrind.so"
    subprocess.run(["gcc", "-std=gnu17", "-O1", "-g", "-shared", "-fPIC", "-pthread", "-o", built, source], check=True)
    laptop.write(PRELOAD, built.read_bytes())


@pytest.mark.campaign
def test_nothing_is_lost_under_valgrind(nursery, make_card, tmp_path):
    """A whole scenario with the daemon under memcheck: no error, no leak."""
    laptop = nursery.laptop
    pidfd_for_valgrind(laptop, tmp_path)
    unit = laptop.ok("systemctl cat outingd.service")
    command = re.search(r"(?m)^ExecStart=(.+)$", unit).group(1)
    laptop.ok("mkdir -p /etc/systemd/system/outingd.service.d")
    drop_in = "/etc/systemd/system/outingd.service.d/valgrind.conf"
    laptop.write(drop_in, VALGRIND_UNIT.format(command=command, preload=PRELOAD))
    laptop.ok("systemctl daemon-reload && systemctl restart outingd", timeout=300)
    nursery.plug_camera(make_card(fs="fat16"))
    nursery.register()
    nursery.cleared()
    laptop.unplug()
    nursery.wait_state("absent")
    laptop.ok("systemctl stop outingd", timeout=120)
    log = laptop.ok("cat /run/outing-valgrind.log")
    assert "ERROR SUMMARY: 0 errors" in log, log
