/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Lines are kept until all are known, then each user specification is taken apart:
 * "users hosts = (runas) TAG: commands : hosts = commands". See sudoers.h.
 */

#include "outing/sudoers.h"

#include "outing/ini.h"

#include <ctype.h>
#include <string.h>

#define LINES_MAX 4096
#define LINE_MAX  8192
#define DEPTH_MAX 8
#define NAMES_MAX 256 /* visited while aliases are followed */

struct line {
	char *text;
	char *where;
};

struct sudoers {
	size_t count;
	struct line *lines;
};

int sudoers_new(struct sudoers **ret_sudoers)
{
	*ret_sudoers = calloc(1, sizeof **ret_sudoers);
	return *ret_sudoers ? 0 : -ENOMEM;
}

struct sudoers *sudoers_free(struct sudoers *sudoers)
{
	if (!sudoers)
		return NULL;
	for (size_t i = 0; i < sudoers->count; i++) {
		free(sudoers->lines[i].text);
		free(sudoers->lines[i].where);
	}
	free(sudoers->lines);
	free(sudoers);
	return NULL;
}

/* --- lines --- */

static int keep(struct sudoers *sudoers, const char *text, const char *where)
{
	struct line line;

	if (sudoers->count >= LINES_MAX)
		return -E2BIG;
	if ((sudoers->count & (sudoers->count - 1)) == 0) {
		size_t room = sudoers->count ? 2 * sudoers->count : 1;
		struct line *more = realloc(sudoers->lines, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		sudoers->lines = more;
	}
	line = (struct line){strdup(text), strdup(where)};
	if (!line.text || !line.where) {
		free(line.text);
		free(line.where);
		return -ENOMEM;
	}
	sudoers->lines[sudoers->count++] = line;
	return 0;
}

/* "#123" is a user by number, "#include" an include, any other # starts a comment. */
static void cut_comment(char *text)
{
	bool quoted = false;

	for (char *at = text; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (*at == '#' && !quoted && !isdigit((unsigned char)at[1])) {
			*at = 0;
			return;
		}
	}
}

static char *unquote(char *path)
{
	size_t size = strlen(path);

	if (size >= 2 && path[0] == '"' && path[size - 1] == '"') {
		path[size - 1] = 0;
		path++;
	}
	return path;
}

static const char *include_path(char *line, bool *ret_folder)
{
	static const struct {
		const char *word;
		bool folder;
	} words[] = {{"includedir", true}, {"include", false}};

	if (*line != '@' && *line != '#')
		return NULL;
	for (size_t i = 0; i < ELEMENTS(words); i++) {
		size_t size = strlen(words[i].word);

		if (strncmp(line + 1, words[i].word, size) == 0 &&
			(line[size + 1] == ' ' || line[size + 1] == '\t')) {
			*ret_folder = words[i].folder;
			return unquote(ini_trim(line + 1 + size));
		}
	}
	return NULL;
}

static void join_lines(char *text)
{
	while ((text = strstr(text, "\\\n")))
		text[0] = text[1] = ' ';
}

int sudoers_add(struct sudoers *sudoers, char *text, const char *where,
	int (*include)(const char *path, bool folder, void *data), void *data)
{
	char *line;
	int r = 0;

	join_lines(text);
	while (r == 0 && (line = ini_line(&text))) {
		const char *path;
		bool folder;

		line = ini_trim(line);
		path = include_path(line, &folder);
		if (path) {
			r = include(path, folder, data);
			continue;
		}
		cut_comment(line);
		line = ini_trim(line);
		if (*line)
			r = keep(sudoers, line, where);
	}
	return r;
}

/* --- lists --- */

/* The next element of a comma list, trimmed; *text moves on. Commas in quotes or behind \ do not count. */
static char *next_element(char **text)
{
	char *start = *text, *at = start;
	bool quoted = false;

	if (!start)
		return NULL;
	for (; *at && (quoted || *at != ','); at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '"')
			quoted = !quoted;
	}
	*text = *at ? at + 1 : NULL;
	*at = 0;
	return ini_trim(start);
}

