/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The table of USB devices: events in, policy's answer, the kernel's switch. See usb.h.
 *
 * What is switched is the device that was judged, by its open directory, and its descriptors are compared
 * once more before it is let in.
 */

#include "daemon/usb.h"

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/devices.h"
#include "device/usb-monitor.h"

#include <string.h>

#define KEPT_MS 3000

struct usb_table {
	struct daemon *daemon;
	struct usb_monitor *monitor;
	struct watch *watch;
	struct usb_device *first;
	struct usb_adding *adding;
	size_t count;
	uint64_t last_plug;
	struct watch *again;
	bool starting;
	bool judging;
};

struct usb_device *usb_first(struct usb_table *table)
{
	return table ? table->first : NULL;
}

struct usb_adding **usb_adding_of(struct daemon *daemon)
{
	return daemon->usb ? &daemon->usb->adding : NULL;
}

static struct usb_device *find_place(struct usb_table *table, const char *syspath)
{
	for (struct usb_device *d = table->first; d; d = d->next)
		if (strcmp(d->facts.syspath, syspath) == 0)
			return d;
	return NULL;
}

static bool refused(const struct usb_device *device)
{
	return device->decision == USB_REFUSE && !device->kept;
}

struct usb_device *usb_find_refused(struct daemon *daemon, const char *id)
{
	for (struct usb_device *d = usb_first(daemon->usb); d; d = d->next)
		if (refused(d) && strcmp(d->id, id) == 0)
			return d;
	return NULL;
}

struct usb_device *usb_find_refused_entry(struct daemon *daemon, int64_t number)
{
	for (struct usb_device *d = usb_first(daemon->usb); d; d = d->next)
		if (refused(d) && !d->clone && d->known != USB_STRANGER && d->entry.number == number)
			return d;
	return NULL;
}

struct usb_device *usb_find_above(struct daemon *daemon, const char *syspath)
{
	struct usb_device *nearest = NULL;

	for (struct usb_device *d = usb_first(daemon->usb); d; d = d->next) {
		size_t length = strlen(d->facts.syspath);

		if (strncmp(syspath, d->facts.syspath, length) == 0 &&
			(syspath[length] == '/' || syspath[length] == '\0') &&
			(!nearest || length > strlen(nearest->facts.syspath)))
			nearest = d;
	}
	return nearest;
}

bool usb_is_registering(struct daemon *daemon, const char *syspath)
{
	const struct usb_device *device = usb_find_above(daemon, syspath);

	return device && device->registering;
}

static void usb_device_free(struct usb_device *device)
{
	if (!device)
		return;
	(void)close_fd(device->dir);
	free(device);
}

static void forget(struct usb_table *table, struct usb_device *device)
{
	for (struct usb_device **at = &table->first; *at; at = &(*at)->next)
		if (*at == device) {
			*at = device->next;
			table->count--;
			break;
		}
	usb_tell_gone(table->daemon, device);
	usb_device_free(device);
}

static int new_device(struct usb_table *table, const char *syspath, struct usb_device **ret_device)
{
	struct usb_device *device;

	if (table->count >= USB_DEVICES_MAX) {
		log_warning("more than %d USB devices are plugged in, one stays as it is", USB_DEVICES_MAX);
		return -E2BIG;
	}
	device = calloc(1, sizeof *device);
	if (!device)
		return -ENOMEM;
	device->dir = usb_open(syspath);
	if (device->dir < 0) {
		int r = device->dir;

		free(device);
		return r;
	}
	device->plug = ++table->last_plug;
	device->at_start = table->starting;
	device->next = table->first;
	table->first = device;
	table->count++;
	*ret_device = device;
	return 0;
}

/* The same place, but another number on the bus: it was unplugged in between. */
static bool is_another(const struct usb_device *device, const char *syspath)
{
	_cleanup_free_ struct usb_facts *now = malloc(sizeof *now);
	int dir = usb_open(syspath), r = now && dir >= 0 ? usb_read(dir, syspath, now) : -ENODEV;

	(void)close_fd(dir);
	return r >= 0 &&
	       (strcmp(now->node, device->facts.node) != 0 || strcmp(now->sum, device->facts.sum) != 0);
}

static enum usb_brings what_it_brings(const struct daemon *daemon, const struct usb_device *device)
{
	const struct usb_interfaces *interfaces = device->facts.readable ? &device->facts.interfaces : NULL;
	enum usb_brings brings;

	if (strcmp(device->said, "gate") == 0)
		return USB_BRINGS_STORAGE;
	/* What may be used by its class depends on the configuration of this moment. */
	if (usb_brings_parse(device->said, &brings) < 0 || brings == USB_BRINGS_ALLOWED ||
		brings == USB_BRINGS_OTHER)
		return usb_brings(interfaces, device->hint, daemon->config.usb.allow);
	return brings;
}

