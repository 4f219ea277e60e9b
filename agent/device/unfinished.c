/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Interfaces whose code follows: each answers "not yet" and nothing else, so that callers can be built and
 * linked against them. This file shrinks and goes away.
 */

#include "device/udev.h"

int device_monitor_new(struct device_monitor **ret_monitor)
{
	return -ENOSYS;
}

struct device_monitor *device_monitor_free(struct device_monitor *monitor)
{
	return NULL;
}

int device_monitor_fd(const struct device_monitor *monitor)
{
	return -ENOSYS;
}

int device_monitor_enumerate(struct device_monitor *monitor, device_callback callback, void *data)
{
	return -ENOSYS;
}

int device_monitor_dispatch(struct device_monitor *monitor, device_callback callback, void *data)
{
	return -ENOSYS;
}

int device_monitor_lookup(struct device_monitor *monitor, dev_t number, struct device_facts *ret_facts)
{
	return -ENOSYS;
}

int device_retrigger(const char *syspath)
{
	return -ENOSYS;
}
