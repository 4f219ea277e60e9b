/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Keys and ids out of facts. Pure.
 *
 * The rule for serials errs on the side of "not sane": a device that is then known by its card needs one more
 * registration, whereas two cameras taken for one could lose pictures. Every part of a key is encoded before
 * it is joined, so no serial or label can forge a separator.
 */

#include "device/identity.h"

#include "base/hex.h"
#include "base/sha512.h"
#include "device/usb.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define ID_DIGITS 10

static const char *const fillers[] = {
	"0123456789ABCDEF",
	"0123456789",
	"123456789ABCDEF",
	"1234567890ABCDEF",
	"123456789012",
	"1234567890",
	"123456789",
	"12345678",
	"ABCDEFGHIJKL",
	"ABCDEF",
	"DEADBEEF",
	"SERIAL",
	"SERIALNUMBER",
	"SERIAL NUMBER",
	"SERIAL_NUMBER",
	"NONE",
	"NULL",
	"UNKNOWN",
	"DEFAULT",
	"DEFAULT STRING",
	"NOT SPECIFIED",
	"TO BE FILLED BY O.E.M.",
	"USB",
	"DISK",
	"CARD READER",
	"20060413092100000",
};

/* "AAAAAA", "00-00-00": one and the same letter or digit throughout. */
static bool all_the_same(const char *serial)
{
	char seen = '\0';

	for (const char *p = serial; *p; p++) {
		if (!isalnum((unsigned char)*p))
			continue;
		if (seen && *p != seen)
			return false;
		seen = *p;
	}
	return true;
}

/* "0000000123" and "1000000000": numbers that a factory counts up from for every unit of a batch are fine; a
 * serial that is a single small number is not. */
static bool small_number(const char *serial)
{
	const char *p = serial + strspn(serial, "0");
	size_t digits = strspn(p, "0123456789");

	return digits <= 2 && p[digits] == '\0';
}

bool identity_serial_is_sane(const char *serial)
{
	size_t length = strlen(serial);

	if (length < 4)
		return false;
	for (const char *p = serial; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			return false;
	if (serial[0] == ' ' || serial[length - 1] == ' ')
		return false;
	for (size_t i = 0; i < ELEMENTS(fillers); i++)
		if (strcasecmp(serial, fillers[i]) == 0)
			return false;
	return !all_the_same(serial) && !small_number(serial);
}

int identity_encode(const char *text, char *ret_text, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t used = 0;

	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;
		bool plain = c > 0x20 && c < 0x7f && c != '%' && c != ':' && c != '/';

		if (used + (plain ? 1 : 3) >= size)
			return -ENOBUFS;
		if (plain) {
			ret_text[used++] = (char)c;
			continue;
		}
		ret_text[used++] = '%';
		ret_text[used++] = digits[c >> 4];
		ret_text[used++] = digits[c & 15];
	}
	if (used >= size)
		return -ENOBUFS;
	ret_text[used] = '\0';
	return 0;
}

static bool facts_serial_is_sane(const struct device_facts *facts)
{
	return !facts->serial_cut && identity_serial_is_sane(facts->serial);
}

/* A camera or phone without a serial is known by the socket it hangs at. */
static void socket_key(const struct device_facts *facts, char ret_key[static IDENTITY_KEY_SIZE])
{
	char port[DEVICE_TEXT], text[3 * DEVICE_TEXT];

	usb_port_of(facts->syspath, port);
	if (*port && identity_encode(port, text, sizeof(text)) == 0)
		(void)snprintf(ret_key, IDENTITY_KEY_SIZE, "port:%04x:%04x:%s", facts->vendor_id,
			facts->product_id, text);
}

void identity_device_key(const struct device_facts *facts, char ret_key[static IDENTITY_KEY_SIZE])
{
	char serial[3 * DEVICE_TEXT];
	int length;

	ret_key[0] = '\0';
	if ((facts->kind == DEVICE_PTP || facts->kind == DEVICE_MTP) && !facts_serial_is_sane(facts)) {
		socket_key(facts, ret_key);
		return;
	}
	if (facts->in_reader_slot || !facts_serial_is_sane(facts) ||
		identity_encode(facts->serial, serial, sizeof(serial)) < 0)
		return;
	if (facts->vendor_id || facts->product_id)
		length = snprintf(ret_key, IDENTITY_KEY_SIZE, "usb:%04x:%04x:%s", facts->vendor_id,
			facts->product_id, serial);
	else if (facts->bus == DEVICE_BUS_THUNDERBOLT || facts->bus == DEVICE_BUS_FIREWIRE)
		length = snprintf(
			ret_key, IDENTITY_KEY_SIZE, "%s:-:-:%s", device_bus_name(facts->bus), serial);
	else
		return;
	if (facts->lun)
		(void)snprintf(ret_key + length, IDENTITY_KEY_SIZE - (size_t)length, ":%u", facts->lun);
}

