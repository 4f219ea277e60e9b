# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-prompt between an agent and a desktop: what is shown, when, to whom, and what becomes of an answer."""

import json
import os
import pathlib
import pwd
import subprocess
import time

import pytest
from gi.repository import Gio, GLib
from prompt_bench import MANAGER_XML, PATIENCE, PROGRAM, Bench, Desktop, own

PRIVATE = "correct horse battery staple"


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.close()
    log = made.log() if (tmp_path / "log").exists() else ""
    assert "Sanitizer" not in log, log


# --- refusals --------------------------------------------------------------------------------------------------------


def test_one_message_for_a_burst(bench):
    desktop = bench.open_desktop()
    bench.start()
    bench.agent.refuse("a/1.jpg")
    bench.agent.refuse("a/2.jpg")
    bench.agent.refuse("a/class <b>list<b> & more.ods", "names", allowable=True)
    note = desktop.wait()
    assert note["summary"] == "Not copied to the white stick" and note["replaces"] == 0
    assert note["body"] == ("Two photos and the document “class &lt;b&gt;list&lt;b&gt; &amp; more.ods” were not copied to the white "
                            "stick. Photos of children and documents with their names may only travel on an encrypted stick.")
    assert note["actions"] == ["keep", "Keep them where they are", "encrypt", "Encrypt this stick…", "manager", "Ask the manager…"]
    assert note["hints"]["urgency"] == 2 and note["expire"] == 0 and note["app"] == "outing-guard"
    bench.agent.refuse("a/3.jpg")
    more = desktop.wait()
    assert more["replaces"] == note["id"] and more["body"].startswith("Three photos and the document")


def test_a_flood_is_few_messages_and_little_memory(bench):
    desktop = bench.open_desktop()
    program = bench.start()
    bench.agent.refuse("first.jpg")
    desktop.wait()
    status = pathlib.Path(f"/proc/{program.pid}/status")
    before = resident(status)
    count = 100_000 if os.environ.get("OUTING_CAMPAIGN") else 25_000
    for number in range(count):
        bench.agent.refuse(f"folder/IMG_{number}.JPG")
    shown = 1
    while not desktop.wait()["body"].startswith(f"{count + 1:,} photos were not copied"):
        shown += 1
    assert shown < 60
    if os.environ.get("OUTING_VARIANT") != "asan":  # which keeps what was freed
        assert resident(status) - before < 8000


