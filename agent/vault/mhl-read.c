/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Bounded reader of manifests and chains: a table says which element may stand in which, everything that the
 * table does not know is an error, and what we do not use is skipped as a whole.
 *
 * A manifest lies on our own storage and its chain vouches for it, but somebody may have been there: nothing
 * that it says is used before its path was checked to stay below the session.
 */

#include "vault/mhl.h"

#include "base/hex.h"
#include "base/number.h"
#include "vault/name.h"
#include "vault/xml.h"

#include <string.h>

#define MANIFEST_MAX (1ULL << 30)
#define CHAIN_MAX    (16ULL << 20)
#define NAMESPACE    "urn:ASC:MHL:v2.0 "
#define CHAIN_SPACE  "urn:ASC:MHL:DIRECTORY:v2.0 "

int mhl_check_path(const char *path, size_t size)
{
	size_t depth = 0;

	if (size > MHL_PATH_MAX)
		return -ENAMETOOLONG;
	for (size_t at = 0;; depth++) {
		const char *slash = memchr(path + at, '/', size - at);
		size_t length = slash ? (size_t)(slash - path) - at : size - at;

		if (depth >= MHL_DEPTH_MAX)
			return -ENAMETOOLONG;
		if (!vault_name_safe(path + at, length))
			return -EINVAL;
		if (!slash)
			return 0;
		at += length + 1;
	}
}

enum state {
	OUTSIDE,
	HASHLIST,
	HASHES,
	HASH,
	DIRECTORY,
	CONTENT,
	PATH,
	C4,
	XXH128,
	SKIPPED, /* an element of no interest, with everything in it */
};

static const struct rule {
	const char *name;
	enum state inside, becomes;
} rules[] = {
	{"hashlist", OUTSIDE, HASHLIST},
	{"creatorinfo", HASHLIST, SKIPPED},
	{"processinfo", HASHLIST, SKIPPED},
	{"hashes", HASHLIST, HASHES},
	{"metadata", HASHLIST, SKIPPED},
	{"references", HASHLIST, SKIPPED},
	{"hash", HASHES, HASH},
	{"directoryhash", HASHES, DIRECTORY},
	{"path", HASH, PATH},
	{"c4", HASH, C4},
	{"xxh128", HASH, XXH128},
	{"md5", HASH, SKIPPED},
	{"sha1", HASH, SKIPPED},
	{"xxh32", HASH, SKIPPED},
	{"xxh64", HASH, SKIPPED},
	{"xxh3", HASH, SKIPPED},
	{"previousPath", HASH, SKIPPED},
	{"metadata", HASH, SKIPPED},
	{"path", DIRECTORY, PATH},
	{"content", DIRECTORY, CONTENT},
	{"structure", DIRECTORY, SKIPPED},
	{"previousPath", DIRECTORY, SKIPPED},
	{"metadata", DIRECTORY, SKIPPED},
	{"c4", CONTENT, C4},
	{"xxh128", CONTENT, XXH128},
	{"md5", CONTENT, SKIPPED},
	{"sha1", CONTENT, SKIPPED},
	{"xxh64", CONTENT, SKIPPED},
	{"xxh3", CONTENT, SKIPPED},
};

struct manifest {
	enum state stack[XML_DEPTH_MAX + 1];
	unsigned depth;
	struct mhl_entry entry;
	size_t text_size;
	char text[MHL_PATH_MAX + 1];
	char path[MHL_PATH_MAX + 1];
	mhl_visit_fn visit;
	void *data;
};

static bool collects_text(enum state state)
{
	return state == PATH || state == C4 || state == XXH128;
}

static int find_state(enum state inside, const char *name, enum state *ret_state)
{
	if (inside == SKIPPED) {
		*ret_state = SKIPPED;
		return 0;
	}
	if (strncmp(name, NAMESPACE, strlen(NAMESPACE)) != 0)
		return -EBADMSG;
	name += strlen(NAMESPACE);
	for (size_t i = 0; i < ELEMENTS(rules); i++)
		if (rules[i].inside == inside && strcmp(rules[i].name, name) == 0) {
			*ret_state = rules[i].becomes;
			return 0;
		}
	return -EBADMSG;
}

