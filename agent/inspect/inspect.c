/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From a file to one answer. See inspect.h. */

#include "inspect/inspect.h"

#include "inspect/inspection.h"

#include <locale.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void refuse_failure(int error, struct inspect_answer *answer)
{
	const char *sentence = error == -ENOMEM || error == -EFBIG
				       ? "It is too large to be looked through. Copy it in smaller parts."
				       : "It could not be read through, so it was not copied.";

	inspect_answer_worsen(answer, INSPECT_REFUSE, INSPECT_UNREADABLE, sentence);
}

static int look(struct inspection *in, const void *bytes, size_t size, const char *name)
{
	const struct part part = {bytes, size, PART_FILE};
	int r = name ? inspection_title(in, name, strlen(name)) : 0;

	return r == 0 ? inspection_part(in, &part) : r;
}

int inspect_bytes(const struct inspect_with *with, const void *bytes, size_t size, const char *name,
	struct inspect_answer *ret)
{
	_cleanup_(search_freep) struct search *own = NULL;
	struct inspection in = {.readers = with->readers,
		.limits = with->limits,
		.names = with->names,
		.search = with->search,
		.answer = ret};
	struct inspect_answer found = {0};
	int r = with->names && !with->search ? search_new(with->names, &own) : 0;

	*ret = (struct inspect_answer){0};
	if (r < 0)
		return r;
	if (own)
		in.search = own;
	r = look(&in, bytes, size, name);
	/* What was read on meanwhile was read in vain. */
	if (in.search && search_end(in.search, &found))
		*ret = (struct inspect_answer){0};
	inspect_answer_worsen(ret, found.verdict, found.cause, found.sentence);
	if (in.elsewhere && ret->verdict != INSPECT_REFUSE)
		return INSPECT_ELSEWHERE;
	/* A reader that stopped without a reason would be a mistake of ours: still no pass. */
	if (r != 0 && ret->verdict != INSPECT_REFUSE)
		refuse_failure(r, ret);
	return 0;
}

int inspect_fd(const struct inspect_with *with, int fd, const char *name, struct inspect_answer *ret)
{
	struct stat st;
	void *bytes;
	int r;

	*ret = (struct inspect_answer){0};
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		refuse_failure(-EINVAL, ret);
		return 0;
	}
	if ((uint64_t)st.st_size > with->limits->file_bytes) {
		refuse_failure(-EFBIG, ret);
		return 0;
	}
	if (st.st_size == 0)
		return inspect_bytes(with, "", 0, name, ret);
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		refuse_failure(-errno, ret);
		return 0;
	}
	r = inspect_bytes(with, bytes, (size_t)st.st_size, name, ret);
	(void)munmap(bytes, (size_t)st.st_size);
	return r;
}

static const char small_pdf[] =
	"%PDF-1.4\n"
	"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
	"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
	"/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
	"4 0 obj<</Length 31>>stream\nBT /F 9 Tf 9 9 Td (hello) Tj ET \nendstream endobj\n"
	"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
	"trailer<</Root 1 0 R/Size 6>>\n%%EOF\n";

void inspect_warm_up(const struct inspect_readers *readers)
{
	const struct inspect_limits limits = INSPECT_LIMITS_DEFAULT;
	const struct inspect_with with = {.readers = readers, .limits = &limits};
	struct inspect_answer answer;

	/* Names in archives are converted to UTF-8 without tables of other charsets. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	(void)inspect_bytes(&with, small_pdf, sizeof small_pdf - 1, NULL, &answer);
}
