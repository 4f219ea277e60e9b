/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The eraser on cards that behave and on cards that do not: stuck, fake, write-protected, shrinking, pulled,
 * unreadable, forgetful; and cut at every single write, after which every state must be one that can be gone
 * on from without losing a picture.
 */

#include "card-image.h"

#include "wipe/eraser.h"
#include "wipe/resume.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NEVER UINT64_MAX

struct fake {
	pthread_mutex_t lock; /* the eraser reads in one thread and writes in another */
	struct image *image;
	uint64_t real_size;   /* addresses wrap here: a fake capacity */
	uint64_t stuck_at;    /* this sector keeps its bytes */
	uint64_t stuck_times; /* for that many writes */
	uint64_t unreadable;  /* this sector cannot be read until it is written */
	uint64_t writes;
	uint64_t written;   /* bytes */
	uint64_t vanish_at; /* from this write on it is gone */
	bool torn;          /* the write it goes at is half done */
	uint64_t read_only_at;
	uint64_t shrink_at;
	uint64_t lie_at; /* from this write on nothing is kept */
	uint64_t flush_fails_at;
	uint64_t flushes;
	unsigned phases; /* seen, as bits */
	uint64_t cancel_at;
	uint64_t steps;
};

static bool is_gone(const struct fake *f)
{
	return f->writes >= f->vanish_at;
}

static int read_locked(struct fake *f, uint64_t offset, void *buffer, size_t size)
{
	if (is_gone(f))
		return -EIO;
	if (f->unreadable >= offset && f->unreadable < offset + size)
		return -EIO;
	for (size_t at = 0; at < size; at += 512)
		memcpy((uint8_t *)buffer + at, f->image->bytes + (offset + at) % f->real_size, 512);
	return 0;
}

static int write_locked(struct fake *f, uint64_t offset, const void *buffer, size_t size)
{
	assert_int_equal(offset % 512, 0);
	assert_int_equal(size % 512, 0);
	if (++f->writes >= f->vanish_at && !(f->torn && f->writes == f->vanish_at))
		return -EIO;
	if (f->writes >= f->read_only_at)
		return -EROFS;
	if (is_gone(f))
		size = size / 1024 * 512;
	f->written += size;
	for (size_t at = 0; at < size; at += 512) {
		uint64_t to = (offset + at) % f->real_size;

		if (to == f->unreadable)
			f->unreadable = NEVER;
		if (to == f->stuck_at && f->stuck_times > 0)
			f->stuck_times--;
		else if (f->writes < f->lie_at)
			memcpy(f->image->bytes + to, (const uint8_t *)buffer + at, 512);
	}
	return is_gone(f) ? -EIO : 0;
}

static int fake_read(void *data, uint64_t offset, void *buffer, size_t size)
{
	struct fake *f = data;
	int r;

	(void)pthread_mutex_lock(&f->lock);
	r = read_locked(f, offset, buffer, size);
	(void)pthread_mutex_unlock(&f->lock);
	return r;
}

static int fake_write(void *data, uint64_t offset, const void *buffer, size_t size)
{
	struct fake *f = data;
	int r;

	(void)pthread_mutex_lock(&f->lock);
	r = write_locked(f, offset, buffer, size);
	(void)pthread_mutex_unlock(&f->lock);
	return r;
}

static int fake_flush(void *data)
{
	struct fake *f = data;

	return is_gone(f) || ++f->flushes >= f->flush_fails_at ? -EIO : 0;
}

static int fake_size(void *data, uint64_t *ret_bytes)
{
	const struct fake *f = data;

	*ret_bytes = is_gone(f) ? 0 : f->writes >= f->shrink_at ? f->image->size / 2 : f->image->size;
	return 0;
}

static int note_progress(void *data, const struct wipe_progress *p)
{
	struct fake *f = data;

	assert_true(p->done <= p->total);
	assert_true(p->overall_done <= p->overall_total);
	f->phases |= 1U << p->phase;
	return 0;
}

static bool is_cancelled(void *data)
{
	struct fake *f = data;

	return ++f->steps >= f->cancel_at;
}

