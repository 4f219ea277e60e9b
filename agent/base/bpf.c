/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Installing a filter. See bpf.h. */

#include "base/bpf.h"

#include <sys/prctl.h>

int bpf_install(const struct sock_filter *steps, size_t count)
{
	struct sock_fprog program = {
		.len = (unsigned short)count, .filter = (struct sock_filter *)(uintptr_t)steps};

	if (BPF_ARCHITECTURE == 0)
		return -ENOSYS;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}
