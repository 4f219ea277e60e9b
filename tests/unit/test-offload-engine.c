/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Whole offloads with a failing card or a failing disk underneath: a real worker (in a child, in its
 * sandbox), a real recorder and a real state database, but calls to the source and the vault that fail as a
 * test wants.
 *
 * After each: the verdict, nothing committed that is not in the vault, and a second run that completes.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "offload/recorder.h"
#include "offload/worker.h"
#include "state/session.h"
#include "state/state.h"
#include "vault/layout.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define BIG   3000001
#define MTIME 1700000000
#define PATH  512

/* What goes wrong; shared with the worker's process. A file is recognised by its size. */
struct faults {
	uint64_t size;     /* only for files of this size on the source; 0: all */
	atomic_uint times; /* how often, then all is well */
	bool source_eio, source_short, source_dead, vault_enospc, sync_eio, sync_folder_eio, read_back_wrong,
		read_back_eio;
	unsigned flip_pass; /* 1 or 2: that read gives another byte */
	unsigned dies_in_pass;
	unsigned written; /* counts calls of write_vault */
	bool is_dead;
};

struct lab {
	char root[64], source[96], vault[96], database[96];
	int vault_fd;
	struct state *state;
	struct faults *faults;
	struct recorder *recorder;
	struct io io;
};

static bool strikes(struct faults *faults, int fd)
{
	struct stat st;

	if (faults->times == 0 || fstat(fd, &st) < 0)
		return false;
	if (faults->size > 0 && (uint64_t)st.st_size != faults->size)
		return false;
	/* Files are synced by several threads. */
	return atomic_fetch_sub(&faults->times, 1) > 0;
}

static ssize_t bad_read_source(void *data, int fd, void *buffer, size_t size, uint64_t offset, unsigned pass)
{
	struct faults *faults = data;
	ssize_t n;

	if (faults->source_eio && strikes(faults, fd))
		return -EIO;
	if (faults->source_short && strikes(faults, fd))
		return 0;
	if (faults->source_dead && strikes(faults, fd)) {
		faults->is_dead = true;
		return 0;
	}
	if (faults->dies_in_pass == pass)
		faults->is_dead = true;
	if (faults->is_dead)
		return 0;
	n = io_system.read_source(NULL, fd, buffer, size, offset, pass);
	if (n > 0 && faults->flip_pass == pass && strikes(faults, fd))
		((uint8_t *)buffer)[n - 1] ^= 1;
	return n;
}

static ssize_t bad_read_vault(void *data, int fd, void *buffer, size_t size, uint64_t offset)
{
	struct faults *faults = data;
	ssize_t n = io_system.read_vault(NULL, fd, buffer, size, offset);

	if (faults->read_back_eio && strikes(faults, fd))
		return -EIO;
	if (n > 0 && faults->read_back_wrong && strikes(faults, fd))
		((uint8_t *)buffer)[0] ^= 1;
	return n;
}

static int bad_write_vault(void *data, int fd, const void *buffer, size_t size, uint64_t offset)
{
	struct faults *faults = data;

	faults->written++;
	if (faults->vault_enospc && strikes(faults, fd))
		return -ENOSPC;
	return io_system.write_vault(NULL, fd, buffer, size, offset);
}

static int bad_sync_vault(void *data, int fd)
{
	struct faults *faults = data;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode) ? faults->sync_folder_eio && faults->times > 0 : false) {
		faults->times--;
		return -EIO;
	}
	if (S_ISREG(st.st_mode) && faults->sync_eio && strikes(faults, fd))
		return -EIO;
	return io_system.sync_vault(NULL, fd);
}

static int bad_reserve_vault(void *data, int fd, uint64_t size)
{
	return io_system.reserve_vault(NULL, fd, size);
}

static int bad_alive(void *data, const struct source *source)
{
	return ((struct faults *)data)->is_dead ? -ENODEV : io_system.alive(NULL, source);
}

static void make_file(const char *folder, const char *name, size_t size, uint8_t seed)
{
	struct timespec times[2] = {{.tv_sec = MTIME}, {.tv_sec = MTIME}};
	char path[2 * PATH];
	uint8_t *content = malloc(size + 1);
	int fd;

	assert_non_null(content);
	for (size_t i = 0; i < size; i++)
		content[i] = (uint8_t)(seed + i * 7 + (i >> 8) * 13);
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, content, size), 0);
	assert_int_equal(futimens(fd, times), 0);
	assert_int_equal(close(fd), 0);
	free(content);
}

