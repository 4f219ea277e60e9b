#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often outing-inspect is wrong about whole files, both ways.

Misses: 200 planted cases. Each is a piece of a real document with a child's name in it, or the head of a photo, put into
one of the carriers of the integration test (office documents, PDF, mail, archives in archives, ...). None may pass.

False refusals: real documents of this computer and of Debian packages, against a register of 60 invented children. A
document counts as falsely refused when no picture is in it and yet it is refused. Under 0.5 % may be. Change logs and lists
of authors are left out: they are lists of people, among them people who are called like a child.

    measure_inspect.py [--write FILE] [--packages DIR] [--cases N] [--seed N] [--show]

Packages named below that are not in DIR are fetched by apt-get download.
"""

import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import measure_names

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/integration"))
import inspect_kit as kit  # noqa: E402  pylint: disable=wrong-import-position

PROGRAM = TOP / "build/normal/outing-inspect"
PACKAGES = """debian-policy developers-reference debian-reference-en debian-handbook debian-faq maint-guide sqlite3-doc gnuplot-doc
    pandoc-data postgresql-doc-15 python3-docx bash-doc git-doc r-doc-pdf installation-guide-amd64""".split()
KINDS = {"PDF": [".pdf"], "office": [".docx", ".odt", ".pptx", ".odp", ".xlsx", ".ods", ".epub", ".rtf"],
         "HTML": [".html", ".htm", ".xhtml"], "text": [".txt", ".md", ".rst", ".csv", ".text", ".tex"],
         "packed text": [".txt.gz", ".md.gz", ".html.gz", ".pdf.gz", "README.gz", "README.Debian.gz", "TODO.gz", "FAQ.gz"]}
LIMIT = 0.5
BATCH = 400
PER_KIND = 2500


def fetch(folder):
    folder.mkdir(exist_ok=True)
    for package in PACKAGES:
        if not list(folder.glob(f"{package}_*.deb")):
            subprocess.run(["apt-get", "download", "-q", package], cwd=folder, check=False, capture_output=True)
    tree = folder / "tree"
    if not tree.exists():
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, tree], check=True)
    return tree


def kind_of(path):
    if re.match(r"(change|news|authors|contributors|thanks|credits|history|acknowledge)", path.name, re.I):
        return None
    return next((kind for kind, ends in KINDS.items() if path.name.endswith(tuple(ends))), None)


def collect(rng, folders):
    found = collections.defaultdict(list)
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            kind = kind_of(path)
            if kind and path.is_file() and not path.is_symlink() and 0 < path.stat().st_size < 32 << 20:
                found[kind].append(path)
    return {kind: sorted(rng.sample(paths, min(PER_KIND, len(paths)))) for kind, paths in sorted(found.items())}


def judge(register, paths):
    answers = []
    for start in range(0, len(paths), BATCH):
        done = subprocess.run([PROGRAM, "--json", "--names", register.table, "--key", register.key, *paths[start:start + BATCH]],
                              capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        answers += [json.loads(line) for line in done.stdout.splitlines()]
    return answers


# --- planted cases --------------------------------------------------------------------------------------------------

CARRIERS = {
    "text": lambda t: t.encode(), "UTF-16": lambda t: t.encode("utf-16"), "HTML": lambda t: f"<html><p>{t}</p></html>".encode(),
    "RTF": lambda t: ("{\\rtf1 " + "".join(c if c.isascii() and c not in "\\{}" else f"\\u{ord(c)}?" for c in t) + "}").encode(),
    "DOCX": lambda t: kit.docx(kit.runs(t)), "DOCX, split": lambda t: kit.docx(kit.runs(*[t[i:i + 5] for i in range(0, len(t), 5)])),
    "DOCX comment": lambda t: kit.docx(more={"word/comments.xml": f"<c>{kit.runs(t)}</c>"}), "XLSX": lambda t: kit.xlsx([t.split()]),
    "ODT": kit.odt, "EPUB": lambda t: kit.epub({"OEBPS/t.xhtml": f"<p>{t}</p>"}), "PDF": kit.pdf,
    "PDF attachment": lambda t: kit.pdf_with_attachment("a.txt", t.encode()), "mail, base64": lambda t: kit.mail(kit.base64_lines(t.encode()), encoding="base64"),
    "mail with DOCX": lambda t: kit.mail(kit.base64_lines(kit.docx(kit.runs(t))), "x/y", "base64"), "ZIP": lambda t: kit.zipped({"a.txt": t}),
    "ZIP in ZIP": lambda t: kit.nested(3, t.encode()), "7-Zip": lambda t: kit.sevenzip({"a.txt": t}), "tar.gz": lambda t: kit.gzipped(kit.tarred({"a.txt": t})),
    "xz": lambda t: kit.lzma.compress(t.encode()), "base64": lambda t: kit.base64_lines(t.encode()).encode(), "hexadecimal": lambda t: t.encode().hex().encode(),
}
PHOTOS = {"JPEG": kit.JPEG, "PNG": kit.png(300, 200), "HEIC": kit.PICTURES["heic"], "MP4": kit.FILMS["mp4"]}
PHOTO_CARRIERS = {
    "alone": lambda d: d, "DOCX": lambda d: kit.docx(more={"word/media/image1.x": d}), "ODT": lambda d: kit.odt(more={"Pictures/1": d}),
    "PDF attachment": lambda d: kit.pdf_with_attachment("a.txt", d), "mail": lambda d: kit.mail(kit.base64_lines(d), "x/y", "base64"),
    "ZIP in ZIP": lambda d: kit.zipped({"b": kit.zipped({"a.txt": d})}), "7-Zip": lambda d: kit.sevenzip({"a.txt": d}), "behind a PDF": lambda d: kit.pdf() + d,
}


def piece(rng, texts):
    data = rng.choice(texts).read_bytes()
    text = "".join(c if c.isascii() and c.isprintable() and c not in "<>&()\\{}" else " " for c in data[:4000].decode("utf-8", "replace"))
    words = text.split()[:rng.randint(5, 60)]
    return words or ["Hello"]


def planted(rng, folder, texts, children, count):
    cases = []
    for number in range(count):
        if number % 4 == 3:
            photo, carrier = rng.choice(sorted(PHOTOS)), rng.choice(sorted(PHOTO_CARRIERS))
            label, data = f"{photo}: {carrier}", PHOTO_CARRIERS[carrier](PHOTOS[photo])
        else:
            child, carrier, words = rng.choice(children), rng.choice(sorted(CARRIERS)), piece(rng, texts)
            while not (child["first"] + child["last"]).isascii():
                child = rng.choice(children)
            at = rng.randint(0, len(words))
            text = " ".join([*words[:at], child["first"], child["last"], *words[at:]])
            label, data = f"name: {carrier}", CARRIERS[carrier](text)
        path = folder / f"case{number}.bin"
        path.write_bytes(data)
        cases.append((label, path))
    return cases


# --- the table ------------------------------------------------------------------------------------------------------


def row(kind, answers):
    count = collections.Counter((a["verdict"], a["cause"]) for a in answers)
    picture = sum(count["refuse", c] for c in ("image", "film", "audio"))
    named, unread = count["refuse", "names"], count["refuse", "unreadable"]
    return [kind, len(answers), sum(count["pass", c] for c in ("clean",)), sum(n for (v, _), n in count.items() if v == "ask"), picture, named, unread]


def report(rows, cases, missed, arguments):
    total = ["all", *[sum(r[i] for r in rows) for i in range(1, 7)]]
    judged = total[1] - total[4]
    false = 100 * (total[5] + total[6]) / judged
    lines = ["# Whole files", "", f"Made by `make corpus` (seed {arguments.seed}): see `measure_inspect.py` for what the figures mean.", "",
             f"Planted cases: {cases}, missed: {missed}.", "",
             "| documents | judged | pass | ask | a picture is in it | refused: names | refused: unreadable |", "|---|---:|---:|---:|---:|---:|---:|",
             *["| " + " | ".join(map(str, r)) + " |" for r in [*rows, total]], "",
             f"False refusals, of documents without a picture: {false:.2f} % (at most {LIMIT} %).", ""]
    return "\n".join(lines), false


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write")
    parser.add_argument("--packages", type=pathlib.Path, default=pathlib.Path.home() / ".cache/outing-guard/corpus")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print what was missed and which documents were refused")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    arguments.packages.mkdir(parents=True, exist_ok=True)
    documents = collect(rng, ["/usr/share/doc", "/usr/share/perl", fetch(arguments.packages)])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        children = measure_names.make_register(rng)
        register = measure_names.Register(folder, children)
        cases = planted(rng, folder, documents["text"], children, arguments.cases)
        answers = judge(register, [path for _, path in cases])
        missed = [label for (label, _), answer in zip(cases, answers) if answer["verdict"] != "refuse"]
        judged = {kind: judge(register, paths) for kind, paths in documents.items()}
    if arguments.show:
        print(*[f"missed: {label}" for label in missed], sep="\n")
        print(*[f"{a['file']}: {a['cause']}: {a['sentence']}" for answers in judged.values() for a in answers
                if a["verdict"] == "refuse" and a["cause"] in ("names", "unreadable")], sep="\n")
    text, false = report([row(kind, answers) for kind, answers in judged.items()], len(cases), len(missed), arguments)
    print(text)
    if arguments.write:
        pathlib.Path(arguments.write).write_text(text, encoding="utf-8")
    return 0 if not missed and false < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
