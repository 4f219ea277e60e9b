/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Fault points of test builds. See fault.h. Never part of an installed program. */

#include "base/fault.h"

#ifdef OUTING_FAULTS

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/number.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

static atomic_uint_fast64_t reached;
static uint64_t kill_at, pause_ms;
static const char *only_point;
static int count_fd = -1;

static void report_count(void)
{
	char line[32];
	int n = snprintf(line, sizeof line, "%llu\n", (unsigned long long)atomic_load(&reached));

	(void)!write(count_fd, line, (size_t)n);
}

void fault_init(const char *program)
{
	const char *only_program = getenv("OUTING_FAULT_PROGRAM"), *at = getenv("OUTING_FAULT_AT");
	const char *count_path = getenv("OUTING_FAULT_COUNT"), *pause = getenv("OUTING_FAULT_PAUSE_MS");

	if (only_program && strcmp(only_program, program) != 0)
		return;
	atomic_store(&reached, 0);
	only_point = getenv("OUTING_FAULT_POINT");
	if (at && number_parse_u64(at, &kill_at) < 0)
		abort();
	if (pause && (number_parse_u64(pause, &pause_ms) < 0 || pause_ms > 10000))
		abort();
	if (!count_path)
		return;
	count_fd = open(count_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (count_fd < 0 || atexit(report_count) != 0)
		abort();
}

void fault_point(const char *name)
{
	if (only_point && strcmp(only_point, name) != 0)
		return;
	if (pause_ms > 0)
		(void)poll(NULL, 0, (int)pause_ms);
	if (atomic_fetch_add(&reached, 1) + 1 == kill_at)
		(void)kill(getpid(), SIGKILL);
}

#else
typedef int fault_is_not_built;
#endif
