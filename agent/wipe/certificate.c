/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Certificates. See certificate.h. */

#include "wipe/certificate.h"

int certificate_make(
	const struct wipe_proof *proof, const struct certificate_facts *facts, struct js **ret_certificate)
{
	return -ENOSYS;
}

int certificate_text(const struct js *certificate, char **ret_text)
{
	return -ENOSYS;
}
