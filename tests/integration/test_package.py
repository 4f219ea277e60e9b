# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian package: what is in it, what lintian says, what installing and removing it leaves behind.

The package is installed into a throw-away overlay of this machine's root; nothing outside of it is changed. What needs a
running systemd and udev (start, stop, upgrade in the middle of a job) is tested on the test laptop.
"""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
VERSION = re.search(r"^VERSION\s*:= (.*)$", (TOP / "Makefile").read_text(encoding="utf-8"), re.M).group(1)
LIBEXEC = "/usr/libexec/outing-guard"
EVENTS = ["device-found", "device-gone", "device-refused", "device-unknown", "offload-started", "offload-done",
          "offload-failed", "clear-started", "clear-done", "clear-failed", "vault-created", "vault-opened",
          "vault-verified", "register-changed", "config-reloaded", "config-rejected",
          "outing-checked", "outing-recorded", "outing-returned", "outing-overdue", "attested",
          "gate-opened", "gate-closed", "gate-failed", "copy-refused", "copy-allowed", "copy-allowed-written",
          "encrypt-started", "encrypt-done", "encrypt-failed", "removal-started", "removal-done", "removal-failed"]
WANTED = {
    "/usr/bin/outingctl": "rwxr-xr-x",
    "/usr/bin/outing-check": "rwxr-xr-x",
    **{f"{LIBEXEC}/{p}": "rwxr-xr-x" for p in ("outingd", "outing-empty", "outing-encrypt", "outing-gate", "outing-inspect", "outing-inspect-text", "outing-judge", "outing-media", "outing-names",
                                               "outing-offload", "outing-prompt", "outing-wipe", "outing-vault")},
    "/lib/systemd/system/outing-gate.socket": "rw-r--r--",
    "/lib/systemd/system/outing-gate@.service": "rw-r--r--",
    "/usr/lib/systemd/user/outing-prompt.service": "rw-r--r--",
    "/etc/xdg/autostart/outing-prompt.desktop": "rw-r--r--",
    "/lib/systemd/system/outing-judge.socket": "rw-r--r--",
    "/lib/systemd/system/outing-judge@.service": "rw-r--r--",
    "/lib/systemd/system/outingd.service": "rw-r--r--",
    "/lib/systemd/system/outing-vault.service": "rw-r--r--",
    "/lib/udev/hwdb.d/72-outing-guard-encrypted.hwdb": "rw-r--r--",
    "/lib/udev/rules.d/68-outing-guard-probe.rules": "rw-r--r--",
    "/lib/udev/rules.d/71-outing-guard.rules": "rw-r--r--",
    "/lib/udev/rules.d/74-outing-guard-exits.rules": "rw-r--r--",
    "/lib/udev/rules.d/75-outing-guard-usb.rules": "rw-r--r--",
    "/usr/share/initramfs-tools/hooks/outing-guard": "rwxr-xr-x",
    "/usr/share/initramfs-tools/scripts/init-bottom/outing-guard": "rwxr-xr-x",
    "/usr/lib/sysusers.d/outing-guard.conf": "rw-r--r--",
    "/usr/lib/tmpfiles.d/outing-guard.conf": "rw-r--r--",
    "/usr/lib/systemd/catalog/outing-guard.catalog": "rw-r--r--",
    "/usr/share/dbus-1/system.d/org.outingguard.Agent1.conf": "rw-r--r--",
    "/usr/share/dbus-1/interfaces/org.outingguard.Agent1.xml": "rw-r--r--",
    "/usr/share/polkit-1/actions/org.outingguard.policy": "rw-r--r--",
    "/usr/share/polkit-1/rules.d/org.outingguard.rules": "rw-r--r--",
    "/usr/share/doc/outing-guard/examples/hooks/README.md": "rw-r--r--",
    "/usr/share/bash-completion/completions/outingctl": "rw-r--r--",
    "/usr/share/bash-completion/completions/outing-check": "rw-r--r--",
    "/usr/share/doc/outing-guard/examples/outing-check.schema.json": "rw-r--r--",
    "/usr/share/doc/outing-guard/copyright": "rw-r--r--",
    "/etc/outing-guard/outing-guard.conf": "rw-r--r--",
    **{f"/usr/share/outing-guard/presets/{p}.conf": "rw-r--r--" for p in ("transfer-all", "names-only")},
    **{f"/etc/outing-guard/hooks.d/{e}/": "rwxr-xr-x" for e in EVENTS},
    **{f"/usr/share/man/man{m[-1]}/{m}.gz": "rw-r--r--" for m in (
        "outingctl.1", "outing-check.1", "outing-prompt.1", "outing-guard.conf.5", "outing-guard.7", "outingd.8", "outing-judge.8", "outing-media.8", "outing-offload.8",
        "outing-wipe.8", "outing-encrypt.8", "outing-vault.8", "outing-gate.8", "outing-inspect.8", "outing-names.8")},
}


def run(*command, check=True, **options):
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, **options)
    assert not check or result.returncode == 0, result.stdout + result.stderr
    return result


@pytest.fixture(scope="module")
def package():
    run("make", "-C", str(TOP), "deb", env=dict(os.environ, MAKEFLAGS="-j2"))
    path = TOP / "build" / f"outing-guard_{VERSION}_{run('dpkg', '--print-architecture').stdout.strip()}.deb"
    assert path.exists()
    return path


@pytest.fixture(scope="module")
def contents(package):
    found = {}
    for line in run("dpkg-deb", "-c", str(package)).stdout.splitlines():
        mode, owner, _size, _date, _time, path = line.split(None, 5)
        found[path[1:]] = (mode, owner)
    return found


def test_everything_is_in_it(contents):
    missing = {p for p in WANTED if p not in contents}
    assert not missing
    for path, mode in WANTED.items():
        assert contents[path][0][1:] == mode, path


def test_nothing_in_it_is_setuid_or_writable_by_others_or_somebody_elses(contents):
    for path, (mode, owner) in contents.items():
        assert owner == "root/root" and "s" not in mode.lower() and (mode[8] != "w" or mode[0] == "l"), path


def test_versions_agree(package):
    changelog = (TOP / "packaging/debian/changelog").read_text(encoding="utf-8")
    assert changelog.startswith(f"outing-guard ({VERSION}) ")
    assert run("dpkg-deb", "-f", str(package), "Version").stdout.strip() == VERSION


def test_every_library_is_depended_on(package):
    depends = run("dpkg-deb", "-f", str(package), "Depends").stdout
    for name in ("libc6", "libsystemd0", "libudev1", "libsqlite3-0", "libcryptsetup12", "libseccomp2", "libjson-c5", "libarchive13", "libusb-1.0-0", "udev",
                 "polkitd", "dbus", "systemd", "e2fsprogs"):
        assert re.search(rf"(^|, ){re.escape(name)}( |,|$)", depends), f"{name} not in {depends}"


def test_programs_are_hardened(package, tmp_path):
    run("dpkg-deb", "-x", str(package), str(tmp_path))
    programs = [*(tmp_path / "usr/bin").iterdir(), *(tmp_path / LIBEXEC[1:]).iterdir()]
    assert len(programs) >= 6
    for program in programs:
        header = run("readelf", "-hldW", str(program)).stdout
        assert "DYN (Position-Independent Executable file)" in header and "BIND_NOW" in header, program
        assert "GNU_RELRO" in header and not re.search(r"GNU_STACK.*RWE", header), program
        symbols = run("readelf", "--dyn-syms", "-W", str(program)).stdout
        assert "__stack_chk_fail" in symbols, program


def test_lintian_has_nothing_to_say(package):
    result = run("lintian", "--allow-root", "--fail-on", "error,warning", str(package), check=False)
    assert result.returncode == 0, result.stdout


def test_units_and_rules_name_programs_that_are_there(package, contents, tmp_path):
    run("dpkg-deb", "-x", str(package), str(tmp_path))
    named = set()
    for path in contents:
        if re.search(r"\.(service|rules|policy|desktop)$", path):
            text = (tmp_path / path[1:]).read_text(encoding="utf-8")
            named |= set(re.findall(rf"{LIBEXEC}/[a-z-]+", text)) | set(re.findall(r"/usr/bin/outing[a-z]+", text))
    assert f"{LIBEXEC}/outingd" in named and f"{LIBEXEC}/outing-media" in named
    assert named <= set(contents)


def test_the_prompt_starts_with_each_session(package, contents, tmp_path):
    run("dpkg-deb", "-e", str(package), str(tmp_path))
    assert "deb-systemd-helper --user unmask 'outing-prompt.service'" in (tmp_path / "postinst").read_text(encoding="utf-8")
    assert "deb-systemd-helper --user enable 'outing-prompt.service'" in (tmp_path / "postinst").read_text(encoding="utf-8")


def test_an_upgrade_stops_the_agent_but_not_the_vault(package, tmp_path):
    run("dpkg-deb", "-e", str(package), str(tmp_path))
    stops = {script: re.findall(r"deb-systemd-invoke stop '(\S+)'", (tmp_path / script).read_text(encoding="utf-8"))
             for script in ("preinst", "prerm")}
    assert stops["preinst"] == ["outingd.service"]
    assert '"$1" = upgrade' in (tmp_path / "preinst").read_text(encoding="utf-8")
    assert stops["prerm"] == ["outingd.service", "outing-vault.service", "outing-gate.socket", "outing-judge.socket"], "the agent must let go of the vault first"
    assert '"$1" = upgrade' not in (tmp_path / "prerm").read_text(encoding="utf-8")
    starts = re.findall(r"deb-systemd-invoke start '(\S+)'", (tmp_path / "postinst").read_text(encoding="utf-8"))
    assert starts == ["outing-vault.service", "outingd.service"]


# --- installing ------------------------------------------------------------------------------------------------------


class Machine:
    """An overlay of this machine's root, in a mount namespace of its own that is kept by one process."""

    def __init__(self, folder):
        self.folder = folder
        script = f"""set -e
            mount -t tmpfs tmpfs {folder}
            mkdir {folder}/upper {folder}/work {folder}/root
            mount -t overlay overlay -o lowerdir=/,upperdir={folder}/upper,workdir={folder}/work {folder}/root
            mount -t proc proc {folder}/root/proc
            mount -t tmpfs tmpfs {folder}/root/run
            mount --bind /dev {folder}/root/dev
            rm -f {folder}/root/var/lib/man-db/auto-update
            echo ready; exec cat"""
        self.keeper = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.keeper.stdout.readline() != "ready\n":
            pytest.skip("no overlay of the root file system here: " + self.keeper.communicate()[1])

    def run(self, *command, check=True, **options):
        return run("nsenter", f"--target={self.keeper.pid}", "--mount", "chroot", f"{self.folder}/root", "env",
                   "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", *command,
                   check=check, **options)

    def shell(self, script, check=True):
        return self.run("sh", "-euc", script, check=check)

    def install(self, package):
        self.shell(f"cat > /package.deb < {package}")
        return self.run("dpkg", "--install", "--force-depends", "--force-unsafe-io", "/package.deb")

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait()
        self.keeper.stdout.close()
        self.keeper.stderr.close()


