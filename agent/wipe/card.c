/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Table, file system and tree of a card, together. See card.h. Pure. */

#include "wipe/card.h"

#include "base/number.h"

#include <string.h>

#define EXFAT_LABEL_UNITS 11

static int look_for_folders_of_fat(struct card *card)
{
	const struct fat_volume *v = &card->fat;
	int r = fat_scan(v, &card->tree, card->fat_scan);

	if (r == 0)
		tree_keep_what_fits(&card->tree,
			(v->bits == 32 ? v->cluster_bytes : v->root_bytes) -
				(card->fat_scan->has_label ? FAT_ENTRY_SIZE : 0),
			v->cluster_bytes - 2 * FAT_ENTRY_SIZE);
	return r;
}

static int look_for_folders_of_exfat(struct card *card)
{
	uint64_t room = card->exfat.cluster_bytes;
	int r = exfat_scan(&card->exfat, &card->tree, card->exfat_scan);

	if (r == 0)
		tree_keep_what_fits(
			&card->tree, room - card->exfat_scan->kept_count * EXFAT_ENTRY_SIZE, room);
	return r;
}

static int look_at_fat(const struct source *source, struct card *card)
{
	int r;

	r = fat_open(source, card->layout.start, card->layout.size, &card->fat);
	if (r != 0)
		return r;
	card->file_system = (enum wipe_file_system)card->fat.bits;
	r = fat_check_clean(&card->fat);
	if (r == 0)
		r = fat_check_backup(&card->fat);
	if (r != 0)
		return r;
	card->fat_scan = calloc(1, sizeof *card->fat_scan);
	return card->fat_scan ? look_for_folders_of_fat(card) : -ENOMEM;
}

static int look_at_exfat(const struct source *source, struct card *card)
{
	int r;

	r = exfat_open(source, card->layout.start, card->layout.size, &card->exfat);
	if (r != 0)
		return r;
	card->file_system = WIPE_FS_EXFAT;
	card->exfat_scan = calloc(1, sizeof *card->exfat_scan);
	return card->exfat_scan ? look_for_folders_of_exfat(card) : -ENOMEM;
}

int card_look(const struct source *source, bool keep_all_folders, struct card *card)
{
	int r;

	memset(card, 0, sizeof *card);
	tree_init(&card->tree, keep_all_folders);
	r = mbr_parse(source, &card->layout);
	if (r != 0)
		return r;
	r = look_at_exfat(source, card);
	if (r == WIPE_OTHER_FILE_SYSTEM)
		r = look_at_fat(source, card);
	return r;
}

void card_clear(struct card *card)
{
	free(card->fat_scan);
	free(card->exfat_scan);
	card->fat_scan = NULL;
	card->exfat_scan = NULL;
	tree_clear(&card->tree);
}

/* Sector 0 of a partitioned card, byte for byte. */
static int keep_table(const struct source *source, struct plan *plan)
{
	uint8_t sector[MBR_SECTOR];
	int r;

	r = source_read(source, 0, sector, sizeof sector);
	return r != 0 ? r : plan_put(plan, 0, sector, sizeof sector, PLAN_IDENTITY);
}

int card_plan(const struct source *source, const struct card *card, struct plan **ret_plan)
{
	_cleanup_(plan_freep) struct plan *plan = plan_new(source->size, card->file_system);
	int r = 0;

	if (!plan)
		return -ENOMEM;
	if (card->layout.partitioned)
		r = keep_table(source, plan);
	if (r == 0)
		r = card->exfat_scan ? plan_for_exfat(source, card, plan) : plan_for_fat(source, card, plan);
	if (r != 0)
		return r;
	plan_finish(plan);
	*ret_plan = TAKE_PTR(plan);
	return 0;
}

uint32_t card_serial(const struct card *card)
{
	return card->file_system == WIPE_FS_EXFAT  ? card->exfat.serial
	       : card->file_system == WIPE_FS_NONE ? 0
						   : card->fat.serial;
}

void card_label(const struct card *card, char *ret_text, size_t room)
{
	uint16_t units[EXFAT_LABEL_UNITS];

	ret_text[0] = 0;
	if (card->fat_scan && card->fat_scan->has_label)
		name_label_from_short(card->fat_scan->label, ret_text, room);
	if (card->exfat_scan && card->exfat_scan->has_label) {
		for (size_t i = 0; i < EXFAT_LABEL_UNITS; i++)
			units[i] = load_le16(card->exfat_scan->label + 2 + i * 2);
		name_label_from_utf16(units, card->exfat_scan->label[1], ret_text, room);
	}
}
