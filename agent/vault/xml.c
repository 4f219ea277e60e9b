/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * expat, kept small: a parser keeps an unfinished tag in memory, so the distance between what was fed and
 * what was understood is limited; a document type ends the reading at once.
 */

#include "vault/xml.h"

#include "base/fd.h"

#include <expat.h>
#include <string.h>

#define CHUNK 16384

struct reading {
	XML_Parser parser;
	const struct xml_events *events;
	unsigned depth;
	int result; /* first non-zero answer of a callback */
};

static void stop(struct reading *reading, int result)
{
	if (result == 0)
		return;
	if (reading->result == 0)
		reading->result = result;
	(void)XML_StopParser(reading->parser, XML_FALSE);
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct reading *reading = data;

	if (reading->result != 0)
		return;
	if (++reading->depth > XML_DEPTH_MAX)
		stop(reading, -EBADMSG);
	else
		stop(reading,
			reading->events->start(name, (const char *const *)attributes, reading->events->data));
}

static void XMLCALL on_end(void *data, const XML_Char *name)
{
	struct reading *reading = data;

	if (reading->result != 0)
		return;
	reading->depth--;
	stop(reading, reading->events->end(name, reading->events->data));
}

static void XMLCALL on_text(void *data, const XML_Char *bytes, int size)
{
	struct reading *reading = data;

	if (reading->result == 0)
		stop(reading, reading->events->text(bytes, (size_t)size, reading->events->data));
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
	const XML_Char *public_id, int has_internal_subset)
{
	stop(data, -EBADMSG);
}

static int parse_chunk(struct reading *reading, const char *bytes, size_t size, uint64_t fed)
{
	enum XML_Status status = XML_Parse(reading->parser, bytes, (int)size, size == 0);
	XML_Index understood;

	if (reading->result != 0)
		return reading->result;
	if (status != XML_STATUS_OK)
		return XML_GetErrorCode(reading->parser) == XML_ERROR_NO_MEMORY ? -ENOMEM : -EBADMSG;
	understood = XML_GetCurrentByteIndex(reading->parser);
	if (size > 0 && (understood < 0 ? fed : fed - (uint64_t)understood) > XML_TOKEN_MAX)
		return -EBADMSG;
	return 0;
}

static int parse_all(struct reading *reading, int fd, uint64_t max, struct sha512 *hash)
{
	char chunk[CHUNK];
	uint64_t fed = 0;

	for (;;) {
		ssize_t n = fd_read_full(fd, chunk, sizeof chunk);
		int r = n < 0 ? (int)n : 0;

		if (r < 0)
			return r;
		fed += (uint64_t)n;
		if (fed > max)
			return -EFBIG;
		if (hash && n > 0)
			r = sha512_update(hash, chunk, (size_t)n);
		if (r == 0)
			r = parse_chunk(reading, chunk, (size_t)n, fed);
		if (r != 0 || n == 0)
			return r;
	}
}

int xml_read(int fd, uint64_t max, struct sha512 *hash, const struct xml_events *events)
{
	struct reading reading = {.events = events};
	int r;

	reading.parser = XML_ParserCreateNS("UTF-8", ' ');
	if (!reading.parser)
		return -ENOMEM;
	XML_SetUserData(reading.parser, &reading);
	XML_SetElementHandler(reading.parser, on_start, on_end);
	XML_SetCharacterDataHandler(reading.parser, on_text);
	XML_SetStartDoctypeDeclHandler(reading.parser, on_doctype);
	r = parse_all(&reading, fd, max, hash);
	XML_ParserFree(reading.parser);
	return r;
}

const char *xml_attribute(const char *const *attributes, const char *name)
{
	for (; attributes[0]; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}
