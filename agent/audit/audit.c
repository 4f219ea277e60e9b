/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Appending. The order is: line written and fsynced, then the anchor stored, then the journal told, then the
 * caller. A crash after any of these leaves a log that verifies: the anchor may be behind the log, never
 * ahead of it. So a log that ends before its anchor was cut, and by nobody's crash.
 *
 * The lock is held for one append, and whoever gets it looks whether another process has appended since. A
 * write that failed half-way is cut off again; if even that fails, the next one to open finds a torn line.
 */

#include "audit/audit.h"

#include "audit/files.h"
#include "audit/journal-mirror.h"
#include "audit/walk.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/lock.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define NO_GROUP        ((gid_t)-1)
#define KEEP_FILES_MIN  3 /* whatever the clock says: three old files hold more than a month together */
#define SAME_MONTH_MAX  100
#define SECONDS_PER_DAY 86400
#define ANCHOR_LAG_MAX  8

struct audit {
	int dirfd;
	int fd;
	char name[AUDIT_NAME_SIZE];
	struct audit_anchor_store anchor;
	bool has_anchor;
	gid_t group;
	unsigned retention_days;
	bool mirror;

	/* The present file as we left it; another size or inode means that another process was here. */
	ino_t inode;
	uint64_t size;
	uint64_t seq; /* of the last line of the log, 0: none */
	char hash[SHA512_HEX_SIZE];
	int64_t first_time; /* of the present file's first line, 0: it has none */
};

/* What reading the present file found. */
struct finding {
	struct audit_walk walk;
	uint64_t whole_size; /* up to and with the last newline */
	uint64_t bad_line;
	int64_t first_time;
	bool torn;
};

static gid_t find_group(const char *group)
{
	struct group entry, *found = NULL;
	char buffer[16384];

	if (!group || getgrnam_r(group, &entry, buffer, sizeof buffer, &found) != 0 || !found)
		return NO_GROUP;
	return found->gr_gid;
}

