/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The table of verbs, and what can be said about a command line from it alone. See verbs.h. Pure. */

#include "control/verbs.h"

#include "base/words.h"
#include "control/text.h"

#include <string.h>

#define WAITED (OPTION_NO_WAIT | OPTION_JSON)

static const struct verb verbs[] = {
	{"status", "[--json]", "How the agent is doing.", OPTION_JSON, 0, 0, 0, VERB_PLAIN, verb_status},
	{"devices", "[--json]", "What is plugged in and what is registered.", OPTION_JSON, 0, 0, 0,
		VERB_PLAIN, verb_devices},
	{"device add", "NAME --role ROLE --device ID [--room ROOM] [--json]",
		"Register a device that is plugged in. ROLE is camera, stick, phone, tablet or reader.",
		OPTION_ROLE | OPTION_DEVICE | OPTION_ROOM | OPTION_JSON, OPTION_ROLE | OPTION_DEVICE, 1, 1,
		VERB_NAME, verb_device_add},
	{"device rename", "DEVICE NAME", "Give a registered device another name.", 0, 0, 2, 2, VERB_PLAIN,
		verb_device_rename},
	{"device assign", "DEVICE [--room ROOM] [--person PERSON]",
		"Say which room a device belongs to, and who alone uses it; an empty text for none.",
		OPTION_ROOM | OPTION_PERSON, 0, 1, 1, VERB_NAME, verb_device_assign},
	{"device remove", "DEVICE", "Take a device out of the register. Pictures and records stay.", 0, 0, 1,
		1, VERB_NAME, verb_device_remove},
	{"device export", "FILE", "Write the register to a new file, for another computer of the setting.", 0,
		0, 1, 1, VERB_PLAIN, verb_device_export},
	{"device import", "FILE [--json]",
		"Add the devices of such a file to the register. What is registered here stays as it is.",
		OPTION_JSON, 0, 1, 1, VERB_PLAIN, verb_device_import},
	{"jobs", "[--json]", "What is running, waiting and has ended.", OPTION_JSON, 0, 0, 0, VERB_PLAIN,
		verb_jobs},
	{"job watch", "NUMBER [--json]", "Follow a job until it ends.", OPTION_JSON, 0, 1, 1, VERB_PLAIN,
		verb_job_watch},
	{"job cancel", "NUMBER", "Stop a job. What it has done so far stays.", 0, 0, 1, 1, VERB_PLAIN,
		verb_job_cancel},
	{"sessions", "[--json]", "The offloads so far.", OPTION_JSON, 0, 0, 0, VERB_PLAIN, verb_sessions},
	{"offload", "DEVICE [--no-wait] [--json]", "Copy a camera into the vault and prove the copy.", WAITED,
		0, 1, 1, VERB_NAME, verb_offload},
	{"wipe", "DEVICE [--yes] [--confirm-protected] [--format]\n    [--no-wait] [--json]",
		"Clear a card whose pictures are proven to be in the vault.",
		WAITED | OPTION_YES | OPTION_CONFIRM_PROTECTED | OPTION_FORMAT, 0, 1, 1, VERB_NAME,
		verb_wipe},
	{"encrypt", "DEVICE [--discard] [--yes] [--no-wait] [--json]",
		"Make an encrypted stick of a plain one; what is on it is moved into the vault and back.",
		WAITED | OPTION_YES | OPTION_DISCARD, 0, 1, 1, VERB_NAME, verb_encrypt},
	{"certificate", "[DEVICE|SESSION] [--all] [--json]", "What was proven when a card was cleared.",
		OPTION_ALL | OPTION_JSON, 0, 0, 1, VERB_NAME, verb_certificate},
	{"allow", "DEVICE FILE --reason TEXT",
		"Let this one file onto an unencrypted stick once, whatever is in it. The log keeps why.",
		OPTION_REASON, OPTION_REASON, 2, 2, VERB_PLAIN, verb_allow},
	{"eject", "DEVICE", "Write what is left to a stick, and release it so that it may be unplugged.", 0,
		0, 1, 1, VERB_NAME, verb_eject},
	{"outings", "[--json]", "What is out with whom, when it is due back, and what came back.",
		OPTION_JSON, 0, 0, 0, VERB_PLAIN, verb_outings},
	{"incidents", "[--json]", "What went wrong with an outing, and whether it is settled.", OPTION_JSON,
		0, 0, 0, VERB_PLAIN, verb_incidents},
	{"attest passwords", "[--note TEXT]",
		"Say that the passwords of this computer were reviewed today; outing-check asks for it.",
		OPTION_NOTE, 0, 0, 0, VERB_PLAIN, verb_attest_passwords},
	{"attest encrypted", "DEVICE [--note TEXT]",
		"Say that you saw in its settings that a phone or tablet is encrypted and locked with a "
		"code.",
		OPTION_NOTE, 0, 1, 1, VERB_NAME, verb_attest_encrypted},
	{"names import", "FILE.csv [--ignore WORDS] [--json]",
		"Learn the children's names from a list; only keyed hashes of them are kept.",
		OPTION_IGNORE | OPTION_JSON, 0, 1, 1, VERB_PLAIN, verb_names_import},
	{"names count", "[--json]", "How many children's names are known.", OPTION_JSON, 0, 0, 0, VERB_PLAIN,
		verb_names_count},
	{"names clear", "[--yes] [--json]", "Forget the children's names.", OPTION_YES | OPTION_JSON, 0, 0, 0,
		VERB_PLAIN, verb_names_clear},
	{"vault status", "[--json]", "Where the vault is, and whether it is open and encrypted.", OPTION_JSON,
		0, 0, 0, VERB_PLAIN, verb_vault_status},
	{"vault create", "--size SIZE [--no-wait] [--json]",
		"Make an encrypted vault of that size, for example 100G, and open it.", WAITED | OPTION_SIZE,
		OPTION_SIZE, 0, 0, VERB_PLAIN, verb_vault_create},
	{"vault verify", "[--no-wait] [--json]", "Read the whole vault and compare it with its manifests.",
		WAITED, 0, 0, 0, VERB_PLAIN, verb_vault_verify},
	{"audit verify", "[--json]", "Find out whether anybody changed the log.", OPTION_JSON, 0, 0, 0,
		VERB_PLAIN, verb_audit_verify},
	{"audit export", "", "Write the log to standard output, as JSON lines.", 0, 0, 0, 0, VERB_PLAIN,
		verb_audit_export},
	{"config check", "[FILE]", "Check a configuration file; works without the agent.", 0, 0, 0, 1,
		VERB_PLAIN, verb_config_check},
};