static int read_attributes(struct manifest *manifest, enum state state, const char *const *attributes)
{
	struct mhl_entry *entry = &manifest->entry;
	const char *value;

	if (state == HASHLIST) {
		value = xml_attribute(attributes, "version");
		return value && strcmp(value, "2.0") == 0 ? 0 : -EBADMSG;
	}
	if (state == PATH && (value = xml_attribute(attributes, "size"))) {
		if (number_parse_u64(value, &entry->size) < 0)
			return -EBADMSG;
		entry->has_size = true;
	}
	if (state == C4 || state == XXH128) {
		value = xml_attribute(attributes, "action");
		entry->failed = entry->failed || (value && strcmp(value, "failed") == 0);
	}
	return 0;
}

static int manifest_start(const char *name, const char *const *attributes, void *data)
{
	struct manifest *manifest = data;
	enum state state;
	int r = find_state(manifest->stack[manifest->depth], name, &state);

	if (r < 0)
		return r;
	manifest->stack[++manifest->depth] = state;
	manifest->text_size = 0;
	if (state == HASH || state == DIRECTORY) {
		manifest->entry = (struct mhl_entry){
			.kind = state == HASH ? MHL_ENTRY_FILE : MHL_ENTRY_DIRECTORY,
		};
		manifest->path[0] = 0;
	}
	return read_attributes(manifest, state, attributes);
}

static int manifest_text(const char *bytes, size_t size, void *data)
{
	struct manifest *manifest = data;

	if (!collects_text(manifest->stack[manifest->depth]))
		return 0;
	if (size > MHL_PATH_MAX - manifest->text_size)
		return -EBADMSG;
	memcpy(manifest->text + manifest->text_size, bytes, size);
	manifest->text_size += size;
	return 0;
}

static int take_path(struct manifest *manifest)
{
	if (manifest->path[0] || mhl_check_path(manifest->text, manifest->text_size) < 0)
		return -EBADMSG;
	memcpy(manifest->path, manifest->text, manifest->text_size);
	manifest->path[manifest->text_size] = 0;
	return 0;
}

static int take_c4(struct manifest *manifest)
{
	struct mhl_entry *entry = &manifest->entry;

	if (entry->has_sha512 || c4_parse(manifest->text, manifest->text_size, entry->hashes.sha512) < 0)
		return -EBADMSG;
	entry->has_sha512 = true;
	return 0;
}

static int take_xxh128(struct manifest *manifest)
{
	struct mhl_entry *entry = &manifest->entry;

	manifest->text[manifest->text_size] = 0;
	if (entry->has_xxh128 || manifest->text_size != (size_t)2 * XXH128_SIZE ||
		hex_decode(manifest->text, entry->hashes.xxh128, XXH128_SIZE) < 0)
		return -EBADMSG;
	entry->has_xxh128 = true;
	return 0;
}

static int manifest_end(const char *name, void *data)
{
	struct manifest *manifest = data;

	switch (manifest->stack[manifest->depth--]) {
	case PATH:
		return take_path(manifest);
	case C4:
		return take_c4(manifest);
	case XXH128:
		return take_xxh128(manifest);
	case HASH:
	case DIRECTORY:
		if (!manifest->path[0])
			return -EBADMSG;
		manifest->entry.path = manifest->path;
		return manifest->visit(&manifest->entry, manifest->data);
	case OUTSIDE:
	case HASHLIST:
	case HASHES:
	case CONTENT:
	case SKIPPED:
		break;
	}
	return 0;
}

