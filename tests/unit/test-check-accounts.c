/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Passwords: which accounts can log in, what their hashes are worth, and which PAM stacks let people in who
 * know none. And the review: ages that are odd are said to be odd.
 */

#include "outing/check-accounts.h"
#include "outing/check-review.h"
#include "outing/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TODAY 20780

/* In the form of yescrypt and of DES; no password belongs to them. */
#define STRONG "$y$j9T$eVNiLHnkqPDAjTqzXLWD1.$d5wEGqx.xuLTjJDpwnSSFDRqYNVzSbMbBIiYHtbRIQ1"
#define DES    "abJnggxhB/yWI"

struct world {
	struct accounts accounts;
	struct finding *finding;
	struct trials *trials;
};

static int up(void **state)
{
	static struct world world;

	world = (struct world){{.uid_min = 1000, .uid_max = 60000}, finding_new(), NULL};
	*state = &world;
	return trials_open(NULL, &world.trials);
}

static int down(void **state)
{
	struct world *world = *state;

	world->trials = trials_close(world->trials);
	accounts_clear(&world->accounts);
	free(world->finding);
	return 0;
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, up, down)

static void fill(struct world *world, const char *passwd, const char *shadow, const char *group)
{
	_cleanup_free_ char *p = strdup(passwd), *s = strdup(shadow), *g = strdup(group);

	assert_int_equal(accounts_parse_passwd(&world->accounts, p), 0);
	assert_int_equal(accounts_parse_shadow(&world->accounts, s), 0);
	assert_int_equal(accounts_parse_group(&world->accounts, g), 0);
}

static enum check_verdict judge(struct world *world)
{
	check_accounts_judge(&world->accounts, world->trials, TODAY, true, world->finding);
	return world->finding->verdict;
}

#define PASSWD                                              \
	"root:x:0:0:root:/root:/bin/bash\n"                 \
	"daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n" \
	"sync:x:4:65534:sync:/bin:/bin/sync\n"              \
	"anna:x:1000:1000:Anna,,,:/home/anna:/bin/bash\n"

static void locked_root_and_good_password_pass(void **state)
{
	fill(*state, PASSWD,
		"root:!:20000:0:99999:7:::\ndaemon:*:20000:::::: \nanna:" STRONG ":20700:0:99999:7:::\n", "");
	assert_int_equal(judge(*state), CHECK_PASS);
	assert_non_null(strstr(((struct world *)*state)->finding->reason, "(1 account)"));
}

static void empty_password_fails_and_is_named(void **state)
{
	struct world *world = *state;

	fill(world, PASSWD, "root:*:20000::::::\ndaemon:*:::::::\nanna::20700:0:99999:7:::\n", "");
	assert_int_equal(judge(world), CHECK_FAIL);
	assert_non_null(strstr(world->finding->reason, "\"anna\""));
	assert_non_null(strstr(world->finding->fix, "technician"));
}

static void a_low_number_or_an_unlisted_shell_keeps_nobody_out(void **state)
{
	struct world *world = *state;

	fill(world, "kiosk:x:300:300::/srv:/opt/shells/special\n", "kiosk::20700::::::\n", "");
	assert_int_equal(judge(world), CHECK_FAIL);
}

static void a_password_in_passwd_itself_counts(void **state)
{
	fill(*state, "anna::1000:1000::/home/anna:\n", "anna:" STRONG ":20700::::::\n", "");
	assert_int_equal(judge(*state), CHECK_FAIL);
}

static void expired_and_shellless_accounts_do_not_count(void **state)
{
	struct world *world = *state;

	fill(world,
		"gone:x:1001:1001::/home/gone:/bin/bash\nservice:x:1002:1002::/srv:/usr/sbin/nologin\n"
		"soon:x:1003:1003::/home/soon:/bin/sh\n",
		"gone::20000:::::20779:\nservice::20000::::::\nsoon:!" STRONG ":20000:::::20781:\n", "");
	assert_int_equal(judge(world), CHECK_PASS);
	assert_false(account_may_log_in(accounts_find(&world->accounts, "gone"), TODAY));
	assert_true(account_may_log_in(accounts_find(&world->accounts, "soon"), TODAY));
}

