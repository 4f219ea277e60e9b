/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Device events into the table of media. See hotplug.h. */

#include "daemon/hotplug.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/media.h"
#include "daemon/unlock.h"
#include "daemon/usb.h"
#include "device/udev.h"

#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>

#define FAKE_MAX 16

struct hotplug {
	struct daemon *daemon;
	struct device_monitor *monitor;
	int inotify;
	struct watch *watch;
	struct unlocks unlocks;
	size_t fake_count;
	char fakes[FAKE_MAX][DEVICE_PATH]; /* syspaths that were reported */
};

static int on_event(enum device_event event, const struct device_facts *facts, void *data)
{
	struct hotplug *hotplug = data;
	int r;

	if (event == DEVICE_UNLOCKED)
		return unlock_seen(&hotplug->unlocks, hotplug->daemon, facts);
	r = media_event(hotplug->daemon->media, event, facts, NULL);
	usb_adding_look(hotplug->daemon);
	return r;
}

static int monitor_readable(void *data)
{
	struct hotplug *hotplug = data;
	int r = device_monitor_dispatch(hotplug->monitor, on_event, hotplug);

	if (r == -ENOBUFS) {
		log_warning("too many device events at once, looking at all devices again");
		r = device_monitor_enumerate(hotplug->monitor, on_event, hotplug);
	}
	return r < 0 ? r : 0;
}

static int open_udev(struct hotplug *hotplug)
{
	int r = device_monitor_new(&hotplug->monitor);

	if (r >= 0)
		r = loop_watch_fd(hotplug->daemon->loop, device_monitor_fd(hotplug->monitor),
			monitor_readable, hotplug, &hotplug->watch);
	return r < 0 ? r : device_monitor_enumerate(hotplug->monitor, on_event, hotplug);
}

#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)

static void take_text(const struct js *entry, const char *key, char *to, size_t size)
{
	const char *text = js_get_string(entry, key);

	(void)snprintf(to, size, "%s", text ? text : "");
}

static void take_kind(const struct js *entry, enum device_kind *kind)
{
	const char *word = js_get_string(entry, "kind");

	for (enum device_kind k = DEVICE_DISK; word && k <= DEVICE_OTHER; k++)
		if (strcmp(word, device_kind_name(k)) == 0)
			*kind = k;
}

static void fake_volume(const struct js *entry, struct device_volume *v)
{
	take_text(entry, "node", v->node, sizeof v->node);
	take_text(entry, "type", v->type, sizeof v->type);
	take_text(entry, "volume_serial", v->serial, sizeof v->serial);
	take_text(entry, "label", v->label, sizeof v->label);
}

/* The disk itself is its only volume, unless there are "volumes". */
static void fake_volumes(const struct js *entry, struct device_facts *f)
{
	const struct js *list = js_get(entry, "volumes");

	f->volumes = 1;
	fake_volume(entry, &f->volume[0]);
	if (js_length(list) == 0)
		return;
	f->volumes = js_length(list) < DEVICE_PARTITIONS_MAX ? js_length(list) : DEVICE_PARTITIONS_MAX;
	for (size_t i = 0; i < f->volumes; i++) {
		fake_volume(js_at(list, i), &f->volume[i]);
		f->volume[i].number = (unsigned)i + 1;
	}
}

static void fake_facts(const struct js *entry, struct device_facts *f)
{
	uint64_t number = 0;

	*f = (struct device_facts){
		.kind = DEVICE_DISK, .bus = DEVICE_BUS_USB, .external = true, .settled = true};
	take_text(entry, "node", f->node, sizeof f->node);
	(void)snprintf(f->syspath, sizeof f->syspath, "/fake%s", f->node);
	take_text(entry, "vendor", f->vendor, sizeof f->vendor);
	take_text(entry, "product", f->product, sizeof f->product);
	take_text(entry, "serial", f->serial, sizeof f->serial);
	take_text(entry, "table_id", f->table_id, sizeof f->table_id);
	take_text(entry, "media", f->media, sizeof f->media);
	take_kind(entry, &f->kind);
	(void)js_get_bool(entry, "settled", &f->settled);
	(void)js_get_bool(entry, "hardware_encrypted", &f->hardware_encrypted);
	fake_volumes(entry, f);
	(void)js_get_u64(entry, "diskseq", &f->diskseq);
	(void)js_get_u64(entry, "bytes", &f->size);
	f->vendor_id = js_get_u64(entry, "vendor_id", &number) == 0 ? (unsigned)number : 0x1234;
	f->product_id = js_get_u64(entry, "product_id", &number) == 0 ? (unsigned)number : 0x5678;
}

