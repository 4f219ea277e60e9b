/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Whom the gate asks. It knows nothing about content itself: three questions, and only INSPECT_PASS lets
 * anything through.
 *
 * Each function may be called from several threads at once. A failure of the judge is its own answer
 * (INSPECT_REFUSE, INSPECT_UNREADABLE): there is no error that the gate could mistake for a pass.
 */

#include "inspect/verdict.h"

/* So many bytes from the start are offered to early(), at most. */
#define GATE_EARLY_BYTES 4096

struct gate_judge {
	void *data;
	/* The whole content, which does not change meanwhile; fd is borrowed, its offset is nobody's. */
	void (*ask)(void *data, int fd, const char *name, struct inspect_answer *ret);
	/* The name of a file or folder alone. Quick: in this process. */
	void (*title)(void *data, const char *name, struct inspect_answer *ret);
	/* 1: these first bytes are refused already, whatever follows; 0: needs the whole. Quick. */
	int (*early)(void *data, const void *bytes, size_t size, struct inspect_answer *ret);
};
