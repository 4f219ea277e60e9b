/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Own, then steal: what a scope acquires is released when the scope ends, unless it is taken out of it by
 * name.
 *
 * Every resource has one owner. A variable that owns something carries a cleanup attribute; handing the thing
 * to somebody else goes through TAKE_FD or TAKE_PTR, which leave the variable empty. This keeps error paths
 * free of hand-written undo ladders, which are where descriptors to other people's cards leak.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f)    __attribute__((cleanup(f)))
#define _printf_(f, a)  __attribute__((format(printf, f, a)))
#define _unused_        __attribute__((unused))
#define _noreturn_      __attribute__((noreturn))
#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/* Closes fd if it is open, keeps errno, always returns -1: fd = close_fd(fd). */
static inline int close_fd(int fd)
{
	if (fd >= 0) {
		int saved = errno;
		(void)close(fd);
		errno = saved;
	}
	return -1;
}

static inline void close_fdp(int *fd)
{
	*fd = close_fd(*fd);
}

static inline void freep(void *p)
{
	free(*(void **)p);
	*(void **)p = NULL;
}

static inline void fclosep(FILE **f)
{
	if (*f)
		(void)fclose(*f);
	*f = NULL;
}

#define _cleanup_close_  _cleanup_(close_fdp)
#define _cleanup_free_   _cleanup_(freep)
#define _cleanup_fclose_ _cleanup_(fclosep)

/* Makes the pointer-to-pointer form of a destructor that accepts NULL and returns NULL. */
#define DEFINE_CLEANUP(type, destructor)           \
	static inline void destructor##p(type **p) \
	{                                          \
		*p = destructor(*p);               \
	}                                          \
	struct destructor##_needs_semicolon

static inline int take_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

#define TAKE_FD(fd) take_fd(&(fd))
#define TAKE_PTR(p)                             \
	__extension__({                         \
		__typeof__(p) *_owner = &(p);   \
		__typeof__(p) _taken = *_owner; \
		*_owner = NULL;                 \
		_taken;                         \
	})