static struct fake fake_of(struct image *image)
{
	return (struct fake){.lock = PTHREAD_MUTEX_INITIALIZER,
		.image = image,
		.real_size = image->size,
		.stuck_at = NEVER,
		.stuck_times = NEVER,
		.unreadable = NEVER,
		.vanish_at = NEVER,
		.read_only_at = NEVER,
		.shrink_at = NEVER,
		.lie_at = NEVER,
		.flush_fails_at = NEVER,
		.cancel_at = NEVER};
}

static int run(
	struct fake *f, const struct plan *plan, enum wipe_method method, struct eraser_report *ret_report)
{
	struct device device = {.bytes = f->image->size,
		.data = f,
		.read = fake_read,
		.write = fake_write,
		.flush = fake_flush,
		.size = fake_size};
	struct eraser_hooks hooks = {.data = f, .progress = note_progress, .cancelled = is_cancelled};

	return eraser_run(&device, plan, method, &hooks, ret_report);
}

static struct plan *plan_of(struct image *image)
{
	struct source source = image_source(image);
	struct plan *plan = NULL;
	struct card card;

	assert_int_equal(card_look(&source, false, &card), 0);
	assert_int_equal(card_plan(&source, &card, &plan), 0);
	card_clear(&card);
	return plan;
}

/* Five chunks of FAT16 with pictures, and rubbish in every free cluster. */
static struct image large_card(void)
{
	struct image i = image_fat(16, 18000, true);

	image_fill_fat(&i);
	for (uint32_t c = i.next; c < i.clusters + 2; c++)
		memset(fat_at(&i, c), (int)(c % 251 + 1), 512);
	memset(i.bytes + 512, 0xEE, 7 * 512);
	return i;
}

static void assert_clear(const struct image *image, const struct plan *plan)
{
	assert_true(plan_matches(plan, 0, image->bytes, image->size));
}

static void a_card_is_cleared_and_proven(void **state)
{
	static const enum wipe_method methods[] = {WIPE_METHOD_CLEAR, WIPE_METHOD_CLEAR_2PASS};

	for (unsigned n = 0; n < ELEMENTS(methods); n++) {
		_cleanup_image_ struct image image = large_card();
		_cleanup_(plan_freep) struct plan *plan = plan_of(&image);
		struct fake f = fake_of(&image);
		uint8_t digest[SHA512_SIZE];
		struct eraser_report report;

		assert_int_equal(run(&f, plan, methods[n], &report), WIPE_DONE);
		assert_clear(&image, plan);
		assert_int_equal(report.bytes_read_back, image.size);
		assert_int_equal(report.bytes_written, f.written);
		assert_int_equal(report.passes, n + 1);
		assert_int_equal(report.chunks_repaired, 0);
		assert_int_equal(sha512_of(image.bytes, image.size, digest), 0);
		assert_memory_equal(digest, report.image_sha512, SHA512_SIZE);
		assert_int_equal(!!(f.phases >> WIPE_PHASE_RANDOM & 1), n);
	}
}

static void a_clear_card_costs_little_writing(void **state)
{
	_cleanup_image_ struct image image = large_card();
	_cleanup_(plan_freep) struct plan *plan = plan_of(&image);
	struct fake first = fake_of(&image), second = fake_of(&image);
	struct eraser_report report;

	assert_int_equal(run(&first, plan, WIPE_METHOD_CLEAR, &report), WIPE_DONE);
	assert_int_equal(run(&second, plan, WIPE_METHOD_CLEAR, &report), WIPE_DONE);
	assert_true(first.written > image.size / 2);
	assert_true(second.written < 600 * 1024);
	assert_true(report.bytes_read < 2 * image.size + 1024 * 1024);
}

static void a_stuck_sector_is_a_failure(void **state)
{
	_cleanup_image_ struct image image = large_card();
	_cleanup_(plan_freep) struct plan *plan = plan_of(&image);
	struct fake f = fake_of(&image);
	struct eraser_report report;

	f.stuck_at = image.data + 9000 * 512;
	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR, &report), WIPE_STUCK);
	assert_true(report.failed_offset <= f.stuck_at && f.stuck_at < report.failed_offset + (4 << 20));
}

