/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The planned image: what stays, what is made again, that all else is zero; the plan as bytes; resuming. */

#include "card-image.h"

#include "wipe/resume.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct subject {
	struct image image;
	struct source source;
	struct plan *plan;
	uint8_t *expected;
};

static void subject_clear(struct subject *s)
{
	image_free(&s->image);
	s->plan = plan_free(s->plan);
	free(s->expected);
}

#define _cleanup_subject_ _cleanup_(subject_clear)

static void make_plan(struct subject *s, bool keep_all)
{
	struct card card;

	s->source = image_source(&s->image);
	assert_int_equal(card_look(&s->source, keep_all, &card), 0);
	assert_int_equal(card_plan(&s->source, &card, &s->plan), 0);
	card_clear(&card);
	s->expected = malloc(s->image.size);
	plan_image(s->plan, 0, s->expected, s->image.size, false);
}

/* kind 0 to 3: FAT12, FAT16, FAT32, exFAT */
static struct image card_of(unsigned kind, bool partitioned)
{
	static const unsigned bits[] = {12, 16, 32};
	struct image i;

	if (kind == 3) {
		i = image_exfat(100, partitioned);
		image_fill_exfat(&i);
	} else {
		i = image_fat(bits[kind], kind == 1 ? 4200 : 300, partitioned);
		image_fill_fat(&i);
	}
	return i;
}

static void the_planned_image_is_an_empty_card(void **state)
{
	for (unsigned n = 0; n < 8; n++) {
		_cleanup_subject_ struct subject s = {.image = card_of(n / 2, n % 2)};
		struct set_digest empty = SET_DIGEST_NULL;
		struct image planned;
		struct source source;
		char label[64];
		struct card card;

		make_plan(&s, false);
		planned = s.image;
		planned.bytes = s.expected;
		source = image_source(&planned);
		assert_int_equal(card_look(&source, false, &card), 0);
		assert_true(set_digest_equal(&card.tree.set, &empty));
		assert_int_equal(card.tree.folders, 1);
		assert_int_equal(card.tree.kept_count, 1);
		card_label(&card, label, sizeof label);
		assert_string_equal(label, n / 2 == 3 ? "Blue" : "BLUE ROOM");
		card_clear(&card);
	}
}

static void planning_an_empty_card_again_changes_nothing(void **state)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		_cleanup_subject_ struct subject s = {.image = card_of(kind, true)}, again = {0};

		make_plan(&s, false);
		again.image = s.image;
		again.image.bytes = malloc(s.image.size);
		memcpy(again.image.bytes, s.expected, s.image.size);
		make_plan(&again, false);
		assert_memory_equal(again.expected, s.expected, s.image.size);
	}
}

static void what_makes_the_card_is_kept(void **state)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		_cleanup_subject_ struct subject s = {.image = card_of(kind, true)};
		uint8_t *old = s.image.bytes;
		size_t volume = s.image.start;

		make_plan(&s, false);
		assert_memory_equal(s.expected, old, 512);
		if (kind == 3) {
			for (size_t region = volume; region < volume + 24 * 512; region += 12 * 512) {
				assert_memory_equal(s.expected + region, old + region, 106);
				assert_memory_equal(
					s.expected + region + 113, old + region + 113, 12 * 512 - 113);
			}
			assert_memory_equal(
				s.expected + s.image.data + EX_CLUSTER, ex_at(&s.image, 3), EX_CLUSTER);
			assert_memory_equal(s.expected + s.image.root, old + s.image.root, 3 * 32);
		} else {
			assert_memory_equal(s.expected + volume, old + volume, 512);
			assert_memory_equal(s.expected + s.image.root, old + s.image.root, 32);
		}
		if (kind == 2)
			assert_memory_equal(s.expected + volume + 6 * 512, old + volume + 6 * 512, 512);
	}
}

static void nothing_else_survives(void **state)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		_cleanup_subject_ struct subject s = {.image = card_of(kind, true)};
		size_t different = 0, other = 0;

		make_plan(&s, false);
		/* Everything behind the file system's own structures is zero in the plan. */
		for (size_t at = s.image.data + (kind == 3 ? 4 * EX_CLUSTER : 2 * 512); at < s.image.size;
			at++)
			other += s.expected[at] != 0;
		for (size_t at = 512; at < s.image.start; at++)
			other += s.expected[at] != 0;
		assert_int_equal(other, 0);
		for (size_t at = 0; at < s.image.size; at++)
			different += s.expected[at] != s.image.bytes[at];
		assert_true(different > 4000);
		assert_true(s.plan->sector_count < 64);
	}
}

static void all_folders_can_be_kept(void **state)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		_cleanup_subject_ struct subject s = {.image = card_of(kind, true)};
		struct image planned;
		struct source source;
		struct card card;

		make_plan(&s, true);
		planned = s.image;
		planned.bytes = s.expected;
		source = image_source(&planned);
		assert_int_equal(card_look(&source, true, &card), 0);
		assert_int_equal(card.tree.folders, 2);
		assert_int_equal(card.tree.set.files, 0);
		card_clear(&card);
	}
}

