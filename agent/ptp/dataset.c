/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Taking datasets apart. See dataset.h.
 *
 * A cursor that ran out of bytes stays bad and gives zeroes, so each parser reads its fields in the
 * standard's order and asks once, at the end, whether all of it was there and nothing is left.
 */

#include "ptp/dataset.h"

#include "base/number.h"
#include "base/utf8.h"

#include <string.h>
#include <time.h>

#define TYPE_ARRAY  0x4000
#define PROPS_LIMIT (1U << 24)

struct cursor {
	const uint8_t *at;
	size_t left;
	bool bad;
};

static struct cursor cursor_of(const void *bytes, size_t size)
{
	return (struct cursor){.at = bytes, .left = size};
}

static bool whole(const struct cursor *c)
{
	return !c->bad && c->left == 0;
}

/* size bytes, or NULL. */
static const uint8_t *take(struct cursor *c, size_t size)
{
	const uint8_t *at = c->at;

	if (c->bad || size > c->left) {
		c->bad = true;
		return NULL;
	}
	if (size > 0)
		c->at += size;
	c->left -= size;
	return at;
}

static uint8_t take_u8(struct cursor *c)
{
	const uint8_t *at = take(c, 1);

	return at ? *at : 0;
}

static uint16_t take_u16(struct cursor *c)
{
	const uint8_t *at = take(c, 2);

	return at ? load_le16(at) : 0;
}

static uint32_t take_u32(struct cursor *c)
{
	const uint8_t *at = take(c, 4);

	return at ? load_le32(at) : 0;
}

static uint64_t take_u64(struct cursor *c)
{
	const uint8_t *at = take(c, 8);

	return at ? load_le64(at) : 0;
}

/* --- strings --- */

static bool is_high(uint32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(uint32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

static size_t encode(uint32_t point, char *to)
{
	if (point < 0xd800 || point >= 0xe000)
		return utf8_encode(point, to);
	to[0] = (char)(0xe0 | point >> 12);
	to[1] = (char)(0x80 | (point >> 6 & 0x3f));
	to[2] = (char)(0x80 | (point & 0x3f));
	return 3;
}

/* Units up to the first NUL; behind that only more of them may follow. */
static size_t text_units(const uint8_t *units, size_t count, bool *ret_bad)
{
	size_t used = 0;

	while (used < count && load_le16(units + 2 * used) != 0)
		used++;
	*ret_bad = used == count && count > 0;
	for (size_t i = used; i < count; i++)
		*ret_bad |= load_le16(units + 2 * i) != 0;
	return used;
}

static void take_text(struct cursor *c, char *ret_text)
{
	size_t count = take_u8(c), used, size = 0;
	const uint8_t *units = take(c, 2 * count);
	bool bad;

	ret_text[0] = 0;
	if (!units)
		return;
	used = text_units(units, count, &bad);
	c->bad |= bad;
	for (size_t i = 0; i < used && !bad; i++) {
		uint32_t point = load_le16(units + 2 * i), next = 0;

		if (i + 1 < used)
			next = load_le16(units + 2 * i + 2);
		if (is_high(point) && is_low(next)) {
			point = 0x10000 + ((point - 0xd800) << 10) + (next - 0xdc00);
			i++;
		}
		size += encode(point, ret_text + size);
	}
	ret_text[size] = 0;
}

static void skip_text(struct cursor *c)
{
	char text[PTP_TEXT_SIZE];

	take_text(c, text);
}

/* --- lists --- */

void ptp_u16s_clear(struct ptp_u16s *list)
{
	free(list->values);
	*list = (struct ptp_u16s){0};
}

void ptp_u32s_clear(struct ptp_u32s *list)
{
	free(list->values);
	*list = (struct ptp_u32s){0};
}

bool ptp_u16s_have(const struct ptp_u16s *list, unsigned value)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->values[i] == value)
			return true;
	return false;
}

bool ptp_u32s_have(const struct ptp_u32s *list, uint32_t value)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->values[i] == value)
			return true;
	return false;
}

/* The bytes of a list of so wide elements; the count is believed only as far as bytes are there. */
static const uint8_t *take_list(struct cursor *c, size_t width, size_t *ret_count)
{
	uint32_t count = take_u32(c);

	*ret_count = count;
	if (c->bad || count > c->left / width) {
		c->bad = true;
		return NULL;
	}
	return take(c, count * width);
}

static int take_u16s(struct cursor *c, struct ptp_u16s *ret_list)
{
	size_t count;
	const uint8_t *at = take_list(c, 2, &count);
	uint16_t *values;

	if (!at)
		return -EBADMSG;
	values = calloc(count + 1, sizeof *values);
	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		values[i] = load_le16(at + 2 * i);
	*ret_list = (struct ptp_u16s){count, values};
	return 0;
}