const struct verb *verb_at(size_t i)
{
	return i < ELEMENTS(verbs) ? &verbs[i] : NULL;
}

static bool begins_with(const struct options *options, const char *words, size_t *ret_count)
{
	size_t count = 0;

	while (*words) {
		size_t length = strcspn(words, " ");
		const char *operand = count < options->count ? options->operands[count] : "";

		if (strlen(operand) != length || strncmp(operand, words, length) != 0)
			return false;
		count++;
		words += length;
		words += *words == ' ';
	}
	*ret_count = count;
	return true;
}

const struct verb *verb_find(const struct options *options, size_t *ret_words)
{
	for (size_t i = 0; i < ELEMENTS(verbs); i++)
		if (begins_with(options, verbs[i].words, ret_words))
			return &verbs[i];
	return NULL;
}

int verb_check(const struct verb *verb, const struct options *options, size_t operands, char **ret_problem)
{
	unsigned odd = options->given & ~(verb->accepts | OPTION_HELP);
	unsigned missing = verb->needs & ~options->given;

	if (odd)
		return words_problem(ret_problem, "%s does not take %s", verb->words,
			options_name((enum option)(odd & (~odd + 1))));
	if (missing)
		return words_problem(ret_problem, "%s needs %s", verb->words,
			options_name((enum option)(missing & (~missing + 1))));
	if (operands < verb->operands_min)
		return words_problem(ret_problem, "something is missing after %s", verb->words);
	if (operands > verb->operands_max && !(verb->shape & VERB_NAME))
		return words_problem(
			ret_problem, "too many words after %s; put names with spaces in quotes", verb->words);
	return 0;
}

static void one_line(FILE *out, const struct terminal *terminal, const struct verb *verb)
{
	fprintf(out, "  outingctl %s%s%s%s%s\n", terminal_tone(terminal, TERMINAL_STRONG), verb->words,
		terminal_tone(terminal, TERMINAL_PLAIN), *verb->synopsis ? " " : "", verb->synopsis);
	fputs("      ", out);
	text_wrap(out, terminal, 6, 6, verb->help);
}

void verb_help(FILE *out, const struct terminal *terminal, const struct verb *verb)
{
	if (verb) {
		fputs("Usage:\n", out);
		one_line(out, terminal, verb);
		fputs("\nThe manual, outingctl(1), says more.\n", out);
		return;
	}
	fputs("Usage: outingctl VERB [OPTION]...\n\n", out);
	for (size_t i = 0; i < ELEMENTS(verbs); i++)
		one_line(out, terminal, &verbs[i]);
	fputs("\n  outingctl --help | --version\n\n"
	      "DEVICE is the id that `outingctl devices` shows, or the registered name.\n"
	      "Exit status: 0 done, 1 refused or failed (the reason on stderr), 2 wrong usage,\n"
	      "3 the agent is not running. The manual, outingctl(1), says more.\n",
		out);
}
