/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The table of outcomes. See outcome.h. */

#include "encrypt/outcome.h"

#define AGAIN " Its files are safe where they were copied to; \"outingctl encrypt\" goes on where it stopped."

static const struct {
	const char *name;
	enum encrypt_kind kind;
	const char *sentence;
} outcomes[] = {
	[ENCRYPT_DONE] = {"done", ENCRYPT_KIND_DONE,
		"The stick is encrypted and all of it was read back. It opens with its passphrase; a Windows "
		"computer "
		"cannot open it without extra software, and may offer to format it: say no."},
	[ENCRYPT_CANCELLED] = {"cancelled", ENCRYPT_KIND_CANCELLED,
		"Stopped. Nothing on the stick was changed."},
	[ENCRYPT_NOT_EXTERNAL] = {"not-external", ENCRYPT_KIND_REFUSED,
		"This is not a stick but a part of the computer, or the computer runs from it, so it is left "
		"alone."},
	[ENCRYPT_IN_USE] = {"in-use", ENCRYPT_KIND_REFUSED,
		"The stick is in use. Close the files and windows that show it, unmount it in the file "
		"manager without "
		"unplugging it, and try again."},
	[ENCRYPT_WRITE_PROTECTED] = {"write-protected", ENCRYPT_KIND_REFUSED,
		"The stick is locked against writing. If it has a little switch, move it, and try again."},
	[ENCRYPT_SIZE] = {"size", ENCRYPT_KIND_REFUSED,
		"A stick of this size, or with sectors of this size, cannot be encrypted here. It needs at "
		"least 64 MB."},
	[ENCRYPT_OTHER_INSERTION] = {"other-insertion", ENCRYPT_KIND_REFUSED,
		"The stick was unplugged or swapped in the meantime. Nothing was changed; start again."},
	[ENCRYPT_UNREADABLE] = {"unreadable", ENCRYPT_KIND_REFUSED,
		"What is on the stick was copied, but could not be compared with the copy, so nothing on it "
		"was changed. "
		"If it was pulled out without ejecting it before, eject it properly once and try again. If "
		"nothing on "
		"it is needed, say so with --discard."},
	[ENCRYPT_SET_DIFFERS] = {"set-differs", ENCRYPT_KIND_REFUSED,
		"The files on the stick are not the ones that were copied, so nothing on it was changed. "
		"Start again."},
	[ENCRYPT_NOT_AS_LEFT] = {"not-as-left", ENCRYPT_KIND_REFUSED,
		"The stick was used since encrypting it was interrupted, so nothing on it was changed. Start "
		"again."},
	[ENCRYPT_NO_MKFS] = {"no-mkfs", ENCRYPT_KIND_REFUSED,
		"The program that makes a file system is missing or gave up. The technician can install "
		"exfatprogs and "
		"e2fsprogs."},
	[ENCRYPT_ALREADY] = {"already", ENCRYPT_KIND_REFUSED, "The stick is encrypted already."},
	[ENCRYPT_TOO_FULL] = {"too-full", ENCRYPT_KIND_REFUSED,
		"The stick is so full that its files would not fit on it any more once it is encrypted, so "
		"nothing on it "
		"was changed. Its files are in the vault: take some of them off the stick and try again."},
	[ENCRYPT_INTERRUPTED] = {"interrupted", ENCRYPT_KIND_FAILED,
		"Stopped in the middle: the stick is not encrypted yet and cannot be read." AGAIN},
	[ENCRYPT_VANISHED] = {"vanished", ENCRYPT_KIND_FAILED,
		"The stick was unplugged, or stopped answering, while it was being encrypted. Plug it in "
		"again." AGAIN},
	[ENCRYPT_READ_ERROR] = {"read-error", ENCRYPT_KIND_FAILED,
		"The stick could not be read back, so it is not encrypted. If it happens again, do not use "
		"this stick." AGAIN},
	[ENCRYPT_WRITE_ERROR] = {"write-error", ENCRYPT_KIND_FAILED,
		"The stick could not be written, so it is not encrypted. If it happens again, do not use "
		"this stick." AGAIN},
	[ENCRYPT_MISMATCH] = {"mismatch", ENCRYPT_KIND_FAILED,
		"The stick does not hold what was written to it: it is worn out, or smaller than it says. Do "
		"not use "
		"this stick. Its files are safe where they were copied to."},
	[ENCRYPT_WORKER_DIED] = {"worker-died", ENCRYPT_KIND_FAILED,
		"The program that encrypts the stick ended unexpectedly." AGAIN},
	[ENCRYPT_INTERNAL] = {"internal", ENCRYPT_KIND_FAILED,
		"Something went wrong that has no name. Ask the technician to look at the journal of "
		"outingd." AGAIN},
	[ENCRYPT_WRONG_PASSPHRASE] = {"wrong-passphrase", ENCRYPT_KIND_FAILED,
		"The stick is encrypted, but this is not its passphrase, so its files are not back on it "
		"yet. They are in "
		"the vault; try again with the passphrase that was given first."},
	[ENCRYPT_NOT_OPENED] = {"not-opened", ENCRYPT_KIND_FAILED,
		"The stick is encrypted, but could not be opened here, so its files are not back on it yet. "
		"They are in "
		"the vault. Unplug the stick, plug it in and run \"outingctl encrypt\" again."},
	[ENCRYPT_NOT_PUT_BACK] = {"not-put-back", ENCRYPT_KIND_FAILED,
		"The stick is encrypted, but not all of its files could be put back on it. They are in the "
		"vault. Run "
		"\"outingctl encrypt\" again."},
	[ENCRYPT_PUT_BACK_CANCELLED] = {"put-back-cancelled", ENCRYPT_KIND_CANCELLED,
		"Stopped. The stick is encrypted, but its files are not all back on it. They are in the "
		"vault; "
		"\"outingctl encrypt\" goes on."},
};

_Static_assert(ELEMENTS(outcomes) == _ENCRYPT_OUTCOME_MAX, "every outcome has its words");

const char *encrypt_outcome_name(enum encrypt_outcome outcome)
{
	return outcomes[outcome].name;
}

const char *encrypt_outcome_sentence(enum encrypt_outcome outcome)
{
	return outcomes[outcome].sentence;
}

enum encrypt_kind encrypt_outcome_kind(enum encrypt_outcome outcome)
{
	return outcomes[outcome].kind;
}

bool encrypt_outcome_from_number(uint32_t number, enum encrypt_outcome *ret_outcome)
{
	if (number >= _ENCRYPT_OUTCOME_MAX)
		return false;
	*ret_outcome = (enum encrypt_outcome)number;
	return true;
}
