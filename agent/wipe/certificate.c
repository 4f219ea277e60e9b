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
#include "base/number.h"
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

static struct js *limits_array(void)
{
	struct js *array = js_array();

	for (size_t i = 0; i < ELEMENTS(limits); i++)
		js_append_string(array, limits[i]);
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
	js_set(c, "limits", limits_array());
	*ret_certificate = c;
	return c ? 0 : -ENOMEM;
}

/* --- as text
 * ------------------------------------------------------------------------------------------------ */

static void line(FILE *f, const char *name, const struct js *object, const char *key)
{
	const char *value = js_get_string(object, key);

	if (value && *value)
		(void)fprintf(f, "  %-20s %s\n", name, value);
}

static void line_size(FILE *f, const char *name, const struct js *object, const char *key)
{
	char text[NUMBER_SIZE_TEXT];
	uint64_t bytes;

	if (js_get_u64(object, key, &bytes) == 0)
		(void)fprintf(
			f, "  %-20s %s (%" PRIu64 " bytes)\n", name, number_format_size(bytes, text), bytes);
}

/* Sentences, broken before column 78. */
static void paragraph(FILE *f, const char *text)
{
	size_t column = 2;

	(void)fputs("  -", f);
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column + 1 + word > 78) {
			(void)fputs("\n   ", f);
			column = 3;
		}
		(void)fprintf(f, " %.*s", (int)word, text);
		column += 1 + word;
		text += word;
		text += strspn(text, " ");
	}
	(void)fputc('\n', f);
}

static void paragraphs(FILE *f, const char *title, const struct js *array)
{
	(void)fprintf(f, "\n%s\n", title);
	for (size_t i = 0; array && i < js_length(array); i++) {
		const char *text = js_string(js_at(array, i));

		if (text)
			paragraph(f, text);
	}
}

static void write_text(FILE *f, const struct js *c)
{
	const struct js *device = js_get(c, "device"), *offload = js_get(c, "offload");
	uint64_t files = 0;

	(void)fputs("CERTIFICATE OF CLEARING\n\n", f);
	line(f, "Device", device, "name");
	line(f, "Id", device, "id");
	line(f, "Known by", device, "key");
	line(f, "Vendor", device, "vendor");
	line(f, "Product", device, "product");
	line(f, "Serial number", device, "serial");
	line_size(f, "Capacity", device, "capacity_bytes");
	line(f, "File system", device, "file_system");
	line(f, "Label", device, "label");
	line(f, "Volume serial", device, "volume_serial");
	line(f, "Standard", c, "standard");
	line(f, "Level", c, "level");
	line(f, "Method", c, "method");
	line(f, "Started", c, "started");
	line(f, "Ended", c, "ended");
	line_size(f, "Written", c, "bytes_written");
	line_size(f, "Read back", c, "bytes_read_back");
	line(f, "SHA-512", c, "image_sha512");
	line(f, "Offload session", offload, "session");
	line(f, "Offloaded", offload, "committed");
	if (js_get_u64(offload, "files", &files) == 0)
		(void)fprintf(f, "  %-20s %" PRIu64 "\n", "Files in the vault", files);
	paragraphs(f, "What was proven", js_get(c, "proven"));
	paragraphs(f, "What this does not say", js_get(c, "limits"));
}

int certificate_text(const struct js *certificate, char **ret_text)
{
	const char *kind = js_get_string(certificate, "kind");
	char *text = NULL;
	size_t size = 0;
	FILE *f;

	if (!kind || strcmp(kind, KIND) != 0)
		return -EINVAL;
	f = open_memstream(&text, &size);
	if (!f)
		return -errno;
	write_text(f, certificate);
	if (fclose(f) != 0) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	return 0;
}
