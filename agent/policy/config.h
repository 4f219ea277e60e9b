/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The setting's configuration, read from /etc/outing-guard/outing-guard.conf (libconfig syntax; no other file
 * includes that library's header).
 *
 * A file is taken whole or not at all: an unknown key, a wrong type or a value out of range is an error that
 * names file, line, key and what is allowed, and all of them are collected, so that one visit of the
 * technician mends them all. What the file does not say has the default; the shipped
 * packaging/outing-guard.conf states every key with its default, and a test holds the two together. @include
 * is refused: the file is one file. struct config owns nothing and may be copied by assignment.
 */

#include "base/cleanup.h"
#include "base/log.h"

#define CONFIG_FILE       OUTING_SYSCONFDIR "/outing-guard.conf"
#define CONFIG_SIZE_MAX   (128 * 1024)
#define CONFIG_PATH_SIZE  512
#define CONFIG_NAME_SIZE  33
#define CONFIG_TEXT_SIZE  512
#define CONFIG_ERRORS_MAX 32

enum config_wipe_method {
	CONFIG_WIPE_CLEAR,       /* "clear": zeros in place, whole device read back */
	CONFIG_WIPE_CLEAR_2PASS, /* "clear-2pass": a keyed random pass first */
};

enum config_protected_files {
	CONFIG_PROTECTED_ASK,   /* "ask": files locked on the camera need a confirmation before a wipe */
	CONFIG_PROTECTED_CLEAR, /* "clear": they are treated like any other file */
};

enum config_outing_policy {
	CONFIG_OUTING_TRANSFER_ALL, /* "transfer-all": a camera is transferred and cleared before an outing */
	CONFIG_OUTING_NAMES_ONLY,   /* "names-only": transferred pictures may stay on it, unless a name is
				       linked */
};

enum config_removable_unencrypted {
	CONFIG_UNENCRYPTED_GATE,      /* "gate": offered through the gate, which reads what is copied */
	CONFIG_UNENCRYPTED_READ_ONLY, /* "read-only": can be read, nothing can be copied onto it */
	CONFIG_UNENCRYPTED_REFUSE,    /* "refuse": hidden and not mounted */
};

enum config_removable_encrypted {
	CONFIG_ENCRYPTED_ALLOW,     /* "allow": opened and written as usual */
	CONFIG_ENCRYPTED_READ_ONLY, /* "read-only" */
	CONFIG_ENCRYPTED_REFUSE,    /* "refuse": hidden and not unlocked */
};

enum config_unknown_device {
	CONFIG_UNKNOWN_REFUSE, /* "refuse": the computer does not talk to what the register does not know */
	CONFIG_UNKNOWN_GATE,   /* "gate": an unknown stick is treated like a registered one */
};

struct config {
	struct {
		char path[CONFIG_PATH_SIZE]; /* absolute; where offloaded files rest */
		uint64_t reserve;            /* bytes that stay free on the vault's file system */
	} vault;
	struct {
		bool automatic; /* offload a registered camera as soon as it is plugged in */
	} offload;
	struct {
		enum config_wipe_method method;
		bool keep_folders; /* the camera's empty folders (DCIM, ...) are made again */
		enum config_protected_files protected_files;
	} wipe;
	struct {
		enum config_removable_unencrypted unencrypted;
		enum config_removable_encrypted encrypted;
		enum config_unknown_device unknown_device;
	} removable;
	struct {
		unsigned allow; /* bits of enum usb_allow: what may be used without being registered */
	} usb;
	struct {
		uint64_t retention_days; /* 31 or more */
	} audit;
	struct {
		bool enabled;
		char user[CONFIG_NAME_SIZE]; /* hooks run as this user; never root */
		uint64_t timeout_seconds;
	} hooks;
	struct {
		enum config_outing_policy policy;
		bool accept_weak;                /* weakly encrypted storage may travel */
		bool accept_removed;             /* cameras may travel that were emptied, but not wiped */
		uint64_t encrypted_max_days;     /* age of the attestation that a phone is encrypted */
		bool try_keys;                   /* found key files and the empty passphrase are tried */
		char sentence[CONFIG_TEXT_SIZE]; /* what everybody who takes a device acknowledges */
	} outing;
	struct { /* what outing-check looks at; false: "off" */
		bool passwords, automatic_login, screen_lock, malware, passwords_reviewed, install_rights,
			updates, hibernation;
		char malware_product[CONFIG_TEXT_SIZE]; /* declared by the manager; "": ClamAV is looked for
							 */
		uint64_t malware_max_days;              /* age of the signatures */
		uint64_t review_max_days;  /* age of the attestation that passwords were reviewed */
		uint64_t updates_max_days; /* age of the package lists */
	} checks;
	struct {
		enum log_level level;
	} log;
};

struct config_error {
	unsigned line; /* 0: the file as a whole */
	char key[64];  /* "wipe.method"; empty when no key is concerned */
	char text[192];
};

struct config_errors {
	char file[CONFIG_PATH_SIZE];
	size_t count;   /* entries of list that are used */
	size_t dropped; /* further errors that found no room */
	struct config_error list[CONFIG_ERRORS_MAX];
};

/* Every default, as the shipped file states them. */
void config_defaults(struct config *ret_config);

/*
 * Reads and checks a file; blocks on disk. path NULL: CONFIG_FILE. 0 and *ret_config filled; -EBADMSG and
 * *errors filled when the content is wrong; another negative errno (and one entry in *errors) when it cannot
 * be read. A missing file is -ENOENT: the caller decides whether the defaults will do. *errors is always set.
 */
int config_load(const char *path, struct config *ret_config, struct config_errors *errors);

/* As above from memory; file is only a name for messages. size at most CONFIG_SIZE_MAX, else -EBADMSG. */
int config_parse(const char *file, const char *text, size_t size, struct config *ret_config,
	struct config_errors *errors);

/* One line per error, "file:line: key: text", as `outingctl config check` prints it; owned by the caller,
 * NULL when out of memory. */
char *config_errors_text(const struct config_errors *errors);

/* The i-th known key ("vault.path"), NULL after the last. */
const char *config_key(size_t i);

/* The value of the i-th key as the file would spell it. Returns buffer, NULL after the last key. */
#define CONFIG_VALUE_SIZE (CONFIG_PATH_SIZE + 3)
const char *config_value(const struct config *config, size_t i, char buffer[static CONFIG_VALUE_SIZE]);
