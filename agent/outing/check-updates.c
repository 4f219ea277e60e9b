/* SPDX-License-Identifier: GPL-3.0-or-later */

/* apt's folder of lists, and what it means. See check-updates.h. */

#include "outing/check-updates.h"

#include "base/fd.h"
#include "base/process.h"
#include "outing/rootfs.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define DAY         86400
#define CLOCK_SLIP  86400 /* seconds that two clocks may differ */
#define LISTS       "/var/lib/apt/lists"
#define STATUS      "/var/lib/dpkg/status"
#define HELPER      "/usr/lib/apt/apt-helper"
#define LIST_MAX    (256ULL * 1024 * 1024)
#define RELEASE_MAX (4ULL * 1024 * 1024)
#define UNPACK_MS   5000
#define NAMES_TOLD  8
#define UNPACK_MAX  32 /* compressed lists */

#define FIX_UPDATE                                                                                       \
	"Connect the computer to the internet and let it install its updates, or ask the technician to " \
	"(commands: apt-get update, apt-get upgrade)."

/* --- judging --- */

static void tell_names(const struct packages *packages, size_t behind, struct finding *finding)
{
	char names[FINDING_TEXT / 2] = "";
	size_t told = 0, used = 0;

	for (size_t i = 0; i < packages->count && told < NAMES_TOLD; i++) {
		const struct package *package = &packages->list[i];
		int n;

		if (!package->behind)
			continue;
		n = snprintf(names + used, sizeof names - used, "%s%.*s%s", told ? ", " : "",
			(int)(package->name.size < 40 ? package->name.size : 40), package->name.text,
			package->held ? " (held back)" : "");
		if (n < 0 || (size_t)n >= sizeof names - used) {
			names[used] = 0;
			break;
		}
		used += (size_t)n;
		told++;
	}
	if (behind > told)
		finding_detail(finding, "Waiting: %s and %zu more.", names, behind - told);
	else
		finding_detail(finding, "Waiting: %s.", names);
}

static void judge_packages(const struct packages *packages, struct finding *finding)
{
	size_t behind = 0;

	for (size_t i = 0; i < packages->count; i++)
		behind += packages->list[i].behind;
	if (behind > 0) {
		finding_fail(finding, FIX_UPDATE, "%zu security update%s to be installed.", behind,
			behind == 1 ? " waits" : "s wait");
		tell_names(packages, behind, finding);
	}
	if (packages->broken > 0)
		finding_fail(finding,
			"Ask the technician to finish it (commands: dpkg --configure -a, apt-get -f "
			"install).",
			"An update was interrupted: %zu package%s only half installed.", packages->broken,
			packages->broken == 1 ? " is" : "s are");
}

void check_updates_judge(const struct packages *packages, int64_t oldest, int64_t now, uint64_t max_days,
	struct finding *finding)
{
	int64_t days = (now - oldest) / DAY;

	judge_packages(packages, finding);
	if (oldest > now + CLOCK_SLIP)
		finding_unknown(finding, "Ask the technician to set this computer's clock, and check again.",
			"The list of security updates is dated in the future, so this computer's clock is "
			"wrong.");
	else if (days > (int64_t)max_days)
		finding_fail(finding, FIX_UPDATE,
			"The list of security updates is %lld days old; at most %llu are allowed.",
			(long long)days, (unsigned long long)max_days);
	else
		finding_pass(finding, "No security update waits; the list is %lld day%s old.",
			(long long)(days < 0 ? 0 : days), days == 1 ? "" : "s");
}

/* --- gathering --- */

struct gathering {
	const char *root;
	struct packages *packages;
	struct finding *finding;
	size_t lists; /* that were compared */
	size_t releases;
	int64_t oldest;
	const char *compressed[UNPACK_MAX]; /* names, borrowed */
	size_t compressed_count;
	bool failed;
};

static void unreadable(struct gathering *gathering, const char *path, int error)
{
	finding_unreadable(gathering->finding, path, error);
	gathering->failed = true;
}

static bool ends_in(const char *name, const char *tail)
{
	size_t size = strlen(name), length = strlen(tail);

	return size >= length && strcmp(name + size - length, tail) == 0;
}

static void compare_list(struct gathering *gathering, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r = rootfs_read(gathering->root, path, LIST_MAX, &text, &size);

	if (r < 0) {
		unreadable(gathering, path, r);
		return;
	}
	(void)packages_compare(gathering->packages, text, size);
	gathering->lists++;
}

static void read_release(struct gathering *gathering, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int64_t date = 0;
	int r = rootfs_read(gathering->root, path, RELEASE_MAX, &text, &size);

	if (r == 0)
		r = packages_release_date(text, size, &date);
	if (r < 0) {
		unreadable(gathering, path, r);
		return;
	}
	if (gathering->releases == 0 || date < gathering->oldest)
		gathering->oldest = date;
	gathering->releases++;
}

static void take_name(struct gathering *gathering, const char *name)
{
	char path[ROOTFS_PATH];

	if (!packages_is_security(name) || !rootfs_path(path, LISTS "/%s", name))
		return;
	if (ends_in(name, "_Packages"))
		compare_list(gathering, path);
	else if (strstr(name, "_Packages.") && gathering->compressed_count < UNPACK_MAX)
		gathering->compressed[gathering->compressed_count++] = name;
	else if (strstr(name, "_Packages."))
		unreadable(gathering, path, -E2BIG);
	else if (ends_in(name, "_InRelease") || ends_in(name, "_Release"))
		read_release(gathering, path);
}

