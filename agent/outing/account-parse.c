/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The formats of passwd(5), shadow(5), group(5), login.defs(5), nsswitch.conf(5) and user records. Pure. */

#include "base/number.h"
#include "outing/account.h"
#include "outing/ini.h"

#include <string.h>

#define FIELDS_MAX  9
#define USEC_A_DAY  (86400ULL * 1000000)
#define NOBODY_UID  65534
#define RECORD_LAST 0xfffffffeU

static int put_text(char *to, size_t room, const char *from)
{
	size_t size = strlen(from);

	if (size >= room)
		return -EBADMSG;
	memcpy(to, from, size + 1);
	return 0;
}

static size_t split(char *line, char *field[static FIELDS_MAX])
{
	size_t count = 0;

	while (line && count < FIELDS_MAX)
		field[count++] = strsep(&line, ":");
	return line ? 0 : count;
}

static int parse_id(const char *text, uint32_t *ret_id)
{
	uint64_t value;

	if (number_parse_u64(text, &value) < 0 || value > UINT32_MAX)
		return -EBADMSG;
	*ret_id = (uint32_t)value;
	return 0;
}

/* A negative number of days means "never" or "not recorded", like an empty field. */
static int parse_day(const char *text, int64_t *ret_day)
{
	uint64_t value;

	*ret_day = ACCOUNT_NO_DAY;
	if (!*text || *text == '-')
		return 0;
	if (number_parse_u64(text, &value) < 0 || value > INT32_MAX)
		return -EBADMSG;
	*ret_day = (int64_t)value;
	return 0;
}

static int set_hash(struct account *account, const char *hash)
{
	account->hash[0] = 0;
	if (!*hash) {
		account->password = ACCOUNT_EMPTY;
		return 0;
	}
	if (*hash == '!' || *hash == '*') {
		account->password = ACCOUNT_LOCKED;
		return 0;
	}
	account->password = ACCOUNT_HASHED;
	return put_text(account->hash, sizeof account->hash, hash);
}

