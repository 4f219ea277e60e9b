/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Words for staff. Each says what happened, that nothing is lost, and what to do. See verdict.h. */

#include "offload/verdict.h"

#include "base/number.h"

#include <inttypes.h>
#include <string.h>

static const char *const outcome_codes[OFFLOAD_OUTCOME_COUNT] = {
	[OFFLOAD_COMPLETE] = "complete",
	[OFFLOAD_INCOMPLETE] = "incomplete",
	[OFFLOAD_CANCELLED] = "cancelled",
	[OFFLOAD_VAULT_FULL] = "vault-full",
	[OFFLOAD_VAULT_FAILED] = "vault-failed",
	[OFFLOAD_SOURCE_GONE] = "source-gone",
	[OFFLOAD_SOURCE_CHANGED] = "source-changed",
	[OFFLOAD_SOURCE_REFUSED] = "source-refused",
	[OFFLOAD_SOURCE_UNKNOWN] = "source-unknown",
	[OFFLOAD_SOURCE_LOCKED] = "source-locked",
	[OFFLOAD_TOO_MUCH] = "too-much",
	[OFFLOAD_NO_RIGHTS] = "no-sandbox",
	[OFFLOAD_BROKEN] = "broken",
};

const char *verdict_code(enum verdict verdict, enum offload_outcome outcome)
{
	switch (verdict) {
	case VERDICT_COMMITTED:
		return "committed";
	case VERDICT_NOT_EQUAL:
		return "not-equal";
	case VERDICT_WORKER_DIED:
		return "worker-died";
	case VERDICT_WORKER_LIED:
		return "worker-broke-protocol";
	case VERDICT_RECORD_FAILED:
		return "record-failed";
	case VERDICT_OTHER:
		break;
	}
	return outcome < OFFLOAD_OUTCOME_COUNT ? outcome_codes[outcome] : "broken";
}

bool verdict_resumable(enum verdict verdict, enum offload_outcome outcome)
{
	if (verdict == VERDICT_COMMITTED)
		return false;
	return verdict != VERDICT_OTHER ||
	       (outcome != OFFLOAD_SOURCE_REFUSED && outcome != OFFLOAD_SOURCE_UNKNOWN &&
		       outcome != OFFLOAD_SOURCE_LOCKED && outcome != OFFLOAD_TOO_MUCH);
}

static const char *error_text(const struct verdict_facts *facts)
{
	return facts->error > 0 ? strerrordesc_np(facts->error) : "no error was reported";
}

static void committed(const struct verdict_facts *facts, char *text)
{
	char size[NUMBER_SIZE_TEXT];
	int n;

	if (facts->files == 0)
		n = snprintf(text, VERDICT_SENTENCE, "There is no file on %s; that was checked twice.",
			facts->device_name);
	else
		n = snprintf(text, VERDICT_SENTENCE,
			"%s %" PRIu64 " file%s (%s) from %s %s in the vault, read back and compared with a "
			"second reading of the card.",
			facts->files == 1 ? "The" : "All", facts->files, facts->files == 1 ? "" : "s",
			number_format_size(facts->bytes, size), facts->device_name,
			facts->files == 1 ? "is" : "are");
	if (facts->findings > 0 && n > 0 && n < VERDICT_SENTENCE)
		(void)snprintf(text + n, (size_t)(VERDICT_SENTENCE - n),
			" It also holds %" PRIu64 " thing%s that cannot be taken (links, special files or an "
			"unknown partition), so it must not be cleared.",
			facts->findings, facts->findings == 1 ? "" : "s");
}

static void incomplete(const struct verdict_facts *facts, char *text)
{
	(void)snprintf(text, VERDICT_SENTENCE,
		"%" PRIu64
		" file%s or folder%s on %s could not be copied safely and %s still only there; the "
		"others are in the vault. Try once more; if it stays like this, keep the card, do not use it "
		"again, and show the list to the technician.",
		facts->failed, facts->failed == 1 ? "" : "s", facts->failed == 1 ? "" : "s",
		facts->device_name, facts->failed == 1 ? "is" : "are");
}

static void vault_full(const struct verdict_facts *facts, char *text)
{
	char size[NUMBER_SIZE_TEXT];

	if (facts->missing == 0) {
		(void)snprintf(text, VERDICT_SENTENCE,
			"The vault is full: it has no room for more files. Nothing on %s is lost or "
			"changed. Make room in the vault and start the offload again; it goes on where it "
			"stopped.",
			facts->device_name);
		return;
	}
	(void)snprintf(text, VERDICT_SENTENCE,
		"The vault is full: %s more (%" PRIu64 " bytes) are needed for %s. Nothing on it is lost or "
		"changed. Make room in the vault and start the offload again; it goes on where it stopped.",
		number_format_size(facts->missing, size), facts->missing, facts->device_name);
}