static void make_folder(const char *folder, const char *name, char *ret_path)
{
	assert_in_range(snprintf(ret_path, PATH, "%s/%s", folder, name), 1, PATH - 1);
	assert_int_equal(mkdir(ret_path, 0755), 0);
}

static int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof *lab);
	char dcim[PATH], folder[PATH], id[VAULT_ID];
	struct state_problem problem;

	assert_non_null(lab);
	lab->faults =
		mmap(NULL, sizeof *lab->faults, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(lab->faults != MAP_FAILED);
	(void)snprintf(lab->root, sizeof lab->root, "/var/tmp/test-offload-XXXXXX");
	assert_non_null(mkdtemp(lab->root));
	(void)snprintf(lab->source, sizeof lab->source, "%s/card", lab->root);
	(void)snprintf(lab->vault, sizeof lab->vault, "%s/vault", lab->root);
	(void)snprintf(lab->database, sizeof lab->database, "%s/state/state.db", lab->root);
	assert_int_equal(mkdir(lab->source, 0755), 0);
	assert_int_equal(mkdir(lab->vault, 0755), 0);
	make_folder(lab->source, "DCIM", dcim);
	make_folder(dcim, "100BLUE", folder);
	make_file(folder, "IMG_0001.JPG", 1000, 1);
	make_file(folder, "IMG_0002.JPG", BIG, 2);
	make_file(folder, "IMG_0003.JPG", 4096, 3);
	make_file(dcim, "empty", 0, 0);
	make_folder(lab->source, "MISC", folder);
	lab->vault_fd = open(lab->vault, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(vault_init(lab->vault_fd, id), 0);
	assert_int_equal(state_open(lab->database, &lab->state, &problem), STATE_OK);
	lab->io = (struct io){lab->faults, io_system.open, bad_read_source, bad_read_vault, bad_write_vault,
		bad_reserve_vault, bad_sync_vault, bad_alive};
	*state = lab;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	return remove(path);
}

static int teardown(void **state)
{
	struct lab *lab = *state;

	lab->recorder = recorder_free(lab->recorder);
	lab->state = state_close(lab->state);
	lab->vault_fd = close_fd(lab->vault_fd);
	(void)munmap(lab->faults, sizeof *lab->faults);
	(void)nftw(lab->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(lab);
	return 0;
}

static pid_t start_worker(const struct lab *lab, int wire_fd, int other)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(other);
		_exit(worker_run(wire_fd, &lab->io));
	}
	(void)close(wire_fd);
	return pid;
}

static const struct recorder_result *offload_with(struct lab *lab, uint64_t reserve)
{
	struct recorder_options options = {.state = lab->state,
		.vault_fd = lab->vault_fd,
		.device_name = "Blue Room camera",
		.device_key = "path:/test/card",
		.source = lab->source,
		.reserve = reserve};
	int fds[2], status, r;
	pid_t pid;

	lab->recorder = recorder_free(lab->recorder);
	assert_int_equal(recorder_new(&options, &lab->recorder), 0);
	assert_int_equal(wire_pair(fds), 0);
	pid = start_worker(lab, fds[1], fds[0]);
	assert_int_equal(recorder_start(lab->recorder, fds[0], PTP_USB_NONE), 0);
	do
		r = recorder_receive(lab->recorder, fds[0]);
	while (r == RECORDER_MORE);
	assert_int_equal(r, RECORDER_FINISHED);
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(recorder_close(lab->recorder, 0), 0);
	return recorder_result(lab->recorder);
}

static const struct recorder_result *offload(struct lab *lab)
{
	return offload_with(lab, 0);
}

static void same_content(const char *a, const char *b)
{
	char *one, *two;
	size_t one_size, two_size;

	assert_int_equal(fd_read_file_at(AT_FDCWD, a, BIG + 1, &one, &one_size), 0);
	assert_int_equal(fd_read_file_at(AT_FDCWD, b, BIG + 1, &two, &two_size), 0);
	assert_int_equal(one_size, two_size);
	assert_memory_equal(one, two, one_size);
	free(one);
	free(two);
}

