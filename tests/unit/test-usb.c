/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What USB devices bring, by their descriptors; whether the computer talks to them; what people read. */

#include "device/usb-identity.h"
#include "policy/usb-decide.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define EVERYTHING 0xffu
#define NOTHING    0u

struct blob {
	uint8_t bytes[4096];
	size_t size;
};

static void put(struct blob *blob, const uint8_t *bytes, size_t size)
{
	memcpy(blob->bytes + blob->size, bytes, size);
	blob->size += size;
}

static void device(struct blob *blob)
{
	const uint8_t bytes[18] = {18, 1, 0, 2, 0, 0, 0, 64, 9, 0x12, 0x0e, 0xb1, 0, 1, 1, 2, 3, 1};

	blob->size = 0;
	put(blob, bytes, sizeof bytes);
}

static void configuration(struct blob *blob)
{
	/* Its own length, 0xffff, is a lie. */
	const uint8_t bytes[9] = {9, 2, 0xff, 0xff, 1, 1, 0, 0x80, 50};

	put(blob, bytes, sizeof bytes);
}

static void interface(struct blob *blob, uint8_t class, uint8_t subclass, uint8_t protocol, uint8_t name)
{
	const uint8_t bytes[9] = {9, 4, 0, 0, 1, class, subclass, protocol, name};
	const uint8_t endpoint[7] = {7, 5, 0x81, 2, 0, 2, 0};

	put(blob, bytes, sizeof bytes);
	put(blob, endpoint, sizeof endpoint);
}

static enum usb_brings brings(const struct blob *blob, unsigned allowed)
{
	struct usb_interfaces interfaces;
	bool good = usb_descriptors_parse(blob->bytes, blob->size, &interfaces, NULL) == 0;

	return usb_brings(good ? &interfaces : NULL, USB_HINT_NONE, allowed);
}

struct device_row {
	const char *story;
	struct usb_interface interfaces[6];
	enum usb_brings brings;
	unsigned allowed;
};

