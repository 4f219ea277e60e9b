/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Looking at messages of the other side. See protocol.h. Pure. */

#include "empty/protocol.h"

#include <string.h>

/* The fixed part; what is behind it counts rest bytes. */
static int head(const struct wire_message *m, uint32_t type, void *ret, size_t size, size_t rest_max)
{
	if (m->type != type || m->size < size || m->size - size > rest_max || m->fd_count > 0)
		return -EBADMSG;
	memcpy(ret, m->payload, size);
	return 0;
}

static bool is_path(const char *path, size_t size)
{
	if (size == 0 || strnlen(path, size) != size)
		return false;
	for (size_t at = 0; at <= size;) {
		size_t name = strcspn(path + at, "/");

		if (name == 0 || (path[at] == '.' && (name == 1 || (name == 2 && path[at + 1] == '.'))))
			return false;
		at += name + 1;
	}
	return true;
}

int empty_parse_object(
	const struct wire_message *m, uint32_t type, struct empty_object *ret, const char **ret_path)
{
	struct empty_object object;
	const char *path = (const char *)m->payload + sizeof object;

	if (head(m, type, &object, sizeof object, EMPTY_PATH_MAX) < 0)
		return -EBADMSG;
	if (!is_path(path, m->size - sizeof object) || object.size > INT64_MAX)
		return -EBADMSG;
	if ((type == EMPTY_PROBLEM) != (object.problem != PTP_PROBLEM_NONE) ||
		object.problem >= PTP_PROBLEM_COUNT || object.response > UINT16_MAX)
		return -EBADMSG;
	*ret = object;
	*ret_path = path;
	return 0;
}

int empty_parse_listed(const struct wire_message *m, struct empty_listed *ret)
{
	return head(m, EMPTY_LISTED, ret, sizeof *ret, 0);
}

int empty_parse_answer(const struct wire_message *m, struct empty_answer *ret)
{
	return head(m, EMPTY_ANSWER, ret, sizeof *ret, 0);
}

int empty_parse_outcome(const struct wire_message *m, struct empty_outcome_of *ret)
{
	struct empty_outcome_of outcome;

	if (head(m, EMPTY_OUTCOME, &outcome, sizeof outcome, 0) < 0 || outcome.removal >= PTP_REMOVAL_COUNT ||
		outcome.response > UINT16_MAX)
		return -EBADMSG;
	*ret = outcome;
	return 0;
}

int empty_parse_format(const struct wire_message *m, struct empty_format *ret)
{
	return head(m, EMPTY_MAY_FORMAT, ret, sizeof *ret, 0);
}

int empty_parse_format_outcome(const struct wire_message *m, struct empty_format_outcome *ret)
{
	struct empty_format_outcome outcome;

	if (head(m, EMPTY_FORMAT_OUTCOME, &outcome, sizeof outcome, 0) < 0 ||
		outcome.format >= PTP_FORMAT_COUNT || outcome.response > UINT16_MAX)
		return -EBADMSG;
	*ret = outcome;
	return 0;
}

int empty_parse_result(const struct wire_message *m, struct empty_result *ret, const char **ret_detail)
{
	struct empty_result result;

	if (head(m, EMPTY_RESULT, &result, sizeof result, EMPTY_DETAIL_MAX) < 0 ||
		result.outcome >= EMPTY_OUTCOME_COUNT || result.error > 4095)
		return -EBADMSG;
	*ret = result;
	*ret_detail = (const char *)m->payload + sizeof result;
	return 0;
}
