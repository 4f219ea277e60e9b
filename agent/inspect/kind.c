/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Signatures and where they stand, and what is said about a kind that may not travel. See kind.h. */

#include "inspect/kind.h"

#include "base/number.h"
#include "inspect/kind-internal.h"
#include "inspect/picture.h"

#include <string.h>

#define ZIP_END_SIZE     22
#define ZIP_COMMENT_MAX  65535
#define PDF_HEADER_PLACE 1024

struct signature {
	uint32_t offset;
	uint8_t length;
	const char *bytes;
	enum kind_family family;
	const char *name;
};

#define SIGNATURE(offset, bytes, family, name)                 \
	{                                                      \
		offset, sizeof(bytes) - 1, bytes, family, name \
	}
#define AT_START(bytes, family, name) SIGNATURE(0, bytes, family, name)

/* Those that begin alike: the longer first. */
static const struct signature signatures[] = {
	AT_START("\xff\xd8\xff", KIND_IMAGE, "a JPEG picture"),
	AT_START("\x89PNG\r\n\x1a\n", KIND_ICON_FORMAT, "a PNG picture"),
	AT_START("GIF87a", KIND_ICON_FORMAT, "a GIF picture"),
	AT_START("GIF89a", KIND_ICON_FORMAT, "a GIF picture"),
	AT_START("II*\0\x10\0\0\0CR", KIND_IMAGE, "a raw camera picture"),
	AT_START("II*\0", KIND_IMAGE, "a TIFF or raw camera picture"),
	AT_START("MM\0*", KIND_IMAGE, "a TIFF or raw camera picture"),
	AT_START("II+\0", KIND_IMAGE, "a TIFF picture"),
	AT_START("MM\0+", KIND_IMAGE, "a TIFF picture"),
	AT_START("IIU\0", KIND_IMAGE, "a raw camera picture"),
	AT_START("IIRO", KIND_IMAGE, "a raw camera picture"),
	AT_START("IIRS", KIND_IMAGE, "a raw camera picture"),
	AT_START("MMOR", KIND_IMAGE, "a raw camera picture"),
	AT_START("II\xbc\x01", KIND_IMAGE, "a JPEG XR picture"),
	SIGNATURE(6, "HEAPCCDR", KIND_IMAGE, "a raw camera picture"),
	AT_START("FUJIFILMCCD-RAW", KIND_IMAGE, "a raw camera picture"),
	AT_START("FOVb", KIND_IMAGE, "a raw camera picture"),
	AT_START("\0MRM", KIND_IMAGE, "a raw camera picture"),
	AT_START("8BPS\0", KIND_IMAGE, "a Photoshop picture"),
	AT_START("gimp xcf ", KIND_IMAGE, "a GIMP picture"),
	AT_START("\0\0\0\x0cjP  \r\n\x87\n", KIND_IMAGE, "a JPEG 2000 picture"),
	AT_START("\xff\x4f\xff\x51", KIND_IMAGE, "a JPEG 2000 picture"),
	AT_START("\0\0\0\x0cJXL \r\n\x87\n", KIND_IMAGE, "a JPEG XL picture"),
	AT_START("\xd7\xcd\xc6\x9a", KIND_IMAGE, "a Windows metafile picture"),
	SIGNATURE(40, " EMF", KIND_IMAGE, "a Windows metafile picture"),
	AT_START("VCLMTF", KIND_IMAGE, "an office metafile picture"),
	AT_START("AT&TFORM", KIND_IMAGE, "a DjVu picture"),
	AT_START("\x76\x2f\x31\x01", KIND_IMAGE, "an OpenEXR picture"),
	AT_START("#?RADIANCE", KIND_IMAGE, "an HDR picture"),
	AT_START("/* XPM */", KIND_IMAGE, "an XPM picture"),
	AT_START("qoif", KIND_IMAGE, "a QOI picture"),
	AT_START("SIMPLE  =", KIND_IMAGE, "a FITS picture"),
	SIGNATURE(128, "DICM", KIND_IMAGE, "a medical picture"),
	AT_START("BPG\xfb", KIND_IMAGE, "a BPG picture"),

	AT_START("\x1a\x45\xdf\xa3", KIND_FILM, "a Matroska or WebM film"),
	AT_START("FLV\x01", KIND_FILM, "a Flash film"),
	AT_START("\x30\x26\xb2\x75\x8e\x66\xcf\x11", KIND_FILM, "a Windows Media film or recording"),
	AT_START("\0\0\x01\xba", KIND_FILM, "an MPEG film"),
	AT_START("\0\0\x01\xb3", KIND_FILM, "an MPEG film"),
	AT_START("\0\0\x01\xb0", KIND_FILM, "an MPEG film"),
	AT_START("\0\0\0\x01\x67", KIND_FILM, "an H.264 film"),
	AT_START("\0\0\0\x01\x40\x01", KIND_FILM, "an H.265 film"),
	AT_START(".RMF", KIND_FILM, "a RealMedia film"),
	AT_START("\x06\x0e\x2b\x34", KIND_FILM, "an MXF film"),
	AT_START("DKIF\0\0", KIND_FILM, "a VP8 or AV1 film"),
	AT_START("YUV4MPEG2", KIND_FILM, "an uncompressed film"),
	AT_START("FWS", KIND_PROGRAM, "a Flash program"),
	AT_START("CWS", KIND_PROGRAM, "a Flash program"),
	AT_START("\x1f\x07\0", KIND_FILM, "a DV film"),

	AT_START("OggS", KIND_AUDIO, "an Ogg recording or film"),
	AT_START("fLaC", KIND_AUDIO, "a sound recording"),
	AT_START("#!AMR", KIND_AUDIO, "a voice recording"),
	AT_START("#!SILK", KIND_AUDIO, "a voice recording"),
	AT_START("caff\0", KIND_AUDIO, "a sound recording"),
	AT_START(".snd", KIND_AUDIO, "a sound recording"),
	AT_START("MThd\0\0\0\x06", KIND_AUDIO, "a music file"),
	AT_START("wvpk", KIND_AUDIO, "a sound recording"),
	AT_START("\x0b\x77", KIND_AUDIO, "a sound recording"),

	AT_START("PK\x03\x04", KIND_ZIP, "a ZIP file"),
	AT_START("PK\x05\x06", KIND_ZIP, "an empty ZIP file"),
	AT_START("PK\x07\x08", KIND_ARCHIVE, "one part of a ZIP file that was cut into pieces"),
	AT_START("%PDF-", KIND_PDF, "a PDF document"),
	AT_START("{\\rt", KIND_RTF, "an RTF document"),
	SIGNATURE(257, "ustar", KIND_TAR, "a tar archive"),
	AT_START("7z\xbc\xaf\x27\x1c", KIND_SEVENZIP, "a 7-Zip archive"),
	AT_START("\x1f\x8b\x08", KIND_STREAM, "a gzip file"),
	AT_START("BZh", KIND_STREAM, "a bzip2 file"),
	AT_START("\xfd"
		 "7zXZ\0",
		KIND_STREAM, "an xz file"),
	AT_START("\x28\xb5\x2f\xfd", KIND_STREAM, "a zstd file"),
	AT_START("\x04\x22\x4d\x18", KIND_STREAM, "an lz4 file"),
	AT_START("\x5d\0\0", KIND_STREAM, "an lzma file"),
	AT_START("\x1f\x9d", KIND_STREAM, "a compressed file"),
	AT_START("Rar!\x1a\x07", KIND_ARCHIVE, "a RAR archive"),
	AT_START("MSCF\0\0\0\0", KIND_ARCHIVE, "a CAB archive"),
	SIGNATURE(2, "-lh0-", KIND_ARCHIVE, "an LHA archive"),
	SIGNATURE(2, "-lh5-", KIND_ARCHIVE, "an LHA archive"),
	SIGNATURE(2, "-lh7-", KIND_ARCHIVE, "an LHA archive"),
	AT_START("xar!", KIND_ARCHIVE, "a XAR archive"),
	AT_START("!<arch>\n", KIND_ARCHIVE, "a package or library"),
	AT_START("070701", KIND_ARCHIVE, "a cpio archive"),
	AT_START("070702", KIND_ARCHIVE, "a cpio archive"),
	AT_START("070707", KIND_ARCHIVE, "a cpio archive"),
	AT_START("\xed\xab\xee\xdb", KIND_ARCHIVE, "a software package"),
	AT_START("LZIP\x01", KIND_ARCHIVE, "an lzip file"),
	AT_START("\x89LZO\0\r\n\x1a\n", KIND_ARCHIVE, "an lzop file"),
	AT_START("\x60\xea", KIND_ARCHIVE, "an ARJ archive"),
	AT_START("ITSF\x03\0\0\0", KIND_ARCHIVE, "a Windows help file"),
	AT_START("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", KIND_OLDOFFICE, "a document of an old office program"),
	SIGNATURE(4, "Standard Jet DB", KIND_DATABASE, "an Access database"),
	SIGNATURE(4, "Standard ACE DB", KIND_DATABASE, "an Access database"),
	AT_START("SQLite format 3\0", KIND_DATABASE, "a database"),
	AT_START("!BDN", KIND_DATABASE, "an Outlook mailbox"),
	SIGNATURE(60, "BOOKMOBI", KIND_ARCHIVE, "a Kindle book"),

	AT_START("age-encryption.org/", KIND_ENCRYPTED, "an encrypted file"),
	AT_START("-----BEGIN AGE ENCRYPTED FILE", KIND_ENCRYPTED, "an encrypted file"),
	AT_START("-----BEGIN PGP MESSAGE", KIND_ENCRYPTED, "an encrypted file"),
	AT_START("Salted__", KIND_ENCRYPTED, "an encrypted file"),
	AT_START("AES\x02\0", KIND_ENCRYPTED, "an encrypted file"),
	AT_START("\x03\xd9\xa2\x9a", KIND_ENCRYPTED, "a safe for passwords"),
	AT_START("PWS3", KIND_ENCRYPTED, "a safe for passwords"),
	AT_START("LUKS\xba\xbe", KIND_ENCRYPTED, "an encrypted disk image"),
	SIGNATURE(3, "-FVE-FS-", KIND_ENCRYPTED, "an encrypted disk image"),
	AT_START("encrcdsa", KIND_ENCRYPTED, "an encrypted disk image"),

	AT_START("\x7f"
		 "ELF",
		KIND_PROGRAM, "a program"),
	AT_START("\xca\xfe\xba\xbe", KIND_PROGRAM, "a program"),
	AT_START("\xcf\xfa\xed\xfe", KIND_PROGRAM, "a program"),
	AT_START("L\0\0\0\x01\x14\x02\0", KIND_PROGRAM, "a Windows shortcut"),
	AT_START("\0\x01\0\0\0", KIND_FONT, "a font"),
	AT_START("OTTO\0", KIND_FONT, "a font"),
	AT_START("wOFF\0\x01\0\0", KIND_FONT, "a font"),
	AT_START("wOFFOTTO", KIND_FONT, "a font"),
	AT_START("wOF2", KIND_FONT, "a font"),
	AT_START("%!PS", KIND_POSTSCRIPT, "a PostScript document"),
	AT_START("\x04%!PS", KIND_POSTSCRIPT, "a PostScript document"),
	AT_START("\xc5\xd0\xd3\xc6", KIND_POSTSCRIPT, "a PostScript document"),
};

