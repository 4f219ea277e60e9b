/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The worker process: receives its task, opens the source with the rights it was started with (a PTP device
 * is handed to it and needs none), gives them up, and then does the offload, answering its supervisor all the
 * while.
 *
 * It holds the source read-only, the vault's directory and its socket; nothing else. It never sees the state
 * database.
 */

#include "offload/io.h"

/* The whole life of a worker. Returns its exit code: 0 when it told its result, 1 otherwise. io: io_system
 * but in tests. */
int worker_run(int wire_fd, const struct io *io);
