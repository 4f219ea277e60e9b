/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The page for the manager's file. See report.h.
 *
 * Every string that is not a constant of this file goes through html.h.
 */

#include "check/report.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/words.h"
#include "check/html.h"
#include "check/report-style.h"
#include "check/steps.h"
#include "check/view.h"
#include "check/when.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define GOOD_MARK "\xe2\x9c\x93 " /* check mark */
#define BAD_MARK  "\xe2\x9c\x97 " /* ballot x */
#define SUFFIX    ".html"

/* --- pieces ----------------------------------------------------------------------------------------------
 */

static void fact(FILE *out, const char *label, const char *text)
{
	html_element(out, "dt", label);
	html_element(out, "dd", text);
	fputc('\n', out);
}

static void fact_time(FILE *out, const char *label, int64_t seconds)
{
	char text[WHEN_TEXT];

	fact(out, label, when_show(seconds, text));
}

static void fact_rfc3339(FILE *out, const char *label, const char *rfc3339)
{
	int64_t seconds;

	if (rfc3339 && clock_parse(rfc3339, &seconds) == 0)
		fact_time(out, label, seconds);
	else
		fact(out, label, rfc3339 ? rfc3339 : "not known");
}

static const char *policy_text(const struct result *result)
{
	if (!result->policy)
		return "The encryption of this computer alone";
	if (strcmp(result->policy, "names-only") == 0)
		return "Transferred pictures may stay on a camera if no name is linked with them and it "
		       "comes back";
	return "Everything on a camera is transferred and the card is cleared before an outing";
}

static const char *mark(const struct result_row *row)
{
	if (!result_fine(row))
		return BAD_MARK;
	return row->rank == RESULT_OFF ? "" : GOOD_MARK;
}

/* --- head ------------------------------------------------------------------------------------------------
 */

static void put_head(FILE *out, const struct report *report)
{
	const char *word = report->result->ready ? "READY" : "NOT READY";
	char when[WHEN_TEXT];

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	      "'unsafe-inline'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>Outing "
	      "check: ",
		out);
	fprintf(out, "%s, %s</title>\n<style>%s</style>\n</head>\n<body>\n", word,
		when_show(report->result->checked_at, when), report_style);
}

static void put_verdict(FILE *out, const struct result *result)
{
	size_t bad = 0;

	for (size_t i = 0; i < result->count; i++)
		bad += !result_fine(&result->rows[i]);
	fputs("<h1>Outing check</h1>\n", out);
	if (result->ready) {
		fputs("<div class=\"verdict ready\"><strong>" GOOD_MARK "READY</strong><span>", out);
		fputs(result->volumes
				? "Every disk of this computer was checked; none holds anything in clear."
				: "Everything named on this page was checked and may leave the building.",
			out);
	} else {
		fputs("<div class=\"verdict not-ready\"><strong>" BAD_MARK "NOT READY</strong><span>", out);
		fprintf(out,
			"%zu of %zu things %s in the way. Nothing named on this page may leave the building "
			"yet.",
			bad, result->count, bad == 1 ? "stands" : "stand");
	}
	fputs("</span></div>\n", out);
}

static int put_facts(FILE *out, const struct report *report)
{
	_cleanup_free_ char *subjects = view_subjects(report->result);
	_cleanup_free_ char *off = view_switched_off(report->result);

	if (!subjects || !off)
		return -ENOMEM;
	fputs("<dl>\n", out);
	fact_time(out, "Checked on", report->result->checked_at);
	fact(out, "Computer", report->host);
	fact(out, "What travels", subjects);
	if (!report->result->laptop)
		fact(out, "What stays", "this computer; it was not checked");
	fact(out, "Rule", policy_text(report->result));
	if (*off)
		fact(out, "Not looked at", off);
	fputs("</dl>\n", out);
	return 0;
}

/* --- what to do ------------------------------------------------------------------------------------------
 */

static void put_step(FILE *out, const struct step *step)
{
	fputs("<li>", out);
	html_element(out, "b", step->about);
	fputs(": ", out);
	html_text(out, step->fix);
	for (size_t i = 0; i < step->command_count; i++) {
		fputs("<span class=\"technician\">For the technician: ", out);
		html_element(out, "code", step->commands[i]);
		fputs("</span>", out);
	}
	fputs("</li>\n", out);
}

static int put_steps(FILE *out, const struct result *result)
{
	_cleanup_steps_ struct steps steps = {0};
	int r = steps_make(result, &steps);

	if (r < 0 || steps.count == 0)
		return r;
	fputs("<h2>What to do</h2>\n<ol>\n", out);
	for (size_t i = 0; i < steps.count; i++)
		put_step(out, &steps.list[i]);
	fputs("</ol>\n", out);
	return 0;
}

