/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Staged content: what is counted, what is refused, what can no longer change; and the tree of names. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/staging.h"
#include "gate/tree.h"

#include <fcntl.h>
#include <string.h>

static struct staging *make(uint64_t total, uint64_t per_file)
{
	const struct staging_limits limits = {total, per_file, -1};
	struct staging *staging = NULL;

	assert_int_equal(staging_new(&limits, &staging), 0);
	return staging;
}

static struct content *content_in(struct staging *staging, const char *text)
{
	struct content *content = NULL;

	assert_int_equal(content_new(staging, &content), 0);
	assert_int_equal(content_write(content, text, strlen(text), 0), 0);
	return content;
}

static void holds(const struct content *content, const char *text)
{
	char seen[64] = "";

	assert_int_equal(content_size(content), strlen(text));
	assert_int_equal(pread(content_fd(content), seen, sizeof seen, 0), strlen(text));
	assert_string_equal(seen, text);
}

static void counted_and_given_back(void **state)
{
	_cleanup_(staging_freep) struct staging *staging = make(100, 60);
	struct content *a = content_in(staging, "0123456789"), *b = content_in(staging, "abc");

	assert_int_equal(staging_used(staging), 13);
	assert_int_equal(content_write(a, "x", 1, 4), 0);
	assert_int_equal(staging_used(staging), 13);
	assert_int_equal(content_resize(a, 50), 0);
	assert_int_equal(staging_used(staging), 53);
	assert_int_equal(content_resize(a, 4), 0);
	holds(a, "0123");
	assert_int_equal(staging_used(staging), 7);
	(void)content_unref(content_ref(a));
	assert_int_equal(staging_used(staging), 7);
	(void)content_unref(a);
	(void)content_unref(b);
	assert_int_equal(staging_used(staging), 0);
}

static void limits_leave_it_as_it_was(void **state)
{
	_cleanup_(staging_freep) struct staging *staging = make(20, 12);
	_cleanup_(content_unrefp) struct content *a = content_in(staging, "0123456789");
	_cleanup_(content_unrefp) struct content *b = content_in(staging, "abcdefghi");

	assert_int_equal(content_write(a, "xyz", 3, 10), -EFBIG);
	assert_int_equal(content_write(a, "xy", 2, 10), -ENOSPC);
	assert_int_equal(content_write(a, "x", 1, UINT64_MAX), -EFBIG);
	assert_int_equal(content_write(a, "x", 1, INT64_MAX), -EFBIG);
	assert_int_equal(content_resize(a, UINT64_MAX), -EFBIG);
	assert_int_equal(content_resize(a, 13), -EFBIG);
	assert_int_equal(content_resize(a, 12), -ENOSPC);
	holds(a, "0123456789");
	holds(b, "abcdefghi");
	assert_int_equal(staging_used(staging), 19);
}

static void sealed_never_changes(void **state)
{
	_cleanup_(staging_freep) struct staging *staging = make(100, 60);
	_cleanup_(content_unrefp) struct content *a = content_in(staging, "judged");
	_cleanup_(content_unrefp) struct content *copy = NULL;

	assert_int_equal(content_seal(a), 0);
	assert_int_equal(content_seal(a), 0);
	assert_int_equal(content_write(a, "X", 1, 0), -EPERM);
	assert_int_equal(content_resize(a, 2), -EPERM);
	assert_int_equal(pwrite(content_fd(a), "X", 1, 0), -1);
	assert_int_equal(ftruncate(content_fd(a), 0), -1);
	holds(a, "judged");
	assert_int_equal(content_clone(a, &copy), 0);
	assert_int_equal(content_write(copy, "X", 1, 0), 0);
	holds(copy, "Xudged");
	holds(a, "judged");
	assert_int_equal(staging_used(staging), 12);
}

static void a_copy_counts(void **state)
{
	_cleanup_(staging_freep) struct staging *staging = make(10, 10);
	_cleanup_(content_unrefp) struct content *a = content_in(staging, "sixsix");
	struct content *copy = NULL;

	assert_int_equal(content_clone(a, &copy), -ENOSPC);
	assert_null(copy);
	assert_int_equal(staging_used(staging), 6);
}

static void digest_is(struct content *content, const char *text)
{
	uint8_t seen[XXH128_SIZE], expected[XXH128_SIZE];

	xxh128_of(text, strlen(text), expected);
	assert_int_equal(content_digest(content, seen), 0);
	assert_memory_equal(seen, expected, XXH128_SIZE);
}

