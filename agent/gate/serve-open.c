/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From the request to a worker that runs, and back; each failure in a sentence for staff. See serve.h. */

#include "base/fd.h"
#include "base/log.h"
#include "device/mount.h"
#include "gate/mountpoint.h"
#include "gate/serve-internal.h"
#include "gate/staging.h"
#include "gate/swap.h"

#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

#define WORKER_USER "outing-gate"

static int refuse_claim(struct serving *serving, int error)
{
	switch (error) {
	case -ENODEV:
	case -ESTALE:
		return serve_end(serving, GATE_END_GONE, "It was taken out.");
	case -EBUSY:
		return serve_end(serving, GATE_END_REFUSED,
			"It is in use by something else on this computer, such as the file manager. Close "
			"and eject it there, then take it out and put it in again.");
	case -EROFS:
		return serve_end(serving, GATE_END_REFUSED,
			"It is locked against writing. Its small switch may be on LOCK.");
	case -EXDEV:
		return serve_end(serving, GATE_END_REFUSED,
			"It belongs to this computer, so it is not a medium for taking out.");
	case -EPERM:
		return serve_end(serving, GATE_END_REFUSED,
			"Other programs could write to it past the check. Take it out and put it in again.");
	default:
		return serve_end(serving, GATE_END_REFUSED,
			"It could not be taken for the check (%s). Take it out and put it in again.",
			strerror(-error));
	}
}

static int refuse_mount(struct serving *serving, int error, const char *text)
{
	log_errno(LOG_LEVEL_WARNING, error, "%s (%s) cannot be mounted%s%s", serving->request.node,
		serving->request.type, *text ? ": " : "", text);
	switch (error) {
	case -EBUSY:
	case -EROFS:
		return refuse_claim(serving, error);
	case -ENODEV:
		return serve_end(serving, GATE_END_REFUSED,
			"This computer cannot write to its file system (%s). Take a stick with FAT32 or "
			"exFAT.",
			serving->request.type);
	default:
		return serve_end(serving, GATE_END_REFUSED,
			"Its file system is damaged or was not closed properly. Put it into its own "
			"computer, "
			"let that check it and eject it properly, then put it in here again.");
	}
}

static int refuse_rest(struct serving *serving, const char *what, int error)
{
	log_errno(LOG_LEVEL_ERROR, error, "%s", what);
	return serve_end(serving, GATE_END_REFUSED,
		"%s (%s). Ask the technician to look at the journal of outing-gate.", what, strerror(-error));
}

static int find_worker(struct mount_writer *ret)
{
	struct passwd entry, *found = NULL;
	char buffer[16384];
	int r = getpwnam_r(WORKER_USER, &entry, buffer, sizeof buffer, &found);

	if (r != 0 || !found)
		return r ? -r : -ESRCH;
	ret->uid = found->pw_uid;
	ret->gid = found->pw_gid;
	return 0;
}

static int local_minutes(void)
{
	time_t now = time(NULL);
	struct tm local;

	return localtime_r(&now, &local) ? (int)(local.tm_gmtoff / 60) : 0;
}

/* A quarter of the memory at most: what waits there cannot be moved to the swap space. */
static uint64_t staging_room(void)
{
	uint64_t quarter = (uint64_t)sysconf(_SC_PHYS_PAGES) / 4 * (uint64_t)sysconf(_SC_PAGESIZE);

	return quarter < STAGING_TOTAL_DEFAULT ? quarter : STAGING_TOTAL_DEFAULT;
}

static int fill_start(struct serving *serving)
{
	struct gate_start *start = &serving->gate.start;
	struct passwd entry, *person = NULL;
	char buffer[16384];
	int r = getpwuid_r(serving->request.uid, &entry, buffer, sizeof buffer, &person);

	if (r != 0 || !person)
		return r ? -r : -ESRCH;
	*start = (struct gate_start){.staging_total = staging_room(),
		.keep_seconds = serving->request.keep_seconds,
		.uid = person->pw_uid,
		.gid = person->pw_gid,
		.user = WORKER_USER};
	start->staging_per_file = start->staging_total < STAGING_PER_FILE_DEFAULT ? start->staging_total
										  : STAGING_PER_FILE_DEFAULT;
	return 0;
}

