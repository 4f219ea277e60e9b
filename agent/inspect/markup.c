/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A scanner over tags that never goes back. See markup.h. */

#include "inspect/markup.h"

#include <strings.h>

#define TAG_MAX  1024 /* bytes of a tag that is looked for */
#define NAME_MAX 32
#define PIECE    65536

#define KNOWN_COUNT 64 /* a power of two */

enum trait {
	TRAIT_LOOKED_UP = 1 << 0,
	TRAIT_BLOCK = 1 << 1,
	TRAIT_CELL = 1 << 2,
	TRAIT_FONT_ATTRIBUTE = 1 << 3,
	TRAIT_FONT_ELEMENT = 1 << 4, /* its attributes and text may name fonts */
	TRAIT_FONT_TEXT = 1 << 5,
	TRAIT_VALUE = 1 << 6, /* an attribute that is called a name or a value */
	TRAIT_STYLE = 1 << 7,
};

/* Documents have few names, a million times each: what they are is remembered by their bytes. */
struct known {
	uint64_t key;
	unsigned traits;
};

struct markup {
	struct known known[KNOWN_COUNT];
	const char *at, *end;
	struct buffer *joined, *divided; /* the readings, NULL: not wanted */
	bool in_style, in_font;
};

struct word {
	const char *start;
	size_t length;
};

static bool word_is(struct word w, const char *text)
{
	return w.length > 0 && (*w.start | 0x20) == (*text | 0x20) && strlen(text) == w.length &&
	       strncasecmp(w.start, text, w.length) == 0;
}

static bool word_in(struct word w, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (word_is(w, list[i]))
			return true;
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
	       (unsigned char)c >= 0x80;
}

/* --- entities --- */

/* Those for Latin letters from U+00C0 on, in order, as HTML names them. */
static const char *const latin[] = {"Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig", "Ccedil",
	"Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve",
	"Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute",
	"THORN", "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave",
	"eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve", "oacute",
	"ocirc", "otilde", "ouml", "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn",
	"yuml"};

static const struct {
	const char *name;
	uint32_t character;
} named[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xa0},
	{"shy", 0xad}, {"ensp", 0x2002}, {"emsp", 0x2003}, {"thinsp", 0x2009}, {"zwnj", 0x200c},
	{"zwj", 0x200d}, {"lrm", 0x200e}, {"rlm", 0x200f}, {"ndash", 0x2013}, {"mdash", 0x2014},
	{"hyphen", 0x2010}, {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201c}, {"rdquo", 0x201d},
	{"hellip", 0x2026}, {"Tab", '\t'}, {"NewLine", '\n'}, {"ZeroWidthSpace", 0x200b}, {"NoBreak", 0x2060},
	{"lowbar", '_'}, {"period", '.'}, {"comma", ','}};

static uint32_t numbered(const char *at, size_t length)
{
	unsigned base = length > 1 && (at[0] == 'x' || at[0] == 'X') ? 16 : 10;
	uint32_t value = 0;

	for (size_t i = base == 16; i < length; i++) {
		char c = at[i];
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
				 : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
							: 99;

		if (digit >= base || value > 0x10ffff)
			return 0;
		value = value * base + digit;
	}
	return value;
}

static uint32_t entity_character(struct word name)
{
	if (name.length > 1 && name.start[0] == '#')
		return numbered(name.start + 1, name.length - 1);
	for (size_t i = 0; i < ELEMENTS(named); i++)
		if (strlen(named[i].name) == name.length &&
			memcmp(named[i].name, name.start, name.length) == 0)
			return named[i].character;
	for (uint32_t i = 0; i < ELEMENTS(latin); i++)
		if (strlen(latin[i]) == name.length && memcmp(latin[i], name.start, name.length) == 0)
			return 0xc0 + i;
	return 0;
}

/* at stands on '&'. Behind the entity, or behind the '&' when it is none. */
static const char *add_entity(const char *at, const char *end, struct buffer *out)
{
	const char *stop = at + 1;
	uint32_t character;

	while (stop < end && stop - at < NAME_MAX &&
		(is_letter(*stop) || *stop == '#' || (*stop >= '0' && *stop <= '9')))
		stop++;
	character = entity_character((struct word){at + 1, (size_t)(stop - at) - 1});
	if (character == 0) {
		buffer_add_char(out, '&');
		return at + 1;
	}
	buffer_add_character(out, character);
	return stop < end && *stop == ';' ? stop + 1 : stop;
}