static void is_stored(const struct lab *lab, const struct recorder_result *result, const char *path)
{
	char from[PATH], to[PATH];
	struct stat st;

	(void)snprintf(from, sizeof from, "%s/%s", lab->source, path);
	(void)snprintf(to, sizeof to, "%s/%s/%s", lab->vault, result->session, path);
	same_content(from, to);
	assert_int_equal(stat(to, &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, MTIME);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static const char *const all_files[] = {
	"DCIM/100BLUE/IMG_0001.JPG", "DCIM/100BLUE/IMG_0002.JPG", "DCIM/100BLUE/IMG_0003.JPG", "DCIM/empty"};

static unsigned entries_in(const struct lab *lab, const char *session, const char *folder)
{
	char path[PATH];
	struct dirent *entry;
	unsigned count = 0;
	DIR *directory;

	(void)snprintf(path, sizeof path, "%s/%s/%s", lab->vault, session, folder);
	directory = opendir(path);
	assert_non_null(directory);
	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	(void)closedir(directory);
	return count;
}

static void is_committed(struct lab *lab, const struct recorder_result *result)
{
	struct session session;

	assert_string_equal(result->code, "committed");
	assert_true(result->committed);
	assert_int_equal(result->files, ELEMENTS(all_files));
	for (size_t i = 0; i < ELEMENTS(all_files); i++)
		is_stored(lab, result, all_files[i]);
	assert_int_equal(entries_in(lab, result->session, "DCIM/100BLUE"), 3);
	assert_int_equal(entries_in(lab, result->session, "MISC"), 0);
	assert_int_equal(entries_in(lab, result->session, "ascmhl"), 2);
	assert_int_equal(session_load(lab->state, result->session_id, &session), SESSION_OK);
	assert_int_equal(session.state, SESSION_COMMITTED);
	assert_true(session.set_recorded);
	assert_int_equal(session.set.files, ELEMENTS(all_files));
}

static void is_not_committed(struct lab *lab, const struct recorder_result *result, const char *code)
{
	struct session session;

	assert_string_equal(result->code, code);
	assert_false(result->committed);
	assert_true(strlen(result->sentence) > 20);
	assert_int_equal(session_load(lab->state, result->session_id, &session), SESSION_OK);
	assert_int_equal(session.state, SESSION_FAILED);
	assert_string_equal(session.reason, result->sentence);
}

static void a_card_is_offloaded(void **state)
{
	struct lab *lab = *state;

	is_committed(lab, offload(lab));
}

static void a_second_session_shares_content(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;
	char first[PATH];

	(void)snprintf(first, sizeof first, "%s", offload(lab)->session);
	lab->faults->written = 0;
	result = offload(lab);
	is_committed(lab, result);
	assert_string_not_equal(result->session, first);
	assert_int_equal(result->linked, 3);
}

static void shared_content_is_read_again(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;
	char path[PATH];
	int fd;

	result = offload(lab);
	(void)snprintf(path, sizeof path, "%s/%s/%s", lab->vault, result->session, all_files[0]);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "?", 1, 10), 1);
	assert_int_equal(close(fd), 0);
	result = offload(lab);
	is_committed(lab, result);
	assert_int_equal(result->linked, 2);
}

static void the_second_read_differs_once(void **state)
{
	struct lab *lab = *state;

	lab->faults->flip_pass = 2;
	lab->faults->size = BIG;
	lab->faults->times = 1;
	is_committed(lab, offload(lab));
}

static void the_first_read_differs_once(void **state)
{
	struct lab *lab = *state;

	lab->faults->flip_pass = 1;
	lab->faults->size = BIG;
	lab->faults->times = 1;
	is_committed(lab, offload(lab));
}

