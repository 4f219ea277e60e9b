/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Scan, ask, delete, scan; where a manager ordered it, ask, format, scan. See worker.h, and protocol.h for
 * the conversation.
 *
 * A scan that has become stale (an event came) is made again and all of it told again, a few times; then the
 * camera is not at rest and nothing more is deleted.
 */

#include "empty/worker.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/sandbox.h"
#include "base/wire-worker.h"
#include "empty/protocol.h"
#include "ptp/usb.h"

#include <string.h>

#define ROUNDS_MAX 4
#define ALIVE_NS   UINT64_C(1000000000)
#define ERRNO_MAX  4095

struct worker {
	struct wire_worker wire;
	int usbfs_fd;
	struct ptp_usb *usb;
	const struct ptp_transport *transport;
	struct ptp *ptp;
	struct ptp_tree *tree;
	struct empty_start start;
	uint64_t asked;
	uint64_t left;
	uint64_t said_ns;
	char detail[EMPTY_DETAIL_MAX + 1];
};

/* What one object or a whole round comes to; negative errno beside it. */
enum step {
	STEP_ON = 0,
	STEP_AGAIN = 1, /* the scan is stale */
	STEP_CHANGED = 2,
	STEP_CANCELLED = 3,
};

/* --- talking --- */

static void say_alive(struct worker *w)
{
	uint64_t now = clock_monotonic_ns();

	if (now - w->said_ns < ALIVE_NS)
		return;
	w->said_ns = now;
	w->wire.cancelled |= wire_send(w->wire.socket, EMPTY_ALIVE, NULL, 0) < 0;
}

/* True when the supervisor asked to stop, or is gone: nothing else comes while nothing was asked. */
static bool stop_asked(void *data)
{
	struct worker *w = data;

	say_alive(w);
	return wire_worker_cancelled(&w->wire);
}

/* Waits for a message of this type. -ECANCELED when a cancel came instead. */
static int await(struct worker *w, uint32_t type)
{
	int r = wire_worker_receive(&w->wire);

	if (r < 0)
		return r;
	if (w->wire.cancelled)
		return -ECANCELED;
	return w->wire.message.type == type ? 0 : -EBADMSG;
}

static int send_object(
	struct worker *w, enum empty_message type, const struct empty_object *head, const char *path)
{
	return wire_send2(w->wire.socket, type, head, sizeof *head, path, strlen(path));
}

/* --- scanning --- */

static void path_of(const struct worker *w, const struct ptp_object *object, char *ret_path)
{
	if (ptp_tree_path(w->tree, object, ret_path) < 0)
		(void)snprintf(
			ret_path, PTP_PATH_MAX + 1, "store-%08x/#%08x", object->storage, object->handle);
}

static int tell_object(struct worker *w, const struct ptp_object *object)
{
	struct empty_object head = {.size = object->size,
		.mtime = object->modified,
		.problem = object->problem,
		.response = object->response};
	char path[PTP_PATH_MAX + 1];

	path_of(w, object, path);
	if (object->problem == PTP_PROBLEM_NONE)
		return send_object(w, EMPTY_FOUND, &head, path);
	head.size = 0;
	return send_object(w, EMPTY_PROBLEM, &head, path);
}

static bool counts(const struct ptp_object *object)
{
	return object->problem != PTP_PROBLEM_NONE || !ptp_object_is_folder(object);
}

/* Says in the result what the device did, unless it is simply gone; r is passed on. */
static int trouble(struct worker *w, int r)
{
	char buffer[PTP_NAME_SIZE];

	if (r != 0 && r != -ENODEV && r != -ECANCELED)
		(void)snprintf(w->detail, sizeof w->detail, "%s", ptp_error_name(abs(r), buffer));
	return r;
}

/* A new session, a new tree. What does not let us look is locked. */
static int scan(struct worker *w)
{
	int r;

	w->tree = ptp_tree_free(w->tree);
	r = ptp_open(w->ptp);
	if (r == 0)
		r = ptp_tree_read(w->ptp, stop_asked, w, &w->tree);
	r = trouble(w, r);
	return r == PTP_ACCESS_DENIED ? -ENOMEDIUM : r;
}

