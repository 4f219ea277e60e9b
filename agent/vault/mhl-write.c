/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Streaming writer of generation 1 of an ASC MHL history.
 *
 * The root hashes stand before the entries but are known only at the end: their block has a fixed length and
 * is written twice, first as a place holder. The manifest is then read back and parsed by our own reader
 * before it gets its name. It must never be possible to find a chain that names a manifest which is not
 * whole and durable: manifest first, chain second, each synced with its directory.
 */

#include "vault/mhl.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/number.h"
#include "base/utf8.h"
#include "vault/dirhash.h"
#include "vault/layout.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#define TEMPORARY  ".manifest.tmp"
#define SPOOL      ".spool.tmp"
#define BUFFER     65536
#define NAMED_ROOT 180 /* bytes of the root's name that fit beside number and date */
#define YEAR_1     (-62135596800LL)
#define YEAR_9999  253402300799LL

struct mhl_writer {
	int dirfd; /* ascmhl/ */
	int fd;    /* the manifest under its temporary name */
	int spool_fd;
	struct dirhash *dirhash;
	struct mhl_written written;
	char started[CLOCK_TEXT];
	uint64_t root_hash_at, entries;
	bool committed;
	int error; /* first failure; everything after it fails the same way */
	size_t used;
	uint64_t flushed;
	char buffer[BUFFER];
};

static void flush(struct mhl_writer *writer)
{
	int r = writer->error < 0 ? 0 : fd_write_full(writer->fd, writer->buffer, writer->used);

	if (r < 0)
		writer->error = r;
	writer->flushed += writer->used;
	writer->used = 0;
}

static void put(struct mhl_writer *writer, const char *bytes, size_t size)
{
	while (size > 0) {
		size_t room = sizeof writer->buffer - writer->used, part = size < room ? size : room;

		memcpy(writer->buffer + writer->used, bytes, part);
		writer->used += part;
		bytes += part;
		size -= part;
		if (writer->used == sizeof writer->buffer)
			flush(writer);
	}
}

static void put_text(struct mhl_writer *writer, const char *text)
{
	put(writer, text, strlen(text));
}

static void put_escaped(struct mhl_writer *writer, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			put_text(writer, "&amp;");
		else if (*text == '<')
			put_text(writer, "&lt;");
		else if (*text == '>')
			put_text(writer, "&gt;");
		else if ((unsigned char)*text < 0x20 || *text == 0x7f)
			put_text(writer, " ");
		else
			put(writer, text, 1);
	}
}

static _printf_(2, 3) void put_format(struct mhl_writer *writer, const char *format, ...)
{
	char text[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof text)
		writer->error = -EOVERFLOW;
	else
		put(writer, text, (size_t)n);
}

/* ` name="time"`, or nothing for a time that the schema's type cannot hold. */
static void put_time(struct mhl_writer *writer, const char *name, int64_t seconds)
{
	char text[CLOCK_TEXT];

	if (seconds >= YEAR_1 && seconds <= YEAR_9999)
		put_format(writer, " %s=\"%s\"", name, clock_format(seconds, text));
}

static void put_hashes(
	struct mhl_writer *writer, const struct mhl_hashes *hashes, const char *action, int64_t hashed)
{
	char c4[C4_TEXT], xxh128[2 * XXH128_SIZE + 1];

	put_format(writer, "<c4%s", action);
	put_time(writer, "hashdate", hashed);
	put_format(writer, ">%s</c4><xxh128%s", c4_format(hashes->sha512, c4), action);
	put_time(writer, "hashdate", hashed);
	put_format(writer, ">%s</xxh128>", hex_encode(hashes->xxh128, XXH128_SIZE, xxh128));
}

/* --- beginning --- */

