/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Names of cameras: the design rule (DCF) for pictures, lists for the structures beside it. See
 * camera-name.h. */

#include "outing/camera-name.h"

#include <string.h>
#include <strings.h>

#define DEPTH_MAX 8
#define LETTERS   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS    "0123456789"

struct part {
	const char *text;
	size_t length;
};

/* Words that cameras put into the names of files and folders, between digits and underscores. */
static const char *const words[] = {"ANDRO", "APPLE", "AUTPRINT", "AVCHD", "AVCHDTN", "AVF", "AVIN", "BACKUP",
	"BDMV", "BPAV", "CAM", "CANON", "CANONMSC", "CASIO", "CIMG", "CLIP", "CLIPINF", "CLIPROOT",
	"DATABASE", "DCF", "DSC", "DSCF", "DSCI", "DSCN", "EOS", "FUJI", "GENERAL", "GOPR", "GOPRO", "HPIM",
	"IISVPL", "IMAG", "IMG", "IMGP", "INDEX", "INFO", "JVC", "KIF", "KODAK", "LEICA", "MAH", "MAQ",
	"MAVICA", "MEDIA", "MEDIAPRO", "MGP", "MOL", "MOV", "MOVI", "MOVIEOBJ", "MSDCF", "MVI", "MVIMG",
	"NCD", "NIKON", "OLYMP", "PANA", "PANASONIC", "PENTX", "PHOTO", "PIC", "PICT", "PLAYLIST", "PXL",
	"RICOH", "ROOT", "SAM", "SAMSU", "SANY", "SANYO", "SDC", "SDIM", "SIGMA", "SIMAGE", "SONY",
	"SONYCARD", "STREAM", "SUB", "TAKE", "THMBNL", "VID", "VIDEO"};

static const char *const extensions[] = {"3GP", "ARW", "AVI", "BDM", "BIN", "BNP", "BUP", "CPI", "CR2", "CR3",
	"CRW", "CTG", "DAT", "DNG", "DSC", "HEIC", "HEIF", "HIF", "IFO", "IND", "INP", "INT", "JPE", "JPEG",
	"JPG", "LRV", "M2TS", "M4V", "MOV", "MP4", "MPG", "MPL", "MPO", "MRK", "MTS", "NEF", "NRW", "ORF",
	"PEF", "PPN", "RAF", "RAW", "RW2", "RWL", "SR2", "SRW", "TDT", "THM", "TID", "TIF", "WAV", "X3F",
	"XML"};

/* Structures beside DCIM that cameras make by themselves. */
static const char *const structures[] = {"AVCHD", "BDMV", "M4ROOT", "MISC", "MP_ROOT", "PRIVATE"};

/* Files that cameras and computers leave on every card. */
static const char *const files[] = {"AUTORUN.INF", "DCIM/.nomedia", "MISC/version.txt", "NIKON001.DSC",
	"System Volume Information/IndexerVolumeGuid", "System Volume Information/WPSettings.dat"};

static bool is_one_of(struct part part, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == part.length && strncasecmp(list[i], part.text, part.length) == 0)
			return true;
	return false;
}

/* Only letters, digits and '_', and no run of letters that could be a name. */
static bool is_meaningless(struct part part)
{
	size_t at = 0;

	while (at < part.length) {
		struct part run = {part.text + at, strspn(part.text + at, LETTERS)};

		if (run.length > part.length - at)
			run.length = part.length - at;
		if (run.length > 2 && !is_one_of(run, words, ELEMENTS(words)))
			return false;
		if (run.length == 0 && !strchr(DIGITS "_", part.text[at]))
			return false;
		at += run.length > 0 ? run.length : 1;
	}
	return part.length > 0;
}

/* 0 to 9 only, and not all of them 0. */
static bool is_number(const char *text, size_t digits)
{
	return strspn(text, DIGITS) >= digits && strspn(text, "0") < digits;
}

static bool split_extension(struct part file, struct part *ret_stem)
{
	const char *dot = memrchr(file.text, '.', file.length);
	struct part extension;

	if (!dot)
		return false;
	extension = (struct part){dot + 1, file.length - (size_t)(dot + 1 - file.text)};
	*ret_stem = (struct part){file.text, (size_t)(dot - file.text)};
	return is_one_of(extension, extensions, ELEMENTS(extensions));
}

/* "100MSDCF": a number from 100 on and five free characters. */
static bool is_picture_folder(struct part folder)
{
	return folder.length == 8 && is_number(folder.text, 3) && folder.text[0] != '0' &&
	       is_meaningless(folder);
}

/* "DSC00001": four free characters and a number from 1 on. */
static bool is_picture(struct part stem)
{
	return stem.length == 8 && is_number(stem.text + 4, 4) && is_meaningless(stem);
}

/* "IMG_20261122_093000", with more digits on some phones. */
static bool is_dated(struct part stem)
{
	const char *first = memchr(stem.text, '_', stem.length);
	size_t rest = first ? stem.length - (size_t)(first - stem.text) : 0;

	return rest >= 16 && rest <= 19 && is_number(first + 1, 8) && first[9] == '_' &&
	       strspn(first + 10, DIGITS) >= rest - 10 && is_meaningless(stem);
}

static bool in_dcim(const struct part *parts, size_t count)
{
	struct part stem;

	if (count != 3 || !split_extension(parts[2], &stem))
		return false;
	if (is_picture_folder(parts[1]))
		return is_picture(stem) || is_dated(stem);
	if (is_one_of(parts[1], (const char *const[]){"Camera"}, 1))
		return is_dated(stem);
	return is_one_of(parts[1], (const char *const[]){"CANONMSC"}, 1) && is_meaningless(stem);
}

static bool in_structure(const struct part *parts, size_t count)
{
	struct part stem;

	for (size_t i = 1; i + 1 < count; i++)
		if (!is_meaningless(parts[i]) && !is_one_of(parts[i], structures, ELEMENTS(structures)))
			return false;
	return count > 1 && split_extension(parts[count - 1], &stem) && stem.length <= 8 &&
	       is_meaningless(stem);
}

/* 0 when there are too many. */
static size_t split(const char *path, struct part parts[static DEPTH_MAX])
{
	size_t count = 0;

	for (; count < DEPTH_MAX; path++) {
		parts[count] = (struct part){path, strcspn(path, "/")};
		path += parts[count++].length;
		if (!*path)
			return count;
	}
	return 0;
}

bool camera_named(const char *path)
{
	struct part parts[DEPTH_MAX];
	size_t count = split(path, parts);

	if (is_one_of((struct part){path, strlen(path)}, files, ELEMENTS(files)))
		return true;
	if (count == 0)
		return false;
	if (is_one_of(parts[0], (const char *const[]){"DCIM"}, 1))
		return in_dcim(parts, count);
	return is_one_of(parts[0], structures, ELEMENTS(structures)) && in_structure(parts, count);
}
