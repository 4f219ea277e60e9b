/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Reading an answer with suspicion. See result.h. Pure.
 *
 * Each read_*() function stops at the first thing that is wrong and says what it was; a row is made only from
 * a member that was read completely.
 */

#include "check/result.h"

#include "base/clock.h"
#include "check/when.h"
#include "state/name.h"

#include <string.h>

#define USED_FOR_SHOWN 3

struct reader {
	const struct result_wanted *wanted;
	struct result *result;
	bool laptop_ready; /* what the answer says about this computer */
	const char *problem;
};

struct known {
	const char *word;
	enum result_rank rank;
	const char *state;
};

static const struct known storage_words[] = {
	{"encrypted", RESULT_IN_ORDER, "encrypted"},
	{"exempt", RESULT_IN_ORDER, "needs no lock"},
	{"weak", RESULT_WEAK, "weak"},
	{"not-encrypted", RESULT_NOT_ENCRYPTED, "not encrypted"},
	{"unknown", RESULT_STORAGE_UNKNOWN, "unknown"},
};

static const struct known check_words[] = {
	{"pass", RESULT_IN_ORDER, "in order"},
	{"fail", RESULT_FAILED, "not in order"},
	{"unknown", RESULT_CHECK_UNKNOWN, "unknown"},
	{"off", RESULT_OFF, "switched off"},
};

static const char *const check_titles[][2] = {
	{"passwords", "Passwords"},
	{"automatic-login", "Automatic login"},
	{"screen-lock", "Screen lock"},
	{"malware", "Protection against malware"},
	{"passwords-reviewed", "Review of the passwords"},
	{"install-rights", "Who may install software"},
	{"updates", "Security updates"},
	{"hibernation", "Interrupted sleep"},
};

static const char *const roles[] = {"camera", "stick", "phone", "tablet", "reader"};

static int odd(struct reader *reader, const char *problem)
{
	reader->problem = problem;
	return -EBADMSG;
}

static const struct known *find_word(const struct known *known, size_t count, const char *word)
{
	for (size_t i = 0; word && i < count; i++)
		if (strcmp(known[i].word, word) == 0)
			return &known[i];
	return NULL;
}

const char *result_check_title(const char *word)
{
	for (size_t i = 0; word && i < ELEMENTS(check_titles); i++)
		if (strcmp(check_titles[i][0], word) == 0)
			return check_titles[i][1];
	return NULL;
}

static int same_key(const char *key, const struct js *value, void *data)
{
	return strcmp(key, data) == 0;
}

static bool has(const struct js *object, const char *key)
{
	return js_each(object, same_key, (void *)(uintptr_t)key) == 1;
}

/* A string or null, and nothing else; *ret is NULL for null. */
static bool text_or_null(const struct js *object, const char *key, const char **ret)
{
	*ret = js_get_string(object, key);
	return *ret || (has(object, key) && !js_get(object, key));
}

static bool all_texts(const struct js *array)
{
	if (!js_is_array(array))
		return false;
	for (size_t i = 0; i < js_length(array); i++)
		if (!js_string(js_at(array, i)))
			return false;
	return true;
}

static bool verdict(const struct js *object, bool *ret_ready)
{
	const char *word = js_get_string(object, "verdict");

	if (!word || (strcmp(word, "ready") != 0 && strcmp(word, "not-ready") != 0))
		return false;
	*ret_ready = strcmp(word, "ready") == 0;
	return true;
}

/* --- rows ------------------------------------------------------------------------------------------------
 */

/* what is taken over, also on failure. */
static int add_row(struct reader *reader, const struct result_row *row)
{
	struct result *result = reader->result;
	struct result_row *rows;

	rows = row->what ? reallocarray(result->rows, result->count + 1, sizeof(*rows)) : NULL;
	if (!rows) {
		free(row->what);
		return -ENOMEM;
	}
	result->rows = rows;
	rows[result->count] = *row;
	rows[result->count].position = result->count;
	result->count++;
	return 0;
}

