/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The sandboxed half of a clear. See worker.h, and protocol.h for the conversation. */

#include "wipe/worker.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/sandbox.h"
#include "base/wire-worker.h"
#include "wipe/card.h"
#include "wipe/eraser.h"
#include "wipe/keystream.h"
#include "wipe/resume.h"

#include <linux/fs.h>
#include <string.h>
#include <sys/stat.h>

#define PIECE_MAX (WIRE_PAYLOAD_MAX - sizeof(struct wipe_plan_piece))

struct worker {
	struct wire_worker wire;
	const struct wipe_claim *claim;
	int claimed;
	int device_fd; /* owned; the claim's is the caller's */
	int plan_fd;
	struct wipe_start start;
	struct device device;
	struct device_fd place;
	struct wipe_result result;
	char detail[WIPE_DETAIL_MAX];
};

/* --- confinement
 * -------------------------------------------------------------------------------------------- */

/* sysinfo: the C library asks it how large qsort() may be. */
static const char *const syscalls[] = {"pread64", "pwrite64", "fsync", "fdatasync", "fadvise64", "clone",
	"clone3", "mlock", "munlock", "sched_getaffinity", "sysinfo"};
static const uint32_t ioctls[] = {(uint32_t)BLKGETSIZE64};

/* libcrypto reads its configuration when it is first used: not later than now. */
static int warm_up(void)
{
	_cleanup_(keystream_freep) struct keystream *keys = NULL;
	uint8_t digest[SHA512_SIZE], sector[PLAN_SECTOR];
	int r;

	r = sha512_of("", 0, digest);
	if (r == 0)
		r = keystream_new(&keys);
	return r == 0 ? keystream_fill(keys, 0, sector, 1) : r;
}

int wipe_worker_claim(const char *device, const char *insertion, struct wipe_claim *ret_claim)
{
	int r;

	*ret_claim = WIPE_CLAIM_NULL;
	if (!device)
		return 0;
	r = wipe_claim_open(device, ret_claim);
	if (r == -ENOENT)
		return WIPE_VANISHED;
	if (r != 0)
		return r;
	return insertion && strcmp(insertion, ret_claim->insertion) != 0 ? WIPE_OTHER_INSERTION : 0;
}

int wipe_worker_confine(const char *user)
{
	int r;

	r = warm_up();
	if (r < 0)
		return r;
	r = sandbox_become(sandbox_user(user));
	if (r < 0)
		return r;
	r = sandbox_landlock(NULL, 0);
	if (r < 0)
		return r;
	return sandbox_seccomp(syscalls, ELEMENTS(syscalls), ioctls, ELEMENTS(ioctls));
}

/* --- conversation
 * ------------------------------------------------------------------------------------------- */

static bool hook_cancelled(void *data)
{
	return wire_worker_cancelled(&((struct worker *)data)->wire);
}

static int hook_progress(void *data, const struct wipe_progress *progress)
{
	struct worker *w = data;

	if (!wire_worker_progress_due(&w->wire, progress->phase, progress->done, progress->total))
		return 0;
	return wire_send(w->wire.socket, WIPE_MESSAGE_PROGRESS, progress, sizeof *progress);
}

static int send_plan(struct worker *w, const uint8_t *bytes, size_t size)
{
	int r;

	for (size_t offset = 0; offset < size; offset += PIECE_MAX) {
		struct wipe_plan_piece piece = {.offset = offset, .total = size};
		size_t length = size - offset < PIECE_MAX ? size - offset : PIECE_MAX;

		r = wire_send2(
			w->wire.socket, WIPE_MESSAGE_PLAN, &piece, sizeof piece, bytes + offset, length);

		if (r < 0)
			return r;
	}
	fault_point("wipe-plan-sent");
	r = wire_worker_wait(&w->wire);
	if (r < 0)
		return r;
	fault_point("wipe-plan-acknowledged");
	return w->wire.cancelled ? WIPE_CANCELLED : 0;
}

/* --- looking
 * ------------------------------------------------------------------------------------------------ */

static void note_card(struct worker *w, const struct source *source, const struct card *card)
{
	struct wipe_figures *f = &w->result.figures;

	f->file_system = card->file_system;
	f->partitioned = card->layout.partitioned;
	f->disk_id = card->layout.disk_id;
	f->volume_serial = card_serial(card);
	f->files = card->tree.set.files;
	f->file_bytes = card->tree.set.bytes;
	f->protected_files = card->tree.protected_files;
	card_label(card, f->label, sizeof f->label);
}

