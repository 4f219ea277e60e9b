/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Opening the state database: who else could have written it, is it whole, is it ours, is it of today's
 * version; in that order, and any "no" or "cannot tell" ends it. A database that is not there is made; one
 * that is there but damaged is left exactly as it is, for somebody to look at, and never replaced by an empty
 * one: an empty register would make every camera a stranger, and an empty journal would forget what is
 * proven.
 */

#include "state/state.h"

#include "base/fault.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/lock.h"
#include "base/number.h"
#include "base/sha512.h"
#include "state/schema.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

struct state {
	struct database *database;
};

struct place {
	const char *path;
	char directory[PATH_MAX];
	const char *name;
	int dirfd;
	int lock; /* held until the database is open: two that create it at once would meet half-made files */
};

static void close_place(struct place *place)
{
	place->lock = close_fd(place->lock);
	place->dirfd = close_fd(place->dirfd);
}

static _printf_(3, 4) int problem(
	struct state_problem *ret_problem, enum state_outcome outcome, const char *format, ...)
{
	va_list arguments;

	if (ret_problem) {
		va_start(arguments, format);
		(void)vsnprintf(ret_problem->text, sizeof ret_problem->text, format, arguments);
		va_end(arguments);
	}
	return (int)outcome;
}

static int split(const char *path, struct place *place)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (length >= sizeof place->directory)
		return -ENAMETOOLONG;
	place->path = path;
	place->name = slash ? slash + 1 : path;
	if (place->name[0] == 0)
		return -EISDIR;
	(void)snprintf(place->directory, sizeof place->directory, "%.*s", (int)length, path);
	if (length == 0)
		place->directory[0] = slash ? '/' : '.';
	return 0;
}

