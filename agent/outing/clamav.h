/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What ClamAV's own files and its scanner say of the signatures: when they were built, not when the file was
 * written, which any copying changes.
 */

#include "base/cleanup.h"

#define CLAMAV_HEADER_SIZE 512
#define CLAMAV_VERSION     32

struct clamav_database {
	uint64_t version;
	int64_t built; /* Unix seconds */
};

/*
 * The header of a .cvd or .cld file: "ClamAV-VDB:DATE:VERSION:SIGNATURES:LEVEL:MD5:SIGNATURE:BUILDER:TIME",
 * padded with spaces. size: bytes at hand, at least CLAMAV_HEADER_SIZE, else -EBADMSG, as for anything that
 * is not understood. Pure.
 */
int clamav_parse_header(const void *data, size_t size, struct clamav_database *ret_database);

struct clamav_loaded {
	char engine[CLAMAV_VERSION]; /* "1.0.7" */
	uint64_t version;            /* of the daily signatures; 0: none loaded */
};

/* clamd's answer to VERSION: "ClamAV 1.0.7/27521/Thu Aug 29 08:34:00 2024". -EBADMSG. Pure. */
int clamav_parse_version(const char *text, struct clamav_loaded *ret_loaded);

/* Value of "Key value" in clamd.conf or freshclam.conf text, which is cut in place; NULL: not set. Pure. */
const char *clamav_setting(char *text, const char *key);

/* Asks the scanner on the running computer; blocks for at most timeout_ms. -ECONNREFUSED or -ENOENT: it does
 * not run; -ETIMEDOUT, -EBADMSG and others: no answer that is understood. */
int clamav_ask(const char *socket_path, int timeout_ms, struct clamav_loaded *ret_loaded);
