/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One refusal, as the agent's signal CopyRefused tells it. Pure.
 *
 * A path that the agent does not give must not be shown, because the name itself was refused, or is one of
 * many.
 */

#include "base/json.h"

enum refusal_kind {
	REFUSAL_PHOTO = 0,
	REFUSAL_FILM,
	REFUSAL_SOUND,
	REFUSAL_DOCUMENT,    /* children's names are in it */
	REFUSAL_UNREADABLE,  /* could not be looked through */
	REFUSAL_NAME,        /* of the file or folder itself */
	REFUSAL_TOO_LARGE,   /* to be looked at before it is copied */
	REFUSAL_CROWDED,     /* too much at once */
	REFUSAL_NOT_WRITTEN, /* by the stick */
};
#define REFUSAL_KINDS 9

#define REFUSAL_OTHER 1 /* a well-formed signal that tells of no refusal */

struct refusal {
	enum refusal_kind kind;
	uint32_t uid; /* whose program it was; UINT32_MAX: not known */
	bool allowable;
	uint32_t count; /* how many it stands for, at least 1; one with a path stands for that path */
	const char *device;
	const char *name;     /* of the device; NULL: none */
	const char *path;     /* from the top of the medium; NULL: none to show */
	const char *sentence; /* "" when there is none */
};

/* Texts are borrowed from the tree. 0, REFUSAL_OTHER or -EINVAL. */
int refusal_read(const struct js *signal, struct refusal *ret_refusal);
