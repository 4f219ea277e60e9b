/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingctl, the manager's and technician's command: talks to the agent over D-Bus, shows what it says.
 *
 * Holds no privilege and no decision of its own: every request is authorised, checked and recorded by the
 * agent. Must never open a device, the vault or the state database.
 */

#include "base/cleanup.h"

#include <string.h>

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("outingctl " OUTING_VERSION);
		return 0;
	}
	fputs("outingctl: no such command\n", stderr);
	return 2;
}
