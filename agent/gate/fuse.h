/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The gate as a file system, over libfuse3, whose header no other file includes.
 *
 * It decides nothing: every request goes to gate/gate.h and its answer back to the kernel.
 */

#include "base/cleanup.h"

struct gate;
struct gate_front;
struct node;

/* fuse_fd: an opened /dev/fuse that is mounted; owned by the front from now on. */
int gate_front_new(int fuse_fd, struct gate_front **ret_front);
struct gate_front *gate_front_free(struct gate_front *front);
DEFINE_CLEANUP(struct gate_front, gate_front_free);

/* Serves until the file system is unmounted. */
int gate_front_run(struct gate_front *front, struct gate *gate);

/* What the kernel remembers of a node is out of date (struct gate_options). */
void gate_front_forget(struct gate_front *front, struct node *node, struct node *parent, const char *name);
