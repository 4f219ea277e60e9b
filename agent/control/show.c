/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The agent's answers as people read them. See show.h. Pure but for the stream it writes to. */

#include "control/show.h"

#include "base/number.h"
#include "control/devices.h"
#include "control/progress.h"
#include "control/table.h"
#include "control/text.h"

#include <stdarg.h>
#include <string.h>

#define CELL_MAX    96
#define LABEL_WIDTH 12

static const char *number_cell(const struct js *object, const char *key, char cell[static CELL_MAX])
{
	uint64_t value;

	if (js_get_u64(object, key, &value) < 0)
		return NULL;
	snprintf(cell, CELL_MAX, "%ju", (uintmax_t)value);
	return cell;
}

static const char *size_cell(const struct js *object, const char *key, char cell[static NUMBER_SIZE_TEXT])
{
	uint64_t value;

	return js_get_u64(object, key, &value) < 0 ? NULL : number_format_size(value, cell);
}

static bool flag(const struct js *object, const char *key)
{
	bool value;

	return js_get_bool(object, key, &value) == 0 && value;
}

/* "Vault       text", text cleaned and wrapped under itself. */
static void put_name(FILE *out, const struct terminal *screen, const char *label)
{
	fputs(terminal_tone(screen, TERMINAL_STRONG), out);
	text_put(out, screen, label, LABEL_WIDTH, false);
	fputs(terminal_tone(screen, TERMINAL_PLAIN), out);
}

static void put_label(FILE *out, const struct terminal *screen, const char *label, const char *text)
{
	put_name(out, screen, label);
	text_wrap(out, screen, LABEL_WIDTH, LABEL_WIDTH, text);
}

static void put_labelf(FILE *out, const struct terminal *screen, const char *label, const char *format, ...)
	_printf_(4, 5);
static void put_labelf(FILE *out, const struct terminal *screen, const char *label, const char *format, ...)
{
	va_list args;

	put_name(out, screen, label);
	va_start(args, format);
	(void)text_vwrapf(out, screen, LABEL_WIDTH, LABEL_WIDTH, format, args);
	va_end(args);
}

/* --- status
 * ------------------------------------------------------------------------------------------------------- */

static uint64_t count_of(const struct js *object, const char *key)
{
	uint64_t value;

	return js_get_u64(object, key, &value) == 0 ? value : 0;
}

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

static void status_config(FILE *out, const struct terminal *screen, const struct js *config)
{
	const char *path = or_dash(js_get_string(config, "path"));

	if (flag(config, "ok"))
		put_label(out, screen, "Settings", path);
	else
		put_labelf(out, screen, "Settings",
			"%s has a mistake and is not in use; the settings from before are: %s", path,
			or_dash(js_get_string(config, "error")));
}

int show_status(FILE *out, const struct terminal *screen, const struct js *status)
{
	const struct js *vault = js_get(status, "vault");
	const char *vault_state = js_get_string(vault, "state");

	put_labelf(out, screen, "Agent", "%s since %s, version %s",
		flag(status, "ready") ? "ready" : "starting", or_dash(js_get_string(status, "since")),
		or_dash(js_get_string(status, "version")));
	put_labelf(out, screen, "Vault", "%s: %s%s", or_dash(vault_state),
		or_dash(js_get_string(vault, "path")),
		vault_state && strcmp(vault_state, "ready") == 0 ? ""
								 : " (what to do: outingctl vault status)");
	put_labelf(out, screen, "Devices", "%ju plugged in, %ju registered",
		(uintmax_t)count_of(status, "devices_present"),
		(uintmax_t)count_of(status, "devices_registered"));
	if (count_of(status, "devices_gated") > 0)
		put_labelf(out, screen, "Sticks", "%ju open behind the gate (where: outingctl devices)",
			(uintmax_t)count_of(status, "devices_gated"));
	put_labelf(out, screen, "Jobs", "%ju running", (uintmax_t)count_of(status, "jobs_running"));
	put_label(out, screen, "Cameras",
		flag(status, "automatic_offload")
			? "are offloaded as soon as they are plugged in"
			: "are offloaded only when asked for (offload.automatic is off)");
	put_labelf(out, screen, "Log", "%ju entries", (uintmax_t)count_of(status, "audit_entries"));
	status_config(out, screen, js_get(status, "config"));
	return 0;
}

/* --- devices
 * ------------------------------------------------------------------------------------------------------ */

static const struct table_column device_columns[] = {
	{"ID", .whole = true},
	{"NAME"},
	{"ROLE", .whole = true},
	{"STATE", .whole = true},
	{"LAST OFFLOAD", .whole = true},
	{NULL},
};

