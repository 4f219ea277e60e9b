/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The question as others ask it: of a descriptor or a path of the running machine. See storage.h and walk.h.
 */

#include "encryption/storage.h"

#include "encryption/walk.h"

#include <fcntl.h>
#include <string.h>

const char *storage_verdict_name(enum storage_verdict verdict)
{
	static const char *const names[] = {"encrypted", "weak", "not-encrypted", "unknown"};

	return (size_t)verdict < ELEMENTS(names) ? names[verdict] : "unknown";
}

static void not_found(int error, const char *what, struct storage_report *ret_report)
{
	*ret_report = (struct storage_report){.verdict = STORAGE_UNKNOWN};
	(void)snprintf(ret_report->reason, sizeof ret_report->reason, "%.120s could not be examined: %s.",
		what, strerror(-error));
	(void)snprintf(ret_report->fix, sizeof ret_report->fix, "Check that it exists and is mounted.");
}

int storage_of_fd(int fd, struct storage_report *ret_report)
{
	struct sysroot_place place;
	int r = sysroot_place_of_fd(fd, &place);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		not_found(r, "The storage", ret_report);
	else
		walk_place(&sysroot_live, &place, ret_report);
	return 0;
}

int storage_of_path(const char *path, struct storage_report *ret_report)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0)
		return storage_of_fd(fd, ret_report);
	not_found(-errno, path, ret_report);
	return 0;
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
