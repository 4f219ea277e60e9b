/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See worker.h. What is made in memory is made before the sandbox closes: it needs programs and /proc. */

#include "encrypt/worker.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/sandbox.h"
#include "base/wire-worker.h"
#include "encrypt/passphrase.h"
#include "encrypt/writer.h"
#include "wipe/card.h"

#include <linux/fs.h>
#include <string.h>

_Static_assert(
	sizeof(((struct encrypt_plan *)NULL)->uuid) == LUKS_UUID_SIZE, "the supervisor knows the same UUIDs");
/* NOLINTNEXTLINE(misc-redundant-expression): that they are equal is the point */
_Static_assert(LUKS_STICK_DATA == ENCRYPT_HEADER_ROOM, "the supervisor knows the same header");

struct encrypt_worker {
	struct wire_worker wire;
	const struct wipe_claim *claim;
	int claimed;
	int device_fd; /* owned; the claim's is the caller's */
	struct encrypt_start start;
	struct secret *passphrase;
	struct volume *volume;
	struct device device;
	struct device_fd place;
	char label[FILESYSTEM_LABEL_SIZE];
	struct encrypt_result result;
	char detail[ENCRYPT_DETAIL_MAX];
};

/* --- rights --- */

static const char *const syscalls[] = {"pread64", "pwrite64", "fsync", "fdatasync", "fadvise64", "clone",
	"clone3", "mlock", "munlock", "sched_getaffinity", "sysinfo"};
static const uint32_t ioctls[] = {(uint32_t)BLKGETSIZE64};

static int from_claim(int r)
{
	switch (r) {
	case 0:
		return 0;
	case WIPE_NOT_EXTERNAL:
		return ENCRYPT_NOT_EXTERNAL;
	case WIPE_IN_USE:
		return ENCRYPT_IN_USE;
	case WIPE_WRITE_PROTECTED:
		return ENCRYPT_WRITE_PROTECTED;
	case WIPE_DEVICE_SIZE:
	case WIPE_SECTOR_SIZE:
		return ENCRYPT_SIZE;
	case -ENOENT:
		return ENCRYPT_OTHER_INSERTION;
	default:
		return r < 0 ? r : -EPROTO;
	}
}

int encrypt_worker_claim(const char *device, const char *insertion, struct wipe_claim *ret_claim)
{
	int r;

	*ret_claim = WIPE_CLAIM_NULL;
	if (!device)
		return 0;
	r = from_claim(wipe_claim_open(device, ret_claim));
	if (r != 0)
		return r;
	return insertion && strcmp(insertion, ret_claim->insertion) != 0 ? ENCRYPT_OTHER_INSERTION : 0;
}

int encrypt_worker_become(const char *user)
{
	return sandbox_become(sandbox_user(user));
}

static int close_sandbox(void)
{
	int r = sandbox_landlock(NULL, 0);

	return r < 0 ? r : sandbox_seccomp(syscalls, ELEMENTS(syscalls), ioctls, ELEMENTS(ioctls));
}

/* --- conversation --- */

static bool hook_cancelled(void *data)
{
	return wire_worker_cancelled(&((struct encrypt_worker *)data)->wire);
}

static int hook_progress(void *data, const struct encrypt_progress *progress)
{
	struct encrypt_worker *w = data;

	if (!wire_worker_progress_due(&w->wire, progress->phase, progress->done, progress->total))
		return 0;
	return wire_send(w->wire.socket, ENCRYPT_MESSAGE_PROGRESS, progress, sizeof *progress);
}

static int take_start(struct encrypt_worker *w)
{
	unsigned fds = w->claim->fd >= 0 || w->claimed != 0 ? 0 : 1;
	struct wire_message *message = &w->wire.message;
	size_t head = sizeof w->start, size = message->size;
	int r;

	if (message->type != ENCRYPT_MESSAGE_START || size <= head || size - head > PASSPHRASE_BYTES_MAX ||
		message->fd_count != fds)
		return -EBADMSG;
	memcpy(&w->start, message->payload, head);
	w->start.label[sizeof w->start.label - 1] = '\0';
	if (w->start.flags & ~(uint32_t)ENCRYPT_FLAGS_ALL)
		return -EBADMSG;
	r = secret_new(size - head, &w->passphrase);
	if (r < 0)
		return r;
	memcpy(w->passphrase->bytes, message->payload + head, size - head);
	explicit_bzero(message->payload + head, size - head);
	if (fds > 0)
		w->device_fd = TAKE_FD(message->fds[0]);
	return 0;
}

/* --- the stick --- */

