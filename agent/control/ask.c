/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Questions at the terminal. See ask.h. */

#include "control/ask.h"

#include "control/text.h"

#include <string.h>
#include <termios.h>

#define ANSWER_MAX  512
#define ASKED_TIMES 3

bool ask_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* The rest of a line that is too long must not answer the next question. */
static void drop_rest_of_line(const char *answer)
{
	int c = 0;

	if (strchr(answer, '\n'))
		return;
	while (c != '\n' && c != EOF)
		c = getchar();
}

/* One line without spaces at its ends; false at the end of the input. */
static bool read_answer(char answer[static ANSWER_MAX])
{
	size_t begin, end;

	(void)fflush(stderr);
	if (!fgets(answer, ANSWER_MAX, stdin))
		return false;
	drop_rest_of_line(answer);
	begin = strspn(answer, " \t\r\n");
	end = strlen(answer);
	while (end > begin && strchr(" \t\r\n", answer[end - 1]))
		end--;
	memmove(answer, answer + begin, end - begin);
	answer[end - begin] = '\0';
	return true;
}

bool ask_yes(void)
{
	char answer[ANSWER_MAX];

	fputs("Type yes to go on, anything else to stop: ", stderr);
	return read_answer(answer) && strcasecmp(answer, "yes") == 0;
}

bool ask_whether(const struct terminal *notes, const char *question)
{
	char answer[ANSWER_MAX];

	for (unsigned i = 0; i < ASKED_TIMES; i++) {
		text_wrap(stderr, notes, 0, 0, question);
		fputs("[y/n] ", stderr);
		if (!read_answer(answer))
			return false;
		if (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0)
			return true;
		if (strcasecmp(answer, "n") == 0 || strcasecmp(answer, "no") == 0)
			return false;
	}
	return false;
}

char *ask_text(const struct terminal *notes, const char *question, const char *otherwise)
{
	_cleanup_free_ char *shown = text_clean(otherwise);
	char answer[ANSWER_MAX];

	text_wrap(stderr, notes, 0, 0, question);
	if (shown)
		fprintf(stderr, "[%s] ", shown);
	else
		fputs("> ", stderr);
	if (!read_answer(answer))
		return NULL;
	if (*answer)
		return strdup(answer);
	return otherwise ? strdup(otherwise) : NULL;
}

/* Bytes up to the newline, read one by one: what follows it must not be lost to a buffer that is not ours. */
static int read_line(struct secret *line)
{
	size_t size = 0;
	ssize_t n;
	char c;

	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n') {
		if (size < line->size)
			line->bytes[size] = (uint8_t)c;
		size++;
	}
	if (n < 0)
		return -errno;
	if (size == 0)
		return -ENODATA;
	if (size > line->size)
		return -EFBIG;
	line->size = size;
	return 0;
}

int ask_secret(const char *question, size_t max, struct secret **ret_secret)
{
	_cleanup_(secret_freep) struct secret *line = NULL;
	struct termios before, silent;
	int r = secret_new(max, &line);

	if (r < 0)
		return r;
	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return -errno;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) < 0)
		return -errno;
	fputs(question, stderr);
	(void)fflush(stderr);
	r = read_line(line);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	fputs("\n", stderr);
	if (r >= 0)
		*ret_secret = TAKE_PTR(line);
	return r;
}
