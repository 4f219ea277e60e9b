/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The list of files that go back onto a stick, as it passes from the agent to the program that copies them: a
 * file in memory, entry after entry (struct encrypt_file). Names come from a stick that somebody else may
 * have filled, so reading checks that none of them leads anywhere but down.
 */

#include "encrypt/protocol.h"

#define FILE_LIST_MAX (64U << 20)

struct file_list_entry {
	struct encrypt_file file;
	const char *path, *stored; /* borrowed from the list */
};

/* Appends to fd. -E2BIG: a name is too long. */
int file_list_add(int fd, const struct encrypt_file *file, const char *path, const char *stored);

/* The entry at *offset, which is moved on. 1, 0 at the end, -EBADMSG. Pure. */
int file_list_next(const char *list, size_t size, size_t *offset, struct file_list_entry *ret_entry);

/* Relative, not empty, no empty name, no "." and "..". Pure. */
bool file_list_path_is_good(const char *path);
