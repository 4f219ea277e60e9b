/* SPDX-License-Identifier: GPL-3.0-or-later */

/* dconf databases of any bytes: lookups end, stay inside, and find nothing in what is not a database. */

#include "outing/gvdb.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char key[] = "/org/gnome/desktop/session/idle-delay";
	enum gvdb_answer answer, lock;
	int64_t value;

	answer = gvdb_lookup(data, size, key, &value);
	lock = gvdb_lookup_in(data, size, ".locks", key);
	if (size < 24 && (answer != GVDB_DAMAGED || lock != GVDB_DAMAGED))
		abort();
	if (answer != GVDB_FOUND && value != 0)
		abort();
	return 0;
}