static const struct device_row rows[] = {
	{"keyboard", {{3, 1, 1}}, USB_BRINGS_ALLOWED, NOTHING},
	{"keyboard with media keys and a mouse", {{3, 1, 1}, {3, 0, 0}, {3, 1, 2}}, USB_BRINGS_ALLOWED,
		NOTHING},
	{"hub", {{9, 0, 1}, {9, 0, 2}}, USB_BRINGS_ALLOWED, NOTHING},
	{"dock's billboard", {{0x11, 0, 0}}, USB_BRINGS_ALLOWED, NOTHING},
	{"stick", {{8, 6, 0x50}}, USB_BRINGS_STORAGE, EVERYTHING},
	{"stick, two protocols", {{8, 6, 0x50}, {8, 6, 0x62}}, USB_BRINGS_STORAGE, EVERYTHING},
	{"keyboard that is a stick too", {{3, 1, 1}, {8, 6, 0x50}}, USB_BRINGS_STORAGE, EVERYTHING},
	{"printer", {{7, 1, 2}, {7, 1, 4}}, USB_BRINGS_ALLOWED, USB_ALLOW_PRINTER},
	{"printer, not allowed", {{7, 1, 2}}, USB_BRINGS_OTHER, EVERYTHING & ~(unsigned)USB_ALLOW_PRINTER},
	{"printer and scanner", {{7, 1, 2}, {0xff, 0xff, 0xff}}, USB_BRINGS_ALLOWED, EVERYTHING},
	{"printer with a slot for cards", {{7, 1, 2}, {8, 6, 0x50}}, USB_BRINGS_STORAGE, EVERYTHING},
	{"webcam with a microphone and a button",
		{{0x0e, 1, 0}, {0x0e, 2, 0}, {1, 1, 0}, {1, 2, 0}, {3, 0, 0}}, USB_BRINGS_ALLOWED,
		EVERYTHING},
	{"headset with run-time DFU", {{1, 1, 0}, {3, 0, 0}, {0xfe, 1, 1}}, USB_BRINGS_ALLOWED, EVERYTHING},
	{"firmware download mode", {{0xfe, 1, 2}}, USB_BRINGS_OTHER, EVERYTHING},
	{"network of a dock", {{2, 6, 0}, {10, 0, 0}}, USB_BRINGS_ALLOWED, USB_ALLOW_NETWORK},
	{"network of a dock, not allowed", {{2, 6, 0}, {10, 0, 0}}, USB_BRINGS_OTHER, NOTHING},
	{"modem", {{2, 2, 1}, {10, 0, 0}}, USB_BRINGS_ALLOWED, USB_ALLOW_SERIAL},
	{"network adapter of a maker's class", {{0xff, 0xff, 0}}, USB_BRINGS_ALLOWED, EVERYTHING},
	{"the same, not allowed", {{0xff, 0xff, 0}}, USB_BRINGS_OTHER,
		EVERYTHING & ~(unsigned)USB_ALLOW_VENDOR},
	{"bluetooth", {{0xe0, 1, 1}}, USB_BRINGS_ALLOWED, EVERYTHING},
	{"card reader for chips", {{0x0b, 0, 0}}, USB_BRINGS_ALLOWED, EVERYTHING},
	{"camera", {{6, 1, 1}}, USB_BRINGS_IMAGES, EVERYTHING},
	{"phone, PTP and debugging", {{6, 1, 1}, {0xff, 0x42, 1}}, USB_BRINGS_IMAGES, EVERYTHING},
	{"phone, debugging only", {{0xff, 0x42, 1}}, USB_BRINGS_PHONE, EVERYTHING},
	{"phone, boot loader", {{0xff, 0x42, 3}}, USB_BRINGS_PHONE, EVERYTHING},
	{"iPhone", {{6, 1, 1}, {0xff, 0xfe, 2}, {0xff, 0xfd, 1}}, USB_BRINGS_IMAGES, EVERYTHING},
	{"tethering", {{0xe0, 1, 3}, {10, 0, 0}}, USB_BRINGS_PHONE, EVERYTHING},
	{"tethering, another spelling", {{0xef, 4, 1}, {10, 0, 0}}, USB_BRINGS_PHONE, EVERYTHING},
	{"tethering, a third", {{2, 2, 0xff}, {10, 0, 0}}, USB_BRINGS_PHONE, EVERYTHING},
	{"a class that nobody knows", {{0x77, 1, 1}}, USB_BRINGS_OTHER, EVERYTHING},
	{"keyboard with a class that nobody knows", {{3, 1, 1}, {0x77, 1, 1}}, USB_BRINGS_OTHER, EVERYTHING},
	{"no class at all", {{0, 0, 1}}, USB_BRINGS_OTHER, EVERYTHING},
	{"diagnosis", {{0xdc, 2, 1}}, USB_BRINGS_OTHER, EVERYTHING},
};

static bool is_end(const struct usb_interface *i)
{
	return i->class == 0 && i->subclass == 0 && i->protocol == 0;
}

/* Each row twice: all in one configuration, and each interface in a configuration of its own. */
static void test_classes(void **state)
{
	for (size_t i = 0; i < ELEMENTS(rows); i++)
		for (int apart = 0; apart < 2; apart++) {
			const struct usb_interface *list = rows[i].interfaces;
			struct blob blob;

			device(&blob);
			configuration(&blob);
			for (size_t k = 0; k < ELEMENTS(rows[i].interfaces) && !is_end(&list[k]); k++) {
				if (apart && k > 0)
					configuration(&blob);
				interface(&blob, list[k].class, list[k].subclass, list[k].protocol, 0);
			}
			if (brings(&blob, rows[i].allowed) != rows[i].brings)
				fail_msg("%s: %s", rows[i].story,
					usb_brings_name(brings(&blob, rows[i].allowed)));
		}
}

/* Whatever else is allowed, one interface of storage is storage: the last of very many too. */
static void test_nothing_hides_behind_many(void **state)
{
	struct blob blob;

	device(&blob);
	configuration(&blob);
	for (uint8_t i = 0; i < USB_INTERFACES_MAX - 1; i++)
		interface(&blob, 3, 0, i, 0);
	assert_int_equal(brings(&blob, EVERYTHING), USB_BRINGS_ALLOWED);
	interface(&blob, 8, 6, 0x50, 0);
	assert_int_equal(brings(&blob, EVERYTHING), USB_BRINGS_STORAGE);
	interface(&blob, 3, 7, 7, 0);
	assert_int_equal(brings(&blob, EVERYTHING), USB_BRINGS_UNKNOWN);
}

