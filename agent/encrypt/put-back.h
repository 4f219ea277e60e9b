/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Opens the freshly encrypted stick once, with the passphrase, as every computer will: through the kernel.
 * That proves that it opens; then its files are copied back from the vault and compared.
 *
 * Needs CAP_SYS_ADMIN (device-mapper, mounts) and CAP_DAC_OVERRIDE (the vault), and gives up everything else
 * first. It reads no file system that anybody else made: what it mounts was written behind the passphrase a
 * moment ago. The mapping is hidden from the desktop, the mounts have no path; whatever a kill leaves of the
 * mapping is removed by the next run.
 */

#include "encrypt/protocol.h"

/* One conversation (see protocol.h). Negative errno when it could not be begun or the supervisor is gone. */
int put_back_run(int socket, const char *device, const char *insertion);