static int tell_scan(struct worker *w)
{
	struct empty_listed listed = {0};
	int r = wire_send(w->wire.socket, EMPTY_SCAN, NULL, 0);

	for (size_t i = 0; r == 0 && i < w->tree->count; i++) {
		const struct ptp_object *object = &w->tree->objects[i];

		if (!counts(object))
			continue;
		listed.files += object->problem == PTP_PROBLEM_NONE;
		listed.problems += object->problem != PTP_PROBLEM_NONE;
		r = tell_object(w, object);
	}
	return r < 0 ? r : wire_send(w->wire.socket, EMPTY_LISTED, &listed, sizeof listed);
}

/* --- deleting --- */

static int tell_outcome(struct worker *w, int removal, unsigned response)
{
	struct empty_outcome_of outcome = {
		.number = w->asked++, .removal = (uint32_t)removal, .response = response};

	return wire_send(w->wire.socket, EMPTY_OUTCOME, &outcome, sizeof outcome);
}

static int take_answer(struct worker *w, bool *ret_yes)
{
	struct empty_answer answer;
	int r = await(w, EMPTY_ANSWER);

	if (r == 0)
		r = empty_parse_answer(&w->wire.message, &answer);
	if (r == 0 && answer.number != w->asked)
		r = -EBADMSG;
	if (r == 0)
		*ret_yes = answer.yes == 1;
	return r;
}

static int ask(struct worker *w, const struct ptp_object *object, const char *path, bool *ret_yes)
{
	struct empty_object head = {.number = w->asked, .size = object->size, .mtime = object->modified};
	int r = send_object(w, EMPTY_ASK, &head, path);

	return r < 0 ? r : take_answer(w, ret_yes);
}

/* A protected object that may go loses its protection first if the camera insists. */
static int remove_proven(struct worker *w, struct ptp_object *object, const struct ptp_recorded *recorded,
	unsigned *ret_response)
{
	struct ptp_proof *proof = NULL;
	int r = ptp_prove(w->tree, object, recorded, &proof, ret_response);

	if (r != PTP_REMOVED)
		return r;
	fault_point("empty-delete");
	r = ptp_remove(&proof, ret_response);
	fault_point("empty-deleted");
	if (r != PTP_REMOVAL_REFUSED || *ret_response != PTP_OBJECT_WRITE_PROTECTED ||
		!recorded->protected_too)
		return r;
	r = ptp_prove(w->tree, object, recorded, &proof, ret_response);
	if (r == PTP_REMOVED)
		r = ptp_unprotect(&proof);
	if (r != 0)
		return r < 0 ? r : PTP_REMOVAL_REFUSED;
	r = ptp_prove(w->tree, object, recorded, &proof, ret_response);
	return r != PTP_REMOVED ? r : ptp_remove(&proof, ret_response);
}

static enum step step_after(int removal)
{
	if (removal == PTP_REMOVAL_STALE)
		return STEP_AGAIN;
	return removal == PTP_REMOVAL_OTHERS || removal == PTP_REMOVAL_UNSURE ? STEP_CHANGED : STEP_ON;
}

static int empty_object(struct worker *w, struct ptp_object *object)
{
	char path[PTP_PATH_MAX + 1];
	const struct ptp_recorded recorded = {
		.path = path, .size = object->size, .protected_too = w->start.protected_too == 1};
	unsigned response = 0;
	bool yes = false;
	int removal, r;

	if (stop_asked(w))
		return STEP_CANCELLED;
	path_of(w, object, path);
	r = ask(w, object, path, &yes);
	if (r < 0)
		return r == -ECANCELED ? STEP_CANCELLED : r;
	if (!yes) {
		w->asked++;
		return STEP_ON;
	}
	removal = remove_proven(w, object, &recorded, &response);
	if (removal < 0) {
		(void)trouble(w, removal == -EREMOTEIO ? (int)response : removal);
		return removal;
	}
	r = tell_outcome(w, removal, response);
	return r < 0 ? r : (int)step_after(removal);
}

