/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Keeper and workers. See worker.h, and protocol.h for the conversation. */

#include "inspect/worker.h"

#include "base/fd.h"
#include "base/sandbox.h"
#include "base/wire.h"
#include "inspect/inspect.h"
#include "inspect/protocol.h"

#include <malloc.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#define WORKERS_MAX     256
#define DESCRIPTORS_MAX 16
#define NAMES_MAX       NAMES_TABLE_MAX

struct keeper {
	int socket, signals;
	const struct inspect_readers *readers;
	struct inspect_setup setup;
	struct names *names;
	struct sandbox_filter *filter; /* for the workers, on top of its own */
	bool confined, usable;         /* usable: the latest table could be read */
	struct {
		pid_t pid; /* 0: free */
		uint32_t number;
	} workers[WORKERS_MAX];
	struct wire_message message;
};

/* --- confinement --- */

static int become(const char *user)
{
	bool change = *user && geteuid() == 0;

	if (change && !getpwnam(user))
		return sandbox_become("nobody");
	return sandbox_become(change ? user : NULL);
}

/* What starting, limiting and ending workers takes, their second thread, and reading another table. */
static const char *const keepers_own[] = {
	"clone", "clone3", "wait4", "prctl", "prlimit64", "seccomp", "pread64"};

/* Calls that no library may end a worker with. */
static const char *const signals[] = {"kill", "tgkill"};

/* The keeper's; libraries ask for more files (tables of fonts and charsets) and do without. */
static int enter_filter(void)
{
	static const char *const needed[] = {"sysinfo", "getuid", "geteuid", "getgid", "getegid"};
	static const char *const refused[] = {
		"openat", "open", "stat", "lstat", "access", "readlink", "getcwd", "faccessat2"};
	const char *all[ELEMENTS(needed) + ELEMENTS(keepers_own) + ELEMENTS(refused)];
	_cleanup_(sandbox_filter_freep) struct sandbox_filter *filter = NULL;
	struct sandbox_calls calls = {.allowed = all,
		.allowed_count = ELEMENTS(needed) + ELEMENTS(keepers_own),
		.refused = refused,
		.refused_count = ELEMENTS(refused)};
	int r;

	memcpy(all, needed, sizeof needed);
	memcpy(all + ELEMENTS(needed), keepers_own, sizeof keepers_own);
#ifdef OUTING_SANITIZED
	/* The sanitizers need them, too. */
	memcpy(all + calls.allowed_count, refused, sizeof refused);
	calls.allowed_count += calls.refused_count;
	calls.refused_count = 0;
#endif
	r = sandbox_filter_new(&calls, &filter);
	return r < 0 ? r : sandbox_filter_enter(filter);
}

