/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingctl device export and import. The file is written and read here, as the person; the agent gets a copy
 * in memory and never a file that it would have to wait for.
 */

#include "base/fd.h"
#include "control/text.h"
#include "control/verbs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define FILE_MAX (1 << 20)

static int failed(const struct control *control, const char *what, int error)
{
	control_note(control, "%s cannot be %s: %s", control->operand, what, strerror(-error));
	return CONTROL_REFUSED;
}

/* A new file: what is there already is never written over. */
static int write_new(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
	int r = fd < 0 ? -errno : fd_write_full(fd, text, strlen(text));

	if (r >= 0)
		r = fd_write_full(fd, "\n", 1);
	if (r >= 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

int verb_device_export(struct control *control)
{
	_cleanup_js_ struct js *file = NULL;
	_cleanup_free_ char *text = NULL;
	int r = control_reach(control);

	if (r != CONTROL_DONE)
		return r;
	r = agent_ask(control->agent, "ExportDevices", &file, NULL);
	if (r != AGENT_OK)
		return control_fail(control, r);
	r = js_text(file, true, &text);
	if (r >= 0)
		r = write_new(control->operand, text);
	if (r < 0)
		return failed(control, "written", r);
	return control_say(control,
		"%zu devices are in %s. On the other computer: outingctl device import FILE",
		js_length(js_get(file, "devices")), control->operand);
}

static int copy_to_memory(const char *path, int *ret_fd)
{
	_cleanup_close_ int memory = memfd_create("register", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r = memory < 0 ? -errno : fd_read_file_at(AT_FDCWD, path, FILE_MAX, &text, &size);

	if (r >= 0)
		r = fd_write_full(memory, text, size);
	if (r >= 0)
		*ret_fd = TAKE_FD(memory);
	return r;
}

static int show(const struct control *control, const struct js *result)
{
	const struct js *refused = js_get(result, "refused");
	uint64_t known = 0;
	int r;

	(void)js_get_u64(result, "known", &known);
	r = control_say(control, "%zu devices were added; %ju were registered here already.",
		js_length(js_get(result, "added")), (uintmax_t)known);
	for (size_t i = 0; r == CONTROL_DONE && i < js_length(refused); i++)
		control_note(control, "%s", js_string(js_at(refused, i)));
	return r;
}

int verb_device_import(struct control *control)
{
	_cleanup_js_ struct js *result = NULL;
	_cleanup_close_ int fd = -1;
	int r = control_reach(control);

	if (r != CONTROL_DONE)
		return r;
	r = copy_to_memory(control->operand, &fd);
	if (r < 0)
		return failed(control, "read", r);
	r = agent_ask(control->agent, "ImportDevices", &result, "h", fd);
	if (r != AGENT_OK)
		return control_fail(control, r);
	r = control_given(control, OPTION_JSON) ? control_json(control, result) : show(control, result);
	return r == CONTROL_DONE && js_length(js_get(result, "refused")) > 0 ? CONTROL_REFUSED : r;
}
