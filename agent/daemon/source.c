/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Device events into the table of media. See source.h. */

#include "daemon/source.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/media.h"
#include "device/udev.h"

#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>

#define FAKE_MAX 16

struct source {
	struct daemon *daemon;
	struct device_monitor *monitor;
	int inotify;
	struct watch *watch;
	size_t fake_count;
	char fakes[FAKE_MAX][DEVICE_PATH]; /* syspaths that were reported */
};

static int on_event(enum device_event event, const struct device_facts *facts, void *data)
{
	struct source *source = data;

	return media_event(source->daemon->media, event, facts, NULL);
}

static int monitor_readable(void *data)
{
	struct source *source = data;
	int r = device_monitor_dispatch(source->monitor, on_event, source);

	if (r == -ENOBUFS) {
		log_warning("too many device events at once, looking at all devices again");
		r = device_monitor_enumerate(source->monitor, on_event, source);
	}
	return r < 0 ? r : 0;
}

static int open_udev(struct source *source)
{
	int r = device_monitor_new(&source->monitor);

	if (r >= 0)
		r = loop_watch_fd(source->daemon->loop, device_monitor_fd(source->monitor), monitor_readable,
			source, &source->watch);
	return r < 0 ? r : device_monitor_enumerate(source->monitor, on_event, source);
}

#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)

static void take_text(const struct js *entry, const char *key, char *to, size_t size)
{
	const char *text = js_get_string(entry, key);

	(void)snprintf(to, size, "%s", text ? text : "");
}

static void fake_facts(const struct js *entry, struct device_facts *f)
{
	struct device_volume *v = &f->volume[0];
	uint64_t number = 0;

	*f = (struct device_facts){
		.kind = DEVICE_DISK, .bus = DEVICE_BUS_USB, .external = true, .settled = true, .volumes = 1};
	take_text(entry, "node", f->node, sizeof f->node);
	(void)snprintf(f->syspath, sizeof f->syspath, "/fake%s", f->node);
	take_text(entry, "vendor", f->vendor, sizeof f->vendor);
	take_text(entry, "product", f->product, sizeof f->product);
	take_text(entry, "serial", f->serial, sizeof f->serial);
	take_text(entry, "table_id", f->table_id, sizeof f->table_id);
	take_text(entry, "type", v->type, sizeof v->type);
	take_text(entry, "volume_serial", v->serial, sizeof v->serial);
	take_text(entry, "label", v->label, sizeof v->label);
	(void)js_get_u64(entry, "diskseq", &f->diskseq);
	(void)js_get_u64(entry, "bytes", &f->size);
	f->vendor_id = js_get_u64(entry, "vendor_id", &number) == 0 ? (unsigned)number : 0x1234;
	f->product_id = js_get_u64(entry, "product_id", &number) == 0 ? (unsigned)number : 0x5678;
}

static bool was_there(const struct source *source, const char *syspath)
{
	for (size_t i = 0; i < source->fake_count; i++)
		if (strcmp(source->fakes[i], syspath) == 0)
			return true;
	return false;
}

static int report_fake(struct source *source, const struct js *entry, size_t at, char (*now)[DEVICE_PATH])
{
	_cleanup_free_ struct device_facts *facts = malloc(sizeof *facts);

	if (!facts)
		return -ENOMEM;
	fake_facts(entry, facts);
	(void)snprintf(now[at], DEVICE_PATH, "%s", facts->syspath);
	return media_event(source->daemon->media,
		was_there(source, facts->syspath) ? DEVICE_CHANGED : DEVICE_ADDED, facts,
		js_get_string(entry, "source"));
}

static int remove_gone(struct source *source, char (*now)[DEVICE_PATH], size_t count)
{
	_cleanup_free_ struct device_facts *facts = calloc(1, sizeof *facts);
	int r = facts ? 0 : -ENOMEM;

	for (size_t i = 0; i < source->fake_count && r >= 0; i++) {
		bool there = false;

		for (size_t k = 0; k < count; k++)
			there = there || strcmp(source->fakes[i], now[k]) == 0;
		if (there)
			continue;
		(void)snprintf(facts->syspath, sizeof facts->syspath, "%s", source->fakes[i]);
		r = media_event(source->daemon->media, DEVICE_REMOVED, facts, NULL);
	}
	return r;
}

static int read_fakes(struct source *source)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_js_ struct js *list = NULL;
	char now[FAKE_MAX][DEVICE_PATH] = {0};
	size_t size = 0, count;
	int r = fd_read_file_at(AT_FDCWD, source->daemon->options.fake_devices, 65536, &text, &size);

	if (r >= 0)
		r = js_parse(text, size, &list);
	if (r < 0) {
		log_errno(LOG_LEVEL_WARNING, r, "%s", source->daemon->options.fake_devices);
		return 0;
	}
	count = js_length(list) < FAKE_MAX ? js_length(list) : FAKE_MAX;
	for (size_t i = 0; i < count; i++) {
		const char *node = js_get_string(js_at(list, i), "node");

		(void)snprintf(now[i], sizeof now[i], "/fake%s", node ? node : "");
	}
	r = remove_gone(source, now, count);
	for (size_t i = 0; i < count && r >= 0; i++)
		r = report_fake(source, js_at(list, i), i, now);
	memcpy(source->fakes, now, sizeof now);
	source->fake_count = count;
	return r;
}

static int fakes_changed(void *data)
{
	struct source *source = data;
	char events[4096];

	while (read(source->inotify, events, sizeof events) > 0)
		;
	return read_fakes(source);
}

static int open_fakes(struct source *source)
{
	char directory[PATH_MAX];
	char *slash;
	int r;

	(void)snprintf(directory, sizeof directory, "%s", source->daemon->options.fake_devices);
	slash = strrchr(directory, '/');
	if (!slash)
		return -EINVAL;
	*slash = 0;
	source->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (source->inotify < 0 ||
		inotify_add_watch(source->inotify, directory, IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
		return -errno;
	r = loop_watch_fd(source->daemon->loop, source->inotify, fakes_changed, source, &source->watch);
	return r < 0 ? r : read_fakes(source);
}

#else

static int open_fakes(struct source *source)
{
	return -ENOTSUP;
}

#endif

int source_open(struct daemon *daemon, struct source **ret_source)
{
	_cleanup_(source_closep) struct source *source = calloc(1, sizeof *source);
	int r = 0;

	if (!source)
		return -ENOMEM;
	source->daemon = daemon;
	source->inotify = -1;
	if (daemon->options.fake_devices)
		r = open_fakes(source);
	else if (daemon->options.use_udev)
		r = open_udev(source);
	if (r < 0)
		return r;
	*ret_source = TAKE_PTR(source);
	return 0;
}

struct source *source_close(struct source *source)
{
	if (!source)
		return NULL;
	source->watch = watch_free(source->watch);
	source->monitor = device_monitor_free(source->monitor);
	source->inotify = close_fd(source->inotify);
	free(source);
	return NULL;
}
