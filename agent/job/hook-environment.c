/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Builds the variables of one event. See hook-environment.h. */

#include "job/hook-environment.h"

#include "base/clock.h"
#include "state/name.h"

#include <string.h>

#define TEXT_SIZE        1024
#define CERTIFICATE_SIZE (64U * 1024)

static int put(struct hook_environment *environment, const char *name, const char *value, size_t size)
{
	_cleanup_free_ char *clean = name_clean(value, size);
	char *variable = NULL;

	if (!clean)
		return -ENOMEM;
	if (environment->count >= HOOK_VARIABLES_MAX)
		return -E2BIG;
	if (asprintf(&variable, "%s=%s", name, clean) < 0)
		return -ENOMEM;
	environment->variables[environment->count++] = variable;
	return 0;
}

static int put_text(struct hook_environment *environment, const char *name, const char *value)
{
	return value ? put(environment, name, value, TEXT_SIZE) : 0;
}

static int put_number(struct hook_environment *environment, const char *name, uint64_t value, bool given)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	return given ? put(environment, name, text, sizeof text) : 0;
}

static int fill(struct hook_environment *environment, const struct hooks_event *event)
{
	char now[CLOCK_TEXT];
	const struct {
		const char *name, *value;
	} texts[] = {
		{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"},
		{"LANG", "C.UTF-8"},
		{"HOME", "/"},
		{"OUTING_EVENT", event->event},
		{"OUTING_TIME", event->time ? event->time : clock_format(clock_now(), now)},
		{"OUTING_DEVICE", event->device},
		{"OUTING_ROLE", event->role},
		{"OUTING_ROOM", event->room},
		{"OUTING_SESSION", event->session},
		{"OUTING_REASON", event->reason},
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ELEMENTS(texts); i++)
		r = put_text(environment, texts[i].name, texts[i].value);
	if (r >= 0)
		r = put_number(environment, "OUTING_JOB", event->job, event->job != 0);
	if (r >= 0)
		r = put_number(environment, "OUTING_FILES", event->files, event->has_counts);
	if (r >= 0)
		r = put_number(environment, "OUTING_BYTES", event->bytes, event->has_counts);
	if (r >= 0)
		r = put_number(environment, "OUTING_REFUSALS", event->refusals, event->has_refusals);
	if (r >= 0 && event->certificate)
		r = put(environment, "OUTING_CERTIFICATE", event->certificate, CERTIFICATE_SIZE);
	return r;
}

int hook_environment_make(const struct hooks_event *event, struct hook_environment *ret_environment)
{
	struct hook_environment environment = {0};
	int r = fill(&environment, event);

	if (r < 0) {
		hook_environment_clear(&environment);
		return r;
	}
	*ret_environment = environment;
	return 0;
}

void hook_environment_clear(struct hook_environment *environment)
{
	for (size_t i = 0; i < environment->count; i++)
		free(environment->variables[i]);
	*environment = (struct hook_environment){0};
}
