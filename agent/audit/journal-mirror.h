/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A copy of each audit entry in the system's journal: the whole line as OUTING_AUDIT, and its short fields as
 * OUTING_KEY=, so that `journalctl OUTING_NAME="Blue Room camera"` and the message catalog can use them;
 * OUTING_SUBJECT is the device's name, or its id when it has none. The journal is a second witness; the file
 * is the record. No other file includes sd-journal.h.
 */

#include "audit/events.h"

/* Never fails loudly and never waits for more than the socket: a machine without a journal has none. */
void journal_mirror_send(const struct audit_event_info *event, const char *line, size_t size);
