/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A bounded ring under one lock. See queue.h. */

#include "offload/queue.h"

#include <pthread.h>

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled,
		emptied; /* signalled only when somebody waits: a wake-up costs more than a copy */
	size_t capacity, start, count, takers, putters;
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
	(void)pthread_cond_init(&queue->filled, NULL);
	(void)pthread_cond_init(&queue->emptied, NULL);
	*ret_queue = queue;
	return 0;
}

struct queue *queue_free(struct queue *queue)
{
	if (!queue)
		return NULL;
	(void)pthread_cond_destroy(&queue->filled);
	(void)pthread_cond_destroy(&queue->emptied);
	(void)pthread_mutex_destroy(&queue->lock);
	free(queue);
	return NULL;
}

static void wait_on(struct queue *queue, pthread_cond_t *condition, size_t *waiting)
{
	(*waiting)++;
	(void)pthread_cond_wait(condition, &queue->lock);
	(*waiting)--;
}

bool queue_put(struct queue *queue, void *item)
{
	bool done;

	(void)pthread_mutex_lock(&queue->lock);
	while (!queue->closed && queue->count == queue->capacity)
		wait_on(queue, &queue->emptied, &queue->putters);
	done = !queue->closed;
	if (done) {
		queue->items[(queue->start + queue->count) % queue->capacity] = item;
		queue->count++;
		if (queue->takers > 0)
			(void)pthread_cond_signal(&queue->filled);
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
		if (queue->putters > 0)
			(void)pthread_cond_signal(&queue->emptied);
	}
	return item;
}

void *queue_take(struct queue *queue)
{
	void *item;

	(void)pthread_mutex_lock(&queue->lock);
	while (!queue->closed && queue->count == 0)
		wait_on(queue, &queue->filled, &queue->takers);
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
	(void)pthread_cond_broadcast(&queue->filled);
	(void)pthread_cond_broadcast(&queue->emptied);
	(void)pthread_mutex_unlock(&queue->lock);
}