@pytest.fixture
def machine(tmp_path):
    if os.geteuid() != 0 or not shutil.which("dpkg"):
        pytest.skip("needs root and dpkg")
    made = Machine(tmp_path)
    yield made
    made.close()


VAULT = "/var/lib/outing-guard/vault"
FILL = f"""
    install -d {VAULT}/'Blue Room camera'/2026-11-22T053146Z
    echo picture > {VAULT}/'Blue Room camera'/2026-11-22T053146Z/IMG_0001.JPG
    echo container > /var/lib/outing-guard/vault.luks
    echo sealed > /var/lib/outing-guard/vault-key.cred
    touch /var/lib/outing-guard/state.db /var/lib/outing-guard/state.db-wal /var/lib/outing-guard/known-media
    echo '{{}}' > /var/log/outing-guard/audit.jsonl
"""
PICTURE = f"{VAULT}/Blue Room camera/2026-11-22T053146Z/IMG_0001.JPG"


def exists(machine, path):
    return machine.run("test", "-e", path, check=False).returncode == 0


def test_install_makes_users_groups_and_folders(machine, package):
    machine.install(package)
    for user in ("outing-offload", "outing-wipe"):
        entry = machine.run("getent", "passwd", user).stdout.strip().split(":")
        assert entry[-1].endswith("nologin") and 0 < int(entry[2]) < 1000
    for group in ("outing-staff", "outing-managers"):
        machine.run("getent", "group", group)
    assert machine.run("stat", "-c", "%a %U", "/var/lib/outing-guard").stdout == "711 root\n"
    assert machine.run("stat", "-c", "%a %U", "/var/log/outing-guard").stdout == "750 root\n"
    assert machine.run("outingctl", "--version").stdout == f"outingctl {VERSION}\n"
    assert machine.run("outingctl", "config", "check").returncode == 0