static void outdated_hashes_are_weak(void **state)
{
	const char *const weak[] = {DES, "$1$abcdefgh$KAK1ZmbAkmsA2VOmPLFTf/",
		"$5$abcdefgh$uzYaB4NxH0mPLzXrCTnCHv4zDx2IKWXQZsQdaOkMrI4"};

	for (size_t i = 0; i < ELEMENTS(weak); i++)
		assert_int_equal(hash_strength(weak[i]), HASH_WEAK);
	assert_int_equal(hash_strength(STRONG), HASH_STRONG);
	assert_int_equal(hash_strength("$6$abcdefgh$x"), HASH_STRONG);
	assert_int_equal(hash_strength("$argon2id$v=19$m=1"), HASH_UNKNOWN);
	assert_string_equal(hash_method(DES), "DES");
	assert_string_equal(hash_method("$5$a$b"), "SHA-256");
	fill(*state, PASSWD, "root:*:1::::::\nanna:" DES ":20700::::::\n", "");
	assert_int_equal(judge(*state), CHECK_FAIL);
}

static void no_shadow_line_is_unknown(void **state)
{
	fill(*state, PASSWD, "root:*:1::::::\n", "");
	assert_int_equal(judge(*state), CHECK_UNKNOWN);
}

static void damaged_lines_are_refused(void **state)
{
	const char *const bad[] = {"anna:x:1000\n", "anna:x:ten:1000::/h:/bin/sh\n", ":x:1:1::/h:/bin/sh\n",
		"anna:x:4294967296:1::/h:/bin/sh\n", "a:b:1:2:c:d:e:f\n"};
	struct world *world = *state;

	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		_cleanup_free_ char *text = strdup(bad[i]);

		assert_int_equal(accounts_parse_passwd(&world->accounts, text), -EBADMSG);
	}
	assert_int_equal(world->accounts.count, 0);
}

static void groups_by_member_and_by_number(void **state)
{
	struct world *world = *state;
	const struct account *anna;

	fill(world, PASSWD, "",
		"sudo:x:27:bert,anna\nanna:x:1000:\nwheel:x:10:annabel,joanna\nplain:x:50:\n");
	anna = accounts_find(&world->accounts, "anna");
	assert_true(account_in_group(&world->accounts, anna, "sudo"));
	assert_true(account_in_group(&world->accounts, anna, "anna"));
	assert_false(account_in_group(&world->accounts, anna, "wheel"));
	assert_false(account_in_group(&world->accounts, anna, "plain"));
}

static void add_record(struct world *world, const char *text, int expected)
{
	_cleanup_js_ struct js *record = NULL;

	assert_int_equal(js_parse(text, strlen(text), &record), 0);
	assert_int_equal(accounts_add_record(&world->accounts, record, NULL), expected);
}

static void homed_records_count(void **state)
{
	struct world *world = *state;

	add_record(world,
		"{\"userName\":\"cleo\",\"uid\":60001,\"memberOf\":[\"sudo\"],"
		"\"lastPasswordChangeUSec\":1728000000000000,"
		"\"privileged\":{\"hashedPassword\":[\"" STRONG "\"]}}",
		0);
	assert_int_equal(judge(world), CHECK_PASS);
	assert_true(account_is_person(&world->accounts, &world->accounts.list[0]));
	assert_true(account_in_group(&world->accounts, &world->accounts.list[0], "sudo"));
	assert_int_equal(world->accounts.list[0].changed_day, 20000);
	add_record(world,
		"{\"userName\":\"dora\",\"uid\":60002,\"locked\":true,\"privileged\":{\"hashedPassword\":["
		"\"\"]}}",
		0);
	add_record(world, "{\"userName\":\"\",\"uid\":60003}", -EBADMSG);
	assert_int_equal(judge(world), CHECK_PASS);
	add_record(
		world, "{\"userName\":\"emil\",\"uid\":60004,\"privileged\":{\"hashedPassword\":[\"\"]}}", 0);
	assert_int_equal(judge(world), CHECK_FAIL);
}