static void test_what_cannot_be_read_is_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} broken[] = {{0, 17}, {1, 2}, {18, 0}, {18, 1}, {18, 255}, {19, 4}, {27, 8}, {27, 0}, {36, 200}};
	struct blob good, blob;

	device(&good);
	configuration(&good);
	interface(&good, 3, 1, 1, 0);
	assert_int_equal(brings(&good, NOTHING), USB_BRINGS_ALLOWED);
	for (size_t i = 0; i < ELEMENTS(broken); i++) {
		blob = good;
		blob.bytes[broken[i].at] = broken[i].value;
		if (brings(&blob, EVERYTHING) != USB_BRINGS_UNKNOWN)
			fail_msg("byte %zu as %u", broken[i].at, broken[i].value);
	}
	/* Cut anywhere: never more than was there, and within a descriptor nothing at all. */
	for (size_t size = 0; size < good.size; size++) {
		blob = good;
		blob.size = size;
		if (brings(&blob, EVERYTHING) != (size == 36 ? USB_BRINGS_ALLOWED : USB_BRINGS_UNKNOWN))
			fail_msg("cut to %zu", size);
	}
}

static void test_makers_names(void **state)
{
	struct usb_interfaces interfaces;
	struct usb_names names;
	char text[USB_NAME_SIZE];
	struct blob blob;

	device(&blob);
	configuration(&blob);
	interface(&blob, 3, 1, 1, 7);
	interface(&blob, 0xff, 0xff, 0, 5);
	interface(&blob, 0xff, 0xff, 1, 5);
	interface(&blob, 0xff, 0xff, 2, 0);
	interface(&blob, 0xff, 0xff, 3, 6);
	assert_int_equal(usb_descriptors_parse(blob.bytes, blob.size, &interfaces, &names), 0);
	assert_int_equal(names.count, 2);
	assert_int_equal(names.index[0], 5);
	assert_int_equal(names.index[1], 6);
	usb_string_parse((const uint8_t[]){8, 3, 'M', 0, 'T', 0, 'P', 0, 'x', 0}, 10, text);
	assert_string_equal(text, "MTP");
	usb_string_parse((const uint8_t[]){255, 3, 'A', 1, 'B', 0, 'C'}, 7, text);
	assert_string_equal(text, "?B");
	usb_string_parse((const uint8_t[]){4, 4, 'A', 0}, 4, text);
	assert_string_equal(text, "");
	usb_string_parse((const uint8_t[]){0}, 0, text);
	assert_string_equal(text, "");
	assert_int_equal(usb_hint_of_name("MTP"), USB_HINT_MTP);
	assert_int_equal(usb_hint_of_name("Android ADB Interface"), USB_HINT_PHONE);
	assert_int_equal(usb_hint_of_name("Sunny network adapter"), USB_HINT_NONE);
	assert_int_equal(usb_brings(&interfaces, USB_HINT_MTP, EVERYTHING), USB_BRINGS_IMAGES);
	assert_int_equal(usb_brings(&interfaces, USB_HINT_PHONE, EVERYTHING), USB_BRINGS_PHONE);
	assert_int_equal(usb_brings(&interfaces, USB_HINT_NONE, EVERYTHING), USB_BRINGS_ALLOWED);
}

static void test_which_sticks_may_be_gated(void **state)
{
	static const struct {
		struct usb_interface interfaces[3];
		bool expected;
	} cases[] = {
		{{{8, 6, 0x50}}, true},
		{{{8, 6, 0x50}, {8, 6, 0x62}}, true},
		{{{7, 1, 2}, {8, 6, 0x50}}, true},
		{{{3, 1, 1}, {8, 6, 0x50}}, false},
		{{{8, 6, 0x50}, {2, 6, 0}, {10, 0, 0}}, false},
		{{{8, 6, 0x50}, {0xff, 1, 1}}, false},
		{{{8, 6, 0x50}, {6, 1, 1}}, false},
		{{{7, 1, 2}}, false},
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct usb_interfaces list = {0};

		for (size_t k = 0; k < 3 && !is_end(&cases[i].interfaces[k]); k++)
			usb_interfaces_add(&list, cases[i].interfaces[k]);
		assert_int_equal(usb_is_only_storage(&list, EVERYTHING), cases[i].expected);
	}
}

