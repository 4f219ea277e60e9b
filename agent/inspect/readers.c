/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The only place that names all readers, so that a program which does not ask for them is without their
 * libraries. See inspect.h. */

#include "inspect/inspect.h"

#include "inspect/inspection.h"

const struct inspect_readers inspect_readers = {
	.zip = zip_read,
	.pdf = pdf_read,
	.tarball = tarball_read,
	.sevenzip = sevenzip_read,
	.stream = stream_read,
};
