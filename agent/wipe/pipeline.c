/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One reading thread and a ring of chunks. See pipeline.h. */

#include "wipe/pipeline.h"

#include <pthread.h>

struct pipeline {
	const struct device *device;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stop;
	uint64_t filled; /* chunks read so far */
	uint64_t taken;  /* chunks handed out and given back */
	bool held;       /* the consumer looks at chunk number taken */
	uint64_t total;
	struct pipeline_chunk slots[PIPELINE_SLOTS];
	uint8_t *memory;
};

static void fill(struct pipeline *p, uint64_t number)
{
	struct pipeline_chunk *chunk = &p->slots[number % PIPELINE_SLOTS];
	uint64_t left;

	chunk->offset = number * PIPELINE_CHUNK;
	left = p->device->bytes - chunk->offset;
	chunk->size = left < PIPELINE_CHUNK ? (size_t)left : PIPELINE_CHUNK;
	chunk->error = p->device->read(p->device->data, chunk->offset, chunk->bytes, chunk->size);
}

static void *read_all(void *data)
{
	struct pipeline *p = data;

	for (uint64_t number = 0; number < p->total; number++) {
		bool stop;

		(void)pthread_mutex_lock(&p->lock);
		while (!p->stop && number - p->taken >= PIPELINE_SLOTS)
			(void)pthread_cond_wait(&p->changed, &p->lock);
		stop = p->stop;
		(void)pthread_mutex_unlock(&p->lock);
		if (stop)
			break;
		fill(p, number);
		(void)pthread_mutex_lock(&p->lock);
		p->filled++;
		(void)pthread_cond_broadcast(&p->changed);
		(void)pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

int pipeline_new(const struct device *device, struct pipeline **ret_pipeline)
{
	_cleanup_(pipeline_freep) struct pipeline *p = calloc(1, sizeof *p);
	int r;

	if (!p)
		return -ENOMEM;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->changed, NULL);
	p->device = device;
	p->total = (device->bytes + PIPELINE_CHUNK - 1) / PIPELINE_CHUNK;
	p->memory = device_buffer(PIPELINE_SLOTS * PIPELINE_CHUNK);
	if (!p->memory)
		return -ENOMEM;
	for (size_t i = 0; i < PIPELINE_SLOTS; i++)
		p->slots[i].bytes = p->memory + i * PIPELINE_CHUNK;
	r = pthread_create(&p->thread, NULL, read_all, p);
	if (r != 0)
		return -r;
	p->running = true;
	*ret_pipeline = TAKE_PTR(p);
	return 0;
}

struct pipeline_chunk *pipeline_next(struct pipeline *pipeline)
{
	struct pipeline *p = pipeline;
	struct pipeline_chunk *chunk = NULL;

	(void)pthread_mutex_lock(&p->lock);
	if (p->held) {
		p->taken++;
		p->held = false;
		(void)pthread_cond_broadcast(&p->changed);
	}
	if (p->taken < p->total) {
		while (p->filled <= p->taken)
			(void)pthread_cond_wait(&p->changed, &p->lock);
		p->held = true;
		chunk = &p->slots[p->taken % PIPELINE_SLOTS];
	}
	(void)pthread_mutex_unlock(&p->lock);
	return chunk;
}

struct pipeline *pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return NULL;
	(void)pthread_mutex_lock(&pipeline->lock);
	pipeline->stop = true;
	(void)pthread_cond_broadcast(&pipeline->changed);
	(void)pthread_mutex_unlock(&pipeline->lock);
	if (pipeline->running)
		(void)pthread_join(pipeline->thread, NULL);
	(void)pthread_cond_destroy(&pipeline->changed);
	(void)pthread_mutex_destroy(&pipeline->lock);
	free(pipeline->memory);
	free(pipeline);
	return NULL;
}