static void test_sets_of_classes(void **state)
{
	struct usb_interfaces list = {0};
	char text[USB_CLASSES_SIZE];

	usb_classes(&list, text);
	assert_string_equal(text, "");
	usb_interfaces_add(&list, (struct usb_interface){8, 6, 0x62});
	usb_interfaces_add(&list, (struct usb_interface){3, 1, 1});
	usb_interfaces_add(&list, (struct usb_interface){8, 6, 0x50});
	usb_classes(&list, text);
	assert_string_equal(text, "03+08");
}

static const struct decide_row {
	const char *story;
	struct usb_decide_facts facts;
	bool gate;
	enum usb_decision decision;
	enum usb_reason reason;
} decisions[] = {
	{"keyboard", {.brings = USB_BRINGS_ALLOWED}, false, USB_LEAVE, USB_REASON_NONE},
	{"system on USB", {.brings = USB_BRINGS_STORAGE, .exempt = true}, false, USB_LEAVE, USB_REASON_NONE},
	{"strange stick", {.brings = USB_BRINGS_STORAGE, .only_storage = true}, false, USB_REFUSE,
		USB_REASON_STRANGER},
	{"strange stick, gated", {.brings = USB_BRINGS_STORAGE, .only_storage = true}, true, USB_LET_IN,
		USB_REASON_NONE},
	{"keyboard and stick, gated", {.brings = USB_BRINGS_STORAGE}, true, USB_REFUSE, USB_REASON_STRANGER},
	{"strange camera, gated", {.brings = USB_BRINGS_IMAGES}, true, USB_REFUSE, USB_REASON_STRANGER},
	{"registered", {.brings = USB_BRINGS_IMAGES, .known = USB_REGISTERED}, false, USB_LET_IN,
		USB_REASON_NONE},
	{"registered, its clone", {.brings = USB_BRINGS_IMAGES, .known = USB_REGISTERED, .clone = true},
		false, USB_REFUSE, USB_REASON_CLONE},
	{"clone of a stranger, gated", {.brings = USB_BRINGS_STORAGE, .only_storage = true, .clone = true},
		true, USB_REFUSE, USB_REASON_CLONE},
	{"changed, gated", {.brings = USB_BRINGS_STORAGE, .only_storage = true, .known = USB_CHANGED}, true,
		USB_REFUSE, USB_REASON_CHANGED},
	{"moved", {.brings = USB_BRINGS_STORAGE, .known = USB_MOVED}, false, USB_REFUSE, USB_REASON_MOVED},
	{"being registered", {.brings = USB_BRINGS_STORAGE, .registering = true}, false, USB_LET_IN,
		USB_REASON_NONE},
	{"clone being registered", {.brings = USB_BRINGS_STORAGE, .registering = true, .clone = true}, false,
		USB_REFUSE, USB_REASON_CLONE},
	{"charging", {.brings = USB_BRINGS_PHONE}, true, USB_REFUSE, USB_REASON_CHARGING},
	{"strange class", {.brings = USB_BRINGS_OTHER}, true, USB_REFUSE, USB_REASON_CLASS},
	{"unreadable", {.brings = USB_BRINGS_UNKNOWN}, true, USB_REFUSE, USB_REASON_UNKNOWN},
};

static void test_decisions(void **state)
{
	struct config config;

	config_defaults(&config);
	for (size_t i = 0; i < ELEMENTS(decisions); i++) {
		const struct decide_row *row = &decisions[i];
		enum usb_reason reason;

		config.removable.unknown_device = row->gate ? CONFIG_UNKNOWN_GATE : CONFIG_UNKNOWN_REFUSE;
		if (usb_decide(&row->facts, &config, &reason) != row->decision || reason != row->reason)
			fail_msg("%s: %s", row->story, usb_reason_name(reason));
	}
}

