/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * libpam's rules for a stack (pam.conf(5)): each module's answer is looked up in its control, which says
 * whether it counts, ends the stack or jumps. See pam.h.
 */

#include "outing/pam.h"

#include "base/number.h"
#include "outing/ini.h"

#include <string.h>
#include <strings.h>

enum reply {
	REPLY_SUCCESS,
	REPLY_FAILURE,
	REPLY_IGNORE,
};

enum action {
	ACTION_IGNORE,
	ACTION_OK,
	ACTION_DONE,
	ACTION_BAD,
	ACTION_DIE,
	ACTION_RESET,
	ACTION_JUMP,
};

enum impression {
	IMPRESSION_NONE,
	IMPRESSION_GOOD,
	IMPRESSION_BAD,
};

struct walker {
	bool in_group;   /* tests for membership of a group succeed */
	bool trust_rest; /* modules that are not known succeed */
	bool empty;      /* the account has no password and pam_unix may accept that */
	const struct pam_line *group_test, *unknown, *opener;
};

/* Ask for a secret, a device or a finger; the person in mind has none. */
static const char *const asking[] = {"pam_deny", "pam_unix", "pam_unix2", "pam_pwdb", "pam_sss",
	"pam_sss_gss", "pam_ldap", "pam_krb5", "pam_winbind", "pam_systemd_home", "pam_fprintd", "pam_u2f",
	"pam_yubico", "pam_pkcs11", "pam_p11", "pam_poldi", "pam_google_authenticator", "pam_oath",
	"pam_rootok", "pam_wheel", "pam_ssh_agent_auth", "pam_userdb", "pam_tcb", "pam_gdm", "pam_extrausers",
	"pam_cockpit_cert", "pam_himmelblau", "pam_aad", "pam_thinkfinger"};

/* Prepare something and never decide. */
static const char *const neutral[] = {"pam_env", "pam_faildelay", "pam_group", "pam_cap", "pam_keyinit",
	"pam_gnome_keyring", "pam_kwallet", "pam_kwallet5", "pam_nologin", "pam_securetty", "pam_selinux",
	"pam_selinux_permit", "pam_mount", "pam_ecryptfs", "pam_faillock", "pam_tally", "pam_tally2",
	"pam_warn", "pam_shells", "pam_setcred", "pam_motd", "pam_lastlog", "pam_issue", "pam_apparmor",
	"pam_namespace", "pam_limits", "pam_umask", "pam_echo", "pam_fscrypt", "pam_zfs_key", "pam_loginuid",
	"pam_xauth", "pam_ck_connector", "pam_systemd", "pam_autologin", "pam_unix_cred"};

