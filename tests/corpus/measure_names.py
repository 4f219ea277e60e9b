#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often the search for names is wrong, both ways.

Misses: 200 planted cases. Each puts what must be refused (a full name, an id, a date of birth with a name, three first
names) into a piece of a real document, written in one of the ways in which people write or hide names. None may pass.

False refusals: every text document and manual page of this computer, against registers of 60 invented children whose
names are drawn from common English first names and surnames. Under 0.5 % of the documents may be refused.

    measure_names.py [--write FILE] [--registers N] [--cases N] [--seed N] [--show]
"""

import argparse
import csv
import gzip
import hashlib
import io
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata

TOP = pathlib.Path(__file__).resolve().parents[2]
TRY = TOP / "build/normal/tests/names-try"
DOCUMENT_MAX = 2 << 20
LIMIT = 0.5

FIRSTS = """Olivia Amelia Isla Ava Ivy Freya Lily Florence Mia Willow Rosie Sophia Isabella Grace Daisy Sienna Poppy Elsie Emily Ella
Evelyn Phoebe Evie Charlotte Harper Millie Matilda Maya Sophie Alice Emilia Isabelle Ruby Luna Maisie Aria Penelope Mila Bonnie Eva
Hallie Eliza Ada Violet Esme Arabella Imogen Jessica Delilah Chloe Nancy Robyn Orla Hannah Eleanor Molly Zara Lottie Erin Rose
Noah Muhammad George Oliver Leo Arthur Oscar Theodore Freddie Archie Theo Jude Arlo Alfie Henry Luca Thomas Jack Harry Charlie Louie
Edward Reuben Elijah Jacob William Max Roman Finley Hudson Albie Tommy Teddy Rory Ezra Jaxon Daniel Edward Alexander James Joseph
Samuel Lucas Isaac Hugo Ethan Benjamin Mason Sebastian Hunter Reggie Caleb Frankie Adam Toby Nathan Ryan Will May Mark Robin""".split()

SURNAMES = """Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood
Jackson Clarke Patel Khan Lewis James Phillips Mitchell Bennett Shaw Cook Marshall Ellis Hussain Chapman Fletcher Bird Field Page Long
Testchild Sampleford Fakename Mockley Fixtureton Placeholder-Jones O'Sample Dummyson Examplewicz Inventedly Notreal Madeup McSpecimen
de la Prueba Trialthwaite Proofington Stubbsworth-Moore Demoman Pretendly Figmentson Löwenprobe Žižkovich Nomatch D'Essai""".split("\n")
SURNAMES = [s for line in SURNAMES for s in (line.replace("de la Prueba", "de_la_Prueba").split())]
SURNAMES = [s.replace("_", " ") for s in SURNAMES]

LOOKALIKES = str.maketrans("aceopxyiABCEHIKMOPTX", "асеорхуіАВСЕНІКМОРТХ")
GREEK = str.maketrans("oABEHIKMNOPTXYZ", "οΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")


# --- children ---------------------------------------------------------------------------------------------------------

def make_register(rng, count=60):
    children = []
    for number, first in enumerate(rng.sample(FIRSTS, count)):
        children.append({
            "first": first, "middle": rng.choice(["", "", "Rose", "James", "Anne-Marie", "Lee"]), "last": rng.choice(SURNAMES),
            "known": rng.choice(["", "", "", first[:3] + "sy"]),
            "born": (rng.randint(1, 28), rng.randint(1, 12), rng.randint(2020, 2024)),
            "id": f"{rng.choice('ABCDEFGHJK')}{rng.randint(10**11, 10**12 - 1)}" if number % 3 else str(rng.randint(1000, 9999))})
    return children


def register_csv(children):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["First name", "Middle name", "Surname", "Known as", "Date of birth", "UPN"])
    for c in children:
        writer.writerow([c["first"], c["middle"], c["last"], c["known"], "%02d/%02d/%04d" % c["born"], c["id"]])
    return out.getvalue().encode()


class Register:
    def __init__(self, folder, children):
        self.folder = pathlib.Path(folder)
        self.key, self.table = self.folder / "key", self.folder / "table"
        self.key.write_bytes(os.urandom(32))
        subprocess.run([TRY, "make", "key", "table"], cwd=folder, input=register_csv(children), check=True, stdout=subprocess.DEVNULL)

    def judge(self, paths, *options):
        done = subprocess.run([TRY, "judge", self.key, self.table, *options], input="\n".join(map(str, paths)) + "\n",
                              check=True, capture_output=True, text=True, errors="replace")
        return [line.split("\t") for line in done.stdout.splitlines()]


