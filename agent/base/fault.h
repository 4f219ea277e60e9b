/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Named places where a test may end the process as a power cut would.
 *
 * Built with OUTING_FAULTS (test builds only), fault_point() counts how often it is reached and kills the
 * process with SIGKILL at the count given by OUTING_FAULT_AT, if OUTING_FAULT_PROGRAM is unset or names this
 * program (log_set_program() spelling), and if OUTING_FAULT_POINT is unset or equals the point's name. With
 * OUTING_FAULT_COUNT set to a path, the number of points reached is appended to that file at exit, so a test
 * can first learn how many there are. Counting starts at fault_init(). OUTING_FAULT_PAUSE_MS makes every such
 * point take so long, so that a test finds a job in its middle on however fast a machine. In every other
 * build it is nothing at all.
 */

#ifdef OUTING_FAULTS
void fault_init(const char *program);
void fault_point(const char *name);
#else
static inline void fault_init(const char *program)
{
	(void)program;
}
static inline void fault_point(const char *name)
{
	(void)name;
}
#endif