def test_upgrade_keeps_settings_and_state(machine, package):
    machine.install(package)
    machine.shell(FILL + "echo '# ours' >> /etc/outing-guard/outing-guard.conf; echo journal > /var/lib/outing-guard/state.db")
    machine.shell("touch /etc/outing-guard/hooks.d/offload-done/tell-kim")
    machine.install(package)
    assert machine.run("cat", PICTURE).stdout == "picture\n"
    assert machine.run("cat", "/var/lib/outing-guard/state.db").stdout == "journal\n"
    assert machine.run("tail", "-n1", "/etc/outing-guard/outing-guard.conf").stdout == "# ours\n"
    assert exists(machine, "/etc/outing-guard/hooks.d/offload-done/tell-kim")


def test_remove_keeps_settings_records_and_vault(machine, package):
    machine.install(package)
    machine.shell(FILL)
    machine.run("dpkg", "--remove", "outing-guard")
    assert not exists(machine, "/usr/bin/outingctl") and not exists(machine, LIBEXEC)
    for path in (PICTURE, "/var/lib/outing-guard/state.db", "/var/log/outing-guard/audit.jsonl",
                 "/etc/outing-guard/outing-guard.conf"):
        assert exists(machine, path), path


def test_purge_removes_records_but_never_the_vault(machine, package):
    machine.install(package)
    machine.shell(FILL)
    result = machine.run("dpkg", "--purge", "outing-guard")
    assert "vault and its key were kept" in result.stdout + result.stderr
    for path in ("/etc/outing-guard", "/var/log/outing-guard", "/var/lib/outing-guard/state.db",
                 "/var/lib/outing-guard/state.db-wal", "/var/lib/outing-guard/known-media"):
        assert not exists(machine, path), path
    assert machine.run("cat", PICTURE).stdout == "picture\n"
    for name, text in (("vault.luks", "container"), ("vault-key.cred", "sealed")):
        assert machine.run("cat", f"/var/lib/outing-guard/{name}").stdout == text + "\n"