static int take_u32s(struct cursor *c, struct ptp_u32s *ret_list)
{
	size_t count;
	const uint8_t *at = take_list(c, 4, &count);
	uint32_t *values;

	if (!at)
		return -EBADMSG;
	values = calloc(count + 1, sizeof *values);
	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		values[i] = load_le32(at + 4 * i);
	*ret_list = (struct ptp_u32s){count, values};
	return 0;
}

int ptp_parse_u16s(const void *bytes, size_t size, struct ptp_u16s *ret_list)
{
	struct cursor c = cursor_of(bytes, size);
	struct ptp_u16s list = {0};
	int r = take_u16s(&c, &list);

	if (r < 0)
		return r;
	if (!whole(&c)) {
		ptp_u16s_clear(&list);
		return -EBADMSG;
	}
	*ret_list = list;
	return 0;
}

int ptp_parse_u32s(const void *bytes, size_t size, struct ptp_u32s *ret_list)
{
	struct cursor c = cursor_of(bytes, size);
	struct ptp_u32s list = {0};
	int r = take_u32s(&c, &list);

	if (r < 0)
		return r;
	if (!whole(&c)) {
		ptp_u32s_clear(&list);
		return -EBADMSG;
	}
	*ret_list = list;
	return 0;
}

/* --- datasets --- */

void ptp_device_info_clear(struct ptp_device_info *info)
{
	ptp_u16s_clear(&info->operations);
	ptp_u16s_clear(&info->events);
}

static int take_device_info(struct cursor *c, struct ptp_device_info *info)
{
	size_t count;
	int r;

	info->standard_version = take_u16(c);
	info->vendor_extension = take_u32(c);
	(void)take_u16(c); /* VendorExtensionVersion */
	take_text(c, info->vendor_extension_text);
	(void)take_u16(c); /* FunctionalMode */
	r = take_u16s(c, &info->operations);
	if (r == 0)
		r = take_u16s(c, &info->events);
	if (r < 0)
		return r;
	(void)take_list(c, 2, &count); /* DevicePropertiesSupported */
	(void)take_list(c, 2, &count); /* CaptureFormats */
	(void)take_list(c, 2, &count); /* ImageFormats */
	take_text(c, info->manufacturer);
	take_text(c, info->model);
	take_text(c, info->version);
	take_text(c, info->serial);
	return whole(c) ? 0 : -EBADMSG;
}

int ptp_parse_device_info(const void *bytes, size_t size, struct ptp_device_info *ret_info)
{
	struct cursor c = cursor_of(bytes, size);
	struct ptp_device_info info = {0};
	int r = take_device_info(&c, &info);

	if (r < 0)
		ptp_device_info_clear(&info);
	else
		*ret_info = info;
	return r;
}

int ptp_parse_storage_info(const void *bytes, size_t size, struct ptp_storage_info *ret_info)
{
	struct cursor c = cursor_of(bytes, size);
	struct ptp_storage_info info = {0};

	info.storage_type = take_u16(&c);
	info.file_system_type = take_u16(&c);
	info.access = take_u16(&c);
	info.capacity = take_u64(&c);
	info.free_bytes = take_u64(&c);
	(void)take_u32(&c); /* FreeSpaceInImages */
	take_text(&c, info.description);
	take_text(&c, info.label);
	if (!whole(&c))
		return -EBADMSG;
	*ret_info = info;
	return 0;
}

int ptp_parse_object_info(const void *bytes, size_t size, struct ptp_object_info *ret_info)
{
	struct cursor c = cursor_of(bytes, size);
	struct ptp_object_info info = {0};
	char modified[PTP_TEXT_SIZE];

	info.storage = take_u32(&c);
	info.format = take_u16(&c);
	info.protection = take_u16(&c);
	info.size_32 = take_u32(&c);
	(void)take(&c, 2 + 4 + 4 + 4); /* thumbnail: format, size, width, height */
	(void)take(&c, 4 + 4 + 4);     /* image: width, height, depth */
	info.parent = take_u32(&c);
	(void)take(&c, 2 + 4 + 4); /* AssociationType, AssociationDesc, SequenceNumber */
	take_text(&c, info.name);
	skip_text(&c); /* CaptureDate */
	take_text(&c, modified);
	skip_text(&c); /* Keywords */
	if (!whole(&c))
		return -EBADMSG;
	if (ptp_parse_date(modified, &info.modified) < 0)
		info.modified = 0;
	*ret_info = info;
	return 0;
}

