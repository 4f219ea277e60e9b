/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Which installed packages a list has a newer version of, from dpkg's status file and apt's package lists.
 * Pure: works on bytes in memory, which stay the caller's and must outlive the struct.
 */

#include "outing/debversion.h"

struct package {
	struct debversion name, architecture, version; /* pieces of the status file */
	bool held;                                     /* somebody told dpkg not to update it */
	bool behind;                                   /* a list has a newer version */
};

struct packages {
	size_t count;
	struct package *list; /* sorted by name */
	size_t broken;        /* packages that are neither installed nor removed: an update was interrupted */
};

/* From /var/lib/dpkg/status. -EBADMSG when it has no package at all or a package without a name, -ENOMEM. */
int packages_parse_status(const char *text, size_t size, struct packages *ret_packages);
void packages_clear(struct packages *packages);
#define _cleanup_packages_ _cleanup_(packages_clear)

/* Marks what a Packages file has newer. Returns how many packages the file lists. */
size_t packages_compare(struct packages *packages, const char *text, size_t size);

/* "security.debian.org_..._dists_bookworm-security_main_binary-amd64_Packages": is the suite one of security
 * updates? Also true for the suite's _InRelease and _Release. name without folder. */
bool packages_is_security(const char *name);

/* The Date of a Release or InRelease file in Unix seconds; -EBADMSG. text need not end in a NUL. */
int packages_release_date(const char *text, size_t size, int64_t *ret_seconds);