static int judge(struct worker *w, const struct source *source, const struct card *card)
{
	note_card(w, source, card);
	if (!set_digest_equal(&card->tree.set, &w->start.expected)) {
		(void)snprintf(w->detail, sizeof w->detail,
			"%llu files with %llu bytes are on the card, %llu files with %llu bytes were "
			"offloaded",
			(unsigned long long)card->tree.set.files, (unsigned long long)card->tree.set.bytes,
			(unsigned long long)w->start.expected.files,
			(unsigned long long)w->start.expected.bytes);
		return WIPE_SET_DIFFERS;
	}
	if (card->tree.protected_files > 0 && !(w->start.flags & WIPE_FLAG_CONFIRM_PROTECTED)) {
		(void)snprintf(w->detail, sizeof w->detail, "%llu protected",
			(unsigned long long)card->tree.protected_files);
		return WIPE_PROTECTED_FILES;
	}
	return 0;
}

/* Scan, compare, plan, have it recorded. */
static int begin(struct worker *w, const struct source *source, struct plan **ret_plan)
{
	_cleanup_(plan_freep) struct plan *plan = NULL;
	_cleanup_free_ struct card *card = calloc(1, sizeof *card);
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size = 0;
	int r;

	if (!card)
		return -ENOMEM;
	r = card_look(source, w->start.flags & WIPE_FLAG_KEEP_FOLDERS, card);
	if (r > 0 && card->tree.path_size > 0)
		(void)snprintf(w->detail, sizeof w->detail, "%.*s", WIPE_DETAIL_MAX - 1, card->tree.path);
	if (r == 0)
		r = judge(w, source, card);
	if (r == 0)
		r = card_plan(source, card, &plan);
	card_clear(card);
	if (r == 0)
		r = plan_serialise(plan, &bytes, &size);
	if (r != 0)
		return r;
	memcpy(w->result.plan_sha512, bytes + size - SHA512_SIZE, SHA512_SIZE);
	r = send_plan(w, bytes, size);
	if (r == 0)
		*ret_plan = TAKE_PTR(plan);
	return r;
}

/* The plan that was recorded before the cut, if the card is as that plan left it. */
static int take_up(struct worker *w, const struct source *source, struct plan **ret_plan)
{
	_cleanup_(plan_freep) struct plan *plan = NULL;
	_cleanup_free_ uint8_t *bytes = NULL;
	ssize_t n;
	int r;

	if (w->start.plan_bytes < SHA512_SIZE || w->start.plan_bytes > WIPE_PLAN_BYTES_MAX)
		return WIPE_PLAN_INVALID;
	bytes = malloc((size_t)w->start.plan_bytes);
	if (!bytes)
		return -ENOMEM;
	n = fd_pread_full(w->plan_fd, bytes, (size_t)w->start.plan_bytes, 0);
	if (n < 0)
		return (int)n;
	if ((uint64_t)n != w->start.plan_bytes)
		return WIPE_PLAN_INVALID;
	r = plan_parse(bytes, (size_t)n, &plan);
	if (r == 0)
		r = resume_check(source, plan);
	if (r != 0)
		return r;
	w->result.figures.file_system = plan->file_system;
	memcpy(w->result.plan_sha512, bytes + n - SHA512_SIZE, SHA512_SIZE);
	r = wire_send(w->wire.socket, WIPE_MESSAGE_RESUMED, NULL, 0);
	if (r == 0)
		*ret_plan = TAKE_PTR(plan);
	return r;
}

static int prepare(struct worker *w, struct plan **ret_plan)
{
	_cleanup_(device_cache_freep) struct device_cache *cache = NULL;
	struct wipe_progress p = {.phase = WIPE_PHASE_SCAN, .total = w->device.bytes};
	const struct source *source;
	int r;

	r = device_cache_new(&w->device, &cache);
	if (r == 0)
		r = hook_progress(w, &p);
	if (r < 0)
		return r;
	source = device_cache_source(cache);
	if (!(w->start.flags & WIPE_FLAG_RESUME))
		return begin(w, source, ret_plan);
	r = take_up(w, source, ret_plan);
	if (r == WIPE_OFFLOAD_FIRST && w->start.flags & WIPE_FLAG_SAME_INSERTION)
		r = begin(w, source, ret_plan);
	return r;
}

/* --- one clear
 * ---------------------------------------------------------------------------------------------- */

