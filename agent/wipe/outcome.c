/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Names and sentences of all outcomes. See outcome.h. Pure. */

#include "wipe/outcome.h"

#define CARD_UNTOUCHED " Nothing on it was changed."
#define KEEP_AND_ASK   " The pictures are safe in the vault; ask the technician about this card."
#define FORMAT_FIRST \
	" The pictures are safe in the vault; format the card in the camera, plug it in and try again."
#define CONDEMNED " Do not use this card any more: have it destroyed and replace it."

struct entry {
	const char *name;
	enum wipe_kind kind;
	bool condemns;
	const char *sentence;
};

#define REFUSED(name, sentence)                                         \
	{                                                               \
		name, WIPE_KIND_REFUSED, false, sentence CARD_UNTOUCHED \
	}
#define FAILED(name, sentence)                          \
	{                                               \
		name, WIPE_KIND_FAILED, false, sentence \
	}
#define CONDEMNS(name, sentence)                                 \
	{                                                        \
		name, WIPE_KIND_FAILED, true, sentence CONDEMNED \
	}

static const struct entry table[_WIPE_OUTCOME_MAX] = {
	[WIPE_DONE] = {"done", WIPE_KIND_DONE, false, "The card is clear: every sector was read back."},
	[WIPE_CANCELLED] = {"cancelled", WIPE_KIND_CANCELLED, false,
		"The clear was stopped before it was complete. The card is not clear; start the clear again "
		"to "
		"finish it."},

	[WIPE_NO_SESSION] = REFUSED("no-session", "There is no such offload on record, so nothing proves "
						  "that the pictures are safe. Offload the "
						  "card first."),
	[WIPE_SESSION_NOT_COMMITTED] = REFUSED("session-not-committed",
		"The offload of this card is not complete, so its pictures are not all proven to be in the "
		"vault. Offload the card again and let it finish."),
	[WIPE_SESSION_STALE] = REFUSED("session-stale", "This card was offloaded again after that offload, "
							"or has already been cleared. Use its newest "
							"offload."),
	[WIPE_OTHER_INSERTION] = REFUSED("other-insertion", "The card was unplugged after it was offloaded, "
							    "and may have been used since. Offload it again, "
							    "then clear it without unplugging it."),
	[WIPE_NOT_EXTERNAL] = REFUSED("not-external",
		"This is not a whole external card or stick, and only those are ever cleared. Name the card "
		"itself."),
	[WIPE_IN_USE] = REFUSED("in-use",
		"Another program is using this card. Close it or eject the card, plug it in again and try "
		"again."),
	[WIPE_WRITE_PROTECTED] =
		REFUSED("write-protected", "The card is write-protected. Slide the small lock on its side "
					   "away from LOCK; if it has none or "
					   "this does not help, do not use this card any more."),
	[WIPE_DEVICE_SIZE] = REFUSED("device-size", "The card says that it has no size, or another size than "
						    "before. Plug it in again; if this comes "
						    "back, do not use this card any more."),
	[WIPE_SECTOR_SIZE] = REFUSED("sector-size",
		"The card has sectors of an unusual size, which cannot be cleared safely here." KEEP_AND_ASK),
	[WIPE_UNREADABLE] = REFUSED("unreadable",
		"Part of the card could not be read, so it cannot be shown that it holds what was offloaded. "
		"Plug it in again; if this comes back, do not use this card any more."),
	[WIPE_NO_TABLE] = REFUSED("no-table",
		"The card has no partition table and no file system that is known here." FORMAT_FIRST),
	[WIPE_GPT] = REFUSED("gpt",
		"The card is partitioned as computers do it (GPT), not as cameras do it." FORMAT_FIRST),
	[WIPE_MANY_PARTITIONS] = REFUSED("many-partitions",
		"The card has more than one partition, and only one was offloaded." KEEP_AND_ASK),
	[WIPE_EXTENDED_PARTITION] = REFUSED("extended-partition",
		"The card has an extended partition, which no camera makes." KEEP_AND_ASK),
	[WIPE_BAD_PARTITION] =
		REFUSED("bad-partition", "The card's partition table does not fit the card." FORMAT_FIRST),
	[WIPE_OTHER_FILE_SYSTEM] =
		REFUSED("other-file-system", "The card's file system is not FAT or exFAT, and no other can "
					     "be cleared in place." KEEP_AND_ASK),
	[WIPE_BAD_BOOT_SECTOR] = REFUSED("bad-boot-sector",
		"The description of the file system at the start of the card is damaged." FORMAT_FIRST),
	[WIPE_BAD_BACKUP_BOOT] =
		REFUSED("bad-backup-boot", "The spare copy of the file system's description is damaged or "
					   "belongs to another one." FORMAT_FIRST),
	[WIPE_BAD_CHECKSUM] = REFUSED("bad-checksum",
		"A checksum of the file system is wrong, so part of it is damaged." FORMAT_FIRST),
	[WIPE_BAD_UPCASE] =
		REFUSED("bad-upcase", "The card's table of letters (up-case table) is damaged." FORMAT_FIRST),
	[WIPE_DIRTY] = REFUSED("dirty", "The card was pulled out or the camera lost power while writing, and "
					"there may be pictures on it "
					"that have no name yet. Put it into the camera, switch the camera on "
					"and off, then offload it "
					"again."),
	[WIPE_FATS_DIFFER] = REFUSED("fats-differ", "The two copies of the card's allocation table differ, "
						    "so one of them is damaged." KEEP_AND_ASK),
	[WIPE_BAD_FAT] =
		REFUSED("bad-fat", "The card's allocation table has entries that mean nothing." KEEP_AND_ASK),
	[WIPE_BAD_BLOCKS] =
		REFUSED("bad-blocks", "The card has blocks that are marked as worn out. Replace this card."),
	[WIPE_LOOP] = REFUSED(
		"loop", "A file or folder on the card runs in a circle, which is damage." KEEP_AND_ASK),
	[WIPE_CROSS_LINKED] = REFUSED("cross-linked", "Two files on the card claim the same place, so at "
						      "least one of them is not what it was." KEEP_AND_ASK),
	[WIPE_LOST_CLUSTERS] =
		REFUSED("lost-clusters", "Part of the card is in use but belongs to no file: there may be a "
					 "picture without a name." KEEP_AND_ASK),
	[WIPE_OUT_OF_RANGE] = REFUSED(
		"out-of-range", "A file or folder points outside the card, which is damage." KEEP_AND_ASK),
	[WIPE_BAD_SIZE] = REFUSED(
		"bad-size", "A file's length does not fit the space it has on the card." KEEP_AND_ASK),
	[WIPE_BAD_DIRECTORY] = REFUSED("bad-directory", "A folder on the card is damaged." KEEP_AND_ASK),
	[WIPE_BAD_NAME] = REFUSED(
		"bad-name", "A file or folder has a name that cannot be read without doubt." KEEP_AND_ASK),
	[WIPE_TOO_DEEP] = REFUSED(
		"too-deep", "Folders on the card are nested deeper than any camera does." KEEP_AND_ASK),
	[WIPE_TOO_MANY] =
		REFUSED("too-many", "The card has more files or folders than can be checked." KEEP_AND_ASK),
	[WIPE_UNUSUAL] = REFUSED("unusual",
		"The card uses a feature of its file system that is not understood here." KEEP_AND_ASK),
	[WIPE_PROTECTED_FILES] = REFUSED("protected-files", "Some pictures on the card are protected in the "
							    "camera. Remove the protection there, or confirm "
							    "that they may be cleared too."),
	[WIPE_SET_DIFFERS] = REFUSED("set-differs",
		"The files on the card are not exactly those that were offloaded. Offload the card again."),
	[WIPE_PLAN_INVALID] = REFUSED("plan-invalid", "The record of the clear that was cut short is "
						      "damaged. Offload the card again, then clear it."),
	[WIPE_CARD_CHANGED] = REFUSED("card-changed",
		"This is not the card whose clear was cut short, or it was formatted since. Offload it, then "
		"clear it."),
	[WIPE_OFFLOAD_FIRST] = REFUSED("offload-first",
		"The clear of this card was cut short and it has been used since: there are new files on it. "
		"Offload it first."),

	[WIPE_READ_ERROR] = CONDEMNS("read-error", "The card could not be read during the clear."),
	[WIPE_WRITE_ERROR] = CONDEMNS("write-error", "The card could not be written during the clear."),
	[WIPE_FLUSH_ERROR] =
		CONDEMNS("flush-error", "The card did not confirm that what was written stays written."),
	[WIPE_STUCK] =
		CONDEMNS("stuck", "Part of the card does not keep what is written to it, so old pictures may "
				  "still be there."),
	[WIPE_FAKE_CAPACITY] =
		CONDEMNS("fake-capacity", "The card is a fake: it claims more room than it has, and "
					  "loses pictures."),
	[WIPE_SHRUNK] = CONDEMNS("shrunk", "The card changed its size during the clear."),
	[WIPE_VANISHED] = FAILED("vanished", "The card was unplugged, or its reader stopped, during the "
					     "clear. The card is not clear; plug it "
					     "in again and the clear goes on."),
	[WIPE_BECAME_READ_ONLY] =
		CONDEMNS("became-read-only", "The card stopped accepting writes during the clear, "
					     "as worn cards do, and cannot be cleared."),
	[WIPE_WORKER_DIED] = FAILED("worker-died",
		"The program that clears the card ended unexpectedly. The card is not clear; start the clear "
		"again."),
	[WIPE_INTERNAL] = FAILED("internal", "Something went wrong in this program. The card is not proven "
					     "to be clear; start the clear again, "
					     "and tell the technician if this comes back."),
};

static const struct entry *find(enum wipe_outcome outcome)
{
	return (unsigned)outcome < _WIPE_OUTCOME_MAX ? &table[outcome] : &table[WIPE_INTERNAL];
}

const char *wipe_outcome_name(enum wipe_outcome outcome)
{
	return find(outcome)->name;
}

const char *wipe_outcome_sentence(enum wipe_outcome outcome)
{
	return find(outcome)->sentence;
}

enum wipe_kind wipe_outcome_kind(enum wipe_outcome outcome)
{
	return find(outcome)->kind;
}

bool wipe_outcome_condemns_card(enum wipe_outcome outcome)
{
	return find(outcome)->condemns;
}

bool wipe_outcome_from_number(uint32_t number, enum wipe_outcome *ret_outcome)
{
	if (number >= _WIPE_OUTCOME_MAX)
		return false;
	*ret_outcome = (enum wipe_outcome)number;
	return true;
}