/* --- the outing ------------------------------------------------------------------------------------------
 */

static void put_people(FILE *out, const struct js *people)
{
	if (js_length(people) == 0)
		return;
	fputs("<dt>With</dt><dd>", out);
	for (size_t i = 0; i < js_length(people); i++) {
		fputs(i > 0 ? ", " : "", out);
		html_text(out, js_string(js_at(people, i)));
	}
	fputs("</dd>\n", out);
}

static void put_recorded(FILE *out, const struct js *outing)
{
	char number[24] = "not known";
	uint64_t value;

	if (js_get_u64(outing, "number", &value) == 0)
		(void)snprintf(number, sizeof(number), "%ju", (uintmax_t)value);
	fputs("<h2>The outing</h2>\n<dl>\n", out);
	fact(out, "Number", number);
	fact(out, "Destination", js_get_string(outing, "destination"));
	fact(out, "Leader", js_get_string(outing, "leader"));
	put_people(out, js_get(outing, "people"));
	fact_rfc3339(out, "Left", js_get_string(outing, "left_at"));
	fact_rfc3339(out, "Due back", js_get_string(outing, "due_back"));
	fact(out, "Recorded by", js_get_string(outing, "requested_by"));
	fputs("</dl>\n", out);
}

static void put_outing(FILE *out, const struct report *report)
{
	if (report->outing) {
		put_recorded(out, report->outing);
		return;
	}
	if (!report->destination && !report->leader && report->due_back == 0)
		return;
	fputs("<h2>The outing</h2>\n<p>Planned; it was not recorded with this check.</p>\n<dl>\n", out);
	if (report->destination)
		fact(out, "Destination", report->destination);
	if (report->leader)
		fact(out, "Leader", report->leader);
	if (report->due_back != 0)
		fact_time(out, "Due back", report->due_back);
	fputs("</dl>\n", out);
}

/* --- tables ----------------------------------------------------------------------------------------------
 */

/* Small print: what the sentence above it was derived from. */
static void put_how(FILE *out, const struct js *lines, const char *between)
{
	if (js_length(lines) == 0)
		return;
	fputs("<span class=\"how\">", out);
	for (size_t i = 0; i < js_length(lines); i++) {
		fputs(i > 0 ? between : "", out);
		html_text(out, js_string(js_at(lines, i)));
	}
	fputs("</span>", out);
}

static void put_device_kind(FILE *out, const struct js *device)
{
	const char *room = js_get_string(device, "room");

	fputs("<span class=\"how\">", out);
	html_text(out, js_get_string(device, "role"));
	if (room && *room) {
		fputs(", ", out);
		html_text(out, room);
	}
	fputs("</span>", out);
}

static void put_row(FILE *out, const struct result_row *row)
{
	fprintf(out, "<tr%s><td>", result_fine(row) ? "" : " class=\"bad\"");
	html_text(out, row->what);
	if (row->part == RESULT_DEVICE)
		put_device_kind(out, row->member);
	fprintf(out, "</td><td>%s", mark(row));
	html_text(out, row->state);
	fputs("</td><td class=\"why\">", out);
	html_text(out, row->reason);
	put_how(out, js_get(row->member, "chain"), " \xe2\x86\x92 ");
	put_how(out, js_get(row->member, "details"), " \xc2\xb7 ");
	fputs("</td></tr>\n", out);
}

static void put_table(FILE *out, const struct result *result, const char *title, const char *what,
	bool (*takes)(enum result_part part))
{
	size_t count = 0;

	for (size_t i = 0; i < result->count; i++)
		count += takes(result->rows[i].part);
	if (count == 0)
		return;
	fprintf(out,
		"<h2>%s</h2>\n<table>\n<thead><tr><th class=\"what\">%s</th><th class=\"state\">State</th>"
		"<th>Why</th></tr></thead>\n<tbody>\n",
		title, what);
	for (size_t i = 0; i < result->count; i++)
		if (takes(result->rows[i].part))
			put_row(out, &result->rows[i]);
	fputs("</tbody>\n</table>\n", out);
}

static bool is_storage(enum result_part part)
{
	return part == RESULT_STORAGE || part == RESULT_COMPUTER;
}

static bool is_check(enum result_part part)
{
	return part == RESULT_CHECK;
}

static bool is_device(enum result_part part)
{
	return part == RESULT_DEVICE;
}

/* --- end -------------------------------------------------------------------------------------------------
 */

/* "Agreed to by Sam Example, Kim Sample", who were asked one by one before the outing was recorded. */
static void put_agreed(FILE *out, const struct js *outing)
{
	const struct js *people = js_get(outing, "people");

	fputs("<p>Agreed to when the outing was recorded: ", out);
	html_text(out, js_get_string(outing, "leader"));
	for (size_t i = 0; i < js_length(people); i++) {
		fputs(", ", out);
		html_text(out, js_string(js_at(people, i)));
	}
	fputs("</p>\n", out);
}

