/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Parsing of the messages between offload worker and supervisor. Pure functions over one received message;
 * see protocol.h for what they promise. A parser fills its results only when the whole message is in order.
 */

#include "offload/protocol.h"

#include <string.h>

#define ERRNO_MAX 4095

static bool one_name_valid(const char *name, size_t size)
{
	if (size == 0)
		return false;
	if (name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.')))
		return false;
	return true;
}

bool offload_path_valid(const char *path, size_t size)
{
	size_t start = 0;

	if (size == 0 || size > OFFLOAD_PATH_MAX || memchr(path, 0, size))
		return false;
	for (size_t at = 0; at <= size; at++) {
		if (at < size && path[at] != '/')
			continue;
		if (!one_name_valid(path + start, at - start))
			return false;
		start = at + 1;
	}
	return true;
}

/* The fixed part of a message; the number of bytes behind it, or -EBADMSG. */
static ssize_t head(const struct wire_message *m, uint32_t type, void *ret, size_t size)
{
	if (m->type != type || m->size < size || m->size > WIRE_PAYLOAD_MAX)
		return -EBADMSG;
	memcpy(ret, m->payload, size);
	return (ssize_t)(m->size - size);
}

static int fixed(const struct wire_message *m, uint32_t type, void *ret, size_t size)
{
	return head(m, type, ret, size) == 0 ? 0 : -EBADMSG;
}

static struct offload_bytes tail(const struct wire_message *m, size_t offset, size_t size)
{
	return (struct offload_bytes){.bytes = (const char *)m->payload + offset, .size = size};
}

static bool text_valid(struct offload_bytes text, size_t max)
{
	return text.size <= max && !memchr(text.bytes, 0, text.size);
}

static bool path_valid(struct offload_bytes path)
{
	return offload_path_valid(path.bytes, path.size);
}

int offload_parse_start(const struct wire_message *m, struct offload_start *ret,
	struct offload_bytes *ret_source, struct offload_bytes *ret_user)
{
	struct offload_start start;
	struct offload_bytes source, user;
	ssize_t rest = head(m, OFFLOAD_START, &start, sizeof start);

	if (rest < 0 || rest != start.source_size + start.user_size || start.ask > 1 ||
		start.error > ERRNO_MAX)
		return -EBADMSG;
	source = tail(m, sizeof start, start.source_size);
	user = tail(m, sizeof start + source.size, start.user_size);
	if (source.size == 0 || !text_valid(source, OFFLOAD_SOURCE_MAX) ||
		!text_valid(user, OFFLOAD_USER_MAX))
		return -EBADMSG;
	*ret = start;
	*ret_source = source;
	*ret_user = user;
	return 0;
}

int offload_parse_begin(
	const struct wire_message *m, struct offload_begin *ret, struct offload_bytes *ret_text)
{
	struct offload_begin begin;
	ssize_t rest = head(m, OFFLOAD_BEGIN, &begin, sizeof begin);

	if (rest <= 0 || begin.resume > 1 ||
		!text_valid(tail(m, sizeof begin, (size_t)rest), OFFLOAD_DETAIL_MAX))
		return -EBADMSG;
	*ret = begin;
	*ret_text = tail(m, sizeof begin, (size_t)rest);
	return 0;
}

int offload_parse_session(const struct wire_message *m, struct offload_bytes *ret_path)
{
	if (m->type != OFFLOAD_SESSION || m->size > OFFLOAD_DETAIL_MAX || !path_valid(tail(m, 0, m->size)))
		return -EBADMSG;
	*ret_path = tail(m, 0, m->size);
	return 0;
}

int offload_parse_ready(
	const struct wire_message *m, struct offload_ready *ret, struct offload_bytes *ret_names)
{
	struct offload_ready ready;
	ssize_t rest = head(m, OFFLOAD_READY, &ready, sizeof ready);

	if (rest < 0 || ready.sandboxed > 1 || ready.partitions == 0 ||
		!text_valid(tail(m, sizeof ready, (size_t)rest), OFFLOAD_DETAIL_MAX))
		return -EBADMSG;
	*ret = ready;
	*ret_names = tail(m, sizeof ready, (size_t)rest);
	return 0;
}

int offload_parse_totals(const struct wire_message *m, struct offload_totals *ret)
{
	struct offload_totals totals;

	if (fixed(m, OFFLOAD_TOTALS, &totals, sizeof totals) < 0 || totals.files > OFFLOAD_ENTRY_MAX ||
		totals.folders > OFFLOAD_ENTRY_MAX || totals.findings > OFFLOAD_ENTRY_MAX)
		return -EBADMSG;
	*ret = totals;
	return 0;
}

int offload_parse_progress(const struct wire_message *m, struct offload_progress *ret)
{
	struct offload_progress progress;

	if (fixed(m, OFFLOAD_PROGRESS, &progress, sizeof progress) < 0 ||
		progress.phase >= OFFLOAD_PHASE_COUNT || progress.files_done > progress.files_total ||
		progress.bytes_done > progress.bytes_total)
		return -EBADMSG;
	*ret = progress;
	return 0;
}

int offload_parse_object(const struct wire_message *m, struct offload_object *ret,
	struct offload_bytes *ret_path, struct offload_bytes *ret_stored)
{
	struct offload_object object;
	ssize_t rest = head(m, OFFLOAD_OBJECT, &object, sizeof object);
	struct offload_bytes path, stored;

	if (rest < 0 || rest != object.path_size + object.stored_size ||
		object.state >= OFFLOAD_STATE_COUNT || object.linked > 1 || object.size > INT64_MAX ||
		object.mtime_ns > 999999999)
		return -EBADMSG;
	path = tail(m, sizeof object, object.path_size);
	stored = tail(m, sizeof object + path.size, object.stored_size);
	if (!path_valid(path) || !path_valid(stored))
		return -EBADMSG;
	*ret = object;
	*ret_path = path;
	*ret_stored = stored;
	return 0;
}

int offload_parse_failed(
	const struct wire_message *m, struct offload_failed *ret, struct offload_bytes *ret_path)
{
	struct offload_failed failed;
	ssize_t rest = head(m, OFFLOAD_FAILED, &failed, sizeof failed);

	/* A path that is too long to be kept is named as far as it goes. */
	if (rest < 0 || failed.reason == OFFLOAD_REASON_NONE || failed.reason >= OFFLOAD_REASON_COUNT ||
		failed.error < 0 || failed.error > UINT16_MAX || failed.is_file > 1 ||
		failed.size > INT64_MAX || !path_valid(tail(m, sizeof failed, (size_t)rest)))
		return -EBADMSG;
	*ret = failed;
	*ret_path = tail(m, sizeof failed, (size_t)rest);
	return 0;
}

int offload_parse_finding(
	const struct wire_message *m, struct offload_finding_head *ret, struct offload_bytes *ret_path)
{
	struct offload_finding_head finding;
	ssize_t rest = head(m, OFFLOAD_FINDING, &finding, sizeof finding);

	if (rest < 0 || finding.kind >= OFFLOAD_FINDING_COUNT ||
		!path_valid(tail(m, sizeof finding, (size_t)rest)))
		return -EBADMSG;
	*ret = finding;
	*ret_path = tail(m, sizeof finding, (size_t)rest);
	return 0;
}

int offload_parse_query(
	const struct wire_message *m, struct offload_query *ret, struct offload_bytes *ret_path)
{
	struct offload_query query;
	ssize_t rest = head(m, OFFLOAD_QUERY, &query, sizeof query);
	struct offload_bytes path;

	if (rest < 0 || query.kind >= OFFLOAD_QUERY_COUNT || query.size > INT64_MAX)
		return -EBADMSG;
	path = tail(m, sizeof query, (size_t)rest);
	if (query.kind == OFFLOAD_QUERY_PATH ? !path_valid(path) : path.size > 0)
		return -EBADMSG;
	*ret = query;
	*ret_path = path;
	return 0;
}

int offload_parse_answer(
	const struct wire_message *m, struct offload_answer *ret, struct offload_bytes *ret_path)
{
	struct offload_answer answer;
	ssize_t rest = head(m, OFFLOAD_ANSWER, &answer, sizeof answer);
	struct offload_bytes path;

	if (rest < 0 || answer.found > 1 || answer.proven > answer.found)
		return -EBADMSG;
	path = tail(m, sizeof answer, (size_t)rest);
	if (answer.found ? !path_valid(path) : path.size > 0)
		return -EBADMSG;
	*ret = answer;
	*ret_path = path;
	return 0;
}

int offload_parse_recorded(const struct wire_message *m, struct offload_recorded *ret)
{
	return fixed(m, OFFLOAD_RECORDED, ret, sizeof *ret);
}

int offload_parse_result(
	const struct wire_message *m, struct offload_result *ret, struct offload_bytes *ret_detail)
{
	struct offload_result result;
	ssize_t rest = head(m, OFFLOAD_RESULT, &result, sizeof result);

	if (rest < 0 || result.outcome >= OFFLOAD_OUTCOME_COUNT || result.error < 0 || result.error > 4095 ||
		result.manifest > 1 || !text_valid(tail(m, sizeof result, (size_t)rest), OFFLOAD_DETAIL_MAX))
		return -EBADMSG;
	*ret = result;
	*ret_detail = tail(m, sizeof result, (size_t)rest);
	return 0;
}

const char *offload_phase_name(enum offload_phase phase)
{
	static const char *const names[OFFLOAD_PHASE_COUNT] = {
		[OFFLOAD_PHASE_OPENING] = "opening",
		[OFFLOAD_PHASE_LOOKING] = "looking",
		[OFFLOAD_PHASE_COPYING] = "copying",
		[OFFLOAD_PHASE_VERIFYING] = "verifying",
		[OFFLOAD_PHASE_SEALING] = "sealing",
	};

	return phase < OFFLOAD_PHASE_COUNT ? names[phase] : "unknown";
}

const char *offload_reason_name(enum offload_reason reason)
{
	static const char *const names[OFFLOAD_REASON_COUNT] = {
		[OFFLOAD_REASON_NONE] = "no reason",
		[OFFLOAD_REASON_READ] = "it could not be read from the card",
		[OFFLOAD_REASON_VANISHED] = "it is listed on the card but cannot be opened",
		[OFFLOAD_REASON_SHORT] = "the card gave fewer bytes than the file should have",
		[OFFLOAD_REASON_CHANGED] = "it changed while it was being copied",
		[OFFLOAD_REASON_DIFFERS] = "the card gave different bytes when it was read a second time",
		[OFFLOAD_REASON_CACHED] = "it could not be read a second time from the card itself",
		[OFFLOAD_REASON_VAULT] = "its copy could not be written to the vault",
		[OFFLOAD_REASON_READ_BACK] = "its copy in the vault could not be read back unchanged",
		[OFFLOAD_REASON_NAME] = "its name or path is too long",
		[OFFLOAD_REASON_TWICE] = "the camera has another file of the same name in the same folder",
		[OFFLOAD_REASON_PLACE] = "the camera contradicts itself about the folder it lies in",
		[OFFLOAD_REASON_SIZE] = "the camera does not say how large it is",
	};

	return reason < OFFLOAD_REASON_COUNT ? names[reason] : "unknown";
}

const char *offload_finding_name(enum offload_finding finding)
{
	static const char *const names[OFFLOAD_FINDING_COUNT] = {
		[OFFLOAD_FINDING_SYMLINK] = "symbolic link",
		[OFFLOAD_FINDING_DEVICE] = "device file",
		[OFFLOAD_FINDING_FIFO] = "named pipe",
		[OFFLOAD_FINDING_SOCKET] = "socket",
		[OFFLOAD_FINDING_OTHER_MOUNT] = "other file system",
		[OFFLOAD_FINDING_PARTITION] = "partition with unknown content",
	};

	return finding < OFFLOAD_FINDING_COUNT ? names[finding] : "unknown";
}
