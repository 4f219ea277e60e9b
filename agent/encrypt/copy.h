/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Copies listed files from a folder of the vault into the root of a freshly encrypted stick, and compares
 * them there: two passes, so that the second one can be made after everything was unmounted, from the medium.
 *
 * Follows no link and leaves neither folder. Never changes the vault.
 */

#include "encrypt/file-list.h"

struct copy {
	int vault_fd, stick_fd; /* folders, borrowed */
	const char *list;
	size_t list_size;
	void *data;
	int (*progress)(
		void *data, uint64_t files, uint64_t bytes); /* non-zero ends the run and is returned */
};

/* ENCRYPT_DONE, ENCRYPT_NOT_PUT_BACK, what progress said, or a negative errno (-EBADMSG, -ENOMEM).
 * *ret_left_out: files whose names the stick's file system does not take. */
int copy_files(const struct copy *copy, uint64_t *ret_left_out);

/* Every file of the list is on the stick and has its hash; left_out of them may be missing. */
int copy_compare(const struct copy *copy, uint64_t left_out);