static void add_text(const char *at, const char *end, struct buffer *out)
{
	while (at < end) {
		const char *entity = memchr(at, '&', (size_t)(end - at));

		buffer_add(out, at, (size_t)((entity ? entity : end) - at));
		at = entity ? add_entity(entity, end, out) : end;
	}
}

static void add_shown(struct markup *m, const char *at, const char *end)
{
	if (m->joined)
		add_text(at, end, m->joined);
	if (m->divided)
		add_text(at, end, m->divided);
}

/* --- style sheets --- */

/* Without their declarations of fonts. */
static void add_style(const char *at, const char *end, struct buffer *out)
{
	static const char font[] = "font";

	while (at < end) {
		if ((size_t)(end - at) >= sizeof font && strncasecmp(at, font, sizeof font - 1) == 0) {
			while (at < end && !strchr(";}\"", *at))
				at++;
			continue;
		}
		buffer_add_char(out, *at++);
	}
}

static void add_shown_style(struct markup *m, const char *at, const char *end)
{
	if (m->joined)
		add_style(at, end, m->joined);
	if (m->divided)
		add_style(at, end, m->divided);
}

/* --- tags --- */

static bool is_font_name(struct word name)
{
	static const char *const names[] = {"face", "typeface", "ascii", "hAnsi", "cs", "eastAsia",
		"font-family", "font-name", "font-family-asian", "font-family-complex", "font-name-asian",
		"font-name-complex", "font-style-name", "rFont", "panose"};

	return word_in(name, names, ELEMENTS(names));
}

/* Elements that begin something of their own in HTML, office documents and feeds. */
static bool is_block(struct word element)
{
	static const char *const blocks[] = {"p", "div", "br", "h", "h1", "h2", "h3", "h4", "h5", "h6", "li",
		"ul", "ol", "dl", "dt", "dd", "tr", "table", "thead", "tbody", "section", "article", "header",
		"footer", "nav", "main", "aside", "title", "head", "body", "html", "form", "option", "select",
		"label", "button", "textarea", "figure", "figcaption", "caption", "blockquote", "pre", "hr",
		"address", "cr", "tc", "row", "si", "comment", "line-break", "table-row", "txbxContent",
		"sdt", "text", "tspan", "item", "entry", "description", "annotation", "para", "line",
		"string", "field"};

	return word_in(element, blocks, ELEMENTS(blocks));
}

static bool is_cell(struct word element)
{
	static const char *const cells[] = {
		"td", "th", "tab", "c", "table-cell", "covered-table-cell", "s", "ptab", "v", "is", "th"};

	return word_in(element, cells, ELEMENTS(cells));
}

static bool is_font_element(struct word element)
{
	static const char *const elements[] = {"font", "rFont", "name", "font-face", "altName"};

	return word_in(element, elements, ELEMENTS(elements));
}

static unsigned look_up(struct word w)
{
	return TRAIT_LOOKED_UP | (is_block(w) ? TRAIT_BLOCK : 0U) | (is_cell(w) ? TRAIT_CELL : 0U) |
	       (is_font_name(w) ? TRAIT_FONT_ATTRIBUTE : 0U) |
	       (is_font_element(w) ? TRAIT_FONT_ELEMENT : 0U) |
	       (word_is(w, "rFont") || word_is(w, "altName") ? TRAIT_FONT_TEXT : 0U) |
	       (word_is(w, "name") || word_is(w, "val") ? TRAIT_VALUE : 0U) |
	       (word_is(w, "style") ? TRAIT_STYLE : 0U);
}

static unsigned traits(struct markup *m, struct word w)
{
	uint64_t key = w.length;
	struct known *known;

	if (w.length == 0 || w.length >= sizeof key)
		return look_up(w);
	for (size_t i = 0; i < w.length; i++)
		key = key << 8 | (uint8_t)w.start[i];
	known = &m->known[(key * 0x9e3779b97f4a7c15ULL >> 32) % KNOWN_COUNT];
	if (known->key != key || !known->traits)
		*known = (struct known){key, look_up(w)};
	return known->traits;
}

static bool is_font_attribute(struct markup *m, struct word element, unsigned name)
{
	return name & TRAIT_FONT_ATTRIBUTE || (name & TRAIT_VALUE && traits(m, element) & TRAIT_FONT_ELEMENT);
}

