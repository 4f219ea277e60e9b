/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the system says about one device, copied out of udev and sysfs into a plain value.
 *
 * Facts are hostile text (a gadget can claim any serial, a card any label): every string is bounded and
 * NUL-terminated, and longer ones are cut with the matching "cut" flag so that nobody takes two of them for
 * equal. The struct owns nothing and may be copied by assignment. Nothing is decided here: see identity.h,
 * topology.h.
 */

#include "base/cleanup.h"

#include <string.h>
#include <sys/types.h>

#define DEVICE_TEXT           128
#define DEVICE_PATH           512
#define DEVICE_PARTITIONS_MAX 16

enum device_kind {
	DEVICE_DISK,
	DEVICE_PTP,
	DEVICE_MTP,
	DEVICE_OTHER,
};

enum device_bus {
	DEVICE_BUS_INTERNAL, /* everything that is part of the computer, and everything we do not know */
	DEVICE_BUS_USB,
	DEVICE_BUS_SD, /* a removable card in the computer's own slot (SD, memory stick, PC card) */
	DEVICE_BUS_THUNDERBOLT,
	DEVICE_BUS_FIREWIRE,
};

/* One volume: a partition, or the whole disk when there is no partition table. */
struct device_volume {
	char node[DEVICE_TEXT];  /* "/dev/sda1" */
	unsigned number;         /* partition number, 0: the whole disk */
	uint64_t start, size;    /* bytes */
	char type[32];           /* "vfat", "exfat", "crypto_LUKS", "BitLocker", ...; empty: nothing known */
	char serial[64];         /* volume serial or UUID as blkid prints it */
	char label[DEVICE_TEXT]; /* exact bytes */
};

struct device_facts {
	enum device_kind kind;
	enum device_bus bus;
	bool external;     /* hangs on a bus that leaves the building */
	bool holds_system; /* the running system's root, boot or swap lies on it: never touched */
	bool settled;      /* udev has finished with the device and all its partitions */
	bool read_only;
	bool in_reader_slot;       /* the computer's own card slot */
	char syspath[DEVICE_PATH]; /* the same for the whole plug-in; the key for "changed" and "removed" */
	char node[DEVICE_TEXT];    /* "/dev/sda", "/dev/bus/usb/001/004" */
	dev_t number;              /* block device number of a disk */
	uint64_t diskseq; /* number of this plug-in, never the same twice in one boot; 0: not known */
	uint64_t size;    /* bytes; 0: no medium */
	unsigned vendor_id, product_id; /* USB; both 0: not USB */
	unsigned lun;
	char vendor[DEVICE_TEXT], product[DEVICE_TEXT];
	char serial[DEVICE_TEXT]; /* as the device says it, not trusted: identity.h */
	bool serial_cut;
	char table_type[16]; /* "dos", "gpt", empty: none */
	char table_id[64];   /* partition table id */
	char media[16];      /* outing-media's word: "camera", "encrypted", "plain", "unknown", or empty */
	bool hardware_encrypted;  /* of a model that encrypts by itself, as the technician's hwdb says */
	char opened[DEVICE_TEXT]; /* DEVICE_UNLOCKED only: the opened volume, "/dev/dm-3" */
	uint64_t opened_diskseq;  /* never the same twice in one boot */
	size_t volumes;           /* entries used below */
	bool more_volumes;        /* there are more partitions than fit */
	struct device_volume volume[DEVICE_PARTITIONS_MAX];
};

/* Copies as much as fits, always NUL-terminated; true when something was cut off. */
static inline bool facts_copy(char *ret_text, size_t size, const char *text)
{
	if (memccpy(ret_text, text, '\0', size))
		return false;
	ret_text[size - 1] = '\0';
	return true;
}
