/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The register out to a file and in from one. See register-file.h. */

#include "daemon/register-file.h"

#include "base/fd.h"
#include "daemon/answer.h"
#include "daemon/daemon.h"
#include "daemon/devices.h"
#include "daemon/events.h"
#include "daemon/media.h"
#include "daemon/usb.h"
#include "device/identity.h"
#include "state/register.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#define FORMAT      "outing-guard register"
#define VERSION     1
#define DEVICES_MAX 1000

static const struct {
	const char *key;
	size_t offset, size;
} texts[] = {
#define TEXT(member)                                                    \
	{                                                               \
#member, offsetof(struct registered_device, member),    \
			sizeof(((struct registered_device *)0)->member) \
	}
	TEXT(name),
	TEXT(room),
	TEXT(person),
	TEXT(kind),
	TEXT(key),
	TEXT(device_key),
	TEXT(media_key),
	TEXT(vendor),
	TEXT(product),
	TEXT(serial),
	TEXT(descriptors),
#undef TEXT
};

static bool is_by_socket(const struct registered_device *device)
{
	return strncmp(device->key, "port:", 5) == 0;
}

static int add_device(const struct registered_device *device, void *data)
{
	struct js *array = data, *o = js_object();

	for (size_t i = 0; i < ELEMENTS(texts); i++)
		js_set_string(o, texts[i].key, (const char *)device + texts[i].offset);
	js_set_string(o, "role", role_name(device->role));
	js_set_bool(o, "socket", is_by_socket(device));
	js_append(array, o);
	return 0;
}

struct js *register_file_make(struct state *state)
{
	struct js *o = js_object(), *array = js_array();
	int r = register_each(state, add_device, array);

	js_set_string(o, "format", FORMAT);
	js_set_u64(o, "version", VERSION);
	js_set(o, "devices", array);
	return r < 0 ? js_free(o) : o;
}

void register_file_clear(struct register_file_result *result)
{
	result->added = js_free(result->added);
	result->refused = js_free(result->refused);
}

static bool read_device(const struct js *o, struct registered_device *ret)
{
	const char *role = js_get_string(o, "role");

	*ret = (struct registered_device){0};
	for (size_t i = 0; i < ELEMENTS(texts); i++) {
		const char *text = js_get_string(o, texts[i].key);

		if (!text || strlen(text) >= texts[i].size)
			return false;
		memcpy((char *)ret + texts[i].offset, text, strlen(text) + 1);
	}
	if (!role || role_parse(role, &ret->role) < 0)
		return false;
	for (enum device_kind k = DEVICE_DISK; k <= DEVICE_OTHER; k++)
		if (strcmp(ret->kind, device_kind_name(k)) == 0)
			return identity_id(k == DEVICE_PTP || k == DEVICE_MTP ? "usb-" : "disk-", ret->key,
				       ret->id) == 0;
	return false;
}

static void refuse(struct register_file_result *result, const char *format, ...) _printf_(2, 3);

static void refuse(struct register_file_result *result, const char *format, ...)
{
	char sentence[2 * REGISTER_NAME_SIZE + 256];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(sentence, sizeof sentence, format, arguments);
	va_end(arguments);
	js_append_string(result->refused, sentence);
}

/* What is here already: only what was left empty is filled in. */
static int fill_in(
	struct state *state, const struct registered_device *here, const struct registered_device *device)
{
	int r = REGISTER_OK;

	if (!*here->descriptors && !*here->port && *device->descriptors)
		r = register_redescribe(state, here->number, device->descriptors, "");
	if (r == REGISTER_OK)
		r = register_assign(state, here->name, *here->room ? NULL : device->room,
			*here->person ? NULL : device->person);
	return r < 0 ? r : 0;
}

static int add_new(
	struct state *state, const struct registered_device *device, struct register_file_result *result)
{
	int r = register_add(state, device, NULL);

	if (r == REGISTER_OK)
		js_append_string(result->added, device->name);
	else if (r == REGISTER_NAME_TAKEN)
		refuse(result, "Another device is called \"%s\" here. Rename one of them.", device->name);
	else if (r > 0)
		refuse(result, "The entry of \"%s\" is not one that this computer can use.", device->name);
	return r < 0 ? r : 0;
}

static int take_device(
	struct state *state, struct registered_device *device, struct register_file_result *result)
{
	_cleanup_free_ struct registered_device *here = malloc(sizeof *here), *same = malloc(sizeof *same);
	int r = here && same ? register_find_by_key(state, device->key, here) : -ENOMEM;

	if (r < 0)
		return r;
	if (r == REGISTER_NONE && is_by_socket(device)) {
		refuse(result,
			"\"%s\" has no serial number and is known by the socket of the other computer. "
			"Register "
			"it here.",
			device->name);
		return 0;
	}
	if (r == REGISTER_NONE)
		return add_new(state, device, result);
	r = register_find_by_name(state, device->name, same);
	if (r < 0)
		return r;
	if (r == REGISTER_OK && same->number == here->number) {
		result->known++;
		return fill_in(state, here, device);
	}
	refuse(result, "\"%s\" is registered here already, as \"%s\".", device->name, here->name);
	return 0;
}

