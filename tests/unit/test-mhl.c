/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Histories: directory hashes follow the specification's rules, what the writer writes the reader reads, an
 * interrupted writer leaves nothing that looks like a history, and strange manifests are refused.
 */

#include "base/fd.h"
#include "base/hex.h"
#include "folder.h"
#include "vault/dirhash.h"
#include "vault/merge.h"
#include "vault/mhl.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

static int memory_file(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, text, strlen(text)), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static struct mhl_hashes hashes_of(const char *content)
{
	struct mhl_hashes hashes;

	assert_int_equal(sha512_of(content, strlen(content), hashes.sha512), 0);
	xxh128_of(content, strlen(content), hashes.xxh128);
	return hashes;
}

static void is_hashes(const struct mhl_hashes *hashes, const char *c4, const char *xxh128)
{
	char c4_text[C4_TEXT], xxh128_text[2 * XXH128_SIZE + 1];

	assert_string_equal(c4_format(hashes->sha512, c4_text), c4);
	assert_string_equal(hex_encode(hashes->xxh128, XXH128_SIZE, xxh128_text), xxh128);
}

/* --- directory hashes; expected values from an independent implementation of the rules --- */

static void directory_hashes_follow_the_rules(void **state)
{
	_cleanup_close_ int spool = memory_file("");
	_cleanup_(dirhash_freep) struct dirhash *dirhash = NULL;
	struct mhl_hashes content, structure, red = hashes_of("red"), blue = hashes_of("blue"),
					      note = hashes_of("");

	assert_int_equal(dirhash_new(spool, &dirhash), 0);
	assert_int_equal(dirhash_file(dirhash, "DCIM/100BLUE/IMG_0002.JPG", &blue), 0);
	assert_int_equal(dirhash_file(dirhash, "DCIM/100BLUE/IMG_0001.JPG", &red), 0);
	assert_int_equal(dirhash_directory(dirhash, "DCIM/100BLUE", &content, &structure), 0);
	is_hashes(&content,
		"c41NsxFjNUgEZKYJ2AQJ3y8aWqSGGRS51bUrfVWT4oAkX4GJc2LLYNHTJV5PposQSFG1KextRYi1K3pyNXw4s5avfS",
		"2e500a7d0b856ad8db1b8b41cfbc4e09");
	is_hashes(&structure,
		"c45Ka2MLkL5RmeUc98tTcKPgajQhGrRFaWtzrzHoQrSGeZUhdats6muvoztC7N6tpmE8dYcLc8NGvnWBWZqgUEaNFh",
		"9ccb6a28fc16263da3599b0ab0530a71");
	assert_int_equal(dirhash_directory(dirhash, "DCIM/EMPTY", &content, &structure), 0);
	is_hashes(&content,
		"c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sFT",
		"99aa06d3014798d86001c324468d497f");
	is_hashes(&structure,
		"c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sFT",
		"99aa06d3014798d86001c324468d497f");
	assert_int_equal(dirhash_directory(dirhash, "DCIM", &content, &structure), 0);
	is_hashes(&content,
		"c43mhuVqcENg1Sy2ftV9g6LGFpghEtaVWM4NQS3G4LPoB6S5gZeBkQzrnYVip8WRuNzGXznkFBGnRpNB8PtvA9bFp6",
		"90bed86a9884dcbf8552d893361d0aab");
	is_hashes(&structure,
		"c42qPWEBhGzGPoabnAKbNnqQchpw6dGseXqYNi6cQBzwTydVduf2G7nuD2jGPSJJJJqKZrrRkyKgbUqjY8PW4HzPmi",
		"fc968abaddc3399395ae068684e00db6");
	assert_int_equal(dirhash_file(dirhash, "note.txt", &note), 0);
	assert_int_equal(dirhash_root(dirhash, &content, &structure), 0);
	is_hashes(&content,
		"c43kPscD6CmAPGAAAmBbijnHGSSDUfQcdWz6UL6g4PYKX3zQqTdC3TdBr1gzCuRt4ZootwbiJxgeqVTFdnMiiobQAH",
		"e7a50cf5452da14fa3a647db84e3b201");
	is_hashes(&structure,
		"c45Nhncog9USUzXNCfmeM1pRW6474y7a7xexZwcg8LPoxq5KvNWtY6WXAMVDi2HjLQKUVLV1UjeVGAvUwN2eh81isf",
		"99112988e2945f2b6c8916055d08d993");
}