/* White space, and what has a meaning inside tags. A zero byte ends a name as well. */
static const bool ends_name[256] = {['\0'] = true,
	[' '] = true,
	['\t'] = true,
	['\n'] = true,
	['\v'] = true,
	['\f'] = true,
	['\r'] = true,
	['/'] = true,
	['>'] = true,
	['='] = true,
	['<'] = true,
	['"'] = true,
	['\''] = true};

static struct word take_name(struct markup *m)
{
	struct word w = {m->at, 0};

	while (m->at < m->end && !ends_name[(uint8_t)*m->at]) {
		if (*m->at == ':')
			w.start = m->at + 1;
		m->at++;
	}
	w.length = (size_t)(m->at - w.start);
	return w;
}

static struct word take_value(struct markup *m)
{
	struct word w;
	char quote;

	while (m->at < m->end && is_space(*m->at))
		m->at++;
	if (m->at == m->end || (*m->at != '"' && *m->at != '\'')) {
		w.start = m->at;
		while (m->at < m->end && !is_space(*m->at) && *m->at != '>')
			m->at++;
		w.length = (size_t)(m->at - w.start);
		return w;
	}
	quote = *m->at++;
	w.start = m->at;
	m->at = memchr(m->at, quote, (size_t)(m->end - m->at));
	if (!m->at)
		m->at = m->end;
	w.length = (size_t)(m->at - w.start);
	if (m->at < m->end)
		m->at++;
	return w;
}

/* No markup has attributes without values beside its elements' names as people write them. */
static void add_names(struct markup *m, struct word element, struct word name)
{
	buffer_divide(m->divided, ' ');
	buffer_add(m->divided, element.start, element.length);
	buffer_add_char(m->divided, ' ');
	buffer_add(m->divided, name.start, name.length);
	buffer_add_char(m->divided, '\n');
}

/* "<Amelia>": an element written like a name. */
static void add_capitalised(struct markup *m, struct word element)
{
	if (m->divided && element.length > 2 && element.start[0] >= 'A' && element.start[0] <= 'Z' &&
		!(element.start[1] >= 'A' && element.start[1] <= 'Z')) {
		buffer_add(m->divided, element.start, element.length);
		buffer_add_char(m->divided, ' ');
	}
}

static void attribute(struct markup *m, struct word element)
{
	struct word name = take_name(m), value;
	unsigned what;

	if (m->at == m->end || *m->at != '=') {
		if (m->divided)
			add_names(m, element, name);
		return;
	}
	m->at++;
	value = take_value(m);
	if (!m->divided || value.length < 2)
		return;
	what = traits(m, name);
	if (is_font_attribute(m, element, what))
		return;
	buffer_divide(m->divided, ' ');
	if (what & TRAIT_STYLE)
		add_style(value.start, value.start + value.length, m->divided);
	else
		add_text(value.start, value.start + value.length, m->divided);
	buffer_add_char(m->divided, '\n');
}

static void divide(struct markup *m, unsigned what)
{
	char divider = what & TRAIT_CELL ? '\t' : what & TRAIT_BLOCK ? '\n' : ' ';

	if (m->joined && what & (TRAIT_CELL | TRAIT_BLOCK))
		buffer_divide(m->joined, divider);
	if (m->divided)
		buffer_divide(m->divided, divider);
}

/* at stands behind '<', on a letter or '/'. */
static void tag(struct markup *m)
{
	bool closing = *m->at == '/';
	struct word element;
	unsigned what;

	m->at += closing;
	element = take_name(m);
	what = traits(m, element);
	divide(m, what);
	add_capitalised(m, element);
	if (what & TRAIT_STYLE)
		m->in_style = !closing;
	/* Only their direct text: <style:font> and the like have none. */
	m->in_font = !closing && what & TRAIT_FONT_TEXT;
	while (m->at < m->end && *m->at != '>') {
		const char *before = m->at;

		if (*m->at == '/' && m->at + 1 < m->end && m->at[1] == '>' && what & TRAIT_STYLE)
			m->in_style = false;
		if (is_space(*m->at) || *m->at == '/')
			m->at++;
		else
			attribute(m, element);
		if (m->at == before)
			m->at++;
	}
	if (m->at < m->end)
		m->at++;
}

/* Up to end_mark and behind it. */
static struct word take_until(struct markup *m, const char *end_mark)
{
	struct word w = {m->at, 0};
	const char *found = memmem(m->at, (size_t)(m->end - m->at), end_mark, strlen(end_mark));

	w.length = (size_t)((found ? found : m->end) - m->at);
	m->at = found ? found + strlen(end_mark) : m->end;
	return w;
}