# --- what is planted --------------------------------------------------------------------------------------------------

MONTHS = "January February March April May June July August September October November December".split()


def dates(rng, born):
    day, month, year = born
    return rng.choice([f"{day:02}/{month:02}/{year}", f"{day}/{month}/{year % 100:02}", f"{day}.{month}.{year}", f"{year}-{month:02}-{day:02}",
                       f"{day} {MONTHS[month - 1]} {year}", f"{day}th {MONTHS[month - 1][:3]} {year}", f"{MONTHS[month - 1]} {day}, {year}",
                       f"{day} - {month} - {year}", f"{day:02}{month:02}{year}"])


def rare(child):
    """A surname that is no English word and not that of many families, so that an initial says who it is."""
    return child["last"][0].isupper() and SURNAMES.index(child["last"]) >= SURNAMES.index("Testchild") and "-" not in child["last"]


def full_name(rng, c):
    first, last = c["first"], c["last"]
    middle = c["middle"] or "Robin"
    return rng.choice([f"{first} {last}", f"{last}, {first}", f"{last} {first}", f"{first} {middle} {last}", f"{first} R. {last}",
                       f"{first}  {last}", f"{first}\n{last}", f"{first}\t{last}", f"{last};{first}", f"<td>{first}</td><td>{last}</td>",
                       f'{{"first_name": "{first}", "last_name": "{last}"}}', f"{first}_{last}", f"{first}.{last}@example.org",
                       f"{first}{last}".replace(" ", ""), f"{last}, {first} {middle}", f"{first} ({c['known'] or 'Bee'}) {last}"])


def half_name(rng, c):
    return f"{c['first']} {rng.choice(c['last'].replace(chr(39), '-').split('-')[-1:])}"


def known_name(rng, c):
    return f"{c['known'] or c['first']} {c['last']}"


def initial(rng, c):
    return rng.choice([f"{c['first'][0]}. {c['last']}", f"{c['first'][0]} {c['last']}", f"{c['last']}, {c['first'][0]}."])


def number(rng, c):
    text = c["id"]
    return rng.choice([text, text.lower(), f"{text[:4]} {text[4:8]} {text[8:]}", f"{text[:5]}-{text[5:]}", f"UPN:{text}"])


def birthday(rng, c):
    date = dates(rng, c["born"])
    return rng.choice([f"{c['first']} ({date})", f"{date} {c['first']}", f"DOB {date}, the child is called {c['first']}",
                       f"{c['first']}\t\t{date}", f"{c['last']} family, baby born {date}", f"{date},{c['known'] or c['first']}"])


def short_id(rng, c):
    return rng.choice([f"{c['first']} {c['id']}", f"{c['id']},{c['first']},Blue", f"Child {c['id']} ({c['first']})"])


def sure(children):
    words = set("Ivy Lily Willow Grace Daisy Sienna Poppy Florence Ruby Aria Violet Rose Jack Max Hunter Mason Will May Mark Robin Archie Ada Max "
                "Roman Robyn Rory Bonnie Rosie Elsie Hugo Reggie".split())
    return [c for c in children if c["first"] not in words]


def three(rng, children):
    a, b, c = (x["first"] for x in rng.sample(sure(children), 3))
    return rng.choice([f"{a}, {b} and {c} went to the farm", f"{a}\n{b}\n{c}", f"{a}; {b}; {c}", f"{a} & {b} & {c}",
                       f"{a} painted. {b} slept. {c} sang.", f"- {a}\n- {b}\n- {c}", f"{a},{b},{c}", f"{a}'s and {b}'s coats, {c}'s hat"])


# --- how it is written ------------------------------------------------------------------------------------------------

def each(text, change, rng, share=1.0):
    return "".join(change(c) if c.isalpha() and rng.random() < share else c for c in text)


def inside(text, rng, what):
    """Puts `what` into the middle of each word of at least three letters."""
    words = text.split(" ")
    for i, word in enumerate(words):
        letters = [n for n in range(1, len(word)) if word[n - 1].isalpha() and word[n].isalpha()]
        if len(word) > 2 and letters:
            n = rng.choice(letters)
            words[i] = word[:n] + what + word[n:]
    return " ".join(words)


