/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Reading XML 1.0 as a stream of events, over expat; no other file includes its header.
 *
 * Bounded: no document type (so no entities of its own and nothing external), at most XML_DEPTH_MAX elements
 * inside each other, no single tag longer than XML_TOKEN_MAX, UTF-8 only. Names carry their namespace and a
 * space in front ("urn:ASC:MHL:v2.0 hash").
 */

#include "base/cleanup.h"
#include "base/sha512.h"

#define XML_DEPTH_MAX 32
#define XML_TOKEN_MAX (128 * 1024)

struct xml_events {
	/* Each returns 0 to go on; anything else ends the reading and is returned by xml_read(). */
	int (*start)(
		const char *name, const char *const *attributes, void *data); /* name, value, ..., NULL */
	int (*end)(const char *name, void *data);
	int (*text)(const char *bytes, size_t size, void *data); /* may come in pieces */
	void *data;
};

/* Reads fd to its end; every byte goes into hash too, unless that is NULL. -EBADMSG: not well-formed or
 * against the bounds; -EFBIG: more than max bytes; read errors. */
int xml_read(int fd, uint64_t max, struct sha512 *hash, const struct xml_events *events);

/* Value of an attribute, or NULL. */
const char *xml_attribute(const char *const *attributes, const char *name);