static bool stands_at(const uint8_t *bytes, size_t size, const struct signature *s)
{
	return size >= s->length && size - s->length >= s->offset &&
	       bytes[s->offset] == (uint8_t)s->bytes[0] &&
	       memcmp(bytes + s->offset, s->bytes, s->length) == 0;
}

static bool by_signature(const uint8_t *bytes, size_t size, size_t from, size_t *ret_index, struct kind *ret)
{
	for (size_t i = from; i < ELEMENTS(signatures); i++)
		if (stands_at(bytes, size, &signatures[i])) {
			*ret_index = i;
			*ret = (struct kind){signatures[i].family, signatures[i].length,
				signatures[i].family == KIND_IMAGE && signatures[i].bytes[0] == '/',
				signatures[i].name};
			return true;
		}
	return false;
}

static bool (*const checks[])(const uint8_t *, size_t, struct kind *) = {
	kind_box, kind_riff, kind_short_picture, kind_rhythm, kind_disk};

struct kind kind_of(const void *bytes, size_t size)
{
	struct kind kind = {0};
	size_t index;

	if (by_signature(bytes, size, 0, &index, &kind))
		return kind;
	for (size_t i = 0; i < ELEMENTS(checks); i++)
		if (checks[i](bytes, size, &kind))
			return kind;
	return (struct kind){0};
}

