# SPDX-License-Identifier: GPL-3.0-or-later
"""Screen locks that a person turns on and off with the desktops' own tools, and what outing-check reads of it."""

import json

import pytest

SESSIONS = {"gnome": "GNOME", "cinnamon": "X-Cinnamon", "mate": "MATE", "plasma": "KDE", "xfce": "XFCE"}

pytestmark = pytest.mark.campaign  # the laptop with other people's programs is built only then


class Desk:
    """A LAPTOP with one desktop, on which people change their settings."""

    def __init__(self, laptop, session):
        self.laptop = laptop
        laptop.ok("mkdir -p /usr/share/xsessions && rm -f /usr/share/xsessions/* /usr/share/wayland-sessions/*")
        laptop.write(
            f"/usr/share/xsessions/{session}.desktop",
            f"[Desktop Entry]\nName={session}\nExec=true\nDesktopNames={SESSIONS[session]}\n",
        )

    def set(self, command, user="alice"):
        """USER runs COMMAND in a session of its own, as from a terminal of the desktop."""
        self.laptop.ok(["dbus-run-session", "--", "sh", "-ec", command], user=user)

    def check(self):
        """(verdict, everything that is said) of the screen lock, as a member of staff hears it."""
        answer = json.loads(self.laptop.run(["outing-check", "--json"], user="alice").out)
        said = next(c for c in answer["laptop"]["checks"] if c["check"] == "screen-lock")
        return said["verdict"], "\n".join([said["reason"], *said.get("details", [])])

    def locks(self, *texts):
        verdict, said = self.check()
        assert verdict == "pass", said
        for text in texts:
            assert text in said

    def never_locks(self, *texts):
        verdict, said = self.check()
        assert verdict == "fail", said
        for text in (*texts, '"alice"'):
            assert text in said


@pytest.fixture
def desk(peers, request):
    return Desk(peers, request.param)


def on(session):
    return pytest.mark.parametrize("desk", [session], indirect=True)


@on("gnome")
def test_gnome(desk):
    desk.locks('"alice" locks after 5 minutes', "by default")
    desk.set("gsettings set org.gnome.desktop.session idle-delay 600")
    desk.locks('"alice" locks after 10 minutes', "set by the user", '"mona" locks after 5 minutes')
    desk.set("gsettings set org.gnome.desktop.screensaver lock-delay 120")
    desk.locks('"alice" locks after 12 minutes')
    desk.set("gsettings set org.gnome.desktop.session idle-delay 0")
    desk.never_locks('set to "never"')
    desk.set("gsettings reset org.gnome.desktop.session idle-delay")
    desk.set("gsettings set org.gnome.desktop.screensaver lock-enabled false")
    desk.never_locks("the lock is turned off")
    desk.set("gsettings reset-recursively org.gnome.desktop.screensaver")
    desk.locks('"alice" locks after 5 minutes', "by default")


@on("gnome")
def test_gnome_as_the_technician_sets_it_for_everybody(desk):
    laptop = desk.laptop
    desk.set("gsettings set org.gnome.desktop.screensaver lock-enabled false")
    laptop.ok("mkdir -p /etc/dconf/profile /etc/dconf/db/local.d/locks")
    laptop.write("/etc/dconf/profile/user", "user-db:user\nsystem-db:local\n")
    laptop.write(
        "/etc/dconf/db/local.d/00-lock",
        "[org/gnome/desktop/screensaver]\nlock-enabled=true\n[org/gnome/desktop/session]\nidle-delay=uint32 240\n",
    )
    laptop.ok(["dconf", "update"])
    desk.never_locks("the lock is turned off")
    laptop.write(
        "/etc/dconf/db/local.d/locks/lock",
        "/org/gnome/desktop/screensaver/lock-enabled\n/org/gnome/desktop/session/idle-delay\n",
    )
    laptop.ok(["dconf", "update"])
    desk.locks('"alice" locks after 4 minutes', "set for everybody and locked", '"mona" locks after 4 minutes')


@pytest.mark.campaign
@on("cinnamon")
def test_cinnamon(desk):
    desk.locks('"alice" locks after 16 minutes', "by default")
    desk.set("gsettings set org.cinnamon.desktop.session idle-delay 'uint32 300'")
    desk.locks('"alice" locks after 6 minutes', "set by the user")
    desk.set("gsettings set org.cinnamon.desktop.screensaver lock-enabled false")
    desk.never_locks("the lock is turned off")


@pytest.mark.campaign
@on("mate")
def test_mate(desk):
    desk.locks('"alice" locks after 5 minutes', "by default")
    desk.set("gsettings set org.mate.session idle-delay 7")
    desk.locks('"alice" locks after 7 minutes', "set by the user")
    desk.set("gsettings set org.mate.screensaver idle-activation-enabled false")
    desk.never_locks("does not start by itself")
    desk.set("gsettings reset org.mate.screensaver idle-activation-enabled")
    desk.set("gsettings set org.mate.lockdown disable-lock-screen true")
    desk.never_locks("forbidden")


@on("plasma")
def test_kde(desk):
    write = "kwriteconfig5 --file kscreenlockerrc --group Daemon --key"
    desk.locks('"alice" locks after 5 minutes', "by default")
    desk.set(f"{write} Timeout 8")
    desk.locks('"alice" locks after 8 minutes', "set by the user")
    desk.set(f"{write} Autolock false")
    desk.never_locks("the automatic lock is turned off")
    desk.set(f"{write} Autolock --delete")
    desk.locks('"alice" locks after 8 minutes')


@pytest.mark.campaign
@on("xfce")
def test_xfce(desk):
    """Debian's Xfce: light-locker, which waits for the screen that the power manager blanks."""
    power = "xfconf-query --channel xfce4-power-manager --create --property /xfce4-power-manager"
    desk.locks('"alice" locks after 11 minutes', "by default")
    desk.set(f"{power}/blank-on-ac --type int --set 4")
    desk.set(f"{power}/blank-on-battery --type int --set 3")
    desk.locks('"alice" locks after 5 minutes', "set by the user")
    desk.set("gsettings set apps.light-locker lock-after-screensaver 0")
    desk.never_locks("the lock is turned off")
    desk.set("gsettings reset apps.light-locker lock-after-screensaver")
    desk.set(f"{power}/blank-on-battery --type int --set 0")
    desk.never_locks('set to "never"')
    desk.set("xfconf-query --channel xfce4-power-manager --property /xfce4-power-manager/blank-on-battery --reset")
    desk.set(f"{power}/presentation-mode --type bool --set true")
    desk.never_locks("presentation mode is on")