static void network_accounts_are_named(void **state)
{
	struct world *world = *state;
	char text[] = "# comment sss\npasswd: files [NOTFOUND=continue] sss systemd\ngroup: files ldap\n";

	accounts_parse_nsswitch(&world->accounts, text);
	assert_true(world->accounts.network);
	assert_string_equal(world->accounts.network_source, "sss");
}

/* --- PAM --- */

static void stack_of(const char *text, struct pam_stack *stack)
{
	_cleanup_free_ char *copy = strdup(text);
	char *at = copy, *line;

	stack->count = 0;
	while ((line = strsep(&at, "\n"))) {
		int kind = pam_parse_line(line, &stack->line[stack->count]);

		assert_true(kind == PAM_LINE_AUTH || kind == PAM_LINE_OTHER);
		stack->count += kind == PAM_LINE_AUTH;
	}
	for (size_t i = 0; i < stack->count; i++)
		stack->line[i].end = stack->count;
}

static struct pam_verdict walk(const char *text)
{
	static struct pam_stack stack;
	struct pam_verdict verdict;

	stack_of(text, &stack);
	pam_judge(&stack, &verdict);
	return verdict;
}

#define DEBIAN                                                 \
	"auth [success=1 default=ignore] pam_unix.so nullok\n" \
	"auth requisite pam_deny.so\n"                         \
	"auth required pam_permit.so\n"

static void ordinary_stacks_ask(void **state)
{
	const char *const fedora = "auth required pam_env.so\n"
				   "auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular\n"
				   "auth [default=1 ignore=ignore success=ok] pam_localuser.so\n"
				   "auth sufficient pam_unix.so\n"
				   "auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular\n"
				   "auth sufficient pam_sss.so forward_pass\n"
				   "auth required pam_deny.so\n";

	assert_int_equal(walk(DEBIAN).answer, PAM_ASKS);
	assert_true(walk(DEBIAN).nullok);
	assert_int_equal(walk(fedora).answer, PAM_ASKS);
	assert_false(walk(fedora).nullok);
	assert_int_equal(
		walk("auth required pam_succeed_if.so user != root quiet_success\n" DEBIAN).answer, PAM_ASKS);
	assert_int_equal(walk("auth sufficient pam_rootok.so\n" DEBIAN).answer, PAM_ASKS);
	assert_int_equal(
		walk("auth optional pam_faildelay.so delay=3000000\nauth requisite pam_nologin.so\n" DEBIAN
		     "auth optional pam_group.so\n")
			.answer,
		PAM_ASKS);
	assert_int_equal(walk("").answer, PAM_ASKS);
}

static void a_requisite_refusal_is_final(void **state)
{
	assert_int_equal(walk("auth requisite pam_deny.so\nauth [default=reset] pam_permit.so\nauth required "
			      "pam_permit.so\n")
				 .answer,
		PAM_ASKS);
	assert_int_equal(walk("auth required pam_deny.so\nauth [default=reset] pam_permit.so\nauth required "
			      "pam_permit.so\n")
				 .answer,
		PAM_OPEN);
}

