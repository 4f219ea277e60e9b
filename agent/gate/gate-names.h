/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The register of children's names on its way from where it lies to a gate's worker, which may not open
 * anything. For supervisors: a register that is there and cannot be opened is sent as exactly that, and the
 * worker then refuses everything.
 */

#include "base/cleanup.h"

/* Sends GATE_NAMES with what is in the folder of the installed register (NULL: that folder), or with two
 * files. May block for seconds, to unseal the key. 0 also when the register is broken, which is then logged;
 * a negative errno when it could not be sent. */
int gate_names_send(int wire_fd, const char *folder);
int gate_names_send_files(int wire_fd, const char *table, const char *key);
