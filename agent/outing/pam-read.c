/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The files of a PAM service, joined. See pam.h. */

#include "outing/ini.h"
#include "outing/pam.h"
#include "outing/rootfs.h"

#include <string.h>

#define DEPTH_MAX 8

static int read_service(const char *root, const char *service, char **ret_text, char *ret_path)
{
	static const char *const folders[] = {
		"/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d", "/usr/share/pam.d"};
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && i < ELEMENTS(folders); i++) {
		if (!rootfs_path(ret_path, "%s/%s", folders[i], service))
			return -ENAMETOOLONG;
		r = rootfs_text(root, ret_path, ret_text);
	}
	return r;
}

/* A backslash at the end of a line joins it with the next. */
static void join_lines(char *text)
{
	while ((text = strstr(text, "\\\n"))) {
		text[0] = ' ';
		text[1] = ' ';
	}
}

static int add_file(
	const char *root, const char *service, unsigned depth, struct pam_stack *stack, char *path);

static int add_line(const char *root, char *text, unsigned depth, struct pam_stack *stack, char *path)
{
	struct pam_line line;
	size_t first = stack->count;
	int kind = pam_parse_line(text, &line), r;

	switch (kind) {
	case PAM_LINE_OTHER:
		return 0;
	case PAM_LINE_AUTH:
		if (stack->count >= PAM_LINES_MAX)
			return -E2BIG;
		stack->line[stack->count++] = line;
		return 0;
	case PAM_LINE_INCLUDE:
		return add_file(root, line.module, depth + 1, stack, path);
	case PAM_LINE_SUBSTACK:
		r = add_file(root, line.module, depth + 1, stack, path);
		for (size_t i = first; r == 0 && i < stack->count; i++)
			if (stack->line[i].end == 0)
				stack->line[i].end = stack->count;
		return r;
	default:
		return kind;
	}
}

static int add_file(
	const char *root, const char *service, unsigned depth, struct pam_stack *stack, char *path)
{
	_cleanup_free_ char *text = NULL;
	char own[ROOTFS_PATH], *at, *line;
	int r;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	r = read_service(root, service, &text, path);
	if (r < 0)
		return depth > 0 && r == -ENOENT ? -EBADMSG : r;
	(void)snprintf(own, sizeof own, "%s", path);
	join_lines(text);
	at = text;
	while (r == 0 && (line = ini_line(&at)))
		r = add_line(root, line, depth, stack, path);
	if (r == 0)
		(void)snprintf(path, ROOTFS_PATH, "%s", own);
	return r;
}

int pam_read(const char *root, const char *service, struct pam_stack *ret_stack, char *ret_path)
{
	int r;

	*ret_stack = (struct pam_stack){0};
	r = add_file(root, service, 0, ret_stack, ret_path);
	for (size_t i = 0; r == 0 && i < ret_stack->count; i++)
		if (ret_stack->line[i].end == 0)
			ret_stack->line[i].end = ret_stack->count;
	return r;
}