static void open_doors_are_found(void **state)
{
	assert_int_equal(walk("auth sufficient pam_permit.so\n" DEBIAN).answer, PAM_OPEN);
	assert_int_equal(walk("auth required pam_permit.so\n").answer, PAM_OPEN);
	assert_int_equal(walk("auth [success=done default=ignore] pam_permit.so\n" DEBIAN).answer, PAM_OPEN);
	/* somebody took the line with pam_deny out */
	assert_int_equal(
		walk("auth [success=1 default=ignore] pam_unix.so\nauth required pam_permit.so\n").answer,
		PAM_OPEN);
	assert_int_equal(walk("auth optional pam_unix.so\nauth required pam_permit.so\n").answer, PAM_OPEN);
}

static void groups_without_password_are_found(void **state)
{
	struct pam_verdict verdict =
		walk("auth sufficient pam_succeed_if.so user ingroup nopasswdlogin\n" DEBIAN);

	assert_int_equal(verdict.answer, PAM_GROUP);
	assert_string_equal(verdict.group, "nopasswdlogin");
	/* a test that only keeps people out opens nothing */
	assert_int_equal(
		walk("auth required pam_succeed_if.so user ingroup staff\n" DEBIAN).answer, PAM_ASKS);
}

static void unknown_modules_matter_only_where_they_decide(void **state)
{
	struct pam_verdict verdict = walk("auth sufficient pam_badge.so\n" DEBIAN);

	assert_int_equal(verdict.answer, PAM_UNCLEAR);
	/* A script of somebody's own may answer anything. */
	assert_int_equal(walk("auth sufficient pam_script.so\n" DEBIAN).answer, PAM_UNCLEAR);
	assert_int_equal(walk("auth optional pam_script.so\n" DEBIAN).answer, PAM_ASKS);
	/* It lets everybody in who has not registered a key. */
	assert_int_equal(walk("auth sufficient pam_u2f.so nouserok cue\n" DEBIAN).answer, PAM_UNCLEAR);
	assert_int_equal(walk("auth sufficient pam_u2f.so cue\n" DEBIAN).answer, PAM_ASKS);
	assert_int_equal(
		walk("auth sufficient pam_google_authenticator.so nullok\n" DEBIAN).answer, PAM_UNCLEAR);
	assert_string_equal(verdict.module, "pam_badge");
	assert_int_equal(walk("auth required pam_listfile.so item=user\n" DEBIAN).answer, PAM_ASKS);
}

static void members_of_such_a_group_fail(void **state)
{
	struct world *world = *state;
	struct pam_verdict verdict = {.answer = PAM_GROUP, .group = "nopasswdlogin"};

	fill(world, PASSWD, "root:*:1::::::\nanna:" STRONG ":20700::::::\n", "nopasswdlogin:x:120:\n");
	check_accounts_service(
		&world->accounts, "gdm-password", "the login screen", &verdict, TODAY, world->finding);
	assert_int_equal(world->finding->verdict, CHECK_PASS);
	fill(world, "", "", "nopasswdlogin:x:120:anna\n");
	check_accounts_service(
		&world->accounts, "gdm-password", "the login screen", &verdict, TODAY, world->finding);
	assert_int_equal(world->finding->verdict, CHECK_FAIL);
	assert_non_null(strstr(world->finding->reason, "\"anna\" needs no password at the login screen"));
}

/* --- trials --- */

static void outcomes_are_remembered_by_whole_lines(void **state)
{
	const char *text = "aaaa other\nbbbb empty\ncccc name\ndddd nonsense\n";

	assert_int_equal(trial_recall(text, "aaaa"), TRIAL_OTHER);
	assert_int_equal(trial_recall(text, "bbbb"), TRIAL_EMPTY);
	assert_int_equal(trial_recall(text, "cccc"), TRIAL_NAME);
	assert_int_equal(trial_recall(text, "dddd"), TRIAL_NOT_YET);
	assert_int_equal(trial_recall(text, "aaa"), TRIAL_NOT_YET);
	assert_int_equal(trial_recall(NULL, "aaaa"), TRIAL_NOT_YET);
}

/* --- the review --- */

#define DAY 86400LL
#define NOW (TODAY * DAY + 3600)

