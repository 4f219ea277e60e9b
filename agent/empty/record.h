/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The record of an emptying: what was removed from a device that speaks PTP or MTP, and what that does not
 * mean. It is no certificate: removed is not wiped, and each record says so.
 *
 * File by file, what was removed stands in the manifest of the session's folder in the vault; names of files
 * are not repeated here. Pure.
 */

#include "base/json.h"
#include "empty/recorder.h"

struct empty_record_facts {
	const char *device_name; /* as registered, or NULL */
	const char *device_id, *device_key;
	const char *vendor, *product, *serial;
	int64_t started, ended; /* Unix seconds */
};

/* -EKEYREJECTED unless the verdict is "removed". */
int empty_record_make(const struct empty_recorder *recorder, const struct empty_record_facts *facts,
	struct js **ret_record);

/* As readable text, owned by the caller. -EINVAL if it is no such record. */
int empty_record_text(const struct js *record, char **ret_text);