static void take_words(struct usb_device *device, const struct usb_event *event)
{
	(void)facts_copy(device->said, sizeof device->said, event->said);
	device->technician = strcmp(event->technician, "allow") == 0;
	device->hint = usb_hint_parse(event->exit);
	if (device->hint == USB_HINT_NONE && strcmp(device->said, "images") == 0 &&
		!usb_interfaces_have(&device->facts.interfaces, 0x06))
		device->hint = USB_HINT_MTP;
}

/* A root hub is no device: its sockets are seen to. */
static int see_root_hub(const char *syspath, const struct usb_event *event)
{
	_cleanup_close_ int dir = usb_open(syspath);
	int r = dir < 0 ? dir : 0;

	if (r >= 0 && strcmp(event->technician, "allow") != 0)
		r = usb_set_default(dir, false);
	if (r < 0 && r != -ENODEV)
		log_errno(LOG_LEVEL_WARNING, r, "%s lets in what is plugged in", syspath);
	return 0;
}

static int take_event(struct usb_table *table, const struct usb_event *event)
{
	struct usb_device *device = find_place(table, event->syspath);
	const char *name = strrchr(event->syspath, '/');
	int r;

	if (event->type == USB_EVENT_GONE) {
		if (device)
			forget(table, device);
		return 0;
	}
	if (name && strncmp(name, "/usb", 4) == 0)
		return see_root_hub(event->syspath, event);
	if (device && is_another(device, event->syspath)) {
		forget(table, device);
		device = NULL;
	}
	r = device ? 0 : new_device(table, event->syspath, &device);
	if (r >= 0)
		r = usb_read(device->dir, event->syspath, &device->facts);
	if (r < 0) {
		/* Gone again; its own event follows, or has been. */
		if (device)
			forget(table, device);
		return r == -ENOMEM ? r : 0;
	}
	take_words(device, event);
	return 0;
}

static int on_event(const struct usb_event *event, void *data)
{
	return take_event(data, event);
}

static int identify(struct daemon *daemon, struct usb_device *device)
{
	device->brings = what_it_brings(daemon, device);
	usb_key(&device->facts, device->key);
	return usb_know(daemon, device);
}

/* Another device of the same key that was here before; of two that were both here before the agent, neither
 * is taken for the true one unless the computer talks to it already. */
static bool is_clone(const struct usb_table *table, const struct usb_device *device)
{
	if (!usb_serial_is_sane(&device->facts) || device->brings == USB_BRINGS_ALLOWED)
		return false;
	for (const struct usb_device *d = table->first; d; d = d->next) {
		if (d == device || strcmp(d->key, device->key) != 0 || d->brings == USB_BRINGS_ALLOWED)
			continue;
		if (d->at_start && device->at_start ? !device->facts.authorized : d->plug < device->plug)
			return true;
	}
	return false;
}

static int decide(struct daemon *daemon, struct usb_device *device)
{
	/* A clone does not share the id of what it imitates. */
	bool by_key = *device->key && !device->clone;
	int r;

	struct usb_decide_facts facts = {
		.brings = device->brings,
		.only_storage = usb_is_only_storage(&device->facts.interfaces, daemon->config.usb.allow),
		.exempt = device->technician || strcmp(device->said, "system") == 0,
		.known = device->known,
		.clone = device->clone,
		.registering = device->registering,
	};

	r = identity_id("usb-", by_key ? device->key : device->facts.syspath, device->id);
	if (r < 0)
		return r;
	device->decision = usb_decide(&facts, &daemon->config, &device->reason);
	usb_compose(device);
	return 0;
}

/* Whoever was judged is let in, or nobody. */
static int let_in(struct daemon *daemon, struct usb_device *device)
{
	_cleanup_free_ struct usb_facts *now = malloc(sizeof *now);
	int r = now ? usb_read(device->dir, device->facts.syspath, now) : -ENOMEM;

	if (r >= 0 && strcmp(now->sum, device->facts.sum) != 0)
		r = -ESTALE;
	if (r >= 0)
		r = usb_authorize(device->dir, true);
	if (r < 0) {
		log_errno(LOG_LEVEL_WARNING, r, "%s cannot be let in", device->id);
		return 0;
	}
	device->facts.authorized = true;
	r = usb_announce(device->dir);
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "%s: its event could not be asked for", device->id);
	if (device->told && !device->registering) {
		usb_tell_gone(daemon, device);
		device->told = false;
	}
	return 0;
}