static int remove_one(int dirfd, const char *name)
{
	return unlinkat(dirfd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* An interrupted run of the same session left this: the chain goes first. */
static int remove_leftovers(int dirfd)
{
	int r = remove_one(dirfd, MHL_CHAIN), fd;
	struct dirent *entry;
	DIR *directory;

	if (r >= 0)
		r = fd_sync_dir(dirfd);
	if (r < 0)
		return r;
	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory)
		return -errno;
	while (r >= 0 && (errno = 0, entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = remove_one(dirfd, entry->d_name);
	if (r >= 0 && errno != 0)
		r = -errno;
	(void)closedir(directory);
	return r;
}

static int open_scratch(int dirfd, const char *name, mode_t mode, int *ret_fd)
{
	_cleanup_close_ int fd =
		openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int open_files(struct mhl_writer *writer)
{
	int r = open_scratch(writer->dirfd, SPOOL, 0600, &writer->spool_fd);

	if (r >= 0 && unlinkat(writer->dirfd, SPOOL, 0) < 0)
		r = -errno;
	if (r >= 0)
		r = open_scratch(writer->dirfd, TEMPORARY, VAULT_FILE_MODE, &writer->fd);
	if (r >= 0 && fchmod(writer->fd, VAULT_FILE_MODE) < 0)
		r = -errno;
	return r < 0 ? r : dirhash_new(writer->spool_fd, &writer->dirhash);
}

/* "0001_<root>_2026-11-22_053146Z.mhl" */
static int compose_name(const struct mhl_options *options, char ret_name[static MHL_NAME])
{
	const char *root = options->root_name;
	size_t size = strlen(root);
	char stamp[CLOCK_TEXT], *t;

	if (!vault_name_safe(root, size))
		return -EINVAL;
	while (size > NAMED_ROOT || (size < strlen(root) && ((unsigned char)root[size] & 0xc0) == 0x80))
		size--;
	(void)clock_format_name(options->started, stamp);
	t = strchr(stamp, 'T');
	if (t)
		*t = '_';
	(void)snprintf(ret_name, MHL_NAME, "0001_%.*s_%s.mhl", (int)size, root, stamp);
	return 0;
}

static void put_root_hash(struct mhl_writer *writer)
{
	const struct mhl_hashes *hashes[] = {&writer->written.content, &writer->written.structure};
	static const char *const names[] = {"content", "structure"};
	char c4[C4_TEXT], xxh128[2 * XXH128_SIZE + 1];

	put_text(writer, "    <roothash>\n");
	for (size_t i = 0; i < 2; i++)
		put_format(writer,
			"      <%s><c4 hashdate=\"%s\">%s</c4><xxh128 hashdate=\"%s\">%s</xxh128></%s>\n",
			names[i], writer->started, c4_format(hashes[i]->sha512, c4), writer->started,
			hex_encode(hashes[i]->xxh128, XXH128_SIZE, xxh128), names[i]);
	put_text(writer, "    </roothash>\n");
}

/* The computer's name, or what stands for one that has none. */
static const char *own_hostname(char name[static 256])
{
	if (gethostname(name, 256) < 0 || !name[0])
		(void)snprintf(name, 256, "localhost");
	name[255] = 0;
	return utf8_valid(name, strlen(name)) ? name : "localhost";
}

static void put_head(struct mhl_writer *writer, const struct mhl_options *options)
{
	char name[256];

	put_text(writer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<hashlist version=\"2.0\" xmlns=\"urn:ASC:MHL:v2.0\">\n"
			 "  <creatorinfo>\n");
	put_format(writer, "    <creationdate>%s</creationdate>\n    <hostname>", writer->started);
	put_escaped(writer, options->hostname ? options->hostname : own_hostname(name));
	put_format(writer, "</hostname>\n    <tool version=\"%s\">outing-guard</tool>\n", OUTING_VERSION);
	if (options->comment) {
		put_text(writer, "    <comment>");
		put_escaped(writer, options->comment);
		put_text(writer, "</comment>\n");
	}
	put_text(writer, "  </creatorinfo>\n  <processinfo>\n    <process>transfer</process>\n");
	writer->root_hash_at = writer->flushed + writer->used;
	put_root_hash(writer);
	put_text(writer, "    "
			 "<ignore><pattern>.DS_Store</pattern><pattern>ascmhl</pattern><pattern>ascmhl/</"
			 "pattern></ignore>\n"
			 "  </processinfo>\n");
}

static int check_options(const struct mhl_options *options)
{
	const char *texts[] = {options->hostname, options->comment};

	for (size_t i = 0; i < ELEMENTS(texts); i++)
		if (texts[i] && !utf8_valid(texts[i], strlen(texts[i])))
			return -EINVAL;
	return options->started >= YEAR_1 && options->started <= YEAR_9999 ? 0 : -EINVAL;
}

int mhl_writer_new(int root_fd, const struct mhl_options *options, struct mhl_writer **ret_writer)
{
	_cleanup_(mhl_writer_freep) struct mhl_writer *writer = calloc(1, sizeof *writer);
	int r;

	if (!writer)
		return -ENOMEM;
	writer->dirfd = writer->fd = writer->spool_fd = -1;
	r = check_options(options);
	if (r >= 0)
		r = compose_name(options, writer->written.name);
	if (r >= 0)
		r = vault_directory_at(root_fd, MHL_DIRECTORY, &writer->dirfd);
	if (r >= 0)
		r = remove_leftovers(writer->dirfd);
	if (r >= 0)
		r = open_files(writer);
	if (r < 0)
		return r;
	(void)clock_format(options->started, writer->started);
	put_head(writer, options);
	*ret_writer = TAKE_PTR(writer);
	return 0;
}

struct mhl_writer *mhl_writer_free(struct mhl_writer *writer)
{
	if (!writer)
		return NULL;
	if (!writer->committed && writer->fd >= 0)
		(void)unlinkat(writer->dirfd, TEMPORARY, 0);
	(void)dirhash_free(writer->dirhash);
	(void)close_fd(writer->spool_fd);
	(void)close_fd(writer->fd);
	(void)close_fd(writer->dirfd);
	free(writer);
	return NULL;
}

/* --- entries --- */

static void begin_entry(struct mhl_writer *writer)
{
	/* An empty list would be against the schema: no entries, no list. */
	if (writer->entries++ == 0)
		put_text(writer, "  <hashes>\n");
}

int mhl_writer_file(struct mhl_writer *writer, const struct mhl_file *file)
{
	static const char *const actions[] = {
		" action=\"original\"", " action=\"verified\"", " action=\"failed\""};
	int r = writer->error;

	if (r >= 0)
		r = dirhash_file(writer->dirhash, file->path, &file->hashes);
	if (r >= 0 && add_overflows(writer->written.bytes, file->size, &writer->written.bytes))
		r = -EOVERFLOW;
	if (r < 0)
		return writer->error = r;
	begin_entry(writer);
	put_format(writer, "    <hash><path size=\"%llu\"", (unsigned long long)file->size);
	put_time(writer, "lastmodificationdate", file->modified);
	put_text(writer, ">");
	put_escaped(writer, file->path);
	put_text(writer, "</path>");
	put_hashes(writer, &file->hashes, actions[file->action], file->hashed);
	put_text(writer, "</hash>\n");
	writer->written.files++;
	return writer->error;
}

int mhl_writer_directory(struct mhl_writer *writer, const char *path, int64_t modified)
{
	struct mhl_hashes content, structure;
	int64_t now = clock_now();
	int r = writer->error;

	if (r >= 0)
		r = dirhash_directory(writer->dirhash, path, &content, &structure);
	if (r < 0)
		return writer->error = r;
	begin_entry(writer);
	put_text(writer, "    <directoryhash><path");
	put_time(writer, "lastmodificationdate", modified);
	put_text(writer, ">");
	put_escaped(writer, path);
	put_text(writer, "</path><content>");
	put_hashes(writer, &content, "", now);
	put_text(writer, "</content><structure>");
	put_hashes(writer, &structure, "", now);
	put_text(writer, "</structure></directoryhash>\n");
	return writer->error;
}

/* --- end --- */

static int count_entry(const struct mhl_entry *entry, void *data)
{
	(*(uint64_t *)data)++;
	return 0;
}

static int finish_manifest(struct mhl_writer *writer)
{
	int r;

	if (writer->entries > 0)
		put_text(writer, "  </hashes>\n");
	put_text(writer, "</hashlist>\n");
	flush(writer);
	if (writer->error < 0)
		return writer->error;
	r = dirhash_root(writer->dirhash, &writer->written.content, &writer->written.structure);
	if (r < 0)
		return r;
	put_root_hash(writer);
	r = fd_pwrite_full(writer->fd, writer->buffer, writer->used, writer->root_hash_at);
	writer->used = 0;
	if (r < 0)
		return r;
	fault_point("mhl-manifest-written");
	return fsync(writer->fd) < 0 ? -errno : 0;
}

/* What is on the disk must be what our reader understands, all of it. */
static int read_back(struct mhl_writer *writer)
{
	uint64_t entries = 0;
	int r;

	(void)posix_fadvise(writer->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (lseek(writer->fd, 0, SEEK_SET) < 0)
		return -errno;
	r = mhl_read_manifest(writer->fd, count_entry, &entries, writer->written.sha512);
	if (r < 0)
		return r;
	return entries == writer->entries ? 0 : -EIO;
}

static int write_chain(struct mhl_writer *writer)
{
	char c4[C4_TEXT];

	/* Reuses the writer's escaping: the chain is composed in the buffer and is far smaller than it. */
	put_text(writer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<ascmhldirectory xmlns=\"urn:ASC:MHL:DIRECTORY:v2.0\">\n"
			 "  <hashlist sequencenr=\"1\"><path>");
	put_escaped(writer, writer->written.name);
	put_format(writer, "</path><c4>%s</c4></hashlist>\n</ascmhldirectory>\n",
		c4_format(writer->written.sha512, c4));
	return fd_replace_file_at(writer->dirfd, MHL_CHAIN, writer->buffer, writer->used, VAULT_FILE_MODE);
}

int mhl_writer_commit(struct mhl_writer *writer, struct mhl_written *ret_written)
{
	int r = writer->error < 0 ? writer->error : finish_manifest(writer);

	if (r >= 0)
		r = read_back(writer);
	if (r >= 0 && renameat2(writer->dirfd, TEMPORARY, writer->dirfd, writer->written.name,
			      RENAME_NOREPLACE) < 0)
		r = -errno;
	if (r >= 0)
		r = fd_sync_dir(writer->dirfd);
	if (r < 0)
		return writer->error = r;
	fault_point("mhl-manifest-named");
	r = write_chain(writer);
	if (r < 0)
		return writer->error = r;
	fault_point("mhl-chain-written");
	writer->committed = true;
	*ret_written = writer->written;
	return 0;
}