static int mount_medium(struct serving *serving)
{
	struct mount_writer writer = {.minutes_east = local_minutes()};
	char text[MOUNT_ERROR];
	int r = find_worker(&writer);

	if (r < 0)
		return refuse_rest(serving, "The user " WORKER_USER " is missing", r);
	serving->gate.root_fd = mount_detached(serving->claim.path, serving->request.type, &writer, text);
	if (serving->gate.root_fd < 0)
		return refuse_mount(serving, serving->gate.root_fd, text);
	serving->sync_fd = openat(serving->gate.root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return serving->sync_fd < 0 ? refuse_mount(serving, -errno, "") : 0;
}

/* The kernel takes the node away when the medium is pulled. */
static int watch_medium(struct serving *serving)
{
	serving->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (serving->watch_fd < 0)
		return -errno;
	if (inotify_add_watch(serving->watch_fd, serving->claim.node, IN_ATTRIB | IN_DELETE_SELF) < 0)
		return -errno;
	return claim_present(&serving->claim) ? 0 : -ENODEV;
}

static int make_front(struct serving *serving)
{
	const struct gate_open *request = &serving->request;
	int r = mountpoint_make(MOUNTPOINT_ROOT, request->uid, request->label, serving->mountpoint,
		sizeof serving->mountpoint);

	if (r >= 0)
		r = claim_note_mountpoint(&serving->claim, serving->mountpoint);
	if (r >= 0)
		r = supervisor_prepare(&serving->gate, serving->claim.name);
	return r < 0 ? refuse_rest(serving, "The place where it is shown could not be made", r) : 0;
}

static int start_worker(struct serving *serving)
{
	int r = supervisor_start(&serving->gate);

	return r < 0 ? refuse_rest(serving, "The check could not be started", r) : 0;
}

/* The unit forbids swap for all of this; a unit that was changed does not. */
static int check_swap(struct serving *serving)
{
	char place[SWAP_PLACE] = "/proc/swaps";

	if (swap_check(&swap_live, place) == 0)
		return 0;
	return serve_end(serving, GATE_END_REFUSED,
		"What is copied would wait in memory that may be written to %s, which is not known to be "
		"encrypted. Ask the technician: outing-gate@.service needs MemorySwapMax=0.",
		place);
}

int serve_open(struct serving *serving)
{
	int r = fill_start(serving);

	if (r < 0)
		return refuse_rest(serving, "There is no such user", r);
	r = check_swap(serving);
	if (r < 0)
		return r;
	r = claim_open(&serving->request, &serving->claim);
	if (r >= 0)
		r = watch_medium(serving);
	if (r < 0)
		return refuse_claim(serving, r);
	r = mount_medium(serving);
	if (r >= 0)
		r = make_front(serving);
	return r < 0 ? r : start_worker(serving);
}

/* --- and back --- */

static void decide_end(struct serving *serving, int status, int written)
{
	if (serving->closed.end)
		return;
	if (serving->gone)
		(void)serve_end(serving, GATE_END_GONE, "It was pulled out before it was ejected.");
	else if (serving->phase == SERVE_STARTING)
		(void)serve_end(serving, GATE_END_REFUSED,
			"The check could not be started. Ask the technician to look at the journal of "
			"outing-gate.");
	else if (status != 0)
		(void)serve_end(serving, GATE_END_BROKEN,
			"The check broke off. Nothing that was not looked at was written. Take it out and "
			"put "
			"it in again.");
	else if (written < 0 || serving->closed.unwritten > 0)
		(void)serve_end(serving, GATE_END_SHUT,
			"It did not take everything. Compare what is on it with what you copied.");
	else
		(void)serve_end(serving, GATE_END_SHUT, "Everything is written. It can be taken out.");
}

void serve_close(struct serving *serving)
{
	int status = supervisor_end(&serving->gate, 0), written, r;

	if (serving->claim.fd >= 0)
		serving->gone |= !claim_alive(&serving->claim);
	if (serving->gone)
		claim_cut_off(&serving->claim);
	written = serving->sync_fd >= 0 && syncfs(serving->sync_fd) < 0 ? -errno : 0;
	serving->sync_fd = close_fd(serving->sync_fd);
	serving->watch_fd = close_fd(serving->watch_fd);
	supervisor_clear(&serving->gate);
	mountpoint_remove(serving->mountpoint);
	r = claim_close(&serving->claim);
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "%s is released as soon as nobody uses it",
			serving->request.node);
	decide_end(serving, status, written);
}
