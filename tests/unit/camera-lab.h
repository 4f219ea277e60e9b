/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A simulated camera with a few pictures, a vault, a state database, and whole offloads from one to the other
 * by a real worker in its sandbox.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../ptp/camera.h"
#include "base/fd.h"
#include "offload/recorder.h"
#include "offload/source-ptp.h"
#include "offload/worker.h"
#include "state/session.h"
#include "state/state.h"
#include "vault/layout.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define BIG   3000001
#define STORE 0x00010001
#define PATH  512

struct lab {
	char root[64], vault[96], database[96];
	int vault_fd;
	struct camera *camera;
	struct ptp_transport transport;
	struct state *state;
	struct recorder *recorder;
	struct io io;
};

static inline int open_camera(
	void *data, const char *path, int usbfs_fd, struct source **ret_source, char *ret_detail)
{
	struct lab *lab = data;
	struct source *source = calloc(1, sizeof *source);

	*ret_detail = 0;
	if (!source)
		return -ENOMEM;
	source->device_fd = -1;
	(void)snprintf(source->names, sizeof source->names, "ptp");
	*ret_source = source;
	return source_ptp_new(&lab->transport, &source->ptp);
}

/* Seen by the worker's process and by the test's. Its answers are made in one of them at a time. */
static inline struct camera *shared_camera(void)
{
	struct camera *own = camera_new();
	struct camera *shared =
		mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(shared != MAP_FAILED);
	*shared = *own;
	(void)camera_free(own);
	return shared;
}

/* What another process left unsaid lies in that process's memory. */
static inline void forget_answers(struct camera *camera)
{
	memset(camera->out, 0, sizeof camera->out);
	camera->out_count = 0;
	camera->busy_with_empty = false;
}

static inline int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof *lab);
	struct camera_object *dcim, *folder;
	struct state_problem problem;
	char id[VAULT_ID];

	assert_non_null(lab);
	(void)snprintf(lab->root, sizeof lab->root, "/var/tmp/test-offload-XXXXXX");
	assert_non_null(mkdtemp(lab->root));
	(void)snprintf(lab->vault, sizeof lab->vault, "%s/vault", lab->root);
	(void)snprintf(lab->database, sizeof lab->database, "%s/state/state.db", lab->root);
	assert_int_equal(mkdir(lab->vault, 0755), 0);
	lab->vault_fd = open(lab->vault, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(vault_init(lab->vault_fd, id), 0);
	assert_int_equal(state_open(lab->database, &lab->state, &problem), STATE_OK);
	lab->camera = shared_camera();
	dcim = camera_add_folder(lab->camera, STORE, 0, "DCIM");
	folder = camera_add_folder(lab->camera, STORE, dcim->handle, "100BLUE");
	(void)camera_add(lab->camera, STORE, folder->handle, "IMG_0001.JPG", 1000, 1);
	(void)camera_add(lab->camera, STORE, folder->handle, "IMG_0002.JPG", BIG, 2);
	(void)camera_add(lab->camera, STORE, dcim->handle, "EMPTY.DAT", 0, 3);
	(void)camera_add_folder(lab->camera, STORE, 0, "MISC");
	lab->transport = camera_transport(lab->camera);
	lab->io = io_system;
	lab->io.data = lab;
	lab->io.open = open_camera;
	*state = lab;
	return 0;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	return remove(path);
}

static inline int teardown(void **state)
{
	struct lab *lab = *state;

	lab->recorder = recorder_free(lab->recorder);
	lab->state = state_close(lab->state);
	lab->vault_fd = close_fd(lab->vault_fd);
	(void)munmap(lab->camera, sizeof *lab->camera);
	(void)nftw(lab->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(lab);
	return 0;
}

/* usbfs_fd: as recorder_start() takes it. */
static inline const struct recorder_result *offload_with(struct lab *lab, int usbfs_fd)
{
	struct recorder_options options = {.state = lab->state,
		.vault_fd = lab->vault_fd,
		.device_name = "Blue Room camera",
		.device_key = "usb:1209:b10e:BR0001",
		.source = "ptp:test"};
	int fds[2], status, r;
	pid_t pid;

	lab->recorder = recorder_free(lab->recorder);
	assert_int_equal(recorder_new(&options, &lab->recorder), 0);
	assert_int_equal(wire_pair(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(fds[0]);
		forget_answers(lab->camera);
		_exit(worker_run(fds[1], &lab->io));
	}
	(void)close(fds[1]);
	assert_int_equal(recorder_start(lab->recorder, fds[0], usbfs_fd), 0);
	do
		r = recorder_receive(lab->recorder, fds[0]);
	while (r == RECORDER_MORE);
	assert_int_equal(r, RECORDER_FINISHED);
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(recorder_close(lab->recorder, 0), 0);
	return recorder_result(lab->recorder);
}

static inline const struct recorder_result *offload(struct lab *lab)
{
	return offload_with(lab, PTP_USB_NONE);
}
