/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Accounts and PAM stacks of any bytes: the input is cut at lines "--" into passwd, shadow, group,
 * login.defs, nsswitch.conf, a user record and a PAM file. Whatever is accepted is judged, and names stay fit
 * for people.
 */

#include "base/utf8.h"
#include "outing/check-accounts.h"
#include "outing/check-review.h"

#include <string.h>

static char *next_file(char **rest)
{
	static char nothing[1];
	char *file = *rest ? *rest : nothing, *end = *rest ? strstr(*rest, "\n--\n") : NULL;

	if (*rest && strncmp(*rest, "--\n", 3) == 0) {
		*rest += 3;
		file = nothing;
	} else if (end) {
		end[1] = 0;
		*rest = end + 4;
	} else {
		*rest = NULL;
	}
	return file;
}

static void add_record(struct accounts *accounts, const char *text)
{
	_cleanup_js_ struct js *record = NULL;

	if (js_parse(text, strlen(text), &record) == 0 && js_is_object(record))
		(void)accounts_add_record(accounts, record, NULL);
}

static void walk(char *text)
{
	static struct pam_stack stack;
	struct pam_verdict verdict;
	char *line;

	stack.count = 0;
	while (stack.count < PAM_LINES_MAX && (line = strsep(&text, "\n")))
		stack.count += pam_parse_line(line, &stack.line[stack.count]) == PAM_LINE_AUTH;
	for (size_t i = 0; i < stack.count; i++)
		stack.line[i].end = stack.count;
	pam_judge(&stack, &verdict);
	if (stack.count == 0 && verdict.answer != PAM_ASKS)
		abort();
}

static void judge(const struct accounts *accounts)
{
	_cleanup_free_ struct finding *finding = finding_new();
	_cleanup_(trials_closep) struct trials *trials = NULL;

	if (!finding || trials_open(NULL, &trials) < 0)
		abort();
	check_accounts_judge(accounts, trials, 20780, true, finding);
	for (size_t i = 0; i < accounts->count; i++) {
		char name[FINDING_NAME];

		check_review_age(&accounts->list[i], 20780, finding);
		(void)finding_name(accounts->list[i].name, name);
		if (!utf8_valid(name, strlen(name)))
			abort();
		if (accounts->list[i].password == ACCOUNT_EMPTY &&
			account_may_log_in(&accounts->list[i], 20780) && finding->verdict != CHECK_FAIL)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_accounts_ struct accounts accounts = {.uid_min = 1000, .uid_max = 60000};
	_cleanup_free_ char *text = strndup((const char *)data, size);
	char *rest = text;

	if (!text)
		abort();
	(void)accounts_parse_passwd(&accounts, next_file(&rest));
	(void)accounts_parse_shadow(&accounts, next_file(&rest));
	(void)accounts_parse_group(&accounts, next_file(&rest));
	accounts_parse_login_defs(&accounts, next_file(&rest));
	accounts_parse_nsswitch(&accounts, next_file(&rest));
	add_record(&accounts, next_file(&rest));
	walk(next_file(&rest));
	judge(&accounts);
	return 0;
}
