# SPDX-License-Identifier: GPL-3.0-or-later
"""Help, manual pages, completion and configuration say the same."""

import os
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build/normal"
MAN = TOP / "packaging/man"
PAGES = sorted(MAN.glob("*.[1-8]"))
# outing-inspect-text is the same program without readers; its page is outing-inspect's.
PROGRAMS = sorted(p.stem.removeprefix("main-") for p in TOP.glob("agent/*/main-*.c") if p.stem != "main-outing-inspect-text")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")
# Options that only test builds have, or that the agent alone uses to start its workers.
INTERNAL = {"--usb", "--close-all", "--open", "--serve", "--sweep", "--worker", "--vault-check", "--judge-timeout", "--gate-rest", "--fake-person"}


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


def rendered(page):
    text = run("man", "--warnings", "--nh", "--nj", "-l", "-Tutf8", str(page), env=dict(os.environ, MANWIDTH="200", LC_ALL="C.UTF-8"))
    assert text.returncode == 0
    return re.sub("\x1b\\[[0-9;]*m|.\b", "", text.stdout).replace("\u2010", "-").replace("\u2212", "-"), text.stderr


def page_of(program):
    return next(iter(MAN.glob(program + ".[1-8]")), None)


def verbs_help():
    """`outingctl --help`, with each synopsis on one line."""
    return re.sub(r"\n {4}\[", " [", run(str(BUILD / "outingctl"), "--help").stdout)


def synopses():
    """{"device add": {"--role", ...}} from `outingctl --help`."""
    text = verbs_help()
    found = {}
    for line in re.findall(r"^  outingctl ([a-z].*)$", text, re.M):
        words = re.match(r"[a-z]+(?: [a-z]+)?", line).group(0)
        found[words] = set(OPTION.findall(line))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_manual_pages_are_well_formed(page):
    text, warnings = rendered(page)
    assert warnings == ""
    lines = page.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith('.\\" SPDX-License-Identifier')
    name, section = page.stem, page.suffix[1:]
    assert re.match(rf"\.TH {re.escape(name.upper())} {section} ", lines[1])
    assert name in text
    for reference, number in re.findall(r"(outing[a-z.-]*)\s?\((\d)\)", text):
        assert (MAN / f"{reference}.{number}").exists(), f"{page.name} refers to {reference}({number})"


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_has_a_page_that_names_each_of_its_options(program):
    page = page_of(program)
    assert page, f"no manual page for {program}"
    help_text = run(str(BUILD / program), "--help").stdout
    wanted = set(OPTION.findall(help_text)) - INTERNAL
    if program != "outing-media":
        assert wanted, f"{program} --help names no option"
    named = set(OPTION.findall(rendered(page)[0]))
    assert wanted <= named, f"{page.name} lacks {wanted - named}"
    assert named <= wanted | INTERNAL | {"--help", "--version"} | other_programs_options(program), \
        f"{page.name} promises {named - wanted}"


def other_programs_options(program):
    """Pages show examples of outingctl, too."""
    return set() if program == "outingctl" else set().union(*synopses().values())


def test_the_manual_has_each_verb_as_the_help_has_it():
    help_lines = re.findall(r"^  outingctl ([a-z].*)$", verbs_help(), re.M)
    source = (MAN / "outingctl.1").read_text(encoding="utf-8")
    plain = [re.sub(r"\\f[BIR]", "", line).replace("\\-", "-") for line in source.splitlines()]
    assert len(help_lines) == 31
    assert [line for line in help_lines if line not in plain] == []


# --- completion -----------------------------------------------------------------------------------------------------


