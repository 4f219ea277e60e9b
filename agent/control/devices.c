/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Devices: the list, the register, and finding the one a person means. See devices.h. */

#include "control/devices.h"

#include "control/show.h"
#include "control/text.h"
#include "control/verbs.h"

#include <string.h>

static bool is(const struct js *device, const char *key, const char *word)
{
	const char *value = js_get_string(device, key);

	return value && strcmp(value, word) == 0;
}

static bool begins(const struct js *device, const char *key, const char *word)
{
	const char *value = js_get_string(device, key);

	return value && *word && strncasecmp(value, word, strlen(word)) == 0;
}

const struct js *devices_find(const struct js *devices, const char *word)
{
	for (size_t i = 0; i < js_length(devices); i++) {
		const struct js *device = js_at(devices, i);

		if (is(device, "id", word) || is(device, "name", word))
			return device;
	}
	return NULL;
}

const struct js *devices_suggest(const struct js *devices, const char *word)
{
	const struct js *found = NULL;

	for (size_t i = 0; i < js_length(devices); i++) {
		const struct js *device = js_at(devices, i);

		if (!begins(device, "id", word) && !begins(device, "name", word))
			continue;
		if (found)
			return NULL;
		found = device;
	}
	return found;
}

bool devices_emptied_only(const char *id)
{
	return id && strncmp(id, "usb-", strlen("usb-")) == 0;
}

const char *devices_title(const struct js *device)
{
	const char *name = js_get_string(device, "name"), *id = js_get_string(device, "id");

	return name ? name : id ? id : "this device";
}

int devices_lookup(
	struct control *control, const char *word, struct js **ret_devices, const struct js **ret_device)
{
	_cleanup_js_ struct js *devices = NULL;
	const struct js *device;
	int r;

	r = control_reach(control);
	if (r != CONTROL_DONE)
		return r;
	r = agent_ask(control->agent, "ListDevices", &devices, NULL);
	if (r != AGENT_OK)
		return control_fail(control, r);
	device = devices_find(devices, word);
	if (!device) {
		const struct js *near = devices_suggest(devices, word);

		control_note(control, "There is no device \"%s\". %s%s%s", word,
			near ? "Did you mean \"" : "",
			near ? devices_title(near) : "Those there are: outingctl devices", near ? "\"?" : "");
		return CONTROL_REFUSED;
	}
	*ret_devices = TAKE_PTR(devices);
	*ret_device = device;
	return CONTROL_DONE;
}

int verb_devices(struct control *control)
{
	return control_list(control, "ListDevices", show_devices);
}

int verb_device_add(struct control *control)
{
	const struct options *options = &control->options;
	_cleanup_js_ struct js *device = NULL;
	uint64_t job;
	int r;

	r = control_reach(control);
	if (r != CONTROL_DONE)
		return r;
	r = agent_ask(control->agent, "AddDevice", &device, "ssss", control->operand, options->role,
		options->device, options->room ? options->room : "");
	if (r != AGENT_OK)
		return control_fail(control, r);
	if (control_given(control, OPTION_JSON))
		return control_json(control, device);
	if (js_get_u64(device, "job", &job) == 0)
		return control_say(control,
			"\"%s\" is registered. Its pictures are being copied into the vault now; to watch: "
			"outingctl "
			"job watch %ju",
			control->operand, (uintmax_t)job);
	return control_say(control, "\"%s\" is registered.", control->operand);
}

/* Calls a method on the device that the operand names, with one more argument if there is one. */
static int change(struct control *control, const char *method, const char *value)
{
	_cleanup_js_ struct js *devices = NULL;
	const struct js *device;
	int r;

	r = devices_lookup(control, control->operand, &devices, &device);
	if (r != CONTROL_DONE)
		return r;
	r = agent_tell(control->agent, method, value ? "ss" : "s", control->operand, value);
	return r == AGENT_OK ? CONTROL_DONE : control_fail(control, r);
}

int verb_device_rename(struct control *control)
{
	int r = change(control, "RenameDevice", control->options.operands[1]);

	return r != CONTROL_DONE ? r
				 : control_say(control, "It is called \"%s\" from now on.",
					   control->options.operands[1]);
}

static int assign_room(struct control *control, const char *room)
{
	int r = change(control, "AssignDevice", room);

	if (r != CONTROL_DONE)
		return r;
	return *room ? control_say(control, "It belongs to \"%s\" from now on.", room)
		     : control_say(control, "\"%s\" belongs to no room from now on.", control->operand);
}

static int assign_person(struct control *control, const char *person)
{
	int r = change(control, "AssignPerson", person);

	if (r != CONTROL_DONE)
		return r;
	return *person ? control_say(control, "It is for %s alone from now on.", person)
		       : control_say(control, "\"%s\" is for nobody in particular from now on.",
				 control->operand);
}

int verb_device_assign(struct control *control)
{
	const char *room = control->options.room, *person = control->options.person;
	int r = CONTROL_DONE;

	if (!room && !person) {
		control_note(control, "device assign needs --room or --person");
		return CONTROL_USAGE;
	}
	if (room)
		r = assign_room(control, room);
	return r == CONTROL_DONE && person ? assign_person(control, person) : r;
}

int verb_device_remove(struct control *control)
{
	int r = change(control, "RemoveDevice", NULL);

	return r != CONTROL_DONE ? r
				 : control_say(control,
					   "\"%s\" is no longer registered. Its pictures in the vault stay.",
					   control->operand);
}