/* "This computer's disk (nvme0n1p3, /, /home)"; owned by the caller, NULL when out of memory. */
static char *storage_title(const struct js *leaf)
{
	const char *device = js_get_string(leaf, "device"), *slash = strrchr(device, '/');
	const struct js *used_for = js_get(leaf, "used_for");
	size_t uses = js_length(used_for), size = 0;
	char *title = NULL;
	bool external = false;
	FILE *out = open_memstream(&title, &size);

	if (!out)
		return NULL;
	(void)js_get_bool(leaf, "external", &external);
	fprintf(out, "%s (%s", external ? "Stick or card in this computer" : "This computer's disk",
		slash ? slash + 1 : device);
	for (size_t i = 0; i < uses && i < USED_FOR_SHOWN; i++)
		fprintf(out, ", %s", js_string(js_at(used_for, i)));
	if (uses > USED_FOR_SHOWN)
		fprintf(out, " and %zu more", uses - USED_FOR_SHOWN);
	fputc(')', out);
	if (fclose(out) != 0) {
		free(title);
		return NULL;
	}
	return title;
}

static int read_leaf(struct reader *reader, const struct js *leaf)
{
	const struct known *known =
		find_word(storage_words, ELEMENTS(storage_words), js_get_string(leaf, "verdict"));
	const char *device = js_get_string(leaf, "device");
	struct result_row row = {.part = RESULT_STORAGE, .member = leaf};
	uint64_t bytes;
	bool external;

	row.reason = js_get_string(leaf, "reason");
	row.fix = js_get_string(leaf, "fix");
	if (!known)
		return odd(reader, "has a verdict about a disk that this program does not know");
	if (!device || !*device || !row.reason || !row.fix || !text_or_null(leaf, "command", &row.command) ||
		!all_texts(js_get(leaf, "used_for")) || !all_texts(js_get(leaf, "chain")) ||
		js_get_bool(leaf, "external", &external) < 0 || js_get_u64(leaf, "bytes", &bytes) < 0)
		return odd(reader, "does not say everything about a disk");
	row.rank = known->rank;
	row.state = known->state;
	if (row.rank == RESULT_WEAK && reader->result->accept_weak) {
		row.rank = RESULT_WEAK_ALLOWED;
		row.state = "weak, allowed";
	}
	row.what = storage_title(leaf);
	return add_row(reader, &row);
}

static int read_check(struct reader *reader, const struct js *check)
{
	const struct known *known =
		find_word(check_words, ELEMENTS(check_words), js_get_string(check, "verdict"));
	const char *title = result_check_title(js_get_string(check, "check"));
	struct result_row row = {.part = RESULT_CHECK, .member = check};

	row.reason = js_get_string(check, "reason");
	row.fix = js_get_string(check, "fix");
	if (!title || !known)
		return odd(reader, "has a word about this computer that this program does not know");
	if (!row.reason || !row.fix || !all_texts(js_get(check, "details")))
		return odd(reader, "does not say everything about a check of this computer");
	row.rank = known->rank;
	row.state = known->state;
	row.what = strdup(title);
	return add_row(reader, &row);
}

static bool known_role(const char *role)
{
	for (size_t i = 0; role && i < ELEMENTS(roles); i++)
		if (strcmp(roles[i], role) == 0)
			return true;
	return false;
}

static bool known_action(const char *action)
{
	return !action || strcmp(action, "offload") == 0 || strcmp(action, "offload-and-clear") == 0;
}

