/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Emptying the simulated camera: a real worker in its sandbox, a real recorder and database. After every
 * test, each object that is gone from the camera is in the vault, byte for byte.
 */

#include "camera-lab.h"

#include "empty/record.h"
#include "empty/worker.h"
#include "state/emptying.h"
#include "state/removal.h"

#define FILES      3
#define OBJECTS    6 /* with the folders */
#define LISTINGS   5 /* of one scan: the root, the store, three folders */
#define DEVICE_KEY "usb:1209:b10e:BR0001"

static struct empty_recorder *recorder;

static inline void work(const struct lab *lab, int wire_fd)
{
	forget_answers(lab->camera);
	_exit(empty_worker_run(wire_fd, NULL, &lab->transport));
}

static inline int converse(int fd, unsigned cancel_after)
{
	static struct wire_message message;
	unsigned messages = 0;
	int r = 0;

	wire_message_init(&message);
	while (r >= 0 && r != EMPTY_EVENT_ENDED) {
		r = wire_receive(fd, &message);
		if (r == 0)
			return -EPIPE;
		if (r > 0)
			r = empty_recorder_message(recorder, fd, &message);
		if (++messages == cancel_after)
			(void)empty_recorder_cancel(recorder, fd);
	}
	return r;
}

static inline const struct empty_verdict *empty_request(
	struct lab *lab, const struct empty_request *request, unsigned cancel_after)
{
	int fds[2], status;
	pid_t pid;

	recorder = empty_recorder_free(recorder);
	assert_int_equal(empty_recorder_new(lab->state, request, &recorder), SESSION_OK);
	assert_int_equal(wire_pair(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(fds[0]);
		work(lab, fds[1]);
	}
	(void)close(fds[1]);
	assert_int_equal(empty_recorder_start(recorder, fds[0], PTP_USB_NONE), 0);
	(void)converse(fds[0], cancel_after);
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	empty_recorder_close(recorder);
	return empty_recorder_verdict(recorder);
}

static inline const struct empty_verdict *empty_with(
	struct lab *lab, const char *session, bool protected_too, bool look_only, unsigned cancel_after)
{
	const struct empty_request request = {
		.session = session, .protected_too = protected_too, .look_only = look_only};

	return empty_request(lab, &request, cancel_after);
}

static char session[SESSION_ID_SIZE], folder[VAULT_SESSION];

static inline void offload_all(struct lab *lab)
{
	const struct recorder_result *result = offload(lab);

	assert_true(result->committed);
	(void)snprintf(session, sizeof session, "%s", result->session_id);
	(void)snprintf(folder, sizeof folder, "%s", result->session);
}

static inline const struct empty_verdict *empty(struct lab *lab)
{
	return empty_with(lab, session, false, false, 0);
}

static inline unsigned files_on(const struct camera *camera)
{
	unsigned count = 0;

	for (size_t i = 0; i < camera->object_count; i++)
		count += !camera->objects[i].gone && camera->objects[i].format != 0x3001;
	return count;
}

static inline struct camera_object *camera_find_gone(struct camera *camera, const char *name)
{
	for (size_t i = 0; i < camera->object_count; i++)
		if (camera->objects[i].gone && strcmp(camera->objects[i].name, name) == 0)
			return &camera->objects[i];
	fail();
	return NULL;
}

static inline void is_removed(struct lab *lab)
{
	const struct empty_verdict *verdict = empty(lab);

	if (!verdict->removed)
		print_error("%s: %s\n", verdict->code, verdict->sentence);
	assert_string_equal(verdict->code, "removed");
	assert_int_equal(files_on(lab->camera), 0);
	assert_non_null(camera_find_name(lab->camera, "DCIM"));
	assert_non_null(camera_find_name(lab->camera, "MISC"));
	assert_non_null(strstr(verdict->sentence, "not wiped"));
}

static inline int teardown_all(void **state)
{
	struct lab *lab = *state;

	for (size_t i = 0; i < lab->camera->command_count; i++)
		if (lab->camera->commands[i].operation == 0x100b) {
			assert_int_equal(lab->camera->commands[i].count, 2);
			assert_int_equal(lab->camera->commands[i].params[1], 0);
			assert_int_not_equal(lab->camera->commands[i].params[0], 0);
			assert_int_not_equal(lab->camera->commands[i].params[0], 0xffffffff);
		}
	recorder = empty_recorder_free(recorder);
	return teardown(state);
}

static inline bool is_said(const struct empty_verdict *verdict, const char *words)
{
	bool said = strstr(verdict->sentence, words) != NULL;

	for (size_t i = 0; i < verdict->kept_count; i++)
		said |= strstr(verdict->kept[i].reason, words) != NULL ||
			strcmp(verdict->kept[i].answer, words) == 0;
	return said;
}
