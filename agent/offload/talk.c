/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Sending, asking and waiting. See talk.h. One lock for the state, one that keeps questions apart. */

#include "offload/talk.h"

#include <pthread.h>
#include <string.h>

struct talk {
	int wire_fd;
	pthread_mutex_t lock, asking;
	pthread_cond_t changed;
	bool closed, have_begin;
	uint32_t question;          /* number of the next question */
	struct talk_found *answers; /* the asking thread's, while it waits */
	size_t asked, answered;
	uint64_t recorded;
	uint64_t syncs, replies;
	struct talk_counts counts;
	struct talk_begin begin;
};

int talk_new(int wire_fd, struct talk **ret_talk)
{
	struct talk *talk = calloc(1, sizeof *talk);

	if (!talk)
		return -ENOMEM;
	talk->wire_fd = wire_fd;
	(void)pthread_mutex_init(&talk->lock, NULL);
	(void)pthread_mutex_init(&talk->asking, NULL);
	(void)pthread_cond_init(&talk->changed, NULL);
	*ret_talk = talk;
	return 0;
}

struct talk *talk_free(struct talk *talk)
{
	if (!talk)
		return NULL;
	(void)pthread_cond_destroy(&talk->changed);
	(void)pthread_mutex_destroy(&talk->asking);
	(void)pthread_mutex_destroy(&talk->lock);
	free(talk);
	return NULL;
}

void talk_close(struct talk *talk)
{
	(void)pthread_mutex_lock(&talk->lock);
	talk->closed = true;
	(void)pthread_cond_broadcast(&talk->changed);
	(void)pthread_mutex_unlock(&talk->lock);
}

static void copy_text(char *to, struct offload_bytes from)
{
	memcpy(to, from.bytes, from.size);
	to[from.size] = 0;
}

/* Answers come in the order of the questions. */
static int take_answer(struct talk *talk, const struct wire_message *message)
{
	struct offload_answer answer;
	struct offload_bytes path;
	struct talk_found *found;
	int r = offload_parse_answer(message, &answer, &path);

	if (r < 0)
		return r;
	if (talk->answered == talk->asked ||
		answer.number != (uint32_t)(talk->question - talk->asked + talk->answered))
		return -EBADMSG;
	found = &talk->answers[talk->answered++];
	found->found = answer.found == 1;
	found->proven = answer.proven == 1;
	memcpy(found->sha512, answer.sha512, SHA512_SIZE);
	memcpy(found->xxh128, answer.xxh128, XXH128_SIZE);
	copy_text(found->path, path);
	return 0;
}

static int take_begin(struct talk *talk, const struct wire_message *message)
{
	struct offload_begin begin;
	struct offload_bytes text;
	int r = offload_parse_begin(message, &begin, &text);

	if (r < 0)
		return r;
	talk->begin.resume = begin.resume == 1;
	talk->begin.started = begin.started;
	copy_text(talk->begin.text, text);
	talk->have_begin = true;
	return 0;
}

static int take_recorded(struct talk *talk, const struct wire_message *message)
{
	struct offload_recorded recorded;
	int r = offload_parse_recorded(message, &recorded);

	if (r < 0 || talk->replies == talk->syncs)
		return -EBADMSG;
	talk->recorded = recorded.objects;
	talk->replies++;
	return 0;
}

int talk_receive(struct talk *talk, const struct wire_message *message)
{
	int r = -EBADMSG;

	(void)pthread_mutex_lock(&talk->lock);
	if (message->type == OFFLOAD_ANSWER)
		r = take_answer(talk, message);
	else if (message->type == OFFLOAD_BEGIN)
		r = take_begin(talk, message);
	else if (message->type == OFFLOAD_RECORDED)
		r = take_recorded(talk, message);
	if (message->type != OFFLOAD_ANSWER || talk->answered == talk->asked)
		(void)pthread_cond_broadcast(&talk->changed);
	(void)pthread_mutex_unlock(&talk->lock);
	return r;
}

int talk_send(struct talk *talk, enum offload_message type, const void *head, size_t head_size,
	const void *tail, size_t tail_size)
{
	return wire_send2(talk->wire_fd, type, head, head_size, tail, tail_size);
}

static void count(struct talk *talk, uint64_t *counter)
{
	(void)pthread_mutex_lock(&talk->lock);
	(*counter)++;
	(void)pthread_mutex_unlock(&talk->lock);
}