static bool is_among(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

static bool has_argument(const struct pam_line *line, const char *argument)
{
	const char *at = line->arguments;
	size_t size = strlen(argument);

	while ((at = strstr(at, argument))) {
		if (at[-1] == ' ' && at[size] == ' ')
			return true;
		at += size;
	}
	return false;
}

/* Some versions let everybody in who has not set the second secret up. */
static bool forgives(const struct pam_line *line)
{
	return (strcmp(line->module, "pam_u2f") == 0 && has_argument(line, "nouserok")) ||
	       (strcmp(line->module, "pam_google_authenticator") == 0 && has_argument(line, "nullok"));
}

static enum reply ask(struct walker *walker, const struct pam_line *line)
{
	const char *name = line->module;

	if (strcmp(name, "pam_permit") == 0) {
		walker->opener = line;
		return REPLY_SUCCESS;
	}
	if (strcmp(name, "pam_unix") == 0 && walker->empty &&
		(has_argument(line, "nullok") || has_argument(line, "nullok_secure")))
		return REPLY_SUCCESS;
	if (strcmp(name, "pam_faillock") == 0 && has_argument(line, "authfail"))
		return REPLY_FAILURE;
	if (strcmp(name, "pam_succeed_if") == 0 && strstr(line->arguments, " ingroup ")) {
		walker->group_test = line;
		return walker->in_group ? REPLY_SUCCESS : REPLY_FAILURE;
	}
	if (strcmp(name, "pam_usertype") == 0 || strcmp(name, "pam_localuser") == 0)
		return REPLY_SUCCESS;
	if (is_among(name, asking, ELEMENTS(asking)) && !forgives(line))
		return REPLY_FAILURE;
	if (is_among(name, neutral, ELEMENTS(neutral)))
		return REPLY_IGNORE;
	walker->unknown = line;
	return walker->trust_rest ? REPLY_SUCCESS : REPLY_FAILURE;
}

static enum action word_action(const char *word, unsigned *ret_jump)
{
	static const struct {
		const char *word;
		enum action action;
	} words[] = {
		{"ignore", ACTION_IGNORE},
		{"ok", ACTION_OK},
		{"done", ACTION_DONE},
		{"bad", ACTION_BAD},
		{"die", ACTION_DIE},
		{"reset", ACTION_RESET},
	};
	uint64_t jump;

	for (size_t i = 0; i < ELEMENTS(words); i++)
		if (strcasecmp(word, words[i].word) == 0)
			return words[i].action;
	if (number_parse_u64(word, &jump) < 0 || jump == 0 || jump > PAM_LINES_MAX)
		return ACTION_BAD;
	*ret_jump = (unsigned)jump;
	return ACTION_JUMP;
}

/* "success=ok new_authtok_reqd=ok ignore=ignore default=bad" */
static enum action bracket_action(const char *control, const char *reply, unsigned *ret_jump)
{
	char copy[sizeof((struct pam_line *)NULL)->control], *text = copy, *word;
	enum action action = ACTION_BAD;

	(void)snprintf(copy, sizeof copy, "%s", control);
	while ((word = ini_word(&text))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = 0;
		if (strcasecmp(word, reply) == 0)
			return word_action(value, ret_jump);
		if (strcasecmp(word, "default") == 0)
			action = word_action(value, ret_jump);
	}
	return action;
}

static enum action action_of(const struct pam_line *line, enum reply reply, unsigned *ret_jump)
{
	static const char *const keys[] = {"success", "auth_err", "ignore"};
	static const struct {
		const char *word;
		const char *meaning;
	} words[] = {
		{"required", "success=ok ignore=ignore default=bad"},
		{"requisite", "success=ok ignore=ignore default=die"},
		{"sufficient", "success=done ignore=ignore default=ignore"},
		{"optional", "success=ok ignore=ignore default=ignore"},
	};

	for (size_t i = 0; i < ELEMENTS(words); i++)
		if (strcasecmp(line->control, words[i].word) == 0)
			return bracket_action(words[i].meaning, keys[reply], ret_jump);
	return bracket_action(line->control, keys[reply], ret_jump);
}

struct result {
	enum impression impression;
	enum reply status;
};

/* True when the stack that the line belongs to is decided. */
static bool apply(struct result *result, enum action action, enum reply reply)
{
	switch (action) {
	case ACTION_OK:
	case ACTION_DONE:
		if (reply != REPLY_IGNORE &&
			(result->impression == IMPRESSION_NONE ||
				(result->impression == IMPRESSION_GOOD && result->status == REPLY_SUCCESS)))
			*result = (struct result){IMPRESSION_GOOD, reply};
		return action == ACTION_DONE && result->impression == IMPRESSION_GOOD;
	case ACTION_BAD:
	case ACTION_DIE:
		if (result->impression != IMPRESSION_BAD)
			*result = (struct result){IMPRESSION_BAD, REPLY_FAILURE};
		return action == ACTION_DIE;
	case ACTION_RESET:
		*result = (struct result){IMPRESSION_NONE, REPLY_FAILURE};
		return false;
	case ACTION_IGNORE:
	case ACTION_JUMP:
		return false;
	}
	return false;
}

static bool lets_in(const struct pam_stack *stack, struct walker *walker)
{
	struct result result = {IMPRESSION_NONE, REPLY_FAILURE};

	for (size_t i = 0; i < stack->count;) {
		const struct pam_line *line = &stack->line[i];
		enum reply reply = ask(walker, line);
		unsigned jump = 0;
		enum action action = action_of(line, reply, &jump);

		if (apply(&result, action, reply))
			i = line->end > i ? line->end : i + 1;
		else
			i += 1 + (action == ACTION_JUMP ? jump : 0);
	}
	return result.impression == IMPRESSION_GOOD && result.status == REPLY_SUCCESS;
}

static void name_group(const struct pam_line *test, char *ret_group)
{
	const char *at = strstr(test->arguments, " ingroup ") + strlen(" ingroup ");
	size_t size = strcspn(at, " ");

	(void)snprintf(ret_group, PAM_TEXT, "%.*s", (int)(size < PAM_TEXT ? size : PAM_TEXT - 1), at);
}

void pam_judge(const struct pam_stack *stack, struct pam_verdict *ret_verdict)
{
	struct walker plain = {0}, group = {.in_group = true}, trusting = {.trust_rest = true},
		      empty = {.empty = true};
	const struct pam_line *decided = NULL;

	*ret_verdict = (struct pam_verdict){.answer = PAM_ASKS};
	if (lets_in(stack, &plain)) {
		ret_verdict->answer = PAM_OPEN;
		decided = plain.opener;
	} else if (lets_in(stack, &trusting) && trusting.unknown) {
		ret_verdict->answer = PAM_UNCLEAR;
		decided = trusting.unknown;
	} else if (lets_in(stack, &group) && group.group_test) {
		ret_verdict->answer = PAM_GROUP;
		name_group(group.group_test, ret_verdict->group);
	}
	ret_verdict->nullok = lets_in(stack, &empty);
	if (decided)
		(void)snprintf(ret_verdict->module, PAM_TEXT, "%s", decided->module);
}

static int put_module(char *name, struct pam_line *line)
{
	char *slash = strrchr(name, '/');
	size_t size;

	if (slash)
		name = slash + 1;
	size = strlen(name);
	if (size > 3 && strcmp(name + size - 3, ".so") == 0)
		size -= 3;
	if (size == 0 || size >= sizeof line->module)
		return -EBADMSG;
	memcpy(line->module, name, size);
	line->module[size] = 0;
	return 0;
}

static int put_control(char **text, struct pam_line *line)
{
	char *word, *end;

	*text += strspn(*text, " \t");
	if (**text == '[') {
		word = *text + 1;
		end = strchr(word, ']');
		if (!end)
			return -EBADMSG;
		*end = 0;
		*text = end + 1;
	} else {
		word = ini_word(text);
	}
	if (!word || strlen(word) >= sizeof line->control)
		return -EBADMSG;
	(void)snprintf(line->control, sizeof line->control, "%s", word);
	return 0;
}

static int put_arguments(char *text, struct pam_line *line)
{
	size_t used = 1;
	const char *word;

	line->arguments[0] = ' ';
	line->arguments[1] = 0;
	while ((word = ini_word(&text))) {
		int n = snprintf(line->arguments + used, sizeof line->arguments - used, "%s ", word);

		if (n < 0 || (size_t)n >= sizeof line->arguments - used)
			return -EBADMSG;
		used += (size_t)n;
	}
	return 0;
}

static int parse_auth(char *text, struct pam_line *line)
{
	char *module;

	if (put_control(&text, line) < 0)
		return -EBADMSG;
	module = ini_word(&text);
	if (!module || put_module(module, line) < 0 || put_arguments(text, line) < 0)
		return -EBADMSG;
	if (strcasecmp(line->control, "include") == 0)
		return PAM_LINE_INCLUDE;
	return strcasecmp(line->control, "substack") == 0 ? PAM_LINE_SUBSTACK : PAM_LINE_AUTH;
}

int pam_parse_line(char *text, struct pam_line *ret_line)
{
	char *word;

	*ret_line = (struct pam_line){0};
	text[strcspn(text, "#")] = 0;
	word = ini_word(&text);
	if (!word)
		return PAM_LINE_OTHER;
	if (strcasecmp(word, "@include") == 0) {
		word = ini_word(&text);
		return word && put_module(word, ret_line) == 0 ? PAM_LINE_INCLUDE : -EBADMSG;
	}
	if (*word == '-')
		word++;
	return strcasecmp(word, "auth") == 0 ? parse_auth(text, ret_line) : PAM_LINE_OTHER;
}
