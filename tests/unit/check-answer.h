/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Answers of the agent for tests of what outing-check makes of them. Every name is invented.
 */

#include "check/result.h"

#include <string.h>

#define ANSWER_LEAF(device, uses, verdict, reason, fix, command)                       \
	"{\"device\": \"" device "\", \"used_for\": " uses ", \"verdict\": \"" verdict \
	"\", \"reason\": \"" reason "\", \"fix\": \"" fix "\", \"command\": " command  \
	", \"chain\": [\"ext4\", \"crypt aes-xts-plain64\"], \"external\": false, \"bytes\": 512000000000}"

#define ANSWER_GOOD_LEAF \
	ANSWER_LEAF("/dev/nvme0n1p3", "[\"/\", \"/home\"]", "encrypted", "It is encrypted.", "", "null")
#define ANSWER_BOOT_LEAF \
	ANSWER_LEAF("/dev/nvme0n1p1", "[\"/boot/efi\"]", "exempt", "It holds only boot files.", "", "null")

#define ANSWER_CHECK(word, verdict, reason, fix)                                        \
	"{\"check\": \"" word "\", \"verdict\": \"" verdict "\", \"reason\": \"" reason \
	"\", \"fix\": \"" fix "\", \"details\": [\"looked at two accounts\"]}"

#define ANSWER_CHECKS_BUT_SCREEN                                                                            \
	ANSWER_CHECK("passwords", "pass", "Every account has a password.", "")                              \
	"," ANSWER_CHECK("automatic-login", "pass", "Nobody is logged in by itself.", "") "," ANSWER_CHECK( \
		"malware", "off", "Switched off.", "") "," ANSWER_CHECK("passwords-reviewed", "pass",       \
		"Reviewed in May.", "") "," ANSWER_CHECK("install-rights", "pass", "Staff cannot.",         \
		"") "," ANSWER_CHECK("updates", "pass", "None waits.", "") "," ANSWER_CHECK("hibernation",  \
		"pass", "There is none.", "")

#define ANSWER_CHECKS ANSWER_CHECKS_BUT_SCREEN "," ANSWER_CHECK("screen-lock", "pass", "It locks.", "")

#define ANSWER_DEVICE(id, name, verdict, reason, fix, present, action)                \
	"{\"id\": \"" id "\", \"name\": \"" name                                      \
	"\", \"role\": \"camera\", \"room\": \"Blue Room\", \"verdict\": \"" verdict  \
	"\", \"reason\": \"" reason "\", \"fix\": \"" fix "\", \"present\": " present \
	", \"state\": \"cleared\", \"action\": " action "}"

#define ANSWER_GOOD_DEVICE                                                                                 \
	ANSWER_DEVICE("disk-3f9a1c07be", "Blue Room camera", "ready", "It is empty, and that was proven.", \
		"", "true", "null")

#define ANSWER_LAPTOP(verdict, storage, checks)                                                      \
	"{\"included\": true, \"verdict\": \"" verdict "\", \"error\": null, \"storage\": [" storage \
	"], \"checks\": [" checks "]}"

#define ANSWER_STAYS                                                                                       \
	"{\"included\": false, \"verdict\": \"not-ready\", \"error\": null, \"storage\": [], \"checks\": " \
	"[]}"

#define ANSWER_BY(accept_weak, verdict, laptop, devices)                               \
	"{\"verdict\": \"" verdict                                                     \
	"\", \"checked_at\": \"2026-11-26T10:00:00Z\", \"policy\": \"transfer-all\", " \
	"\"accept_weak\": " accept_weak ", \"sentence\": \"I bring it back.\", "       \
	"\"laptop\": " laptop ", \"devices\": [" devices "]}"

#define ANSWER(verdict, laptop, devices) ANSWER_BY("false", verdict, laptop, devices)

#define ANSWER_READY                                                                                  \
	ANSWER("ready", ANSWER_LAPTOP("ready", ANSWER_GOOD_LEAF "," ANSWER_BOOT_LEAF, ANSWER_CHECKS), \
		ANSWER_GOOD_DEVICE)

#define ANSWER_BAD_LEAF(verdict) \
	ANSWER_LEAF("/dev/sda5", "[\"swap\"]", verdict, "A reason.", "A fix.", "\"a command\"")

/* One of everything that can stand in the way. */
#define ANSWER_MIXED                                                                                        \
	ANSWER("not-ready",                                                                                 \
		ANSWER_LAPTOP("not-ready",                                                                  \
			ANSWER_GOOD_LEAF "," ANSWER_BAD_LEAF("weak") "," ANSWER_BAD_LEAF(                   \
				"unknown") "," ANSWER_BAD_LEAF("not-encrypted"),                            \
			ANSWER_CHECKS_BUT_SCREEN                                                            \
			"," ANSWER_CHECK("screen-lock", "fail", "It never locks.", "Turn it on.")),         \
		ANSWER_DEVICE("c", "Red Room camera", "not-ready", "Nobody knows.", "Plug it in.", "false", \
			"null") "," ANSWER_DEVICE("d", "Attic camera", "not-ready", "Nobody knows.",        \
			"Plug it in.", "false", "null") "," ANSWER_DEVICE("a", "Blue Room camera",          \
			"not-ready", "It holds 214 pictures.", "", "true",                                  \
			"\"offload-and-clear\"") "," ANSWER_DEVICE("b", "Green Room camera", "ready",       \
			"Empty.", "", "true", "null"))

/* NULL when the text is no JSON. */
static inline struct js *answer_parse(const char *text)
{
	struct js *js = NULL;

	return js_parse(text, strlen(text), &js) == 0 ? js : NULL;
}