int talk_object(struct talk *talk, const struct walk_entry *entry, const struct mark *mark,
	const char *stored, enum offload_object_state state)
{
	char paths[2 * (OFFLOAD_PATH_MAX + 1)];
	size_t stored_size = strlen(stored);
	struct offload_object object = {
		.size = mark->size,
		.mtime = mark->mtime,
		.mtime_ns = mark->mtime_ns,
		.state = state,
		.path_size = (uint16_t)entry->path_size,
		.stored_size = (uint16_t)stored_size,
		.linked = (mark->flags & MARK_LINKED) != 0,
	};

	if (entry->path_size > OFFLOAD_PATH_MAX || stored_size > OFFLOAD_PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(object.sha512, mark->sha512, SHA512_SIZE);
	memcpy(object.xxh128, mark->xxh128, XXH128_SIZE);
	memcpy(paths, entry->path, entry->path_size);
	(void)memccpy(paths + entry->path_size, stored, 0, stored_size);
	count(talk, &talk->counts.objects);
	return talk_send(talk, OFFLOAD_OBJECT, &object, sizeof object, paths, entry->path_size + stored_size);
}

int talk_failed(struct talk *talk, enum offload_reason reason, int error, const struct mark *mark,
	const char *path, size_t path_size)
{
	struct offload_failed failed = {
		.reason = reason, .error = error, .size = mark ? mark->size : 0, .is_file = mark != NULL};

	count(talk, &talk->counts.failed);
	return talk_send(talk, OFFLOAD_FAILED, &failed, sizeof failed, path, path_size);
}

int talk_finding(struct talk *talk, enum offload_finding kind, const char *path, size_t path_size)
{
	struct offload_finding_head finding = {.kind = kind};

	count(talk, &talk->counts.findings);
	return talk_send(talk, OFFLOAD_FINDING, &finding, sizeof finding, path, path_size);
}

int talk_sync(struct talk *talk)
{
	count(talk, &talk->syncs);
	return talk_send(talk, OFFLOAD_SYNC, NULL, 0, NULL, 0);
}

int talk_wait_recorded(struct talk *talk)
{
	int r = talk_sync(talk);

	if (r < 0)
		return r;
	(void)pthread_mutex_lock(&talk->lock);
	while (!talk->closed && talk->replies != talk->syncs)
		(void)pthread_cond_wait(&talk->changed, &talk->lock);
	r = talk->closed ? -ECANCELED : talk->recorded == talk->counts.objects ? 0 : -EBADMSG;
	(void)pthread_mutex_unlock(&talk->lock);
	return r;
}

/* Under the lock. */
static int wait_for_answers(struct talk *talk)
{
	while (!talk->closed && talk->answered < talk->asked)
		(void)pthread_cond_wait(&talk->changed, &talk->lock);
	return talk->answered < talk->asked ? -ECANCELED : 0;
}

/* The tail goes with every question. */
static int ask(struct talk *talk, struct offload_query *queries, size_t count, struct offload_bytes tail,
	struct talk_found *ret_found)
{
	int r = 0;

	(void)pthread_mutex_lock(&talk->asking);
	(void)pthread_mutex_lock(&talk->lock);
	for (size_t i = 0; i < count; i++)
		queries[i].number = talk->question++;
	talk->answers = ret_found;
	talk->asked = count;
	talk->answered = 0;
	(void)pthread_mutex_unlock(&talk->lock);
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = talk_send(talk, OFFLOAD_QUERY, &queries[i], sizeof queries[i], tail.bytes, tail.size);
	(void)pthread_mutex_lock(&talk->lock);
	if (r >= 0)
		r = wait_for_answers(talk);
	talk->answers = NULL;
	talk->asked = talk->answered = 0;
	(void)pthread_mutex_unlock(&talk->lock);
	(void)pthread_mutex_unlock(&talk->asking);
	return r;
}

int talk_ask_path(struct talk *talk, const struct walk_entry *entry, struct talk_found *ret_found)
{
	struct offload_query query = {.kind = OFFLOAD_QUERY_PATH, .size = entry->size, .mtime = entry->mtime};
	struct offload_bytes path = {.bytes = entry->path, .size = entry->path_size};

	return ask(talk, &query, 1, path, ret_found);
}

int talk_ask_contents(
	struct talk *talk, const struct mark *const *marks, size_t count, struct talk_found *ret_found)
{
	struct offload_query queries[TALK_ASK_MAX] = {0};

	if (count > TALK_ASK_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		queries[i].kind = OFFLOAD_QUERY_CONTENT;
		queries[i].size = marks[i]->size;
		memcpy(queries[i].sha512, marks[i]->sha512, SHA512_SIZE);
	}
	return ask(talk, queries, count, (struct offload_bytes){0}, ret_found);
}

int talk_wait_begin(struct talk *talk, struct talk_begin *ret_begin)
{
	int r;

	(void)pthread_mutex_lock(&talk->lock);
	while (!talk->closed && !talk->have_begin)
		(void)pthread_cond_wait(&talk->changed, &talk->lock);
	r = talk->have_begin ? 0 : -ECANCELED;
	if (r >= 0)
		*ret_begin = talk->begin;
	(void)pthread_mutex_unlock(&talk->lock);
	return r;
}

struct talk_counts talk_counts(struct talk *talk)
{
	struct talk_counts counts;

	(void)pthread_mutex_lock(&talk->lock);
	counts = talk->counts;
	(void)pthread_mutex_unlock(&talk->lock);
	return counts;
}