static int read_device(struct reader *reader, const struct js *device)
{
	const char *id = js_get_string(device, "id"), *name = js_get_string(device, "name");
	struct result_row row = {.part = RESULT_DEVICE, .member = device};
	const char *room, *action;
	bool ready, present;

	row.reason = js_get_string(device, "reason");
	row.fix = js_get_string(device, "fix");
	if (!verdict(device, &ready) || !known_role(js_get_string(device, "role")))
		return odd(reader, "has a word about a device that this program does not know");
	if (!id || !*id || !name || !*name || !row.reason || !row.fix || !js_get_string(device, "state") ||
		!text_or_null(device, "room", &room) || !text_or_null(device, "action", &action) ||
		js_get_bool(device, "present", &present) < 0)
		return odd(reader, "does not say everything about a device");
	if (!known_action(action))
		return odd(reader, "asks for something that this program cannot do");
	row.rank = ready ? RESULT_IN_ORDER : present ? RESULT_NOT_CLEARED : RESULT_ABSENT;
	row.state = ready ? "ready" : present ? "not ready" : "not plugged in";
	row.what = strdup(name);
	return add_row(reader, &row);
}

static int read_each(struct reader *reader, const struct js *array,
	int (*read)(struct reader *reader, const struct js *member))
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < js_length(array); i++)
		r = read(reader, js_at(array, i));
	return r;
}

/* --- the whole -------------------------------------------------------------------------------------------
 */

/* A check that is switched off is said to be off; one that is left out was not made. */
static bool every_check_is_there(const struct js *checks)
{
	for (size_t i = 0; i < ELEMENTS(check_titles); i++) {
		bool found = false;

		for (size_t j = 0; j < js_length(checks); j++) {
			const char *word = js_get_string(js_at(checks, j), "check");
			found = found || (word && strcmp(word, check_titles[i][0]) == 0);
		}
		if (!found)
			return false;
	}
	return true;
}

static int read_error(struct reader *reader, const char *error)
{
	struct result_row row = {
		.part = RESULT_COMPUTER, .rank = RESULT_STORAGE_UNKNOWN, .state = "unknown", .reason = error};

	row.fix = "";
	row.what = strdup("This computer");
	return add_row(reader, &row);
}

static int read_parts(struct reader *reader, const struct js *storage, const struct js *checks, bool judged)
{
	int r;

	if (judged && js_length(storage) == 0)
		return odd(reader, "names no disk of this computer");
	if (judged && !reader->wanted->volumes && !every_check_is_there(checks))
		return odd(reader, "leaves out a check of this computer");
	r = read_each(reader, storage, read_leaf);
	return r < 0 ? r : read_each(reader, checks, read_check);
}

static int read_laptop(struct reader *reader, const struct js *laptop)
{
	const struct js *storage = js_get(laptop, "storage"), *checks = js_get(laptop, "checks");
	bool included;
	const char *error;
	int r = 0;

	if (!verdict(laptop, &reader->laptop_ready) || js_get_bool(laptop, "included", &included) < 0 ||
		!text_or_null(laptop, "error", &error) || !js_is_array(storage) || !js_is_array(checks))
		return odd(reader, "does not say everything about this computer");
	if (included == reader->wanted->leave_laptop)
		return odd(reader, "is about another question");
	if (!included && (reader->laptop_ready || js_length(storage) > 0 || js_length(checks) > 0))
		return odd(reader, "contradicts itself about this computer");
	reader->result->laptop = included;
	if (included && error)
		r = read_error(reader, error);
	return r < 0 ? r : read_parts(reader, storage, checks, included && !error);
}

/* Names are the same whether they are written large or small, to the agent too. */
static bool same_name(const char *a, const char *b)
{
	_cleanup_free_ char *left = name_fold(a), *right = name_fold(b);

	return left && right ? strcmp(left, right) == 0 : strcmp(a, b) == 0;
}

static bool is_device(const struct js *device, const char *word)
{
	const char *id = js_get_string(device, "id"), *name = js_get_string(device, "name");

	return (id && strcmp(id, word) == 0) || (name && same_name(name, word));
}

static bool wanted_device(const struct result_wanted *wanted, const struct js *device)
{
	for (size_t i = 0; i < wanted->take_count; i++)
		if (is_device(device, wanted->take[i]))
			return true;
	return wanted->take_count == 0;
}

static bool answered(const struct js *devices, const char *word)
{
	for (size_t i = 0; i < js_length(devices); i++)
		if (is_device(js_at(devices, i), word))
			return true;
	return false;
}

