/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Writes a committed offload session into a state database, for tests of what comes after an offload: files
 * are read from stdin, one "SIZE PATH" a line, and counted as verified without having been copied anywhere.
 * Prints the session's id.
 *
 *   make-session STATE_DIR DEVICE_NAME [INSERTION]
 */

#include "base/number.h"
#include "state/session.h"
#include "state/state.h"

#include <string.h>

static void check(int r, const char *what)
{
	if (r == 0)
		return;
	(void)fprintf(stderr, "make-session: %s: %d\n", what, r);
	exit(1);
}

static void add(struct state *state, const char *id, struct set_digest *set, const char *path, uint64_t size)
{
	struct session_object object = {.path = path, .stored = path, .size = size, .state = OBJECT_STORED};

	check(session_objects_store(state, id, &object, 1), "store");
	check(session_objects_advance(state, id, &path, 1, OBJECT_READ_BACK), "read back");
	check(session_objects_advance(state, id, &path, 1, OBJECT_VERIFIED), "verified");
	check(set_digest_add(set, path, strlen(path), size), "digest");
}

int main(int argc, char **argv)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct session wanted = {.source = "test"}, session;
	struct set_digest set = SET_DIGEST_NULL;
	char line[8192], path[4200];

	if (argc < 3)
		return 2;
	(void)snprintf(path, sizeof path, "%s/state.db", argv[1]);
	check(state_open(path, &state, NULL), "state");
	(void)snprintf(wanted.device_name, sizeof wanted.device_name, "%s", argv[2]);
	(void)snprintf(wanted.key, sizeof wanted.key, "path:%s", argv[2]);
	(void)snprintf(wanted.insertion, sizeof wanted.insertion, "%s", argc > 3 ? argv[3] : "");
	(void)snprintf(wanted.vault_dir, sizeof wanted.vault_dir, "/vault");
	check(session_create(state, &wanted, &session), "create");
	while (fgets(line, sizeof line, stdin)) {
		char *space = strchr(line, ' ');
		uint64_t size;

		line[strcspn(line, "\n")] = 0;
		if (!space)
			return 2;
		*space = 0;
		check(number_parse_u64(line, &size), "size");
		add(state, session.id, &set, space + 1, size);
	}
	check(session_record_set(state, session.id, &set, 0), "set");
	check(session_set_state(state, session.id, SESSION_COPIED, NULL), "copied");
	check(session_set_state(state, session.id, SESSION_COMMITTED, NULL), "committed");
	(void)puts(session.id);
	return 0;
}