static bool owned_well(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int open_present(struct audit *audit)
{
	_cleanup_close_ int fd = -1;
	mode_t mode = audit->group != NO_GROUP ? 0640 : 0600;
	struct stat st;

	fd = openat(audit->dirfd, audit->name, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || !owned_well(&st))
		return -EPERM;
	if (st.st_size == 0) {
		if (audit->group != NO_GROUP && geteuid() == 0 && fchown(fd, (uid_t)-1, audit->group) < 0)
			return -errno;
		if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
			return -errno;
		if (fd_sync_dir(audit->dirfd) < 0)
			return -errno;
	}
	audit->fd = close_fd(audit->fd);
	audit->fd = TAKE_FD(fd);
	audit->inode = st.st_ino;
	return 0;
}

static int read_file(int fd, struct finding *finding)
{
	_cleanup_lines_ struct audit_lines lines = {.fd = -1};
	const char *line = NULL;
	size_t size = 0;
	int r = audit_lines_open(&lines, fd);

	if (r < 0)
		return r;
	finding->walk.from_anywhere = true;
	while ((r = audit_lines_next(&lines, &line, &size)) > 0) {
		r = audit_walk_line(&finding->walk, line, size, lines.number == 1);
		if (r < 0)
			return r;
		if (r > 0)
			finding->bad_line = lines.number;
		if (lines.number == 1)
			finding->first_time =
				finding->walk.newest.seq ? finding->walk.newest.time : clock_now();
	}
	finding->torn = lines.torn;
	finding->whole_size = lines.offset;
	return r;
}

/* The last entry of an older file. seq 0: it has none. */
static int read_old(const struct audit *audit, const char *name, struct chain_entry *ret_last)
{
	_cleanup_close_ int fd = openat(audit->dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct finding finding = {0};
	int r;

	if (fd < 0)
		return -errno;
	r = read_file(fd, &finding);
	if (r < 0)
		return r;
	*ret_last = finding.walk.newest;
	return 0;
}

/* The present file is empty: the chain goes on from the newest older one, if there is any. */
static int read_newest_old(const struct audit *audit, struct chain_entry *ret_last)
{
	_cleanup_files_ struct audit_files files = {0};
	int r = audit_files_list(audit->dirfd, audit->name, &files);

	if (r < 0 || files.count == 0)
		return r;
	return read_old(audit, files.list[files.count - 1].name, ret_last);
}

static int load_anchor(const struct audit *audit, struct audit_walk *walk)
{
	return audit->has_anchor
		       ? audit->anchor.load(audit->anchor.data, &walk->anchor_seq, walk->anchor_hash)
		       : 0;
}

/* Where the chain goes on: after the last line, or after the anchor if lines before it are gone. */
static void take_head(struct audit *audit, const struct audit_walk *walk, const struct chain_entry *last)
{
	bool anchor_leads = walk->anchor_seq > last->seq;

	audit->seq = anchor_leads ? walk->anchor_seq : last->seq;
	memcpy(audit->hash, anchor_leads ? walk->anchor_hash : last->hash, sizeof audit->hash);
}

/* Reads the present file and learns where the chain stands. */
static int load(struct audit *audit, struct finding *finding)
{
	struct chain_entry last;
	int r;

	r = open_present(audit);
	if (r >= 0)
		r = load_anchor(audit, &finding->walk);
	if (r >= 0)
		r = read_file(audit->fd, finding);
	if (r < 0)
		return r;
	last = finding->walk.newest;
	if (finding->whole_size == 0) {
		r = read_newest_old(audit, &last);
		if (r < 0)
			return r;
		finding->walk.last = last;
	}
	audit_walk_end(&finding->walk, finding->torn, true);
	take_head(audit, &finding->walk, &last);
	audit->size = finding->whole_size;
	audit->first_time = finding->first_time;
	return 0;
}

static int write_line(struct audit *audit, const char *line, size_t size)
{
	int r;

	fault_point("audit-before-write");
	r = fd_write_full(audit->fd, line, size);
	fault_point("audit-after-write");
	if (r >= 0 && fsync(audit->fd) < 0)
		r = -errno;
	if (r < 0) {
		/* Not recorded, so it must not stay; what cannot be cut is found as torn or re-read. */
		if (ftruncate(audit->fd, (off_t)audit->size) < 0 || fsync(audit->fd) < 0)
			audit->inode = 0;
		return r;
	}
	fault_point("audit-after-sync");
	return 0;
}

/* Lock held, file loaded. */
static int append(struct audit *audit, enum audit_event event, struct js *fields)
{
	const struct audit_event_info *info = audit_event_info(event);
	_cleanup_free_ char *line = NULL;
	char hash[SHA512_HEX_SIZE];
	int64_t now = clock_now();
	size_t size = 0;
	int r;

	r = chain_format(audit->seq + 1, now, info->name, fields, audit->hash, &line, &size, hash);
	if (r >= 0)
		r = write_line(audit, line, size);
	if (r < 0)
		return r;
	audit->seq++;
	audit->size += size;
	memcpy(audit->hash, hash, sizeof audit->hash);
	if (audit->first_time == 0)
		audit->first_time = now;
	/* The entry is on the disk: an anchor that cannot be stored is behind, and the next one catches up.
	 */
	if (audit->has_anchor)
		(void)audit->anchor.store(audit->anchor.data, audit->seq, audit->hash);
	fault_point("audit-after-anchor");
	if (audit->mirror)
		journal_mirror_send(info, line, size - 1);
	return 0;
}

/* Takes the torn bytes away; *ret_cut says how many there were. */
static int cut_torn(struct audit *audit, const struct finding *finding, uint64_t *ret_cut)
{
	struct stat st;

	*ret_cut = 0;
	if (!finding->torn)
		return 0;
	if (fstat(audit->fd, &st) < 0 || ftruncate(audit->fd, (off_t)finding->whole_size) < 0 ||
		fsync(audit->fd) < 0)
		return -errno;
	*ret_cut = (uint64_t)st.st_size - finding->whole_size;
	fault_point("audit-after-cut");
	return 0;
}

static int record_cut(struct audit *audit, uint64_t cut)
{
	struct js *fields;

	if (cut == 0)
		return 0;
	fields = js_object();
	js_set_u64(fields, "bytes_cut", cut);
	return append(audit, AUDIT_LOG_REPAIRED, fields);
}

/* A crash leaves the anchor one entry behind. Far behind, it was lost: the state database is another one. */
static int record_lost_anchor(struct audit *audit, uint64_t anchor_seq, uint64_t last_seq)
{
	struct js *fields;

	if (!audit->has_anchor || last_seq <= anchor_seq || last_seq - anchor_seq <= ANCHOR_LAG_MAX)
		return 0;
	fields = js_object();
	js_set_string(fields, "verdict", "anchor-behind");
	js_set_u64(fields, "anchor", anchor_seq);
	js_set_u64(fields, "entries", last_seq);
	js_set_string(fields, "sentence",
		"The mark that says where the audit log ends is older than the log: the state database was "
		"lost or "
		"replaced. Entries that were cut off before now cannot be noticed any more.");
	return append(audit, AUDIT_LOG_DAMAGED, fields);
}

static int record_damage(struct audit *audit, const struct finding *finding)
{
	char sentence[512];
	struct js *fields;

	switch (finding->walk.verdict) {
	case AUDIT_WHOLE:
	case AUDIT_EMPTY:
	case AUDIT_TORN:
		return 0;
	case AUDIT_CHANGED:
	case AUDIT_REMOVED:
	case AUDIT_REORDERED:
	case AUDIT_TRUNCATED:
	case AUDIT_MISSING:
		break;
	}
	audit_walk_sentence(&finding->walk, audit->name, finding->bad_line, sentence, sizeof sentence);
	fields = js_object();
	js_set_string(fields, "verdict", audit_verdict_name(finding->walk.verdict));
	js_set_u64(fields, "line", finding->bad_line);
	js_set_string(fields, "sentence", sentence);
	return append(audit, AUDIT_LOG_DAMAGED, fields);
}

/* The first line of a file says why it begins. */
static int begin_file(struct audit *audit)
{
	if (audit->size > 0)
		return 0;
	return append(audit, audit->seq == 0 ? AUDIT_LOG_STARTED : AUDIT_LOG_ROTATED, NULL);
}

/* Loads the file and puts right what a crash left. Lock held. */
static int settle(struct audit *audit, struct finding *finding)
{
	uint64_t cut = 0;
	int r = load(audit, finding);

	if (r >= 0)
		r = cut_torn(audit, finding, &cut);
	if (r >= 0)
		r = begin_file(audit);
	return r < 0 ? r : record_cut(audit, cut);
}

static int settle_if_changed(struct audit *audit)
{
	struct finding finding = {0};
	struct stat st;

	if (fstatat(audit->dirfd, audit->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == audit->inode &&
		(uint64_t)st.st_size == audit->size)
		return 0;
	return settle(audit, &finding);
}

static int make_directory(const char *path, gid_t group)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (length == 0)
		return 0;
	if (length >= sizeof directory)
		return -ENAMETOOLONG;
	memcpy(directory, path, length);
	directory[length] = 0;
	if (mkdir(directory, 0750) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (group != NO_GROUP && geteuid() == 0 && chown(directory, (uid_t)-1, group) < 0)
		return -errno;
	return 0;
}

static void fill_report(
	const struct audit *audit, const struct finding *finding, struct audit_report *ret_report)
{
	*ret_report = (struct audit_report){.verdict = finding->walk.verdict,
		.line = finding->bad_line,
		.entries = finding->walk.entries,
		.files = 1,
		.first_seq = finding->walk.first_seq,
		.last_seq = finding->walk.last.seq};
	(void)snprintf(ret_report->file, sizeof ret_report->file, "%s", audit->name);
	audit_walk_sentence(&finding->walk, audit->name, finding->bad_line, ret_report->sentence,
		sizeof ret_report->sentence);
}

static int set_up(struct audit *audit, const struct audit_options *options)
{
	const char *name = NULL;
	struct stat st;
	int r;

	audit->group = find_group(options->group);
	audit->mirror = options->mirror;
	audit->retention_days = options->retention_days;
	if (options->retention_days > 0 && options->retention_days < AUDIT_RETENTION_DAYS_MIN)
		audit->retention_days = AUDIT_RETENTION_DAYS_MIN;
	if (options->anchor) {
		audit->anchor = *options->anchor;
		audit->has_anchor = true;
	}
	r = make_directory(options->path, audit->group);
	if (r >= 0)
		r = audit_files_directory(options->path, &audit->dirfd, &name);
	if (r < 0)
		return r;
	(void)snprintf(audit->name, sizeof audit->name, "%s", name);
	if (fstat(audit->dirfd, &st) < 0)
		return -errno;
	return owned_well(&st) ? 0 : -EPERM;
}

int audit_open(const struct audit_options *options, struct audit **ret_audit, struct audit_report *ret_report)
{
	_cleanup_(audit_closep) struct audit *audit = calloc(1, sizeof *audit);
	_cleanup_close_ int lock = -1;
	struct finding finding = {0};
	int r;

	if (!audit)
		return -ENOMEM;
	audit->dirfd = audit->fd = -1;
	r = set_up(audit, options);
	if (r < 0)
		return r;
	lock = lock_exclusive(audit->dirfd, audit->name);
	if (lock < 0)
		return lock;
	r = settle(audit, &finding);
	if (r >= 0)
		r = record_damage(audit, &finding);
	if (r >= 0)
		r = record_lost_anchor(audit, finding.walk.anchor_seq, finding.walk.newest.seq);
	if (r < 0)
		return r;
	if (ret_report)
		fill_report(audit, &finding, ret_report);
	*ret_audit = TAKE_PTR(audit);
	return 0;
}

struct audit *audit_close(struct audit *audit)
{
	if (audit) {
		audit->fd = close_fd(audit->fd);
		audit->dirfd = close_fd(audit->dirfd);
		free(audit);
	}
	return NULL;
}

int audit_append(struct audit *audit, enum audit_event event, struct js *fields)
{
	_cleanup_close_ int lock = lock_exclusive(audit->dirfd, audit->name);
	int r = lock;

	if (r >= 0)
		r = settle_if_changed(audit);
	if (r < 0) {
		(void)js_free(fields);
		return r;
	}
	return append(audit, event, fields);
}

static int month_of(int64_t time)
{
	time_t seconds = (time_t)time;
	struct tm tm;

	return gmtime_r(&seconds, &tm) ? tm.tm_year * 12 + tm.tm_mon : 0;
}

static int move_away(struct audit *audit)
{
	char old[AUDIT_NAME_SIZE];
	int r = -EEXIST;

	for (unsigned number = 0; r == -EEXIST && number < SAME_MONTH_MAX; number++) {
		r = audit_files_old_name(audit->name, audit->first_time, number, old);
		if (r >= 0 && renameat2(audit->dirfd, audit->name, audit->dirfd, old, RENAME_NOREPLACE) < 0)
			r = -errno;
	}
	fault_point("audit-after-rename");
	return r < 0 ? r : fd_sync_dir(audit->dirfd);
}

static int rotate_present(struct audit *audit)
{
	struct finding finding = {0};
	int r;

	if (audit->first_time == 0 || month_of(clock_now()) <= month_of(audit->first_time))
		return 0;
	r = move_away(audit);
	return r < 0 ? r : settle(audit, &finding);
}

/* 1: removed, 0: too young, or it cannot be told how old it is. */
static int expire(struct audit *audit, const char *name)
{
	struct chain_entry last = {0};
	struct js *fields;
	int r = read_old(audit, name, &last);

	if (r < 0 || last.seq == 0 ||
		clock_now() - last.time <= (int64_t)audit->retention_days * SECONDS_PER_DAY)
		return r;
	fields = js_object();
	js_set_string(fields, "file", name);
	js_set_u64(fields, "expired_through", last.seq);
	r = append(audit, AUDIT_LOG_EXPIRED, fields);
	if (r < 0)
		return r;
	fault_point("audit-before-remove");
	if (unlinkat(audit->dirfd, name, 0) < 0)
		return -errno;
	r = fd_sync_dir(audit->dirfd);
	return r < 0 ? r : 1;
}

static int expire_old(struct audit *audit)
{
	_cleanup_files_ struct audit_files files = {0};
	int r;

	if (audit->retention_days == 0)
		return 0;
	r = audit_files_list(audit->dirfd, audit->name, &files);
	if (r < 0)
		return r;
	for (size_t i = 0; i + KEEP_FILES_MIN < files.count; i++) {
		r = expire(audit, files.list[i].name);
		if (r <= 0)
			return r;
	}
	return 0;
}

int audit_rotate(struct audit *audit)
{
	_cleanup_close_ int lock = lock_exclusive(audit->dirfd, audit->name);
	int r = lock;

	if (r >= 0)
		r = settle_if_changed(audit);
	if (r >= 0)
		r = rotate_present(audit);
	return r < 0 ? r : expire_old(audit);
}

uint64_t audit_last_seq(const struct audit *audit)
{
	return audit->seq;
}
