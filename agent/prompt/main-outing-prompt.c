/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-prompt: tells the person at the computer what the agent does and what it has refused, and asks what
 * to do. Runs as that person, in their session. With --hash it is only the reader of one file (digest.h).
 *
 * Must never decide anything: whatever is chosen here is a call that the agent authorises.
 */

#include "base/log.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "base/words.h"
#include "prompt/digest.h"
#include "prompt/prompt.h"

#include <signal.h>
#include <string.h>

#define EXIT_USAGE 2

enum choice {
	CHOICE_HELP = 1 << 0,
	CHOICE_VERSION = 1 << 1,
	CHOICE_HASH = 1 << 2,
};

static const char usage_text[] =
	"outing-prompt [OPTION]...    tells the person at this computer what the agent does\n"
	"\n"
	"  --dialog PROGRAM   what questions are asked with: zenity, kdialog or yad, with its path\n"
	"  --help, --version\n"
	"\n"
	"It is started with each session: systemctl --user status outing-prompt\n";

static int run(const struct prompt_options *options)
{
	int r = secret_harden_process();

	if (r >= 0)
		r = sandbox_become(NULL);
	if (r >= 0)
		r = prompt_run(options);
	if (r == -EINVAL || r == -ENOENT)
		log_errno(LOG_LEVEL_ERROR, r, "%s",
			options->dialog ? options->dialog : "the session or the system bus");
	else if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "the session or the system bus could not be used");
	return r < 0 ? 1 : r;
}

int main(int argc, char **argv)
{
	struct prompt_options options = {0};
	const struct word list[] = {
		{"--help", 'h', CHOICE_HELP},
		{"--version", 0, CHOICE_VERSION},
		{"--hash", 0, CHOICE_HASH},
		{"--dialog", 0, .text = &options.dialog},
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
		{"--terminal", 0, .text = &options.terminal},
		{"--here", 0, .flag = &options.here},
#endif
	};
	const struct words_table table = {.list = list, .count = ELEMENTS(list), .last_counts = true};
	_cleanup_free_ char *problem = NULL;
	struct words words;

	log_set_program("outing-prompt");
	(void)signal(SIGPIPE, SIG_IGN);
	if (words_parse(argc, argv, &table, &words, &problem) < 0) {
		log_error("%s. Try --help", problem ? problem : "wrong usage");
		return EXIT_USAGE;
	}
	if (words.given & CHOICE_HASH)
		return digest_child();
	if (words.given & CHOICE_HELP)
		return fputs(usage_text, stdout) < 0;
	if (words.given & CHOICE_VERSION)
		return puts("outing-prompt " OUTING_VERSION) < 0;
	return run(&options);
}