static void root_of_many(
	unsigned count, bool backwards, struct mhl_hashes *content, struct mhl_hashes *structure)
{
	_cleanup_close_ int spool = memory_file("");
	_cleanup_(dirhash_freep) struct dirhash *dirhash = NULL;

	assert_int_equal(dirhash_new(spool, &dirhash), 0);
	for (unsigned i = 0; i < count; i++) {
		unsigned number = backwards ? count - 1 - i : i;
		char name[32], text[32];
		struct mhl_hashes hashes;

		(void)snprintf(name, sizeof name, "IMG_%05u.JPG", number);
		(void)snprintf(text, sizeof text, "picture %u", number / 3);
		hashes = hashes_of(text);
		assert_int_equal(dirhash_file(dirhash, name, &hashes), 0);
	}
	assert_int_equal(dirhash_root(dirhash, content, structure), 0);
}

static void order_within_a_directory_does_not_matter(void **state)
{
	struct mhl_hashes one[2], two[2];

	root_of_many(20000, false, &one[0], &one[1]);
	root_of_many(20000, true, &two[0], &two[1]);
	assert_memory_equal(one, two, sizeof one);
}

struct order {
	uint8_t last[4];
	uint64_t count;
};

static int check_order(const void *key, void *data)
{
	struct order *order = data;

	assert_true(order->count == 0 || memcmp(order->last, key, sizeof order->last) <= 0);
	memcpy(order->last, key, sizeof order->last);
	order->count++;
	return 0;
}

static int stop_at_once(const void *key, void *data)
{
	return -ECANCELED;
}

static void keys_are_merged_in_order(void **state)
{
	static const uint64_t counts[] = {
		0, 1, 7, MERGE_IN_MEMORY, MERGE_IN_MEMORY + 1, 5 * MERGE_IN_MEMORY + 3};

	for (size_t i = 0; i < ELEMENTS(counts); i++) {
		_cleanup_close_ int fd = memory_file("");
		struct merge merge = {fd, 0, counts[i], 12, 4, 4, counts[i] * 12};
		struct order order = {0};
		uint32_t random = 12345;

		for (uint64_t n = 0; n < counts[i]; n++) {
			uint8_t record[12] = {0};

			random = random * 1664525 + 1013904223;
			memcpy(record + 4, &random, n % 3 ? 4 : 1);
			assert_int_equal(fd_pwrite_full(fd, record, sizeof record, n * 12), 0);
		}
		assert_int_equal(merge_keys(&merge, check_order, &order), 0);
		assert_int_equal(order.count, counts[i]);
		if (counts[i] > 0)
			assert_int_equal(merge_keys(&merge, stop_at_once, NULL), -ECANCELED);
	}
}

static void entries_out_of_order_are_refused(void **state)
{
	_cleanup_close_ int spool = memory_file("");
	_cleanup_(dirhash_freep) struct dirhash *dirhash = NULL;
	struct mhl_hashes content, structure, hashes = hashes_of("x");

	assert_int_equal(dirhash_new(spool, &dirhash), 0);
	assert_int_equal(dirhash_file(dirhash, "a/b/one", &hashes), 0);
	assert_int_equal(dirhash_file(dirhash, "a/two", &hashes), -EINVAL);
	assert_int_equal(dirhash_file(dirhash, "a/bc/two", &hashes), -EINVAL);
	assert_int_equal(dirhash_directory(dirhash, "a", &content, &structure), -EINVAL);
	assert_int_equal(dirhash_root(dirhash, &content, &structure), -EINVAL);
	assert_int_equal(dirhash_directory(dirhash, "a/b", &content, &structure), 0);
	assert_int_equal(dirhash_file(dirhash, "a/two", &hashes), 0);
	assert_int_equal(dirhash_directory(dirhash, "a", &content, &structure), 0);
	assert_int_equal(dirhash_root(dirhash, &content, &structure), 0);
}

