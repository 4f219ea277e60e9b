/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A window in a process of its own. See dialog.h. */

#include "prompt/dialog.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

#define PATIENCE_MS (10 * 60 * 1000)
#define GRACE_MS    200

struct dialog {
	struct dialog_program program;
	enum dialog_kind kind;
	int pidfd, output;
	struct watch *ended, *late;
	dialog_done done;
	void *data;
};

/* Only what a window needs is taken over from the session's manager, and only if this process has none. */
static bool wanted(const char *entry)
{
	static const char *const names[] = {"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR",
		"XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE", "DBUS_SESSION_BUS_ADDRESS", "GTK_MODULES",
		"QT_QPA_PLATFORMTHEME", "KDE_FULL_SESSION", "LANG"};

	for (size_t i = 0; i < ELEMENTS(names); i++) {
		size_t length = strlen(names[i]);

		if (strncmp(entry, names[i], length) == 0 && entry[length] == '=')
			return getenv(names[i]) == NULL;
	}
	return false;
}

static size_t length_of(char *const *list)
{
	size_t count = 0;

	while (list && list[count])
		count++;
	return count;
}

/* Words borrowed, the list owned by the caller. */
static const char **environment_with(char *const *more)
{
	size_t own = length_of(environ), extra = length_of(more), count = 0;
	const char **list = calloc(own + extra + 1, sizeof *list);

	for (size_t i = 0; list && i < own; i++)
		list[count++] = environ[i];
	for (size_t i = 0; list && i < extra; i++)
		if (wanted(more[i]))
			list[count++] = more[i];
	return list;
}

static int run(struct dialog *dialog, const struct dialog_words *words, char *const *more)
{
	_cleanup_free_ const char **environment = environment_with(more);
	_cleanup_close_ int write_end = -1;
	struct process_options options = {
		.wire_fd = -1, .output_only = true, .no_new_privs = true, .empty_input = true};
	int fds[2];
	pid_t pid;

	if (!environment)
		return -ENOMEM;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	dialog->output = fds[0];
	options.output_fd = write_end = fds[1];
	if (fd_set_nonblocking(write_end, false) < 0)
		return -errno;
	options.argv = (const char *const *)words->word;
	options.environment = environment;
	return process_start(&options, &pid, &dialog->pidfd);
}

static void finish(struct dialog *dialog, const char *const *lines)
{
	dialog->late = watch_free(dialog->late);
	dialog->done(lines, dialog->data);
}

static int on_ended(void *data)
{
	_cleanup_(secret_freep) struct secret *typed = NULL, *text = NULL;
	struct dialog *dialog = data;
	const char *lines[DIALOG_LINES];
	int status = -1, r = process_wait(dialog->pidfd, &status);

	dialog->ended = watch_free(dialog->ended);
	dialog->pidfd = close_fd(dialog->pidfd);
	if (r >= 0 && status == 0)
		r = secret_read(dialog->output, DIALOG_OUTPUT_MAX, &typed);
	if (r < 0 || status != 0 || memchr(typed->bytes, 0, typed->size) ||
		secret_new(typed->size + 1, &text) < 0) {
		finish(dialog, NULL);
		return 0;
	}
	memcpy(text->bytes, typed->bytes, typed->size);
	dialog_lines(&dialog->program, dialog->kind, (char *)text->bytes, lines);
	finish(dialog, lines);
	return 0;
}

static int on_late(void *data)
{
	struct dialog *dialog = data;

	log_info("a question was not answered");
	(void)process_signal(dialog->pidfd, SIGTERM);
	return 0;
}

int dialog_open(struct loop *loop, const struct dialog_program *program, char *const *environment,
	const struct dialog_question *question, dialog_done done, void *data, struct dialog **ret_dialog)
{
	_cleanup_(dialog_closep) struct dialog *dialog = calloc(1, sizeof *dialog);
	_cleanup_(dialog_words_clear) struct dialog_words words = {0};
	int r;

	if (!dialog)
		return -ENOMEM;
	*dialog = (struct dialog){.program = *program,
		.kind = question->kind,
		.pidfd = -1,
		.output = -1,
		.done = done,
		.data = data};
	r = dialog_words(program, question, &words);
	if (r >= 0)
		r = run(dialog, &words, environment);
	if (r >= 0)
		r = loop_watch_fd(loop, dialog->pidfd, on_ended, dialog, &dialog->ended);
	if (r >= 0)
		r = loop_timer(loop, PATIENCE_MS, on_late, dialog, &dialog->late);
	if (r < 0)
		return r;
	*ret_dialog = TAKE_PTR(dialog);
	return 0;
}

struct dialog *dialog_close(struct dialog *dialog)
{
	if (!dialog)
		return NULL;
	(void)watch_free(dialog->ended);
	(void)watch_free(dialog->late);
	if (dialog->pidfd >= 0) {
		(void)process_signal(dialog->pidfd, SIGTERM);
		(void)process_end(dialog->pidfd, GRACE_MS);
	}
	(void)close_fd(dialog->pidfd);
	(void)close_fd(dialog->output);
	free(dialog);
	return NULL;
}