/* --- other readings --- */

static void add(struct kind *others, size_t *count, struct kind kind)
{
	for (size_t i = 0; i < *count; i++)
		if (others[i].family == kind.family)
			return;
	if (*count < KIND_OTHERS_MAX)
		others[(*count)++] = kind;
}

/* The end of a ZIP file's table, anywhere that a reader of ZIP files looks for it. */
static bool zip_end(const uint8_t *bytes, size_t size)
{
	size_t look = size < ZIP_END_SIZE + ZIP_COMMENT_MAX ? size : ZIP_END_SIZE + ZIP_COMMENT_MAX;
	const uint8_t *at = bytes + size - look, *end = bytes + size;

	while ((at = memmem(at, (size_t)(end - at), "PK\x05\x06", 4))) {
		if ((size_t)(end - at) >= ZIP_END_SIZE && load_le16(at + 8) <= load_le16(at + 10) &&
			load_le32(at + 12) <= size)
			return true;
		at++;
	}
	return false;
}

static bool pdf_header(const uint8_t *bytes, size_t size)
{
	return memmem(bytes, size < PDF_HEADER_PLACE ? size : PDF_HEADER_PLACE, "%PDF-", 5) != NULL;
}

/* Archives that their readers find behind a program or any other bytes. */
static bool self_extracting(const uint8_t *bytes, size_t size)
{
	return memmem(bytes, size, "7z\xbc\xaf\x27\x1c\0", 7) || memmem(bytes, size, "Rar!\x1a\x07", 6);
}

