/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The accounts of this computer, from its own files: passwd, shadow, group, login.defs, and the JSON records
 * of systemd-homed and userdb. The C library's databases are not asked: they would mix in the network and
 * cannot be pointed at a recorded computer.
 *
 * Who can log in: everybody whose shell is not one that only says no. A shell that /etc/shells does not list
 * does not keep anybody out (login does not ask that file), and neither does a low number, so both are
 * judged like the others. An account whose hash is locked or which has expired cannot log in.
 */

#include "base/cleanup.h"
#include "base/json.h"

#define ACCOUNT_TEXT 256
#define ACCOUNT_HASH 512
#define ACCOUNTS_MAX 4096

enum account_password {
	ACCOUNT_LOCKED,  /* "!", "*" or a record that says so: no password opens it */
	ACCOUNT_EMPTY,   /* no password at all */
	ACCOUNT_HASHED,  /* hash holds it */
	ACCOUNT_MISSING, /* passwd points to shadow, shadow has no such line */
};

#define ACCOUNT_NO_DAY INT64_MIN

struct account {
	char name[ACCOUNT_TEXT], home[ACCOUNT_TEXT], shell[ACCOUNT_TEXT];
	uint32_t uid, gid;
	bool homed; /* from a JSON record, not from passwd */
	enum account_password password;
	char hash[ACCOUNT_HASH];
	int64_t changed_day; /* days since 1970; ACCOUNT_NO_DAY: not recorded. 0: must be changed at login */
	int64_t expire_day;  /* ACCOUNT_NO_DAY: never */
};

struct account_group {
	char name[ACCOUNT_TEXT];
	uint32_t gid;
	char *members; /* ",anna,bert," */
};

struct accounts {
	size_t count;
	struct account *list;
	size_t group_count;
	struct account_group *groups;
	uint32_t uid_min; /* of people, from login.defs */
	uint32_t uid_max;
	bool network; /* nsswitch.conf names a source that is not on this computer */
	char network_source[ACCOUNT_TEXT];
};

/*
 * Reads all of it. 0, or a negative errno with *ret_path (static text) naming the file that could not be read
 * or understood. Missing shadow: ACCOUNT_MISSING for those that need it. Missing group file or login.defs:
 * none, the defaults.
 */
int accounts_load(const char *root, struct accounts *ret_accounts, const char **ret_path);
void accounts_clear(struct accounts *accounts);
#define _cleanup_accounts_ _cleanup_(accounts_clear)

const struct account *accounts_find(const struct accounts *accounts, const char *name);
const struct account *accounts_find_uid(const struct accounts *accounts, uint32_t uid);

/* Of a person: a number between UID_MIN and UID_MAX (or homed), and a shell. */
bool account_is_person(const struct accounts *accounts, const struct account *account);

/* By shell and expiry; says nothing of the password. today: days since 1970. */
bool account_may_log_in(const struct account *account, int64_t today);

/* As a member or by its primary group. */
bool account_in_group(const struct accounts *accounts, const struct account *account, const char *group);

/* The pure parts; text is cut in place. -EBADMSG for a line that is not understood, -E2BIG, -ENOMEM. */
int accounts_parse_passwd(struct accounts *accounts, char *text);
int accounts_parse_shadow(struct accounts *accounts, char *text);
int accounts_parse_group(struct accounts *accounts, char *text);
void accounts_parse_login_defs(struct accounts *accounts, char *text);
void accounts_parse_nsswitch(struct accounts *accounts, char *text);
/* A user record; privileged may be NULL (then the record's own "privileged" counts). */
int accounts_add_record(struct accounts *accounts, const struct js *record, const struct js *privileged);
