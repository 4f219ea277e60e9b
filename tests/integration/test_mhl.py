# SPDX-License-Identifier: GPL-3.0-or-later
"""Histories as others see them: valid by a schema written from the format's rules, with hashes that a second
implementation of those rules arrives at too."""

import hashlib
import json
import os
import pathlib
import signal
import subprocess
import xml.etree.ElementTree as ET

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/faults/outing-vault"
SESSION = ROOT / "build/faults/tests/vault-session"
SCHEMAS = ROOT / "tests/integration/schemas"
MHL = "{urn:ASC:MHL:v2.0}"
CHAIN = "{urn:ASC:MHL:DIRECTORY:v2.0}"
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
HASH_ORDER = ["c4", "md5", "sha1", "xxh128", "xxh3", "xxh64"]


def c4(digest):
    number, text = int.from_bytes(digest, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = ALPHABET[rest] + text
    return "c4" + text.rjust(88, "1")


def sha512(data):
    return hashlib.sha512(data).digest()


def tree_hashes(folder):
    """Content and structure digests of a folder, and of every folder below it by relative path."""
    below, content, structure = {}, [], []
    for child in folder.iterdir():
        if child.name == "ascmhl":
            continue
        if child.is_dir():
            one, other, deeper = tree_hashes(child)
            below[child.name] = (one, other)
            below.update({f"{child.name}/{path}": both for path, both in deeper.items()})
        else:
            one = other = sha512(child.read_bytes())
        content.append(one)
        structure.append(sha512(child.name.encode() + other))
    ordered = [sha512(b"".join(sorted(part, key=c4))) for part in (content, structure)]
    return ordered[0], ordered[1], below


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "card"
    (folder / "DCIM/100BLUE").mkdir(parents=True)
    (folder / "MISC").mkdir()
    for number in range(40):
        (folder / f"DCIM/100BLUE/IMG_{number:04}.JPG").write_bytes(b"picture %d" % (number % 7) * number)
    (folder / "DCIM/100BLUE/a <b> & \"c\" 'd' ü.JPG").write_bytes(b"x" * 70000)
    (folder / "DCIM/.DS_Store").write_bytes(b"finder")
    (folder / "ascmhl").mkdir()
    (folder / "ascmhl/note.txt").write_bytes(b"not ours")
    with open(bytes(folder) + b"/bad\xff\x01name", "wb") as file:
        file.write(b"y")
    return folder


@pytest.fixture
def vault(tmp_path):
    folder = tmp_path / "vault"
    folder.mkdir()
    subprocess.run([PROGRAM, "init", "--vault", folder, "--vault-check=off"], check=True, capture_output=True)
    return folder


def store(vault, source, device="Blue Room camera"):
    made = subprocess.run([SESSION, vault, device, source], check=True, capture_output=True, text=True)
    return vault / made.stdout.strip()


def manifest_of(session):
    (found,) = (session / "ascmhl").glob("*.mhl")
    return found


def validate(schema, document):
    return subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", SCHEMAS / schema, document], capture_output=True, text=True
    )


def test_manifest_and_chain_are_valid(vault, source):
    session = store(vault, source)
    done = validate("manifest.xsd", manifest_of(session))
    assert done.returncode == 0, done.stderr
    done = validate("chain.xsd", session / "ascmhl/ascmhl_chain.xml")
    assert done.returncode == 0, done.stderr


def test_the_schema_can_refuse(vault, source, tmp_path):
    """A schema that accepts everything would prove nothing."""
    text = manifest_of(store(vault, source)).read_text()
    breaks = [
        ("<process>transfer</process>", "<process>guess</process>"),
        ('action="original"', 'action="maybe"'),
        ("<hashes>", "<hashes><hashes/>"),
        ("  <processinfo>", "  <surprise/><processinfo>"),
        (' version="2.0"', ""),
        ("<structure>", "<content/><structure>"),
        ('lastmodificationdate="', 'lastmodificationdate="x'),
    ]
    for old, new in breaks:
        assert old in text
        broken = tmp_path / "broken.mhl"
        broken.write_text(text.replace(old, new, 1))
        assert validate("manifest.xsd", broken).returncode != 0, old


def test_an_empty_card_has_a_valid_history(vault, tmp_path):
    (tmp_path / "empty").mkdir()
    session = store(vault, tmp_path / "empty")
    done = validate("manifest.xsd", manifest_of(session))
    assert done.returncode == 0, done.stderr