size_t kind_others(const void *bytes, size_t size, struct kind ret_others[static KIND_OTHERS_MAX])
{
	const struct kind first = kind_of(bytes, size);
	struct kind kind;
	size_t count = 0, index = 0;

	for (size_t from = 0; by_signature(bytes, size, from, &index, &kind); from = index + 1)
		if (kind.family != first.family)
			add(ret_others, &count, kind);
	for (size_t i = 0; i < ELEMENTS(checks); i++)
		if (checks[i](bytes, size, &kind) && kind.family != first.family)
			add(ret_others, &count, kind);
	if (first.family != KIND_ZIP && zip_end(bytes, size))
		add(ret_others, &count, (struct kind){KIND_ZIP, 4, false, "a ZIP file"});
	if (first.family != KIND_PDF && pdf_header(bytes, size))
		add(ret_others, &count, (struct kind){KIND_PDF, 5, false, "a PDF document"});
	if (first.family != KIND_SEVENZIP && first.family != KIND_ARCHIVE && self_extracting(bytes, size))
		add(ret_others, &count,
			(struct kind){KIND_ARCHIVE, 6, false, "an archive behind something else"});
	return count;
}

/* --- early refusal --- */

int kind_early_limits(
	const void *bytes, size_t size, const struct inspect_limits *limits, struct inspect_answer *ret)
{
	struct kind kind = kind_of(bytes, size);
	struct picture picture;

	*ret = (struct inspect_answer){0};
	if (kind.text)
		return 0;
	if (kind.family == KIND_ICON_FORMAT) {
		bool small =
			size <= limits->icon_bytes &&
			(picture_size(bytes, size, &picture) < 0 ||
				(picture.width <= limits->icon_side && picture.height <= limits->icon_side));
		if (small)
			return 0;
	} else if (kind.family != KIND_IMAGE && kind.family != KIND_FILM && kind.family != KIND_AUDIO) {
		return 0;
	}
	kind_refuse(kind, false, ret);
	return 1;
}

