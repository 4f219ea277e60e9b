/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Lines for the technician: to stderr, with the syslog priority prefix when systemd reads it, plain
 * otherwise.
 *
 * This is not the audit log (audit/audit.h): a line here may be lost. Nothing that came from a card (file
 * names, volume labels) and no child's name is ever passed to these functions. Library code logs at debug
 * only; programs log once, at the edge, where the error is known and handled.
 */

#include "base/cleanup.h"

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* Lines above this level are dropped. Default LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

/* Name put before each line when stderr is not the journal; the pointer is kept. */
void log_set_program(const char *program);

void log_line(enum log_level level, const char *format, ...) _printf_(2, 3);

/* As log_line(), followed by ": " and the text of the errno value; error may be negative or positive. */
void log_errno(enum log_level level, int error, const char *format, ...) _printf_(3, 4);

#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)  log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