def complete(tmp_path, line):
    """What bash would offer at the end of the line, with two devices on the agent."""
    fake = tmp_path / "outingctl"
    fake.write_text("""#!/bin/sh
cat <<'T'
[
  {
    "id":"disk-3f9a1c07be",
    "name":"Blue Room camera",
    "room":"Red Room"
  },
  {
    "id":"disk-00112233aa",
    "name":null
  }
]
T
""", encoding="utf-8")
    fake.chmod(0o755)
    command = line.split()[0]
    script = f"""
        . /usr/share/bash-completion/bash_completion
        . {TOP}/packaging/completion/{command}
        COMP_LINE={line!r}; COMP_POINT=${{#COMP_LINE}}; COMP_TYPE=9; COMP_KEY=9
        eval "COMP_WORDS=($COMP_LINE)"; [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _{command.replace("-", "_")}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    result = run("bash", "-c", script, env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)})
    assert result.stderr == "", result.stderr
    return {word.strip() for word in result.stdout.splitlines()} - {""}


def test_completion_offers_each_verb(tmp_path):
    verbs = synopses()
    first = complete(tmp_path, "outingctl ")
    assert first == {v.split()[0] for v in verbs} | {"--help", "--version"}
    for word in {v.split()[0] for v in verbs if " " in v}:
        assert complete(tmp_path, f"outingctl {word} ") == {v.split()[1] for v in verbs if v.startswith(word + " ")} | {"--help"} \
            or word in verbs


@pytest.mark.parametrize("verb", ["device add", "device assign", "devices", "offload", "wipe", "certificate",
                                  "vault create", "vault verify", "vault status", "audit verify", "job watch", "jobs",
                                  "status", "sessions", "device rename", "device remove", "job cancel", "audit export",
                                  "config check", "outings", "incidents", "attest passwords",
                                  "names import", "names count", "names clear", "allow", "eject"])
def test_completion_offers_each_option(tmp_path, verb):
    assert complete(tmp_path, f"outingctl {verb} --") == synopses()[verb] | {"--help"}


def test_completion_offers_devices(tmp_path):
    assert complete(tmp_path, "outingctl wipe ") == {"disk-3f9a1c07be", "disk-00112233aa", r"Blue\ Room\ camera"}
    assert complete(tmp_path, "outingctl eject Bl") == complete(tmp_path, "outingctl allow Bl") == {r"Blue\ Room\ camera"}
    assert complete(tmp_path, f"outingctl allow disk-3f9a1c07be {tmp_path}/outing") == {f"{tmp_path}/outingctl"}
    assert complete(tmp_path, "outingctl allow disk-3f9a1c07be letter.odt --reason ") == set()
    assert complete(tmp_path, "outingctl offload Bl") == {r"Blue\ Room\ camera"}
    assert complete(tmp_path, "outingctl device add N --role ") == {"camera", "stick", "phone", "tablet", "reader"}
    assert "disk-00112233aa" in complete(tmp_path, "outingctl device add N --device ")


def test_completion_of_outing_check(tmp_path):
    options = set(OPTION.findall(run(str(BUILD / "outing-check"), "--help").stdout))
    assert complete(tmp_path, "outing-check ") == options | {"return"}
    assert complete(tmp_path, "outing-check --json --") == options
    assert complete(tmp_path, "outing-check --take ") == {r"Blue\ Room\ camera"}
    assert complete(tmp_path, "outing-check --leader ") == set()
    assert complete(tmp_path, "outing-check return ") == {r"Blue\ Room\ camera", "laptop"}
    assert complete(tmp_path, "outing-check return --") == {"--json", "--help"}


# --- configuration ----------------------------------------------------------------------------------------------------


def shipped_keys():
    keys, group = {}, None
    for line in (TOP / "packaging/outing-guard.conf").read_text(encoding="utf-8").splitlines():
        if found := re.match(r"(\w+):$", line):
            group = found.group(1)
        elif found := re.match(r"\s+(\w+) = (.*);$", line):
            keys[f"{group}.{found.group(1)}"] = found.group(2)
    return keys


def test_each_key_of_the_configuration_is_in_its_page_with_its_default():
    source = (MAN / "outing-guard.conf.5").read_text(encoding="utf-8").replace("\\-", "-")
    documented, group, key = {}, None, None
    for line in source.splitlines():
        if line.startswith(".SS "):
            group = line[4:]
        elif found := re.match(r"\.BR (\w+) \\ ", line):
            key = f"{group}.{found.group(1)}"
            documented[key] = None
    assert list(documented) == list(shipped_keys())
    text = " ".join(source.split())
    for name, default in shipped_keys().items():
        part = re.search(rf"\.BR {name.split('.')[1]} \\ .*?Default:(.*?)(?=\.TP|\.S[HS])", text).group(1)
        assert default.strip('"') in part, f"{name}: default {default} is not in: {part}"


def test_hooks_are_the_same_everywhere():
    makefile = (TOP / "packaging/package.mk").read_text(encoding="utf-8")
    folders = re.search(r"HOOK_EVENTS\s*:=((?:.*\\\n)*.*)", makefile).group(1).replace("\\\n", " ").split()
    readme = (TOP / "hooks/README.md").read_text(encoding="utf-8")
    interface = (TOP / "agent/bus/org.outingguard.Agent1.xml").read_text(encoding="utf-8")
    page = rendered(MAN / "outingd.8")[0]
    assert folders == re.findall(r"`([a-z-]+)`", readme.split("## Events")[1].split("##")[0])
    told = set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', interface.split("Event:\n")[1].split("@details")[0]))
    assert set(folders) == told - {"request-refused"}
    assert set(folders) <= set(re.findall(r"[a-z]+(?:-[a-z]+)*", page))
    assert set(re.findall(r"`([A-Z][A-Z_]+)`", readme)) - {"SIGTERM", "SIGKILL", "EVENT"} == \
        {w for w in re.findall(r"\b[A-Z][A-Z_]+\b", page) if w.startswith("OUTING_") or w in ("PATH", "LANG", "HOME")}