static void enter(struct tree *tree, const char *name, size_t entry_size, struct tree_mark *ret_mark)
{
	static const uint8_t entry[TREE_ENTRY_MAX];

	assert_int_equal(tree_enter(tree, name, strlen(name), entry, entry_size, ret_mark), 0);
}

static void folders_without_room_are_not_kept(void **state)
{
	struct tree_mark top, below, lowest;
	struct tree tree;

	tree_init(&tree, true);
	enter(&tree, "A", 32, &top);
	enter(&tree, "long name", 96, &below);
	enter(&tree, "in it", 32, &lowest);
	tree_leave(&tree, &lowest);
	tree_leave(&tree, &below);
	enter(&tree, "x", 64, &below);
	tree_leave(&tree, &below);
	tree_leave(&tree, &top);
	for (const char *name = "BCD"; *name; name++) {
		enter(&tree, (const char[]){*name, 0}, 32, &top);
		enter(&tree, "in it", 32, &below);
		tree_leave(&tree, &below);
		tree_leave(&tree, &top);
	}
	assert_int_equal(tree.kept_count, 10);
	tree_keep_what_fits(&tree, 2 * 32, 64);
	assert_int_equal(tree.kept_count, 4);
	assert_int_equal(tree.kept[0].parent, -1);
	assert_int_equal(tree.kept[1].parent, 0);
	assert_int_equal(tree.kept[1].entry_size, 64);
	assert_int_equal(tree.kept[2].parent, -1);
	assert_int_equal(tree.kept[3].parent, 2);
	tree_clear(&tree);
}

static void more_folders_than_are_kept_are_read(void **state)
{
	struct tree_mark mark;
	struct tree tree;

	tree_init(&tree, true);
	for (unsigned n = 0; n < TREE_FOLDERS_MAX + 10; n++) {
		char name[16];

		(void)snprintf(name, sizeof name, "%u", n);
		enter(&tree, name, 32, &mark);
		assert_int_equal(tree_file(&tree, "a", 1, 5, false), 0);
		tree_leave(&tree, &mark);
	}
	assert_int_equal(tree.kept_count, TREE_FOLDERS_MAX);
	assert_int_equal(tree.folders, TREE_FOLDERS_MAX + 10);
	assert_int_equal(tree.set.files, TREE_FOLDERS_MAX + 10);
	tree_clear(&tree);
}

static void a_scattered_root_is_gathered(void **state)
{
	_cleanup_subject_ struct subject s = {.image = image_fat(32, 300, false)};
	struct source source;
	struct image planned;
	struct card card;
	uint32_t far;

	for (unsigned n = 0; n < 15; n++)
		fat_file(&s.image,
			(char[12]){'A', (char)('A' + n), ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '}, 1);
	far = fat_chain(&s.image, 1, 0);
	fat_put(&s.image, 2, far);
	fat_folder(&s.image, "DCIM       ", 0);
	s.image.folder_at = (uint64_t)(fat_at(&s.image, far) - s.image.bytes);
	fat_file(&s.image, "Z          ", 1);
	make_plan(&s, false);
	planned = s.image;
	planned.bytes = s.expected;
	source = image_source(&planned);
	assert_int_equal(card_look(&source, false, &card), 0);
	assert_int_equal(card.tree.folders, 1);
	assert_int_equal(card.fat_scan->root.list[0].size, 512);
	card_clear(&card);
	/* Where the root went on is emptied first as well, and no folder is put there. */
	assert_int_equal(s.plan->regions[1].kind, PLAN_ROOT);
	assert_int_equal(s.plan->regions[2].kind, PLAN_ROOT);
	assert_true(bytes_are_zero(s.expected + (uint64_t)(fat_at(&s.image, far) - s.image.bytes), 512));
}

static void matching_is_exact(void **state)
{
	_cleanup_subject_ struct subject s = {.image = card_of(2, true)};
	size_t wrong = 0;

	make_plan(&s, false);
	assert_true(plan_matches(s.plan, 0, s.expected, s.image.size));
	for (size_t at = 0; at < s.image.size; at += 509) {
		s.expected[at] ^= 0x40;
		wrong += !plan_matches(s.plan, 0, s.expected, s.image.size);
		wrong -= !plan_matches(s.plan, at / 512 * 512, s.expected + at / 512 * 512, 512);
		assert_int_equal(wrong, 0);
		s.expected[at] ^= 0x40;
	}
}

static void a_plan_survives_as_bytes(void **state)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		_cleanup_subject_ struct subject s = {.image = card_of(kind, true)};
		_cleanup_(plan_freep) struct plan *parsed = NULL;
		_cleanup_free_ uint8_t *bytes = NULL, *again = NULL;
		size_t size, again_size;

		make_plan(&s, false);
		assert_int_equal(plan_serialise(s.plan, &bytes, &size), 0);
		assert_true(size < 64 * 1024);
		assert_int_equal(plan_parse(bytes, size, &parsed), 0);
		assert_int_equal(plan_serialise(parsed, &again, &again_size), 0);
		assert_int_equal(size, again_size);
		assert_memory_equal(bytes, again, size);
	}
}

