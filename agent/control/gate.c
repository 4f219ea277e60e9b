/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingctl allow and eject. The file that is allowed is opened and hashed here, as the person: what the
 * agent hears of it is its hash, and the exception is for exactly that content.
 */

#include "base/hex.h"
#include "base/number.h"
#include "base/sha512.h"
#include "control/devices.h"
#include "control/text.h"
#include "control/verbs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define CHUNK (1U << 20)

static int hash_rest(int fd, struct sha512 *hash, uint8_t ret_digest[static SHA512_SIZE])
{
	_cleanup_free_ void *chunk = malloc(CHUNK);
	ssize_t n = 1;
	int r = chunk ? 0 : -ENOMEM;

	while (r >= 0 && n > 0) {
		n = read(fd, chunk, CHUNK);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			r = -errno;
		else
			r = sha512_update(hash, chunk, (size_t)n);
	}
	return r < 0 ? r : sha512_final(hash, ret_digest);
}

static int hash_file(const char *path, char ret_hex[static SHA512_HEX_SIZE], uint64_t *ret_size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_cleanup_(sha512_freep) struct sha512 *hash = NULL;
	uint8_t digest[SHA512_SIZE];
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	r = sha512_new(&hash);
	if (r >= 0)
		r = hash_rest(fd, hash, digest);
	if (r < 0)
		return r;
	(void)hex_encode(digest, sizeof digest, ret_hex);
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\n")] == 0;
}

static int announce(const struct control *control, const struct js *device, const char *name, uint64_t size,
	const char *reason)
{
	char bytes[NUMBER_SIZE_TEXT];

	return control_say(control,
		"You are about to allow %s (%s) onto %s once, whatever is in it. %s is not encrypted: "
		"whoever "
		"finds it can read the file. If it was refused just now, it is written at once; otherwise "
		"copy "
		"it again within 15 minutes. The log keeps that you allowed it, and why: %s",
		name, number_format_size(size, bytes), devices_title(device), devices_title(device), reason);
}

int verb_allow(struct control *control)
{
	const char *path = control->options.operands[1], *reason = control->options.reason;
	_cleanup_free_ char *name = text_clean(last_name(path));
	_cleanup_js_ struct js *devices = NULL;
	const struct js *device;
	char hex[SHA512_HEX_SIZE];
	uint64_t size = 0;
	int r;

	if (!name)
		return -ENOMEM;
	if (is_blank(reason)) {
		control_note(control,
			"An exception needs a reason; it is kept in the log. Say why this file must go onto "
			"an unencrypted stick");
		return CONTROL_USAGE;
	}
	r = devices_lookup(control, control->operand, &devices, &device);
	if (r != CONTROL_DONE)
		return r;
	r = hash_file(path, hex, &size);
	if (r < 0) {
		control_note(control, "%s cannot be read: %s", path,
			r == -EINVAL ? "it is not a file" : strerror(-r));
		return CONTROL_REFUSED;
	}
	r = announce(control, device, name, size, reason);
	if (r != CONTROL_DONE)
		return r;
	r = agent_tell(control->agent, "AllowCopy", "ssss", control->operand, hex, name, reason);
	if (r != AGENT_OK)
		return control_fail(control, r);
	return control_say(control, "It is allowed.");
}

int verb_eject(struct control *control)
{
	_cleanup_js_ struct js *devices = NULL;
	const struct js *device;
	int r = devices_lookup(control, control->operand, &devices, &device);

	if (r != CONTROL_DONE)
		return r;
	r = agent_tell(control->agent, "Eject", "s", control->operand);
	if (r != AGENT_OK)
		return control_fail(control, r);
	return control_say(control, "%s may be unplugged now.", devices_title(device));
}
