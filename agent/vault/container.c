/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The vault's container. See container.h. */

#include "vault/container.h"

int container_create(const struct container *container, uint64_t size, const struct container_events *events,
	enum container_sealing *ret_sealing)
{
	return -ENOSYS;
}

int container_open(const struct container *container, const struct secret *key)
{
	return -ENOSYS;
}

int container_close(const struct container *container)
{
	return -ENOSYS;
}

int container_status(const struct container *container, struct container_status *ret_status)
{
	return -ENOSYS;
}

const char *container_sentence(enum container_outcome outcome)
{
	return "";
}

const char *container_sealing_sentence(enum container_sealing sealing)
{
	return "";
}