static void a_lost_write_is_repaired_and_read_again(void **state)
{
	_cleanup_image_ struct image image = large_card();
	_cleanup_(plan_freep) struct plan *plan = plan_of(&image);
	struct fake f = fake_of(&image);
	struct eraser_report report;

	f.stuck_at = image.data + 9000 * 512;
	f.stuck_times = 1;
	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR, &report), WIPE_DONE);
	assert_int_equal(report.chunks_repaired, 1);
	assert_int_equal(report.bytes_read_back, image.size);
	assert_clear(&image, plan);
}

static void a_stuck_sector_is_found_by_the_random_pass(void **state)
{
	_cleanup_image_ struct image image = large_card();
	_cleanup_(plan_freep) struct plan *plan = plan_of(&image);
	struct fake f = fake_of(&image);
	struct eraser_report report;

	f.stuck_at = image.data + 9001 * 512;
	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR_2PASS, &report), WIPE_STUCK);
	assert_int_equal(report.failed_offset, f.stuck_at);
}

static void a_fake_capacity_is_found(void **state)
{
	static const enum wipe_method methods[] = {WIPE_METHOD_CLEAR, WIPE_METHOD_CLEAR_2PASS};

	for (unsigned n = 0; n < ELEMENTS(methods); n++) {
		_cleanup_image_ struct image image = large_card();
		_cleanup_(plan_freep) struct plan *plan = plan_of(&image);
		struct fake f = fake_of(&image);
		struct eraser_report report;

		f.real_size = 4 << 20;
		assert_int_equal(run(&f, plan, methods[n], &report), WIPE_FAKE_CAPACITY);
	}
}

static void a_card_that_keeps_nothing_more_is_found(void **state)
{
	_cleanup_image_ struct image original = large_card(), image = large_card();
	_cleanup_(plan_freep) struct plan *plan = plan_of(&image);
	struct fake f = fake_of(&image);
	struct eraser_report report;
	uint64_t writes;

	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR, &report), WIPE_DONE);
	writes = f.writes;
	for (uint64_t at = 1; at <= writes; at++) {
		int r;

		memcpy(image.bytes, original.bytes, image.size);
		f = fake_of(&image);
		f.lie_at = at;
		r = run(&f, plan, WIPE_METHOD_CLEAR, &report);
		assert_true(r == WIPE_STUCK || r == WIPE_FAKE_CAPACITY);
	}
}

static void other_failures_have_their_names(void **state)
{
	_cleanup_image_ struct image image = large_card();
	_cleanup_(plan_freep) struct plan *plan = plan_of(&image);
	struct eraser_report report;
	struct fake f;

	f = fake_of(&image);
	f.read_only_at = 2;
	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR, &report), WIPE_BECAME_READ_ONLY);
	f = fake_of(&image);
	f.read_only_at = 1;
	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR, &report), WIPE_WRITE_PROTECTED);
	f = fake_of(&image);
	f.shrink_at = 12;
	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR, &report), WIPE_SHRUNK);
	f = fake_of(&image);
	f.vanish_at = 12;
	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR, &report), WIPE_VANISHED);
	f = fake_of(&image);
	f.flush_fails_at = 1;
	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR, &report), WIPE_FLUSH_ERROR);
	f = fake_of(&image);
	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR, &report), WIPE_DONE);
	f.flush_fails_at = f.flushes; /* the very last one */
	f.flushes = 0;
	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR, &report), WIPE_FLUSH_ERROR);
	f = fake_of(&image);
	f.cancel_at = 3;
	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR, &report), WIPE_CANCELLED);
	assert_int_equal(report.bytes_read_back, 0);
}