static bool is_alias_name(const char *name)
{
	if (!isupper((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (!isupper((unsigned char)*name) && !isdigit((unsigned char)*name) && *name != '_')
			return false;
	return true;
}

/* "Cmnd_Alias A = x, y : B = z": what NAME stands for, copied. 1 found, 0 no such alias, -E2BIG. */
static int find_alias(const struct sudoers *sudoers, const char *kind, const char *name, char *ret_list)
{
	size_t kind_size = strlen(kind);

	for (size_t i = 0; i < sudoers->count; i++) {
		char copy[LINE_MAX], *at = copy, *definition;
		const char *text = sudoers->lines[i].text;

		if (strncmp(text, kind, kind_size) != 0 || !strchr(" \t", text[kind_size]))
			continue;
		if (strlen(text) >= sizeof copy)
			return -E2BIG;
		(void)snprintf(copy, sizeof copy, "%s", text + kind_size);
		while ((definition = strsep(&at, ":"))) {
			char *list = strchr(definition, '=');

			if (!list)
				continue;
			*list++ = 0;
			if (strcmp(ini_trim(definition), name) == 0) {
				(void)snprintf(ret_list, LINE_MAX, "%s", list);
				return 1;
			}
		}
	}
	return 0;
}

struct resolving {
	const struct sudoers *sudoers;
	struct grants *grants;
	const char *where;
	bool root_password;
	unsigned visited;
};

/* --- commands --- */

static bool gives_power(const char *command)
{
	static const char *const programs[] = {"apt", "apt-get", "aptitude", "dpkg", "gdebi", "synaptic",
		"dnf", "dnf5", "yum", "rpm", "zypper", "pacman", "apk", "flatpak", "snap", "pkcon", "pip",
		"pip3", "nix-env", "sh", "bash", "dash", "zsh", "fish", "su", "sudo", "env", "python3",
		"perl", "vi", "vim", "nano", "visudo", "sudoedit", "passwd", "usermod", "adduser", "chroot",
		"systemd-run", "tee", "cp", "mv", "install", "chmod", "chown", "less", "more", "man", "awk",
		"gawk", "mawk", "find", "xargs", "ed", "emacs", "python", "ruby", "lua", "php", "node",
		"busybox", "gdb", "script", "tar", "rsync", "dd", "ln", "mount", "nsenter", "unshare",
		"runuser", "setpriv", "crontab", "at", "docker", "podman", "lxc", "timeout", "nohup", "nice",
		"make", "git"};
	char path[512], *name;

	(void)snprintf(path, sizeof path, "%.*s", (int)strcspn(command, " \t"), command);
	if (strpbrk(path, "*?[^") || !*path || path[strlen(path) - 1] == '/')
		return true;
	name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	/* "python3.11" is a python3, "vim.tiny" a vim. */
	if (name != path && strchr(name, '.') && !strstr(name, ".py") && !strstr(name, ".sh"))
		*strchr(name, '.') = 0;
	for (size_t i = 0; i < ELEMENTS(programs); i++)
		if (strcmp(name, programs[i]) == 0)
			return true;
	return false;
}

/* "NOPASSWD: SETENV: /bin/x" and "sha256:abc /bin/x" */
static char *without_tags(char *command)
{
	static const char *const tags[] = {"EXEC:", "NOEXEC:", "FOLLOW:", "NOFOLLOW:", "LOG_INPUT:",
		"NOLOG_INPUT:", "LOG_OUTPUT:", "NOLOG_OUTPUT:", "MAIL:", "NOMAIL:", "INTERCEPT:",
		"NOINTERCEPT:", "PASSWD:", "NOPASSWD:", "SETENV:", "NOSETENV:"};
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < ELEMENTS(tags); i++) {
			size_t size = strlen(tags[i]);

			if (strncmp(command, tags[i], size) == 0) {
				command = ini_trim(command + size);
				again = true;
			}
		}
		if (strncmp(command, "sha", 3) == 0 && isdigit((unsigned char)command[3])) {
			command += strcspn(command, " \t");
			command = ini_trim(command);
			again = true;
		}
	}
	return command;
}

static bool commands_give_power(struct resolving *resolving, char *list, unsigned depth);

static bool alias_gives_power(struct resolving *resolving, const char *name, unsigned depth)
{
	char list[LINE_MAX];
	int r = depth < DEPTH_MAX && ++resolving->visited < NAMES_MAX
			? find_alias(resolving->sudoers, "Cmnd_Alias", name, list)
			: -ELOOP;

	if (r > 0)
		return commands_give_power(resolving, list, depth + 1);
	grants_unclear(resolving->grants, resolving->where);
	return false;
}

/* Options in front of commands: "TIMEOUT=10 CWD=/ TYPE=x" */
static char *without_options(char *command)
{
	for (;;) {
		size_t size = strspn(command, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

		if (size == 0 || command[size] != '=')
			return command;
		command = ini_trim(command + strcspn(command, " \t"));
	}
}

static bool commands_give_power(struct resolving *resolving, char *list, unsigned depth)
{
	char *command;
	bool power = false;

	while ((command = next_element(&list))) {
		command = without_tags(without_options(without_tags(command)));
		if (*command == '!' || !*command)
			continue;
		if (strcmp(command, "ALL") == 0)
			power = true;
		else if (is_alias_name(command))
			power |= alias_gives_power(resolving, command, depth);
		else
			power |= gives_power(command);
	}
	return power;
}

/* "(root : wheel)", "(ALL)", "(#0)", "(APPS)": an alias is taken for root. */
static bool runs_as_root(char *runas)
{
	char *name;
	bool empty = true;

	runas[strcspn(runas, ":")] = 0;
	while ((name = next_element(&runas))) {
		if (!*name)
			continue;
		empty = false;
		if (strcmp(name, "root") == 0 || strcmp(name, "#0") == 0 || is_alias_name(name))
			return true;
	}
	return empty;
}

/* One "hosts = (runas) commands" part, from behind the "=". A later (runas) holds for what follows it. */
static bool part_gives_power(struct resolving *resolving, char *text)
{
	bool as_root = true, power = false;

	while (text) {
		char *open = strchr(text, '('), *close = open ? strchr(open, ')') : NULL;

		if (open && !close) {
			grants_unclear(resolving->grants, resolving->where);
			return power;
		}
		if (open)
			*open = 0;
		if (as_root)
			power |= commands_give_power(resolving, text, 0);
		if (!open)
			break;
		*close = 0;
		as_root = runs_as_root(open + 1);
		text = close + 1;
	}
	return power;
}

/* --- who --- */

static void grant_users(struct resolving *resolving, char *list, unsigned depth);

static void grant_alias(struct resolving *resolving, const char *name, unsigned depth)
{
	char list[LINE_MAX];
	int r = depth < DEPTH_MAX && ++resolving->visited < NAMES_MAX
			? find_alias(resolving->sudoers, "User_Alias", name, list)
			: -ELOOP;

	if (r > 0)
		grant_users(resolving, list, depth + 1);
	else
		grants_unclear(resolving->grants, resolving->where);
}

static void grant_one(struct resolving *resolving, char *name, unsigned depth)
{
	struct grants *grants = resolving->grants;
	const char *where = resolving->where;

	name = unquote(name);
	if (!*name || *name == '!')
		return;
	if (strcmp(name, "ALL") == 0)
		grants_add(grants, GRANT_EVERYBODY, "", where);
	else if (*name == '+' || strncmp(name, "%:", 2) == 0)
		grants_unclear(grants, where);
	else if (strncmp(name, "%#", 2) == 0)
		grants_add(grants, GRANT_GID, name + 2, where);
	else if (*name == '%')
		grants_add(grants, GRANT_GROUP, unquote(name + 1), where);
	else if (*name == '#')
		grants_add(grants, GRANT_UID, name + 1, where);
	else if (is_alias_name(name))
		grant_alias(resolving, name, depth);
	else
		grants_add(grants, GRANT_USER, name, where);
}

static void grant_users(struct resolving *resolving, char *list, unsigned depth)
{
	char *name;

	while ((name = next_element(&list)))
		grant_one(resolving, name, depth);
}

/* The list of users ends where a name is followed by white space and not by a comma: the hosts begin. */
static char *end_of_users(char *text)
{
	bool quoted = false;

	for (char *at = text; *at; at++) {
		if (*at == '\\' && at[1]) {
			at++;
		} else if (*at == '"') {
			quoted = !quoted;
		} else if (!quoted && (*at == ' ' || *at == '\t')) {
			char *next = at + strspn(at, " \t");
			char *before = at;

			while (before > text && strchr(" \t", before[-1]))
				before--;
			if (*next != ',' && (before == text || before[-1] != ','))
				return at;
			at = next - 1;
		}
	}
	return NULL;
}

static bool is_definition(const char *text)
{
	static const char *const words[] = {
		"User_Alias", "Runas_Alias", "Host_Alias", "Cmnd_Alias", "Cmd_Alias"};

	if (strncmp(text, "Defaults", 8) == 0)
		return true;
	for (size_t i = 0; i < ELEMENTS(words); i++)
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* Is the colon at this place the end of a tag, as in "NOPASSWD:"? */
static bool is_tag_colon(const char *text, const char *colon)
{
	const char *start = colon;

	while (start > text && (isupper((unsigned char)start[-1]) || start[-1] == '_'))
		start--;
	return start < colon && (start == text || strchr(" \t,=)", start[-1]));
}

/* Cuts off the first of several "hosts = commands" parts; returns the rest, NULL when there is none. Colons
 * inside (runas), behind a backslash, in digests and in tags do not separate. */
static char *next_part(char *text)
{
	unsigned depth = 0;

	for (char *at = text; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '(')
			depth++;
		else if (*at == ')' && depth > 0)
			depth--;
		else if (*at == ':' && depth == 0 && strchr(at, '=') && !is_tag_colon(text, at)) {
			*at = 0;
			return at + 1;
		}
	}
	return NULL;
}

static bool any_part_gives_power(struct resolving *resolving, char *text)
{
	bool power = false;

	while (text) {
		char *rest = next_part(text), *commands = strchr(text, '=');

		if (!commands)
			grants_unclear(resolving->grants, resolving->where);
		else
			power |= part_gives_power(resolving, commands + 1);
		text = rest;
	}
	return power;
}

/* "Defaults targetpw": what is asked for is root's password, so a line gives nothing to those who do not know
 * it. */
static bool asks_for_root(const struct sudoers *sudoers)
{
	static const char *const words[] = {"targetpw", "rootpw"};
	bool asks = false;

	for (size_t i = 0; i < sudoers->count; i++) {
		const char *text = sudoers->lines[i].text;

		if (strncmp(text, "Defaults", 8) != 0 || !strchr(" \t", text[8]))
			continue;
		for (size_t w = 0; w < ELEMENTS(words); w++) {
			const char *at = strstr(text, words[w]);

			if (at)
				asks = at[-1] != '!';
		}
	}
	return asks;
}

static void resolve_line(struct resolving *resolving, const char *text)
{
	char copy[LINE_MAX], *rest;

	if (is_definition(text) || (resolving->root_password && !strstr(text, "NOPASSWD")))
		return;
	if (strlen(text) >= sizeof copy) {
		grants_unclear(resolving->grants, resolving->where);
		return;
	}
	(void)snprintf(copy, sizeof copy, "%s", text);
	rest = end_of_users(copy);
	if (!rest) {
		grants_unclear(resolving->grants, resolving->where);
		return;
	}
	*rest++ = 0;
	if (any_part_gives_power(resolving, rest))
		grant_users(resolving, copy, 0);
}

void sudoers_resolve(const struct sudoers *sudoers, struct grants *grants)
{
	bool root_password = asks_for_root(sudoers);

	for (size_t i = 0; i < sudoers->count; i++) {
		struct resolving resolving = {sudoers, grants, sudoers->lines[i].where, root_password, 0};

		resolve_line(&resolving, sudoers->lines[i].text);
	}
}
