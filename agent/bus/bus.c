/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The object on the bus. One handler serves every method: what a method takes, gives and needs is in the
 * bouncer's table, what it means is the agent's. The vtable below only says the same to introspection, with
 * the arguments' names; a test compares it with the documented XML.
 */

#include "bus/bus.h"

#include "base/log.h"
#include "bus/pending.h"

#include <string.h>

#define ERROR_PREFIX "org.outingguard.Error."

static const char *error_name(enum bus_error error)
{
	switch (error) {
	case BUS_INVALID_ARGUMENT:
		return ERROR_PREFIX "InvalidArgument";
	case BUS_NOT_FOUND:
		return ERROR_PREFIX "NotFound";
	case BUS_BUSY:
		return ERROR_PREFIX "Busy";
	case BUS_REFUSED:
		return ERROR_PREFIX "Refused";
	case BUS_DONE:
	case BUS_LATER:
	case BUS_FAILED:
		break;
	}
	return ERROR_PREFIX "Failed";
}

void bus_answer_clear(struct bus_answer *answer)
{
	free(TAKE_PTR(answer->text));
	answer->fd = close_fd(answer->fd);
}

void bus_refuse(struct bus_pending *pending, const char *name, const char *sentence)
{
	sd_bus_error error = SD_BUS_ERROR_MAKE_CONST(name, sentence);

	(void)sd_bus_reply_method_error(pending->call, &error);
	(void)bus_pending_free(pending);
}

void bus_reply(struct bus_pending *pending, const struct bus_answer *answer)
{
	const char *output = pending->request.rule->output;
	int r;

	if (answer->error != BUS_DONE) {
		bus_refuse(pending, error_name(answer->error), answer->sentence);
		return;
	}
	if (strcmp(output, "s") == 0)
		r = sd_bus_reply_method_return(pending->call, "s", answer->text ? answer->text : "");
	else if (strcmp(output, "u") == 0)
		r = sd_bus_reply_method_return(pending->call, "u", answer->number);
	else if (strcmp(output, "h") == 0)
		r = sd_bus_reply_method_return(pending->call, "h", answer->fd);
	else
		r = sd_bus_reply_method_return(pending->call, NULL);
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "answer to %s", pending->request.rule->name);
	(void)bus_pending_free(pending);
}

void bus_dispatch(struct bus_pending *pending)
{
	_cleanup_answer_ struct bus_answer answer = BUS_ANSWER_NULL;
	struct bus *bus = pending->bus;

	bus->calls->call(&pending->request, pending, &answer, bus->data);
	if (answer.error != BUS_LATER)
		bus_reply(pending, &answer);
}

static int on_method(sd_bus_message *call, void *data, sd_bus_error *ret_error)
{
	const char *member = sd_bus_message_get_member(call), *sentence = NULL;
	const struct bouncer_rule *rule = member ? bouncer_find(member) : NULL;
	struct bus_pending *pending = NULL;
	int r;

	if (!rule)
		return sd_bus_error_set(ret_error, SD_BUS_ERROR_ACCESS_DENIED, "Nobody may call this.");
	r = bus_pending_new(data, rule, call, &pending, &sentence);
	if (r > 0)
		return sd_bus_error_set(ret_error, error_name((enum bus_error)r), sentence);
	if (r < 0)
		return r;
	bus_authorize(pending);
	return 1;
}

static int get_version(sd_bus *connection, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *data, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s", OUTING_VERSION);
}

static int get_ready(sd_bus *connection, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct bus *bus = data;

	return sd_bus_message_append(reply, "b", bus->calls->ready(bus->data));
}

#define OPEN     SD_BUS_VTABLE_UNPRIVILEGED
#define NOTHING  SD_BUS_NO_ARGS
#define NO_REPLY SD_BUS_NO_RESULT