static void the_second_read_always_differs(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;

	lab->faults->flip_pass = 2;
	lab->faults->size = BIG;
	lab->faults->times = 1000;
	result = offload(lab);
	is_not_committed(lab, result, "incomplete");
	assert_int_equal(result->failed, 1);
	assert_int_equal(result->files, 3);
	assert_string_equal(result->failures[0].path, all_files[1]);
	assert_non_null(strstr(result->failures[0].reason, "second time"));
	lab->faults->times = 0;
	is_committed(lab, offload(lab));
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;

	lab->faults->source_eio = true;
	lab->faults->size = 4096;
	lab->faults->times = 1000;
	result = offload(lab);
	is_not_committed(lab, result, "incomplete");
	assert_int_equal(result->failed, 1);
	assert_string_equal(result->failures[0].path, all_files[2]);
	is_stored(lab, result, all_files[0]);
	is_stored(lab, result, all_files[1]);
	lab->faults->times = 0;
	is_committed(lab, offload(lab));
}

static void a_read_error_that_passes_is_tried_again(void **state)
{
	struct lab *lab = *state;

	lab->faults->source_eio = true;
	lab->faults->times = 1;
	is_committed(lab, offload(lab));
}

static void nothing_read_is_not_the_end_of_the_file(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;

	lab->faults->source_short = true;
	lab->faults->size = BIG;
	lab->faults->times = 1000;
	result = offload(lab);
	is_not_committed(lab, result, "incomplete");
	assert_non_null(strstr(result->failures[0].reason, "fewer bytes"));
}

static void nothing_read_from_a_dead_card(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;

	lab->faults->source_dead = true;
	lab->faults->size = BIG;
	lab->faults->times = 1;
	result = offload(lab);
	is_not_committed(lab, result, "source-gone");
	assert_true(result->resumable);
	lab->faults->is_dead = false;
	is_committed(lab, offload(lab));
}

static void a_dead_card_is_not_empty(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;

	lab->faults->is_dead = true;
	result = offload(lab);
	assert_string_equal(result->code, "source-gone");
	assert_string_equal(result->session_id, "");
}

static void a_failed_sync_throws_the_copy_away(void **state)
{
	struct lab *lab = *state;

	lab->faults->sync_eio = true;
	lab->faults->size = BIG;
	lab->faults->times = 1;
	is_committed(lab, offload(lab));
}

static void a_vault_that_never_syncs(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;

	lab->faults->sync_eio = true;
	lab->faults->times = 100000;
	result = offload(lab);
	is_not_committed(lab, result, "incomplete");
	assert_int_equal(result->files, 0);
	assert_int_equal(result->failed, ELEMENTS(all_files));
	lab->faults->times = 0;
	is_committed(lab, offload(lab));
}

static void a_folder_that_never_syncs(void **state)
{
	struct lab *lab = *state;

	lab->faults->sync_folder_eio = true;
	lab->faults->times = 100000;
	is_not_committed(lab, offload(lab), "vault-failed");
	lab->faults->times = 0;
	is_committed(lab, offload(lab));
}

static void a_copy_that_reads_back_wrong_once(void **state)
{
	struct lab *lab = *state;

	lab->faults->read_back_wrong = true;
	lab->faults->size = BIG;
	lab->faults->times = 1;
	is_committed(lab, offload(lab));
}

static void a_copy_that_cannot_be_read_back(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;

	lab->faults->read_back_eio = true;
	lab->faults->size = 1000;
	lab->faults->times = 100000;
	result = offload(lab);
	is_not_committed(lab, result, "incomplete");
	assert_string_equal(result->failures[0].path, all_files[0]);
}

static void the_vault_fills_up(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;

	lab->faults->vault_enospc = true;
	lab->faults->size = BIG;
	lab->faults->times = 1;
	result = offload(lab);
	is_not_committed(lab, result, "vault-full");
	assert_true(result->resumable);
	assert_non_null(strstr(result->sentence, "no room for more files"));
	is_committed(lab, offload(lab));
}

static void the_reserve_is_kept(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;
	uint64_t available, total;

	assert_int_equal(vault_space(lab->vault_fd, &available, &total), 0);
	result = offload_with(lab, total);
	is_not_committed(lab, result, "vault-full");
	assert_int_equal(lab->faults->written, 0);
	is_committed(lab, offload(lab));
}

static void what_is_recorded_is_not_written_again(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;
	char folder[PATH];

	lab->faults->source_eio = true;
	lab->faults->size = 4096;
	lab->faults->times = 1000;
	(void)snprintf(folder, sizeof folder, "%s", offload(lab)->session);
	lab->faults->times = 0;
	lab->faults->written = 0;
	result = offload(lab);
	is_committed(lab, result);
	assert_string_equal(result->session, folder);
	assert_int_equal(lab->faults->written, 1);
}

