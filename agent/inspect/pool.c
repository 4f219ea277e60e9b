/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The asking half. A worker's wire is made here and its other end given to the keeper, so a question may be
 * sent before the worker is born: nobody waits for a birth. See pool.h.
 */

#include "inspect/pool.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/wire.h"
#include "inspect/protocol.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#define READY_DEFAULT 4
#define READY_MAX     64
#define LONG_TEXT     (1 << 20) /* bytes */
#define BUSY_DEFAULT  8
#define SETUP_MS      20000
#define KEEPER_END_MS 2000
#define PROGRAM       OUTING_LIBEXECDIR "/outing-inspect"
#define USER          "outing-inspect"

struct seat {
	int wire;
	uint32_t number;
};

/* One process and its workers that wait. */
struct keeper {
	char program[512]; /* empty: there is none of this sort */
	int wire, pid;
	struct seat ready[READY_MAX];
	unsigned ready_count;
	bool started;
};

enum sort {
	SORT_TEXT = 0,
	SORT_ALL,
	SORT_COUNT,
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t room;
	struct pool_options options;
	struct inspect_setup setup;
	int names_fd, key_fd; /* owned */
	struct keeper keepers[SORT_COUNT];
	unsigned busy;
	uint32_t next_number;
	bool nameless; /* the latest table could not be taken: nothing is asked until another is */
};

/* For reading only, whatever the caller's is; one that is so already serves where there is no /proc. */
static int reopen(int fd, int *ret)
{
	char path[64];
	int mode = fcntl(fd, F_GETFL);

	if (mode < 0)
		return -errno;
	if ((mode & O_ACCMODE) == O_RDONLY && !(mode & O_PATH)) {
		*ret = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		return *ret < 0 ? -errno : 0;
	}
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	*ret = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return *ret < 0 ? -errno : 0;
}

/* --- keepers --- */

static void drop_ready(struct keeper *k)
{
	while (k->ready_count > 0)
		(void)close_fd(k->ready[--k->ready_count].wire);
}

static void end_keeper(struct keeper *k)
{
	drop_ready(k);
	k->wire = close_fd(k->wire);
	(void)process_end(k->pid, KEEPER_END_MS);
	k->pid = close_fd(k->pid);
}

static int await_ready(const struct keeper *k)
{
	struct pollfd watch = {.fd = k->wire, .events = POLLIN};
	_cleanup_free_ struct wire_message *message = malloc(sizeof *message);
	int32_t result;
	int n;

	if (!message)
		return -ENOMEM;
	wire_message_init(message);
	do
		n = poll(&watch, 1, SETUP_MS);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : -ETIMEDOUT;
	n = wire_receive(k->wire, message);
	if (n <= 0 || message->type != INSPECT_READY || message->size != sizeof result) {
		wire_message_clear(message);
		return n < 0 ? n : -EPIPE;
	}
	memcpy(&result, message->payload, sizeof result);
	return result;
}

static int set_up(struct pool *pool, const struct keeper *k)
{
	const int fds[] = {pool->names_fd, pool->key_fd};
	unsigned count = pool->names_fd >= 0 ? ELEMENTS(fds) : 0;
	int r;

	pool->setup.has_names = count > 0;
	r = wire_send_fds(k->wire, INSPECT_SETUP, &pool->setup, sizeof pool->setup, fds, count);
	return r < 0 ? r : await_ready(k);
}

/* Outlives the thread that happened to start it; it ends when its wire is closed. */
static int start_keeper(struct pool *pool, struct keeper *k)
{
	const char *const argv[] = {k->program, "--worker", NULL};
	_cleanup_close_ int theirs = -1, nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct process_options options = {.argv = argv, .output_fd = nowhere, .outlive_parent = true};
	int fds[2], r = pool->options.once && k->started ? -ENOTCONN : wire_pair(fds);
	pid_t pid;

	if (r < 0)
		return r;
	k->started = true;
	k->wire = fds[0];
	options.wire_fd = theirs = fds[1];
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
	options.environment = (const char *const *)environ;
	options.output_fd = -1;
#endif
	r = process_start(&options, &pid, &k->pid);
	theirs = close_fd(theirs);
	if (r >= 0)
		r = set_up(pool, k);
	if (r < 0)
		end_keeper(k);
	return r;
}