/* With its checksum made right again, so that the fields themselves are looked at. */
static int parse_changed(const uint8_t *bytes, size_t size, size_t at, uint8_t value)
{
	_cleanup_free_ uint8_t *changed = malloc(size);
	_cleanup_(plan_freep) struct plan *plan = NULL;

	memcpy(changed, bytes, size);
	changed[at] = value;
	assert_int_equal(sha512_of(changed, size - SHA512_SIZE, changed + size - SHA512_SIZE), 0);
	return plan_parse(changed, size, &plan);
}

static void a_damaged_plan_is_refused(void **state)
{
	_cleanup_subject_ struct subject s = {.image = card_of(2, true)};
	_cleanup_(plan_freep) struct plan *parsed = NULL;
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size;

	make_plan(&s, false);
	assert_int_equal(plan_serialise(s.plan, &bytes, &size), 0);
	for (size_t at = 0; at < size; at += 37) {
		bytes[at] ^= 1;
		assert_int_equal(plan_parse(bytes, size, &parsed), WIPE_PLAN_INVALID);
		bytes[at] ^= 1;
	}
	for (size_t shorter = 0; shorter < size; shorter += 101)
		assert_int_equal(plan_parse(bytes, shorter, &parsed), WIPE_PLAN_INVALID);
	assert_int_equal(parse_changed(bytes, size, 8, 2), WIPE_PLAN_INVALID);   /* version */
	assert_int_equal(parse_changed(bytes, size, 12, 33), WIPE_PLAN_INVALID); /* file system */
	assert_int_equal(parse_changed(bytes, size, 16, 1), WIPE_PLAN_INVALID);  /* odd size */
	assert_int_equal(parse_changed(bytes, size, size - 64 - 524 + 4, 1), WIPE_PLAN_INVALID); /* sector */
	assert_int_equal(parse_changed(bytes, size, 24, 99), WIPE_PLAN_INVALID);                 /* regions */
	assert_int_equal(parse_changed(bytes, size, 32, 9), WIPE_PLAN_INVALID);    /* kind of region */
	assert_int_equal(parse_changed(bytes, size, 43, 0xFF), WIPE_PLAN_INVALID); /* region outside */
}

static void the_same_unused_card_goes_on(void **state)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		_cleanup_subject_ struct subject s = {.image = card_of(kind, true)};

		make_plan(&s, false);
		/* Nothing written yet: not to be resumed. */
		assert_int_equal(resume_check(&s.source, s.plan), WIPE_OFFLOAD_FIRST);
		/* The root emptied, all else as it was. */
		for (size_t n = 0; n < s.plan->region_count; n++)
			if (s.plan->regions[n].kind == PLAN_ROOT)
				plan_image(s.plan, s.plan->regions[n].offset,
					s.image.bytes + s.plan->regions[n].offset, s.plan->regions[n].size,
					true);
		assert_int_equal(resume_check(&s.source, s.plan), 0);
		memcpy(s.image.bytes, s.expected, s.image.size);
		assert_int_equal(resume_check(&s.source, s.plan), 0);
		/* The camera made a picture in its folder. */
		for (size_t n = 0; n < s.plan->region_count; n++)
			if (s.plan->regions[n].kind == PLAN_FOLDER)
				s.image.bytes[s.plan->regions[n].offset + 200] = 'I';
		assert_int_equal(resume_check(&s.source, s.plan), WIPE_OFFLOAD_FIRST);
		/* Another card of the same size. */
		s.image.bytes[s.image.start + 70] ^= 1;
		assert_int_equal(resume_check(&s.source, s.plan), WIPE_CARD_CHANGED);
		s.source.size -= 512;
		assert_int_equal(resume_check(&s.source, s.plan), WIPE_CARD_CHANGED);
	}
}

static void flags_of_exfat_do_not_make_another_card(void **state)
{
	_cleanup_subject_ struct subject s = {.image = card_of(3, true)};

	make_plan(&s, false);
	memcpy(s.image.bytes, s.expected, s.image.size);
	s.image.bytes[s.image.start + 106] = 2;
	s.image.bytes[s.image.start + 112] = 77;
	assert_int_equal(resume_check(&s.source, s.plan), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_planned_image_is_an_empty_card),
		cmocka_unit_test(planning_an_empty_card_again_changes_nothing),
		cmocka_unit_test(what_makes_the_card_is_kept),
		cmocka_unit_test(nothing_else_survives),
		cmocka_unit_test(all_folders_can_be_kept),
		cmocka_unit_test(folders_without_room_are_not_kept),
		cmocka_unit_test(more_folders_than_are_kept_are_read),
		cmocka_unit_test(a_scattered_root_is_gathered),
		cmocka_unit_test(matching_is_exact),
		cmocka_unit_test(a_plan_survives_as_bytes),
		cmocka_unit_test(a_damaged_plan_is_refused),
		cmocka_unit_test(the_same_unused_card_goes_on),
		cmocka_unit_test(flags_of_exfat_do_not_make_another_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