int kind_early(const void *bytes, size_t size, struct inspect_answer *ret)
{
	const struct inspect_limits limits = INSPECT_LIMITS_DEFAULT;

	return kind_early_limits(bytes, size, &limits, ret);
}

/* --- what is said --- */

static enum inspect_cause cause_of(enum kind_family family)
{
	switch (family) {
	case KIND_IMAGE:
	case KIND_ICON_FORMAT:
		return INSPECT_IMAGE;
	case KIND_FILM:
		return INSPECT_FILM;
	case KIND_AUDIO:
		return INSPECT_AUDIO;
	case KIND_UNKNOWN:
	case KIND_ZIP:
	case KIND_PDF:
	case KIND_RTF:
	case KIND_TAR:
	case KIND_SEVENZIP:
	case KIND_STREAM:
	case KIND_ARCHIVE:
	case KIND_OLDOFFICE:
	case KIND_DISK:
	case KIND_ENCRYPTED:
	case KIND_PROGRAM:
	case KIND_DATABASE:
	case KIND_FONT:
	case KIND_POSTSCRIPT:
		return INSPECT_UNREADABLE;
	}
	return INSPECT_UNREADABLE;
}

/* The way out. */
static const char *advice(enum kind_family family)
{
	switch (family) {
	case KIND_IMAGE:
	case KIND_ICON_FORMAT:
		return "Pictures may only travel on an encrypted stick.";
	case KIND_FILM:
		return "Films may only travel on an encrypted stick.";
	case KIND_AUDIO:
		return "Recordings may only travel on an encrypted stick.";
	case KIND_OLDOFFICE:
		return "Save it as .docx, .xlsx, .pptx or PDF without a password, or use an encrypted stick.";
	case KIND_POSTSCRIPT:
		return "Save it as PDF, or use an encrypted stick.";
	case KIND_ARCHIVE:
		return "Put the files into a plain ZIP file, or use an encrypted stick.";
	case KIND_ENCRYPTED:
		return "What is inside cannot be read. Use an encrypted stick for it.";
	case KIND_UNKNOWN:
	case KIND_ZIP:
	case KIND_PDF:
	case KIND_RTF:
	case KIND_TAR:
	case KIND_SEVENZIP:
	case KIND_STREAM:
	case KIND_DISK:
	case KIND_PROGRAM:
	case KIND_DATABASE:
	case KIND_FONT:
		return "It cannot be checked for photos and names. Save it as PDF or text, or use an "
		       "encrypted "
		       "stick.";
	}
	return "Use an encrypted stick for it.";
}

void kind_refuse(struct kind kind, bool inside, struct inspect_answer *answer)
{
	const char *name = kind.name ? kind.name : "something of an unknown kind";
	char sentence[INSPECT_SENTENCE];

	(void)snprintf(sentence, sizeof sentence, inside ? "There is %s in this file. %s" : "This is %s. %s",
		name, advice(kind.family));
	inspect_answer_worsen(answer, INSPECT_REFUSE, cause_of(kind.family), sentence);
}