static int empty_round(struct worker *w)
{
	int r = scan(w);

	if (r == -EAGAIN || r == -ECANCELED)
		return r == -EAGAIN ? STEP_CHANGED : STEP_CANCELLED;
	if (r == 0)
		r = tell_scan(w);
	if (r == 0)
		r = await(w, EMPTY_GO);
	if (r != 0)
		return r == -ECANCELED ? STEP_CANCELLED : r > 0 ? -EREMOTEIO : r;
	for (size_t i = 0; r == STEP_ON && i < w->tree->count; i++)
		if (!ptp_object_is_folder(&w->tree->objects[i]))
			r = empty_object(w, &w->tree->objects[i]);
	return r;
}

/* Only what a new session finds says that the camera is empty, and only while the stores are there that were
 * emptied: a phone that locked itself meanwhile lists nothing. */
static int look_again(struct worker *w)
{
	uint32_t stores[PTP_STORES_MAX];
	size_t count = w->tree->store_count;
	int r;

	for (size_t i = 0; i < count; i++)
		stores[i] = w->tree->stores[i].id;
	fault_point("empty-last-look");
	r = scan(w);
	if (r == 0)
		r = trouble(w, ptp_tree_stores_present(w->tree));
	if (r != 0)
		return r > 0 ? -EREMOTEIO : r;
	for (size_t i = 0; i < count; i++)
		if (!ptp_tree_store(w->tree, stores[i]))
			return -ENOMEDIUM;
	w->left = 0;
	for (size_t i = 0; i < w->tree->count; i++)
		w->left += counts(&w->tree->objects[i]);
	return STEP_ON;
}

/* --- formatting --- */

static int ask_format(struct worker *w, uint32_t storage, bool *ret_yes)
{
	const struct empty_format head = {.number = w->asked, .storage = storage};
	int r = wire_send(w->wire.socket, EMPTY_MAY_FORMAT, &head, sizeof head);

	return r < 0 ? r : take_answer(w, ret_yes);
}

/* STEP_ON: it was formatted; STEP_CHANGED: it was not, and the supervisor knows why. */
static int format_store(struct worker *w, uint32_t storage)
{
	const struct ptp_format_order order = {.storage = storage, .by_manager = w->start.format == 1};
	struct empty_format_outcome outcome = {.number = w->asked};
	unsigned response = 0;
	bool yes = false;
	int format, r = ask_format(w, storage, &yes);

	if (r < 0 || !yes)
		return r == -ECANCELED ? STEP_CANCELLED : r < 0 ? r : STEP_CHANGED;
	fault_point("empty-format");
	format = ptp_format_store(w->ptp, &order, &response);
	fault_point("empty-formatted");
	if (format < 0) {
		(void)trouble(w, format == -EREMOTEIO ? (int)response : format);
		return format;
	}
	outcome.format = (uint32_t)format;
	outcome.response = response;
	w->asked++;
	r = wire_send(w->wire.socket, EMPTY_FORMAT_OUTCOME, &outcome, sizeof outcome);
	return r < 0 ? r : format == PTP_FORMATTED ? STEP_ON : STEP_CHANGED;
}

/* Store by store; after the first that is not formatted nothing more is sent. Whatever became of it, only
 * another look says that no file is there. */
static int format_stores(struct worker *w)
{
	uint32_t stores[PTP_STORES_MAX];
	size_t count = w->tree->store_count;
	int r = STEP_ON;

	for (size_t i = 0; i < count; i++)
		stores[i] = w->tree->stores[i].id;
	for (size_t i = 0; r == STEP_ON && i < count; i++)
		r = stop_asked(w) ? STEP_CANCELLED : format_store(w, stores[i]);
	return r == STEP_ON || r == STEP_CHANGED ? look_again(w) : r;
}

static enum empty_outcome outcome_of(int r)
{
	if (r == STEP_ON)
		return EMPTY_DONE;
	if (r == STEP_AGAIN || r == STEP_CHANGED || r == -EAGAIN)
		return EMPTY_CHANGED;
	if (r == STEP_CANCELLED || r == -ECANCELED)
		return EMPTY_CANCELLED;
	if (r == -ENOMEDIUM)
		return EMPTY_LOCKED;
	return r == -ENOMEM ? EMPTY_BROKEN : EMPTY_GONE;
}

static enum empty_outcome empty_device(struct worker *w)
{
	int r = STEP_AGAIN;

