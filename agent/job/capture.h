/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A short question put to another program of ours: run it, take what it prints, hand both over.
 *
 * For work that the agent must not do itself (walking device-mapper tables, hashing the whole audit log) and
 * that ends by itself. What it prints is limited; a program that runs into the time limit is killed. Never
 * used with anything that comes from a device.
 */

#include "job/loop.h"

#define CAPTURE_TEXT_MAX (256 * 1024)

struct capture;

/* exit_status as process_wait() gives it, -ETIMEDOUT when it was too slow, -EFBIG when it said too much. text
 * is borrowed, NUL-terminated. The callee frees the capture. */
typedef void (*capture_done)(struct capture *capture, int exit_status, const char *text, void *data);

int capture_start(struct loop *loop, const char *const *argv, uint64_t timeout_ms, capture_done done,
	void *data, struct capture **ret_capture);

/* The same; fd (-1: none) is open as descriptor 3 in the program, which is the only one to read from it, and
 * only what it prints on stdout is taken. */
int capture_start_with(struct loop *loop, const char *const *argv, int fd, uint64_t timeout_ms,
	capture_done done, void *data, struct capture **ret_capture);

/* Kills what still runs, without a call of done(). */
struct capture *capture_free(struct capture *capture);
DEFINE_CLEANUP(struct capture, capture_free);