/* --- workers --- */

static int new_seat(struct pool *pool, struct keeper *k, struct seat *ret)
{
	_cleanup_close_ int ours = -1, theirs = -1;
	int fds[2], r = k->wire < 0 ? start_keeper(pool, k) : 0;
	uint32_t number = pool->next_number++;

	if (r < 0)
		return r;
	r = wire_pair(fds);
	if (r < 0)
		return r;
	ours = fds[0];
	theirs = fds[1];
	r = wire_send_fds(k->wire, INSPECT_START, &number, sizeof number, &theirs, 1);
	if (r < 0)
		return r;
	*ret = (struct seat){TAKE_FD(ours), number};
	return 0;
}

static int fill(struct pool *pool, struct keeper *k)
{
	int r = pool->nameless ? -ENOKEY : 0;

	while (r >= 0 && *k->program && k->ready_count < pool->options.ready) {
		r = new_seat(pool, k, &k->ready[k->ready_count]);
		if (r >= 0)
			k->ready_count++;
	}
	return r;
}

/* A keeper that died took its workers with it: one more try with another. */
static int take_seat(struct pool *pool, struct keeper *k, struct seat *ret)
{
	int r = fill(pool, k);

	if (r < 0 && r != -ENOKEY) {
		end_keeper(k);
		r = fill(pool, k);
	}
	if (r < 0)
		return r;
	*ret = k->ready[0];
	k->ready_count--;
	memmove(k->ready, k->ready + 1, k->ready_count * sizeof k->ready[0]);
	return 0;
}

/* A worker that vanished with its keeper says nothing about the file it was given. */
static bool keeper_is_gone(struct pool *pool, const struct keeper *k)
{
	struct pollfd watch = {.events = POLLIN};
	bool gone;

	(void)pthread_mutex_lock(&pool->lock);
	watch.fd = k->wire;
	gone = k->wire < 0 || (poll(&watch, 1, 0) > 0 && watch.revents & (POLLHUP | POLLERR));
	(void)pthread_mutex_unlock(&pool->lock);
	return gone;
}

static int begin(struct pool *pool, struct keeper *k, struct seat *ret)
{
	int r;

	(void)pthread_mutex_lock(&pool->lock);
	while (pool->busy >= pool->options.busy_max)
		(void)pthread_cond_wait(&pool->room, &pool->lock);
	r = take_seat(pool, k, ret);
	if (r >= 0)
		pool->busy++;
	(void)pthread_mutex_unlock(&pool->lock);
	return r;
}

static void finish(struct pool *pool, struct keeper *k, struct seat *seat, bool answered)
{
	seat->wire = close_fd(seat->wire);
	(void)pthread_mutex_lock(&pool->lock);
	if (!answered && k->wire >= 0)
		(void)wire_send(k->wire, INSPECT_KILL, &seat->number, sizeof seat->number);
	pool->busy--;
	(void)pthread_cond_signal(&pool->room);
	(void)pthread_mutex_unlock(&pool->lock);
}

/* The next one is made while this one works. */
static void refill(struct pool *pool, struct keeper *k)
{
	(void)pthread_mutex_lock(&pool->lock);
	(void)fill(pool, k);
	(void)pthread_mutex_unlock(&pool->lock);
}

/* --- a question --- */

