/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A camera made of software: a PTP and MTP responder with a memory of what it was asked, and a script of
 * everything that can go wrong with one.
 *
 * It is written from the standard and shares no code with the initiator, so that the two check each other.
 * Commands go in as bytes, answers come out as bytes; what carries them is somebody else's business: a table
 * of calls in one process (camera_transport()), or USB.
 */

#include "ptp/transport.h"

#define CAMERA_OBJECTS_MAX  4096
#define CAMERA_STORES_MAX   4
#define CAMERA_FAULTS_MAX   16
#define CAMERA_COMMANDS_MAX 65536
#define CAMERA_EVENTS_MAX   16
#define CAMERA_PACKET       512

struct camera_object {
	uint32_t handle, storage, parent;
	uint16_t format, protection;
	uint64_t size;
	char name[256];
	uint32_t seed; /* of its content; 0: zeroes */
	char *path;    /* a file that holds its content, NULL: made from the seed */
	const char *date;
	bool gone;
};

struct camera_store {
	uint32_t id;
	uint16_t access; /* 0: all may be done, 1: read only, 2: read and delete */
	bool absent;
};

enum camera_fault_kind {
	CAMERA_CUT = 1,    /* the data ends after so many bytes, and no response follows */
	CAMERA_SHORT,      /* the data ends after so many bytes; the response says OK */
	CAMERA_LONG,       /* so many bytes more than announced */
	CAMERA_ANNOUNCE,   /* the head announces so many bytes more than there are */
	CAMERA_STALL,      /* the endpoint stalls */
	CAMERA_SILENT,     /* no answer */
	CAMERA_ANSWER,     /* that response, and nothing is done */
	CAMERA_LIE,        /* OK, and nothing is done */
	CAMERA_DENY,       /* it is done, and answered with that response */
	CAMERA_EVENT,      /* that event, with the parameter of `more`, before the answer */
	CAMERA_ADD,        /* a new object appears, with its event */
	CAMERA_TAKE_OTHER, /* the delete takes the object of handle `more` along */
	CAMERA_REUSE,      /* the deleted object's handle is given to a new one */
	CAMERA_OLD,        /* the answer belongs to an earlier transaction */
	CAMERA_ORDER,      /* the response comes before the data */
	CAMERA_GARBAGE,    /* so many bytes of nonsense in place of the answer */
	CAMERA_GONE,       /* the cable is pulled; nothing is done */
	CAMERA_FLIP,       /* one bit of the content, at that byte, is another */
	CAMERA_STORE_GONE, /* the store with that id is pulled, with its event */
	CAMERA_RENAME,     /* the object of handle `more` gets another name, silently */
	CAMERA_LEAVE,      /* it is done; the cable is pulled after so many bytes of the answer */
};

struct camera_fault {
	enum camera_fault_kind kind;
	uint16_t operation; /* 0: any */
	unsigned skip;      /* so often it goes well first */
	unsigned times;     /* then so often it does not; 0: from then on */
	uint64_t number;    /* bytes, response, event, store */
	uint32_t more;
};

struct camera_command {
	uint16_t operation;
	uint32_t params[5];
	unsigned count;
};

struct camera_transfer {
	uint8_t *bytes; /* owned */
	size_t size;
	const struct camera_object *content; /* behind the bytes */
	uint64_t content_at, content_size, flip;
	uint64_t done;
	bool silent, stall, flipped;
};

struct camera {
	struct camera_object objects[CAMERA_OBJECTS_MAX];
	size_t object_count;
	struct camera_store stores[CAMERA_STORES_MAX];
	size_t store_count;
	uint32_t next_handle;

	/* what kind of device it is */
	bool mtp;           /* properties, and lists of them */
	bool without_lists; /* properties one by one only */
	bool without_size;  /* the property "size" is not among them */
	bool without_partial_64;
	bool root_only;        /* "all objects" means those of the root; the root is itself an object */
	bool blind;            /* the folder asked for is passed over */
	bool split;            /* heads of data in a transfer of their own */
	bool without_empty;    /* no empty packet behind a full one */
	bool formats;          /* knows FormatStore */
	bool counts_nothing;   /* does not say how full it is */
	uint64_t unlisted;     /* bytes of what lies on it and is not listed */
	bool shy;              /* says what it is only within a session */
	bool announce_removal; /* an event for what it was told to delete */
	const char *vendor, *model, *serial;

	struct camera_fault faults[CAMERA_FAULTS_MAX];
	size_t fault_count;

	/* what happened */
	struct camera_command commands[CAMERA_COMMANDS_MAX];
	size_t command_count;
	bool session, gone;
	uint64_t leaving; /* 0: no; else gone after so many bytes less one */
	unsigned resets, cancels, deletes;

	/* its own */
	struct camera_transfer out[4];
	size_t out_count;
	uint8_t events[CAMERA_EVENTS_MAX][24];
	size_t event_sizes[CAMERA_EVENTS_MAX];
	size_t event_count;
	uint32_t transaction;
	bool busy_with_empty;
	int content_fd;
	const struct camera_object *content_of;
};

/* A camera with one store 0x00010001 and nothing on it. Owned by the caller; aborts without memory. */
struct camera *camera_new(void);
struct camera *camera_free(struct camera *camera);

void camera_add_store(struct camera *camera, uint32_t id);
struct camera_object *camera_add(struct camera *camera, uint32_t storage, uint32_t parent, const char *name,
	uint64_t size, uint32_t seed);
struct camera_object *camera_add_folder(
	struct camera *camera, uint32_t storage, uint32_t parent, const char *name);
struct camera_object *camera_find(struct camera *camera, uint32_t handle);
struct camera_object *camera_find_name(struct camera *camera, const char *name);
void camera_fault(struct camera *camera, struct camera_fault fault);
unsigned camera_count(const struct camera *camera, uint16_t operation);

/* The byte that lies at this place of content made from a seed. */
static inline uint8_t camera_byte(uint32_t seed, uint64_t at)
{
	return seed == 0 ? 0 : (uint8_t)(seed + at * 7 + (at >> 8) * 13 + (at >> 20) * 31);
}

/* One command container. What it answers waits in camera_take(). */
void camera_command(struct camera *camera, const uint8_t *bytes, size_t size);

/* The next bytes of the answer, as ptp_transport.receive() has it. -EAGAIN: nothing is waiting. */
ssize_t camera_take(struct camera *camera, uint8_t *buffer, size_t size, bool *ret_end);

/* The next event, 0: none. */
size_t camera_take_event(struct camera *camera, uint8_t ret_bytes[static PTP_EVENT_BYTES]);
void camera_event(struct camera *camera, uint16_t code, uint32_t param);

/* Class requests. */
void camera_cancel(struct camera *camera);
void camera_reset(struct camera *camera);
size_t camera_status(struct camera *camera, uint8_t *buffer);

/* The camera as something to talk to in the same process. */
struct ptp_transport camera_transport(struct camera *camera);
