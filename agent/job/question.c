/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One connection, one line out, all bytes in. See question.h. */

#include "job/question.h"

#include "job/dial.h"

#include <string.h>
#include <sys/socket.h>

#define ROOM_FIRST (16U << 10)

struct question {
	int fd;
	struct watch *readable, *timer;
	question_done done;
	void *data;
	size_t answer_max;
	char *text;
	size_t used, room;
};

static void finish(struct question *question, int error)
{
	question->readable = watch_free(question->readable);
	question->timer = watch_free(question->timer);
	question->fd = close_fd(question->fd);
	question->text[question->used] = 0;
	question->done(question, error, question->text, question->used, question->data);
}

/* Room for at least one byte more and the NUL behind it. */
static int make_room(struct question *question)
{
	size_t room = question->room * 2;
	char *text;

	if (question->used + 1 < question->room)
		return 0;
	text = realloc(question->text, room);
	if (!text)
		return -ENOMEM;
	question->text = text;
	question->room = room;
	return 0;
}

/* 1 while the other side may say more, 0 when it has closed. */
static int take(struct question *question)
{
	ssize_t n;

	for (;;) {
		int r = make_room(question);

		if (r < 0)
			return r;
		n = recv(question->fd, question->text + question->used, question->room - question->used - 1,
			MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 1 : -errno;
		if (n == 0)
			return 0;
		question->used += (size_t)n;
		if (question->used > question->answer_max)
			return -EFBIG;
	}
}

static int on_readable(void *data)
{
	struct question *question = data;
	int r = take(question);

	if (r <= 0)
		finish(question, r);
	return 0;
}

static int too_slow(void *data)
{
	finish(data, -ETIMEDOUT);
	return 0;
}

/* An empty socket takes a few KiB at once; what does not fit is an error, not a wait. */
static int send_line(int fd, const char *text)
{
	_cleanup_free_ char *line = NULL;
	int size = asprintf(&line, "%s\n", text);
	ssize_t n;

	if (size < 0) {
		line = NULL;
		return -ENOMEM;
	}
	n = send(fd, line, (size_t)size, MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	return n == size ? 0 : -EMSGSIZE;
}

int question_ask(struct loop *loop, const struct question_options *options, question_done done, void *data,
	struct question **ret_question)
{
	_cleanup_(question_freep) struct question *question = calloc(1, sizeof *question);
	int r;

	if (!question)
		return -ENOMEM;
	question->fd = -1;
	question->done = done;
	question->data = data;
	question->answer_max = options->answer_max;
	question->room = ROOM_FIRST;
	question->text = malloc(question->room);
	r = question->text ? dial_service(options->socket, SOCK_STREAM, &question->fd) : -ENOMEM;
	if (r >= 0)
		r = send_line(question->fd, options->text);
	if (r >= 0)
		r = loop_watch_fd(loop, question->fd, on_readable, question, &question->readable);
	if (r >= 0)
		r = loop_timer(loop, options->timeout_ms, too_slow, question, &question->timer);
	if (r < 0)
		return r;
	*ret_question = TAKE_PTR(question);
	return 0;
}

struct question *question_free(struct question *question)
{
	if (!question)
		return NULL;
	question->readable = watch_free(question->readable);
	question->timer = watch_free(question->timer);
	question->fd = close_fd(question->fd);
	free(question->text);
	free(question);
	return NULL;
}