static void put_sentence(FILE *out, const struct report *report)
{
	const char *recorded = js_get_string(report->outing, "sentence");
	const char *sentence = recorded ? recorded : report->result->sentence;

	if (!sentence || !*sentence)
		return;
	fputs("<h2>What everybody who takes a device along agrees to</h2>\n", out);
	html_element(out, "blockquote", sentence);
	fputc('\n', out);
	if (report->outing)
		put_agreed(out, report->outing);
}

static void put_signature(FILE *out, const char *role, const char *name)
{
	fputs("<tr><td>", out);
	html_text(out, role);
	if (name && *name) {
		fputs("<br>", out);
		html_text(out, name);
	}
	fputs("</td><td></td><td></td></tr>\n", out);
}

static void put_signatures(FILE *out, const struct report *report)
{
	const char *leader = report->outing ? js_get_string(report->outing, "leader") : report->leader;

	fputs("<div class=\"end\">\n<h2>Signatures</h2>\n", out);
	if (!report->result->ready)
		fputs("<p>A signature says that this page was seen. It does not allow the outing.</p>\n",
			out);
	fputs("<table class=\"signatures\">\n<thead><tr><th class=\"role\">Name</th><th>Signature</th><th "
	      "class=\"date\">Date</th></tr></thead>\n<tbody>\n",
		out);
	put_signature(out, "Outing leader", leader);
	put_signature(out, "Manager", NULL);
	fputs("</tbody>\n</table>\n", out);
}

/* With the signatures in one block, so that it is never alone on a page. */
static void put_footer(FILE *out, const struct report *report)
{
	fputs("<footer>Written by outing-guard " OUTING_VERSION " on ", out);
	html_text(out, report->host);
	fputs(". Times are those of this computer. This is a record of one check at one moment; what was "
	      "plugged in, "
	      "used or changed after it is not covered.</footer>\n</div>\n</body>\n</html>\n",
		out);
}

int report_write(FILE *out, const struct report *report)
{
	int r;

	put_head(out, report);
	put_verdict(out, report->result);
	r = put_facts(out, report);
	if (r == 0)
		r = put_steps(out, report->result);
	if (r < 0)
		return r;
	put_outing(out, report);
	put_table(out, report->result, "Devices that travel", "Device", is_device);
	put_table(out, report->result, "This computer: where data rests", "Disk", is_storage);
	put_table(out, report->result, "This computer: how it is set up", "What", is_check);
	put_sentence(out, report);
	put_signatures(out, report);
	put_footer(out, report);
	return 0;
}

/* --- file ------------------------------------------------------------------------------------------------
 */

/* The folder of a path, opened; *ret_name is the rest of the path. */
static int open_folder(const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int fd;

	if (!folder)
		return -ENOMEM;
	*ret_name = slash ? slash + 1 : path;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int report_place(const char *path, char **ret_problem)
{
	_cleanup_close_ int folder = -1;
	size_t length = strlen(path);
	const char *name = path;
	struct stat st;

	if (length <= strlen(SUFFIX) || strcmp(path + length - strlen(SUFFIX), SUFFIX) != 0)
		return words_problem(ret_problem, "the report's name must end in .html: %s", path);
	folder = open_folder(path, &name);
	if (folder < 0)
		return words_problem(
			ret_problem, "the folder for %s cannot be used: %s", path, strerror(-folder));
	if (strlen(name) <= strlen(SUFFIX))
		return words_problem(ret_problem, "the report needs a name before .html: %s", path);
	if (faccessat(folder, ".", W_OK, AT_EACCESS) < 0)
		return words_problem(ret_problem, "nothing can be written into the folder of %s: %s", path,
			strerror(errno));
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : words_problem(ret_problem, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return words_problem(ret_problem,
			"%s is there already and is not a plain file; choose another name", path);
	return 0;
}

static int make_page(const struct report *report, char **ret_text, size_t *ret_size)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return -ENOMEM;
	r = report_write(out, report);
	if (fclose(out) != 0)
		return -ENOMEM;
	if (r < 0)
		return r;
	*ret_text = TAKE_PTR(text);
	*ret_size = size;
	return 0;
}

int report_save(const char *path, const struct report *report)
{
	_cleanup_close_ int folder = -1;
	_cleanup_free_ char *problem = NULL, *text = NULL;
	const char *name;
	size_t size;
	int r;

	if (report_place(path, &problem) < 0)
		return -EEXIST;
	r = make_page(report, &text, &size);
	if (r < 0)
		return r;
	folder = open_folder(path, &name);
	return folder < 0 ? folder : fd_replace_file_at(folder, name, text, size, 0644);
}