/* The volume that stands for the card: the first with a serial, else none. */
static const struct device_volume *naming_volume(const struct device_facts *facts)
{
	for (size_t i = 0; i < facts->volumes; i++)
		if (facts->volume[i].serial[0])
			return &facts->volume[i];
	return NULL;
}

static void media_key(const struct device_facts *facts, char ret_key[static IDENTITY_KEY_SIZE])
{
	const struct device_volume *volume = naming_volume(facts);
	char table[2 * sizeof(facts->table_id)], serial[192], label[200];
	int n;

	ret_key[0] = '\0';
	if (facts->kind != DEVICE_DISK || facts->size == 0 || (!facts->table_id[0] && !volume))
		return;
	/* A label too long for its place is left out; no file system of cameras has one. */
	if (!volume || identity_encode(volume->label, label, sizeof(label)) < 0)
		label[0] = '\0';
	if (identity_encode(facts->table_id, table, sizeof(table)) < 0 ||
		identity_encode(volume ? volume->serial : "", serial, sizeof(serial)) < 0)
		return;
	n = snprintf(ret_key, IDENTITY_KEY_SIZE, "card:%s:%s:%s:%" PRIu64, table, serial, label, facts->size);
	if (n < 0 || n >= IDENTITY_KEY_SIZE)
		ret_key[0] = '\0';
}

int identity_id(const char *prefix, const char *key, char ret_id[static IDENTITY_ID_SIZE])
{
	uint8_t digest[SHA512_SIZE];
	char hex[SHA512_HEX_SIZE];
	int r;

	r = sha512_of(key, strlen(key), digest);
	if (r < 0)
		return r;
	hex_encode(digest, sizeof(digest), hex);
	(void)snprintf(ret_id, IDENTITY_ID_SIZE, "%.5s%.*s", prefix, ID_DIGITS, hex);
	return 0;
}

int identity_of(const struct device_facts *facts, bool is_reader, struct device_identity *ret_identity)
{
	struct device_identity identity = {0};
	const char *prefix = facts->kind == DEVICE_DISK ? "disk-" : "usb-";
	int r;

	identity.serial_is_sane = facts_serial_is_sane(facts);
	identity_device_key(facts, identity.device_key);
	media_key(facts, identity.media_key);
	identity.known_by_media = facts->kind == DEVICE_DISK && (is_reader || !identity.device_key[0]);
	memcpy(identity.key, identity.known_by_media ? identity.media_key : identity.device_key,
		sizeof(identity.key));
	r = identity_id(prefix, identity.key[0] ? identity.key : facts->syspath, identity.id);
	if (r < 0)
		return r;
	*ret_identity = identity;
	return 0;
}

void identity_find_ambiguous(const char *const *keys, size_t count, bool *ret_ambiguous)
{
	for (size_t i = 0; i < count; i++)
		ret_ambiguous[i] = false;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count && keys[i] && keys[i][0]; j++)
			if (keys[j] && strcmp(keys[i], keys[j]) == 0)
				ret_ambiguous[i] = ret_ambiguous[j] = true;
}

const char *device_kind_name(enum device_kind kind)
{
	switch (kind) {
	case DEVICE_DISK:
		return "disk";
	case DEVICE_PTP:
		return "ptp";
	case DEVICE_MTP:
		return "mtp";
	case DEVICE_OTHER:
		break;
	}
	return "other";
}

const char *device_bus_name(enum device_bus bus)
{
	switch (bus) {
	case DEVICE_BUS_USB:
		return "usb";
	case DEVICE_BUS_SD:
		return "sd";
	case DEVICE_BUS_THUNDERBOLT:
		return "thunderbolt";
	case DEVICE_BUS_FIREWIRE:
		return "firewire";
	case DEVICE_BUS_INTERNAL:
		break;
	}
	return "internal";
}