/* SD_BUS_ARGS and its like take their texts' addresses as integers of another sign. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Ready", "b", get_ready, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_METHOD_WITH_ARGS("Status", NOTHING, SD_BUS_RESULT("s", status), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("ListDevices", NOTHING, SD_BUS_RESULT("s", devices), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("ListJobs", NOTHING, SD_BUS_RESULT("s", jobs), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS(
		"GetJob", SD_BUS_ARGS("u", job), SD_BUS_RESULT("s", details), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("ListSessions", NOTHING, SD_BUS_RESULT("s", sessions), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("AddDevice", SD_BUS_ARGS("s", name, "s", role, "s", id, "s", room),
		SD_BUS_RESULT("s", device), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS(
		"RenameDevice", SD_BUS_ARGS("s", device, "s", name), NO_REPLY, on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS(
		"AssignDevice", SD_BUS_ARGS("s", device, "s", room), NO_REPLY, on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("RemoveDevice", SD_BUS_ARGS("s", device), NO_REPLY, on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS(
		"AssignPerson", SD_BUS_ARGS("s", device, "s", person), NO_REPLY, on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS(
		"ExportDevices", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", register), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS(
		"ImportDevices", SD_BUS_ARGS("h", register), SD_BUS_RESULT("s", result), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS(
		"Offload", SD_BUS_ARGS("s", device), SD_BUS_RESULT("u", job), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("Wipe", SD_BUS_ARGS("s", device, "b", confirmed_protected),
		SD_BUS_RESULT("u", job), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("Format", SD_BUS_ARGS("s", device, "b", confirmed_protected),
		SD_BUS_RESULT("u", job), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("CancelJob", SD_BUS_ARGS("u", job), NO_REPLY, on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("VaultStatus", NOTHING, SD_BUS_RESULT("s", status), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS(
		"VaultCreate", SD_BUS_ARGS("t", bytes), SD_BUS_RESULT("u", job), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("VaultVerify", NOTHING, SD_BUS_RESULT("u", job), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("AuditVerify", NOTHING, SD_BUS_RESULT("s", result), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("OpenAuditLog", NOTHING, SD_BUS_RESULT("h", log), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS(
		"Certificates", SD_BUS_ARGS("s", device), SD_BUS_RESULT("s", certificates), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("Reload", NOTHING, NO_REPLY, on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("Check", SD_BUS_ARGS("s", take, "b", leave_laptop),
		SD_BUS_RESULT("s", result), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS(
		"RecordOuting", SD_BUS_ARGS("s", request), SD_BUS_RESULT("s", outing), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("ListOutings", NOTHING, SD_BUS_RESULT("s", outings), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("ListIncidents", NOTHING, SD_BUS_RESULT("s", incidents), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS(
		"ReturnOuting", SD_BUS_ARGS("s", what), SD_BUS_RESULT("s", result), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("Attest", SD_BUS_ARGS("s", what, "s", note), NO_REPLY, on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS(
		"AttestDevice", SD_BUS_ARGS("s", device, "s", what, "s", note), NO_REPLY, on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("ImportNames", SD_BUS_ARGS("h", csv, "s", ignore), SD_BUS_RESULT("s", result),
		on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("AllowCopy",
		SD_BUS_ARGS("s", device, "s", sha512_hex, "s", file_name, "s", reason), NO_REPLY, on_method,
		OPEN),
	SD_BUS_METHOD_WITH_ARGS("Eject", SD_BUS_ARGS("s", device), NO_REPLY, on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("CountNames", NOTHING, SD_BUS_RESULT("s", result), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("ClearNames", NOTHING, SD_BUS_RESULT("s", result), on_method, OPEN),
	SD_BUS_METHOD_WITH_ARGS("Encrypt", SD_BUS_ARGS("s", device, "h", passphrase, "b", discard),
		SD_BUS_RESULT("u", job), on_method, OPEN),
	SD_BUS_SIGNAL_WITH_ARGS("DeviceChanged", SD_BUS_ARGS("s", device), 0),
	SD_BUS_SIGNAL_WITH_ARGS("JobChanged", SD_BUS_ARGS("u", job, "s", details), 0),
	SD_BUS_SIGNAL_WITH_ARGS("DeviceRefused", SD_BUS_ARGS("s", refusal), 0),
	SD_BUS_SIGNAL_WITH_ARGS("CopyRefused", SD_BUS_ARGS("s", refusal), 0),
	SD_BUS_SIGNAL_WITH_ARGS("Event", SD_BUS_ARGS("s", name, "s", details), 0),
	SD_BUS_VTABLE_END,
};
#pragma GCC diagnostic pop

static int connect_bus(struct loop *loop, const struct bus_options *options, sd_bus **ret_connection)
{
	sd_bus *connection = NULL;
	int r = options->address ? sd_bus_new(&connection) : sd_bus_open_system(&connection);

	if (r >= 0 && options->address) {
		r = sd_bus_set_address(connection, options->address);
		if (r >= 0)
			r = sd_bus_set_bus_client(connection, true);
		if (r >= 0)
			r = sd_bus_start(connection);
	}
	if (r >= 0)
		r = sd_bus_set_exit_on_disconnect(connection, true);
	if (r >= 0)
		r = sd_bus_attach_event(connection, loop_event(loop), 0);
	if (r < 0) {
		(void)sd_bus_flush_close_unref(connection);
		return r;
	}
	*ret_connection = connection;
	return 0;
}

int bus_open(struct loop *loop, const struct bus_options *options, const struct bus_calls *calls, void *data,
	struct bus **ret_bus)
{
	_cleanup_(bus_closep) struct bus *bus = calloc(1, sizeof *bus);
	int r;

	if (!bus)
		return -ENOMEM;
	bus->calls = calls;
	bus->data = data;
	r = connect_bus(loop, options, &bus->connection);
	if (r >= 0)
		r = sd_bus_add_object_vtable(
			bus->connection, &bus->object, BUS_PATH, BUS_INTERFACE, vtable, bus);
	if (r >= 0)
		r = sd_bus_request_name(bus->connection, BUS_NAME, 0);
	if (r < 0)
		return r;
	*ret_bus = TAKE_PTR(bus);
	return 0;
}

struct bus *bus_close(struct bus *bus)
{
	if (!bus)
		return NULL;
	while (bus->pending)
		(void)bus_pending_free(bus->pending);
	(void)sd_bus_slot_unref(bus->object);
	if (bus->connection)
		(void)sd_bus_detach_event(bus->connection);
	(void)sd_bus_flush_close_unref(bus->connection);
	free(bus);
	return NULL;
}

void bus_signal_device(struct bus *bus, const char *json)
{
	(void)sd_bus_emit_signal(bus->connection, BUS_PATH, BUS_INTERFACE, "DeviceChanged", "s", json);
}

void bus_signal_refused(struct bus *bus, const char *json)
{
	(void)sd_bus_emit_signal(bus->connection, BUS_PATH, BUS_INTERFACE, "DeviceRefused", "s", json);
}

void bus_signal_copy_refused(struct bus *bus, const char *json)
{
	(void)sd_bus_emit_signal(bus->connection, BUS_PATH, BUS_INTERFACE, "CopyRefused", "s", json);
}

void bus_signal_job(struct bus *bus, uint32_t job, const char *json)
{
	(void)sd_bus_emit_signal(bus->connection, BUS_PATH, BUS_INTERFACE, "JobChanged", "us", job, json);
}

void bus_signal_event(struct bus *bus, const char *name, const char *json)
{
	(void)sd_bus_emit_signal(bus->connection, BUS_PATH, BUS_INTERFACE, "Event", "ss", name, json);
}

void bus_signal_ready(struct bus *bus)
{
	(void)sd_bus_emit_properties_changed(bus->connection, BUS_PATH, BUS_INTERFACE, "Ready", NULL);
}
