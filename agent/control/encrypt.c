/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingctl encrypt DEVICE: asks a person, in words that say what will happen to the stick, and for a
 * passphrase; then asks the agent.
 *
 * The passphrase goes from the keyboard (or standard input, where that is no terminal) into a file in memory
 * and from there to the agent: never through a command line, the environment or a file. What is weak is said
 * before it has to be typed a second time; the agent judges it again.
 */

#include "base/fd.h"
#include "control/ask.h"
#include "control/devices.h"
#include "control/job.h"
#include "control/text.h"
#include "control/verbs.h"
#include "encrypt/passphrase.h"

#include <string.h>
#include <sys/mman.h>

#define TRIES 3
#define WINDOWS                                                                                            \
	"Windows computers cannot open it without extra software. Without the passphrase nobody can read " \
	"it again, "                                                                                       \
	"so keep the passphrase where the manager finds it."

static int nobody_there(const struct control *control)
{
	control_note(
		control, "Nobody can be asked here whether the stick may be encrypted. If it may, add --yes");
	return CONTROL_USAGE;
}

static int stopped(const struct control *control)
{
	control_note(control, "Stopped. Nothing on the stick was changed.");
	return CONTROL_REFUSED;
}

static int ask_to_keep(const struct control *control, const char *title)
{
	_cleanup_free_ char *question = NULL;

	if (asprintf(&question,
		    "Encrypt \"%s\"? What is on it is copied into the vault and proven there, then the whole "
		    "stick is "
		    "written anew, then its files are put back. That can take an hour or more. " WINDOWS,
		    title) < 0) {
		question = NULL;
		return -ENOMEM;
	}
	text_wrap(stderr, &control->notes, 0, 0, question);
	return ask_yes() ? CONTROL_DONE : stopped(control);
}

/* What is to be destroyed is named by whoever wants that. */
static int ask_to_discard(const struct control *control, const char *title)
{
	_cleanup_free_ char *question = NULL, *answer = NULL;

	if (asprintf(&question,
		    "Encrypt \"%s\" and DISCARD what is on it? Nothing of it is copied, and it cannot be "
		    "brought "
		    "back. " WINDOWS " Type the name of the stick to go on, anything else to stop:",
		    title) < 0) {
		question = NULL;
		return -ENOMEM;
	}
	answer = ask_text(&control->notes, question, NULL);
	return answer && strcmp(answer, title) == 0 ? CONTROL_DONE : stopped(control);
}

static int ask_about(const struct control *control, const struct js *device)
{
	const char *title = devices_title(device);

	if (control_given(control, OPTION_YES))
		return CONTROL_DONE;
	if (!ask_possible())
		return nobody_there(control);
	return control_given(control, OPTION_DISCARD) ? ask_to_discard(control, title)
						      : ask_to_keep(control, title);
}

static bool is_good(const struct control *control, const struct secret *passphrase)
{
	char sentence[PASSPHRASE_SENTENCE];

	if (passphrase_check(passphrase, sentence) == PASSPHRASE_OK)
		return true;
	text_wrap(stderr, &control->notes, 0, 0, sentence);
	return false;
}

static bool is_same(const struct secret *a, const struct secret *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* A good one that was typed the same twice. */
static int ask_twice(const struct control *control, struct secret **ret_passphrase)
{
	for (unsigned i = 0; i < TRIES; i++) {
		_cleanup_(secret_freep) struct secret *first = NULL, *second = NULL;
		int r = ask_secret("Passphrase: ", PASSPHRASE_BYTES_MAX, &first);

		if (r < 0)
			break;
		if (!is_good(control, first))
			continue;
		if (ask_secret("The same once more: ", PASSPHRASE_BYTES_MAX, &second) < 0)
			break;
		if (is_same(first, second)) {
			*ret_passphrase = TAKE_PTR(first);
			return CONTROL_DONE;
		}
		control_note(control, "That was not the same. Try again");
	}
	return stopped(control);
}

static int read_passphrase(const struct control *control, struct secret **ret_passphrase)
{
	int r;

	if (ask_possible())
		return ask_twice(control, ret_passphrase);
	r = passphrase_read(STDIN_FILENO, ret_passphrase);
	if (r >= 0)
		return CONTROL_DONE;
	control_note(control, "The passphrase could not be read from standard input: %s", strerror(-r));
	return CONTROL_USAGE;
}

static int hand_over(const struct secret *passphrase, int *ret_fd)
{
	_cleanup_close_ int fd = memfd_create("passphrase", MFD_CLOEXEC);
	int r = !passphrase ? -EINVAL
		: fd < 0    ? -errno
			    : fd_write_full(fd, passphrase->bytes, passphrase->size);

	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r >= 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

static int start(struct control *control, const struct secret *passphrase)
{
	_cleanup_close_ int fd = -1;
	uint32_t job;
	int r = hand_over(passphrase, &fd);

	if (r < 0)
		return r;
	r = agent_start(control->agent, "Encrypt", &job, "shb", control->operand, fd,
		(int)control_given(control, OPTION_DISCARD));
	if (r != AGENT_OK)
		return control_fail(control, r);
	return job_started(control, job, NULL);
}

int verb_encrypt(struct control *control)
{
	_cleanup_(secret_freep) struct secret *passphrase = NULL;
	_cleanup_js_ struct js *devices = NULL;
	const struct js *device;
	int r;

	r = devices_lookup(control, control->operand, &devices, &device);
	if (r == CONTROL_DONE)
		r = ask_about(control, device);
	if (r == CONTROL_DONE)
		r = secret_harden_process() < 0 ? -errno : read_passphrase(control, &passphrase);
	if (r != CONTROL_DONE)
		return r;
	r = agent_listen(control->agent);
	return r < 0 ? r : start(control, passphrase);
}
