# SPDX-License-Identifier: GPL-3.0-or-later
"""Files for outing-inspect's tests, made here byte by byte or with Python's own libraries. All children are invented."""

import base64
import bz2
import ctypes
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

NAME = "Amelia Testchild"
LIST = ("first,last,known as,date of birth,id\n"
        "Amelia,Testchild,,14/03/2021,NC-4711\n"
        "Rowan,Sampleby,,2020-11-02,NC-4712\n"
        "Imogen,Mockford,Immy,05/06/2021,\n"
        "Barnaby,Dummett,,,\n"
        "Amélie,Placehold,,,\n")
LETTER = "Dear parents,\nthe sports day is on Friday at ten o'clock. Please bring sun hats and water.\n"

# --- pictures, films, recordings: heads are enough, nothing decodes them --------------------------------------------

FILL = bytes(range(7, 251)) * 40
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\xff\xc0\0\x11\x08\x01\0\x01\0\3\1\x22\0\2\x11\1\3\x11\1" + FILL + b"\xff\xd9"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, text=b"", behind=b""):
    rows = b"".join(b"\0" + bytes(3 * width) for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + (chunk(b"tEXt", b"Comment\0" + text) if text else b"") + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b"") + behind)


def gif(width, height, behind=b""):
    return (b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
            + b"\x2c" + struct.pack("<HHHH", 0, 0, width, height) + b"\0\x02\x02\x4c\x01\0\x3b" + behind)


def bmp(width, height):
    pixels = bytes((width * 3 + 3) // 4 * 4 * height)
    return (b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54)
            + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(pixels), 0, 0, 0, 0) + pixels)


def box(kind, data):
    return struct.pack(">I", 8 + len(data)) + kind + data


def film(brand=b"isom"):
    return box(b"ftyp", brand + b"\0\0\2\0" + brand + b"mp41") + box(b"mdat", FILL)


def riff(form):
    return b"RIFF" + struct.pack("<I", len(FILL) + 4) + form + FILL


def pcm():
    return riff(b"WAVE")


PICTURES = {
    "jpeg": JPEG, "png": png(200, 200), "gif": gif(640, 480), "bmp": bmp(200, 160), "heic": film(b"heic"),
    "avif": film(b"avif"), "cr3": film(b"crx "), "tiff-le": b"II*\0\x08\0\0\0" + FILL, "tiff-be": b"MM\0*\0\0\0\x08" + FILL,
    "cr2": b"II*\0\x10\0\0\0CR\2\0" + FILL, "orf": b"IIRO\x08\0\0\0" + FILL, "rw2": b"IIU\0\x18\0\0\0" + FILL,
    "raf": b"FUJIFILMCCD-RAW 0201" + FILL, "x3f": b"FOVb\0\0\2\0" + FILL, "webp": riff(b"WEBP"),
    "psd": b"8BPS\0\1\0\0\0\0\0\0\0\3" + FILL, "xcf": b"gimp xcf v011\0" + FILL,
    "jp2": b"\0\0\0\x0cjP  \r\n\x87\n" + FILL, "jxl": b"\xff\x0a" + FILL, "wmf": b"\xd7\xcd\xc6\x9a\0\0" + FILL,
    "emf": b"\1\0\0\0\x6c\0\0\0" + bytes(32) + b" EMF" + FILL, "pcx": b"\x0a\5\1\x08" + bytes(124) + FILL,
    "pnm": b"P6\n640 480\n255\n" + FILL, "plain-pnm": b"P2\n4 4\n255\n" + b"12 200 13 40\n" * 400,
    "tga": bytes(2) + b"\2" + bytes(9) + struct.pack("<HHBB", 640, 480, 24, 0) + FILL,
    "dicom": bytes(128) + b"DICM" + FILL, "xpm": b"/* XPM */\nstatic char *a[] = {\"64 64 2 1\"};\n",
    "ico-large": struct.pack("<HHHBBBBHHII", 0, 1, 1, 0, 0, 0, 0, 1, 32, 60, 22) + png(256, 256)[:60],
}
FILMS = {
    "mp4": film(), "mov": film(b"qt  "), "3gp": film(b"3gp4"), "old-mov": box(b"moov", FILL), "mdat-mov": box(b"mdat", FILL),
    "avi": riff(b"AVI "), "mkv": b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska" + FILL,
    "webm": b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm" + FILL, "ts": (b"G\x40\0\x10" + bytes(184)) * 8,
    "m2ts": (b"\0\0\0\0G\x40\0\x10" + bytes(184)) * 8, "mpeg-ps": b"\0\0\1\xba\x44" + FILL, "flv": b"FLV\1\5\0\0\0\x09" + FILL,
    "wmv": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c" + FILL, "h264": b"\0\0\0\1\x67\x42" + FILL,
    "free-atom": box(b"free", b"PK\3\4" + FILL),
}
SOUNDS = {
    "wav": pcm(), "mp3-tag": b"ID3\4\0\0\0\0\0\x21" + FILL, "ogg": b"OggS\0\2" + FILL, "flac": b"fLaC\0\0\0\x22" + FILL,
    "m4a": film(b"M4A "), "amr": b"#!AMR\n" + FILL, "mp3": (b"\xff\xfb\x90\0" + bytes(413)) * 6, "midi": b"MThd\0\0\0\6" + FILL,
}