static void what_cannot_be_read_is_written(void **state)
{
	_cleanup_image_ struct image image = large_card();
	_cleanup_(plan_freep) struct plan *plan = plan_of(&image);
	struct fake f = fake_of(&image);
	struct eraser_report report;

	f.unreadable = image.data + 7000 * 512;
	assert_int_equal(run(&f, plan, WIPE_METHOD_CLEAR, &report), WIPE_DONE);
	assert_clear(&image, plan);
}

/* What a reader sees at any moment is all files or none. */
static void assert_all_or_none(struct image *image, bool *ret_all)
{
	struct set_digest set = image->bits == 64 ? image_exfat_set() : image_fat_set();
	struct source source = image_source(image);
	struct card card;
	int r;

	r = card_look(&source, false, &card);
	*ret_all = r == 0 && set_digest_equal(&card.tree.set, &set);
	if (!*ret_all)
		assert_int_equal(card.tree.set.files, 0);
	/* Between the empty root and the new table the old chains belong to nobody. */
	assert_true(r == 0 || r == WIPE_LOST_CLUSTERS || r == WIPE_FATS_DIFFER || r == WIPE_BAD_FAT);
	card_clear(&card);
}

static void go_on(
	struct image *image, const struct plan *plan, uint64_t cut, bool torn, enum wipe_method method)
{
	struct source source = image_source(image);
	struct fake f = fake_of(image);
	struct eraser_report report;
	bool all;
	int r;

	f.vanish_at = cut;
	f.torn = torn;
	assert_int_equal(run(&f, plan, method, &report), WIPE_VANISHED);
	assert_all_or_none(image, &all);
	r = resume_check(&source, plan);
	assert_int_equal(r, all ? WIPE_OFFLOAD_FIRST : 0);
	f = fake_of(image);
	assert_int_equal(run(&f, plan, method, &report), WIPE_DONE);
	assert_clear(image, plan);
}

static void cut_everywhere(const struct image *original, bool torn, enum wipe_method method)
{
	_cleanup_image_ struct image image = *original;
	_cleanup_(plan_freep) struct plan *plan = NULL;
	struct eraser_report report;
	struct fake f;
	uint64_t writes;

	image.bytes = malloc(image.size);
	memcpy(image.bytes, original->bytes, image.size);
	plan = plan_of(&image);
	f = fake_of(&image);
	assert_int_equal(run(&f, plan, method, &report), WIPE_DONE);
	writes = f.writes;
	assert_true(writes > 2);
	for (uint64_t cut = 1; cut <= writes; cut++) {
		memcpy(image.bytes, original->bytes, image.size);
		go_on(&image, plan, cut, torn, method);
	}
}

static void a_cut_at_every_write_can_be_gone_on_from(void **state)
{
	_cleanup_image_ struct image fat12 = image_fat(12, 300, true), fat16 = image_fat(16, 4200, false),
				     fat32 = image_fat(32, 300, true), exfat = image_exfat(100, true);

	image_fill_fat(&fat12);
	image_fill_fat(&fat16);
	image_fill_fat(&fat32);
	image_fill_exfat(&exfat);
	for (unsigned torn = 0; torn < 2; torn++) {
		cut_everywhere(&fat12, torn, WIPE_METHOD_CLEAR);
		cut_everywhere(&fat16, torn, WIPE_METHOD_CLEAR);
		cut_everywhere(&fat32, torn, WIPE_METHOD_CLEAR_2PASS);
		cut_everywhere(&exfat, torn, WIPE_METHOD_CLEAR);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_is_cleared_and_proven),
		cmocka_unit_test(a_clear_card_costs_little_writing),
		cmocka_unit_test(a_stuck_sector_is_a_failure),
		cmocka_unit_test(a_lost_write_is_repaired_and_read_again),
		cmocka_unit_test(a_stuck_sector_is_found_by_the_random_pass),
		cmocka_unit_test(a_fake_capacity_is_found),
		cmocka_unit_test(a_card_that_keeps_nothing_more_is_found),
		cmocka_unit_test(other_failures_have_their_names),
		cmocka_unit_test(what_cannot_be_read_is_written),
		cmocka_unit_test(a_cut_at_every_write_can_be_gone_on_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