static void paths_have_limits(void **state)
{
	_cleanup_close_ int spool = memory_file("");
	_cleanup_(dirhash_freep) struct dirhash *dirhash = NULL;
	_cleanup_free_ char *deep = malloc(2 * (MHL_DEPTH_MAX + 1));
	struct mhl_hashes hashes = hashes_of("x");

	assert_non_null(deep);
	for (size_t i = 0; i <= MHL_DEPTH_MAX; i++)
		memcpy(deep + 2 * i, "d/", 2);
	deep[2 * MHL_DEPTH_MAX + 1] = 0;
	assert_int_equal(dirhash_new(spool, &dirhash), 0);
	assert_int_equal(dirhash_file(dirhash, deep, &hashes), -ENAMETOOLONG);
	assert_int_equal(dirhash_file(dirhash, deep + 2, &hashes), 0);
	assert_int_equal(dirhash_file(dirhash, "", &hashes), -EINVAL);
	assert_int_equal(dirhash_file(dirhash, "/a", &hashes), -EINVAL);
	assert_int_equal(dirhash_file(dirhash, "a/", &hashes), -EINVAL);
	assert_int_equal(dirhash_file(dirhash, "a/../b", &hashes), -EINVAL);
	assert_int_equal(dirhash_file(dirhash, "a\nb", &hashes), -EINVAL);
}

/* --- writer and reader --- */

static const struct mhl_options options = {
	.root_name = "2026-11-22T053146Z",
	.hostname = "nursery-pc",
	.comment = "Blue Room camera <1> & more",
	.started = 1795325506,
};

static void add_file(struct mhl_writer *writer, const char *path, const char *content)
{
	struct mhl_file file = {
		.path = path,
		.size = strlen(content),
		.modified = 1795325000,
		.hashed = 1795325507,
		.hashes = hashes_of(content),
	};

	assert_int_equal(mhl_writer_file(writer, &file), 0);
}

static void write_tree(int root_fd, struct mhl_written *written)
{
	_cleanup_(mhl_writer_freep) struct mhl_writer *writer = NULL;

	assert_int_equal(mhl_writer_new(root_fd, &options, &writer), 0);
	add_file(writer, "DCIM/100BLUE/IMG <&> \"1\".JPG", "red");
	add_file(writer, "DCIM/100BLUE/Ausfl\xc3\xbcge.JPG", "");
	assert_int_equal(mhl_writer_directory(writer, "DCIM/100BLUE", 1795325001), 0);
	assert_int_equal(mhl_writer_directory(writer, "DCIM", 1795325002), 0);
	add_file(writer, "note.txt", "blue");
	assert_int_equal(mhl_writer_commit(writer, written), 0);
}

struct seen {
	char text[512];
	unsigned files, directories;
	uint64_t bytes;
};

static int remember(const struct mhl_entry *entry, void *data)
{
	struct seen *seen = data;

	(void)snprintf(
		seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text), "%s|", entry->path);
	if (entry->kind == MHL_ENTRY_FILE)
		seen->files++;
	else
		seen->directories++;
	assert_true(entry->has_sha512 && entry->has_xxh128 && !entry->failed);
	assert_int_equal(entry->has_size, entry->kind == MHL_ENTRY_FILE);
	seen->bytes += entry->size;
	return 0;
}

