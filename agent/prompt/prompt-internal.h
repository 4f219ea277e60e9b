/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Shared by the files prompt*.c only. */

#include "prompt/ask.h"
#include "prompt/burst.h"
#include "prompt/desktop.h"
#include "prompt/link.h"
#include "prompt/news.h"
#include "prompt/prompt.h"

#define COPIES_MAX 8
#define JOBS_MAX   16
#define OTHERS_MAX (DESKTOP_SLOTS - COPIES_MAX - JOBS_MAX)

#define SLOT_OF_COPIES(i) (unsigned)(i)
#define SLOT_OF_JOB(i)    (unsigned)(COPIES_MAX + (i))
#define SLOT_OF_OTHER(i)  (unsigned)(COPIES_MAX + JOBS_MAX + (i))

struct prompt;

/* What was refused on one stick. */
struct copies {
	struct prompt *prompt;
	struct burst *burst; /* NULL: free */
	struct watch *tick;  /* while more may come */
	unsigned quiet;      /* ticks since something came */
	bool dirty;          /* there is more than is shown */
	bool dismissed;      /* the person has seen enough of this burst */
	bool absent;         /* the stick was taken out */
	uint64_t age;        /* larger is younger */
};

struct job_news {
	uint32_t number; /* 0: free */
	bool ended;
	struct news_progress progress;
	struct js *done; /* waits for its device to be at rest */
	char device[64];
	uint64_t age;
};

struct prompt {
	struct prompt_options options;
	struct loop *loop;
	struct link *link;
	struct desktop *desktop;
	struct watch *terminate, *interrupt;
	bool windows; /* program is usable */
	struct dialog_program program;
	struct ask *ask; /* the question that is open */
	struct copies copies[COPIES_MAX];
	struct job_news jobs[JOBS_MAX];
	unsigned others;
	char ejected[64]; /* id of the stick that was last said to be */
	uint64_t age;
};

/* Whether this person sits at the computer now. */
bool prompt_here(const struct prompt *prompt);

/* A note of its own, in a slot that is used in turn. Takes it over. */
void prompt_tell(struct prompt *prompt, struct note *note);

/* Opens the window that belongs to a button. */
void prompt_ask(struct prompt *prompt, enum note_action action, const struct burst *burst);

/* --- refused copies (prompt-copies.c) --- */

void copies_refused(struct prompt *prompt, const struct refusal *refusal);
void copies_device(struct prompt *prompt, const struct js *device);
void copies_chosen(struct copies *copies, enum note_action action);
void copies_closed(struct copies *copies);
/* How they are shown has changed. */
void copies_refresh(struct prompt *prompt);
/* Nobody shows them: for the terminals. */
int copies_text(const struct copies *copies, struct note *ret_note);
void copies_free(struct prompt *prompt);

/* --- jobs and devices (prompt-jobs.c) --- */

void jobs_changed(struct prompt *prompt, uint32_t number, const struct js *job);
void jobs_device(struct prompt *prompt, const struct js *device);
void jobs_lost(struct prompt *prompt);
void jobs_free(struct prompt *prompt);