/* The registered name, or "(vendor product)"; owned by the caller. */
static char *device_title(const struct js *device)
{
	const char *name = js_get_string(device, "name"), *vendor = js_get_string(device, "vendor");
	const char *product = js_get_string(device, "product");
	char *title = NULL;

	if (name)
		return strdup(name);
	if (vendor && product && strncasecmp(product, vendor, strlen(vendor)) == 0)
		vendor = NULL; /* "Meadow", "Meadow Snap 3" */
	if (!vendor && !product)
		return strdup("(unknown)");
	if (asprintf(&title, "(%s%s%s)", vendor ? vendor : "", vendor && product ? " " : "",
		    product ? product : "") < 0)
		return NULL;
	return title;
}

static void add_device(struct table *table, const struct js *device)
{
	_cleanup_free_ char *title = device_title(device);

	table_add(table, (const char *[]){js_get_string(device, "id"), title, js_get_string(device, "role"),
				 js_get_string(device, "state"), js_get_string(device, "last_offload")});
}

static bool has_state(const struct js *device, const char *word)
{
	const char *state = js_get_string(device, "state");

	return state && strcmp(state, word) == 0;
}

/* The register says of which devices it is less sure. */
static void device_weakness(FILE *out, const struct terminal *screen, const struct js *device)
{
	_cleanup_free_ char *title = device_title(device), *text = NULL;

	if (!flag(device, "by_socket") ||
		asprintf(&text,
			"%s has no serial number, so it is known only at the socket where it was registered. "
			"That is weaker: another device of its kind is taken for it there.",
			or_dash(title)) < 0)
		return;
	fputc('\n', out);
	text_wrap(out, screen, 0, 2, text);
}

/* What a person may have to know or do about one device; nothing for most. */
static void device_advice(FILE *out, const struct terminal *screen, const struct js *device)
{
	_cleanup_free_ char *title = device_title(device);
	const char *reason = js_get_string(device, "reason"), *id = js_get_string(device, "id");
	const char *mountpoint = js_get_string(device, "mountpoint");
	_cleanup_free_ char *text = NULL;
	int n = 0;

	if (mountpoint)
		n = asprintf(&text,
			"%s is open at %s. It is not encrypted, so what is copied onto it is looked at "
			"first. "
			"Before it is unplugged: outingctl eject",
			or_dash(title), mountpoint);
	else if (reason)
		n = asprintf(&text, "%s: %s", or_dash(title), reason);
	else if (flag(device, "present") && !flag(device, "registered") && !has_state(device, "gated"))
		n = asprintf(&text,
			"%s is not registered and is left alone. If it belongs to the setting: "
			"outingctl device add NAME --role camera --device %s",
			or_dash(title), or_dash(id));
	if (n <= 0 || !text)
		return;
	fputc('\n', out);
	text_wrap(out, screen, 0, 2, text);
}

int show_devices(FILE *out, const struct terminal *screen, const struct js *devices)
{
	_cleanup_table_ struct table *table = table_new(device_columns);
	int r;

	if (!js_is_array(devices))
		return -EBADMSG;
	if (js_length(devices) == 0) {
		fputs("No device is plugged in and none is registered.\n", out);
		return 0;
	}
	for (size_t i = 0; i < js_length(devices); i++)
		add_device(table, js_at(devices, i));
	r = table_print(table, out, screen);
	for (size_t i = 0; r == 0 && i < js_length(devices); i++) {
		device_advice(out, screen, js_at(devices, i));
		device_weakness(out, screen, js_at(devices, i));
	}
	return r;
}

/* --- jobs
 * ---------------------------------------------------------------------------------------------------------
 */

static const struct table_column job_columns[] = {
	{"JOB", .whole = true, .right = true},
	{"WHAT"},
	{"DEVICE"},
	{"STATE", .whole = true},
	{"DONE", .whole = true, .right = true},
	{"STARTED", .whole = true},
	{NULL},
};

static const char *job_device(const struct js *job)
{
	const char *name = js_get_string(job, "name");

	return name ? name : js_get_string(job, "device");
}

static void add_job(struct table *table, const struct js *job)
{
	const char *state = js_get_string(job, "state");
	char id[CELL_MAX], done[CELL_MAX] = "-";
	int percent = progress_percent(job);

	if (percent >= 0 && state && strcmp(state, "running") == 0)
		snprintf(done, sizeof(done), "%d %%", percent);
	table_add(table, (const char *[]){number_cell(job, "id", id), js_get_string(job, "kind"),
				 job_device(job), state, done, js_get_string(job, "started_at")});
}

