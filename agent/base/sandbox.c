/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Privilege dropping over the kernel's own interfaces and libseccomp.
 *
 * The order inside sandbox_become() matters: the bounding set and groups need the capabilities that go last.
 * Landlock rights are masked by the ABI the running kernel reports, so an older kernel restricts what it can
 * and nothing that it does not know is asked of it. The seccomp filter answers with a kill of the whole
 * process, not with an errno: a worker that wants something it was never meant to want is no longer ours.
 */

#include "base/sandbox.h"

#include "base/bpf.h"

#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE                                                                                          \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG)
#define FS_REFER    (1ULL << 13) /* ABI 2 */
#define FS_TRUNCATE (1ULL << 14) /* ABI 3 */
#define FS_ALL_V1   ((1ULL << 13) - 1)

static int drop_bounding_set(void)
{
	for (unsigned capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EPERM)
			return -errno;
	return 0;
}

static int drop_capabilities(void)
{
	cap_t none = cap_init();
	int r = 0;

	if (!none)
		return -errno;
	if (cap_set_proc(none) < 0)
		r = -errno;
	(void)cap_free(none);
	if (r == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		r = -errno;
	return r;
}

static int change_user(const char *user)
{
	struct passwd entry, *found = NULL;
	char buffer[16384];
	int r = getpwnam_r(user, &entry, buffer, sizeof buffer, &found);

	if (r != 0)
		return -r;
	if (!found)
		return -ESRCH;
	if (setgroups(0, NULL) < 0 || setresgid(found->pw_gid, found->pw_gid, found->pw_gid) < 0 ||
		setresuid(found->pw_uid, found->pw_uid, found->pw_uid) < 0)
		return -errno;
	return 0;
}

int sandbox_become(const char *user)
{
	int r = drop_bounding_set();

	if (r < 0)
		return r;
	if (user) {
		r = change_user(user);
		if (r < 0)
			return r;
	}
	r = drop_capabilities();
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (user && setuid(0) == 0)
		return -EPERM;
	return 0;
}

const char *sandbox_user(const char *user)
{
	struct passwd entry, *found = NULL;
	char buffer[16384];

	if (!user || geteuid() != 0 || getpwnam_r(user, &entry, buffer, sizeof buffer, &found) != 0)
		return NULL;
	return found ? user : NULL;
}

static int limit(__rlimit_resource_t resource, rlim_t most)
{
	const struct rlimit value = {most, most};

	return setrlimit(resource, &value) < 0 ? -errno : 0;
}

int sandbox_limits(uint64_t memory_max, unsigned cpu_seconds)
{
	int r = limit(RLIMIT_CORE, 0);

	if (r == 0)
		r = limit(RLIMIT_CPU, cpu_seconds);
#ifndef OUTING_SANITIZED
	if (r == 0)
		r = limit(RLIMIT_AS, memory_max);
#endif
	return r;
}

static bool is_kept(unsigned capability, const unsigned *kept, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (kept[i] == capability)
			return true;
	return false;
}

int sandbox_keep(const unsigned *capabilities, size_t count)
{
	cap_t all = cap_get_proc();
	int r = all ? 0 : -errno;

	for (unsigned c = 0; r == 0 && prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++) {
		const cap_value_t value = (cap_value_t)c;

		if (is_kept(c, capabilities, count))
			continue;
		if ((prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0 && errno != EPERM) ||
			cap_set_flag(all, CAP_EFFECTIVE, 1, &value, CAP_CLEAR) < 0 ||
			cap_set_flag(all, CAP_PERMITTED, 1, &value, CAP_CLEAR) < 0 ||
			cap_set_flag(all, CAP_INHERITABLE, 1, &value, CAP_CLEAR) < 0)
			r = -errno;
	}
	if (r == 0 && (cap_set_proc(all) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0))
		r = -errno;
	if (all)
		(void)cap_free(all);
	return r;
}

static int landlock_add(int ruleset, const struct sandbox_path *path, uint64_t handled)
{
	struct landlock_path_beneath_attr rule = {.parent_fd = path->fd};

	if (path->access & SANDBOX_READ)
		rule.allowed_access |= FS_READ;
	if (path->access & SANDBOX_WRITE)
		rule.allowed_access |= FS_WRITE | FS_REFER | FS_TRUNCATE;
	rule.allowed_access &= handled;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

int sandbox_landlock(const struct sandbox_path *paths, size_t count)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = FS_ALL_V1};
	_cleanup_close_ int ruleset = -1;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (abi < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? SANDBOX_NO_LANDLOCK : -errno;
	if (abi >= 2)
		attr.handled_access_fs |= FS_REFER;
	if (abi >= 3)
		attr.handled_access_fs |= FS_TRUNCATE;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	if (ruleset < 0)
		return -errno;
	for (size_t i = 0; i < count; i++) {
		int r = landlock_add(ruleset, &paths[i], attr.handled_access_fs);
		if (r < 0)
			return r;
	}
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return -errno;
	return SANDBOX_OK;
}

static const char *const common_syscalls[] = {"read", "write", "close", "recvmsg", "sendmsg", "exit",
	"exit_group", "rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "sigaltstack", "restart_syscall",
	"futex", "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "clock_gettime", "clock_nanosleep",
	"gettimeofday", "getpid", "gettid", "tgkill", "kill", "getrandom", "poll", "ppoll", "rseq",
	"set_robust_list", "sched_yield", "fstat", "newfstatat", "lseek", "fcntl", "getrusage"};

#ifdef OUTING_SANITIZED
/* What the sanitizers and the coverage run-time need at exit; test builds only. */
static const char *const sanitizer_syscalls[] = {"readlink", "openat", "open", "getdents64", "prctl",
	"ptrace", "clone", "wait4", "sched_getaffinity", "pipe", "pipe2", "getppid", "unlink", "access",
	"stat", "lstat", "ftruncate", "getuid", "geteuid", "getcwd", "mkdir", "arch_prctl", "dup",
	"process_vm_readv", "personality", "nanosleep", "getrlimit", "prlimit64"};
#endif

static int allow_ioctls(scmp_filter_ctx filter, const uint32_t *ioctls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, ioctls[i]));
		if (r < 0)
			return r;
	}
	return 0;
}

