/* SPDX-License-Identifier: GPL-3.0-or-later */

/* agetty's options, then systemd's files. See getty.h. */

#include "outing/getty.h"

#include "outing/ini.h"
#include "outing/rootfs.h"

#include <string.h>

/* --- one command --- */

#define WITH_VALUE "aCdfHIloPrtw"

/* systemd's quoting, as far as it matters here. */
static char *next_word(char **text)
{
	char *from = *text + strspn(*text, " \t"), *to = from, *word = from, quote = 0;

	if (!*from)
		return NULL;
	for (; *from && (quote || !strchr(" \t", *from)); from++) {
		if (quote ? *from == quote : *from == '"' || *from == '\'')
			quote = quote ? 0 : *from;
		else
			*to++ = *from;
	}
	*text = *from ? from + 1 : from;
	*to = 0;
	return word;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* login -f NAME believes that somebody else has asked for the password. */
static bool options_skip_password(const char *options)
{
	for (const char *at = options; (at = strstr(at, "-f")); at++)
		if (at == options || at[-1] == ' ')
			return true;
	return false;
}

static enum getty_answer judge_option(char option, const char *value)
{
	if (option == 'a')
		return GETTY_AUTOLOGIN;
	if (option == 'o' && value && options_skip_password(value))
		return GETTY_AUTOLOGIN;
	if (option == 'l' && value && strcmp(base_name(value), "login") != 0)
		return GETTY_NO_LOGIN;
	return GETTY_ASKS;
}

static enum getty_answer judge_short(const char *letters, char **rest)
{
	for (; *letters; letters++) {
		enum getty_answer answer;
		const char *value = NULL;
		bool takes = strchr(WITH_VALUE, *letters);

		if (takes)
			value = letters[1] ? letters + 1 : next_word(rest);
		answer = judge_option(*letters, value);
		if (answer != GETTY_ASKS || takes)
			return answer;
	}
	return GETTY_ASKS;
}

/* getopt_long() accepts any unambiguous beginning. */
static enum getty_answer judge_long(char *name, char **rest)
{
	static const struct {
		const char *name;
		size_t least;
		char option;
	} known[] = {{"autologin", 1, 'a'}, {"login-program", 7, 'l'}, {"login-options", 7, 'o'}};
	char *value = strchr(name, '=');
	size_t size;

	if (value)
		*value++ = 0;
	size = strlen(name);
	for (size_t i = 0; i < ELEMENTS(known); i++)
		if (size >= known[i].least && strncmp(known[i].name, name, size) == 0)
			return judge_option(known[i].option, value ? value : next_word(rest));
	return GETTY_ASKS;
}

static bool asks_itself(const char *program)
{
	return strstr(program, "getty") || strcmp(program, "login") == 0 || strcmp(program, "sulogin") == 0 ||
	       strcmp(program, "kmscon") == 0;
}

enum getty_answer getty_judge_command(char *command)
{
	enum getty_answer answer = GETTY_ASKS;
	char *word;

	/* -, @, :, + and ! before the path are systemd's. */
	command += strspn(command, "-@:+!| \t");
	word = next_word(&command);
	if (!word)
		return GETTY_ASKS;
	if (!asks_itself(base_name(word)))
		return GETTY_NO_LOGIN;
	while (answer == GETTY_ASKS && (word = next_word(&command))) {
		if (strncmp(word, "--", 2) == 0 && word[2])
			answer = judge_long(word + 2, &command);
		else if (word[0] == '-' && word[1] && word[1] != '-')
			answer = judge_short(word + 1, &command);
	}
	return answer;
}

/* --- all units --- */

/* What systemd prefers comes first. */
static const char *const folders[] = {"/etc/systemd/system", "/run/systemd/system",
	"/run/systemd/generator.early", "/run/systemd/generator", "/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator.late"};

#define UNIT_NAME   128
#define UNITS_MAX   128
#define DROPINS_MAX 64

struct name_set {
	size_t count;
	char name[UNITS_MAX][UNIT_NAME];
};

struct unit_commands {
	enum getty_answer worst;
};

static int add_name(struct name_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->name[i], name) == 0)
			return 0;
	if (set->count >= UNITS_MAX || strlen(name) >= UNIT_NAME)
		return -E2BIG;
	(void)snprintf(set->name[set->count++], UNIT_NAME, "%s", name);
	return 0;
}

static bool is_getty(const char *name)
{
	return (strstr(name, "getty@") || strncmp(name, "autovt@", 7) == 0 ||
		       strncmp(name, "console-getty.", 14) == 0) &&
	       strncmp(name, "container-getty@", 16) != 0;
}