def styled(base_upper, base_lower):
    def change(c):
        if "a" <= c <= "z":
            return chr(base_lower + ord(c) - 97)
        return chr(base_upper + ord(c) - 65) if "A" <= c <= "Z" else c
    return change


def spaced(text):
    return "  ".join(" ".join(word) for word in text.split())


WAYS = {
    "as it is": lambda t, r: t,
    "lower case": lambda t, r: t.lower(),
    "upper case": lambda t, r: t.upper(),
    "full width": lambda t, r: "".join(chr(ord(c) + 0xfee0) if "!" <= c <= "~" else c for c in t),
    "zero width inside": lambda t, r: inside(t, r, r.choice(["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"])),
    "soft hyphen inside": lambda t, r: inside(t, r, "\u00ad"),
    "accents": lambda t, r: each(t, lambda c: unicodedata.normalize("NFC", c + r.choice("\u0301\u0300\u0308\u0303")), r, 0.3),
    "combining strokes": lambda t, r: each(t, lambda c: c + "\u0336", r),
    "Cyrillic look-alikes": lambda t, r: t.translate(LOOKALIKES),
    "Greek look-alikes": lambda t, r: t.translate(GREEK),
    "bold letters": lambda t, r: each(t, styled(0x1d400, 0x1d41a), r),
    "sans letters": lambda t, r: each(t, styled(0x1d5a0, 0x1d5ba), r),
    "circled letters": lambda t, r: each(t, styled(0x24b6, 0x24d0), r),
    "no-break spaces": lambda t, r: t.replace(" ", "\u00a0"),
    "wide spaces": lambda t, r: t.replace(" ", r.choice(["   ", "\t", "\u2003"])),
    "curly apostrophes": lambda t, r: t.replace("'", "\u2019").replace("-", "\u2011"),
    "shown backwards": lambda t, r: "\n".join("\u202e" + line[::-1] + "\u202c" for line in t.split("\n")),
}
NAME_WAYS = {
    "split at a line end": lambda t, r: inside(t, r, "-\n"),
    "spaced letters": lambda t, r: spaced(t.replace("\n", " ").replace("\t", " ")),
    "hyphens between letters": lambda t, r: " ".join("-".join(w) for w in t.split()),
    "capital I for l": lambda t, r: t.replace("l", "I"),
    "digits for letters": lambda t, r: inside_digits(t),
    "rn for m": lambda t, r: t.replace("m", "rn"),
}


def inside_digits(text):
    """Not two in a row, or nobody could read it."""
    out = ""
    for c in text:
        out += {"o": "0", "i": "1", "l": "1", "e": "3"}.get(c, c) if out and out[-1].isalpha() else c
    return out


def planted(rng, children, number_of_cases):
    """(kind, way, text) for each case."""
    simple = [c for c in children if c["last"].isascii() and c["last"].isalpha() and len(c["first"]) > 3 and c in sure(children)]
    kinds = [("full name", full_name, children), ("half of a surname", half_name, children), ("known as", known_name, children),
             ("initial", initial, [c for c in children if rare(c)]), ("id", number, [c for c in children if len(c["id"]) > 6]),
             ("date of birth", birthday, children), ("short id", short_id, [c for c in children if len(c["id"]) < 6])]
    cases = []
    for n in range(number_of_cases):
        if n % 8 == 7:
            way = rng.choice(list(WAYS))
            cases.append(("three first names", way, WAYS[way](three(rng, children), rng)))
        elif n % 8 in (3, 5):
            way = rng.choice(list(NAME_WAYS))
            c = rng.choice(simple)
            cases.append(("full name", way, NAME_WAYS[way](rng.choice([f"{c['first']} {c['last']}", f"{c['last']} {c['first']}"]), rng)))
        else:
            kind, make, whom = kinds[n % len(kinds)] if rng.random() < 0.6 else kinds[0]
            way = rng.choice(list(WAYS))
            cases.append((kind, way, WAYS[way](make(rng, rng.choice(whom)), rng)))
    return cases


# --- documents --------------------------------------------------------------------------------------------------------

def read_document(path):
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, ValueError):
        return None
    return data[:DOCUMENT_MAX] if len(data) >= 200 and b"\0" not in data[:4096] else None


def collect(folder):
    """Each text once, as files in folder."""
    seen, paths = set(), []
    for root in ("/usr/share/doc", "/usr/share/man"):
        for path in sorted(pathlib.Path(root).rglob("*")):
            if not path.is_file() or path.is_symlink():
                continue
            data = read_document(path)
            digest = hashlib.sha256(data).digest() if data else None
            if data and digest not in seen:
                seen.add(digest)
                paths.append(folder / f"{len(paths):05}")
                paths[-1].write_bytes(data)
    return paths