static int bad(const char *sentence, const char **ret_sentence)
{
	*ret_sentence = sentence;
	return -EBADMSG;
}

/* All entries are looked at before the first is taken. */
static int check(const struct js *file, const struct js **ret_devices, const char **ret_sentence)
{
	_cleanup_free_ struct registered_device *device = malloc(sizeof *device);
	const char *format = js_get_string(file, "format");
	const struct js *devices = js_get(file, "devices");
	uint64_t version = 0;

	if (!device)
		return -ENOMEM;
	if (!format || strcmp(format, FORMAT) != 0 || !js_is_array(devices))
		return bad("This is not a file that \"outingctl device export\" has written.", ret_sentence);
	if (js_get_u64(file, "version", &version) < 0 || version != VERSION)
		return bad("This file was written by a version of outing-guard that this one does not "
			   "understand.",
			ret_sentence);
	if (js_length(devices) > DEVICES_MAX)
		return bad("There are too many devices in this file.", ret_sentence);
	for (size_t i = 0; i < js_length(devices); i++)
		if (!read_device(js_at(devices, i), device))
			return bad(
				"The file is damaged: one of its devices cannot be understood. Nothing was "
				"imported.",
				ret_sentence);
	*ret_devices = devices;
	return 0;
}

int register_file_take(struct state *state, const char *text, size_t size, const char *added_by,
	struct register_file_result *ret_result, const char **ret_sentence)
{
	_cleanup_free_ struct registered_device *device = malloc(sizeof *device);
	_cleanup_js_ struct js *file = NULL;
	const struct js *devices;
	int r;

	*ret_result = (struct register_file_result){js_array(), js_array(), 0};
	if (!device)
		return -ENOMEM;
	if (js_parse(text, size, &file) < 0)
		return bad("This is not a file that \"outingctl device export\" has written.", ret_sentence);
	r = check(file, &devices, ret_sentence);
	for (size_t i = 0; r >= 0 && i < js_length(devices); i++) {
		(void)read_device(js_at(devices, i), device);
		(void)snprintf(device->added_by, sizeof device->added_by, "%s", added_by);
		r = take_device(state, device, ret_result);
	}
	return r;
}

void register_file_export(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	answer_json(answer, register_file_make(daemon->state));
}

static int read_all(int fd, char **ret_text, size_t *ret_size)
{
	/* A file in memory, as outingctl makes it: reading it never waits for anybody. */
	if (fcntl(fd, F_GET_SEALS) < 0)
		return -EINVAL;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return fd_read_file(fd, REGISTER_FILE_MAX, ret_text, ret_size);
}

static int record(struct daemon *daemon, const struct register_file_result *result, uid_t uid)
{
	struct hooks_event hook = {.reason = "imported"};
	struct js *fields = js_object(), *names = js_array();
	int r;

	for (size_t i = 0; i < js_length(result->added); i++)
		js_append_string(names, js_string(js_at(result->added, i)));
	js_set_string(fields, "change", "imported");
	js_set(fields, "names", names);
	js_set_u64(fields, "known", result->known);
	js_set_u64(fields, "refused", js_length(result->refused));
	js_set_u64(fields, "uid", uid);
	r = event_report(daemon, AUDIT_REGISTER_CHANGED, fields, &hook);
	if (r >= 0)
		r = devices_publish(daemon);
	if (r >= 0)
		r = usb_judge_all(daemon->usb);
	return r < 0 ? r : media_judge(daemon->media);
}

static void answer_result(struct register_file_result *result, struct bus_answer *answer)
{
	struct js *o = js_object();

	js_set(o, "added", TAKE_PTR(result->added));
	js_set_u64(o, "known", result->known);
	js_set(o, "refused", TAKE_PTR(result->refused));
	answer_json(answer, o);
}

void register_file_import(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	_cleanup_(register_file_clear) struct register_file_result result = {0};
	_cleanup_free_ char *text = NULL;
	const char *sentence = "";
	char by[48];
	size_t size = 0;
	int r = read_all(request->fd, &text, &size), recorded;

	if (r < 0) {
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"The file could not be read (%s). It is handed over in memory and has at most %d kB.",
			strerror(-r), REGISTER_FILE_MAX / 1024);
		return;
	}
	(void)snprintf(by, sizeof by, "import by uid %u", (unsigned)request->uid);
	r = register_file_take(daemon->state, text, size, by, &result, &sentence);
	if (r == -EBADMSG) {
		answer_error(answer, BUS_REFUSED, "%s", sentence);
		return;
	}
	recorded = record(daemon, &result, request->uid);
	if (r < 0 || recorded < 0)
		answer_errno(answer, r < 0 ? r : recorded, "Not everything could be imported or recorded");
	else
		answer_result(&result, answer);
}