static int run_helper(const char *const *argv, int output)
{
	struct process_options options = {
		.argv = argv, .wire_fd = -1, .output_fd = output, .no_new_privs = true, .empty_input = true};
	_cleanup_close_ int pidfd = -1;
	int status = 0, r;
	pid_t pid;

	r = process_start(&options, &pid, &pidfd);
	if (r < 0)
		return r;
	r = process_wait_for(pidfd, UNPACK_MS, &status);
	if (r == -ETIMEDOUT) {
		(void)process_signal(pidfd, SIGKILL);
		(void)process_wait(pidfd, &status);
	}
	if (r < 0)
		return r;
	return status == 0 ? 0 : -EIO;
}

/* All compressed lists in one run of apt's helper, which writes them one behind the other. */
static int unpack(struct gathering *gathering, char **ret_text, size_t *ret_size)
{
	_cleanup_close_ int output = memfd_create("lists", MFD_CLOEXEC);
	char paths[UNPACK_MAX][512];
	const char *argv[UNPACK_MAX + 3] = {HELPER, "cat-file"};
	int r;

	if (output < 0)
		return -errno;
	for (size_t i = 0; i < gathering->compressed_count; i++) {
		if ((size_t)snprintf(paths[i], sizeof paths[i], LISTS "/%s", gathering->compressed[i]) >=
			sizeof paths[i])
			return -ENAMETOOLONG;
		argv[i + 2] = paths[i];
	}
	r = run_helper(argv, output);
	if (r < 0)
		return r;
	if (lseek(output, 0, SEEK_SET) < 0)
		return -errno;
	return fd_read_file(output, LIST_MAX, ret_text, ret_size);
}

static void compare_compressed(struct gathering *gathering)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r;

	if (gathering->compressed_count == 0)
		return;
	r = gathering->root[0] == 0 ? unpack(gathering, &text, &size) : -EOPNOTSUPP;
	if (r < 0) {
		finding_unknown(gathering->finding,
			"Ask the technician to check for updates by hand (command: apt-get -s upgrade).",
			"apt's lists in " LISTS " are compressed and could not be read: %s.", strerror(-r));
		gathering->failed = true;
		return;
	}
	(void)packages_compare(gathering->packages, text, size);
	gathering->lists++;
}

static void gather(struct gathering *gathering)
{
	_cleanup_names_ struct rootfs_names names = {0};
	int r = rootfs_list(gathering->root, LISTS, "", &names);

	if (r < 0 && r != -ENOENT) {
		unreadable(gathering, LISTS, r);
		return;
	}
	for (size_t i = 0; i < names.count; i++)
		take_name(gathering, names.name[i]);
	compare_compressed(gathering);
}

static void no_dpkg(const char *root, struct finding *finding)
{
	static const struct {
		const char *path, *name;
	} others[] = {
		{"/usr/bin/dnf", "dnf"},
		{"/usr/bin/rpm-ostree", "rpm-ostree"},
		{"/usr/bin/zypper", "zypper"},
		{"/usr/bin/pacman", "pacman"},
		{"/sbin/apk", "apk"},
		{"/usr/bin/rpm", "rpm"},
	};
	const char *name = "none that is known here";

	for (size_t i = ELEMENTS(others); i-- > 0;)
		if (rootfs_exists(root, others[i].path) > 0)
			name = others[i].name;
	finding_unknown(finding,
		"Ask the technician whether security updates wait. The manager may turn this check off "
		"(checks.updates).",
		"Whether security updates wait is not known: only apt is examined, and this computer has "
		"no " STATUS " (its package manager: %s).",
		name);
}

static void tell_more(const char *root, struct finding *finding)
{
	if (rootfs_exists(root, "/run/reboot-required") > 0)
		finding_detail(finding, "Installed updates start to work when the computer is restarted.");
	if (rootfs_exists(root, "/snap") > 0 || rootfs_exists(root, "/var/lib/flatpak/app") > 0)
		finding_detail(finding, "Updates of snap and flatpak programs were not examined.");
}

void check_updates(const struct checks_input *input, struct finding *finding)
{
	_cleanup_packages_ struct packages packages = {0};
	_cleanup_free_ char *text = NULL;
	struct gathering gathering = {.root = input->root, .packages = &packages, .finding = finding};
	size_t size = 0;
	int r = rootfs_read(input->root, STATUS, LIST_MAX, &text, &size);

	if (r == -ENOENT) {
		no_dpkg(input->root, finding);
		return;
	}
	if (r == 0)
		r = packages_parse_status(text, size, &packages);
	if (r < 0) {
		finding_unreadable(finding, STATUS, r);
		return;
	}
	gather(&gathering);
	if (!gathering.failed && (gathering.lists == 0 || gathering.releases == 0))
		finding_fail(finding,
			"Ask the technician to add the source of security updates and to fetch the lists "
			"(command: "
			"apt-get update).",
			"This computer has no list of security updates, so it would not know of any.");
	else if (gathering.releases > 0)
		check_updates_judge(&packages, gathering.oldest, input->now,
			input->config->checks.updates_max_days, finding);
	tell_more(input->root, finding);
}