def resident(status):
    return next(int(line.split()[1]) for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmRSS"))


def test_what_others_copied_is_not_shown(bench):
    desktop = bench.open_desktop()
    bench.start()
    bench.agent.refuse("theirs.jpg", uid=os.getuid() + 1)
    bench.agent.emit("CopyRefused", "(s)", "{ not json")
    bench.agent.emit("CopyRefused", "(s)", [1, 2])
    bench.agent.refuse("ours.jpg")
    assert "ours.jpg" in desktop.wait()["body"]


def test_a_refused_name_is_never_shown(bench):
    desktop = bench.open_desktop()
    bench.start()
    bench.agent.refuse(None, "names", event="name-refused", folder="Testchild")
    note = desktop.wait()
    assert "Testchild" not in json.dumps(note) and "a name that may not be shown" in note["body"]


def test_strangers_are_not_believed(bench):
    desktop = bench.open_desktop()
    bench.start()
    stranger = bench.system.connect()
    stranger.emit_signal(None, "/org/outingguard/Agent1", "org.outingguard.Agent1", "CopyRefused", GLib.Variant("(s)", (json.dumps(
        {"device": "x", "event": "refused", "cause": "image", "path": "false.jpg", "uid": os.getuid()}),)))
    stranger.flush_sync()
    other = bench.session.connect()
    bench.agent.refuse("true.jpg")
    note = desktop.wait()
    assert "true.jpg" in note["body"]
    other.emit_signal(None, "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "ActionInvoked",
                      GLib.Variant("(us)", (note["id"], "encrypt")))
    other.flush_sync()
    desktop.press(note, "keep")
    desktop.withdrawn.get(timeout=PATIENCE)
    assert not bench.windows()


def test_keep_takes_the_message_away(bench):
    desktop = bench.open_desktop()
    bench.start()
    bench.agent.refuse()
    note = desktop.wait()
    desktop.press(note, "keep")
    assert desktop.withdrawn.get(timeout=PATIENCE) == note["id"]
    bench.agent.refuse("again.jpg")
    note = desktop.wait()
    assert note["replaces"] == 0 and "again.jpg" in note["body"]


def test_what_came_after_the_message_is_shown_whatever_was_chosen(bench):
    desktop = bench.open_desktop()
    bench.start()
    bench.agent.refuse()
    note = desktop.wait()
    bench.agent.refuse("late.jpg")
    bench.agent.connection.flush_sync()
    desktop.press(note, "keep")
    body = desktop.wait()["body"]
    assert body.startswith("Two photos") or "late.jpg" in body, "which of the two it hears first is the buses' affair"


def test_a_dismissed_message_comes_back_once_and_only_with_more(bench):
    desktop = bench.open_desktop()
    bench.start()
    bench.agent.refuse("1.jpg")
    desktop.dismiss(desktop.wait())
    bench.agent.refuse("2.jpg")
    bench.agent.refuse("3.jpg")
    note = desktop.wait()
    assert note["replaces"] == 0 and note["body"].startswith("Three photos") and desktop.notes.empty()


def test_without_the_stick_there_is_nothing_to_choose(bench):
    desktop = bench.open_desktop()
    bench.start()
    bench.agent.refuse()
    assert desktop.wait()["actions"]
    bench.agent.emit("DeviceChanged", "(s)", {"id": "disk-77", "present": False, "state": "absent"})
    note = desktop.wait()
    assert note["actions"] == [] and "outingctl" not in note["body"] and note["replaces"] == 1


@pytest.mark.parametrize("capabilities, windows", [(("body",), True), (("body", "actions"), False)])
def test_without_buttons_or_windows_the_command_is_told(bench, capabilities, windows):
    desktop = bench.open_desktop(capabilities)
    if windows is False and os.geteuid() != 0:
        pytest.skip("needs root to hide the programs that are installed")
    if windows is False and any(os.path.exists(f"/usr/bin/{p}") for p in ("zenity", "kdialog", "yad")):
        hidden = ["unshare", "-m", "sh", "-c",
                  "for p in zenity kdialog yad; do [ ! -e /usr/bin/$p ] || mount --bind /dev/null /usr/bin/$p; done; exec \"$@\"", "sh"]
    else:
        hidden = []
    bench.start(windows=windows, under=hidden)
    bench.agent.refuse("<list>.ods", "names", allowable=True)
    note = desktop.wait(lambda n: "outingctl" in n["body"])
    assert note["actions"] == [] and "“<list>.ods”" in note["body"]
    assert "\nTo encrypt the stick, type in a terminal: outingctl encrypt disk-77\n" in note["body"]
    assert "outingctl allow disk-77 FILE --reason" in note["body"]


def test_a_server_without_bodies_gets_everything_in_the_line(bench):
    desktop = bench.open_desktop(())
    bench.start()
    bench.agent.refuse()
    assert "The photo “IMG_0001.JPG” was not copied" in desktop.wait(lambda n: "outingctl" in n["summary"])["summary"]


# --- a desktop that is late, broken or new ---------------------------------------------------------------------------


def test_nobody_there_is_told_on_the_terminal_and_shown_later(bench):
    bench.start()
    bench.agent.refuse("list\u202e\x1b[2J.ods", "names", allowable=True)
    seen = bench.on_terminal("outingctl allow disk-77 FILE")
    assert "\x1b" not in seen and "\u202e" not in seen and "\noutingctl encrypt disk-77".replace("\n", "") in seen.replace("\r\n", " ")
    assert max(len(line) for line in seen.splitlines()) <= 79
    desktop = bench.open_desktop()
    assert desktop.wait()["actions"]


def test_a_session_without_a_bus_is_told_on_the_terminal(bench):
    bench.session.stop()
    bench.start()
    bench.agent.refuse()
    bench.on_terminal("To encrypt the stick, type in a terminal: outingctl encrypt disk-77")
    bench.agent.job(1, state="failed", sentence="The card broke.")
    bench.on_terminal("The card broke.")


def test_a_broken_server_is_told_on_the_terminal(bench):
    bench.open_desktop(broken=True)
    bench.start()
    bench.agent.refuse()
    bench.on_terminal("The photo “IMG_0001.JPG” was not copied")


def test_a_new_server_shows_what_must_be_seen(bench):
    old = bench.open_desktop()
    bench.start()
    bench.agent.refuse()
    old.wait()
    bench.agent.job(1, bytes_done=500)
    old.wait(lambda n: n["summary"].startswith("Copying"))
    old.stop()
    new = Desktop(bench.session, ["body"])
    note = new.wait()
    assert "IMG_0001.JPG" in note["body"] and note["replaces"] == 0
    assert note["actions"] == [] and "outingctl encrypt" in note["body"]
    bench.agent.refuse("end.jpg")
    assert new.wait()["summary"].startswith("Not copied"), "progress is not repeated"


# --- the windows -----------------------------------------------------------------------------------------------------


def press(bench, action, **refusal):
    desktop = bench.open_desktop()
    bench.start()
    bench.agent.refuse(**refusal)
    desktop.press(desktop.wait(), action)
    return desktop


def test_encrypt_asks_until_both_are_the_same(bench):
    bench.answer(f"{PRIVATE}\nother", f"{PRIVATE}\n{PRIVATE}")
    press(bench, "encrypt")
    assert bench.agent.call() == ("Encrypt", ["disk-77", PRIVATE.encode(), False], True)
    first, second = bench.windows()
    assert "--title=Encrypt the white stick" in first["words"] and "Windows computers" in json.dumps(first)
    assert "were not the same" not in json.dumps(first) and "were not the same" in json.dumps(second)
    assert PRIVATE not in json.dumps(bench.windows()) + bench.log()


def test_a_weak_passphrase_is_asked_for_again(bench):
    bench.agent.errors["Encrypt"] = [("org.outingguard.Error.Refused", "This passphrase is too easy to guess.")]
    bench.answer("abc\nabc", f"{PRIVATE}\n{PRIVATE}")
    press(bench, "encrypt")
    assert bench.agent.call()[1][1] == b"abc" and bench.agent.call()[1][1] == PRIVATE.encode()
    assert "This passphrase is too easy to guess." in json.dumps(bench.windows()[1])


def test_encrypt_refused_is_told(bench):
    bench.agent.errors["Encrypt"] = [("org.outingguard.Error.Refused", "There is too much on it to keep.")]
    bench.answer(f"{PRIVATE}\n{PRIVATE}")
    note = press(bench, "encrypt").wait()
    assert (note["summary"], note["body"]) == ("The white stick was not encrypted", "There is too much on it to keep.")


@pytest.mark.parametrize("answer", [None, "\n"])
def test_a_window_that_is_closed_changes_nothing(bench, answer):
    bench.answer(answer)
    desktop = press(bench, "encrypt")
    desktop.withdrawn.get(timeout=PATIENCE)
    bench.agent.refuse("next.jpg")
    assert "next.jpg" in desktop.wait()["body"]
    assert bench.agent.calls.empty()


def test_the_manager_allows_each_content_once(bench):
    sums = bench.stick(**{"list.ods": b"names", "trip.pdf": b"more names" * 100_000})
    bench.answer("The doctor needs it")
    desktop = bench.open_desktop()
    bench.start()
    bench.agent.refuse("photo.jpg")
    for name in sums:
        bench.agent.refuse(name, "names", allowable=True)
    desktop.press(desktop.wait(), "manager")
    for name, checksum in sums.items():
        assert bench.agent.call() == ("AllowCopy", ["disk-77", checksum, name, "The doctor needs it"], True)
    note = desktop.wait()
    assert note["summary"] == "A manager has allowed it" and note["body"].startswith("2 files may be copied to the white stick once.")
    bench.agent.emit("Event", "(ss)", "copy-allowed-written", {"name": "white stick", "path": "list.ods", "uid": os.getuid() + 1})
    bench.agent.emit("Event", "(ss)", "copy-allowed-written", {"name": "white stick", "path": "trip.pdf", "uid": os.getuid()})
    assert desktop.wait()["body"].startswith("“trip.pdf”")
    words = json.dumps(bench.windows()[0])
    assert "list.ods" in words and "trip.pdf" in words and "photo.jpg" not in words


def test_another_button_while_the_manager_is_being_asked(bench):
    bench.stick(**{"list.ods": b"names"})
    bench.agent.errors["AllowCopy"] = "hold"
    bench.answer("please", f"{PRIVATE}\n{PRIVATE}")
    desktop = press(bench, "manager", path="list.ods", cause="names", allowable=True)
    assert bench.agent.call()[0] == "AllowCopy"
    bench.agent.refuse()
    desktop.press(desktop.wait(), "encrypt")
    assert bench.agent.call()[0] == "Encrypt"
    bench.agent.held.return_value(None)
    bench.agent.job(3, state="failed", sentence="The card broke.")
    assert "The card broke." in desktop.wait()["body"]


@pytest.mark.parametrize("error", ["org.freedesktop.DBus.Error.AccessDenied",
                                   "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"])
def test_without_a_manager_it_stays_refused(bench, error):
    bench.stick(**{"list.ods": b"names"})
    bench.agent.errors["AllowCopy"] = [(error, "no")]
    bench.answer("please")
    note = press(bench, "manager", path="list.ods", cause="names", allowable=True).wait()
    assert (note["summary"], note["body"]) == ("Not allowed", "No manager has agreed, so it stays as it is.")


def test_a_file_that_is_gone_is_said(bench):
    bench.stick()
    bench.answer("please")
    note = press(bench, "manager", path="list.ods", cause="names", allowable=True).wait()
    assert note["summary"] == "Not allowed" and "is no longer there" in note["body"] and bench.agent.calls.empty()


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "link", "pipe"])
def test_nothing_outside_of_the_stick_is_read(bench, path):
    bench.stick(**{"x": b""})
    (bench.folder / "secret").write_text("secret", encoding="utf-8")
    (bench.folder / "stick/link").symlink_to("x")
    os.mkfifo(bench.folder / "stick/pipe")
    bench.answer("please")
    assert "no longer there" in press(bench, "manager", path=path, cause="names", allowable=True).wait()["body"]
    assert bench.agent.calls.empty()


