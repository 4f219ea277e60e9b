/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The confined half of a pool: the keeper, which holds loaded libraries and the table of names and forks, and
 * the worker, which looks into one file and ends. Beside a reader of documents there is a second thread,
 * under the same filter, that searches what was read for names (inspect/search.h).
 *
 * The keeper gives up its user and the file system once, before the first fork, and reads no file; opening
 * anything is refused. It may use no system call but those for its workers and what a worker may use: those
 * for memory, its own wire and the file it was given.
 */

#include "base/cleanup.h"

struct inspect_readers;

/* Serves the pool at the other end of socket until that is closed. readers: of documents and archives, or
 * NULL (inspect/inspect.h). 0, or a negative errno. */
int inspect_keeper_run(int socket, const struct inspect_readers *readers);
