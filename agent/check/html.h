/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Text from anywhere, written into an HTML page so that it stays text.
 *
 * The only way for a string that is not a constant of ours into a page. What it lets through is good between
 * tags and inside quoted attributes; it is not good inside a style, a script or an unquoted attribute, and is
 * never used there.
 */

#include "base/cleanup.h"

/* The text, with markup escaped and with what text_shows() rejects as U+FFFD; nothing for NULL. */
void html_text(FILE *out, const char *text);

/* <tag>text</tag>; a tag is a constant, with attributes if need be ("td class=\"why\""). */
void html_element(FILE *out, const char *tag, const char *text);
