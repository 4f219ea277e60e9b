/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Headers, settings and one question to clamd. See clamav.h. */

#include "outing/clamav.h"

#include "base/clock.h"
#include "base/number.h"
#include "outing/ini.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define FIELDS     9
#define TIME_FIELD 8
#define ANSWER_MAX 512

int clamav_parse_header(const void *data, size_t size, struct clamav_database *ret_database)
{
	char header[CLAMAV_HEADER_SIZE + 1], *rest = header, *field[FIELDS];
	uint64_t built;

	if (size < CLAMAV_HEADER_SIZE || memchr(data, 0, CLAMAV_HEADER_SIZE))
		return -EBADMSG;
	memcpy(header, data, CLAMAV_HEADER_SIZE);
	header[CLAMAV_HEADER_SIZE] = 0;
	for (size_t i = 0; i < FIELDS; i++) {
		field[i] = strsep(&rest, ":");
		if (!field[i])
			return -EBADMSG;
	}
	if (strcmp(field[0], "ClamAV-VDB") != 0 || rest ||
		number_parse_u64(field[2], &ret_database->version) < 0 ||
		number_parse_u64(ini_trim(field[TIME_FIELD]), &built) < 0 || built > INT64_MAX)
		return -EBADMSG;
	ret_database->built = (int64_t)built;
	return 0;
}

int clamav_parse_version(const char *text, struct clamav_loaded *ret_loaded)
{
	char copy[ANSWER_MAX], *rest = copy;
	const char *engine, *version;

	*ret_loaded = (struct clamav_loaded){0};
	if (strncmp(text, "ClamAV ", 7) != 0 || strlen(text) >= sizeof copy)
		return -EBADMSG;
	(void)snprintf(copy, sizeof copy, "%s", text + 7);
	copy[strcspn(copy, "\r\n")] = 0;
	engine = strsep(&rest, "/");
	version = strsep(&rest, "/");
	if (!*engine || strlen(engine) >= sizeof ret_loaded->engine)
		return -EBADMSG;
	(void)snprintf(ret_loaded->engine, sizeof ret_loaded->engine, "%.31s", engine);
	return version && number_parse_u64(version, &ret_loaded->version) < 0 ? -EBADMSG : 0;
}

const char *clamav_setting(char *text, const char *key)
{
	char *line;

	while ((line = ini_line(&text))) {
		const char *word = ini_word(&line);

		if (word && strcmp(word, key) == 0)
			return line ? ini_trim(line) : NULL;
	}
	return NULL;
}

static int wait_for(int fd, short events, uint64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = events};
	uint64_t now = clock_monotonic_ns();
	int r;

	if (now >= deadline)
		return -ETIMEDOUT;
	r = poll(&p, 1, (int)((deadline - now) / 1000000) + 1);
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	return r;
}

static int connect_to(const char *path)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof address.sun_path)
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	/* A local socket connects at once, or its queue is full (EAGAIN): then nobody answers in time. */
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return take_fd(&fd);
}

/* The answer ends with a NUL, as the question does, or with the connection. */
static int receive(int fd, uint64_t deadline, char answer[static ANSWER_MAX])
{
	size_t used = 0;

	while (used < ANSWER_MAX - 1) {
		int r = wait_for(fd, POLLIN, deadline);
		ssize_t n;

		if (r < 0)
			return r;
		n = recv(fd, answer + used, ANSWER_MAX - 1 - used, 0);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		if (n > 0) {
			used += (size_t)n;
			if (memchr(answer, 0, used))
				return 0;
		}
	}
	answer[used] = 0;
	return used > 0 ? 0 : -EBADMSG;
}

int clamav_ask(const char *socket_path, int timeout_ms, struct clamav_loaded *ret_loaded)
{
	static const char question[] = "zVERSION";
	uint64_t deadline = clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000;
	_cleanup_close_ int fd = connect_to(socket_path);
	char answer[ANSWER_MAX];
	int r;

	if (fd < 0)
		return fd;
	if (send(fd, question, sizeof question, MSG_NOSIGNAL) != (ssize_t)sizeof question)
		return -EIO;
	r = receive(fd, deadline, answer);
	return r < 0 ? r : clamav_parse_version(answer, ret_loaded);
}