static void test_sentences(void **state)
{
	char text[USB_SENTENCE_SIZE];
	struct usb_sentence_facts facts = {.reason = USB_REASON_STRANGER,
		.brings = USB_BRINGS_IMAGES,
		.hint = USB_HINT_MTP,
		.vendor_id = 0x1209,
		.id = "usb-0123456789"};

	usb_sentence(&facts, text);
	assert_non_null(strstr(text, "This phone or tablet is not one of the setting's own devices"));
	assert_non_null(strstr(text, "outingctl device add NAME --role phone --device usb-0123456789"));
	facts.hint = USB_HINT_PTP;
	usb_sentence(&facts, text);
	assert_non_null(strstr(text, "This camera is not"));
	facts.brings = USB_BRINGS_STORAGE;
	usb_sentence(&facts, text);
	assert_non_null(strstr(text, "--role stick"));
	for (enum usb_reason r = USB_REASON_CHANGED; r <= USB_REASON_UNKNOWN; r++) {
		facts.reason = r;
		facts.name = "Blue Room camera";
		usb_sentence(&facts, text);
		assert_true(strlen(text) > 40 && text[strlen(text) - 1] != ' ');
	}
	facts.reason = USB_REASON_MOVED;
	usb_sentence(&facts, text);
	assert_non_null(strstr(text, "device add \"Blue Room camera\" --role stick"));
	facts.brings = USB_BRINGS_IMAGES;
	usb_sentence(&facts, text);
	assert_non_null(strstr(text, "under a new name: outingctl device add NAME --role camera"));
	facts.reason = USB_REASON_CHARGING;
	facts.vendor_id = 0x18d1;
	usb_sentence(&facts, text);
	assert_non_null(strstr(text, "File transfer"));
	facts.vendor_id = 0x05ac;
	usb_sentence(&facts, text);
	assert_non_null(strstr(text, "Trust"));
}

static void test_sockets(void **state)
{
	static const struct {
		const char *path, *port;
	} cases[] = {
		{"/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2", "0000:00:14.0-usb-2"},
		{"/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1.3", "0000:00:14.0-usb-1.3"},
		{"/sys/devices/platform/dummy_hcd.0/usb9/9-1", "dummy_hcd.0-usb-1"},
		{"/sys/devices/platform/soc/fe980000.usb/usb1/1-1", "fe980000.usb-usb-1"},
		{"/sys/devices/pci0000:00/0000:00:14.0/usb1", ""},
		{"/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0", ""},
		{"/fake/dev/sdx", ""},
		{"", ""},
	};
	char port[DEVICE_TEXT];

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		usb_port_of(cases[i].path, port);
		assert_string_equal(port, cases[i].port);
	}
}

static struct usb_facts stick_at(unsigned speed, char sum)
{
	struct usb_facts facts = {.syspath = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2",
		.vendor_id = 0x1209,
		.product_id = 0xb10e,
		.serial = "SN00421",
		.speed = speed,
		.readable = true};

	memset(facts.sum, sum, SHA512_HEX_SIZE - 1);
	usb_interfaces_add(&facts.interfaces, (struct usb_interface){8, 6, 0x50});
	return facts;
}

/* One stick, at sockets of two speeds; what grows a keyboard is another one, what is changed too. */
static void test_descriptions(void **state)
{
	struct usb_facts slow = stick_at(480, 'a'), fast = stick_at(5000, 'b'), other = stick_at(480, 'c'),
			 grown;
	char list[1024], longer[1024];

	assert_int_equal(usb_compare("", &slow), USB_NOT_RECORDED);
	assert_int_equal(usb_describe("", &slow, list, sizeof list), 0);
	assert_int_equal(strncmp(list, "480:aaaa", 8), 0);
	assert_string_equal(list + strlen(list) - 4, "a:08");
	assert_int_equal(usb_compare(list, &slow), USB_SAME);
	assert_int_equal(usb_compare(list, &other), USB_DIFFERENT);
	assert_int_equal(usb_compare(list, &fast), USB_SAME_AT_NEW_SPEED);
	grown = fast;
	usb_interfaces_add(&grown.interfaces, (struct usb_interface){3, 1, 1});
	assert_int_equal(usb_compare(list, &grown), USB_DIFFERENT);
	grown = slow;
	usb_interfaces_add(&grown.interfaces, (struct usb_interface){3, 1, 1});
	assert_int_equal(usb_compare(list, &grown), USB_DIFFERENT);
	assert_int_equal(usb_describe(list, &fast, longer, sizeof longer), 0);
	assert_int_equal(usb_compare(longer, &slow), USB_SAME);
	assert_int_equal(usb_compare(longer, &fast), USB_SAME);
	assert_int_equal(usb_describe(longer, &other, list, sizeof list), 0);
	assert_int_equal(strlen(list), strlen(longer));
	assert_int_equal(usb_compare(list, &other), USB_SAME);
	assert_int_equal(usb_compare(list, &slow), USB_DIFFERENT);
	assert_int_equal(usb_compare(list, &fast), USB_SAME);
	assert_int_equal(usb_describe("", &slow, list, 64), -ENOBUFS);
	slow.readable = false;
	assert_int_equal(usb_compare(longer, &slow), USB_DIFFERENT);
	assert_int_equal(usb_describe("", &slow, list, sizeof list), -ENODATA);
	assert_int_equal(usb_compare("nonsense", &fast), USB_DIFFERENT);
}

