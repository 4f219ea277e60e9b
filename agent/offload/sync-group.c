/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A few threads that wait for the next group; the caller works with them. See sync-group.h. */

#include "offload/sync-group.h"

#include "base/fault.h"

#include <pthread.h>

#define HELPERS 5

struct sync_group {
	const struct io *io;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	const int *fds;
	int *results;
	size_t count, next, finished;
	bool closed;
	size_t helpers;
	pthread_t helper[HELPERS];
};

/* One file of the group, under the lock on entry and on return. False when none is left. */
static bool sync_next(struct sync_group *group)
{
	size_t i = group->next;
	int r = 0;

	if (i >= group->count)
		return false;
	group->next++;
	(void)pthread_mutex_unlock(&group->lock);
	if (group->fds[i] >= 0)
		r = group->io->sync_vault(group->io->data, group->fds[i]);
	fault_point("offload-synced");
	(void)pthread_mutex_lock(&group->lock);
	group->results[i] = r;
	if (++group->finished == group->count)
		(void)pthread_cond_broadcast(&group->done);
	return true;
}

static void *help(void *data)
{
	struct sync_group *group = data;

	(void)pthread_mutex_lock(&group->lock);
	while (!group->closed)
		if (!sync_next(group))
			(void)pthread_cond_wait(&group->work, &group->lock);
	(void)pthread_mutex_unlock(&group->lock);
	return NULL;
}

int sync_group_new(const struct io *io, struct sync_group **ret_group)
{
	struct sync_group *group = calloc(1, sizeof *group);

	if (!group)
		return -ENOMEM;
	group->io = io;
	(void)pthread_mutex_init(&group->lock, NULL);
	(void)pthread_cond_init(&group->work, NULL);
	(void)pthread_cond_init(&group->done, NULL);
	while (group->helpers < HELPERS &&
		pthread_create(&group->helper[group->helpers], NULL, help, group) == 0)
		group->helpers++;
	*ret_group = group;
	return 0;
}

struct sync_group *sync_group_free(struct sync_group *group)
{
	if (!group)
		return NULL;
	(void)pthread_mutex_lock(&group->lock);
	group->closed = true;
	(void)pthread_cond_broadcast(&group->work);
	(void)pthread_mutex_unlock(&group->lock);
	for (size_t i = 0; i < group->helpers; i++)
		(void)pthread_join(group->helper[i], NULL);
	(void)pthread_cond_destroy(&group->done);
	(void)pthread_cond_destroy(&group->work);
	(void)pthread_mutex_destroy(&group->lock);
	free(group);
	return NULL;
}

void sync_group_run(struct sync_group *group, const int *fds, int *ret_results, size_t count)
{
	if (count == 0)
		return;
	(void)pthread_mutex_lock(&group->lock);
	group->fds = fds;
	group->results = ret_results;
	group->next = group->finished = 0;
	group->count = count;
	if (count > 1)
		(void)pthread_cond_broadcast(&group->work);
	while (sync_next(group))
		continue;
	while (group->finished < group->count)
		(void)pthread_cond_wait(&group->done, &group->lock);
	group->count = group->next = 0;
	(void)pthread_mutex_unlock(&group->lock);
}
