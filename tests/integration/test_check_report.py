# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that outing-check writes: complete, self-contained, and never in the place of something else."""

import html.parser
import os
import stat

import pytest
from check_bench import AWAY, FULL, NOT_READY, OUTING, READY, CheckBench, answer, check, device, leaf

VOID = {"meta", "br"}
ALLOWED = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "div", "strong", "span", "p", "dl", "dt", "dd", "ol",
           "li", "b", "br", "code", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "footer"}
HOSTILE = "</td></table><script src=//example.org/x>alert(1)</script><img src=x onerror=y>\"'&<!--\x1b[2J\u202e"


@pytest.fixture
def bench(tmp_path):
    made = CheckBench(tmp_path)
    yield made
    made.close()


class Page(html.parser.HTMLParser):
    """Reads a page, and fails on anything that could load, run or break something."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.text, self.style, self.rows, self.headings = [], "", "", [], []
        self.feed(text)
        self.close()
        assert self.open == [], "each element is closed"

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, tag
        names = [name for name, _value in attrs]
        assert set(names) <= {"class", "lang", "charset", "http-equiv", "content", "name"}, names
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
        if tag == "h2":
            self.headings.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data
            return
        self.text += data + " "
        if "td" in self.open:
            self.rows[-1][-1] += data
        if self.open and self.open[-1] == "h2":
            self.headings[-1] += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data):
        raise AssertionError(f"a declaration: {data}")


def page_of(bench, said, *words):
    bench.start(said, RecordOuting={"text": OUTING})
    result = bench.run("--report", "page.html", *words, TZ="UTC0")
    text = (bench.folder / "page.html").read_text(encoding="utf-8")
    assert "The report is in page.html" in result.stdout
    for word in ("url(", "@import", "http:", "https:", "javascript"):
        assert word not in text.replace("//example.org", ""), word
    return result, Page(text)


def test_a_page_of_what_is_ready(bench):
    result, page = page_of(bench, READY)
    assert result.returncode == 0 and "READY" in page.text and "NOT READY" not in page.text
    assert page.headings == ["Devices that travel", "This computer: where data rests", "This computer: how it is set up",
                             "What everybody who takes a device along agrees to", "Signatures"]
    cells = [row for row in page.rows if row]
    assert len(cells) == 1 + 2 + 8 + 2
    assert all(row[1].startswith("\u2713 ") for row in cells[:-2])
    for word in ("Thursday 26 November 2026, 10:00", os.uname().nodename, "I take only what is needed", "aes-xts-plain64"):
        assert word in page.text
    assert "size:A4" in page.style and "break-inside:avoid" in page.style and "table-header-group" in page.style


def test_a_page_of_what_is_not(bench):
    result, page = page_of(bench, NOT_READY)
    assert result.returncode == 1 and "NOT READY" in page.text and "5 of 14 things stand in the way." in page.text
    assert page.headings[0] == "What to do" and "swapoff /dev/sda5" in page.text
    states = [row[1] for row in page.rows if row]
    assert states[:2] == ["\u2717 not ready", "\u2717 not plugged in"] and states.count("\u2717 not encrypted") == 2
    assert "It does not allow the outing." in page.text


def test_every_reason_is_on_it(bench):
    devices = [dict(FULL if i % 2 else AWAY, name=f"Camera {i}", id=f"disk-{i}", reason=f"Reason {i}.") for i in range(40)]
    checks = [dict(c, details=[f"detail of {c['check']}"]) for c in READY["laptop"]["checks"]]
    _result, page = page_of(bench, answer(devices=devices, checks=checks))
    for i in range(40):
        assert f"Camera {i}" in page.text and f"Reason {i}." in page.text
    for c in checks:
        assert f"detail of {c['check']}" in page.text


def test_a_recorded_outing_is_on_it(bench):
    result, page = page_of(bench, READY, "--record", "--destination", "Elm Park", "--due-back", "tomorrow 15:30", "--leader",
                           "Sam Example", "--with", "Kim Sample", "--yes")
    assert result.returncode == 0 and page.headings[0] == "The outing"
    for word in ("Elm Park", "12", "Wednesday 12 May 2027, 14:30", "uid 1000 (sam)",
                 "Agreed to when the outing was recorded: Sam Example, Kim Sample"):
        assert word in page.text, word


def test_a_plan_is_not_taken_for_a_record(bench):
    _result, page = page_of(bench, READY, "--destination", "Elm Park")
    assert "it was not recorded with this check" in page.text and "Elm Park" in page.text


def test_hostile_words_stay_words(bench):
    said = answer(storage=[leaf("/dev/" + HOSTILE, used_for=[HOSTILE], verdict="unknown", reason=HOSTILE, fix=HOSTILE,
                                command=HOSTILE, chain=[HOSTILE])],
                  checks=[dict(check(c["check"]), verdict="fail", reason=HOSTILE, fix=HOSTILE, details=[HOSTILE])
                          for c in READY["laptop"]["checks"]],
                  devices=[device(HOSTILE, verdict="not-ready", reason=HOSTILE, fix=HOSTILE, room=HOSTILE)])
    _result, page = page_of(bench, said, "--destination", HOSTILE, "--leader", HOSTILE)
    assert "<script src=//example.org/x>alert(1)</script>" in page.text
    assert "\x1b" not in page.text and "\u202e" not in page.text


def test_nothing_is_written_when_nothing_was_found_out(bench):
    bench.start([{"verdict": "ready"}])
    assert bench.run("--report", "page.html").returncode == 3
    assert not (bench.folder / "page.html").exists()


@pytest.mark.parametrize("kind", ["folder", "symlink", "dangling", "fifo"])
def test_nothing_else_is_overwritten(bench, kind):
    bench.start(READY)
    page, target = bench.folder / "page.html", bench.folder / "target.html"
    target.write_text("precious", encoding="utf-8")
    {"folder": page.mkdir, "symlink": lambda: page.symlink_to(target), "dangling": lambda: page.symlink_to("nowhere"),
     "fifo": lambda: os.mkfifo(page)}[kind]()
    before = page.lstat()
    result = bench.run("--report", str(page))
    assert result.returncode == 2 and "page.html" in result.stderr and bench.calls() == []
    assert page.lstat().st_ino == before.st_ino and target.read_text(encoding="utf-8") == "precious"


def test_an_older_page_is_replaced_whole(bench):
    bench.start([NOT_READY, READY])
    page = bench.folder / "page.html"
    for word in ("NOT READY", "READY"):
        bench.run("--report", str(page))
        assert f" {word}</strong>" in page.read_text(encoding="utf-8")
    assert stat.S_IMODE(page.stat().st_mode) == 0o644
    assert [p.name for p in bench.folder.iterdir() if "page" in p.name] == ["page.html"], "no leftovers"