static void what_is_written_is_read(void **state)
{
	struct folder *place = *state;
	_cleanup_close_ int ascmhl = -1, fd = -1, chain_fd = -1;
	struct mhl_chain_entry chain[2];
	struct mhl_written written;
	struct seen seen = {0};
	uint8_t digest[SHA512_SIZE];
	size_t count = 0;

	write_tree(place->fd, &written);
	assert_string_equal(written.name, "0001_2026-11-22T053146Z_2026-11-22_053146Z.mhl");
	assert_int_equal(written.files, 3);
	assert_int_equal(written.bytes, 7);
	ascmhl = openat(place->fd, MHL_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = openat(ascmhl, written.name, O_RDONLY | O_CLOEXEC);
	assert_int_equal(mhl_read_manifest(fd, remember, &seen, digest), 0);
	assert_string_equal(seen.text,
		"DCIM/100BLUE/IMG <&> "
		"\"1\".JPG|DCIM/100BLUE/Ausfl\xc3\xbcge.JPG|DCIM/100BLUE|DCIM|note.txt|");
	assert_int_equal(seen.bytes, 7);
	assert_memory_equal(digest, written.sha512, sizeof digest);
	chain_fd = openat(ascmhl, MHL_CHAIN, O_RDONLY | O_CLOEXEC);
	assert_int_equal(mhl_read_chain(chain_fd, chain, ELEMENTS(chain), &count), 0);
	assert_int_equal(count, 1);
	assert_string_equal(chain[0].name, written.name);
	assert_memory_equal(chain[0].sha512, written.sha512, sizeof digest);
}

static unsigned count_entries(int dirfd)
{
	int fd = openat(dirfd, MHL_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fdopendir(fd);
	unsigned count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	(void)closedir(directory);
	return count - 2;
}

static void nothing_is_left_without_commit(void **state)
{
	struct folder *place = *state;
	struct mhl_writer *writer = NULL;

	assert_int_equal(mhl_writer_new(place->fd, &options, &writer), 0);
	add_file(writer, "a.jpg", "x");
	writer = mhl_writer_free(writer);
	assert_int_equal(count_entries(place->fd), 0);
}

static void a_failed_writer_does_not_commit(void **state)
{
	struct folder *place = *state;
	_cleanup_(mhl_writer_freep) struct mhl_writer *writer = NULL;
	struct mhl_file file = {.path = "../outside", .hashes = hashes_of("x")};
	struct mhl_written written;

	assert_int_equal(mhl_writer_new(place->fd, &options, &writer), 0);
	assert_int_equal(mhl_writer_file(writer, &file), -EINVAL);
	file.path = "fine";
	assert_int_equal(mhl_writer_file(writer, &file), -EINVAL);
	assert_int_equal(mhl_writer_commit(writer, &written), -EINVAL);
	assert_int_equal(count_entries(place->fd), 1);
}

static void an_open_directory_is_not_committed(void **state)
{
	struct folder *place = *state;
	_cleanup_(mhl_writer_freep) struct mhl_writer *writer = NULL;
	struct mhl_written written;

	assert_int_equal(mhl_writer_new(place->fd, &options, &writer), 0);
	add_file(writer, "DCIM/a.jpg", "x");
	assert_int_equal(mhl_writer_commit(writer, &written), -EINVAL);
}

static void an_interrupted_history_is_replaced(void **state)
{
	struct folder *place = *state;
	struct mhl_written written;

	write_tree(place->fd, &written);
	assert_int_equal(count_entries(place->fd), 2);
	write_tree(place->fd, &written);
	assert_int_equal(count_entries(place->fd), 2);
}

static void an_empty_tree_has_a_history(void **state)
{
	struct folder *place = *state;
	_cleanup_(mhl_writer_freep) struct mhl_writer *writer = NULL;
	struct mhl_written written;

	assert_int_equal(mhl_writer_new(place->fd, &options, &writer), 0);
	assert_int_equal(mhl_writer_commit(writer, &written), 0);
	assert_int_equal(written.files, 0);
	is_hashes(&written.content,
		"c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sFT",
		"99aa06d3014798d86001c324468d497f");
}

static void files_have_the_vaults_modes(void **state)
{
	struct folder *place = *state;
	struct mhl_written written;
	char path[MHL_NAME + 16];
	struct stat st;

	write_tree(place->fd, &written);
	(void)snprintf(path, sizeof path, "%s/%s", MHL_DIRECTORY, written.name);
	assert_int_equal(fstatat(place->fd, path, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(fstatat(place->fd, MHL_DIRECTORY "/" MHL_CHAIN, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(fstatat(place->fd, MHL_DIRECTORY, &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
}

static int any_entry(const struct mhl_entry *entry, void *data)
{
	return 0;
}

#define HEAD "<hashlist version=\"2.0\" xmlns=\"urn:ASC:MHL:v2.0\"><hashes>"
#define TAIL "</hashes></hashlist>"

static void is_refused(const char *text)
{
	_cleanup_close_ int fd = memory_file(text);

	assert_int_equal(mhl_read_manifest(fd, any_entry, NULL, NULL), -EBADMSG);
}

static void strange_manifests_are_refused(void **state)
{
	is_refused("");
	is_refused("not xml");
	is_refused(HEAD);
	is_refused("<hashlist xmlns=\"urn:ASC:MHL:v2.0\"/>");
	is_refused("<hashlist version=\"3.0\" xmlns=\"urn:ASC:MHL:v2.0\"/>");
	is_refused("<hashlist version=\"2.0\"/>");
	is_refused(HEAD "<surprise/>" TAIL);
	is_refused(HEAD "<hash></hash>" TAIL);
	is_refused(HEAD "<hash><path>../up</path></hash>" TAIL);
	is_refused(HEAD "<hash><path>/etc/passwd</path></hash>" TAIL);
	is_refused(HEAD "<hash><path>a</path><path>b</path></hash>" TAIL);
	is_refused(HEAD "<hash><path size=\"-1\">a</path></hash>" TAIL);
	is_refused(HEAD "<hash><path>a</path><c4>c4zz</c4></hash>" TAIL);
	is_refused(HEAD "<hash><path>a</path><xxh128>zz</xxh128></hash>" TAIL);
	is_refused(HEAD TAIL "<more/>");
	is_refused("<!DOCTYPE x [<!ENTITY a \"aaaa\">]>" HEAD "<hash><path>&a;</path></hash>" TAIL);
	is_refused("<!DOCTYPE x SYSTEM \"file:///etc/passwd\">" HEAD TAIL);
}

static void endless_tags_are_refused(void **state)
{
	size_t size = 1 << 20;
	_cleanup_free_ char *text = malloc(size + 1);

	assert_non_null(text);
	memset(text, 'x', size);
	text[size] = 0;
	text[0] = '<';
	is_refused(text);
	for (size_t i = 0; i + 3 <= size; i += 3)
		memcpy(text + i, "<a>", 3);
	is_refused(text);
}

static int first_only(const struct mhl_entry *entry, void *data)
{
	assert_string_equal(entry->path, "a");
	return 7;
}

static void a_callbacks_answer_ends_the_reading(void **state)
{
	_cleanup_close_ int fd =
		memory_file(HEAD "<hash><path>a</path></hash><hash><path>b</path></hash>" TAIL);

	assert_int_equal(mhl_read_manifest(fd, first_only, NULL, NULL), 7);
}

static void chain_refused(const char *inner)
{
	char text[1024];
	struct mhl_chain_entry entries[2];
	size_t count;

	(void)snprintf(text, sizeof text,
		"<ascmhldirectory xmlns=\"urn:ASC:MHL:DIRECTORY:v2.0\">%s</ascmhldirectory>", inner);
	_cleanup_close_ int fd = memory_file(text);
	assert_int_equal(mhl_read_chain(fd, entries, ELEMENTS(entries), &count), -EBADMSG);
}

#define C4_ZERO                                                                                          \
	"<c4>c41111111111111111111111111111111111111111111111111111111111111111111111111111111111111111" \
	"</c4>"

static void strange_chains_are_refused(void **state)
{
	chain_refused("");
	chain_refused("<hashlist><path>0001_x.mhl</path>" C4_ZERO "</hashlist>");
	chain_refused("<hashlist sequencenr=\"2\"><path>0001_x.mhl</path>" C4_ZERO "</hashlist>");
	chain_refused("<hashlist sequencenr=\"1\"><path>0001_x.mhl</path></hashlist>");
	chain_refused("<hashlist sequencenr=\"1\">" C4_ZERO "</hashlist>");
	chain_refused("<hashlist sequencenr=\"1\"><path>../0001_x.mhl</path>" C4_ZERO "</hashlist>");
	chain_refused("<hashlist sequencenr=\"1\"><path>0001_x.xml</path>" C4_ZERO "</hashlist>");
	chain_refused("<hashlist sequencenr=\"1\"><path><b/></path>" C4_ZERO "</hashlist>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directory_hashes_follow_the_rules),
		cmocka_unit_test(order_within_a_directory_does_not_matter),
		cmocka_unit_test(keys_are_merged_in_order),
		cmocka_unit_test(entries_out_of_order_are_refused),
		cmocka_unit_test(paths_have_limits),
		WITH_FOLDER(what_is_written_is_read),
		WITH_FOLDER(nothing_is_left_without_commit),
		WITH_FOLDER(a_failed_writer_does_not_commit),
		WITH_FOLDER(an_open_directory_is_not_committed),
		WITH_FOLDER(an_interrupted_history_is_replaced),
		WITH_FOLDER(an_empty_tree_has_a_history),
		WITH_FOLDER(files_have_the_vaults_modes),
		cmocka_unit_test(strange_manifests_are_refused),
		cmocka_unit_test(endless_tags_are_refused),
		cmocka_unit_test(a_callbacks_answer_ends_the_reading),
		cmocka_unit_test(strange_chains_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