	for (unsigned i = 0; r == STEP_AGAIN && i < ROUNDS_MAX; i++)
		r = empty_round(w);
	if (r == STEP_ON)
		r = look_again(w);
	if (r == STEP_ON && w->start.format == 1 && w->left == 0)
		r = format_stores(w);
	return outcome_of(r);
}

/* --- life --- */

static int take_start(struct worker *w)
{
	int r = await(w, EMPTY_START);

	if (r < 0)
		return r;
	if (w->wire.message.size != sizeof w->start)
		return -EBADMSG;
	memcpy(&w->start, w->wire.message.payload, sizeof w->start);
	if (w->start.error > ERRNO_MAX ||
		w->wire.message.fd_count != (w->transport || w->start.error != 0 ? 0U : 1U))
		return -EBADMSG;
	if (w->wire.message.fd_count == 1)
		w->usbfs_fd = TAKE_FD(w->wire.message.fds[0]);
	return 0;
}

static int confine(struct worker *w, const char *user)
{
	const struct sandbox_calls calls = {.allowed = ptp_usb_syscalls,
		.allowed_count = ptp_usb_syscall_count,
		.refused = ptp_usb_refused,
		.refused_count = ptp_usb_refused_count,
		.ioctls = ptp_usb_ioctls,
		.ioctl_count = ptp_usb_ioctl_count};
	int r = w->transport ? 0 : ptp_usb_new(&w->usb);

	if (r == 0)
		r = sandbox_become(user);
	if (r == 0)
		r = sandbox_landlock(NULL, 0);
	return r < 0 ? r : sandbox_restrict(&calls);
}

static int connect_device(struct worker *w)
{
	int r = w->transport ? PTP_USB_OPENED : ptp_usb_open(w->usb, w->usbfs_fd);

	if (r == PTP_USB_OPENED) {
		if (!w->transport)
			w->transport = ptp_usb_transport(w->usb);
		return ptp_new(w->transport, &w->ptp);
	}
	(void)snprintf(w->detail, sizeof w->detail, "%s",
		r == PTP_USB_TAKEN       ? "another program is using it"
		: r == PTP_USB_NO_CAMERA ? "it speaks neither PTP nor MTP"
					 : strerrordesc_np(-r));
	return r < 0 ? r : -EBUSY;
}

static int tell_result(struct worker *w, enum empty_outcome outcome, int error)
{
	struct empty_result result = {
		.outcome = outcome, .error = (uint32_t)(error < 0 ? -error : 0), .left = w->left};

	return wire_send2(w->wire.socket, EMPTY_RESULT, &result, sizeof result, w->detail, strlen(w->detail));
}

/* What the supervisor could not open: it wants to hear it as a result, like everything else that ends this.
 */
static int tell_not_opened(struct worker *w)
{
	int error = (int)w->start.error;

	(void)snprintf(w->detail, sizeof w->detail, "it cannot be opened: %s", strerror(error));
	return tell_result(w, error == ENODEV ? EMPTY_GONE : EMPTY_REFUSED, -error);
}

static int work(struct worker *w, const char *user)
{
	int r = take_start(w);

	if (r < 0)
		return r == -ECANCELED ? tell_result(w, EMPTY_CANCELLED, 0) : r;
	fault_point("empty-started");
	if (w->start.error != 0)
		return tell_not_opened(w);
	r = confine(w, user);
	if (r < 0)
		return tell_result(w, EMPTY_NO_RIGHTS, r);
	r = connect_device(w);
	if (r < 0)
		return tell_result(w, EMPTY_REFUSED, r);
	return tell_result(w, empty_device(w), 0);
}

int empty_worker_run(int wire_fd, const char *user, const struct ptp_transport *transport)
{
	struct worker *w = calloc(1, sizeof *w);
	int r;

	if (!w)
		return 1;
	wire_worker_init(&w->wire, wire_fd, EMPTY_CANCEL, 0);
	w->usbfs_fd = -1;
	w->transport = transport;
	r = work(w, user);
	wire_worker_clear(&w->wire);
	(void)ptp_tree_free(w->tree);
	(void)ptp_free(w->ptp);
	(void)ptp_usb_free(w->usb);
	(void)close_fd(w->usbfs_fd);
	free(w);
	return r < 0 ? 1 : 0;
}