/* --- values --- */

static size_t scalar_width(unsigned type)
{
	static const uint8_t widths[] = {0, 1, 1, 2, 2, 4, 4, 8, 8, 16, 16};

	return type < sizeof widths ? widths[type] : 0;
}

static void take_scalar(struct cursor *c, size_t width, struct ptp_value *value)
{
	const uint8_t *at = take(c, width);

	if (!at)
		return;
	value->kind = width == PTP_UID_SIZE ? PTP_VALUE_UID : PTP_VALUE_NUMBER;
	if (width == PTP_UID_SIZE)
		memcpy(value->uid, at, PTP_UID_SIZE);
	for (size_t i = 0; i < width && width <= sizeof value->number; i++)
		value->number |= (uint64_t)at[i] << (8 * i);
}

static void take_value(struct cursor *c, unsigned type, struct ptp_value *value)
{
	size_t width = scalar_width(type & ~(unsigned)TYPE_ARRAY), count;

	*value = (struct ptp_value){.kind = PTP_VALUE_NUMBER};
	if (type == PTP_TYPE_TEXT) {
		value->kind = PTP_VALUE_TEXT;
		take_text(c, value->text);
	} else if (width == 0) {
		c->bad = true;
	} else if (type & TYPE_ARRAY) {
		value->kind = PTP_VALUE_ARRAY;
		(void)take_list(c, width, &count);
	} else {
		take_scalar(c, width, value);
	}
}

int ptp_parse_value(const void *bytes, size_t size, unsigned type, struct ptp_value *ret_value)
{
	struct cursor c = cursor_of(bytes, size);
	struct ptp_value value;

	take_value(&c, type, &value);
	if (!whole(&c))
		return -EBADMSG;
	*ret_value = value;
	return 0;
}

static int each_property(struct cursor *c, uint32_t count, ptp_property_fn visit, void *data)
{
	struct ptp_value value;
	int r = 0;

	for (uint32_t i = 0; i < count && r == 0; i++) {
		uint32_t handle = take_u32(c);
		unsigned property = take_u16(c), type = take_u16(c);

		take_value(c, type, &value);
		if (c->bad)
			return -EBADMSG;
		if (visit)
			r = visit(handle, property, type, &value, data);
	}
	return r;
}

int ptp_parse_property_list(const void *bytes, size_t size, ptp_property_fn visit, void *data)
{
	struct cursor c = cursor_of(bytes, size), first;
	uint32_t count = take_u32(&c);
	int r;

	if (c.bad || count > PROPS_LIMIT)
		return -EBADMSG;
	first = c;
	r = each_property(&c, count, NULL, NULL);
	if (r < 0 || !whole(&c))
		return -EBADMSG;
	return each_property(&first, count, visit, data);
}

/* --- dates --- */

static bool digits(const char **text, size_t count, int *ret_value)
{
	*ret_value = 0;
	for (size_t i = 0; i < count; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		*ret_value = *ret_value * 10 + (**text - '0');
	}
	return true;
}

static bool zone(const char *text, int *ret_minutes)
{
	int sign = *text == '-' ? -1 : 1, hours, minutes;

	*ret_minutes = 0;
	if (*text == 0 || strcmp(text, "Z") == 0)
		return true;
	if (*text != '-' && *text != '+')
		return false;
	text++;
	if (!digits(&text, 2, &hours) || !digits(&text, 2, &minutes) || *text || hours > 14 || minutes > 59)
		return false;
	*ret_minutes = sign * (hours * 60 + minutes);
	return true;
}

static bool in_calendar(const struct tm *tm, const struct tm *normal)
{
	return tm->tm_year == normal->tm_year && tm->tm_mon == normal->tm_mon &&
	       tm->tm_mday == normal->tm_mday && tm->tm_hour == normal->tm_hour &&
	       tm->tm_min == normal->tm_min && tm->tm_sec == normal->tm_sec;
}

int ptp_parse_date(const char *text, int64_t *ret_seconds)
{
	struct tm tm = {0}, normal;
	int minutes;

	if (!digits(&text, 4, &tm.tm_year) || !digits(&text, 2, &tm.tm_mon) ||
		!digits(&text, 2, &tm.tm_mday) || *text++ != 'T' || !digits(&text, 2, &tm.tm_hour) ||
		!digits(&text, 2, &tm.tm_min) || !digits(&text, 2, &tm.tm_sec))
		return -EINVAL;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (!zone(text, &minutes))
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	normal = tm;
	*ret_seconds = timegm(&normal) - (int64_t)minutes * 60;
	return in_calendar(&tm, &normal) ? 0 : -EINVAL;
}