static enum check_verdict review(struct world *world, int64_t reviewed)
{
	memset(world->finding, 0, sizeof *world->finding);
	check_review_judge(reviewed, NOW, 365, world->finding);
	return world->finding->verdict;
}

static void a_review_has_its_time(void **state)
{
	struct world *world = *state;

	assert_int_equal(review(world, 0), CHECK_FAIL);
	assert_int_equal(review(world, NOW - 364 * DAY), CHECK_PASS);
	assert_int_equal(review(world, NOW - 366 * DAY), CHECK_FAIL);
	assert_int_equal(review(world, NOW), CHECK_PASS);
	assert_int_equal(review(world, NOW + 2 * DAY), CHECK_UNKNOWN);
}

static void odd_ages_are_said_to_be_odd(void **state)
{
	const struct {
		int64_t changed;
		const char *text;
	} cases[] = {{ACCOUNT_NO_DAY, "is not recorded"}, {0, "must be changed"},
		{TODAY + 5, "in the future"}, {TODAY - 1, "1 day ago"}, {TODAY - 400, "400 days ago"}};
	struct world *world = *state;

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct account account = {.name = "anna", .changed_day = cases[i].changed};

		world->finding->detail_count = 0;
		check_review_age(&account, TODAY, world->finding);
		assert_non_null(strstr(world->finding->detail[0], cases[i].text));
	}
}

/* --- findings --- */

static void a_finding_only_gets_worse(void **state)
{
	struct world *world = *state;
	_cleanup_js_ struct js *js = NULL;

	finding_pass(world->finding, "good");
	finding_unknown(world->finding, "fix 1", "unknown");
	finding_fail(world->finding, "fix 2", "bad");
	finding_unknown(world->finding, "fix 3", "unknown again");
	finding_fail(world->finding, "fix 4", "bad again");
	finding_pass(world->finding, "good");
	js = finding_json(world->finding, "passwords");
	assert_string_equal(js_get_string(js, "verdict"), "fail");
	assert_string_equal(
		js_get_string(js, "reason"), "bad There is 1 more like this; outing-check --all names all.");
	assert_string_equal(js_get_string(js, "fix"), "fix 2");
	assert_int_equal(js_length(js_get(js, "details")), 3);
}

static void names_are_made_fit_for_people(void **state)
{
	char name[FINDING_NAME], longest[200];

	assert_string_equal(finding_name("a\x1b[31mb\xff", name), "a?[31mb?");
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = 0;
	assert_true(strlen(finding_name(longest, name)) < FINDING_NAME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(locked_root_and_good_password_pass),
		WITH_WORLD(empty_password_fails_and_is_named),
		WITH_WORLD(a_low_number_or_an_unlisted_shell_keeps_nobody_out),
		WITH_WORLD(a_password_in_passwd_itself_counts),
		WITH_WORLD(expired_and_shellless_accounts_do_not_count),
		WITH_WORLD(outdated_hashes_are_weak),
		WITH_WORLD(no_shadow_line_is_unknown),
		WITH_WORLD(damaged_lines_are_refused),
		WITH_WORLD(groups_by_member_and_by_number),
		WITH_WORLD(homed_records_count),
		WITH_WORLD(network_accounts_are_named),
		cmocka_unit_test(ordinary_stacks_ask),
		cmocka_unit_test(a_requisite_refusal_is_final),
		cmocka_unit_test(open_doors_are_found),
		cmocka_unit_test(groups_without_password_are_found),
		cmocka_unit_test(unknown_modules_matter_only_where_they_decide),
		WITH_WORLD(members_of_such_a_group_fail),
		cmocka_unit_test(outcomes_are_remembered_by_whole_lines),
		WITH_WORLD(a_review_has_its_time),
		WITH_WORLD(odd_ages_are_said_to_be_odd),
		WITH_WORLD(a_finding_only_gets_worse),
		cmocka_unit_test(names_are_made_fit_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
