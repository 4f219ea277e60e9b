/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * "hibernation": was the memory of this computer written to disk and left there?
 *
 * Fails when systemd noted in the firmware where an image lies (HibernateLocation) and that note was never
 * taken back: a hibernation that was not resumed. Whether a swap place really holds an image, and whether it
 * is encrypted, is judged with the disks; here the settings that lead there are details.
 */

#include "outing/checks.h"
#include "outing/finding.h"

void check_hibernation(const struct checks_input *input, struct finding *finding);
