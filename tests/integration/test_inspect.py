# SPDX-License-Identifier: GPL-3.0-or-later
"""outing-inspect: what may be put on a stick that anybody can read, and what may not.

Each case is one file with a canary in it: an invented child's name, or the head of a picture. What may go is tested as
well, since a program that refuses everything would pass the rest.
"""

import base64
import binascii
import json
import os
import pathlib
import resource
import subprocess
import tempfile

import inspect_kit as kit
import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
VARIANT = os.environ.get("OUTING_VARIANT", "faults")
PROGRAM = TOP / "build" / VARIANT / "outing-inspect"
MAKER = TOP / "build" / VARIANT / "tests" / "names-try"
N = kit.NAME
NAMES, IMAGE, FILM, AUDIO, UNREADABLE, CLEAN = "names", "image", "film", "audio", "unreadable", "clean"


@pytest.fixture(scope="module")
def register(tmp_path_factory):
    done = subprocess.run(["make", "-C", str(TOP), "-j2", f"VARIANT={VARIANT}", str(PROGRAM.relative_to(TOP)),
                           str(MAKER.relative_to(TOP))], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path_factory.mktemp("register")
    (folder / "key").write_bytes(os.urandom(32))
    done = subprocess.run([MAKER, "make", "key", "names"], input=kit.LIST, text=True, check=False, capture_output=True, cwd=folder)
    assert (folder / "names").exists(), done.stdout + done.stderr
    return ["--names", str(folder / "names"), "--key", str(folder / "key")]


def inspect(register, paths, **options):
    done = subprocess.run([PROGRAM, "--json", *register, *map(str, paths)], capture_output=True, text=True, timeout=300,
                          check=False, **options)
    assert done.returncode in (0, 1), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done


def look(register, folder, data, name="letter.bin"):
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    answers, _ = inspect(register, [path])
    return answers[0]


# --- what may go ---------------------------------------------------------------------------------------------------

PASSES = {
    "empty": b"", "text": kit.LETTER, "windows-text": "café naïve £5\r\n".encode("cp1252"), "utf-16": kit.LETTER.encode("utf-16"),
    "utf-32": kit.LETTER.encode("utf-32"), "utf-16-mark": "".encode("utf-16"), "utf-32-mark": b"\0\0\xfe\xff", "csv": "date,cost\n1 May,\"£5\"\n",
    "html": f"<!DOCTYPE html><html><style>p {{font-family: Georgia}}</style><body style='font-family: Georgia'><p>{kit.LETTER}</p></body></html>",
    "svg": "<svg xmlns='http://www.w3.org/2000/svg'><rect width='5' height='5'/><text font-family='Georgia'>Menu</text></svg>",
    "rtf": r"{\rtf1\ansi{\fonttbl{\f0 Georgia;}}\f0 Dear parents,\par sports day \'a3 5}", "docx": kit.docx(), "odt": kit.odt(),
    "xlsx": kit.xlsx([["Week", "Menu"], [1, "Soup"]]), "epub": kit.epub(), "pdf": kit.pdf(), "pdf-plain": kit.pdf(packed=False),
    "pdf-icon": kit.pdf_with_image(64, 64), "zip": kit.zipped({"a/letter.txt": kit.LETTER, "menu.pdf": kit.pdf()}),
    "zip-nested": kit.nested(4, kit.LETTER.encode()), "zip-empty": kit.zipped({}), "tar": kit.tarred({"letter.txt": kit.LETTER}),
    "tar-gnu": kit.tarred({"a" * 150 + "/letter.txt": kit.LETTER}, kit.tarfile.GNU_FORMAT),
    "tar-with-zip-last": kit.tarred({"letter.zip": kit.zipped({"letter.txt": kit.LETTER}, 0)}),
    "7z": kit.sevenzip({"letter.txt": kit.LETTER}), "gz": kit.gzipped(kit.LETTER), "mail": kit.mail("See you there."),
    "mail-base64-text": kit.mail(kit.base64_lines(kit.LETTER.encode()), encoding="base64"),
    "mail-base64-pdf": kit.mail(kit.base64_lines(kit.pdf()), "application/pdf", "base64"),
    "icon-png": kit.png(128, 128), "icon-gif": kit.gif(32, 32), "icon-bmp": kit.bmp(32, 32), "json": json.dumps({"menu": ["soup", "£"]}),
    "hashes": "".join(f"{os.urandom(16).hex()}  usr/share/doc/file{i}\n" for i in range(2000)),
    "certificate": "-----BEGIN CERTIFICATE-----\n" + kit.base64_lines(os.urandom(1500), 64) + "\n-----END CERTIFICATE-----\n",
    "bmw": "BMW is a maker of cars.\n" * 30, "about-pdf": "A PDF file begins with %PDF-1.4 and then goes on.\n",
    "manual": "N\bNA\bAM\bME\bE\n     \x1b[1mls\x1b[0m - list\n",
}


@pytest.mark.parametrize("case", PASSES)
def test_what_may_go_goes(register, tmp_path, case):
    answer = look(register, tmp_path, PASSES[case])
    assert (answer["verdict"], answer["cause"], answer["sentence"]) == ("pass", CLEAN, "")


# --- 65: pictures, films, recordings, by content and never by name -------------------------------------------------

MEDIA = {**{f"{k}": (IMAGE, v) for k, v in kit.PICTURES.items()}, **{f"{k}": (FILM, v) for k, v in kit.FILMS.items()},
         **{f"{k}": (AUDIO, v) for k, v in kit.SOUNDS.items()}}


@pytest.mark.parametrize("case", MEDIA)
def test_media_are_refused_by_content(register, tmp_path, case):
    cause, data = MEDIA[case]
    answer = look(register, tmp_path, data, "letter.txt")
    assert (answer["verdict"], answer["cause"]) == ("refuse", cause)
    assert answer["sentence"].startswith("This is a")


CARRIERS = {
    "docx": lambda d: kit.docx(more={"word/media/image1.png": d}), "odt": lambda d: kit.odt(more={"Pictures/1.png": d}),
    "epub": lambda d: kit.epub({"OEBPS/cover.jpg": d}), "zip": lambda d: kit.zipped({"notes.txt": d}),
    "zip-stored": lambda d: kit.zipped({"notes.txt": d}, 0), "tar": lambda d: kit.tarred({"notes.txt": d}),
    "7z": lambda d: kit.sevenzip({"notes.txt": d}), "gz": kit.gzipped, "xz": kit.lzma.compress, "bz2": kit.bz2.compress,
    "mail": lambda d: kit.mail(kit.base64_lines(d), "application/octet-stream", "base64"),
    "mail-odd-lines": lambda d: kit.mail(kit.base64_lines(d, 44), "text/plain", "base64"),
    "mail-quoted": lambda d: kit.mail("=\n".join(f"={b:02X}" for b in d), "application/octet-stream", "quoted-printable"),
    "mail-crlf": lambda d: kit.mail("".join(f"={b:02X}" for b in d), "x/y", "quoted-printable").replace(b"\n", b"\r\n"),
    "html": lambda d: f"<p>Hi<img src='data:image/png;base64,{base64.b64encode(d).decode()}'></p>".encode(),
    "svg": lambda d: f"<svg><image href=\"data:image/png;base64,{kit.base64_lines(d)}\"/></svg>".encode(),
    "json": lambda d: json.dumps({"menu": base64.b64encode(d).decode()}).encode(),
    "base64": lambda d: base64.b64encode(d), "base64-url": lambda d: base64.urlsafe_b64encode(d), "hex": binascii.hexlify,
    "hex-spaced": lambda d: d.hex(" ", 1).encode(), "c-array": lambda d: ("{" + ", ".join(f"0x{b:02x}" for b in d) + "};").encode(),
    "xxd": lambda d: "".join(f"{i:08x}: {d[i:i + 16].hex(' ', 2)}  ................\n" for i in range(0, len(d), 16)).encode(),
    "uuencode": lambda d: b"begin 644 a\n" + b"".join(binascii.b2a_uu(d[i:i + 45]) for i in range(0, len(d), 45)) + b"`\nend\n",
    "pdf-attachment": lambda d: kit.pdf_with_attachment("menu.txt", d),
    "pdf-loose-stream": lambda d: kit.pdf(extra=[kit.pdf_stream("", d)]),
    "pdf-packed-stream": lambda d: kit.pdf(extra=[kit.pdf_stream("/Filter/FlateDecode", kit.zlib.compress(d))]),
    "pdf-ascii85-stream": lambda d: kit.pdf(extra=[kit.pdf_stream("/Filter[/ASCII85Decode/FlateDecode]", base64.a85encode(kit.zlib.compress(d)) + b"~>")]),
    "pdf-behind-end": lambda d: kit.pdf() + d, "nested": lambda d: kit.zipped({"a.docx": kit.docx(more={"word/media/image1.png": d})}),
    "mail-in-zip": lambda d: kit.zipped({"a.eml": kit.mail(kit.base64_lines(d), "x/y", "base64")}),
    "preview-of-odt": lambda d: kit.odt(more={"Thumbnails/thumbnail.png": d}), "settings-of-odt": lambda d: kit.odt(more={"layout-cache": d}),
}


@pytest.mark.parametrize("picture", ["jpeg", "png"])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_pictures_are_found_inside(register, tmp_path, carrier, picture):
    data = {"jpeg": kit.JPEG, "png": kit.png(400, 300)}[picture]
    answer = look(register, tmp_path, CARRIERS[carrier](data))
    assert (answer["verdict"], answer["cause"]) == ("refuse", IMAGE), answer["sentence"]


def test_a_picture_in_a_page_is_found_by_its_size(register, tmp_path):
    assert look(register, tmp_path, kit.pdf_with_image(600, 400))["cause"] == IMAGE
    hidden = kit.pdf_stream("/Subtype/Im#61ge/Width 600/Height 400", b"\0" * 900)
    assert look(register, tmp_path, kit.pdf(extra=[hidden]))["cause"] == IMAGE
    inline = b"q 500 0 0 400 0 0 cm BI /W 500 /H 400 /CS /G /BPC 8 ID " + bytes(200000) + b" EI Q BT /F 9 Tf (hi) Tj ET"
    assert look(register, tmp_path, kit.pdf(content=inline))["cause"] == IMAGE


# --- 60, 61: other names, several readings, layers, passwords -------------------------------------------------------

ZIP = kit.zipped({"letter.txt": kit.LETTER})
TAMPERED = kit.zipped({"letter.txt": N, "other.txt": kit.LETTER}, 0)
ENDLESS = kit.zipped({f"{i}.txt": bytes(60 << 20) for i in range(3)})


def as_user(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, **options).stdout


def zip_with_password(folder):
    (folder / "letter.txt").write_text(kit.LETTER)
    as_user("zip", "-q", "-P", "secret", "a.zip", "letter.txt", cwd=folder)
    return (folder / "a.zip").read_bytes()


def gpg_message(*options):
    """In a home with a short path: the sockets of its key agent lie in it."""
    with tempfile.TemporaryDirectory(prefix="gpg-", ignore_cleanup_errors=True) as home:
        return as_user("gpg", "--homedir", home, "--batch", "--passphrase", "x", "--pinentry-mode", "loopback", *options, "-co", "-",
                       input=kit.LETTER.encode())


REFUSED = {
    "jpeg-and-zip": lambda _: kit.JPEG + ZIP, "icon-and-zip": lambda _: kit.png(16, 16, behind=ZIP),
    "gif-icon-and-zip": lambda _: kit.gif(16, 16, behind=ZIP), "gif-and-pdf": lambda _: kit.gif(16, 16, behind=kit.pdf()),
    "zip-with-prefix": lambda _: os.urandom(4096) + ZIP, "text-and-zip": lambda _: b"hello " * 50 + ZIP,
    "film-with-zip": lambda _: kit.box(b"free", ZIP), "zip-with-suffix": lambda _: ZIP + b"hidden" * 50,
    "pdf-and-zip": lambda _: kit.pdf() + ZIP, "zip-and-zip": lambda _: ZIP + ZIP, "gz-with-suffix": lambda _: kit.gzipped(kit.LETTER) + b"more",
    "tar-with-suffix": lambda _: kit.tarred({"a.txt": kit.LETTER}) + b"more" * 300, "7z-with-suffix": lambda _: kit.sevenzip({"a": "b"}) + b"more",
    "zip-two-names": lambda _: TAMPERED.replace(b"letter.txt", b"menu01.txt", 1),
    "zip-two-sizes": lambda _: TAMPERED[:18] + b"\x04\0\0\0\x04\0\0\0" + TAMPERED[26:],
    "zip-gap": lambda _: ZIP[:ZIP.index(b"PK\1\2")] + b"A" * 40 + ZIP[ZIP.index(b"PK\1\2"):],
    "zip-duplicate": lambda _: kit.zipped({"letter.txt": kit.LETTER, "setter.txt": kit.LETTER}, 0).replace(b"setter.txt", b"letter.txt"),
    "zip-checksum": lambda _: TAMPERED.replace(b"Amelia", b"Bmelia"), "zip-12-deep": lambda _: kit.nested(12, kit.LETTER.encode()),
    "zip-password": zip_with_password, "zip-aes": lambda _: kit.libarchive({"a.txt": kit.LETTER}, "zip", b"secret"),
    "gpg": lambda _: gpg_message(), "gpg-armour": lambda _: gpg_message("--armor"),
    "gpg-in-mail": lambda _: kit.mail(gpg_message("--armor").decode()),
    "odt-password": lambda _: kit.odt(more={"META-INF/manifest.xml": "<m><manifest:encryption-data/></m>", "content.xml": os.urandom(900)}),
    "docx-password": lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + os.urandom(5000), "doc": lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000),
    "pdf-password": lambda _: kit.pdf(trailer="/Encrypt<</Filter/Standard/V 1/R 2/O(" + "x" * 32 + ")/U(" + "y" * 32 + ")/P -4>>/ID[(a)(b)]"),
    "random": lambda _: os.urandom(5000), "fragment": lambda _: kit.JPEG[3000:9000], "random-base64": lambda _: base64.b64encode(os.urandom(9000)),
    "split-zip": lambda _: ZIP[:-30], "rar": lambda _: b"Rar!\x1a\x07\1\0" + kit.FILL, "iso": lambda _: bytes(32769) + b"CD001" + bytes(9000),
    "fat-image": lambda _: b"\xeb\x3c\x90MSDOS5.0" + bytes(499) + b"\x55\xaa" + bytes(9000), "ext4-image": lambda _: bytes(1080) + b"\x53\xef" + bytes(9000),
    "sqlite": lambda _: b"SQLite format 3\0" + bytes(4096), "program": lambda _: pathlib.Path("/bin/true").read_bytes(),
    "ebcdic": lambda _: (kit.LETTER * 3).encode("cp500"), "postscript": lambda _: b"%!PS-Adobe-3.0\n(hello) show\n",
    "bomb": lambda _: kit.gzipped(bytes(300 << 20)), "zip-bomb": lambda _: ENDLESS, "many": lambda _: kit.zipped({str(i): "a" for i in range(21000)}, 0),
    "laughs": lambda _: "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><a>&b;</a>".encode(),
    "rtf-object": lambda _: rb"{\rtf1 hello {\object\objemb{\*\objdata 0105000002000000}}}", "rtf-picture": lambda _: rb"{\rtf1{\pict\pngblip 8950}}",
    "tar-sparse": lambda _: kit.tarred({"a.txt": kit.LETTER}).replace(b"ustar\x0000", b"ustar\x0001", 1), "pdf-damaged": lambda _: b"%PDF-1.4\n" + bytes(3000),
    "pdf-no-text": lambda _: kit.pdf(content="0 0 m 10 10 l S"), "pdf-strange": lambda _: kit.pdf(text="x", content="BT /F 9 Tf (" + "\\001\\002\\003\\004" * 20 + ") Tj ET"),
    "docx-macro": lambda _: kit.docx(more={"word/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)}), "tiles": lambda _: kit.zipped({f"{i}.png": kit.png(100, 100) for i in range(80)}),
    "png-cut": lambda _: kit.png(16, 16)[:-12],
    "png-stuffed": lambda _: kit.png(16, 16, text=b"a" * 9000), "age": lambda _: b"age-encryption.org/v1\n-> X25519 abc\n", "swf": lambda _: b"CWS\x09" + os.urandom(500),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_understood_is_refused(register, tmp_path, case):
    answer = look(register, tmp_path, REFUSED[case](tmp_path))
    assert answer["verdict"] == "refuse"
    assert answer["cause"] in (UNREADABLE, IMAGE, FILM), answer
    assert answer["sentence"].endswith(".")


# --- 62, 63, 64: names ---------------------------------------------------------------------------------------------

NAMED = {
    "text": f"{kit.LETTER} {N} is ill.", "capitals": N.upper(), "last-first": "TESTCHILD, Amelia", "accents": "Ámélia Testchild", "real-accent": "Amélie Placehold",
    "full-width": "".join(chr(ord(c) + 0xfee0) if c != " " else " " for c in N), "zero-width": "\u200b".join(N), "soft-hyphen": "Ame\u00adlia Test\u00adchild",
    "cyrillic": N.replace("A", "\u0410").replace("e", "\u0435"), "combining": "A\u0301melia Testchild", "spaced": " ".join("Amelia") + "  " + " ".join("Testchild"),
    "utf-16": f"Hello {N}".encode("utf-16"), "utf-16-no-mark": f"Hello {N}".encode("utf-16-be"), "utf-32": f"Hello {N}".encode("utf-32"),
    "utf-7": b"Am+AGU-lia Testch+AGk-ld", "windows": "Naïve £ Amélie Placehold".encode("cp1252"), "csv": "first,last\nAmelia,Testchild\n", "date-of-birth": "Amelia, 14/03/2021",
    "identity": "The child NC-4711 is ill.", "html-split": "<p>Ame<b>lia</b> Test<i>child</i></p>", "html-entity": "<p>&#65;mel&#x69;a Testchild</p>",
    "html-comment": f"<p>Hi</p><!-- {N} -->", "html-attribute": f"<p title='{N}'>Hi</p>", "html-table": "<table><tr><td>Amelia</td><td>Testchild</td></tr></table>",
    "html-tag": f"<html><{N}></html>", "xml-elements": "<c><first>Amelia</first><last>Testchild</last></c>", "svg-text": f"<svg><text>{N}</text></svg>",
    "rtf": rb"{\rtf1 Hello Am\'e9lie Placehold}", "rtf-unicode": rb"{\rtf1 \u65?melia Testchild}", "rtf-split": rb"{\rtf1 Ame{\b lia} Test{\i child}}", "rtf-hidden": rb"{\rtf1 hi{\*\foo Amelia Testchild}}",
    "mail-subject": kit.mail("Hi", subject=f"About {N}"), "mail-encoded-subject": kit.mail("Hi", subject="=?utf-8?B?" + base64.b64encode(f"About {N}".encode()).decode() + "?="),
    "mail-quoted": kit.mail("Amelia Test=\nchild and Am=C3=A9lie", encoding="quoted-printable"), "mail-base64": kit.mail(kit.base64_lines(f"Hello {N}".encode()), encoding="base64"),
    "mail-html": kit.mail(kit.base64_lines(b"<p>Ame<b>lia</b> Testchild</p>"), "text/html", "base64"), "base64": base64.b64encode(f"Dear {N},".encode()), "hex": f"Dear {N},".encode().hex(),
    "percent": "q=%41melia%20Testchild", "json": json.dumps({"n": "Am\u00e9lie Placehold"}), "json-ascii": '{"n": "\\u0041melia Testchild"}', "overstrike": "".join(f"{c}\b{c}" for c in N),
    "uuencode": b"begin 644 a\n" + binascii.b2a_uu(f"Dear {N},".encode()) + b"`\nend\n", "xxd": "00000000: 416d 656c 6961 2054 6573 7463 6869 6c64  Amel...\n", "gz": kit.gzipped(N),
    "gz-name": kit.gzipped(kit.LETTER, b"Amelia Testchild.txt"), "zip": kit.zipped({"a.txt": N}), "zip-name": kit.zipped({f"{N}.txt": kit.LETTER}), "zip-folder": kit.zipped({f"{N}/a.txt": kit.LETTER}),
    "zip-first-name": kit.zipped({"imogen.txt": kit.LETTER}), "zip-comment": kit.zipped({"a.txt": "b"}, comment=N.encode()), "zip-deep": kit.nested(4, N.encode()), "tar": kit.tarred({"a.txt": N}),
    "tar-name": kit.tarred({f"{N}.txt": kit.LETTER}), "tar-long-name": kit.tarred({"a" * 120 + f"/{N}.txt": kit.LETTER}), "tar-gnu-name": kit.tarred({"a" * 120 + f"/{N}.txt": kit.LETTER}, kit.tarfile.GNU_FORMAT),
    "7z": kit.sevenzip({"a.txt": N}), "7z-name": kit.sevenzip({f"{N}.txt": kit.LETTER}), "docx": kit.docx(kit.runs(N)), "docx-split": kit.docx(kit.runs("Ame", "lia Test", "child")),
    "docx-title": kit.docx(more={"docProps/app.xml": f"<Properties><Company>{N}</Company></Properties>"}), "docx-comment": kit.docx(more={"word/comments.xml": f"<w:comments>{kit.runs(N)}</w:comments>"}),
    "docx-deleted": kit.docx(f"<w:p><w:del><w:r><w:delText>{N}</w:delText></w:r></w:del></w:p>"), "docx-alt": kit.docx(f'<w:p><wp:docPr descr="{N}"/></w:p>'),
    "docx-custom": kit.docx(more={"customXml/item1.xml": f"<a b='{N}'/>"}), "docx-embedded": kit.docx(more={"word/embeddings/1.xlsx": kit.xlsx([["Amelia", "Testchild"]])}),
    "docx-utf-16": kit.docx(more={"word/footer1.xml": f"<?xml version='1.0' encoding='utf-16'?><w:ftr>{kit.runs(N)}</w:ftr>".encode("utf-16")}), "docx-member": kit.docx(more={f"word/{N}.xml": "<a/>"}),
    "xlsx": kit.xlsx([["First", "Last"], ["Rowan", "Sampleby"]]), "xlsx-shared": kit.xlsx([["Amelia", "Otherchild"], ["Noname", "Testchild"], ["Amelia", "Testchild"]]),
    "xlsx-hidden": kit.xlsx([["Amelia", "Testchild"]], "veryHidden"), "xlsx-inline": kit.xlsx([["Amelia", "Testchild"]], inline=True), "xlsx-date": kit.xlsx([["Amelia", 44269]]),
    "odt": kit.odt(N), "odt-split": kit.odt("Ame<text:span>lia</text:span> Testchild"), "odt-meta": kit.odt(more={"meta.xml": f"<m><meta:user-defined>{N}</meta:user-defined></m>"}),
    "epub": kit.epub({"OEBPS/two.xhtml": f"<p>{N}</p>"}), "pdf": kit.pdf(N), "pdf-plain": kit.pdf(N, packed=False), "pdf-title": kit.pdf(info=f"/Title({N})"), "pdf-invisible": kit.pdf(content=f"BT 3 Tr /F 9 Tf (hi {N}) Tj ET"),
    "pdf-kerned": kit.pdf(content="BT /F 9 Tf 9 9 Td [(Am)20(elia)-300(Test)-20(child)] TJ ET"), "pdf-off-page": kit.pdf(content=f"BT /F 9 Tf 5 5 Td (hello) Tj 5000 5000 Td ({N}) Tj ET"),
    "pdf-annotation": kit.pdf(extra=[f"<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents({N})>>"], page="/Annots[6 0 R]"), "pdf-attachment": kit.pdf_with_attachment("a.txt", N.encode()),
    "pdf-attachment-name": kit.pdf_with_attachment(f"{N}.txt", b"hello"), "pdf-loose-object": kit.pdf(extra=[f"<</A({N})>>"]), "pdf-utf-16": kit.pdf(info="/Subject<feff" + N.encode("utf-16-be").hex() + ">"),
    "pdf-metadata": kit.pdf(extra=[kit.pdf_stream("/Type/Metadata/Subtype/XML", f"<x:xmpmeta>{N}</x:xmpmeta>".encode())]), "pdf-form": kit.pdf(extra=[f"<</FT/Tx/T(a)/V({N})/Type/Annot/Subtype/Widget/Rect[0 0 9 9]>>"], page="/Annots[6 0 R]", catalog="/AcroForm<</Fields[6 0 R]>>"),
    "icon-comment": kit.png(16, 16, text=N.encode()), "pdf-xfa": kit.pdf(extra=[kit.pdf_stream("/Filter/FlateDecode", kit.zlib.compress(b"<data><first>Amelia</first><last>Testchild</last></data>"))]),
    "three-names": "Amelia, Rowan and Imogen were at the zoo.",
}


@pytest.mark.parametrize("case", NAMED)
def test_names_are_found(register, tmp_path, case):
    answer = look(register, tmp_path, NAMED[case])
    assert (answer["verdict"], answer["cause"]) == ("refuse", NAMES), answer["sentence"]
    assert not any(part in answer["sentence"] for part in ("Amelia", "Testchild", "Rowan", "Imogen"))


def test_the_file_s_own_name_counts(register, tmp_path):
    assert look(register, tmp_path, kit.LETTER, f"{N}.txt")["cause"] == NAMES
    assert look(register, tmp_path, kit.LETTER, "report imogen.txt")["cause"] == NAMES


def test_one_first_name_asks(register, tmp_path):
    answer = look(register, tmp_path, kit.docx(kit.runs("Imogen was at the zoo.")))
    assert (answer["verdict"], answer["cause"]) == ("ask", NAMES)


def test_without_a_register_only_names_pass(tmp_path):
    assert look([], tmp_path, N)["verdict"] == "pass"
    assert look([], tmp_path, kit.JPEG)["verdict"] == "refuse"


# --- the program ---------------------------------------------------------------------------------------------------


def test_exit_codes_say_the_worst(register, tmp_path):
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text(kit.LETTER)
    bad.write_bytes(kit.JPEG)

    def run(*words):
        return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False)

    assert run(*register, good).returncode == 0
    done = run(*register, good, bad)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == f"{good}: pass: clean"
    assert done.stdout.splitlines()[1].startswith(f"{bad}: refuse: image: This is a JPEG picture.")
    assert run().returncode == 2 and run("--names", "x", good).returncode == 2
    assert run(tmp_path / "nothing-here").returncode == 3
    assert run("--names", bad, "--key", good, good).returncode == 3


def test_a_folder_is_no_file(register, tmp_path):
    answers, _ = inspect(register, [tmp_path])
    assert (answers[0]["verdict"], answers[0]["cause"]) == ("refuse", UNREADABLE)


def test_a_table_of_another_key_is_not_an_empty_one(register, tmp_path):
    (tmp_path / "key").write_bytes(os.urandom(32))
    (tmp_path / "a.txt").write_text(N)
    done = subprocess.run([PROGRAM, *register[:2], "--key", tmp_path / "key", tmp_path / "a.txt"], capture_output=True, text=True, check=False)
    assert done.returncode == 3 and "pass" not in done.stdout


@pytest.mark.skipif(VARIANT in ("asan", "tsan"), reason="the sanitizer needs address space")
def test_a_worker_that_needs_too_much_memory_refuses(register, tmp_path):
    path = tmp_path / "large.txt"
    path.write_bytes("Aé".encode("utf-16-le") * (50 << 20))
    answers, _ = inspect(register, [path], preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (700 << 20, 700 << 20)))
    assert (answers[0]["verdict"], answers[0]["cause"]) == ("refuse", UNREADABLE)


def test_many_small_files_need_little_time(register, tmp_path):
    for i in range(300):
        (tmp_path / f"{i}.txt").write_text(kit.LETTER * 50)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answers, _ = inspect(register, sorted(tmp_path.iterdir()))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert len(answers) == 300 and all(a["verdict"] == "pass" for a in answers)
    assert after.ru_utime - before.ru_utime < 15


# --- much text: searched by a second thread ------------------------------------------------------------------------

# Not all alike, or it would be packed too tightly to be a document.
LONG = "".join(f"The sports day is on Friday, and there will be sun hats in {hash((2, n)) % 99_999} colours.\n" for n in range(40_000))
BOOKS = {
    "text": lambda text: text, "html": lambda text: f"<html><body><p>{text}</p></body></html>", "zip": lambda text: kit.zipped({"a.txt": text}),
    "docx": lambda text: kit.docx(kit.runs(*text.split("\n"))), "odt": lambda text: kit.odt("".join(f"<text:p>{line}</text:p>" for line in text.split("\n"))),
}


@pytest.mark.parametrize("book", BOOKS)
def test_long_documents_answer_as_short_ones(register, tmp_path, book):
    make = BOOKS[book]
    cases = {"clean": (LONG, CLEAN), "first": (f"{N}\n{LONG}", NAMES), "last": (f"{LONG}{N}", NAMES), "middle": (f"{LONG}{N}\n{LONG}", NAMES)}
    for name, (text, wanted) in cases.items():
        answer = look(register, tmp_path, make(text), f"{name}.bin")
        assert answer["cause"] == wanted, (name, answer)


def test_what_comes_first_is_the_reason(register, tmp_path):
    """Also when reading has gone on while the text before was still being searched."""
    named = f"{N}\n{LONG}"
    for _ in range(5):
        assert look(register, tmp_path, kit.tarred({"a.txt": named, "b.jpg": kit.JPEG}))["cause"] == NAMES
        assert look(register, tmp_path, kit.tarred({"b.jpg": kit.JPEG, "a.txt": named}))["cause"] == IMAGE
        assert look(register, tmp_path, kit.tarred({"a.txt": LONG, "b.jpg": kit.JPEG, "c.txt": named}))["cause"] == IMAGE