static int confine_keeper(struct keeper *k)
{
	int r;

	if (k->confined)
		return 0;
	/* A worker's second thread shares the memory of the first: another arena is more than it may have. */
	(void)mallopt(M_ARENA_MAX, 1);
	inspect_warm_up(k->readers);
	r = sandbox_filter_less(keepers_own, ELEMENTS(keepers_own), signals, ELEMENTS(signals), &k->filter);
	if (r >= 0)
		r = become(k->setup.user);
	if (r >= 0)
		r = sandbox_landlock(NULL, 0);
	if (r >= 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = -errno;
	if (r >= 0)
		r = enter_filter();
	k->confined = r >= 0;
	return r < 0 ? r : 0;
}

static int limit(int resource, rlim_t value)
{
	const struct rlimit both = {value, value};

	return setrlimit((__rlimit_resource_t)resource, &both) < 0 ? -errno : 0;
}

static int confine_worker(const struct inspect_limits *limits, const struct sandbox_filter *filter)
{
	int r = limit(RLIMIT_CORE, 0);

#ifndef OUTING_SANITIZED
	if (r >= 0)
		r = limit(RLIMIT_AS, limits->memory_bytes);
#endif
	if (r >= 0)
		r = limit(RLIMIT_CPU, limits->cpu_seconds);
	if (r >= 0)
		r = limit(RLIMIT_FSIZE, 0);
	if (r >= 0)
		r = limit(RLIMIT_NOFILE, DESCRIPTORS_MAX);
	return r < 0 ? r : sandbox_filter_enter(filter);
}

/* --- a worker --- */

static int confine_thread(void *filter)
{
	return sandbox_filter_enter(filter);
}

/* Before the filter, under which no thread can be started. The keeper for texts, of which there may be
 * thousands, does without. */
static int prepare_search(const struct keeper *k, struct search **ret_search)
{
	int r = k->names ? search_new(k->names, ret_search) : 0;

	if (r >= 0 && *ret_search && k->readers)
		(void)search_beside(*ret_search, confine_thread, k->filter);
	return r;
}

static int answer_one(
	const struct keeper *k, int socket, struct search *search, struct wire_message *question)
{
	const struct inspect_with with = {
		.readers = k->readers, .limits = &k->setup.limits, .names = k->names, .search = search};
	struct inspect_answer answer;
	int r = wire_receive(socket, question);

	if (r <= 0)
		return r;
	if (question->type != INSPECT_QUESTION || question->fd_count != 1)
		return -EBADMSG;
	r = inspect_fd(&with, question->fds[0], question->size > 0 ? (const char *)question->payload : NULL,
		&answer);
	if (r == INSPECT_ELSEWHERE)
		return wire_send(socket, INSPECT_OTHER, NULL, 0);
	return r < 0 ? r : wire_send(socket, INSPECT_ANSWER, &answer, sizeof answer);
}

static _noreturn_ void worker_run(struct keeper *k, int socket)
{
	struct search *search = NULL;
	sigset_t none;
	int r;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* Its own end only: a worker that holds the keeper's could speak for it. */
	k->socket = close_fd(k->socket);
	k->signals = close_fd(k->signals);
	r = prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -errno : prepare_search(k, &search);
	if (r >= 0)
		r = confine_worker(&k->setup.limits, k->filter);
	if (r >= 0)
		r = answer_one(k, socket, search, &k->message);
	search_free(search);
	_exit(r < 0 ? 1 : 0);
}

/* --- the keeper --- */

static int read_names(struct keeper *k)
{
	_cleanup_free_ char *table = NULL;
	uint8_t key[NAMES_KEY_SIZE];
	size_t size;
	int r;

	k->names = names_free(k->names);
	if (!k->setup.has_names)
		return 0;
	if (k->message.fd_count != 2)
		return -EBADMSG;
	if (fd_pread_full(k->message.fds[1], key, sizeof key, 0) != (ssize_t)sizeof key)
		return -EBADMSG;
	if (lseek(k->message.fds[0], 0, SEEK_SET) < 0)
		return -errno;
	r = fd_read_file(k->message.fds[0], NAMES_MAX, &table, &size);
	return r < 0 ? r : names_parse(table, size, key, &k->names);
}

static int set_up(struct keeper *k)
{
	int32_t result;

	if (k->message.size != sizeof k->setup)
		return -EBADMSG;
	memcpy(&k->setup, k->message.payload, sizeof k->setup);
	k->setup.user[INSPECT_USER_MAX - 1] = 0;
	result = read_names(k);
	if (result >= 0)
		result = confine_keeper(k);
	k->usable = result >= 0;
	/* Free pieces are put together here, once: a worker that did it would get its own copy of each page.
	 */
	(void)malloc_trim(0);
	return wire_send(k->socket, INSPECT_READY, &result, sizeof result);
}

static int message_number(const struct keeper *k, uint32_t *ret)
{
	if (k->message.size != sizeof *ret)
		return -EBADMSG;
	memcpy(ret, k->message.payload, sizeof *ret);
	return 0;
}

/* One that cannot be started is one whose end of the wire is closed: the pool sees it. */
static int start_worker(struct keeper *k)
{
	uint32_t number;
	size_t place = 0;
	int r = message_number(k, &number);

	if (r < 0 || k->message.fd_count != 1 || !k->confined)
		return -EBADMSG;
	if (!k->usable)
		return 0;
	while (place < WORKERS_MAX && k->workers[place].pid != 0)
		place++;
	if (place == WORKERS_MAX)
		return 0;
	k->workers[place].number = number;
	k->workers[place].pid = fork();
	if (k->workers[place].pid == 0)
		worker_run(k, TAKE_FD(k->message.fds[0]));
	if (k->workers[place].pid < 0)
		k->workers[place].pid = 0;
	return 0;
}

static int kill_worker(struct keeper *k)
{
	uint32_t number;
	int r = message_number(k, &number);

	for (size_t i = 0; r >= 0 && i < WORKERS_MAX; i++)
		if (k->workers[i].pid > 0 && k->workers[i].number == number)
			(void)kill(k->workers[i].pid, SIGKILL);
	return r;
}

static int serve(struct keeper *k)
{
	int r = wire_receive(k->socket, &k->message);

	if (r <= 0)
		return r < 0 ? r : -EPIPE;
	switch ((enum inspect_message)k->message.type) {
	case INSPECT_SETUP:
		r = set_up(k);
		break;
	case INSPECT_START:
		r = start_worker(k);
		break;
	case INSPECT_KILL:
		r = kill_worker(k);
		break;
	case INSPECT_READY:
	case INSPECT_QUESTION:
	case INSPECT_ANSWER:
	case INSPECT_OTHER:
		r = -EBADMSG;
		break;
	}
	wire_message_clear(&k->message);
	return r;
}

static void bury(struct keeper *k)
{
	struct signalfd_siginfo info;
	pid_t pid;

	while (read(k->signals, &info, sizeof info) > 0)
		;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (size_t i = 0; i < WORKERS_MAX; i++)
			if (k->workers[i].pid == pid)
				k->workers[i].pid = 0;
}

static int loop(struct keeper *k)
{
	struct pollfd watch[] = {{.fd = k->socket, .events = POLLIN}, {.fd = k->signals, .events = POLLIN}};
	int r = 0;

	while (r >= 0) {
		if (poll(watch, ELEMENTS(watch), -1) < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		if (watch[1].revents)
			bury(k);
		if (watch[0].revents)
			r = serve(k);
	}
	return r == -EPIPE ? 0 : r;
}

int inspect_keeper_run(int socket, const struct inspect_readers *readers)
{
	_cleanup_free_ struct keeper *k = calloc(1, sizeof *k);
	sigset_t set;
	int r;

	if (!k)
		return -ENOMEM;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	k->socket = socket;
	k->readers = readers;
	k->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (k->signals < 0)
		return -errno;
	wire_message_init(&k->message);
	r = loop(k);
	k->signals = close_fd(k->signals);
	k->names = names_free(k->names);
	k->filter = sandbox_filter_free(k->filter);
	return r;
}