static bool begins(const struct markup *m, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(m->end - m->at) >= length && memcmp(m->at, text, length) == 0;
}

/* at stands behind '<', on '!' or '?'. */
static void declaration(struct markup *m)
{
	bool shown = begins(m, "![CDATA[");
	struct word w;

	if (begins(m, "!--")) {
		m->at += 3;
		w = take_until(m, "-->");
	} else if (shown) {
		m->at += 8;
		w = take_until(m, "]]>");
	} else {
		w = take_until(m, ">");
	}
	if (shown && m->joined)
		buffer_add(m->joined, w.start, w.length);
	if (m->divided && !shown)
		buffer_divide(m->divided, '\n');
	if (m->divided)
		buffer_add(m->divided, w.start, w.length);
	if (m->divided && !shown)
		buffer_divide(m->divided, '\n');
}

static void no_tag(struct markup *m)
{
	if (m->joined)
		buffer_add_char(m->joined, '<');
	if (m->divided)
		buffer_add_char(m->divided, '<');
}

/* The text before the next tag, and that tag. */
static void step(struct markup *m)
{
	/* Most tags follow one another. */
	const char *open = *m->at == '<' ? m->at : memchr(m->at, '<', (size_t)(m->end - m->at));
	const char *until = open ? open : m->end;

	if (m->in_style)
		add_shown_style(m, m->at, until);
	else if (!m->in_font)
		add_shown(m, m->at, until);
	m->at = open ? open + 1 : m->end;
	if (m->at >= m->end)
		return;
	if (*m->at == '!' || *m->at == '?')
		declaration(m);
	else if (is_letter(*m->at) || *m->at == '/')
		tag(m);
	else
		no_tag(m);
}

void markup_strip(const char *utf8, size_t size, enum markup_reading reading, struct buffer *out)
{
	struct markup m = {.at = utf8,
		.end = utf8 + size,
		.joined = reading == MARKUP_JOINED ? out : NULL,
		.divided = reading == MARKUP_DIVIDED ? out : NULL};

	while (m.at < m.end && !out->error)
		step(&m);
}

/* All but the last byte, which says whether a divider stands there already. */
static int hand_on(struct buffer *joined, markup_take take, void *data)
{
	size_t last = joined->size - 1;
	int r = take(data, joined->bytes, last);

	joined->bytes[0] = joined->bytes[last];
	joined->size = 1;
	return r;
}

int markup_read(const char *utf8, size_t size, struct buffer *divided, markup_take take, void *data)
{
	_cleanup_buffer_ struct buffer joined = {.max = divided->max};
	struct markup m = {.at = utf8, .end = utf8 + size, .joined = &joined, .divided = divided};
	int r = 0;

	while (r == 0 && m.at < m.end && !joined.error && !divided->error) {
		step(&m);
		if (joined.size > PIECE)
			r = hand_on(&joined, take, data);
	}
	if (r == 0)
		r = joined.error ? joined.error : divided->error;
	return r != 0 || joined.size == 0 ? r : take(data, joined.bytes, joined.size);
}

static bool second_character_likely(char second)
{
	return second == '/' || second == '!' || second == '?';
}

bool markup_likely(const char *utf8, size_t size)
{
	const char *at = utf8, *end = utf8 + size;

	while (at < end && is_space(*at))
		at++;
	if (at < end && *at == '<')
		return true;
	if (buffer_find(utf8, size, "&#", 2))
		return true;
	for (; at < end && (at = memchr(at, '<', (size_t)(end - at))); at++) {
		const char *close = end - at < TAG_MAX ? end : at + TAG_MAX;

		if (at + 1 < end && second_character_likely(at[1]))
			return true;
		/* "<br/>" */
		if (at + 1 < end && is_letter(at[1]) && (close = memchr(at, '>', (size_t)(close - at))) &&
			close[-1] == '/')
			return true;
		if (end - at > 3 && strncasecmp(at, "<br", 3) == 0)
			return true;
	}
	return false;
}

/* Only what begins as XML is read as XML by anybody. Its '<' are many, its '!' few. */
bool markup_defines_entities(const char *utf8, size_t size)
{
	const char *at = utf8, *end = utf8 + size;

	while (at < end && is_space(*at))
		at++;
	if (at == end || *at != '<')
		return false;
	while ((at = buffer_find(at, (size_t)(end - at), "!ENTITY", 7))) {
		if (at[-1] == '<')
			return true;
		at++;
	}
	return false;
}