def test_element_order_and_names(vault, source):
    session = store(vault, source)
    root = ET.parse(manifest_of(session)).getroot()
    assert [child.tag for child in root] == [MHL + "creatorinfo", MHL + "processinfo", MHL + "hashes"]
    for entry in root.find(MHL + "hashes"):
        names = [child.tag.removeprefix(MHL) for child in entry]
        assert names[0] == "path"
        if entry.tag == MHL + "hash":
            assert names[1:] == sorted(names[1:], key=HASH_ORDER.index) == ["c4", "xxh128"]
        else:
            assert names[1:] == ["content", "structure"]
    name = manifest_of(session).name
    stamp = session.name.removesuffix("Z").split("T")
    assert name == f"0001_{session.name}_{stamp[0]}_{stamp[1]}Z.mhl"


def test_every_file_is_listed_with_its_hash_and_size(vault, source):
    session = store(vault, source)
    listed = {}
    for entry in ET.parse(manifest_of(session)).getroot().find(MHL + "hashes").findall(MHL + "hash"):
        path = entry.find(MHL + "path")
        assert path.text not in listed
        listed[path.text] = (int(path.get("size")), entry.find(MHL + "c4").text)
    on_disk = {
        str(path.relative_to(session)): (path.stat().st_size, c4(sha512(path.read_bytes())))
        for path in session.rglob("*")
        if path.is_file() and path.relative_to(session).parts[0] != "ascmhl"
    }
    assert listed == on_disk
    assert {"bad%FF%01name", "%61scmhl/note.txt", "DCIM/%2EDS_Store"} <= set(listed)


def test_directory_hashes_follow_the_rules(vault, source):
    session = store(vault, source)
    root = ET.parse(manifest_of(session)).getroot()
    content, structure, below = tree_hashes(session)
    roothash = root.find(f"{MHL}processinfo/{MHL}roothash")
    assert roothash.find(f"{MHL}content/{MHL}c4").text == c4(content)
    assert roothash.find(f"{MHL}structure/{MHL}c4").text == c4(structure)
    listed = {
        entry.find(MHL + "path").text: (
            entry.find(f"{MHL}content/{MHL}c4").text,
            entry.find(f"{MHL}structure/{MHL}c4").text,
        )
        for entry in root.find(MHL + "hashes").findall(MHL + "directoryhash")
    }
    assert listed == {path: (c4(one), c4(other)) for path, (one, other) in below.items()}


def test_the_second_hash_is_right_too(vault, source):
    xxhash = pytest.importorskip("xxhash")
    session = store(vault, source)
    for entry in ET.parse(manifest_of(session)).getroot().find(MHL + "hashes").findall(MHL + "hash"):
        data = (session / entry.find(MHL + "path").text).read_bytes()
        assert entry.find(MHL + "xxh128").text == xxhash.xxh3_128(data).hexdigest()


def test_the_chain_holds_the_manifests_hash(vault, source):
    session = store(vault, source)
    root = ET.parse(session / "ascmhl/ascmhl_chain.xml").getroot()
    (link,) = root
    assert root.tag == CHAIN + "ascmhldirectory" and link.get("sequencenr") == "1"
    assert link.find(CHAIN + "path").text == manifest_of(session).name
    assert link.find(CHAIN + "c4").text == c4(sha512(manifest_of(session).read_bytes()))


def test_two_sessions_in_the_same_second(vault, source):
    made = [
        subprocess.run([SESSION, vault, "Cam", source, "1795325506"], check=True, capture_output=True, text=True).stdout
        for _ in range(3)
    ]
    assert [text.strip() for text in made] == [
        "Cam/2026-11-22T053146Z",
        "Cam/2026-11-22T053146Z~2",
        "Cam/2026-11-22T053146Z~3",
    ]


@pytest.mark.parametrize("point", ["mhl-manifest-written", "mhl-manifest-named", "mhl-chain-written"])
def test_killed_at_each_step_of_the_commit(vault, source, point):
    """A chain that can be found is always whole; without one the session says that it is not finished."""
    environment = {**os.environ, "OUTING_FAULT_POINT": point, "OUTING_FAULT_AT": "1"}
    killed = subprocess.run([SESSION, vault, "Cam", source], capture_output=True, env=environment)
    assert killed.returncode == -signal.SIGKILL
    (session,) = (vault / "Cam").iterdir()
    names = {path.name for path in (session / "ascmhl").iterdir()}
    said = json.loads(
        subprocess.run([PROGRAM, "verify", "--vault", vault, "--json"], capture_output=True, text=True).stdout
    )
    if point == "mhl-chain-written":
        assert said["result"] == "ok" and validate("manifest.xsd", manifest_of(session)).returncode == 0
    else:
        assert "ascmhl_chain.xml" not in names
        assert [finding["kind"] for finding in said["findings"]] == ["no-history"]
    if point == "mhl-manifest-named":
        assert validate("manifest.xsd", manifest_of(session)).returncode == 0