static void refused(const struct verdict_facts *facts, char *text)
{
	(void)snprintf(text, VERDICT_SENTENCE,
		"%s cannot be read: %s. Nothing was copied and nothing on it was changed. Try another reader "
		"or cable; if it stays like this, keep the card and ask the technician.",
		facts->device_name, *facts->detail ? facts->detail : error_text(facts));
}

static void other(const struct verdict_facts *facts, char *text)
{
	const char *name = facts->device_name;

	switch (facts->outcome) {
	case OFFLOAD_INCOMPLETE:
		incomplete(facts, text);
		return;
	case OFFLOAD_VAULT_FULL:
		vault_full(facts, text);
		return;
	case OFFLOAD_SOURCE_REFUSED:
		refused(facts, text);
		return;
	case OFFLOAD_CANCELLED:
		(void)snprintf(text, VERDICT_SENTENCE,
			"The offload of %s was stopped. What was copied is kept; start it again and it goes "
			"on.",
			name);
		return;
	case OFFLOAD_VAULT_FAILED:
		(void)snprintf(text, VERDICT_SENTENCE,
			"The vault cannot be written or read back (%s). Nothing on %s is lost or changed. "
			"Ask "
			"the technician to check the computer's disk.",
			error_text(facts), name);
		return;
	case OFFLOAD_SOURCE_GONE:
		(void)snprintf(text, VERDICT_SENTENCE,
			"%s was unplugged or stopped answering before the offload was done%s%s%s. Nothing is "
			"lost: plug it in again and the offload goes on.",
			name, *facts->detail ? " (" : "", facts->detail, *facts->detail ? ")" : "");
		return;
	case OFFLOAD_SOURCE_CHANGED:
		(void)snprintf(text, VERDICT_SENTENCE,
			"What is on %s changed during the offload, or it cannot be listed twice in the same "
			"way. "
			"What was copied is kept; start the offload again.",
			name);
		return;
	case OFFLOAD_SOURCE_UNKNOWN:
		(void)snprintf(text, VERDICT_SENTENCE,
			"%s holds no file system that can be offloaded (found: %s). Nothing was copied and "
			"nothing on it was changed.",
			name, *facts->detail ? facts->detail : "nothing that is known");
		return;
	case OFFLOAD_SOURCE_LOCKED:
		(void)snprintf(text, VERDICT_SENTENCE,
			"%s shows no memory, as a locked phone does. Unlock it, choose \"file transfer\" or "
			"tap "
			"\"Trust this computer\" on its screen (a camera: put its card in), and try again. "
			"Nothing "
			"was copied and nothing on it was changed.",
			name);
		return;
	case OFFLOAD_TOO_MUCH:
		(void)snprintf(text, VERDICT_SENTENCE,
			"%s lists more than %d files and folders, which no camera makes; it is probably "
			"damaged. "
			"Keep it and ask the technician.",
			name, OFFLOAD_ENTRY_MAX);
		return;
	case OFFLOAD_NO_RIGHTS:
		(void)snprintf(text, VERDICT_SENTENCE,
			"The worker could not give up its rights (%s), so it did not touch what is on %s. "
			"Ask "
			"the technician to check the installation.",
			error_text(facts), name);
		return;
	case OFFLOAD_COMPLETE:
	case OFFLOAD_BROKEN:
	case OFFLOAD_OUTCOME_COUNT:
		break;
	}
	(void)snprintf(text, VERDICT_SENTENCE,
		"The offload of %s ended by an error of this program (%s). Nothing on it is lost or changed. "
		"Start it again; if it stays like this, ask the technician.",
		name, error_text(facts));
}

void verdict_sentence(
	enum verdict verdict, const struct verdict_facts *facts, char ret_text[static VERDICT_SENTENCE])
{
	const char *name = facts->device_name;

	switch (verdict) {
	case VERDICT_COMMITTED:
		committed(facts, ret_text);
		return;
	case VERDICT_NOT_EQUAL:
		(void)snprintf(ret_text, VERDICT_SENTENCE,
			"What was recorded does not equal what is on %s: perhaps it lists a file twice, "
			"which "
			"happens when its file system is damaged. It counts as not offloaded. Keep the card "
			"and "
			"ask the technician.",
			name);
		return;
	case VERDICT_WORKER_DIED:
		(void)snprintf(ret_text, VERDICT_SENTENCE,
			"The program that was copying %s ended unexpectedly. Nothing is lost: start the "
			"offload "
			"again and it goes on where it stopped.",
			name);
		return;
	case VERDICT_WORKER_LIED:
		(void)snprintf(ret_text, VERDICT_SENTENCE,
			"The program that was reading %s said something impossible and was ended. The card "
			"may "
			"be hostile or damaged: keep it apart and ask the technician.",
			name);
		return;
	case VERDICT_RECORD_FAILED:
		(void)snprintf(ret_text, VERDICT_SENTENCE,
			"What was copied from %s could not be recorded (%s), so it does not count as safe. "
			"Nothing on it is lost or changed. Ask the technician to check the computer's disk.",
			name, error_text(facts));
		return;
	case VERDICT_OTHER:
		other(facts, ret_text);
		return;
	}
}
