/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The agent's answer, as odd as it may be, on its way to a screen and into a page: READY only for what says
 * so, nothing that a terminal or a browser could take for anything but text.
 */

#include "base/utf8.h"
#include "check/report.h"
#include "check/view.h"
#include "control/text.h"

#include <string.h>

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every tag that the page may have; whatever else follows a "<" came from the answer. */
static const char *const tags[] = {"!DOCTYPE html", "html", "/html", "head", "/head", "meta ", "title",
	"/title", "style", "/style", "body", "/body", "h1", "/h1", "h2", "/h2", "div", "/div", "strong",
	"/strong", "span", "/span", "p>", "/p>", "dl", "/dl", "dt>", "/dt>", "dd>", "/dd>", "ol>", "/ol>",
	"li>", "/li>", "b>", "/b>", "br>", "code>", "/code>", "table", "/table>", "thead>", "/thead>",
	"tbody>", "/tbody>", "tr", "/tr>", "th", "/th>", "td", "/td>", "blockquote>", "/blockquote>",
	"footer>", "/footer>"};

static bool known_tag(const char *text)
{
	for (size_t i = 0; i < ELEMENTS(tags); i++)
		if (strncmp(text, tags[i], strlen(tags[i])) == 0)
			return true;
	return false;
}

static void check_page(const struct result *result)
{
	const struct report report = {.result = result, .host = "office-laptop"};
	_cleanup_free_ char *page = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&page, &length);

	CHECK(out && report_write(out, &report) == 0 && fclose(out) == 0);
	CHECK(strlen(page) == length && utf8_valid(page, length));
	for (const char *p = strchr(page, '<'); p; p = strchr(p + 1, '<'))
		CHECK(known_tag(p + 1));
	CHECK((strstr(page, "NOT READY</strong>") == NULL) == result->ready);
}

static void check_view(const struct result *result, bool all)
{
	static const struct terminal screen = {.utf8 = true, .columns = 80};
	_cleanup_free_ char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	CHECK(out && view_print(out, &screen, result, all) == 0);
	CHECK(fclose(out) == 0);
	CHECK(strlen(text) == length && utf8_valid(text, length));
	for (const char *p = text; *p; p++)
		CHECK(*p == '\n' || ((unsigned char)*p >= 0x20 && *p != 0x7f));
}

static void check(const struct js *answer, const struct result_wanted *wanted)
{
	_cleanup_result_ struct result result = {0};
	const char *verdict = js_get_string(answer, "verdict"), *problem = NULL;
	int r = result_read(answer, wanted, &result, &problem);

	CHECK(r == 0 || (r == -EBADMSG && problem));
	if (r < 0)
		return;
	CHECK(result.ready == (strcmp(verdict, "ready") == 0));
	CHECK(result.count > 0);
	check_view(&result, false);
	check_view(&result, true);
	check_page(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_js_ struct js *answer = NULL;

	if (js_parse((const char *)data, size, &answer) < 0)
		return 0;
	check(answer, &(struct result_wanted){0});
	check(answer, &(struct result_wanted){.leave_laptop = true});
	check(answer, &(struct result_wanted){.volumes = true});
	return 0;
}
