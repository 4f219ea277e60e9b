/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A recorded computer with contents of its disks, and the verdicts on them: what the tests of leaf.c share.
 */

#include "base/json.h"
#include "encryption/facts.h"
#include "encryption/leaf.h"
#include "encryption/recorded.h"
#include "machine.h"

#define CONTENTS_MAX 32

static struct {
	const char *number;
	struct content content;
} contents[CONTENTS_MAX];
static size_t content_count, place_count;
static const char *place_paths[4];
static struct sysroot_place places[4];
static struct leaf_list list;

static inline int machine_up(void **state)
{
	content_count = place_count = 0;
	list = (struct leaf_list){0};
	return up(state);
}

static inline int machine_down(void **state)
{
	leaf_list_clear(&list);
	return folder_down(state);
}

/* --- what lies on devices --- */

static inline struct content *holds(const char *number, const char *type)
{
	struct content *content = &contents[content_count].content;

	assert_true(content_count < CONTENTS_MAX);
	*content = (struct content){.probe = type[0] ? CONTENT_KNOWN : CONTENT_NOTHING};
	(void)snprintf(content->type, sizeof content->type, "%s", type);
	contents[content_count++].number = number;
	return content;
}

static inline struct content *looks(const char *number, enum content_sample sample)
{
	struct content *content = holds(number, "");

	content->sample = sample;
	return content;
}

static inline struct content *has_luks(const char *number, enum storage_verdict verdict, const char *reason)
{
	struct content *content = holds(number, "crypto_LUKS");

	content->has_header = true;
	content->header = (struct header_verdict){.verdict = verdict, .command = "repair DEVICE now"};
	(void)snprintf(content->header.reason, sizeof content->header.reason, "%s", reason);
	if (verdict != STORAGE_ENCRYPTED)
		(void)snprintf(content->header.fix, sizeof content->header.fix, "Mend it.");
	return content;
}

static inline struct content *busy(struct content *content)
{
	content->busy = true;
	return content;
}

static inline struct content *part(struct content *content, const char *type)
{
	(void)snprintf(content->part_type, sizeof content->part_type, "%s", type);
	return content;
}

static inline struct content *boot(struct content *content, unsigned boot_files, const char *offender)
{
	content->scan = CONTENT_SCANNED;
	content->exempt = (struct exempt){.files = boot_files + 1, .boot_files = boot_files};
	(void)snprintf(content->exempt.offender, sizeof content->exempt.offender, "%s", offender);
	return content;
}

/* --- more devices than machine.h has --- */

static inline void partition(const char *number, const char *where)
{
	device(number, where);
	put("1", "/sys/devices/%s/partition", where);
}

/* The folder hangs on a bus of this name. */
static inline void hangs(const char *where, const char *subsystem)
{
	char path[512], target[512];

	(void)snprintf(path, sizeof path, "%s/sys/devices/%s/subsystem", prefix, where);
	make_parents(path);
	(void)snprintf(target, sizeof target, "../../../bus/%s", subsystem);
	assert_int_equal(symlink(target, path), 0);
}

static inline void size_of(const char *where, const char *sectors)
{
	char path[512];

	(void)snprintf(path, sizeof path, "%s/sys/devices/%s/size", prefix, where);
	assert_int_equal(truncate(path, 0), 0);
	put(sectors, "/sys/devices/%s/size", where);
}

static inline void held(const char *where, const char *holder)
{
	put("", "/sys/devices/%s/holders/%s", where, holder);
}

static inline void md(const char *number, const char *name)
{
	char where[128];

	(void)snprintf(where, sizeof where, "virtual/block/%s", name);
	device(number, where);
	put("raid1", "/sys/devices/%s/md/level", where);
}

/* --- judging --- */

static inline void write_facts(void)
{
	_cleanup_js_ struct js *facts = js_object();
	_cleanup_free_ char *text = NULL;
	struct js *recorded = js_object(), *recorded_places = js_object();

	js_set_u64(facts, "version", RECORDED_VERSION);
	for (size_t i = 0; i < content_count; i++)
		js_set(recorded, contents[i].number, facts_content(&contents[i].content));
	for (size_t i = 0; i < place_count; i++)
		js_set(recorded_places, place_paths[i], facts_place(&places[i]));
	js_set(facts, "contents", recorded);
	js_set(facts, "places", recorded_places);
	assert_int_equal(js_text(facts, false, &text), 0);
	put(text, "/facts.json");
}

static inline int judge_with(const struct leaf_options *options)
{
	_cleanup_(recorded_freep) struct recorded *recorded = NULL;

	write_facts();
	put("", "/proc/self/mountinfo");
	assert_int_equal(recorded_open(prefix, &recorded), 0);
	return leaf_judge_all(recorded_root(recorded), options, &list);
}

static inline void judge(void)
{
	const struct leaf_options options = {0};

	assert_int_equal(judge_with(&options), 0);
}

static inline const struct leaf_report *leaf(const char *device)
{
	for (size_t i = 0; i < list.count; i++)
		if (strcmp(list.leaves[i].device, device) == 0)
			return &list.leaves[i];
	print_error("%s is no leaf\n", device);
	fail();
	return NULL;
}

static inline const struct leaf_report *is(
	const char *device, enum leaf_verdict verdict, const char *in_reason)
{
	const struct leaf_report *report;

	if (!list.leaves)
		judge();
	report = leaf(device);
	if (report->verdict != verdict || !strstr(report->reason, in_reason))
		print_error("%s: %s: %s\n", device, leaf_verdict_name(report->verdict), report->reason);
	assert_int_equal(report->verdict, verdict);
	assert_non_null(strstr(report->reason, in_reason));
	assert_int_equal(verdict <= LEAF_ENCRYPTED, report->fix[0] == 0);
	assert_true(report->chain_count > 0 && report->used_for_count > 0);
	return report;
}

static inline void used_for(const struct leaf_report *report, const char *use)
{
	for (size_t i = 0; i < report->used_for_count; i++)
		if (strcmp(report->used_for[i], use) == 0)
			return;
	print_error("%s is not among:", use);
	for (size_t i = 0; i < report->used_for_count; i++)
		print_error(" \"%s\"", report->used_for[i]);
	print_error("\n");
	fail();
}

#define SDA2         "/dev/sda2"
#define LUKS(device) "0 2048 crypt aes-xts-plain64 :64:logon:k 0 " device " 32768"

static inline void luks_sda2(void)
{
	disk_with_partition();
	mapped("254:0", "dm-0", "sda2_crypt", LUKS("8:2"));
	held("pci0/block/sda/sda2", "dm-0");
	(void)busy(has_luks("8:2", STORAGE_ENCRYPTED, "LUKS2."));
}

static inline void plain_sdb(void)
{
	device("8:16", "pci0/block/sdb");
}

#define SITUATION(test) cmocka_unit_test_setup_teardown(test, machine_up, machine_down)
