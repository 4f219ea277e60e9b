/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Messages on terminals. See wall.h. */

#include "prompt/wall.h"

#include "base/fd.h"
#include "control/text.h"
#include "job/seat.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define COLUMNS 79

struct telling {
	const char *text;
	unsigned count;
};

/* A terminal in raw mode does not go back to the first column by itself. */
static char *with_returns(const char *text)
{
	char *copy = calloc(2, strlen(text) + 1), *at = copy;

	for (; copy && *text; text++) {
		if (*text == '\n')
			*at++ = '\r';
		*at++ = *text;
	}
	return copy;
}

char *wall_text(const struct note *note)
{
	static const struct terminal screen = {.columns = COLUMNS};
	_cleanup_free_ char *lines = strdup(note->body), *text = NULL;
	_cleanup_fclose_ FILE *out = NULL;
	char *rest = lines, *line;
	size_t size;

	out = lines ? open_memstream(&text, &size) : NULL;
	if (!out)
		return NULL;
	fputs("\n\aouting-guard: ", out);
	text_wrap(out, &screen, strlen("outing-guard: "), 0, note->summary);
	while ((line = strsep(&rest, "\n")))
		if (*line)
			text_wrap(out, &screen, 0, 0, line);
	if (fflush(out) != 0)
		return NULL;
	fclosep(&out);
	return with_returns(text);
}

static void tell_one(const char *path, void *data)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct telling *telling = data;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || !isatty(fd))
		return;
	if (fd_write_full(fd, telling->text, strlen(telling->text)) == 0)
		telling->count++;
}

unsigned wall_tell(const struct note *note, const char *extra)
{
	_cleanup_free_ char *text = wall_text(note);
	struct telling telling = {.text = text};

	if (!text)
		return 0;
	seat_each_terminal(getuid(), tell_one, &telling);
	if (extra)
		tell_one(extra, &telling);
	return telling.count;
}