# --- archives -------------------------------------------------------------------------------------------------------


def zipped(members, method=zipfile.ZIP_DEFLATED, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.comment = comment
    return out.getvalue()


def tarred(members, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members.items():
            data = data.encode() if isinstance(data, str) else data
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def libarchive(members, form, password=None):
    """Formats that Python does not write, by the library that reads them."""
    la = ctypes.CDLL("libarchive.so.13")
    for name in ("archive_write_new", "archive_entry_new"):
        getattr(la, name).restype = ctypes.c_void_p
    archive, room, used = ctypes.c_void_p(la.archive_write_new()), ctypes.create_string_buffer(1 << 22), ctypes.c_size_t()
    assert getattr(la, f"archive_write_set_format_{form}")(archive) == 0
    if password:
        assert la.archive_write_set_options(archive, b"zip:encryption=aes256") == 0
        assert la.archive_write_set_passphrase(archive, password) == 0
    assert la.archive_write_open_memory(archive, room, ctypes.c_size_t(len(room)), ctypes.byref(used)) == 0
    for name, data in members.items():
        data = data.encode() if isinstance(data, str) else data
        entry = ctypes.c_void_p(la.archive_entry_new())
        la.archive_entry_set_pathname(entry, name.encode())
        la.archive_entry_set_size(entry, ctypes.c_int64(len(data)))
        la.archive_entry_set_filetype(entry, 0o100000)
        la.archive_entry_set_perm(entry, 0o644)
        assert la.archive_write_header(archive, entry) == 0
        la.archive_write_data(archive, data, ctypes.c_size_t(len(data)))
        la.archive_entry_free(entry)
    assert la.archive_write_close(archive) == 0
    la.archive_write_free(archive)
    return room.raw[:used.value]


def sevenzip(members):
    return libarchive(members, "7zip")


def nested(depth, data):
    for _ in range(depth):
        data = zipped({"inner.zip" if data[:2] == b"PK" else "letter.txt": data})
    return data


def gzipped(data, name=b""):
    packed = gzip.compress(data if isinstance(data, bytes) else data.encode(), mtime=0)
    return packed if not name else packed[:3] + b"\x08" + packed[4:10] + name + b"\0" + packed[10:]


def streams(data):
    return {"gz": gzip.compress(data), "bz2": bz2.compress(data), "xz": lzma.compress(data),
            "lzma": lzma.compress(data, format=lzma.FORMAT_ALONE)}


# --- office documents -----------------------------------------------------------------------------------------------

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def runs(*texts):
    return "<w:p>" + "".join(f"<w:r><w:rPr><w:rFonts w:ascii=\"Georgia\"/><w:b/></w:rPr><w:t>{t}</w:t></w:r>" for t in texts) + "</w:p>"


def docx(body=runs(LETTER), more=None):
    return zipped({"[Content_Types].xml": TYPES, "_rels/.rels": "<Relationships/>",
                   "docProps/core.xml": "<cp:coreProperties><dc:title>Letter</dc:title></cp:coreProperties>",
                   "word/fontTable.xml": f'<w:fonts {W}><w:font w:name="Georgia"/></w:fonts>',
                   "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>", **(more or {})})


def xlsx(rows, state="visible", inline=False):
    strings, cells = [], []
    for row in rows:
        line = ""
        for value in row:
            if isinstance(value, (int, float)):
                line += f"<c><v>{value}</v></c>"
            elif inline:
                line += f'<c t="inlineStr"><is><t>{value}</t></is></c>'
            else:
                if value not in strings:
                    strings.append(value)
                line += f'<c t="s"><v>{strings.index(value)}</v></c>'
        cells.append(f"<row>{line}</row>")
    return zipped({"[Content_Types].xml": TYPES,
                   "xl/workbook.xml": f'<workbook><sheets><sheet name="A" state="{state}"/></sheets></workbook>',
                   "xl/sharedStrings.xml": "<sst>" + "".join(f"<si><t>{s}</t></si>" for s in strings) + "</sst>",
                   "xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + "".join(cells) + "</sheetData></worksheet>",
                   "xl/printerSettings/printerSettings1.bin": "HP Laser".encode("utf-16-le") + bytes(200) + b"\1\4\0\6\xdc"})


def odt(body=LETTER, more=None):
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text",
                   "META-INF/manifest.xml": "<manifest:manifest/>",
                   "content.xml": f"<office:document-content><office:body><text:p>{body}</text:p></office:body></office:document-content>",
                   "meta.xml": "<office:document-meta><dc:title>Letter</dc:title></office:document-meta>",
                   "layout-cache": b"\1\0\5\0\4\0\0\0\x20\0\0\0\7\0\0\0",
                   "Thumbnails/thumbnail.png": png(181, 256), **(more or {})})