/* Errors of the card while it was only looked at. */
static int name_scan_error(struct worker *w, int r)
{
	uint64_t bytes = 0;

	if (r == -EPIPE || r == -ENOMEM || r >= 0)
		return r;
	if (w->device.size(w->device.data, &bytes) < 0 || bytes == 0)
		return WIPE_VANISHED;
	return WIPE_UNREADABLE;
}

static int check_device(struct worker *w)
{
	uint64_t bytes = 0;
	int r;

	r = device_from_fd(w->claim->fd >= 0 ? w->claim->fd : w->device_fd, w->start.device_bytes, &w->place,
		&w->device);
	if (r < 0)
		return r;
	r = w->device.size(w->device.data, &bytes);
	if (r < 0 || bytes == 0)
		return WIPE_VANISHED;
	return bytes != w->start.device_bytes || bytes % PLAN_SECTOR != 0 ? WIPE_DEVICE_SIZE : 0;
}

static void note_report(struct worker *w, const struct eraser_report *report)
{
	struct wipe_figures *f = &w->result.figures;

	f->bytes_read = report->bytes_read;
	f->bytes_written = report->bytes_written;
	f->bytes_read_back = report->bytes_read_back;
	f->passes = report->passes;
	f->chunks_repaired = report->chunks_repaired;
	f->failed_offset = report->failed_offset;
	memcpy(w->result.image_sha512, report->image_sha512, SHA512_SIZE);
}

static int clear(struct worker *w)
{
	const struct eraser_hooks hooks = {.data = w, .progress = hook_progress, .cancelled = hook_cancelled};
	_cleanup_(plan_freep) struct plan *plan = NULL;
	struct eraser_report report;
	int r;

	r = check_device(w);
	if (r != 0)
		return r;
	r = name_scan_error(w, prepare(w, &plan));
	if (r != 0)
		return r;
	r = eraser_run(&w->device, plan, (enum wipe_method)w->start.method, &hooks, &report);
	note_report(w, &report);
	return r;
}

static int take_start(struct worker *w)
{
	unsigned fds = w->claim->fd >= 0 || w->claimed != 0 ? 0 : 1;
	struct wire_message *message = &w->wire.message;
	bool resume;

	if (message->type != WIPE_MESSAGE_START || message->size != sizeof w->start)
		return -EBADMSG;
	memcpy(&w->start, message->payload, sizeof w->start);
	resume = w->start.flags & WIPE_FLAG_RESUME;
	if (message->fd_count != fds + resume || w->start.flags & ~(uint32_t)WIPE_FLAGS_ALL)
		return -EBADMSG;
	if (w->start.method != WIPE_METHOD_CLEAR && w->start.method != WIPE_METHOD_CLEAR_2PASS)
		return -EBADMSG;
	if (fds > 0)
		w->device_fd = TAKE_FD(message->fds[0]);
	if (resume)
		w->plan_fd = TAKE_FD(message->fds[fds]);
	return 0;
}

static int send_result(struct worker *w)
{
	return wire_send2(w->wire.socket, WIPE_MESSAGE_RESULT, &w->result, sizeof w->result, w->detail,
		strnlen(w->detail, sizeof w->detail));
}

static int serve(struct worker *w)
{
	uint64_t begun = clock_monotonic_ns();
	int r;

	r = wire_worker_receive(&w->wire);
	if (r == 0)
		r = take_start(w);
	if (r < 0)
		return r;
	fault_point("wipe-started");
	r = w->claimed != 0 ? w->claimed : clear(w);
	if (r < 0)
		(void)snprintf(w->detail, sizeof w->detail, "%s", strerror(-r));
	w->result.outcome = r < 0 ? WIPE_INTERNAL : (uint32_t)r;
	w->result.figures.nanoseconds = clock_monotonic_ns() - begun;
	fault_point("wipe-before-result");
	return send_result(w);
}

int wipe_worker_run(int socket, const struct wipe_claim *claim, int claimed)
{
	struct worker w = {.claim = claim, .claimed = claimed, .device_fd = -1, .plan_fd = -1};
	int r;

	wire_worker_init(&w.wire, socket, WIPE_MESSAGE_CANCEL, WIPE_MESSAGE_PLAN_RECORDED);
	r = serve(&w);
	wire_worker_clear(&w.wire);
	w.device_fd = close_fd(w.device_fd);
	w.plan_fd = close_fd(w.plan_fd);
	return r;
}