static int add_account(struct accounts *accounts, const struct account *account)
{
	if (accounts->count >= ACCOUNTS_MAX)
		return -E2BIG;
	if ((accounts->count & (accounts->count - 1)) == 0) {
		size_t room = accounts->count ? 2 * accounts->count : 1;
		struct account *more = realloc(accounts->list, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		accounts->list = more;
	}
	accounts->list[accounts->count++] = *account;
	return 0;
}

static int parse_passwd_line(struct accounts *accounts, char *line)
{
	struct account account = {.changed_day = ACCOUNT_NO_DAY, .expire_day = ACCOUNT_NO_DAY};
	char *field[FIELDS_MAX];

	if (split(line, field) != 7 || !*field[0])
		return -EBADMSG;
	if (put_text(account.name, sizeof account.name, field[0]) < 0 ||
		put_text(account.home, sizeof account.home, field[5]) < 0 ||
		put_text(account.shell, sizeof account.shell, *field[6] ? field[6] : "/bin/sh") < 0 ||
		parse_id(field[2], &account.uid) < 0 || parse_id(field[3], &account.gid) < 0)
		return -EBADMSG;
	if (strcmp(field[1], "x") == 0)
		account.password = ACCOUNT_MISSING;
	else if (set_hash(&account, field[1]) < 0)
		return -EBADMSG;
	return add_account(accounts, &account);
}

static void note_network(struct accounts *accounts, const char *source)
{
	if (!accounts->network)
		(void)snprintf(accounts->network_source, sizeof accounts->network_source, "%s", source);
	accounts->network = true;
}

int accounts_parse_passwd(struct accounts *accounts, char *text)
{
	char *line;
	int r = 0;

	while (r == 0 && (line = ini_line(&text))) {
		if (*line == '+' || *line == '-')
			note_network(accounts, "NIS");
		else if (*line && *line != '#')
			r = parse_passwd_line(accounts, line);
	}
	return r;
}

static struct account *find(struct accounts *accounts, const char *name)
{
	for (size_t i = 0; i < accounts->count; i++)
		if (strcmp(accounts->list[i].name, name) == 0)
			return &accounts->list[i];
	return NULL;
}

/* The first line of a name counts, as for the C library. Lines of nobody do not matter. */
static int parse_shadow_line(struct accounts *accounts, char *line)
{
	struct account *account;
	char *field[FIELDS_MAX];
	size_t count = split(line, field);

	if (count < 2)
		return -EBADMSG;
	account = find(accounts, field[0]);
	if (!account || account->password != ACCOUNT_MISSING)
		return 0;
	if (set_hash(account, field[1]) < 0)
		return -EBADMSG;
	if (count > 2 && parse_day(field[2], &account->changed_day) < 0)
		return -EBADMSG;
	if (count > 7 && parse_day(field[7], &account->expire_day) < 0)
		return -EBADMSG;
	return 0;
}

int accounts_parse_shadow(struct accounts *accounts, char *text)
{
	char *line;
	int r = 0;

	while (r == 0 && (line = ini_line(&text)))
		if (*line && *line != '#' && *line != '+' && *line != '-')
			r = parse_shadow_line(accounts, line);
	return r;
}

static int add_group(struct accounts *accounts, const char *name, uint32_t gid, const char *members)
{
	struct account_group *group;

	if (accounts->group_count >= ACCOUNTS_MAX)
		return -E2BIG;
	if ((accounts->group_count & (accounts->group_count - 1)) == 0) {
		size_t room = accounts->group_count ? 2 * accounts->group_count : 1;
		struct account_group *more = realloc(accounts->groups, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		accounts->groups = more;
	}
	group = &accounts->groups[accounts->group_count];
	if (put_text(group->name, sizeof group->name, name) < 0)
		return -EBADMSG;
	group->gid = gid;
	if (asprintf(&group->members, ",%s,", members) < 0)
		return -ENOMEM;
	accounts->group_count++;
	return 0;
}

int accounts_parse_group(struct accounts *accounts, char *text)
{
	char *line;
	int r = 0;

	while (r == 0 && (line = ini_line(&text))) {
		char *field[FIELDS_MAX];
		uint32_t gid;

		if (!*line || *line == '#' || *line == '+' || *line == '-')
			continue;
		if (split(line, field) != 4 || !*field[0] || parse_id(field[2], &gid) < 0)
			return -EBADMSG;
		r = add_group(accounts, field[0], gid, field[3]);
	}
	return r;
}

void accounts_parse_login_defs(struct accounts *accounts, char *text)
{
	char *line;

	while ((line = ini_line(&text))) {
		const char *key = ini_word(&line), *value = key ? ini_word(&line) : NULL;
		uint32_t id;

		if (!value || parse_id(value, &id) < 0)
			continue;
		if (strcmp(key, "UID_MIN") == 0)
			accounts->uid_min = id;
		else if (strcmp(key, "UID_MAX") == 0)
			accounts->uid_max = id;
	}
}

static bool is_local_source(const char *source)
{
	static const char *const local[] = {
		"files", "compat", "systemd", "db", "altfiles", "extrausers", "homed", "mymachines"};

	for (size_t i = 0; i < ELEMENTS(local); i++)
		if (strcmp(source, local[i]) == 0)
			return true;
	return *source == '[' || strchr(source, ']') || strchr(source, '=');
}

void accounts_parse_nsswitch(struct accounts *accounts, char *text)
{
	char *line;

	while ((line = ini_line(&text))) {
		const char *word;

		line[strcspn(line, "#")] = 0;
		word = ini_word(&line);
		if (!word || strcmp(word, "passwd:") != 0)
			continue;
		while ((word = ini_word(&line)))
			if (!is_local_source(word))
				note_network(accounts, word);
	}
}

static int record_text(const struct js *record, const char *key, const char *otherwise, char *to, size_t room)
{
	const char *value = js_get_string(record, key);

	return put_text(to, room, value ? value : otherwise);
}

static int record_password(struct account *account, const struct js *record, const struct js *privileged)
{
	const struct js *hashes;
	bool locked = false;

	if (!privileged)
		privileged = js_get(record, "privileged");
	hashes = privileged ? js_get(privileged, "hashedPassword") : NULL;
	account->password = ACCOUNT_LOCKED;
	if (js_get_bool(record, "locked", &locked) == 0 && locked)
		return 0;
	for (size_t i = 0; js_is_array(hashes) && i < js_length(hashes); i++) {
		const char *hash = js_string(js_at(hashes, i));

		if (!hash || set_hash(account, hash) < 0)
			return -EBADMSG;
		if (account->password != ACCOUNT_LOCKED)
			break;
	}
	return 0;
}

static void record_days(struct account *account, const struct js *record)
{
	uint64_t usec;

	account->changed_day = account->expire_day = ACCOUNT_NO_DAY;
	if (js_get_u64(record, "lastPasswordChangeUSec", &usec) == 0)
		account->changed_day = (int64_t)(usec / USEC_A_DAY);
	if (js_get_u64(record, "notAfterUSec", &usec) == 0 && usec != UINT64_MAX)
		account->expire_day = (int64_t)(usec / USEC_A_DAY);
}

int accounts_add_record(struct accounts *accounts, const struct js *record, const struct js *privileged)
{
	struct account account = {.homed = true};
	const struct js *groups = js_get(record, "memberOf");
	uint64_t uid = NOBODY_UID, gid;
	int r;

	if (record_text(record, "userName", "", account.name, sizeof account.name) < 0 || !account.name[0] ||
		record_text(record, "homeDirectory", "", account.home, sizeof account.home) < 0 ||
		record_text(record, "shell", "/bin/bash", account.shell, sizeof account.shell) < 0)
		return -EBADMSG;
	(void)js_get_u64(record, "uid", &uid);
	gid = uid;
	(void)js_get_u64(record, "gid", &gid);
	if (uid > RECORD_LAST || gid > RECORD_LAST)
		return -EBADMSG;
	account.uid = (uint32_t)uid;
	account.gid = (uint32_t)gid;
	record_days(&account, record);
	r = record_password(&account, record, privileged);
	if (r < 0 || find(accounts, account.name))
		return r;
	r = add_account(accounts, &account);
	for (size_t i = 0; r == 0 && js_is_array(groups) && i < js_length(groups); i++) {
		const char *name = js_string(js_at(groups, i));

		if (name)
			r = add_group(accounts, name, UINT32_MAX, account.name);
	}
	return r;
}
