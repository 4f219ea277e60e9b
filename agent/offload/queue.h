/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A bounded ring of pointers between two threads. Closing it wakes everybody: nothing is put or taken any
 * more.
 */

#include "base/cleanup.h"

#define QUEUE_MAX 64

struct queue;

int queue_new(size_t capacity, struct queue **ret_queue);
struct queue *queue_free(struct queue *queue);
DEFINE_CLEANUP(struct queue, queue_free);

/* Waits for room. False when the queue was closed. */
bool queue_put(struct queue *queue, void *item);

/* Waits for an item; NULL when the queue was closed. */
void *queue_take(struct queue *queue);

/* NULL when there is none now. */
void *queue_try_take(struct queue *queue);

void queue_close(struct queue *queue);
