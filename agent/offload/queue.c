/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A bounded ring under one lock. See queue.h. */

#include "offload/queue.h"

#include <pthread.h>

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t capacity, start, count;
	bool closed;
	void *items[QUEUE_MAX];
};

int queue_new(size_t capacity, struct queue **ret_queue)
{
	struct queue *queue;

	if (capacity == 0 || capacity > QUEUE_MAX)
		return -EINVAL;
	queue = calloc(1, sizeof *queue);
	if (!queue)
		return -ENOMEM;
	queue->capacity = capacity;
	(void)pthread_mutex_init(&queue->lock, NULL);
	(void)pthread_cond_init(&queue->changed, NULL);
	*ret_queue = queue;
	return 0;
}

struct queue *queue_free(struct queue *queue)
{
	if (!queue)
		return NULL;
	(void)pthread_cond_destroy(&queue->changed);
	(void)pthread_mutex_destroy(&queue->lock);
	free(queue);
	return NULL;
}

bool queue_put(struct queue *queue, void *item)
{
	bool done;

	(void)pthread_mutex_lock(&queue->lock);
	while (!queue->closed && queue->count == queue->capacity)
		(void)pthread_cond_wait(&queue->changed, &queue->lock);
	done = !queue->closed;
	if (done) {
		queue->items[(queue->start + queue->count) % queue->capacity] = item;
		queue->count++;
		(void)pthread_cond_broadcast(&queue->changed);
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return done;
}

static void *first(struct queue *queue)
{
	void *item = NULL;

	if (!queue->closed && queue->count > 0) {
		item = queue->items[queue->start];
		queue->start = (queue->start + 1) % queue->capacity;
		queue->count--;
		(void)pthread_cond_broadcast(&queue->changed);
	}
	return item;
}

void *queue_take(struct queue *queue)
{
	void *item;

	(void)pthread_mutex_lock(&queue->lock);
	while (!queue->closed && queue->count == 0)
		(void)pthread_cond_wait(&queue->changed, &queue->lock);
	item = first(queue);
	(void)pthread_mutex_unlock(&queue->lock);
	return item;
}

void *queue_try_take(struct queue *queue)
{
	void *item;

	(void)pthread_mutex_lock(&queue->lock);
	item = first(queue);
	(void)pthread_mutex_unlock(&queue->lock);
	return item;
}

void queue_close(struct queue *queue)
{
	(void)pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	(void)pthread_cond_broadcast(&queue->changed);
	(void)pthread_mutex_unlock(&queue->lock);
}