def test_a_stick_that_is_gone_is_said(bench):
    note = press(bench, "manager", path="list.ods", cause="names", allowable=True).wait()
    assert note["body"].startswith("The stick is no longer there.") and not bench.windows()


def test_windows_open_on_the_screen_that_the_session_knows(bench):
    connection = bench.session.connect()
    connection.register_object("/org/freedesktop/systemd1", Gio.DBusNodeInfo.new_for_xml(MANAGER_XML).interfaces[0], None,
                               lambda *a: GLib.Variant("as", ["DISPLAY=:77", "LD_PRELOAD=/nowhere"]), None)
    own(connection, "org.freedesktop.systemd1")
    bench.answer(None, None)
    press(bench, "encrypt")
    end = time.monotonic() + PATIENCE
    while not bench.windows():
        assert time.monotonic() < end
        time.sleep(0.01)  # poll interval
    assert bench.windows()[0]["display"] == ":77"


# --- jobs ------------------------------------------------------------------------------------------------------------


def test_an_offload_from_beginning_to_end(bench):
    desktop = bench.open_desktop()
    bench.start()
    for done in range(0, 1001, 5):
        bench.agent.job(3, bytes_done=done, files_done=done // 100)
    bench.agent.devices = [{"id": "disk-1", "present": True, "state": "offloading", "job": 3}]
    bench.agent.job(3, state="done", phase="", bytes_done=1000, sentence="12 pictures are in the vault, proven.")
    notes = [desktop.wait()]
    assert notes[0]["summary"] == "Copying the pictures of the Blue Room camera" and notes[0]["hints"]["transient"]
    desktop.withdrawn.get(timeout=PATIENCE)
    assert desktop.notes.qsize() < 12
    bench.agent.emit("DeviceChanged", "(s)", {"id": "disk-1", "present": True, "state": "offloaded", "job": None})
    note = desktop.wait(lambda n: not n["summary"].startswith("Copying"))
    assert (note["summary"], note["body"]) == ("You may unplug the Blue Room camera now", "12 pictures are in the vault, proven.")
    assert note["hints"]["urgency"] == 1


def test_a_clear_that_follows_comes_first(bench):
    desktop = bench.open_desktop()
    bench.start()
    bench.agent.devices = [{"id": "disk-1", "present": True, "state": "clearing", "job": 4}]
    bench.agent.job(3, state="done", sentence="Safe.")
    bench.agent.job(4, kind="wipe", bytes_done=100)
    assert desktop.wait()["summary"] == "Clearing the Blue Room camera"
    bench.agent.devices = [{"id": "disk-1", "present": True, "state": "cleared", "job": None}]
    bench.agent.job(4, kind="wipe", state="done", sentence="Cleared.")
    note = desktop.wait()
    assert (note["summary"], note["body"]) == ("You may unplug the Blue Room camera now", "Cleared.")


def test_failures_and_refused_devices_are_told(bench):
    desktop = bench.open_desktop()
    bench.start()
    bench.agent.job(3, state="failed", sentence="The card was pulled out.")
    note = desktop.wait()
    assert note["summary"] == "Not all pictures of the Blue Room camera are safe" and note["hints"]["urgency"] == 2
    assert note["body"] == "The card was pulled out. Do not delete anything on it."
    bench.agent.emit("DeviceRefused", "(s)", {"id": "disk-9", "name": None, "reason": "unregistered", "sentence": "Ask the manager."})
    note = desktop.wait()
    assert (note["summary"], note["body"]) == ("A device is left alone", "Ask the manager.")
    bench.agent.emit("Event", "(ss)", "outing-overdue", {"sentence": "It was due at 15:30."})
    assert desktop.wait()["body"] == "It was due at 15:30."


def test_a_stick_that_was_ejected_may_be_unplugged(bench):
    desktop = bench.open_desktop()
    bench.start()
    stick = {"id": "disk-77", "name": "white stick", "present": True}
    for state in ("gated", "ejected", "ejected", "gated", "ejected"):
        bench.agent.emit("DeviceChanged", "(s)", {**stick, "state": state})
    bench.agent.emit("Event", "(ss)", "outing-overdue", {"sentence": "It was due at 15:30."})
    summaries = [desktop.wait()["summary"] for _ in range(3)]
    assert summaries == ["You may unplug the white stick now"] * 2 + ["An outing is not back in time"]


def test_an_agent_that_stops_is_told(bench):
    desktop = bench.open_desktop()
    bench.start()
    bench.agent.job(3, bytes_done=100)
    desktop.wait()
    bench.agent.stop()
    assert desktop.wait()["summary"] == "The agent was stopped"


# --- beginning and end -----------------------------------------------------------------------------------------------


def test_one_prompt_a_session(bench):
    bench.open_desktop()
    bench.start()
    environment = dict(os.environ, DBUS_SESSION_BUS_ADDRESS=bench.session.address, DBUS_SYSTEM_BUS_ADDRESS=bench.system.address)
    second = subprocess.run([PROGRAM], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert second.returncode == 0 and "already" in second.stderr


def test_it_ends_with_its_session(bench):
    program = bench.start()
    bench.session.stop()
    assert program.wait(PATIENCE) == 0


def test_it_fails_without_the_system_bus(bench):
    program = bench.start()
    bench.system.stop()
    assert program.wait(PATIENCE) == 1


def test_it_ends_when_asked_in_the_middle_of_a_question(bench):
    bench.window.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    desktop = press(bench, "encrypt")
    children = f"/proc/{bench.program.pid}/task/{bench.program.pid}/children"
    end = time.monotonic() + PATIENCE
    while not (child := pathlib.Path(children).read_text(encoding="utf-8").split()):
        assert time.monotonic() < end
        time.sleep(0.01)  # poll interval
    bench.program.terminate()
    assert bench.program.wait(PATIENCE) == 0 and not os.path.exists(f"/proc/{child[0]}")
    assert desktop.notes.empty()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_an_ordinary_user_hears_the_agent(bench):
    sums = bench.stick(**{"list.ods": b"names"})
    desktop = bench.open_desktop()
    bench.answer("please")
    for path in ("answers.json", "windows.jsonl"):
        (bench.folder / path).touch()
        (bench.folder / path).chmod(0o666)
    for parent in bench.folder.parents[:2]:
        parent.chmod(0o755)
    bench.start(under=["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"])
    bench.agent.refuse("list.ods", "names", allowable=True, uid=pwd.getpwnam("nobody").pw_uid)
    desktop.press(desktop.wait(), "manager")
    assert bench.agent.call()[1][1] == sums["list.ods"]