static int make_volume(struct encrypt_worker *w)
{
	enum filesystem filesystem = (enum filesystem)w->start.filesystem;
	struct volume_options options = {.bytes = w->start.device_bytes,
		.passphrase = w->passphrase,
		.filesystem = filesystem == FILESYSTEM_EXFAT || filesystem == FILESYSTEM_EXT4
				      ? filesystem
				      : filesystem_default(),
		.label = w->label};
	const struct encrypt_progress p = {.phase = ENCRYPT_PHASE_PREPARE};
	int r;

	filesystem_label(w->start.label, w->label);
	r = hook_progress(w, &p);
	if (r == 0)
		r = volume_new(&options, &w->volume);
	w->passphrase = secret_free(w->passphrase);
	if (r == -EINVAL)
		return ENCRYPT_SIZE;
	return r > 0 ? ENCRYPT_NO_MKFS : r;
}

static int check_device(struct encrypt_worker *w)
{
	uint64_t bytes = 0;
	int r = device_from_fd(w->claim->fd >= 0 ? w->claim->fd : w->device_fd, w->start.device_bytes,
		&w->place, &w->device);

	if (r < 0)
		return r;
	r = w->device.size(w->device.data, &bytes);
	return r < 0 || bytes != w->start.device_bytes ? ENCRYPT_OTHER_INSERTION : 0;
}

/* What is on the stick must be what was copied: read anew, while nobody else can write. */
static int compare_set(struct encrypt_worker *w)
{
	_cleanup_(device_cache_freep) struct device_cache *cache = NULL;
	_cleanup_free_ struct card *card = calloc(1, sizeof *card);
	int r = card ? device_cache_new(&w->device, &cache) : -ENOMEM;

	if (r < 0)
		return r;
	r = card_look(device_cache_source(cache), false, card);
	if (r != 0) {
		(void)snprintf(w->detail, sizeof w->detail, "%s",
			r > 0 ? wipe_outcome_name((enum wipe_outcome)r) : strerror(-r));
		r = r == -ENOMEM ? r : ENCRYPT_UNREADABLE;
	} else if (!set_digest_equal(&card->tree.set, &w->start.expected)) {
		(void)snprintf(w->detail, sizeof w->detail, "%llu files on the stick, %llu copied",
			(unsigned long long)card->tree.set.files,
			(unsigned long long)w->start.expected.files);
		r = ENCRYPT_SET_DIFFERS;
	}
	card_clear(card);
	return r;
}

static int look(struct encrypt_worker *w)
{
	if (w->start.flags & ENCRYPT_FLAG_RESUME)
		return writer_check_left(&w->device);
	return w->start.flags & ENCRYPT_FLAG_DISCARD ? 0 : compare_set(w);
}

static int wait_for_go(struct encrypt_worker *w)
{
	struct encrypt_plan plan = {.uuid = ""};
	int r;

	(void)snprintf(plan.uuid, sizeof plan.uuid, "%s", volume_uuid(w->volume));
	(void)snprintf(plan.label, sizeof plan.label, "%s", w->label);
	r = wire_send(w->wire.socket, ENCRYPT_MESSAGE_PLAN, &plan, sizeof plan);
	fault_point("encrypt-planned");
	if (r == 0)
		r = wire_worker_wait(&w->wire);
	return r == 0 && w->wire.cancelled ? ENCRYPT_CANCELLED : r;
}

static int encrypt(struct encrypt_worker *w)
{
	const struct writer_hooks hooks = {w, hook_progress, hook_cancelled};
	int r = make_volume(w);

	if (r == 0)
		r = close_sandbox();
	if (r == 0)
		r = check_device(w);
	if (r == 0)
		r = look(w);
	if (r == 0)
		r = wait_for_go(w);
	return r == 0 ? writer_run(&w->device, w->volume, &hooks, &w->result) : r;
}

static int serve(struct encrypt_worker *w)
{
	uint64_t begun = clock_monotonic_ns();
	int r = wire_worker_receive(&w->wire);

	if (r == 0)
		r = take_start(w);
	if (r < 0)
		return r;
	r = w->claimed != 0 ? w->claimed : encrypt(w);
	if (r < 0)
		(void)snprintf(w->detail, sizeof w->detail, "%s", strerror(-r));
	w->result.outcome = r < 0 ? ENCRYPT_INTERNAL : (uint32_t)r;
	w->result.nanoseconds = clock_monotonic_ns() - begun;
	fault_point("encrypt-before-result");
	return wire_send2(w->wire.socket, ENCRYPT_MESSAGE_RESULT, &w->result, sizeof w->result, w->detail,
		strlen(w->detail));
}

int encrypt_worker_run(int socket, const struct wipe_claim *claim, int claimed)
{
	struct encrypt_worker w = {.claim = claim, .claimed = claimed, .device_fd = -1};
	int r;

	wire_worker_init(&w.wire, socket, ENCRYPT_MESSAGE_CANCEL, ENCRYPT_MESSAGE_GO);
	r = serve(&w);
	wire_worker_clear(&w.wire);
	w.passphrase = secret_free(w.passphrase);
	w.volume = volume_free(w.volume);
	w.device_fd = close_fd(w.device_fd);
	return r;
}
