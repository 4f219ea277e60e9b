/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One card, looked at as a whole: partition table, file system, tree; and the plan that follows from it.
 */

#include "wipe/exfat-scan.h"
#include "wipe/fat-scan.h"
#include "wipe/mbr.h"
#include "wipe/plan.h"

struct card {
	struct mbr_layout layout;
	enum wipe_file_system file_system;
	union {
		struct fat_volume fat;
		struct exfat_volume exfat;
	};
	struct fat_scan *fat_scan;
	struct exfat_scan *exfat_scan;
	struct tree tree; /* after an outcome its path says where */
};

/* Looks at everything. source must live as long as the card. *card is valid after any return and must be
 * cleared. */
int card_look(const struct source *source, bool keep_all_folders, struct card *card);
void card_clear(struct card *card);

/* The plan for this card; it was found without fault by card_look(). */
int card_plan(const struct source *source, const struct card *card, struct plan **ret_plan);

uint32_t card_serial(const struct card *card);
void card_label(const struct card *card, char *ret_text, size_t room);

/* Called by card_plan(). */
int plan_for_fat(const struct source *source, const struct card *card, struct plan *plan);
int plan_for_exfat(const struct source *source, const struct card *card, struct plan *plan);
