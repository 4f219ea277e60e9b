/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The pool and the register, as the gate asks them. See judge-inspect.h. */

#include "gate/judge-inspect.h"

#include "base/fd.h"
#include "base/sha512.h"
#include "inspect/kind.h"
#include "inspect/names.h"
#include "inspect/pool.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#define PROGRAM      "outing-inspect"
#define TEXT_PROGRAM "outing-inspect-text"
#define BROKEN                                                                                              \
	"The list of children's names cannot be opened, so nothing is copied. Please tell the manager: it " \
	"has "                                                                                              \
	"to be imported again."
#define NO_MEMORY "There was not enough memory to look at the name. Please try again."

struct judge_inspect {
	struct inspect_limits limits;
	struct pool *pool;
	pthread_rwlock_t lock; /* what is below */
	struct names *names;   /* NULL: none are known */
	bool broken;
};

static void refuse(struct inspect_answer *ret, const char *sentence)
{
	*ret = (struct inspect_answer){0};
	inspect_answer_worsen(ret, INSPECT_REFUSE, INSPECT_UNREADABLE, sentence);
}

/* --- the three questions --- */

static void ask(void *data, int fd, const char *name, struct inspect_answer *ret)
{
	struct judge_inspect *judge = data;
	bool broken;

	(void)pthread_rwlock_rdlock(&judge->lock);
	broken = judge->broken;
	(void)pthread_rwlock_unlock(&judge->lock);
	if (broken)
		refuse(ret, BROKEN);
	else
		(void)pool_ask(judge->pool, fd, name, ret);
}

static void title(void *data, const char *name, struct inspect_answer *ret)
{
	struct judge_inspect *judge = data;

	*ret = (struct inspect_answer){0};
	(void)pthread_rwlock_rdlock(&judge->lock);
	if (judge->broken)
		refuse(ret, BROKEN);
	else if (judge->names && names_match_title(judge->names, name, strlen(name), ret) < 0)
		refuse(ret, NO_MEMORY);
	(void)pthread_rwlock_unlock(&judge->lock);
}

static int early(void *data, const void *bytes, size_t size, struct inspect_answer *ret)
{
	const struct judge_inspect *judge = data;

	return kind_early_limits(bytes, size, &judge->limits, ret);
}

struct gate_judge judge_inspect_of(struct judge_inspect *judge)
{
	return (struct gate_judge){.data = judge, .ask = ask, .title = title, .early = early};
}

/* --- the register --- */

static int read_names(int names_fd, int key_fd, struct names **ret_names)
{
	_cleanup_free_ char *table = NULL;
	uint8_t key[NAMES_KEY_SIZE];
	size_t size;
	int r = 0;

	if (fd_pread_full(key_fd, key, sizeof key, 0) != (ssize_t)sizeof key)
		return -EBADMSG;
	if (lseek(names_fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r >= 0)
		r = fd_read_file(names_fd, NAMES_TABLE_MAX, &table, &size);
	if (r >= 0)
		r = names_parse(table, size, key, ret_names);
	explicit_bzero(key, sizeof key);
	return r;
}

/* Until both know the same, everything is refused. */
static void put_names(struct judge_inspect *judge, struct names *names, bool broken)
{
	(void)pthread_rwlock_wrlock(&judge->lock);
	(void)names_free(judge->names);
	judge->names = names;
	judge->broken = broken;
	(void)pthread_rwlock_unlock(&judge->lock);
}

int judge_inspect_set_names(struct judge_inspect *judge, enum judge_names which, int names_fd, int key_fd)
{
	_cleanup_(names_freep) struct names *names = NULL;
	int r = which == JUDGE_NAMES_BROKEN ? -EBADMSG : 0;

	put_names(judge, NULL, true);
	if (which == JUDGE_NAMES_HERE)
		r = read_names(names_fd, key_fd, &names);
	if (r >= 0)
		r = which == JUDGE_NAMES_HERE ? pool_set_names(judge->pool, names_fd, key_fd)
					      : pool_set_names(judge->pool, -1, -1);
	if (r >= 0)
		put_names(judge, TAKE_PTR(names), false);
	return r;
}

/* --- beginning and end --- */

/* A program beside this one. */
static int find_program(const char *name, char path[static PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (n < 0)
		return -errno;
	path[n] = 0;
	slash = strrchr(path, '/');
	if (!slash)
		return -ENOENT;
	slash++;
	if ((size_t)snprintf(slash, PATH_MAX - (size_t)(slash - path), "%s", name) >=
		PATH_MAX - (size_t)(slash - path))
		return -ENAMETOOLONG;
	return 0;
}

/* What libraries read from files when they are first used, they read before there are none. */
static int warm_up(void)
{
	static const char word[] = "Am\xc3\xa9lie \xd0\x90melia";
	_cleanup_(names_freep) struct names *none = NULL;
	struct inspect_answer answer;
	uint8_t digest[SHA512_SIZE];
	int r = sha512_of(word, sizeof word, digest);

	if (r >= 0)
		r = names_empty(&none);
	return r < 0 ? r : names_match_title(none, word, sizeof word - 1, &answer);
}

int judge_inspect_new(struct judge_inspect **ret_judge)
{
	_cleanup_(judge_inspect_freep) struct judge_inspect *judge = calloc(1, sizeof *judge);
	struct pool_options options = POOL_OPTIONS_DEFAULT;
	char program[PATH_MAX], text_program[PATH_MAX];
	int r;

	if (!judge)
		return -ENOMEM;
	(void)pthread_rwlock_init(&judge->lock, NULL);
	judge->broken = true;
	options.program = program;
	options.text_program = text_program;
	options.once = true;
	judge->limits = options.limits;
	r = find_program(PROGRAM, program);
	if (r >= 0)
		r = find_program(TEXT_PROGRAM, text_program);
	if (r >= 0)
		r = warm_up();
	if (r >= 0)
		r = pool_new(&options, &judge->pool);
	if (r < 0)
		return r;
	*ret_judge = TAKE_PTR(judge);
	return 0;
}

struct judge_inspect *judge_inspect_free(struct judge_inspect *judge)
{
	if (!judge)
		return NULL;
	(void)pool_free(judge->pool);
	(void)names_free(judge->names);
	(void)pthread_rwlock_destroy(&judge->lock);
	free(judge);
	return NULL;
}