/* "getty@.service" and "getty@tty1.service.d" both name a unit. */
static int find_units(const char *root, struct name_set *set, char *path)
{
	int r = 0;

	for (size_t f = 0; f < ELEMENTS(folders) && r >= 0; f++) {
		_cleanup_names_ struct rootfs_names names = {0};

		(void)rootfs_path(path, "%s", folders[f]);
		r = rootfs_list(root, folders[f], "", &names);
		if (r == -ENOENT)
			r = 0;
		for (size_t i = 0; r == 0 && i < names.count; i++) {
			char *end = strstr(names.name[i], ".service");

			if (!end || !is_getty(names.name[i]))
				continue;
			end += strlen(".service");
			if (*end == 0 || strcmp(end, ".d") == 0) {
				*end = 0;
				r = add_name(set, names.name[i]);
			}
		}
	}
	return r;
}

static int take_command(const char *section, const char *key, const char *value, void *data)
{
	struct unit_commands *commands = data;
	char line[2048];
	enum getty_answer answer;

	if (strcmp(section, "Service") != 0 || strcmp(key, "ExecStart") != 0 || !value)
		return 0;
	if (!*value) {
		commands->worst = GETTY_ASKS;
		return 0;
	}
	if ((size_t)snprintf(line, sizeof line, "%s", value) >= sizeof line)
		return -EBADMSG;
	answer = getty_judge_command(line);
	if (answer > commands->worst)
		commands->worst = answer;
	return 0;
}

static void join_lines(char *text)
{
	while ((text = strstr(text, "\\\n")))
		text[0] = text[1] = ' ';
}

/* 1 when it was there, 0 when not. A link to /dev/null hides what other folders hold of that name. */
static int read_unit(const char *root, const char *path, struct unit_commands *commands)
{
	_cleanup_free_ char *text = NULL;
	char target[ROOTFS_PATH];
	int r;

	if (rootfs_link(root, path, target, sizeof target) == 0 && strcmp(target, "/dev/null") == 0)
		return 1;
	r = rootfs_text(root, path, &text);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	join_lines(text);
	r = ini_each(text, take_command, commands);
	return r < 0 ? r : 1;
}

static int read_first(const char *root, const char *name, struct unit_commands *commands, char *path)
{
	int r = 0;

	for (size_t f = 0; f < ELEMENTS(folders) && r == 0; f++) {
		if (!rootfs_path(path, "%s/%s", folders[f], name))
			return -ENAMETOOLONG;
		r = read_unit(root, path, commands);
	}
	return r;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Drop-ins of a unit, whatever folder they lie in, in the order of their names. */
static int read_dropins(const char *root, const char *unit, struct unit_commands *commands, char *path)
{
	_cleanup_free_ struct name_set *set = calloc(1, sizeof *set);
	int r = set ? 0 : -ENOMEM;

	for (size_t f = 0; f < ELEMENTS(folders) && r == 0; f++) {
		_cleanup_names_ struct rootfs_names names = {0};

		if (!rootfs_path(path, "%s/%s.d", folders[f], unit))
			return -ENAMETOOLONG;
		r = rootfs_list(root, path, ".conf", &names);
		if (r == -ENOENT)
			r = 0;
		for (size_t i = 0; r == 0 && i < names.count; i++)
			r = add_name(set, names.name[i]);
	}
	if (r < 0)
		return r;
	qsort(set->name, set->count, sizeof set->name[0], by_text);
	for (size_t i = 0; i < set->count && r >= 0; i++) {
		char name[2 * UNIT_NAME + 8];

		(void)snprintf(name, sizeof name, "%s.d/%s", unit, set->name[i]);
		r = read_first(root, name, commands, path);
	}
	return r < 0 ? r : 0;
}

static int judge_unit(const char *root, const char *unit, enum getty_answer *ret_answer, char *path)
{
	struct unit_commands commands = {GETTY_ASKS};
	const char *at = strchr(unit, '@');
	char template[UNIT_NAME] = "";
	int r = read_first(root, unit, &commands, path);

	if (at && strcmp(at, "@.service") != 0) {
		(void)snprintf(template, sizeof template, "%.*s@.service", (int)(at - unit), unit);
		if (r == 0)
			r = read_first(root, template, &commands, path);
		if (r >= 0)
			r = read_dropins(root, template, &commands, path);
	}
	if (r >= 0)
		r = read_dropins(root, unit, &commands, path);
	*ret_answer = commands.worst;
	return r < 0 ? r : 0;
}

int getty_each(const char *root, int (*visit)(const char *unit, enum getty_answer answer, void *data),
	void *data, char *ret_path)
{
	_cleanup_free_ struct name_set *units = calloc(1, sizeof *units);
	int r = units ? find_units(root, units, ret_path) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < units->count; i++) {
		enum getty_answer answer;

		r = judge_unit(root, units->name[i], &answer, ret_path);
		if (r == 0)
			r = visit(units->name[i], answer, data);
	}
	return r;
}