def test_purge_keeps_the_folder_that_a_closed_container_is_mounted_on(machine, package):
    machine.install(package)
    machine.shell(f"install -d -m 0750 -g outing-managers {VAULT}; touch /var/lib/outing-guard/vault.luks")
    machine.run("dpkg", "--purge", "outing-guard")
    assert machine.run("stat", "-c", "%a %G", VAULT).stdout == "750 outing-managers\n"


def test_purge_without_a_vault_leaves_nothing(machine, package):
    machine.install(package)
    result = machine.run("dpkg", "--purge", "outing-guard")
    assert "vault" not in result.stdout + result.stderr
    assert not exists(machine, "/var/lib/outing-guard") and not exists(machine, "/etc/outing-guard")


# --- make install ----------------------------------------------------------------------------------------------------


def test_install_with_prefix_and_uninstall(tmp_path):
    places = [f"DESTDIR={tmp_path}", "prefix=/opt/og", "sysconfdir=/opt/og/etc", "VARIANT=normal"]
    run("make", "-C", str(TOP), "install", *places)
    files = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert "opt/og/bin/outingctl" in files and all(f.startswith("opt/og/") for f in files)
    for path in tmp_path.rglob("*.service"):
        assert "/usr/libexec/outing-guard" not in path.read_text(encoding="utf-8")
    (tmp_path / "opt/og/etc/outing-guard/hooks.d/offload-done/ours").write_text("", encoding="utf-8")
    run("make", "-C", str(TOP), "uninstall", *places)
    left = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {"opt/og/etc/outing-guard/outing-guard.conf", "opt/og/etc/outing-guard/hooks.d/offload-done/ours"}
