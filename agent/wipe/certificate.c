/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Certificates. See certificate.h. Pure.
 *
 * The limits are part of every certificate, in the same words, so that nobody reads more into it than was
 * proven.
 */

#include "wipe/certificate.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/record-text.h"
#include "wipe/proof.h"

#include <inttypes.h>
#include <string.h>

#define KIND "outing-guard certificate of clearing"

#define LIMIT_CLEAR                                                                                 \
	"This is Clear in the sense of NIST SP 800-88: it protects against recovery with software " \
	"through the card's normal interface. It is not Purge."
#define LIMIT_RETIRED                                                                                       \
	"Blocks that the card's controller has retired or holds in reserve cannot be reached through that " \
	"interface; a laboratory that takes the card apart may find remains in them."
#define LIMIT_LATER                                                                                \
	"It says how the card was when it was read back, and nothing about what was stored on it " \
	"later."

static const char *const limits[] = {LIMIT_CLEAR, LIMIT_RETIRED, LIMIT_LATER};

static bool is_whole(const struct wipe_proof *proof)
{
	return proof && proof->result.outcome == WIPE_DONE && proof->device_bytes > 0 &&
	       proof->result.figures.bytes_read_back == proof->device_bytes;
}

static void set_hex(struct js *object, const char *key, const uint8_t digest[static SHA512_SIZE])
{
	char text[SHA512_HEX_SIZE];

	js_set_string(object, key, hex_encode(digest, SHA512_SIZE, text));
}

static void set_number_hex(struct js *object, const char *key, uint32_t number)
{
	char text[16];

	(void)snprintf(text, sizeof text, "%04X-%04X", number >> 16, number & 0xFFFF);
	js_set_string(object, key, text);
}

static struct js *device_object(const struct wipe_proof *proof, const struct certificate_facts *facts)
{
	const struct wipe_figures *f = &proof->result.figures;
	struct js *device = js_object();

	js_set_string(device, "name", facts->device_name);
	js_set_string(device, "id", facts->device_id);
	js_set_string(device, "key", facts->device_key);
	js_set_string(device, "vendor", facts->vendor);
	js_set_string(device, "product", facts->product);
	js_set_string(device, "serial", facts->serial);
	js_set_u64(device, "capacity_bytes", proof->device_bytes);
	js_set_string(device, "file_system", wipe_file_system_name((enum wipe_file_system)f->file_system));
	/* A resumed clear looks at no tree, and knows only the kind of file system. */
	if (!proof->resumed) {
		js_set_bool(device, "partitioned", f->partitioned != 0);
		set_number_hex(device, "volume_serial", f->volume_serial);
		set_number_hex(device, "disk_id", f->disk_id);
		js_set_string(device, "label", f->label);
	}
	return device;
}

static struct js *offload_object(const struct certificate_facts *facts)
{
	struct js *offload = js_object();

	js_set_string(offload, "session", facts->session);
	js_set_time(offload, "committed", facts->session_committed);
	js_set_u64(offload, "files", facts->session_files);
	js_set_u64(offload, "bytes", facts->session_bytes);
	return offload;
}

static struct js *proven_array(const struct wipe_proof *proof)
{
	struct js *array = js_array();

	js_append_string(array, "Every addressable sector was read back from the card after the last write, "
				"and was exactly as "
				"planned: the empty file system, and zero everywhere else.");
	if (proof->method == WIPE_METHOD_CLEAR_2PASS)
		js_append_string(array,
			"Before that, every sector outside the file system's own structures held random data "
			"that was read back too.");
	js_append_string(array,
		"Before anything was written, the files on the card were exactly those of the offload named "
		"here, each proven to be in the vault.");
	return array;
}

int certificate_make(
	const struct wipe_proof *proof, const struct certificate_facts *facts, struct js **ret_certificate)
{
	const struct wipe_figures *f;
	struct js *c;

	if (!is_whole(proof))
		return -EKEYREJECTED;
	f = &proof->result.figures;
	c = js_object();
	js_set_string(c, "kind", KIND);
	js_set_u64(c, "version", 1);
	js_set_string(c, "standard", "NIST SP 800-88");
	js_set_string(c, "level", "Clear");
	js_set_string(c, "method", wipe_method_name(proof->method));
	js_set(c, "device", device_object(proof, facts));
	js_set(c, "offload", offload_object(facts));
	js_set_time(c, "started", facts->started);
	js_set_time(c, "ended", facts->ended);
	js_set_u64(c, "seconds", f->nanoseconds / 1000000000);
	js_set_bool(c, "resumed", proof->resumed);
	js_set_u64(c, "passes", f->passes);
	js_set_u64(c, "bytes_read", f->bytes_read);
	js_set_u64(c, "bytes_written", f->bytes_written);
	js_set_u64(c, "bytes_read_back", f->bytes_read_back);
	js_set_u64(c, "chunks_repaired", f->chunks_repaired);
	set_hex(c, "image_sha512", proof->result.image_sha512);
	set_hex(c, "plan_sha512", proof->result.plan_sha512);
	js_set(c, "proven", proven_array(proof));
	js_set(c, "limits", record_texts(limits, ELEMENTS(limits)));
	*ret_certificate = c;
	return c ? 0 : -ENOMEM;
}

/* --- as text --- */

static void write_text(FILE *f, const struct js *c)
{
	const struct js *device = js_get(c, "device"), *offload = js_get(c, "offload");

	(void)fputs("CERTIFICATE OF CLEARING\n\n", f);
	record_device(f, device);
	record_size(f, "Capacity", device, "capacity_bytes");
	record_line(f, "File system", device, "file_system");
	record_line(f, "Label", device, "label");
	record_line(f, "Volume serial", device, "volume_serial");
	record_line(f, "Standard", c, "standard");
	record_line(f, "Level", c, "level");
	record_line(f, "Method", c, "method");
	record_line(f, "Started", c, "started");
	record_line(f, "Ended", c, "ended");
	record_size(f, "Written", c, "bytes_written");
	record_size(f, "Read back", c, "bytes_read_back");
	record_line(f, "SHA-512", c, "image_sha512");
	record_line(f, "Offload session", offload, "session");
	record_line(f, "Offloaded", offload, "committed");
	record_number(f, "Files in the vault", offload, "files");
	record_sentences(f, "What was proven", js_get(c, "proven"));
	record_sentences(f, "What this does not say", js_get(c, "limits"));
}

int certificate_text(const struct js *certificate, char **ret_text)
{
	return record_text(certificate, KIND, write_text, ret_text);
}
