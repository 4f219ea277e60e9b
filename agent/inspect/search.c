/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A ring of pieces between the thread that reads and the one that searches. See search.h. */

#include "inspect/search.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define ALONE      (128 << 10) /* bytes that are not worth waking somebody */
#define PIECE      (64 << 10)
#define PIECES     16
#define STACK_SIZE (1 << 20)

struct piece {
	size_t size;
	char bytes[PIECE];
};

struct search {
	struct names_match *match; /* once there are pieces: of the thread */
	size_t fed;
	bool has_thread;
	pthread_t thread;
	int (*confine)(void *data);
	void *data;

	struct piece *pieces; /* PIECES; NULL: all was searched at once so far */
	unsigned open;        /* the one that is being filled */
	unsigned touched;     /* those that were ever filled */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned first, count; /* those that are full */
	bool confined, over;
	atomic_bool refused;
};

int search_new(const struct names *names, struct search **ret_search)
{
	_cleanup_(search_freep) struct search *search = calloc(1, sizeof *search);
	int r;

	if (!search)
		return -ENOMEM;
	(void)pthread_mutex_init(&search->lock, NULL);
	(void)pthread_cond_init(&search->changed, NULL);
	r = names_match_new(names, &search->match);
	if (r < 0)
		return r;
	*ret_search = TAKE_PTR(search);
	return 0;
}

/* --- the thread --- */

static struct piece *next_piece(struct search *search)
{
	struct piece *piece = NULL;

	(void)pthread_mutex_lock(&search->lock);
	while (search->count == 0 && !search->over)
		(void)pthread_cond_wait(&search->changed, &search->lock);
	if (search->count > 0)
		piece = &search->pieces[search->first];
	(void)pthread_mutex_unlock(&search->lock);
	return piece;
}

static void give_back(struct search *search)
{
	(void)pthread_mutex_lock(&search->lock);
	search->first = (search->first + 1) % PIECES;
	search->count--;
	(void)pthread_cond_signal(&search->changed);
	(void)pthread_mutex_unlock(&search->lock);
}

static void *run(void *data)
{
	struct search *search = data;
	const struct piece *piece;

	if (search->confine(search->data) < 0)
		_exit(1);
	(void)pthread_mutex_lock(&search->lock);
	search->confined = true;
	(void)pthread_cond_signal(&search->changed);
	(void)pthread_mutex_unlock(&search->lock);
	while ((piece = next_piece(search))) {
		if (names_match_feed(search->match, piece->bytes, piece->size))
			atomic_store(&search->refused, true);
		give_back(search);
	}
	return NULL;
}

int search_beside(struct search *search, int (*confine)(void *data), void *data)
{
	pthread_attr_t attributes;
	int r = pthread_attr_init(&attributes);

	if (r != 0)
		return -r;
	search->confine = confine;
	search->data = data;
	r = pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (r == 0)
		r = pthread_create(&search->thread, &attributes, run, search);
	search->has_thread = r == 0;
	(void)pthread_attr_destroy(&attributes);
	(void)pthread_mutex_lock(&search->lock);
	while (search->has_thread && !search->confined)
		(void)pthread_cond_wait(&search->changed, &search->lock);
	(void)pthread_mutex_unlock(&search->lock);
	return -r;
}

/* --- feeding --- */

static void open_piece(struct search *search)
{
	search->pieces[search->open].size = 0;
	if (search->touched <= search->open)
		search->touched = search->open + 1;
}

static void publish(struct search *search)
{
	(void)pthread_mutex_lock(&search->lock);
	search->count++;
	(void)pthread_cond_signal(&search->changed);
	/* The next one to be filled must be empty. */
	while (search->count == PIECES)
		(void)pthread_cond_wait(&search->changed, &search->lock);
	(void)pthread_mutex_unlock(&search->lock);
	search->open = (search->open + 1) % PIECES;
	open_piece(search);
}

static void hand_over(struct search *search, const char *utf8, size_t size)
{
	while (size > 0) {
		struct piece *piece = &search->pieces[search->open];
		size_t n = PIECE - piece->size < size ? PIECE - piece->size : size;

		memcpy(piece->bytes + piece->size, utf8, n);
		piece->size += n;
		utf8 += n;
		size -= n;
		if (piece->size == PIECE)
			publish(search);
	}
}

/* Without memory for it, the search goes on as it began. */
static bool is_long(struct search *search, size_t size)
{
	search->fed += size;
	if (!search->pieces && search->has_thread && search->fed > ALONE) {
		search->pieces = malloc(PIECES * sizeof *search->pieces);
		if (search->pieces)
			open_piece(search);
	}
	return search->pieces;
}

bool search_feed(struct search *search, const char *utf8, size_t size)
{
	if (is_long(search, size)) {
		if (!atomic_load(&search->refused))
			hand_over(search, utf8, size);
	} else if (names_match_feed(search->match, utf8, size)) {
		atomic_store(&search->refused, true);
	}
	return atomic_load(&search->refused);
}

static void end_thread(struct search *search)
{
	if (!search->has_thread)
		return;
	(void)pthread_mutex_lock(&search->lock);
	search->over = true;
	(void)pthread_cond_signal(&search->changed);
	(void)pthread_mutex_unlock(&search->lock);
	(void)pthread_join(search->thread, NULL);
	search->has_thread = false;
}

bool search_end(struct search *search, struct inspect_answer *ret_answer)
{
	if (search->pieces) {
		publish(search);
		end_thread(search);
	}
	names_match_end(search->match, ret_answer);
	return atomic_load(&search->refused);
}

struct search *search_free(struct search *search)
{
	if (!search)
		return NULL;
	end_thread(search);
	names_match_free(search->match);
	for (size_t i = 0; i < search->touched; i++)
		explicit_bzero(search->pieces[i].bytes, PIECE);
	free(search->pieces);
	(void)pthread_mutex_destroy(&search->lock);
	(void)pthread_cond_destroy(&search->changed);
	free(search);
	return NULL;
}
