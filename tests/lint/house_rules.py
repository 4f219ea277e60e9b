#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The house's rules as a program: what a reviewer should not have to say twice.

Prints one line per breach, `path:line: rule`, and exits 1 if there is any. `--figures` prints the sizes of files and
functions instead.
"""

import re
import statistics
import subprocess
import sys

FILE_MAX = 700
FUNCTION_MAX = 100
MEDIAN_MAX = 18

# A folder may include from folders on its own level or below.
LAYERS = [
    {"base"},
    {"policy", "device", "state", "audit"},
    {"ptp"},
    {"encryption", "vault", "offload", "empty", "wipe", "gate", "inspect", "outing", "encrypt"},
    {"job", "bus"},
    {"daemon", "check", "control", "prompt"},
]

BANNED = {
    r"\bsystem\s*\(": "system() runs a shell",
    r"\bpopen\s*\(": "popen() runs a shell",
    r"\bstrcpy\s*\(": "strcpy() has no limit",
    r"\bstrcat\s*\(": "strcat() has no limit",
    r"\bsprintf\s*\(": "sprintf() has no limit",
    r"\bgets\s*\(": "gets() has no limit",
    r"\bato[il]l?\s*\(": "use number.h, which reports errors",
    r"\balloca\s*\(": "alloca() has no limit",
    r"\b(u?sleep|nanosleep)\s*\(": "wait for events, do not sleep",
    r"\bstrtok\s*\(": "strtok() keeps hidden state",
    r"\bmktemp\s*\(": "mktemp() races",
    r"\b(TODO|FIXME|XXX|HACK)\b": "unfinished work belongs in an issue",
}

LIBRARY_HEADERS = {
    "systemd/sd-event.h": 3, "systemd/sd-bus.h": 4, "systemd/sd-journal.h": 1, "systemd/sd-daemon.h": 2,
    "systemd/sd-login.h": 1,
    "libudev.h": 2, "libcryptsetup.h": 1, "libdevmapper.h": 1, "blkid/blkid.h": 1, "libmount/libmount.h": 1,
    "libconfig.h": 1, "sqlite3.h": 1, "json-c/json.h": 1, "xxhash.h": 1, "seccomp.h": 1, "expat.h": 1,
    "archive.h": 1, "archive_entry.h": 1, "crypt.h": 1, "fuse_lowlevel.h": 1, "zlib.h": 1, "libdeflate.h": 1, "poppler.h": 1,
    "unicode/uspoof.h": 1, "unicode/unorm2.h": 1, "openssl/evp.h": 4, "pwquality.h": 1,
    "libusb.h": 1,
}


def tracked(*patterns):
    output = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
                            check=True, capture_output=True, text=True).stdout
    return sorted(set(output.split("\n")) - {""})


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (FileNotFoundError, UnicodeDecodeError, IsADirectoryError):
        return None


def without_comments_and_strings(text):
    """Same length in lines; comments and string contents blanked."""
    def blank(match):
        token = match.group(0)
        if token.startswith("/*"):
            return "\n" * token.count("\n")
        return token[0] + token[0] if token[0] in "\"'" else token
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def functions(paths):
    """(path, name, first line, length) of every C function, by universal-ctags."""
    if not paths:
        return []
    output = subprocess.run(["ctags", "--fields=+ne", "--kinds-C=f", "-f", "-", *paths],
                            check=True, capture_output=True, text=True).stdout
    found = []
    for line in output.splitlines():
        start, end = re.search(r"\bline:(\d+)", line), re.search(r"\bend:(\d+)", line)
        if start and end:
            fields = line.split("\t")
            found.append((fields[1], fields[0], int(start[1]), int(end[1]) - int(start[1]) + 1))
    return found


def check_names(paths, breaches):
    """Everything but main() goes into one archive: a name that two files define is linked by luck."""
    output = subprocess.run(["ctags", "--fields=+f", "--kinds-C=f", "-f", "-", *paths],
                            check=True, capture_output=True, text=True).stdout
    first = {}
    for line in output.splitlines():
        if line.startswith("!_TAG") or "\tfile:" in line:
            continue
        name, path = line.split("\t")[:2]
        if name != "main" and first.setdefault(name, path) != path:
            breaches.append(f"{path}:1: {name}() is defined in {first[name]} as well")


def layer_of(folder):
    return next((i for i, names in enumerate(LAYERS) if folder in names), None)


def check_includes(path, text, breaches):
    match = re.match(r"agent/([^/]+)/", path)
    if not match:
        return
    own = layer_of(match[1])
    if own is None:
        breaches.append(f"{path}:1: folder is in no layer")
        return
    program = "/main-" in path
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s+"([^"/]+)/', line)
        if include and not program:
            other = layer_of(include[1])
            if other is None or other > own:
                breaches.append(f"{path}:{number}: includes upwards ({include[1]})")


def check_libraries(sources, breaches):
    for header, most in LIBRARY_HEADERS.items():
        users = [p for p, t in sources.items() if re.search(r"#\s*include\s+<" + re.escape(header) + ">", t)]
        if len(users) > most:
            breaches.append(f"{users[0]}:1: {header} is included by {len(users)} files, at most {most}: {' '.join(users)}")


def check_c(path, text, breaches):
    code = without_comments_and_strings(text)
    for number, line in enumerate(code.splitlines(), 1):
        for pattern, why in BANNED.items():
            if re.search(pattern, line):
                breaches.append(f"{path}:{number}: {why}")
        if re.search(r"(?<!:)//", line):
            breaches.append(f"{path}:{number}: comments are /* */")
    if path.startswith("agent/") and not re.search(r"\A/\* SPDX[^\n]*\*/\n(#pragma once\n)?\s*/\*", text):
        breaches.append(f"{path}:2: the why is missing at the head of the file")


def check_texts(breaches):
    for path in tracked("*.c", "*.h", "*.py", "*.sh", "*.mk", "Makefile", "*.rules", "*.service", "*.conf"):
        text = read(path)
        if text is None:
            continue
        if "SPDX-License-Identifier: GPL-3.0-or-later" not in text[:400]:
            breaches.append(f"{path}:1: no SPDX line")
        lines = text.count("\n")
        if lines > FILE_MAX:
            breaches.append(f"{path}:{lines}: more than {FILE_MAX} lines")
        for number, line in enumerate(text.splitlines(), 1):
            if line.rstrip() != line:
                breaches.append(f"{path}:{number}: trailing white space")


def sleeping_tests(breaches):
    for path in tracked("tests/*.py", "tests/**/*.py"):
        text = read(path)
        if text is None or path.startswith("tests/lint/"):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(r"\btime\.sleep\(", line) and "poll interval" not in line:
                breaches.append(f"{path}:{number}: wait for events, do not sleep")


def main():
    c_files = [p for p in tracked("agent/*.c", "agent/*.h", "agent/**/*.c", "agent/**/*.h") if read(p) is not None]
    sources = {p: read(p) for p in c_files}
    found = functions([p for p in c_files if p.endswith(".c")])
    lengths = [length for *_, length in found]
    if "--figures" in sys.argv:
        sizes = [t.count("\n") for t in sources.values()]
        print(f"{len(c_files)} files, {sum(sizes)} lines, median {statistics.median(sizes):.0f}, max {max(sizes)}")
        print(f"{len(lengths)} functions, median {statistics.median(lengths):.0f}, max {max(lengths)}")
        return 0

    breaches = []
    check_texts(breaches)
    sleeping_tests(breaches)
    check_libraries(sources, breaches)
    check_names([p for p in c_files if p.endswith(".c")], breaches)
    for path, text in sources.items():
        check_c(path, text, breaches)
        check_includes(path, text, breaches)
    for path, name, line, length in found:
        if length > FUNCTION_MAX:
            breaches.append(f"{path}:{line}: {name}() has {length} lines, at most {FUNCTION_MAX}")
    if lengths and statistics.median(lengths) >= MEDIAN_MAX:
        breaches.append(f"agent:1: the median function has {statistics.median(lengths)} lines, under {MEDIAN_MAX} wanted")
    print("\n".join(breaches) if breaches else "house rules: kept")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