static bool owned_well(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int open_directory(struct place *place, struct state_problem *ret_problem)
{
	struct stat st;

	if (mkdir(place->directory, 0700) < 0 && errno != EEXIST)
		return -errno;
	place->dirfd = open(place->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->dirfd < 0 || fstat(place->dirfd, &st) < 0)
		return -errno;
	if (owned_well(&st))
		return 0;
	return problem(ret_problem, STATE_UNSAFE,
		"The folder %s could be changed by somebody other than the administrator, so what is in it "
		"cannot be "
		"trusted. Give it back to root and take away everybody else's right to write (chown root, "
		"chmod go-w).",
		place->directory);
}

static int create_file(const struct place *place)
{
	_cleanup_close_ int fd =
		openat(place->dirfd, place->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	if (fchmod(fd, 0600) < 0 || fsync(fd) < 0)
		return -errno;
	fault_point("state-created");
	return fd_sync_dir(place->dirfd);
}

/*
 * The file, and what SQLite keeps beside it. The last one to close the database removes the latter while
 * others open it: found by its name, and without one by the time it is looked at, is as if it had not been
 * found.
 */
static int check_file(const struct place *place, const char *suffix, struct state_problem *ret_problem)
{
	char name[NAME_MAX + 1];
	struct stat st;
	int n = snprintf(name, sizeof name, "%s%s", place->name, suffix);

	if (n < 0 || (size_t)n >= sizeof name)
		return -ENAMETOOLONG;
	if (fstatat(place->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT && suffix[0] ? 0 : -errno;
	if (st.st_nlink == 0 && suffix[0])
		return 0;
	if (S_ISREG(st.st_mode) && st.st_nlink == 1 && owned_well(&st) &&
		(st.st_mode & (S_IRGRP | S_IROTH)) == 0)
		return 0;
	return problem(ret_problem, STATE_UNSAFE,
		"%s/%s is not a plain file that only the administrator may read and write, so it cannot be "
		"trusted. Find "
		"out how that came about, then: chown root, chmod 600.",
		place->directory, name);
}

static int prepare(struct place *place, struct state_problem *ret_problem)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
	int r;

	r = open_directory(place, ret_problem);
	if (r != 0)
		return r;
	place->lock = lock_exclusive(place->dirfd, place->name);
	if (place->lock < 0)
		return place->lock;
	r = create_file(place);
	for (size_t i = 0; r == 0 && i < ELEMENTS(suffixes); i++)
		r = check_file(place, suffixes[i], ret_problem);
	return r;
}

static int damaged(const struct place *place, struct state_problem *ret_problem)
{
	return problem(ret_problem, STATE_DAMAGED,
		"The records in %s are damaged, so nothing is offloaded or cleared on their strength. Photos "
		"in the vault "
		"and on the cameras are not touched by this. Keep the file, check the disk, and bring back "
		"the last copy of "
		"this file from your backup.",
		place->path);
}

static int sync_copy(const struct place *place, const char *temporary, const char *name)
{
	_cleanup_close_ int fd = openat(place->dirfd, temporary, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	if (renameat(place->dirfd, temporary, place->dirfd, name) < 0)
		return -errno;
	return fd_sync_dir(place->dirfd);
}

/* An old copy of the same version is replaced only when the new one is complete. */
static int back_up(const struct place *place, struct database *database, unsigned version)
{
	_cleanup_close_ int fd = -1;
	char name[NAME_MAX + 1], temporary[NAME_MAX + 1], path[PATH_MAX + NAME_MAX + 2];
	int n, r;

	n = snprintf(name, sizeof name, "%s.before-upgrade-%u", place->name, version);
	if (n < 0 || (size_t)n >= sizeof name - 5)
		return -ENAMETOOLONG;
	(void)snprintf(temporary, sizeof temporary, "%.*s.new", n, name);
	(void)snprintf(path, sizeof path, "%s/%s", place->directory, temporary);
	if (unlinkat(place->dirfd, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(place->dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = database_copy(database, path);
	if (r < 0)
		return r;
	fault_point("state-backup");
	return sync_copy(place, temporary, name);
}

static int bring_up_to_date(
	const struct place *place, struct database *database, struct state_problem *ret_problem)
{
	unsigned version = 0;
	int r;

	r = database_check(database);
	if (r >= 0)
		r = schema_read(database, &version);
	if (r < 0)
		return r;
	if (version > schema_version())
		return problem(ret_problem, STATE_TOO_NEW,
			"The records in %s were written by a newer version of outing-guard (format %u; this "
			"one knows %u). "
			"Install the newer version again; this one does not touch them.",
			place->path, version, schema_version());
	if (version > 0 && version < schema_version()) {
		r = back_up(place, database, version);
		if (r < 0)
			return r;
	}
	return schema_upgrade(database);
}

static int open_database(const struct place *place, struct state *state, struct state_problem *ret_problem)
{
	int r;

	r = database_open(place->path, &state->database);
	if (r >= 0)
		r = bring_up_to_date(place, state->database, ret_problem);
	return r == -EUCLEAN ? damaged(place, ret_problem) : r;
}

int state_open(const char *path, struct state **ret_state, struct state_problem *ret_problem)
{
	_cleanup_(state_closep) struct state *state = calloc(1, sizeof *state);
	_cleanup_(close_place) struct place place = {.dirfd = -1, .lock = -1};
	int r;

	if (!state)
		return -ENOMEM;
	r = split(path, &place);
	if (r == 0)
		r = prepare(&place, ret_problem);
	if (r == 0)
		r = open_database(&place, state, ret_problem);
	if (r != 0)
		return r;
	*ret_state = TAKE_PTR(state);
	return STATE_OK;
}

struct state *state_close(struct state *state)
{
	if (state) {
		state->database = database_close(state->database);
		free(state);
	}
	return NULL;
}

struct database *state_database(struct state *state)
{
	return state->database;
}

unsigned state_schema_version(void)
{
	return schema_version();
}

/* Stored as "SEQ HASH" in one row, so that the two always belong together. */
static int parse_anchor(const char *stored, uint64_t *ret_seq, char ret_hash[static 129])
{
	_cleanup_free_ char *value = stored ? strdup(stored) : NULL;
	char *space = value ? strchr(value, ' ') : NULL;
	uint8_t digest[SHA512_SIZE];
	uint64_t seq;

	if (!value)
		return -ENOMEM;
	if (!space)
		return -EUCLEAN;
	*space = 0;
	if (number_parse_u64(value, &seq) < 0 || hex_decode(space + 1, digest, sizeof digest) < 0)
		return -EUCLEAN;
	(void)hex_encode(digest, sizeof digest, ret_hash);
	*ret_seq = seq;
	return 0;
}

int state_anchor_load(void *data, uint64_t *ret_seq, char ret_hash[static 129])
{
	_cleanup_statement_ struct statement *statement = NULL;
	struct state *state = data;
	int r;

	r = statement_new(state->database, "SELECT value FROM meta WHERE key = 'audit-anchor'", &statement);
	if (r >= 0)
		r = statement_step(statement);
	if (r < 0)
		return r;
	if (r > 0)
		return parse_anchor(column_text(statement, 0), ret_seq, ret_hash);
	*ret_seq = 0;
	ret_hash[0] = 0;
	return 0;
}

int state_anchor_store(void *data, uint64_t seq, const char *hash)
{
	_cleanup_transaction_ struct transaction transaction = TRANSACTION_NULL;
	_cleanup_statement_ struct statement *statement = NULL;
	struct state *state = data;
	char value[160];
	int n, r;

	n = snprintf(value, sizeof value, "%llu %s", (unsigned long long)seq, hash);
	if (n < 0 || (size_t)n >= sizeof value)
		return -EINVAL;
	r = transaction_begin(state->database, &transaction);
	if (r >= 0)
		r = statement_new(state->database,
			"INSERT INTO meta (key, value) VALUES ('audit-anchor', ?1)"
			" ON CONFLICT (key) DO UPDATE SET value = excluded.value",
			&statement);
	if (r < 0)
		return r;
	bind_text(statement, 1, value);
	r = statement_run(statement);
	return r < 0 ? r : transaction_commit(&transaction);
}
