/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * System call filters written out step by step, for processes that cannot use sandbox_seccomp(): it needs
 * seccomp(2), which udevd denies its children, and memory and time that hundreds of short-lived processes do
 * not have.
 */

#include "base/cleanup.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define BPF_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define BPF_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define BPF_ARCHITECTURE AUDIT_ARCH_RISCV64
#else
/* Without a name for this architecture there is no filter, and without a filter nothing is looked at. */
#define BPF_ARCHITECTURE 0
#endif

/* The first steps: what is no call of this architecture ends the process, then the call's number is loaded.
 */
#define BPF_BEGIN                                                                \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)), \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BPF_ARCHITECTURE, 1, 0),     \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),             \
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))

/* Allows it if this number is what was loaded. */
#define BPF_ALLOW_NUMBER(number)                                       \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(number), 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define BPF_ALLOW(name) BPF_ALLOW_NUMBER(__NR_##name)

/* For good; no_new_privs must be set. By prctl(2). -ENOSYS: no filters for this architecture. */
int bpf_install(const struct sock_filter *steps, size_t count);
