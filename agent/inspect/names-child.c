/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One child: fork, sandbox, read, hash, write, end. See names-child.h. */

#include "inspect/names-child.h"

#include "base/fd.h"
#include "base/process.h"
#include "base/sandbox.h"
#include "base/seal.h"
#include "inspect/names-fold.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define USER       "nobody"
#define TIMEOUT_MS 60000
#define MEMORY_MAX (512UL << 20)

/* What the child says about the table that it wrote to the other descriptor. */
struct said {
	int32_t outcome;
	uint32_t children, names, notes;
	uint64_t table_size;
	char problem[256];
	char note[NAMES_IMPORT_NOTES][160];
};

/* --- in the child --- */

static int close_in(void)
{
	static const char *const calls[] = {"mlock", "sysinfo"};
	int r = sandbox_become(geteuid() == 0 ? USER : NULL);

	if (r >= 0)
		r = sandbox_landlock(NULL, 0);
	return r < 0 ? r : sandbox_seccomp(calls, ELEMENTS(calls), NULL, 0);
}

static int limit(void)
{
#ifndef OUTING_SANITIZED
	const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};

	if (setrlimit(RLIMIT_AS, &memory) < 0)
		return -errno;
#endif
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ? -errno : 0;
}

static int import(int csv_fd, const char *ignore, const uint8_t *key, struct names_import *ret_import)
{
	_cleanup_(secret_freep) struct secret *csv = NULL;
	int r = secret_read(csv_fd, CSV_SIZE_MAX, &csv);
	const char *problem = NULL;

	if (r == -EFBIG)
		problem = "The list has more than 300 kB. Save only the columns with names, date of birth "
			  "and id. "
			  "Nothing was changed.";
	else if (r == -ENODATA)
		problem = "The list is empty. Nothing was changed.";
	else if (r < 0)
		problem = "The list cannot be read. Nothing was changed.";
	if (!problem)
		return names_import(csv->bytes, csv->size, ignore, key, ret_import);
	*ret_import = (struct names_import){0};
	(void)snprintf(ret_import->problem, sizeof ret_import->problem, "%s", problem);
	return NAMES_IMPORT_BAD;
}

static int answer(int wire, int table_fd, int outcome, const struct names_import *import)
{
	struct said said = {.outcome = outcome,
		.children = import->children,
		.names = import->names,
		.notes = (uint32_t)import->notes,
		.table_size = import->table_size};
	int r = 0;

	memcpy(said.problem, import->problem, sizeof said.problem);
	memcpy(said.note, import->note, sizeof said.note);
	if (import->table)
		r = fd_write_full(table_fd, import->table, import->table_size);
	return r < 0 ? r : fd_write_full(wire, &said, sizeof said);
}

static _noreturn_ void child(int csv_fd, int wire, int table_fd, const char *ignore, const uint8_t *key)
{
	struct names_import result = {0};
	int r = limit();

	if (r >= 0)
		r = close_in();
	if (r >= 0)
		r = import(csv_fd, ignore, key, &result);
	r = answer(wire, table_fd, r, &result);
	names_import_clear(&result);
	_exit(r < 0 ? 1 : 0);
}

/* --- in the parent --- */

static int take_table(int table_fd, const struct said *said, struct names_import *ret_import)
{
	ssize_t n;

	if (said->table_size == 0 || said->table_size > NAMES_TABLE_MAX)
		return -EPROTO;
	ret_import->table = malloc(said->table_size);
	if (!ret_import->table)
		return -ENOMEM;
	ret_import->table_size = said->table_size;
	n = fd_pread_full(table_fd, ret_import->table, said->table_size, 0);
	return n < 0 ? (int)n : (size_t)n == said->table_size ? 0 : -EPROTO;
}

/* The table is believed when it opens with the key and holds as many children as it was said to. */
static int check_table(const struct names_import *import, const struct secret *key)
{
	_cleanup_(names_freep) struct names *names = NULL;
	int r = names_parse(import->table, import->table_size, key->bytes, &names);

	if (r < 0)
		return r;
	return names_children(names) == import->children ? 0 : -EPROTO;
}

static int take(
	int table_fd, const struct said *said, const struct secret *key, struct names_import *ret_import)
{
	int r = NAMES_IMPORT_OK;

	if (said->outcome < 0)
		return said->outcome;
	ret_import->children = said->children;
	ret_import->names = said->names;
	ret_import->notes = said->notes < NAMES_IMPORT_NOTES ? said->notes : NAMES_IMPORT_NOTES;
	memcpy(ret_import->problem, said->problem, sizeof said->problem);
	memcpy(ret_import->note, said->note, sizeof said->note);
	ret_import->problem[sizeof said->problem - 1] = 0;
	for (size_t i = 0; i < NAMES_IMPORT_NOTES; i++)
		ret_import->note[i][sizeof said->note[0] - 1] = 0;
	if (said->outcome != NAMES_IMPORT_OK)
		return NAMES_IMPORT_BAD;
	r = take_table(table_fd, said, ret_import);
	return r < 0 ? r : check_table(ret_import, key);
}

static int wait_for(
	pid_t pid, int wire, int table_fd, const struct secret *key, struct names_import *ret_import)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct said said;
	int status = 0, r = pidfd < 0 ? -errno : process_wait_for(pidfd, TIMEOUT_MS, &status);
	ssize_t n;

	if (r < 0) {
		(void)kill(pid, SIGKILL);
		if (pidfd >= 0)
			(void)process_wait(pidfd, &status);
		return r;
	}
	n = status == 0 ? fd_read_full(wire, &said, sizeof said) : -EPROTO;
	if (n != sizeof said)
		return n < 0 ? (int)n : -EPROTO;
	return take(table_fd, &said, key, ret_import);
}

/* What the libraries read from files at their first use is read before, and stays with the child. */
static int load_libraries(void)
{
	static const uint8_t key[SEAL_KEY_SIZE];
	_cleanup_(folder_freep) struct folder *folder = NULL;
	uint8_t sealed[SEAL_OVERHEAD + 1];
	int r = folder_new(&folder);

	return r < 0 ? r : seal_close(key, "", 1, sealed);
}

int names_child_import(
	int csv_fd, const char *ignore, const struct secret *key, struct names_import *ret_import)
{
	_cleanup_close_ int ours = -1, theirs = -1, table_fd = memfd_create("names", MFD_CLOEXEC);
	uint8_t copy[NAMES_KEY_SIZE];
	int ends[2], r = load_libraries();
	pid_t pid;

	*ret_import = (struct names_import){0};
	if (r < 0)
		return r;
	if (table_fd < 0 || pipe(ends) < 0)
		return -errno;
	ours = ends[0];
	theirs = ends[1];
	memcpy(copy, key->bytes, sizeof copy); /* the secret itself is not handed to children */
	pid = fork();
	if (pid == 0)
		child(csv_fd, theirs, table_fd, ignore, copy);
	r = pid < 0 ? -errno : 0;
	explicit_bzero(copy, sizeof copy);
	theirs = close_fd(theirs);
	return r < 0 ? r : wait_for(pid, ours, table_fd, key, ret_import);
}