int show_jobs(FILE *out, const struct terminal *screen, const struct js *jobs)
{
	_cleanup_table_ struct table *table = table_new(job_columns);

	if (!js_is_array(jobs))
		return -EBADMSG;
	if (js_length(jobs) == 0) {
		fputs("No jobs since the agent was started.\n", out);
		return 0;
	}
	for (size_t i = 0; i < js_length(jobs); i++)
		add_job(table, js_at(jobs, i));
	return table_print(table, out, screen);
}

static const char *const titles[][2] = {
	{"offload", "Offloading"},
	{"wipe", "Clearing"},
	{"encrypt", "Encrypting"},
	{"vault-create", "Making the vault"},
	{"vault-verify", "Checking the vault"},
};

char *show_job_title(const struct js *job)
{
	const char *kind = or_dash(js_get_string(job, "kind")), *device = job_device(job);
	_cleanup_free_ char *clean = text_clean(device ? device : "");
	char *title = NULL;

	for (size_t i = 0; i < ELEMENTS(titles); i++)
		if (strcmp(kind, titles[i][0]) == 0)
			kind = titles[i][1];
	if (strcmp(kind, "Clearing") == 0 && devices_emptied_only(js_get_string(job, "device")))
		kind = "Emptying";
	if (!clean || asprintf(&title, "%s%s%s", kind, *clean ? " " : "", clean) < 0)
		return NULL;
	return title;
}

void show_job_end(FILE *out, const struct terminal *screen, size_t at, const struct js *job)
{
	const struct js *findings = js_get(job, "findings");
	const char *sentence = js_get_string(job, "sentence"), *state = js_get_string(job, "state");

	if (sentence)
		text_wrap(out, screen, at, 0, sentence);
	else
		fprintf(out, "The job ended as: %s.\n", state ? state : "unknown");
	for (size_t i = 0; i < js_length(findings); i++) {
		fputs("  - ", out);
		text_wrap(out, screen, 4, 4, js_string(js_at(findings, i)));
	}
}

/* --- sessions
 * ----------------------------------------------------------------------------------------------------- */

static const struct table_column session_columns[] = {
	{"SESSION", .whole = true},
	{"DEVICE"},
	{"STATE", .whole = true},
	{"FILES", .whole = true, .right = true},
	{"SIZE", .whole = true, .right = true},
	{"STARTED", .whole = true},
	{NULL},
};

int show_sessions(FILE *out, const struct terminal *screen, const struct js *sessions)
{
	_cleanup_table_ struct table *table = table_new(session_columns);
	char id[SHOW_SESSION_CHARS + 1], files[CELL_MAX], bytes[NUMBER_SIZE_TEXT];

	if (!js_is_array(sessions))
		return -EBADMSG;
	if (js_length(sessions) == 0) {
		fputs("Nothing has been offloaded yet.\n", out);
		return 0;
	}
	for (size_t i = 0; i < js_length(sessions); i++) {
		const struct js *session = js_at(sessions, i);

		(void)snprintf(id, sizeof(id), "%s", or_dash(js_get_string(session, "id")));
		table_add(table,
			(const char *[]){id, job_device(session), js_get_string(session, "state"),
				number_cell(session, "files", files), size_cell(session, "bytes", bytes),
				js_get_string(session, "started_at")});
	}
	return table_print(table, out, screen);
}

/* --- vault
 * -------------------------------------------------------------------------------------------------------- */

int show_vault(FILE *out, const struct terminal *screen, const struct js *vault)
{
	char total[NUMBER_SIZE_TEXT], available[NUMBER_SIZE_TEXT], reserve[NUMBER_SIZE_TEXT];
	const char *state = js_get_string(vault, "state"), *sentence = js_get_string(vault, "sentence");
	const char *container = js_get_string(vault, "container");
	const struct js *chain = js_get(vault, "chain");

	put_label(out, screen, "Vault", or_dash(js_get_string(vault, "path")));
	put_label(out, screen, "State", or_dash(state));
	if (sentence)
		put_label(out, screen, "", sentence);
	put_label(out, screen, "Container", container ? container : "none: the vault is a folder");
	put_labelf(out, screen, "Space", "%s free of %s, %s of it kept free",
		or_dash(size_cell(vault, "bytes_free", available)),
		or_dash(size_cell(vault, "bytes_total", total)),
		or_dash(size_cell(vault, "reserve", reserve)));
	for (size_t i = 0; i < js_length(chain); i++)
		put_label(out, screen, i == 0 ? "Rests on" : "", js_string(js_at(chain, i)));
	return 0;
}