static int wait_for_answer(int wire, uint32_t wall_ms)
{
	uint64_t until = clock_monotonic_ns() / 1000000 + wall_ms;

	for (;;) {
		struct pollfd watch = {.fd = wire, .events = POLLIN};
		uint64_t now = clock_monotonic_ns() / 1000000;
		int n = now >= until ? 0 : poll(&watch, 1, (int)(until - now));

		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

static int receive_answer(int wire, struct wire_message *message, struct inspect_answer *ret)
{
	int r = wire_receive(wire, message);

	if (r == 0)
		return -EPIPE;
	if (r < 0)
		return r;
	if (message->type == INSPECT_OTHER)
		return -EMEDIUMTYPE;
	if (message->type != INSPECT_ANSWER || message->size != sizeof *ret)
		return -EBADMSG;
	memcpy(ret, message->payload, sizeof *ret);
	return inspect_answer_valid(ret) ? 0 : -EBADMSG;
}

static int converse(
	struct pool *pool, struct keeper *k, int wire, int fd, const char *name, struct inspect_answer *ret)
{
	_cleanup_free_ struct wire_message *message = malloc(sizeof *message);
	size_t length = name ? strnlen(name, INSPECT_NAME_MAX) : 0;
	int r;

	if (!message)
		return -ENOMEM;
	wire_message_init(message);
	r = wire_send_fds(wire, INSPECT_QUESTION, name ? name : "", length, &fd, 1);
	refill(pool, k);
	if (r >= 0)
		r = wait_for_answer(wire, pool->options.limits.wall_ms);
	if (r >= 0)
		r = receive_answer(wire, message, ret);
	wire_message_clear(message);
	return r;
}

static const char *failure_sentence(int error)
{
	if (error == -ETIMEDOUT)
		return "Looking through it took too long. Copy its parts one by one, or use an encrypted "
		       "stick.";
	if (error == -EPIPE || error == -EBADMSG)
		return "It could not be read: looking into it failed. Save it in another format, or use an "
		       "encrypted "
		       "stick.";
	return "Nothing can be checked at the moment, so nothing is copied. Please tell the manager.";
}

static int ask(struct pool *pool, enum sort sort, int fd, const char *name, struct inspect_answer *ret)
{
	struct keeper *k = &pool->keepers[sort];
	struct seat seat = {.wire = -1};
	int r = begin(pool, k, &seat);

	if (r < 0)
		return r;
	r = converse(pool, k, seat.wire, fd, name, ret);
	if (r == -EPIPE && keeper_is_gone(pool, k))
		r = -ENOTCONN;
	finish(pool, k, &seat, r >= 0 || r == -EMEDIUMTYPE);
	return r;
}

/* Saves asking twice, and searches a long text beside reading it; what is guessed wrong costs time and
 * changes no answer. */
static enum sort guess(const struct pool *pool, int fd)
{
	static const char *const marks[] = {"PK", "%PDF", "\x1f\x8b", "7z", "BZh"};
	char bytes[4] = "";
	struct stat st;

	if (!*pool->keepers[SORT_TEXT].program || pread(fd, bytes, sizeof bytes, 0) < 0 ||
		fstat(fd, &st) < 0 || st.st_size > LONG_TEXT)
		return SORT_ALL;
	for (size_t i = 0; i < ELEMENTS(marks); i++)
		if (memcmp(bytes, marks[i], strlen(marks[i])) == 0)
			return SORT_ALL;
	return SORT_TEXT;
}

int pool_ask(struct pool *pool, int fd, const char *name, struct inspect_answer *ret)
{
	_cleanup_close_ int readable = -1;
	int r = reopen(fd, &readable);
	enum sort sort = r < 0 ? SORT_ALL : guess(pool, readable);

	*ret = (struct inspect_answer){0};
	if (r >= 0)
		r = ask(pool, sort, readable, name, ret);
	/* Whatever the first one said, it did not answer. */
	if (r == -EMEDIUMTYPE && sort == SORT_TEXT) {
		*ret = (struct inspect_answer){0};
		r = ask(pool, SORT_ALL, readable, name, ret);
	}
	if (r < 0) {
		*ret = (struct inspect_answer){0};
		inspect_answer_worsen(ret, INSPECT_REFUSE, INSPECT_UNREADABLE, failure_sentence(r));
	}
	return 0;
}

/* --- beginning and end --- */

static int take_names(struct pool *pool, int names_fd, int key_fd)
{
	_cleanup_close_ int names = -1, key = -1;
	int r = 0;

	if (names_fd >= 0) {
		r = reopen(names_fd, &names);
		if (r >= 0)
			r = reopen(key_fd, &key);
	}
	if (r < 0)
		return r;
	pool->names_fd = close_fd(pool->names_fd);
	pool->key_fd = close_fd(pool->key_fd);
	pool->names_fd = TAKE_FD(names);
	pool->key_fd = TAKE_FD(key);
	return 0;
}

static void take_options(struct pool *pool, const struct pool_options *options)
{
	pool->options = *options;
	if (pool->options.ready == 0)
		pool->options.ready = READY_DEFAULT;
	if (pool->options.ready > READY_MAX)
		pool->options.ready = READY_MAX;
	if (pool->options.busy_max == 0)
		pool->options.busy_max = BUSY_DEFAULT;
	(void)snprintf(pool->keepers[SORT_ALL].program, sizeof pool->keepers[SORT_ALL].program, "%s",
		options->program ? options->program : PROGRAM);
	if (options->text_program)
		(void)snprintf(pool->keepers[SORT_TEXT].program, sizeof pool->keepers[SORT_TEXT].program,
			"%s", options->text_program);
	pool->setup.limits = options->limits;
	(void)snprintf(pool->setup.user, sizeof pool->setup.user, "%s", options->user ? options->user : USER);
	pool->options.program = pool->options.text_program = pool->options.user = NULL;
}

int pool_new(const struct pool_options *options, struct pool **ret_pool)
{
	_cleanup_(pool_freep) struct pool *pool = calloc(1, sizeof *pool);
	int r;

	if (!pool)
		return -ENOMEM;
	pool->names_fd = pool->key_fd = -1;
	for (size_t i = 0; i < SORT_COUNT; i++)
		pool->keepers[i].wire = pool->keepers[i].pid = -1;
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->room, NULL);
	take_options(pool, options);
	r = take_names(pool, options->names_fd, options->key_fd);
	for (size_t i = 0; r >= 0 && i < SORT_COUNT; i++)
		r = fill(pool, &pool->keepers[i]);
	if (r < 0)
		return r;
	*ret_pool = TAKE_PTR(pool);
	return 0;
}

struct pool *pool_free(struct pool *pool)
{
	if (!pool)
		return NULL;
	for (size_t i = 0; i < SORT_COUNT; i++)
		end_keeper(&pool->keepers[i]);
	(void)close_fd(pool->names_fd);
	(void)close_fd(pool->key_fd);
	(void)pthread_cond_destroy(&pool->room);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool);
	return NULL;
}

/* A keeper that says it cannot take the table lives and waits for a better one: with once, there would never
 * be another. One that says nothing is of no use. */
static int renew(struct pool *pool, struct keeper *k)
{
	int r = k->wire >= 0 ? set_up(pool, k) : 0;

	if (r != -EPIPE && r != -ETIMEDOUT)
		return r;
	end_keeper(k);
	return 0;
}

int pool_set_names(struct pool *pool, int names_fd, int key_fd)
{
	int r;

	(void)pthread_mutex_lock(&pool->lock);
	r = take_names(pool, names_fd, key_fd);
	for (size_t i = 0; i < SORT_COUNT; i++)
		drop_ready(&pool->keepers[i]);
	for (size_t i = 0; r >= 0 && i < SORT_COUNT; i++)
		r = renew(pool, &pool->keepers[i]);
	pool->nameless = r < 0;
	for (size_t i = 0; r >= 0 && i < SORT_COUNT; i++)
		r = fill(pool, &pool->keepers[i]);
	(void)pthread_mutex_unlock(&pool->lock);
	return r;
}