/* In order, out of order, with a hole, written over, shortened: always of what is there. */
static void a_digest_is_of_what_is_there(void **state)
{
	_cleanup_(staging_freep) struct staging *staging = make(1000, 600);
	_cleanup_(content_unrefp) struct content *a = content_in(staging, "in "),
						 *b = content_in(staging, "xx");
	_cleanup_(content_unrefp) struct content *empty = NULL, *copy = NULL;

	assert_int_equal(content_write(a, "order", 5, 3), 0);
	digest_is(a, "in order");
	assert_int_equal(content_write(a, "O", 1, 3), 0);
	digest_is(a, "in Order");
	assert_int_equal(content_write(a, "!", 1, 8), 0);
	assert_int_equal(content_resize(a, 4), 0);
	digest_is(a, "in O");
	assert_int_equal(content_write(b, "dd", 2, 4), 0);
	assert_int_equal(content_write(b, "bb", 2, 2), 0);
	digest_is(b, "xxbbdd");
	assert_int_equal(content_clone(b, &copy), 0);
	digest_is(copy, "xxbbdd");
	assert_int_equal(content_new(staging, &empty), 0);
	digest_is(empty, "");
}

static void a_folder_instead_of_memory(void **state)
{
	_cleanup_close_ int folder = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct staging_limits limits = {100, 60, folder};
	_cleanup_(staging_freep) struct staging *staging = NULL;
	_cleanup_(content_unrefp) struct content *a = NULL, *copy = NULL;

	assert_int_equal(staging_new(&limits, &staging), 0);
	a = content_in(staging, "judged");
	assert_int_equal(content_seal(a), 0);
	assert_int_equal(content_write(a, "X", 1, 0), -EPERM);
	assert_int_equal(content_clone(a, &copy), 0);
	holds(copy, "judged");
}

/* --- the tree --- */

static void path_is(const struct node *node, const char *expected)
{
	char path[64];

	assert_int_equal(tree_path(node, path, sizeof path), 0);
	assert_string_equal(path, expected);
}

static struct node *added(struct tree *tree, struct node *parent, const char *name, bool dir)
{
	struct node *node = tree_add(tree, parent, name, dir);

	assert_non_null(node);
	node->lookups = 1;
	return node;
}

static void forgotten(struct tree *tree, struct node *node)
{
	node->lookups = 0;
	tree_drop(tree, node);
}

static void names_and_moves(void **state)
{
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct node *top, *a, *b, *file;

	assert_int_equal(tree_new(&tree), 0);
	top = tree_top(tree);
	a = added(tree, top, "a", true);
	b = added(tree, a, "b", true);
	file = added(tree, b, "file", false);
	path_is(top, "");
	path_is(file, "a/b/file");
	assert_ptr_equal(tree_find(tree, b, "file"), file);
	assert_null(tree_find(tree, a, "file"));
	assert_int_equal(tree_move(tree, b, top, "moved"), 0);
	path_is(file, "moved/file");
	assert_null(tree_find(tree, a, "b"));
	assert_int_equal(tree_path(file, (char[8]){0}, 8), -ENAMETOOLONG);
	forgotten(tree, a);
	forgotten(tree, b);
	path_is(file, "moved/file");
	forgotten(tree, file);
	assert_int_equal(tree_count(tree), 0);
}

static void without_a_name(void **state)
{
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct node *a, *file;

	assert_int_equal(tree_new(&tree), 0);
	a = added(tree, tree_top(tree), "a", true);
	file = added(tree, a, "file", false);
	tree_detach(tree, a);
	assert_null(tree_find(tree, tree_top(tree), "a"));
	assert_int_equal(tree_path(file, (char[64]){0}, 64), -ENOENT);
	tree_detach(tree, file);
	assert_int_equal(tree_path(file, (char[64]){0}, 64), -ENOENT);
	forgotten(tree, file);
	forgotten(tree, a);
	assert_int_equal(tree_count(tree), 0);
}

static void many(void **state)
{
	enum { COUNT = 20000 };
	_cleanup_(tree_freep) struct tree *tree = NULL;
	static struct node *nodes[COUNT];
	char name[16];

	assert_int_equal(tree_new(&tree), 0);
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(name, sizeof name, "n%d", i);
		nodes[i] = added(tree, i % 7 && i > 7 ? nodes[i % 7] : tree_top(tree), name, true);
	}
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(name, sizeof name, "n%d", i);
		assert_ptr_equal(tree_find(tree, nodes[i]->parent, name), nodes[i]);
	}
	for (int i = 0; i < COUNT; i++)
		forgotten(tree, nodes[i]);
	assert_int_equal(tree_count(tree), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counted_and_given_back),
		cmocka_unit_test(limits_leave_it_as_it_was),
		cmocka_unit_test(sealed_never_changes),
		cmocka_unit_test(a_copy_counts),
		cmocka_unit_test(a_digest_is_of_what_is_there),
		cmocka_unit_test(a_folder_instead_of_memory),
		cmocka_unit_test(names_and_moves),
		cmocka_unit_test(without_a_name),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
