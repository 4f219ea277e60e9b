/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A watch on the first seat; its monitor is made anew when logind comes later. See person.h.
 */

#include "daemon/person.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/number.h"
#include "job/seat.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>

struct person_watch {
	struct loop *loop;
	const char *fake; /* borrowed from the command line */
	loop_callback changed;
	void *data;
	struct seat_monitor *monitor;
	int inotify;
	struct watch *watch;
};

static int on_change(void *data)
{
	struct person_watch *watch = data;
	char events[4096];

	if (watch->monitor)
		seat_monitor_flush(watch->monitor);
	while (watch->inotify >= 0 && read(watch->inotify, events, sizeof events) > 0)
		;
	return watch->changed(watch->data);
}

/* Absent while logind has not run since the computer was started. */
static int listen_to_logind(struct person_watch *watch)
{
	int r = seat_monitor_new(&watch->monitor);

	if (r < 0)
		return r;
	return loop_watch_fd(watch->loop, seat_monitor_fd(watch->monitor), on_change, watch, &watch->watch);
}

static int listen_to_file(struct person_watch *watch)
{
	char directory[PATH_MAX];
	char *slash;

	(void)snprintf(directory, sizeof directory, "%s", watch->fake);
	slash = strrchr(directory, '/');
	if (!slash)
		return -EINVAL;
	*slash = 0;
	watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->inotify < 0 ||
		inotify_add_watch(watch->inotify, directory, IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
		return -errno;
	return loop_watch_fd(watch->loop, watch->inotify, on_change, watch, &watch->watch);
}

int person_watch_new(struct loop *loop, const char *fake, loop_callback changed, void *data,
	struct person_watch **ret_watch)
{
	_cleanup_(person_watch_freep) struct person_watch *watch = calloc(1, sizeof *watch);
	int r;

	if (!watch)
		return -ENOMEM;
	*watch = (struct person_watch){
		.loop = loop, .fake = fake, .changed = changed, .data = data, .inotify = -1};
	r = fake ? listen_to_file(watch) : listen_to_logind(watch);
	if (r == -ENOMEM || (fake && r < 0))
		return r;
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "it is not known who sits at this computer");
	*ret_watch = TAKE_PTR(watch);
	return 0;
}

struct person_watch *person_watch_free(struct person_watch *watch)
{
	if (!watch)
		return NULL;
	watch->watch = watch_free(watch->watch);
	watch->monitor = seat_monitor_free(watch->monitor);
	watch->inotify = close_fd(watch->inotify);
	free(watch);
	return NULL;
}

static int read_fake(const char *path, uid_t *ret_uid)
{
	_cleanup_free_ char *text = NULL;
	uint64_t uid;

	if (fd_read_file_at(AT_FDCWD, path, 64, &text, NULL) < 0)
		return -ENODATA;
	text[strcspn(text, "\n")] = 0;
	if (number_parse_u64(text, &uid) < 0 || uid >= UINT32_MAX)
		return -ENODATA;
	*ret_uid = (uid_t)uid;
	return 0;
}

int person_present(struct person_watch *watch, uid_t *ret_uid)
{
	if (watch->fake)
		return read_fake(watch->fake, ret_uid);
	if (!watch->watch)
		(void)listen_to_logind(watch);
	return seat_person(ret_uid);
}