int mhl_read_manifest(int fd, mhl_visit_fn visit, void *data, uint8_t ret_sha512[SHA512_SIZE])
{
	_cleanup_free_ struct manifest *manifest = calloc(1, sizeof *manifest);
	_cleanup_(sha512_freep) struct sha512 *hash = NULL;
	const struct xml_events events = {manifest_start, manifest_end, manifest_text, manifest};
	int r;

	if (!manifest)
		return -ENOMEM;
	manifest->visit = visit;
	manifest->data = data;
	r = sha512_new(&hash);
	if (r == 0)
		r = xml_read(fd, MANIFEST_MAX, hash, &events);
	if (r == 0 && ret_sha512)
		r = sha512_final(hash, ret_sha512);
	return r;
}

/* --- chain --- */

struct chain {
	struct mhl_chain_entry *entries;
	size_t count, max;
	unsigned depth; /* 1 ascmhldirectory, 2 hashlist, 3 path or c4 */
	bool in_path, has_path, has_c4;
	size_t text_size;
	char text[MHL_NAME];
};

static int begin_chain_entry(struct chain *chain, const char *const *attributes)
{
	const char *number = xml_attribute(attributes, "sequencenr");
	uint64_t sequence;

	if (chain->count >= chain->max)
		return -EFBIG;
	if (!number || number_parse_u64(number, &sequence) < 0 || sequence != chain->count + 1)
		return -EBADMSG;
	chain->entries[chain->count] = (struct mhl_chain_entry){.sequence = (uint32_t)sequence};
	chain->has_path = chain->has_c4 = false;
	return 0;
}

static int chain_start(const char *name, const char *const *attributes, void *data)
{
	struct chain *chain = data;
	size_t prefix = strlen(CHAIN_SPACE);
	bool ours = strncmp(name, CHAIN_SPACE, prefix) == 0;

	chain->text_size = 0;
	chain->depth++;
	if (!ours)
		return -EBADMSG;
	name += prefix;
	if (chain->depth == 1)
		return strcmp(name, "ascmhldirectory") == 0 ? 0 : -EBADMSG;
	if (chain->depth == 2)
		return strcmp(name, "hashlist") == 0 ? begin_chain_entry(chain, attributes) : -EBADMSG;
	chain->in_path = strcmp(name, "path") == 0;
	if (chain->depth == 3 && (chain->in_path || strcmp(name, "c4") == 0))
		return 0;
	return -EBADMSG;
}

static int chain_text(const char *bytes, size_t size, void *data)
{
	struct chain *chain = data;

	if (chain->depth != 3)
		return 0;
	if (size > sizeof chain->text - 1 - chain->text_size)
		return -EBADMSG;
	memcpy(chain->text + chain->text_size, bytes, size);
	chain->text_size += size;
	chain->text[chain->text_size] = 0;
	return 0;
}

static int take_chain_name(struct chain *chain)
{
	size_t size = chain->text_size;

	if (chain->has_path || size < 5 || !vault_name_safe(chain->text, size) ||
		strcmp(chain->text + size - 4, ".mhl") != 0)
		return -EBADMSG;
	memcpy(chain->entries[chain->count].name, chain->text, size + 1);
	chain->has_path = true;
	return 0;
}

static int chain_end(const char *name, void *data)
{
	struct chain *chain = data;

	switch (chain->depth--) {
	case 3:
		if (chain->in_path)
			return take_chain_name(chain);
		if (chain->has_c4 ||
			c4_parse(chain->text, chain->text_size, chain->entries[chain->count].sha512) < 0)
			return -EBADMSG;
		chain->has_c4 = true;
		return 0;
	case 2:
		chain->count++;
		return chain->has_path && chain->has_c4 ? 0 : -EBADMSG;
	default:
		return 0;
	}
}

int mhl_read_chain(int fd, struct mhl_chain_entry *ret_entries, size_t max, size_t *ret_count)
{
	struct chain chain = {.entries = ret_entries, .max = max};
	const struct xml_events events = {chain_start, chain_end, chain_text, &chain};
	int r = xml_read(fd, CHAIN_MAX, NULL, &events);

	if (r < 0)
		return r;
	if (chain.count == 0)
		return -EBADMSG;
	*ret_count = chain.count;
	return 0;
}
