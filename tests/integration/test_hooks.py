# SPDX-License-Identifier: GPL-3.0-or-later
"""The hook examples do what they say, and the documentation names what hooks really get."""

import json
import pathlib
import re
import shutil
import socketserver
import subprocess
import threading

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
HOOKS = TOP / "hooks"
EXAMPLES = sorted(p for p in HOOKS.iterdir() if p.is_file() and p.name != "README.md")
ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/",
    "OUTING_EVENT": "offload-failed",
    "OUTING_TIME": "2026-11-22T09:30:00Z",
    "OUTING_DEVICE": 'Blue Room "camera" $(reboot)',
    "OUTING_ROOM": "Blue Room",
    "OUTING_SESSION": "0b0e7b0a-4b0e-4b8e-9b7e-1f2e3d4c5b6a",
    "OUTING_REASON": "The card could not be read.",
}


def run(command, **environment):
    return subprocess.run(command, env=ENVIRONMENT | environment, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL)


def test_examples_could_be_installed_as_they_are():
    assert EXAMPLES
    readme = (HOOKS / "README.md").read_text()
    for example in EXAMPLES:
        assert re.fullmatch(r"[A-Za-z0-9_-]+", example.name)
        assert example.stat().st_mode & 0o111
        assert f"`{example.name}`" in readme


def test_examples_are_clean_shell():
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    done = run(["shellcheck", *map(str, EXAMPLES), str(HOOKS / "mail/send-mail")])
    assert done.returncode == 0, done.stdout


def test_the_documented_environment_is_the_real_one():
    source = (TOP / "agent/job/hook-environment.c").read_text()
    real = set(re.findall(r'"(PATH|LANG|HOME|OUTING_[A-Z]+)"', source))
    table = (HOOKS / "README.md").read_text().split("## Environment")[1].split("## Events")[0]
    assert set(re.findall(r"`(PATH|LANG|HOME|OUTING_[A-Z]+)`", table)) == real
    for example in EXAMPLES:
        assert set(re.findall(r"OUTING_[A-Z]+", example.read_text())) <= real


def test_a_certificate_is_filed(tmp_path):
    done = run([HOOKS / "file-certificate", tmp_path], OUTING_EVENT="clear-done", OUTING_CERTIFICATE='{"method":"clear"}')
    assert done.returncode == 0, done.stderr
    (filed,) = tmp_path.iterdir()
    assert filed.name == "2026-11-22T093000Z-0b0e7b0a-4b0e-4b8e-9b7e-1f2e3d4c5b6a.json"
    assert json.loads(filed.read_text()) == {"method": "clear"}
    assert filed.stat().st_mode & 0o007 == 0


def test_a_certificate_that_cannot_be_filed_is_a_failure(tmp_path):
    done = run([HOOKS / "file-certificate", tmp_path / "missing"], OUTING_CERTIFICATE="{}")
    assert done.returncode != 0


class Mailbox(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 mail\r\n")
        for line in self.rfile:
            if line.startswith(b"DATA"):
                self.wfile.write(b"354 go\r\n")
                for text in self.rfile:
                    if text == b".\r\n":
                        break
                    self.server.mail.append(text.decode())
            self.wfile.write(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 ok\r\n")


def test_the_mail_about_an_outing_is_about_the_outing(tmp_path):
    late = "The outing to Elm Park with Sam Example was due back at 2026-11-22T15:30:00Z and is not back: Blue Room camera."
    environment = {"PATH": ENVIRONMENT["PATH"], "OUTING_EVENT": "outing-overdue", "OUTING_TIME": "2026-11-22T15:31:00Z",
                   "OUTING_REASON": late}
    written = subprocess.run([HOOKS / "mail-manager", tmp_path], env=environment, capture_output=True, text=True, timeout=60)
    assert written.returncode == 0, written.stderr
    (mail,) = tmp_path.iterdir()
    lines = mail.read_text().splitlines()
    assert lines[0] == "Subject: outing-guard: outing overdue" and late in lines and "device" not in lines[-1]
    assert lines[-1].endswith("outing-check return")


def test_the_manager_gets_a_mail(tmp_path):
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    written = run([HOOKS / "mail-manager", tmp_path])
    assert written.returncode == 0, written.stderr
    assert len(list(tmp_path.iterdir())) == 1
    settings = {"MAIL_FROM": "guard@example.org", "MAIL_TO": "manager@example.org"}
    failed = run([HOOKS / "mail/send-mail", tmp_path], MAIL_SERVER="smtp://127.0.0.1:1", **settings)
    assert failed.returncode == 1 and len(list(tmp_path.iterdir())) == 1, "what cannot be sent waits"
    with socketserver.TCPServer(("127.0.0.1", 0), Mailbox) as server:
        server.mail = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sent = run([HOOKS / "mail/send-mail", tmp_path], MAIL_SERVER=f"smtp://127.0.0.1:{server.server_address[1]}", **settings)
        server.shutdown()
    assert sent.returncode == 0, sent.stderr
    assert not list(tmp_path.iterdir())
    mail = "".join(server.mail)
    assert "To: <manager@example.org>" in mail
    assert 'Subject: outing-guard: offload failed: Blue Room "camera" $(reboot)' in mail
    assert "The card could not be read." in mail
    assert "keep the device in the building" in mail
