/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A whole session with a device that answers anything: it is opened, scanned, read from and emptied as far as
 * it lets us, by the same calls that programs use.
 *
 * The bytes are a script: what comes in next (in answers whose transaction number is put right, so that the
 * depths are reached), or an event, a stall, an end. Whatever they say: no command goes out that names all
 * objects, nothing is deleted that was not described, in its own words, as the tree has it, and it all ends.
 */

#include "base/number.h"
#include "ptp/removal.h"

#include <string.h>

#define COMMANDS_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct script {
	const uint8_t *data;
	size_t left;
	uint32_t transaction;
	uint16_t operation;
	unsigned commands;
	uint8_t answer[4096];
	size_t answer_size, answer_at;
	uint32_t described; /* the object whose description was asked for last */
};

static void demand(bool kept)
{
	if (!kept)
		abort();
}

static uint8_t next(struct script *s)
{
	if (s->left == 0)
		return 0;
	s->left--;
	return *s->data++;
}

static size_t next_bytes(struct script *s, uint8_t *buffer, size_t size)
{
	size_t n = size < s->left ? size : s->left;

	if (n > 0)
		memcpy(buffer, s->data, n);
	s->data += n;
	s->left -= n;
	return n;
}

static int script_send(void *data, const void *bytes, size_t size, unsigned timeout_ms)
{
	struct script *s = data;
	const uint8_t *at = bytes;

	demand(size >= 12 && size == load_le32(at) && load_le16(at + 4) == PTP_COMMAND);
	s->operation = load_le16(at + 6);
	s->transaction = load_le32(at + 8);
	s->answer_size = s->answer_at = 0;
	if (s->operation == PTP_GET_OBJECT_INFO)
		s->described = load_le32(at + 12);
	demand(s->operation != PTP_FORMAT_STORE);
	if (s->operation == PTP_DELETE_OBJECT) {
		demand(size == 20 && load_le32(at + 16) == 0);
		demand(load_le32(at + 12) != 0 && load_le32(at + 12) != 0xffffffff);
		demand(load_le32(at + 12) == s->described);
	}
	return ++s->commands > COMMANDS_MAX ? -ENODEV : 0;
}

/* One container: its shape by the first byte, its content from the script. */
static void make_answer(struct script *s)
{
	uint8_t how = next(s), *head = s->answer;
	size_t size = next(s) | (how & 0x40 ? (size_t)next(s) << 8 : 0), n;
	unsigned type = how & 1 ? PTP_RESPONSE : PTP_DATA;

	n = next_bytes(s, s->answer + 12, size < sizeof s->answer - 12 ? size : sizeof s->answer - 12);
	store_le32(head, (uint32_t)(12 + n));
	store_le16(head + 4, (uint16_t)type);
	store_le16(head + 6, type == PTP_DATA ? s->operation
			     : how & 2        ? (uint16_t)(0x2000 | next(s))
					      : PTP_OK);
	store_le32(head + 8, s->transaction);
	s->answer_size = 12 + n;
	if (how & 0x80 && n > 0)
		head[next(s) % 12] = next(s);
	s->answer_at = 0;
}

static ssize_t script_receive(void *data, void *buffer, size_t size, bool *ret_end, unsigned timeout_ms)
{
	struct script *s = data;
	size_t n;

	*ret_end = false;
	if (s->answer_at == s->answer_size) {
		if (s->left == 0)
			return -ETIMEDOUT;
		make_answer(s);
	}
	n = s->answer_size - s->answer_at < size ? s->answer_size - s->answer_at : size;
	memcpy(buffer, s->answer + s->answer_at, n);
	s->answer_at += n;
	*ret_end = s->answer_at == s->answer_size;
	return (ssize_t)n;
}

static ssize_t script_event(void *data, uint8_t ret_bytes[static PTP_EVENT_BYTES], unsigned timeout_ms)
{
	struct script *s = data;
	static const uint8_t head[] = {16, 0, 0, 0, 4, 0, 2, 0x40, 0, 0, 0, 0};

	if (s->left == 0 || (*s->data & 0x3f) != 0x3f)
		return 0;
	memcpy(ret_bytes, head, sizeof head);
	ret_bytes[6] = next(s);
	return (ssize_t)(12 + next_bytes(s, ret_bytes + 12, 4));
}

static int script_request_out(void *data, enum ptp_request request, const void *bytes, size_t size)
{
	return 0;
}

static ssize_t script_request_in(void *data, enum ptp_request request, void *buffer, size_t size)
{
	return (ssize_t)next_bytes(data, buffer, size < 4 ? size : 4);
}

static int script_clear(void *data)
{
	return 0;
}

static void read_one(struct ptp *ptp, const struct ptp_object *object)
{
	uint8_t buffer[512];
	uint64_t total = 0;
	ssize_t n;

	if (ptp_read_begin(ptp, object->handle, object->size) != 0)
		return;
	while ((n = ptp_read(ptp, buffer, sizeof buffer)) > 0)
		total += (uint64_t)n;
	if (n == 0 && ptp_read_end(ptp) == 0)
		demand(object->size == PTP_SIZE_UNKNOWN || total == object->size);
}

static void remove_one(struct ptp_tree *tree, struct ptp_object *object)
{
	char path[PTP_PATH_MAX + 1] = "";
	struct ptp_recorded recorded = {.path = path, .size = object->size, .protected_too = true};
	_cleanup_(ptp_proof_freep) struct ptp_proof *proof = NULL;
	unsigned response;

	(void)ptp_tree_path(tree, object, path);
	if (ptp_prove(tree, object, &recorded, &proof, &response) != PTP_REMOVED)
		return;
	demand(!ptp_object_is_folder(object) && object->problem == PTP_PROBLEM_NONE);
	if (ptp_remove(&proof, &response) == PTP_REMOVED)
		demand(response == 0 && object->removed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script script = {.data = data, .left = size};
	const struct ptp_transport transport = {&script, script_send, script_receive, script_event,
		script_request_out, script_request_in, script_clear, script_clear};
	_cleanup_(ptp_freep) struct ptp *ptp = NULL;
	_cleanup_(ptp_tree_freep) struct ptp_tree *tree = NULL;

	if (ptp_new(&transport, &ptp) < 0 || ptp_open(ptp) != 0 || ptp_tree_read(ptp, NULL, NULL, &tree) != 0)
		return 0;
	for (size_t i = 0; i < tree->count && i < 4; i++)
		read_one(ptp, &tree->objects[i]);
	for (size_t i = 0; i < tree->count && i < 8; i++)
		remove_one(tree, &tree->objects[i]);
	return 0;
}