def epub(more=None):
    return zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": "<container/>",
                   "OEBPS/one.xhtml": f"<html><body><p>{LETTER}</p></body></html>", **(more or {})})


# --- PDF ------------------------------------------------------------------------------------------------------------


def pdf(text=LETTER, extra=(), info="", page="", catalog="", packed=True, trailer="", content=None):
    """extra: whole object bodies, numbered from 6 on."""
    if content is None:
        lines = "".join(f"({line}) Tj 0 -14 Td " for line in text.replace("(", r"\(").replace(")", r"\)").split("\n"))
        content = f"BT /F 12 Tf 40 700 Td {lines} ET"
    content = content.encode("latin-1") if isinstance(content, str) else content
    data, filters = (zlib.compress(content), "/Filter/FlateDecode") if packed else (content, "")
    objects = [f"<</Type/Catalog/Pages 2 0 R {catalog}>>".encode(), b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>{page}>>".encode(),
               f"<</Length {len(data)}{filters}>>\nstream\n".encode() + data + b"\nendstream",
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
               *(e if isinstance(e, bytes) else e.encode("latin-1") for e in extra)]
    out, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % p for p in places)
    info = f"/Info<<{info}>>" if info else ""
    return out + f"trailer<</Size {len(objects) + 1}/Root 1 0 R{info}{trailer}>>\nstartxref\n{table}\n%%EOF\n".encode()


def pdf_stream(dictionary, data):
    return f"<<{dictionary}/Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"


def pdf_with_image(width, height):
    image = pdf_stream(f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceGray"
                       "/BitsPerComponent 8/Filter/FlateDecode", zlib.compress(bytes(width * height)))
    return pdf(extra=[image])


def pdf_with_attachment(name, data):
    return pdf(extra=[pdf_stream("/Type/EmbeddedFile/Filter/FlateDecode", zlib.compress(data)),
                      f"<</Type/Filespec/F({name})/UF({name})/EF<</F 6 0 R>>>>"],
               catalog=f"/Names<</EmbeddedFiles<</Names[({name}) 7 0 R]>>>>")


# --- mail -----------------------------------------------------------------------------------------------------------


def mail(body, kind="text/plain; charset=utf-8", encoding="8bit", subject="Sports day", name=None):
    disposition = f'Content-Disposition: attachment; filename="{name}"\n' if name else ""
    return (f"From: office@nursery.example\nTo: parents@nursery.example\nSubject: {subject}\nMIME-Version: 1.0\n"
            f'Content-Type: multipart/mixed; boundary="xx"\n\n--xx\nContent-Type: text/plain\n\n{LETTER}\n--xx\n'
            f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n{disposition}\n{body}\n--xx--\n").encode()


def base64_lines(data, width=76):
    text = base64.b64encode(data).decode()
    return "\n".join(text[i:i + width] for i in range(0, len(text), width))
