/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Package lists, Release files and ClamAV headers of any bytes. The input is cut in two at its first NUL:
 * dpkg's status and a list. The order of versions is an order: turning the two around turns the sign.
 */

#include "outing/clamav.h"
#include "outing/packages.h"

#include <string.h>

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void check_order(const struct packages *packages)
{
	for (size_t i = 0; i + 1 < packages->count && i < 8; i++) {
		struct debversion a = packages->list[i].version, b = packages->list[i + 1].version;

		if (sign(debversion_compare(a, b)) != -sign(debversion_compare(b, a)) ||
			debversion_compare(a, a) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_packages_ struct packages packages = {0};
	_cleanup_free_ char *text = strndup((const char *)data, size);
	const char *bytes = (const char *)data, *cut = size ? memchr(data, 0, size) : NULL;
	size_t first = cut ? (size_t)(cut - bytes) : size;
	struct clamav_database database;
	struct clamav_loaded loaded;
	int64_t date;

	if (!text)
		abort();
	if (packages_parse_status(bytes, first, &packages) == 0) {
		if (cut)
			(void)packages_compare(&packages, cut + 1, size - first - 1);
		check_order(&packages);
	}
	(void)packages_release_date(bytes, size, &date);
	(void)clamav_parse_header(data, size, &database);
	(void)clamav_parse_version(text, &loaded);
	(void)packages_is_security(text);
	(void)clamav_setting(text, "DatabaseDirectory");
	return 0;
}