static int put_out(struct usb_device *device)
{
	bool kept = device->kept;
	int r;

	device->kept = usb_stands_under_system(device->facts.syspath);
	if (device->kept && !kept)
		log_notice("%s is in use, so the computer goes on talking to it until it is not", device->id);
	if (device->kept)
		return 0;
	r = usb_authorize(device->dir, false);
	if (r < 0) {
		log_errno(LOG_LEVEL_WARNING, r, "%s cannot be put out", device->id);
		return 0;
	}
	device->facts.authorized = false;
	(void)usb_announce(device->dir);
	return 0;
}

static int act(struct daemon *daemon, struct usb_device *device)
{
	bool news;
	int r = 0;

	switch (device->decision) {
	case USB_LEAVE:
		device->kept = false;
		return device->facts.authorized || device->technician ? 0 : let_in(daemon, device);
	case USB_LET_IN:
		device->kept = false;
		if (device->known == USB_REGISTERED)
			r = usb_learn(daemon, device);
		return r < 0 || device->facts.authorized ? r : let_in(daemon, device);
	case USB_REFUSE:
		break;
	}
	if (device->facts.authorized)
		r = put_out(device);
	news = !device->kept && (!device->told || device->told_reason != device->reason);
	if (r < 0 || !news)
		return r;
	/* What cannot be recorded is not told; the device stays outside all the same. */
	(void)usb_tell_refused(daemon, device);
	return 0;
}

static int look_again(void *data)
{
	struct usb_table *table = data;

	table->again = watch_free(table->again);
	return usb_judge_all(table);
}

/* There is no event for "it is not in use any more". */
static int look_again_later(struct usb_table *table)
{
	bool kept = false;

	for (const struct usb_device *d = table->first; d; d = d->next)
		kept = kept || d->kept;
	if (!kept || table->again)
		return 0;
	return loop_timer(table->daemon->loop, KEPT_MS, look_again, table, &table->again);
}

int usb_judge_all(struct usb_table *table)
{
	int r = 0;

	if (!table || table->judging || table->daemon->stopping)
		return 0;
	table->judging = true;
	for (struct usb_device *d = table->first; d && r >= 0; d = d->next)
		r = identify(table->daemon, d);
	for (struct usb_device *d = table->first; d && r >= 0; d = d->next)
		d->clone = is_clone(table, d);
	for (struct usb_device *d = table->first; d && r >= 0; d = d->next) {
		r = decide(table->daemon, d);
		if (r >= 0)
			r = act(table->daemon, d);
	}
	table->judging = false;
	if (r >= 0)
		r = look_again_later(table);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "the USB devices could not be judged");
	return r == -ENOMEM ? r : 0;
}

void usb_describe_entry(struct daemon *daemon, const char *syspath, struct registered_device *entry)
{
	const struct usb_device *device = usb_find_above(daemon, syspath);

	if (!device || usb_describe("", &device->facts, entry->descriptors, sizeof entry->descriptors) < 0)
		return;
	if (!usb_serial_is_sane(&device->facts))
		(void)snprintf(entry->port, sizeof entry->port, "%s", device->facts.port);
}

static int readable(void *data)
{
	struct usb_table *table = data;
	int r = usb_monitor_dispatch(table->monitor, on_event, table);

	if (r == -ENOBUFS) {
		log_warning("too many USB events at once, looking at all devices again");
		r = usb_monitor_look(table->monitor, on_event, table);
	}
	if (r < 0)
		return r;
	usb_adding_look(table->daemon);
	return usb_judge_all(table);
}

static int start(struct usb_table *table)
{
	int r = usb_monitor_new(&table->monitor);

	if (r >= 0)
		r = loop_watch_fd(
			table->daemon->loop, usb_monitor_fd(table->monitor), readable, table, &table->watch);
	if (r < 0)
		return r;
	table->starting = true;
	r = usb_monitor_look(table->monitor, on_event, table);
	if (r >= 0)
		r = usb_judge_all(table);
	table->starting = false;
	return r;
}

int usb_table_open(struct daemon *daemon, struct usb_table **ret_table)
{
	struct usb_table *table;
	int r;

	if (!daemon->options.use_udev || daemon->options.fake_devices)
		return 0;
	table = calloc(1, sizeof *table);
	if (!table)
		return -ENOMEM;
	table->daemon = daemon;
	*ret_table = table;
	r = start(table);
	if (r < 0)
		*ret_table = usb_table_free(table);
	return r;
}

struct usb_table *usb_table_free(struct usb_table *table)
{
	if (!table)
		return NULL;
	table->adding = usb_adding_free(table->adding);
	while (table->first) {
		struct usb_device *device = table->first;

		table->first = device->next;
		usb_device_free(device);
	}
	table->watch = watch_free(table->watch);
	table->again = watch_free(table->again);
	(void)usb_monitor_free(table->monitor);
	free(table);
	return NULL;
}