static void test_keys(void **state)
{
	struct usb_facts facts = stick_at(480, 'a');
	char key[IDENTITY_KEY_SIZE];

	usb_key(&facts, key);
	assert_string_equal(key, "usb:1209:b10e:SN00421");
	assert_true(usb_serial_is_sane(&facts));
	/* A serial cannot pretend to be a socket, nor a socket a serial. */
	(void)facts_copy(facts.serial, sizeof facts.serial, "00000000");
	assert_false(usb_serial_is_sane(&facts));
	usb_key(&facts, key);
	assert_string_equal(key, "port:1209:b10e:0000%3A00%3A14.0-usb-2");
	(void)facts_copy(facts.syspath, sizeof facts.syspath, "/fake");
	usb_key(&facts, key);
	assert_string_equal(key, "");
	assert_int_equal(usb_kind(USB_BRINGS_STORAGE, USB_HINT_NONE), DEVICE_DISK);
	assert_int_equal(usb_kind(USB_BRINGS_IMAGES, USB_HINT_NONE), DEVICE_PTP);
	assert_int_equal(usb_kind(USB_BRINGS_IMAGES, USB_HINT_MTP), DEVICE_MTP);
	assert_int_equal(usb_kind(USB_BRINGS_OTHER, USB_HINT_NONE), DEVICE_OTHER);
}

static void put_attribute(const char *folder, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void put_all(const char *folder)
{
	put_attribute(folder, "authorized", "1\n");
	put_attribute(folder, "busnum", "1\n");
	put_attribute(folder, "devnum", "7\n");
	put_attribute(folder, "dev", "1:3\n");
	put_attribute(folder, "descriptors", "as it described itself");
}

/* The "device" is /dev/null, whose number every computer knows. */
static void test_only_the_judged_device_is_handed_over(void **state)
{
	static const char *const attributes[] = {"authorized", "busnum", "devnum", "dev", "descriptors"};
	static const struct {
		const char *attribute, *text;
		int result;
	} cases[] = {{"dev", "1:5\n", -ESTALE}, {"devnum", "8\n", -ESTALE}, {"busnum", "2\n", -ESTALE},
		{"descriptors", "as it describes itself now", -ESTALE}, {"dev", "", -ENODEV}};
	char folder[] = "/tmp/test-usb.XXXXXX", path[128];
	struct usb_facts *judged = calloc(1, sizeof *judged);
	int dir, fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_non_null(mkdtemp(folder));
	put_all(folder);
	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(usb_read(dir, folder, judged), 0);
	assert_string_equal(judged->node, "/dev/bus/usb/001/007");
	assert_int_equal(usb_is_opened(dir, judged, fd), 0);
	assert_int_equal(usb_is_opened(dir, judged, dir), -ESTALE);
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		put_attribute(folder, cases[i].attribute, cases[i].text);
		assert_int_equal(usb_is_opened(dir, judged, fd), cases[i].result);
		put_all(folder);
	}
	for (size_t i = 0; i < ELEMENTS(attributes); i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, attributes[i]);
		assert_int_equal(unlink(path), 0);
	}
	/* Unplugged: the directory leads nowhere any more. */
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(usb_is_opened(dir, judged, fd), -ENODEV);
	(void)close(dir);
	(void)close(fd);
	free(judged);
}

static void test_only_nodes_of_usb_devices_are_opened(void **state)
{
	assert_int_equal(usb_open_node("/dev/null"), -ENOTTY);
	assert_int_equal(usb_open_node("/dev/bus/usb/000/000"), -ENODEV);
	assert_int_equal(usb_open_node("/tmp"), -EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_nothing_hides_behind_many),
		cmocka_unit_test(test_what_cannot_be_read_is_refused),
		cmocka_unit_test(test_makers_names),
		cmocka_unit_test(test_which_sticks_may_be_gated),
		cmocka_unit_test(test_sets_of_classes),
		cmocka_unit_test(test_decisions),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_descriptions),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_only_the_judged_device_is_handed_over),
		cmocka_unit_test(test_only_nodes_of_usb_devices_are_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
