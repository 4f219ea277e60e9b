/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A list of names, read once and asked rarely: a nursery has a few offloads a day. See records.h. */

#include "vault/records.h"

#include "state/session.h"
#include "state/state.h"

#include <limits.h>
#include <string.h>

struct record {
	char *session;
	bool committed;
};

struct records {
	size_t count, room;
	struct record *list;
	size_t prefix_size;
	char prefix[PATH_MAX]; /* the vault's path and '/' */
};

struct records *records_free(struct records *records)
{
	for (size_t i = 0; records && i < records->count; i++)
		free(records->list[i].session);
	if (records)
		free(records->list);
	free(records);
	return NULL;
}

static int add(const struct session *session, void *data)
{
	struct records *records = data;
	struct record *larger;

	if (strncmp(session->vault_dir, records->prefix, records->prefix_size) != 0)
		return 0;
	if (records->count == records->room) {
		records->room = records->room ? records->room * 2 : 64;
		larger = reallocarray(records->list, records->room, sizeof *larger);
		if (!larger)
			return -ENOMEM;
		records->list = larger;
	}
	records->list[records->count] = (struct record){
		.session = strdup(session->vault_dir + records->prefix_size),
		.committed = session->state == SESSION_COMMITTED,
	};
	return records->list[records->count++].session ? 0 : -ENOMEM;
}

static int find_prefix(struct records *records, int vault_fd)
{
	char link[32];
	ssize_t n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", vault_fd);
	n = readlink(link, records->prefix, sizeof records->prefix - 2);
	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof records->prefix - 2)
		return -ENAMETOOLONG;
	records->prefix[n] = '/';
	records->prefix[n + 1] = 0;
	records->prefix_size = (size_t)n + 1;
	return 0;
}

int records_load(const char *state_dir, int vault_fd, struct records **ret_records)
{
	_cleanup_(records_freep) struct records *records = calloc(1, sizeof *records);
	_cleanup_(state_closep) struct state *state = NULL;
	char path[PATH_MAX];
	int r;

	if (!records)
		return -ENOMEM;
	if ((size_t)snprintf(path, sizeof path, "%s/state.db", state_dir) >= sizeof path)
		return -ENAMETOOLONG;
	/* Opening would make one. */
	if (access(path, F_OK) < 0)
		return -errno;
	r = find_prefix(records, vault_fd);
	if (r < 0)
		return r;
	r = state_open(path, &state, NULL);
	if (r != STATE_OK)
		return r < 0 ? r : -EUCLEAN;
	r = session_each(state, NULL, 0, add, records);
	if (r != 0)
		return r < 0 ? r : -EUCLEAN;
	*ret_records = TAKE_PTR(records);
	return 0;
}

enum records_answer records_ask(const struct records *records, const char *session)
{
	for (size_t i = 0; records && i < records->count; i++)
		if (strcmp(records->list[i].session, session) == 0)
			return records->list[i].committed ? RECORDS_COMMITTED : RECORDS_UNFINISHED;
	return RECORDS_UNKNOWN;
}

int records_each_committed(
	const struct records *records, int (*visit)(const char *session, void *data), void *data)
{
	int r = 0;

	for (size_t i = 0; records && i < records->count && r == 0; i++)
		if (records->list[i].committed)
			r = visit(records->list[i].session, data);
	return r;
}
