/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The rim around audit/walk.c: finds the files, reads them in order and feeds every line in. While it reads,
 * nobody appends (the lock of the log is shared with it), if this process may take that lock.
 */

#include "audit/verify.h"

#include "audit/audit.h"
#include "audit/files.h"
#include "audit/walk.h"
#include "base/lock.h"

#include <fcntl.h>
#include <string.h>

const char *audit_verdict_name(enum audit_verdict verdict)
{
	switch (verdict) {
	case AUDIT_WHOLE:
		return "whole";
	case AUDIT_EMPTY:
		return "empty";
	case AUDIT_CHANGED:
		return "changed";
	case AUDIT_REMOVED:
		return "removed";
	case AUDIT_REORDERED:
		return "reordered";
	case AUDIT_TRUNCATED:
		return "truncated";
	case AUDIT_TORN:
		return "torn";
	case AUDIT_MISSING:
		return "missing";
	}
	return "unknown";
}

struct verification {
	struct audit_walk walk;
	struct audit_report report;
	bool torn, present;
};

static void note_place(struct verification *v, const char *name, uint64_t line)
{
	(void)snprintf(v->report.file, sizeof v->report.file, "%s", name);
	v->report.line = line;
}

static int read_lines(struct verification *v, const char *name, struct audit_lines *lines)
{
	const char *line = NULL;
	size_t size = 0;
	int r;

	while ((r = audit_lines_next(lines, &line, &size)) > 0) {
		r = audit_walk_line(&v->walk, line, size, lines->number == 1);
		if (r > 0)
			note_place(v, name, lines->number);
		if (r < 0)
			break;
	}
	return r;
}

static int read_one(struct verification *v, int dirfd, const char *name, bool is_present)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	_cleanup_lines_ struct audit_lines lines = {.fd = -1};
	int r;

	if (fd < 0)
		return errno == ENOENT && is_present ? 0 : -errno;
	r = audit_lines_open(&lines, fd);
	if (r >= 0)
		r = read_lines(v, name, &lines);
	if (r < 0)
		return r;
	v->report.files++;
	v->present = is_present;
	v->torn = lines.torn;
	/* An older file was closed long ago; it has no right to an unfinished line. */
	if (lines.torn && !is_present && v->walk.verdict == AUDIT_WHOLE) {
		v->walk.verdict = AUDIT_CHANGED;
		v->walk.bad_seq = v->walk.last.seq + 1;
	}
	if (lines.torn && v->report.line == 0)
		note_place(v, name, lines.number + 1);
	return 0;
}

static int read_all(struct verification *v, int dirfd, const char *name)
{
	_cleanup_files_ struct audit_files files = {0};
	int r = audit_files_list(dirfd, name, &files);

	for (size_t i = 0; r >= 0 && i < files.count; i++)
		r = read_one(v, dirfd, files.list[i].name, false);
	return r < 0 ? r : read_one(v, dirfd, name, true);
}

static void finish(struct verification *v)
{
	struct audit_report *report = &v->report;

	audit_walk_end(&v->walk, v->torn, v->present);
	if (v->walk.verdict == AUDIT_WHOLE || v->walk.verdict == AUDIT_EMPTY ||
		v->walk.verdict == AUDIT_TRUNCATED || (v->walk.verdict == AUDIT_MISSING && report->line == 0))
		note_place(v, "", 0);
	report->verdict = v->walk.verdict;
	report->entries = v->walk.entries;
	report->first_seq = v->walk.first_seq;
	report->last_seq = v->walk.last.seq;
	audit_walk_sentence(&v->walk, report->file, report->line, report->sentence, sizeof report->sentence);
}

int audit_verify(const char *path, const struct audit_anchor_store *anchor, struct audit_report *ret_report)
{
	_cleanup_close_ int dirfd = -1, lock = -1;
	struct verification v = {0};
	const char *name = NULL;
	int r;

	if (anchor) {
		r = anchor->load(anchor->data, &v.walk.anchor_seq, v.walk.anchor_hash);
		if (r < 0)
			return r;
	}
	r = audit_files_directory(path, &dirfd, &name);
	if (r == -ENOENT) {
		finish(&v);
		*ret_report = v.report;
		return 0;
	}
	if (r < 0)
		return r;
	lock = lock_shared(dirfd, name);
	r = read_all(&v, dirfd, name);
	if (r < 0)
		return r;
	finish(&v);
	*ret_report = v.report;
	return 0;
}

struct visitor {
	const char *event;
	int (*visit)(const struct js *entry, void *data);
	void *data;
};

static int visit_line(const struct visitor *visitor, const char *line, size_t size)
{
	_cleanup_js_ struct js *js = NULL;
	struct chain_entry entry;
	int r = chain_parse(line, size, &entry);

	if (r != CHAIN_OK)
		return r < 0 ? r : 0;
	if (visitor->event && strcmp(visitor->event, entry.event) != 0)
		return 0;
	r = js_parse(line, size, &js);
	return r < 0 ? r : visitor->visit(js, visitor->data);
}

static int visit_file(const struct visitor *visitor, int dirfd, const char *name)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	_cleanup_lines_ struct audit_lines lines = {.fd = -1};
	const char *line = NULL;
	size_t size = 0;
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = audit_lines_open(&lines, fd);
	if (r < 0)
		return r;
	while ((r = audit_lines_next(&lines, &line, &size)) > 0) {
		r = visit_line(visitor, line, size);
		if (r != 0)
			return r;
	}
	return r;
}

int audit_each(
	const char *path, const char *event, int (*visit)(const struct js *entry, void *data), void *data)
{
	const struct visitor visitor = {.event = event, .visit = visit, .data = data};
	_cleanup_files_ struct audit_files files = {0};
	_cleanup_close_ int dirfd = -1;
	const char *name = NULL;
	int r;

	r = audit_files_directory(path, &dirfd, &name);
	if (r >= 0)
		r = audit_files_list(dirfd, name, &files);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; r == 0 && i < files.count; i++)
		r = visit_file(&visitor, dirfd, files.list[i].name);
	return r != 0 ? r : visit_file(&visitor, dirfd, name);
}
