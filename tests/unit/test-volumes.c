/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The program that judges disks, waited for within limits. */

#include "check/volumes.h"
#include "folder.h"

#include "base/fd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LEAF(verdict)                                                                \
	"{\"device\": \"/dev/sda1\", \"used_for\": [\"/\"], \"verdict\": \"" verdict \
	"\", \"reason\": \"x\", \"fix\": \"\", "                                     \
	"\"command\": null, \"chain\": [\"crypt\"], \"external\": false, \"bytes\": 1}"
#define SAYS(storage)                                                             \
	"#!/bin/sh\necho '{\"storage\": [" storage                                \
	"], \"checks\": [], \"judged_at\": \"2026-11-26T10:00:00Z\", \"error\": " \
	"null}'\n"

static int judge(const struct folder *folder, const char *script, bool accept_weak, int timeout_ms,
	struct js **ret_answer)
{
	_cleanup_free_ char *path = NULL;
	struct volumes_options options = {.accept_weak = accept_weak, .timeout_ms = timeout_ms};

	assert_true(asprintf(&path, "%s/judge", folder->path) > 0);
	assert_int_equal(fd_replace_file_at(folder->fd, "judge", script, strlen(script), 0700), 0);
	options.program = path;
	return volumes_judge(&options, ret_answer);
}

static void verdict_is(const struct folder *folder, const char *script, bool accept_weak, const char *verdict)
{
	_cleanup_js_ struct js *answer = NULL;

	assert_int_equal(judge(folder, script, accept_weak, 20000, &answer), VOLUMES_OK);
	assert_string_equal(js_get_string(answer, "verdict"), verdict);
	assert_string_equal(js_get_string(js_get(answer, "laptop"), "verdict"), verdict);
}

static void every_leaf_decides(void **state)
{
	verdict_is(*state, SAYS(LEAF("encrypted") "," LEAF("exempt")), false, "ready");
	verdict_is(*state, SAYS(LEAF("encrypted") "," LEAF("not-encrypted")), true, "not-ready");
	verdict_is(*state, SAYS(LEAF("unknown")), true, "not-ready");
	verdict_is(*state, SAYS(LEAF("weak")), false, "not-ready");
	verdict_is(*state, SAYS(LEAF("weak")), true, "ready");
}

static void what_takes_too_long_is_ended(void **state)
{
	struct js *answer = NULL;

	assert_int_equal(
		judge(*state, "#!/bin/sh\nexec tail -f /dev/null\n", false, 200, &answer), VOLUMES_TOO_SLOW);
	/* It has said everything, but it does not end. */
	assert_int_equal(
		judge(*state, "#!/bin/sh\nexec >/dev/null\nexec tail -f /dev/null\n", false, 200, &answer),
		VOLUMES_TOO_SLOW);
	assert_null(answer);
}

static void what_is_no_answer_is_named(void **state)
{
	struct js *answer = NULL;

	assert_int_equal(judge(*state, "#!/bin/sh\nexit 0\n", false, 20000, &answer), VOLUMES_ODD);
	assert_int_equal(judge(*state, "#!/bin/sh\necho '{'\n", false, 20000, &answer), VOLUMES_ODD);
	assert_int_equal(judge(*state, "#!/bin/sh\necho '{}'\n", false, 20000, &answer), VOLUMES_ODD);
	assert_int_equal(judge(*state, SAYS(LEAF("surprise")), true, 20000, &answer), VOLUMES_ODD);
	assert_int_equal(judge(*state, SAYS("{}"), true, 20000, &answer), VOLUMES_ODD);
	assert_int_equal(judge(*state, SAYS(""), true, 20000, &answer), VOLUMES_ODD);
	assert_int_equal(
		judge(*state, SAYS(LEAF("encrypted")) "exit 3\n", false, 20000, &answer), VOLUMES_FAILED);
	assert_int_equal(
		judge(*state, SAYS(LEAF("encrypted")) "kill -9 $$\n", false, 20000, &answer), VOLUMES_FAILED);
	assert_int_equal(
		judge(*state, "#!/bin/sh\nexec cat /dev/zero\n", false, 20000, &answer), VOLUMES_TOO_MUCH);
	assert_int_equal(
		volumes_judge(&(struct volumes_options){.program = "/nonexistent/judge", .timeout_ms = 200},
			&answer),
		-ENOENT);
	assert_null(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(every_leaf_decides),
		WITH_FOLDER(what_takes_too_long_is_ended),
		WITH_FOLDER(what_is_no_answer_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