/* Exactly what was named is answered, no more and no less. */
static int compare_devices(struct reader *reader, const struct js *devices)
{
	const struct result_wanted *wanted = reader->wanted;

	for (size_t i = 0; i < wanted->take_count; i++)
		if (!answered(devices, wanted->take[i]))
			return odd(reader, "leaves out a device that was asked about");
	for (size_t i = 0; i < js_length(devices); i++)
		if (!wanted_device(wanted, js_at(devices, i)))
			return odd(reader, "is about a device that was not asked about");
	return 0;
}

static int by_rank(const void *a, const void *b)
{
	const struct result_row *left = a, *right = b;

	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	return left->position < right->position ? -1 : left->position > right->position;
}

bool result_fine(const struct result_row *row)
{
	return row->rank >= RESULT_WEAK_ALLOWED;
}

static bool fine(const struct result *result, bool devices)
{
	for (size_t i = 0; i < result->count; i++)
		if ((result->rows[i].part == RESULT_DEVICE) == devices && !result_fine(&result->rows[i]))
			return false;
	return true;
}

/* The verdicts of the answer against a count of its members. */
static int recount(struct reader *reader)
{
	struct result *result = reader->result;
	bool laptop = result->laptop && fine(result, false), devices = fine(result, true);

	if (laptop != reader->laptop_ready)
		return odd(reader, "contradicts itself about this computer");
	if (result->count == 0)
		return odd(reader, "is about nothing at all");
	if (result->ready != (devices && (laptop || !result->laptop)))
		return odd(reader, "contradicts itself");
	return 0;
}

static int read_head(struct reader *reader, const struct js *answer)
{
	const char *at = js_get_string(answer, "checked_at");
	struct result *result = reader->result;

	if (!verdict(answer, &result->ready))
		return odd(reader, "has no verdict that this program knows");
	if (!at || clock_parse(at, &result->checked_at) < 0)
		return odd(reader, "does not say when it was found");
	if (js_get_bool(answer, "accept_weak", &result->accept_weak) < 0)
		return odd(reader, "does not say whether weak encryption is accepted");
	if (reader->wanted->volumes)
		return 0;
	result->sentence = js_get_string(answer, "sentence");
	if (!result->sentence)
		return odd(reader, "does not say what everybody has to agree to");
	result->policy = js_get_string(answer, "policy");
	if (!result->policy ||
		(strcmp(result->policy, "transfer-all") != 0 && strcmp(result->policy, "names-only") != 0))
		return odd(reader, "names no policy that this program knows");
	return 0;
}

static int read_answer(struct reader *reader, const struct js *answer)
{
	const struct js *devices = js_get(answer, "devices");
	int r = read_head(reader, answer);

	if (r == 0)
		r = read_laptop(reader, js_get(answer, "laptop"));
	if (r == 0 && !js_is_array(devices))
		r = odd(reader, "has no list of devices");
	if (r == 0)
		r = read_each(reader, devices, read_device);
	if (r == 0)
		r = compare_devices(reader, devices);
	return r < 0 ? r : recount(reader);
}

int result_read(const struct js *answer, const struct result_wanted *wanted, struct result *ret_result,
	const char **ret_problem)
{
	_cleanup_result_ struct result result = {.volumes = wanted->volumes};
	struct reader reader = {.wanted = wanted, .result = &result};
	int r = read_answer(&reader, answer);

	*ret_problem = reader.problem;
	if (r < 0)
		return r;
	qsort(result.rows, result.count, sizeof(*result.rows), by_rank);
	*ret_result = result;
	result = (struct result){0};
	return 0;
}

void result_clear(struct result *result)
{
	for (size_t i = 0; i < result->count; i++)
		free(result->rows[i].what);
	free(result->rows);
	*result = (struct result){0};
}

size_t result_count(const struct result *result, enum result_rank rank)
{
	size_t count = 0;

	for (size_t i = 0; i < result->count; i++)
		count += result->rows[i].rank == rank;
	return count;
}
