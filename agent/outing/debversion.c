/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * [epoch:]upstream[-revision]: epochs as numbers, then upstream, then revision. These two are compared piece
 * by piece, non-digits and digits in turn; among non-digits "~" comes before the end, the end before letters,
 * letters before everything else. See debversion.h.
 */

#include "outing/debversion.h"

#include <ctype.h>
#include <string.h>

static int character_at(struct debversion v, size_t i)
{
	return i < v.size ? (unsigned char)v.text[i] : 0;
}

static int weight(int c)
{
	if (c == '~')
		return -1;
	if (c == 0 || isdigit(c))
		return 0;
	return isalpha(c) ? c : c + 256;
}

/* Digits at *i of one and *j of the other, as numbers of any length; both move behind them. */
static int compare_digits(struct debversion a, size_t *i, struct debversion b, size_t *j)
{
	int first = 0;

	while (character_at(a, *i) == '0')
		(*i)++;
	while (character_at(b, *j) == '0')
		(*j)++;
	while (isdigit(character_at(a, *i)) && isdigit(character_at(b, *j))) {
		if (first == 0)
			first = character_at(a, *i) - character_at(b, *j);
		(*i)++;
		(*j)++;
	}
	if (isdigit(character_at(a, *i)))
		return 1;
	return isdigit(character_at(b, *j)) ? -1 : first;
}

static int compare_part(struct debversion a, struct debversion b)
{
	size_t i = 0, j = 0;

	while (i < a.size || j < b.size) {
		int order;

		while ((i < a.size && !isdigit(character_at(a, i))) ||
			(j < b.size && !isdigit(character_at(b, j)))) {
			order = weight(character_at(a, i)) - weight(character_at(b, j));
			if (order != 0)
				return order;
			i++;
			j++;
		}
		order = compare_digits(a, &i, b, &j);
		if (order != 0)
			return order;
	}
	return 0;
}

/* Takes the epoch off. */
static struct debversion take_epoch(struct debversion *v)
{
	const char *colon = v->size ? memchr(v->text, ':', v->size) : NULL;
	struct debversion epoch = {"", 0};

	if (!colon)
		return epoch;
	epoch = (struct debversion){v->text, (size_t)(colon - v->text)};
	v->text = colon + 1;
	v->size -= epoch.size + 1;
	return epoch;
}

static struct debversion take_revision(struct debversion *v)
{
	const char *dash = v->size ? memrchr(v->text, '-', v->size) : NULL;
	struct debversion revision = {"", 0};

	if (!dash)
		return revision;
	revision = (struct debversion){dash + 1, v->size - (size_t)(dash - v->text) - 1};
	v->size = (size_t)(dash - v->text);
	return revision;
}

int debversion_compare(struct debversion a, struct debversion b)
{
	struct debversion a_epoch = take_epoch(&a), b_epoch = take_epoch(&b);
	struct debversion a_revision = take_revision(&a), b_revision = take_revision(&b);
	int order = compare_part(a_epoch, b_epoch);

	if (order == 0)
		order = compare_part(a, b);
	return order != 0 ? order : compare_part(a_revision, b_revision);
}