def plant(rng, folder, documents, cases):
    paths = []
    for n, (_, _, text) in enumerate(cases):
        data = rng.choice(documents).read_bytes()
        at = rng.randrange(max(1, len(data) - 4000))
        start = data.find(b"\n", at)
        piece = data[start + 1:start + 1 + rng.randint(200, 4000)] if start >= 0 else data[:2000]
        middle = piece.find(b"\n", len(piece) // 2)
        paths.append(folder / f"case{n:04}")
        paths[-1].write_bytes(piece[:middle + 1] + text.encode() + b"\n" + piece[middle + 1:])
    return paths


# --- the whole --------------------------------------------------------------------------------------------------------

def misses(rng, folder, documents, number_of_cases):
    children = make_register(rng)
    register = Register(folder, children)
    cases = planted(rng, children, number_of_cases)
    answers = register.judge(plant(rng, folder, documents, cases))
    return [(case, verdict) for case, (verdict, *_) in zip(cases, answers)]


def false_refusals(rng, folder, documents, registers):
    figures = []
    for _ in range(registers):
        answers = Register(folder, make_register(rng)).judge(documents)
        figures.append(answers)
    return figures


def per_cent(part, whole):
    return f"{100 * part / whole:.2f} %"


def report(results, figures, documents, arguments):
    missed = [case for case, verdict in results if verdict != "refuse"]
    rows = ["# How often the search for names is wrong", "",
            f"Written by `make measure-names` (seed {arguments.seed}). All children are invented.", "",
            f"## Misses: {len(missed)} of {len(results)} planted cases", "", "| planted | cases | missed |", "| --- | ---: | ---: |"]
    for kind in sorted({case[0] for case, _ in results}):
        mine = [v for case, v in results if case[0] == kind]
        rows.append(f"| {kind} | {len(mine)} | {sum(v != 'refuse' for v in mine)} |")
    rows += ["", "| written | cases | missed |", "| --- | ---: | ---: |"]
    for way in sorted({case[1] for case, _ in results}):
        mine = [v for case, v in results if case[1] == way]
        rows.append(f"| {way} | {len(mine)} | {sum(v != 'refuse' for v in mine)} |")
    refused = [sum(a[0] == "refuse" for a in answers) for answers in figures]
    asked = [sum(a[0] == "ask" for a in answers) for answers in figures]
    rows += ["", f"## False refusals: {len(documents)} documents, {len(figures)} registers of 60 children", "",
             "| | refused | asked about |", "| --- | ---: | ---: |",
             f"| mean | {per_cent(sum(refused) / len(figures), len(documents))} | {per_cent(sum(asked) / len(figures), len(documents))} |",
             f"| best register | {per_cent(min(refused), len(documents))} | {per_cent(min(asked), len(documents))} |",
             f"| worst register | {per_cent(max(refused), len(documents))} | {per_cent(max(asked), len(documents))} |", "",
             "| why refused | share of all documents |", "| --- | ---: |"]
    reasons = [a[2] for answers in figures for a in answers if a[0] == "refuse"]
    for reason in sorted(set(reasons), key=reasons.count, reverse=True):
        rows.append(f"| {reason} | {per_cent(reasons.count(reason), len(documents) * len(figures))} |")
    rows += ["", "Documents are the texts in /usr/share/doc and /usr/share/man of the computer it was run on: full of their authors' "
             "names, so harder than what a nursery writes."]
    return "\n".join(rows) + "\n", len(missed), sum(refused) / len(figures) / len(documents) * 100


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write")
    parser.add_argument("--registers", type=int, default=10)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print what was missed and which documents were refused")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        documents = collect(folder)
        results = misses(rng, folder, documents, arguments.cases)
        figures = false_refusals(rng, folder, documents, arguments.registers)
        if arguments.show:
            for case, verdict in results:
                if verdict != "refuse":
                    print(verdict, case)
            for answers in figures:
                for verdict, path, why in answers:
                    if verdict == "refuse":
                        print(why, pathlib.Path(path).read_bytes()[:60])
    text, missed, refused = report(results, figures, documents, arguments)
    print(text)
    if arguments.write:
        pathlib.Path(arguments.write).write_text(text, encoding="utf-8")
    return 0 if missed == 0 and refused < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
