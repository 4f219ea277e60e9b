/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingctl audit verify and export.
 *
 * The agent opens its log and hands over a descriptor that can only be read, so that a manager needs no
 * rights on the file. What is exported to a file or a pipe is the log byte for byte, or its chain could not
 * be verified any more.
 */

#include "base/fd.h"
#include "control/text.h"
#include "control/verbs.h"

#include <string.h>

int verb_audit_verify(struct control *control)
{
	_cleanup_js_ struct js *result = NULL;
	const char *sentence;
	bool ok = false;
	int r;

	r = control_reach(control);
	if (r != CONTROL_DONE)
		return r;
	r = agent_ask(control->agent, "AuditVerify", &result, NULL);
	if (r != AGENT_OK)
		return control_fail(control, r);
	(void)js_get_bool(result, "ok", &ok);
	sentence = js_get_string(result, "sentence");
	if (control_given(control, OPTION_JSON)) {
		r = control_json(control, result);
		if (r != CONTROL_DONE)
			return r;
	} else if (ok) {
		text_wrap(stdout, &control->screen, 0, 0,
			sentence ? sentence : "The log is complete and unchanged.");
	}
	if (!ok)
		control_note(
			control, "%s", sentence ? sentence : "The log could not be shown to be unchanged.");
	return ok ? CONTROL_DONE : CONTROL_REFUSED;
}

static int copy_raw(int fd)
{
	char buffer[65536];

	for (;;) {
		ssize_t n = fd_read_full(fd, buffer, sizeof(buffer));
		int r;

		if (n < 0)
			return (int)n;
		if (n == 0)
			return CONTROL_DONE;
		r = fd_write_full(STDOUT_FILENO, buffer, (size_t)n);
		if (r < 0)
			return r;
	}
}

static int copy_to_screen(int *fd)
{
	_cleanup_fclose_ FILE *log = fdopen(*fd, "r");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	if (!log)
		return -errno;
	*fd = -1;
	while (getline(&line, &size, log) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		text_put_json(stdout, line);
	}
	return ferror(log) ? -EIO : CONTROL_DONE;
}

int verb_audit_export(struct control *control)
{
	_cleanup_close_ int fd = -1;
	int r;

	r = control_reach(control);
	if (r != CONTROL_DONE)
		return r;
	r = agent_open(control->agent, "OpenAuditLog", &fd);
	if (r != AGENT_OK)
		return control_fail(control, r);
	return control->screen.interactive ? copy_to_screen(&fd) : copy_raw(fd);
}
