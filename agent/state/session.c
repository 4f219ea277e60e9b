/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Placeholder until the functions of session.h are in: every call says -ENOSYS. */

#include "state/session.h"

#include <errno.h>

const char *session_state_name(enum session_state state)
{
	return "unknown";
}

const char *object_state_name(enum object_state state)
{
	return "unknown";
}

const char *session_outcome_sentence(enum session_outcome outcome)
{
	return "unknown";
}

int session_create(struct state *state, const struct session *wanted, struct session *ret_session)
{
	return -ENOSYS;
}

int session_load(struct state *state, const char *id, struct session *ret_session)
{
	return -ENOSYS;
}

int session_find_latest(
	struct state *state, const char *key, const char *insertion, struct session *ret_session)
{
	return -ENOSYS;
}

int session_find_resumable(struct state *state, const char *key, struct session *ret_session)
{
	return -ENOSYS;
}

int session_set_state(struct state *state, const char *id, enum session_state to, const char *reason)
{
	return -ENOSYS;
}

int session_resume(struct state *state, const char *id, const char *insertion)
{
	return -ENOSYS;
}

int session_set_vault_dir(struct state *state, const char *id, const char *vault_dir)
{
	return -ENOSYS;
}

int session_record_set(struct state *state, const char *id, const struct set_digest *set, uint64_t not_files)
{
	return -ENOSYS;
}

int session_objects_store(
	struct state *state, const char *id, const struct session_object *objects, size_t count)
{
	return -ENOSYS;
}

int session_objects_advance(
	struct state *state, const char *id, const char *const *paths, size_t count, enum object_state to)
{
	return -ENOSYS;
}

int session_object_find(struct state *state, const char *id, const char *path,
	int (*visit)(const struct session_object *object, void *data), void *data)
{
	return -ENOSYS;
}

int session_each_object(struct state *state, const char *id,
	int (*visit)(const struct session_object *object, void *data), void *data)
{
	return -ENOSYS;
}

int session_each_failure(struct state *state, const char *id,
	int (*visit)(const struct session_object *object, void *data), void *data)
{
	return -ENOSYS;
}

int session_totals(struct state *state, const char *id, struct session_totals *ret_totals)
{
	return -ENOSYS;
}

int session_each_content(struct state *state, const uint8_t sha512[static SHA512_SIZE], uint64_t size,
	unsigned limit, int (*visit)(const char *vault_dir, const char *stored, void *data), void *data)
{
	return -ENOSYS;
}

int session_each(struct state *state, const char *key, unsigned limit,
	int (*visit)(const struct session *session, void *data), void *data)
{
	return -ENOSYS;
}

int session_may_clear(struct state *state, const char *id, const char *insertion)
{
	return -ENOSYS;
}