static bool was_there(const struct hotplug *hotplug, const char *syspath)
{
	for (size_t i = 0; i < hotplug->fake_count; i++)
		if (strcmp(hotplug->fakes[i], syspath) == 0)
			return true;
	return false;
}

static int report_fake(struct hotplug *hotplug, const struct js *entry, size_t at, char (*now)[DEVICE_PATH])
{
	_cleanup_free_ struct device_facts *facts = malloc(sizeof *facts);

	if (!facts)
		return -ENOMEM;
	fake_facts(entry, facts);
	(void)snprintf(now[at], DEVICE_PATH, "%s", facts->syspath);
	return media_event(hotplug->daemon->media,
		was_there(hotplug, facts->syspath) ? DEVICE_CHANGED : DEVICE_ADDED, facts,
		js_get_string(entry, "source"));
}

static int remove_gone(struct hotplug *hotplug, char (*now)[DEVICE_PATH], size_t count)
{
	_cleanup_free_ struct device_facts *facts = calloc(1, sizeof *facts);
	int r = facts ? 0 : -ENOMEM;

	for (size_t i = 0; i < hotplug->fake_count && r >= 0; i++) {
		bool there = false;

		for (size_t k = 0; k < count; k++)
			there = there || strcmp(hotplug->fakes[i], now[k]) == 0;
		if (there)
			continue;
		(void)snprintf(facts->syspath, sizeof facts->syspath, "%s", hotplug->fakes[i]);
		r = media_event(hotplug->daemon->media, DEVICE_REMOVED, facts, NULL);
	}
	return r;
}

static int read_fakes(struct hotplug *hotplug)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_js_ struct js *list = NULL;
	char now[FAKE_MAX][DEVICE_PATH] = {0};
	size_t size = 0, count;
	int r = fd_read_file_at(AT_FDCWD, hotplug->daemon->options.fake_devices, 65536, &text, &size);

	if (r >= 0)
		r = js_parse(text, size, &list);
	if (r < 0) {
		log_errno(LOG_LEVEL_WARNING, r, "%s", hotplug->daemon->options.fake_devices);
		return 0;
	}
	count = js_length(list) < FAKE_MAX ? js_length(list) : FAKE_MAX;
	for (size_t i = 0; i < count; i++) {
		const char *node = js_get_string(js_at(list, i), "node");

		(void)snprintf(now[i], sizeof now[i], "/fake%s", node ? node : "");
	}
	r = remove_gone(hotplug, now, count);
	for (size_t i = 0; i < count && r >= 0; i++)
		r = report_fake(hotplug, js_at(list, i), i, now);
	memcpy(hotplug->fakes, now, sizeof now);
	hotplug->fake_count = count;
	return r;
}

static int fakes_changed(void *data)
{
	struct hotplug *hotplug = data;
	char events[4096];

	while (read(hotplug->inotify, events, sizeof events) > 0)
		;
	return read_fakes(hotplug);
}

static int open_fakes(struct hotplug *hotplug)
{
	char directory[PATH_MAX];
	char *slash;
	int r;

	(void)snprintf(directory, sizeof directory, "%s", hotplug->daemon->options.fake_devices);
	slash = strrchr(directory, '/');
	if (!slash)
		return -EINVAL;
	*slash = 0;
	hotplug->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (hotplug->inotify < 0 ||
		inotify_add_watch(hotplug->inotify, directory, IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
		return -errno;
	r = loop_watch_fd(hotplug->daemon->loop, hotplug->inotify, fakes_changed, hotplug, &hotplug->watch);
	return r < 0 ? r : read_fakes(hotplug);
}

#else

static int open_fakes(struct hotplug *hotplug)
{
	return -ENOTSUP;
}

#endif

int hotplug_open(struct daemon *daemon, struct hotplug **ret_hotplug)
{
	_cleanup_(hotplug_closep) struct hotplug *hotplug = calloc(1, sizeof *hotplug);
	int r = 0;

	if (!hotplug)
		return -ENOMEM;
	hotplug->daemon = daemon;
	hotplug->inotify = -1;
	if (daemon->options.fake_devices)
		r = open_fakes(hotplug);
	else if (daemon->options.use_udev)
		r = open_udev(hotplug);
	if (r < 0)
		return r;
	*ret_hotplug = TAKE_PTR(hotplug);
	return 0;
}

struct hotplug *hotplug_close(struct hotplug *hotplug)
{
	if (!hotplug)
		return NULL;
	hotplug->watch = watch_free(hotplug->watch);
	hotplug->monitor = device_monitor_free(hotplug->monitor);
	hotplug->inotify = close_fd(hotplug->inotify);
	free(hotplug);
	return NULL;
}
