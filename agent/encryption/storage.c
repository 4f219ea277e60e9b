/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Is storage encrypted. See storage.h. */

#include "encryption/storage.h"

const char *storage_verdict_name(enum storage_verdict verdict)
{
	static const char *const names[] = {"encrypted", "weak", "not-encrypted", "unknown"};

	return (size_t)verdict < ELEMENTS(names) ? names[verdict] : "unknown";
}

int storage_of_fd(int fd, struct storage_report *ret_report)
{
	return -ENOSYS;
}

int storage_of_path(const char *path, struct storage_report *ret_report)
{
	return -ENOSYS;
}

struct js *storage_json(const struct storage_report *report)
{
	struct js *json = js_object(), *chain = js_array();

	js_set_string(json, "verdict", storage_verdict_name(report->verdict));
	js_set_string(json, "reason", report->reason);
	js_set_string(json, "fix", report->fix);
	for (size_t i = 0; i < report->chain_count; i++)
		js_append_string(chain, report->chain[i]);
	js_set(json, "chain", chain);
	return json;
}