static bool in_list(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static int add(scmp_filter_ctx filter, uint32_t action, const char *const *syscalls, size_t count,
	const char *const *except, size_t except_count)
{
	for (size_t i = 0; i < count; i++) {
		int number = seccomp_syscall_resolve_name(syscalls[i]), r;

		if (number == __NR_SCMP_ERROR)
			return -EINVAL;
		if (in_list(syscalls[i], except, except_count))
			continue;
		r = seccomp_rule_add(filter, action, number, 0);
		if (r < 0)
			return r;
	}
	return 0;
}

static int fill(scmp_filter_ctx filter, const struct sandbox_calls *calls)
{
	const struct {
		const char *const *list;
		size_t count;
	} allowed[] = {
		{common_syscalls, ELEMENTS(common_syscalls)},
#ifdef OUTING_SANITIZED
		{sanitizer_syscalls, ELEMENTS(sanitizer_syscalls)},
#endif
		{calls->allowed, calls->allowed_count},
	};
	int r = add(filter, SCMP_ACT_ERRNO(EACCES), calls->refused, calls->refused_count, NULL, 0);

	for (size_t i = 0; r >= 0 && i < ELEMENTS(allowed); i++)
		r = add(filter, SCMP_ACT_ALLOW, allowed[i].list, allowed[i].count, calls->refused,
			calls->refused_count);
	return r < 0 ? r : allow_ioctls(filter, calls->ioctls, calls->ioctl_count);
}

int sandbox_restrict(const struct sandbox_calls *calls)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (!filter)
		return -ENOMEM;
	r = fill(filter, calls);
	if (r >= 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

int sandbox_seccomp(const char *const *syscalls, size_t count, const uint32_t *ioctls, size_t ioctl_count)
{
	const struct sandbox_calls calls = {
		.allowed = syscalls, .allowed_count = count, .ioctls = ioctls, .ioctl_count = ioctl_count};

	return sandbox_restrict(&calls);
}

/* --- worked out once, entered often --- */

struct sandbox_filter {
	size_t count;
	struct sock_filter steps[];
};

static int export(scmp_filter_ctx filter, struct sandbox_filter **ret_filter)
{
	_cleanup_close_ int fd = memfd_create("filter", MFD_CLOEXEC);
	_cleanup_(sandbox_filter_freep) struct sandbox_filter *made = NULL;
	int r = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);
	off_t size = r < 0 ? 0 : lseek(fd, 0, SEEK_END);

	if (r < 0)
		return r;
	if (size <= 0 || (size_t)size % sizeof made->steps[0] != 0 ||
		(size_t)size / sizeof made->steps[0] > BPF_MAXINSNS)
		return -EIO;
	made = malloc(sizeof *made + (size_t)size);
	if (!made)
		return -ENOMEM;
	made->count = (size_t)size / sizeof made->steps[0];
	if (pread(fd, made->steps, (size_t)size, 0) != size)
		return -EIO;
	*ret_filter = TAKE_PTR(made);
	return 0;
}

int sandbox_filter_new(const struct sandbox_calls *calls, struct sandbox_filter **ret_filter)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (!filter)
		return -ENOMEM;
	r = fill(filter, calls);
	if (r >= 0)
		r = export(filter, ret_filter);
	seccomp_release(filter);
	return r;
}

int sandbox_filter_less(const char *const *killed, size_t count, const char *const *refused,
	size_t refused_count, struct sandbox_filter **ret_filter)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (!filter)
		return -ENOMEM;
#ifdef OUTING_SANITIZED
	refused_count = 0;
	r = add(filter, SCMP_ACT_KILL_PROCESS, killed, count, sanitizer_syscalls,
		ELEMENTS(sanitizer_syscalls));
#else
	r = add(filter, SCMP_ACT_KILL_PROCESS, killed, count, NULL, 0);
#endif
	if (r >= 0)
		r = add(filter, SCMP_ACT_ERRNO(EACCES), refused, refused_count, NULL, 0);
	if (r >= 0)
		r = export(filter, ret_filter);
	seccomp_release(filter);
	return r;
}

int sandbox_filter_enter(const struct sandbox_filter *filter)
{
	return bpf_install(filter->steps, filter->count);
}

struct sandbox_filter *sandbox_filter_free(struct sandbox_filter *filter)
{
	free(filter);
	return NULL;
}
