/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Records of emptyings. See record.h. */

#include "empty/record.h"

#include "base/clock.h"
#include "base/record-text.h"

#define KIND "outing-guard record of removal"

#define PROVEN_SAFE \
	"Every file of the offload named here was proven to be in the vault before it was deleted."
#define PROVEN_GONE                                                                                      \
	"After the last delete the device listed no file any more, in a session of its own, with every " \
	"memory "                                                                                        \
	"there that was emptied."

#define LIMIT_NOT_WIPED                                                                                    \
	"Removed is not wiped: the device deleted its files by itself, and with a laboratory's or even "   \
	"ordinary software they may be recovered from its memory. This is not Clear in the sense of NIST " \
	"SP "                                                                                              \
	"800-88."
#define LIMIT_CARD "For a full clear, put its card into a card reader and clear it there."
#define LIMIT_LATER                                                                                         \
	"It says what the device listed, and nothing about what it does not list or what was stored on it " \
	"later."

#define LIMIT_FORMATTED                                                                                     \
	"That it formatted its memory is the device's own answer; what was seen is that it lists no file. " \
	"Such a format only empties the table of contents."

static const char *const proven[] = {PROVEN_SAFE, PROVEN_GONE};
/* The last one only of what was formatted. */
static const char *const limits[] = {LIMIT_NOT_WIPED, LIMIT_CARD, LIMIT_LATER, LIMIT_FORMATTED};

static struct js *device_object(const struct empty_record_facts *facts)
{
	struct js *device = js_object();

	js_set_string(device, "name", facts->device_name);
	js_set_string(device, "id", facts->device_id);
	js_set_string(device, "key", facts->device_key);
	js_set_string(device, "vendor", facts->vendor);
	js_set_string(device, "product", facts->product);
	js_set_string(device, "serial", facts->serial);
	return device;
}

static struct js *offload_object(const struct session *session)
{
	struct js *offload = js_object();

	js_set_string(offload, "session", session->id);
	js_set_time(offload, "committed", session->finished_at);
	js_set_u64(offload, "files", session->set.files);
	js_set_u64(offload, "bytes", session->set.bytes);
	return offload;
}

int empty_record_make(
	const struct empty_recorder *recorder, const struct empty_record_facts *facts, struct js **ret_record)
{
	const struct empty_verdict *verdict = empty_recorder_verdict(recorder);
	struct js *record;

	if (!verdict->removed)
		return -EKEYREJECTED;
	record = js_object();
	js_set_string(record, "kind", KIND);
	js_set_u64(record, "version", 1);
	js_set_string(record, "result", "removed, not wiped");
	js_set_string(record, "method",
		verdict->formatted ? "deleted file by file, then formatted by the camera"
				   : "deleted file by file");
	js_set(record, "device", device_object(facts));
	js_set(record, "offload", offload_object(empty_recorder_session(recorder)));
	js_set_u64(record, "removed_now", verdict->gone);
	js_set_time(record, "started", facts->started);
	js_set_time(record, "ended", facts->ended);
	js_set(record, "proven", record_texts(proven, ELEMENTS(proven)));
	js_set(record, "limits", record_texts(limits, ELEMENTS(limits) - !verdict->formatted));
	*ret_record = record;
	return record ? 0 : -ENOMEM;
}

/* --- as text --- */

static void write_text(FILE *f, const struct js *record)
{
	const struct js *offload = js_get(record, "offload");

	(void)fputs("RECORD OF REMOVAL (no certificate: removed, not wiped)\n\n", f);
	record_device(f, js_get(record, "device"));
	record_line(f, "Result", record, "result");
	record_line(f, "Method", record, "method");
	record_line(f, "Started", record, "started");
	record_line(f, "Ended", record, "ended");
	record_line(f, "Offload session", offload, "session");
	record_line(f, "Offloaded", offload, "committed");
	record_number(f, "Files removed", offload, "files");
	record_number(f, "Bytes", offload, "bytes");
	record_sentences(f, "What was proven", js_get(record, "proven"));
	record_sentences(f, "What this does not say", js_get(record, "limits"));
}

int empty_record_text(const struct js *record, char **ret_text)
{
	return record_text(record, KIND, write_text, ret_text);
}
