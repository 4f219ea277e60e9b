/* SPDX-License-Identifier: GPL-3.0-or-later */

/* libarchive's filters over a "raw" entry, and its reader of 7-Zip archives. See unpack.h. */

#include "base/unpack.h"

#include <archive.h>
#include <archive_entry.h>

#define BLOCK 65536

struct unpack {
	struct archive *archive;
	unpack_source source;
	void *data;
	int error; /* of the source */
	bool ended;
	char block[BLOCK];
};

static ssize_t feed(struct archive *archive, void *data, const void **ret_block)
{
	struct unpack *unpack = data;
	ssize_t n = unpack->source(unpack->data, unpack->block, sizeof unpack->block);

	*ret_block = unpack->block;
	if (n >= 0)
		return n;
	unpack->error = (int)n;
	archive_set_error(archive, (int)-n, "the source failed");
	return -1;
}

/* Several in one stream: some filters go on by themselves, others end and are started anew by the caller. */
static int choose_formats(struct archive *archive)
{
	static int (*const filters[])(struct archive *) = {archive_read_support_filter_gzip,
		archive_read_support_filter_bzip2, archive_read_support_filter_xz,
		archive_read_support_filter_lzma, archive_read_support_filter_zstd,
		archive_read_support_filter_lz4};

	for (size_t i = 0; i < ELEMENTS(filters); i++)
		if (filters[i](archive) != ARCHIVE_OK)
			return -ENOTSUP;
	return archive_read_support_format_raw(archive) == ARCHIVE_OK ? 0 : -ENOTSUP;
}

static int begin(struct unpack *unpack)
{
	struct archive_entry *entry;
	int r;

	unpack->archive = archive_read_new();
	if (!unpack->archive)
		return -ENOMEM;
	r = choose_formats(unpack->archive);
	if (r < 0)
		return r;
	if (archive_read_open(unpack->archive, unpack, NULL, feed, NULL) != ARCHIVE_OK)
		return unpack->error ? unpack->error : -EBADMSG;
	r = archive_read_next_header(unpack->archive, &entry);
	if (r == ARCHIVE_EOF) {
		unpack->ended = true;
		return 0;
	}
	if (r != ARCHIVE_OK)
		return unpack->error ? unpack->error : -EBADMSG;
	/* One filter is the source itself: nothing was recognised. */
	return archive_filter_count(unpack->archive) == 2 ? 0 : -EBADMSG;
}

int unpack_new(unpack_source source, void *data, struct unpack **ret_unpack)
{
	_cleanup_(unpack_freep) struct unpack *unpack = calloc(1, sizeof *unpack);
	int r;

	if (!unpack)
		return -ENOMEM;
	unpack->source = source;
	unpack->data = data;
	r = begin(unpack);
	if (r < 0)
		return r;
	*ret_unpack = TAKE_PTR(unpack);
	return 0;
}

struct unpack *unpack_free(struct unpack *unpack)
{
	if (unpack)
		(void)archive_read_free(unpack->archive);
	free(unpack);
	return NULL;
}

ssize_t unpack_read(struct unpack *unpack, void *buffer, size_t size)
{
	la_ssize_t n;

	if (unpack->ended)
		return 0;
	n = archive_read_data(unpack->archive, buffer, size);
	if (n >= 0)
		return n;
	return unpack->error ? unpack->error : -EBADMSG;
}

uint64_t unpack_consumed(const struct unpack *unpack)
{
	la_int64_t consumed = archive_filter_bytes(unpack->archive, -1);

	return consumed > 0 ? (uint64_t)consumed : 0;
}

/* --- archives --- */

static int open_archive(struct unpack *unpack, const void *bytes, size_t size)
{
	unpack->archive = archive_read_new();
	if (!unpack->archive)
		return -ENOMEM;
	if (archive_read_support_format_7zip(unpack->archive) != ARCHIVE_OK)
		return -ENOTSUP;
	return archive_read_open_memory(unpack->archive, bytes, size) == ARCHIVE_OK ? 0 : -EBADMSG;
}

int unpack_new_archive(const void *bytes, size_t size, struct unpack **ret_unpack)
{
	_cleanup_(unpack_freep) struct unpack *unpack = calloc(1, sizeof *unpack);
	int r;

	if (!unpack)
		return -ENOMEM;
	r = open_archive(unpack, bytes, size);
	if (r < 0)
		return r;
	*ret_unpack = TAKE_PTR(unpack);
	return 0;
}

static const char *text_or_empty(const char *utf8, const char *raw)
{
	return utf8 ? utf8 : raw ? raw : "";
}

int unpack_next(struct unpack *unpack, struct unpack_member *ret_member)
{
	struct archive_entry *e;
	const char *link;
	int r = archive_read_next_header(unpack->archive, &e);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK)
		return -EBADMSG;
	link = text_or_empty(archive_entry_symlink_utf8(e), archive_entry_symlink(e));
	if (*link == 0)
		link = text_or_empty(archive_entry_hardlink_utf8(e), archive_entry_hardlink(e));
	*ret_member = (struct unpack_member){
		.path = text_or_empty(archive_entry_pathname_utf8(e), archive_entry_pathname(e)),
		.link = link,
		.directory = archive_entry_filetype(e) == AE_IFDIR,
		.encrypted = archive_entry_is_encrypted(e) != 0,
	};
	return 1;
}
