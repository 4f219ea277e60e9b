/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What is plugged in: each medium with its facts, its identity, its entry in the register and what was
 * decided about it.
 *
 * Judged again whenever something changed (an event, the register, the configuration, the end of a job), and
 * acted on once for each plug-in and decision. A medium is never read here; what it holds is found out by
 * workers only. At most MEDIA_MAX are kept; what is plugged in beyond that is left alone and said so.
 */

#include "device/facts.h"
#include "device/identity.h"
#include "device/udev.h"
#include "policy/decide.h"
#include "state/clear.h"
#include "state/encryption.h"
#include "state/register.h"
#include "state/session.h"

#define MEDIA_MAX 64

struct daemon;
struct media;

struct medium {
	uint64_t plug; /* number of this plug-in, never used twice */
	struct device_facts facts;
	struct device_identity identity;
	char insertion[SESSION_INSERTION_SIZE]; /* "" when the kernel does not count insertions */
	char source[DEVICE_PATH];               /* what an offload reads: the node, but for tests */
	struct registered_device entry;         /* valid if registered */
	bool registered;
	char reader_id[REGISTER_ID_SIZE]; /* id of the registered reader it is in, "" for none */
	bool ambiguous;
	bool interrupted;                 /* a clear or emptying of it was cut short */
	enum encryption_state encryption; /* of one that was cut short; 0: none */
	bool offloaded;                   /* committed since it was plugged in */
	bool cleared;                     /* cleared since it was plugged in; PTP and MTP: emptied */
	bool just_cleared; /* by a job of ours, perhaps one that was begun at an earlier plug-in */
	enum decision decision;
	const char *reason; /* static sentence for the decision */
	enum decision told; /* the decision that was recorded and reported */
	bool told_any;
	char told_key[IDENTITY_KEY_SIZE];
	bool offload_started, resume_started; /* by itself, since it was plugged in */
	struct medium *next;
};

int media_new(struct daemon *daemon, struct media **ret_media);
struct media *media_free(struct media *media);
DEFINE_CLEANUP(struct media, media_free);

/* An event of the source of events. offload_source: NULL for the node itself. */
int media_event(struct media *media, enum device_event event, const struct device_facts *facts,
	const char *offload_source);

/* A worker wrote to the medium there, and the rules were asked to look again: no gate goes by what it held
 * before, perhaps in partitions that are gone. The event that comes is the end of that. */
void media_await_rules(struct media *media, const char *syspath);

/* Everything is judged again, and what follows from it is done. */
int media_judge(struct media *media);

/* Borrowed until the next event. NULL when not plugged in. Ambiguous ones are found too. */
struct medium *media_find_id(struct media *media, const char *id);
struct medium *media_first(struct media *media);

/* Just plugged in, or the agent just started: udev has not said yet what it is, so nothing can be asked of
 * it. */
bool medium_is_looked_at(const struct medium *medium);

/* In a way that is known to protect it: looked into, or of a model that does. */
bool medium_is_encrypted(const struct medium *medium);

/* A disk or card: what is cleared as a whole. Everything else is emptied object by object. */
bool medium_is_disk(const struct medium *medium);

/* There is something in it that could be read. */
bool medium_has_content(const struct medium *medium);

/* "present", "offloading", ... as the interface documents it. */
const char *medium_state(struct daemon *daemon, const struct medium *medium);

/* What people call it: the registered name, else vendor and product, else the id. */
const char *medium_name(const struct medium *medium, char *buffer, size_t size);