static void a_recorded_copy_that_rotted_is_copied_again(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;
	char path[PATH];
	int fd;

	lab->faults->source_eio = true;
	lab->faults->size = 4096;
	lab->faults->times = 1000;
	result = offload(lab);
	(void)snprintf(path, sizeof path, "%s/%s/%s", lab->vault, result->session, all_files[1]);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "?", 1, 100), 1);
	assert_int_equal(close(fd), 0);
	lab->faults->times = 0;
	is_committed(lab, offload(lab));
}

/* What an interrupted run left under a file's name stays, if it is something else. */
static void other_content_of_the_same_name_is_kept(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;
	char folder[PATH], path[2 * PATH];

	lab->faults->source_eio = true;
	lab->faults->size = 4096;
	lab->faults->times = 1000;
	result = offload(lab);
	(void)snprintf(folder, sizeof folder, "%s/%s/DCIM/100BLUE", lab->vault, result->session);
	make_file(folder, "IMG_0003.JPG", 4096, 99);
	lab->faults->times = 0;
	result = offload(lab);
	assert_true(result->committed);
	(void)snprintf(path, sizeof path, "%s/IMG_0003~2.JPG", folder);
	(void)snprintf(folder, sizeof folder, "%s/%s", lab->source, all_files[2]);
	same_content(path, folder);
	assert_int_equal(entries_in(lab, result->session, "DCIM/100BLUE"), 4);
}

/* Stored by an interrupted run from a read that no second read confirmed, and wrong: replaced, not kept
 * beside. */
static void a_wrong_first_read_of_an_interrupted_run(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;

	lab->faults->flip_pass = 1;
	lab->faults->size = BIG;
	lab->faults->times = 1;
	lab->faults->dies_in_pass = 2;
	result = offload(lab);
	is_not_committed(lab, result, "source-gone");
	lab->faults->is_dead = false;
	lab->faults->dies_in_pass = 0;
	is_committed(lab, offload(lab));
}

static void a_changed_card_begins_anew(void **state)
{
	struct lab *lab = *state;
	const struct recorder_result *result;
	char folder[PATH], path[PATH];

	lab->faults->source_eio = true;
	lab->faults->size = 4096;
	lab->faults->times = 1000;
	(void)snprintf(folder, sizeof folder, "%s", offload(lab)->session);
	lab->faults->times = 0;
	(void)snprintf(path, sizeof path, "%s/DCIM/100BLUE", lab->source);
	make_file(path, "IMG_0001.JPG", 1000, 77);
	(void)snprintf(path, sizeof path, "%s/DCIM/100BLUE/IMG_0001.JPG", lab->source);
	assert_int_equal(truncate(path, 900), 0);
	assert_int_equal(
		utimensat(AT_FDCWD, path, (struct timespec[2]){{.tv_sec = MTIME}, {.tv_sec = MTIME}}, 0), 0);
	result = offload(lab);
	is_committed(lab, result);
	assert_string_not_equal(result->session, folder);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_card_is_offloaded),
		TEST(a_second_session_shares_content),
		TEST(shared_content_is_read_again),
		TEST(the_second_read_differs_once),
		TEST(the_first_read_differs_once),
		TEST(the_second_read_always_differs),
		TEST(a_file_that_cannot_be_read_is_named),
		TEST(a_read_error_that_passes_is_tried_again),
		TEST(nothing_read_is_not_the_end_of_the_file),
		TEST(nothing_read_from_a_dead_card),
		TEST(a_dead_card_is_not_empty),
		TEST(a_failed_sync_throws_the_copy_away),
		TEST(a_vault_that_never_syncs),
		TEST(a_folder_that_never_syncs),
		TEST(a_copy_that_reads_back_wrong_once),
		TEST(a_copy_that_cannot_be_read_back),
		TEST(the_vault_fills_up),
		TEST(the_reserve_is_kept),
		TEST(what_is_recorded_is_not_written_again),
		TEST(a_recorded_copy_that_rotted_is_copied_again),
		TEST(other_content_of_the_same_name_is_kept),
		TEST(a_wrong_first_read_of_an_interrupted_run),
		TEST(a_changed_card_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
