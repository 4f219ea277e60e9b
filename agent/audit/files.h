/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The files that make up one audit log, and reading them line by line with constant memory. The present file
 * is NAME.jsonl, older ones are NAME-YYYY-MM.jsonl or NAME-YYYY-MM.N.jsonl; their order is that of the
 * sequence numbers in them, never that of names or clocks, because clocks are set wrong now and then.
 */

#include "audit/chain.h"

#define AUDIT_FILES_MAX 1200
#define AUDIT_NAME_SIZE 128

struct audit_file {
	char name[AUDIT_NAME_SIZE];
	uint64_t first_seq; /* as its first line claims; 0: cannot be read */
};

struct audit_files {
	size_t count;
	struct audit_file *list; /* oldest first, without the present file */
};

/* Opens the directory of path; *ret_name points into path. */
int audit_files_directory(const char *path, int *ret_dirfd, const char **ret_name);

int audit_files_list(int dirfd, const char *name, struct audit_files *ret_files);
void audit_files_clear(struct audit_files *files);
#define _cleanup_files_ _cleanup_(audit_files_clear)

/* Name for the present file once it is closed: of that month, number 0 or more. -ENAMETOOLONG. */
int audit_files_old_name(
	const char *name, int64_t time, unsigned number, char ret_name[static AUDIT_NAME_SIZE]);

struct audit_lines {
	int fd; /* borrowed */
	char *buffer;
	size_t start, end; /* what was read and not yet given out */
	uint64_t offset;   /* in the file, of the line after the last one given out */
	uint64_t number;   /* of the last line given out, from 1 */
	bool torn;         /* at the end: bytes without a newline are left */
};

int audit_lines_open(struct audit_lines *lines, int fd);
void audit_lines_close(struct audit_lines *lines);
#define _cleanup_lines_ _cleanup_(audit_lines_close)

/* 1 and a line without its newline (valid until the next call), 0 at the end, negative errno. A line longer
 * than CHAIN_LINE_MAX is given out as one of CHAIN_LINE_MAX + 1 bytes, which no check accepts. */
int audit_lines_next(struct audit_lines *lines, const char **ret_line, size_t *ret_size);
