/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the supervisor may ask of a worker that serves: another register of names, a manager's exception. One
 * thread reads its wire; whatever it cannot make sense of ends the listening, not the gate.
 */

#include "base/wire.h"
#include "gate/gate.h"
#include "gate/judge-inspect.h"

struct orders;

/* A GATE_NAMES message. -EBADMSG when it is none; a register that cannot be used is logged and is no error.
 */
int orders_take_names(struct judge_inspect *judge, const struct wire_message *message);

/* A gate's allowed() for a worker: sends GATE_ALLOWED, and waits for a supervisor that is slow. */
void orders_answer(int wire_fd, uint64_t ticket, const char *path, int error);

/* What the listening needs; before the sandbox is closed. Nothing is taken over. */
int orders_new(int wire_fd, struct judge_inspect *judge, struct orders **ret_orders);

/* Starts to listen, until the supervisor closes its end or orders_free(). */
int orders_start(struct orders *orders, struct gate *gate);

/* Waits for the order that is being carried out. */
struct orders *orders_free(struct orders *orders);
DEFINE_CLEANUP(struct orders, orders_free);
