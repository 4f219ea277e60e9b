# SPDX-License-Identifier: GPL-3.0-or-later
#
# One makefile, no recursion into folders. `make help` lists every chore.
#
# What is built follows from what is there: each agent/**/main-NAME.c is a program NAME, each tests/unit/test-NAME.c a
# unit test, each tests/fuzz/fuzz-NAME.c a fuzz target; everything else under agent/ goes into one archive from which
# each program takes what it uses. VARIANT picks a build folder: normal, faults (kill points for tests), asan, tsan, coverage.

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash

VERSION     := 0.1.0
VARIANT     ?= normal
CC          ?= gcc
ifeq ($(origin CC),default)
CC          := gcc
endif
PYTHON      ?= /usr/bin/python3
CLANG       ?= clang
V           ?= 0
Q           := $(if $(filter 1,$(V)),,@)

prefix      ?= /usr
sysconfdir  ?= /etc
localstatedir ?= /var
bindir      ?= $(prefix)/bin
libexecdir  ?= $(prefix)/libexec/outing-guard
datadir     ?= $(prefix)/share
mandir      ?= $(datadir)/man
unitdir     ?= $(prefix)/lib/systemd/system
udevdir     ?= $(prefix)/lib/udev
DESTDIR     ?=

BUILD       := build/$(VARIANT)

PACKAGES    := libsystemd libudev libcryptsetup devmapper blkid mount libconfig sqlite3 json-c libxxhash libcrypto libseccomp libcap expat libarchive libcrypt zlib libdeflate \
               poppler-glib icu-uc icu-i18n fuse3 pwquality libusb-1.0
# Other people's headers are not held to our warnings.
PKG_CFLAGS  := $(patsubst -I%,-isystem%,$(shell pkg-config --cflags $(PACKAGES) 2>/dev/null))
PKG_LIBS    := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)

WARNINGS    := -Wall -Wextra -Werror -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
               -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wswitch-enum -Wconversion \
               -Wimplicit-fallthrough -Wno-unused-parameter -Wno-missing-field-initializers
HARDENING   := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE -fno-strict-aliasing \
               -ftrivial-auto-var-init=zero
LDHARDENING := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,--fatal-warnings

CPPFLAGS    += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Iagent -DOUTING_VERSION='"$(VERSION)"' \
               -DOUTING_LIBEXECDIR='"$(libexecdir)"' -DOUTING_SYSCONFDIR='"$(sysconfdir)/outing-guard"' \
               -DOUTING_STATEDIR='"$(localstatedir)/lib/outing-guard"' -DOUTING_LOGDIR='"$(localstatedir)/log/outing-guard"'
ifneq ($(findstring clang,$(CC)),clang)
WARNINGS    += $(if $(filter clang fuzz,$(VARIANT)),,-Wformat-signedness)
endif
BASE_CFLAGS := -std=gnu17 -g $(WARNINGS) $(PKG_CFLAGS)

ifeq ($(VARIANT),normal)
CPPFLAGS    += -D_FORTIFY_SOURCE=2
VAR_CFLAGS  := -O2 $(HARDENING)
VAR_LDFLAGS := $(LDHARDENING)
else ifeq ($(VARIANT),faults)
CPPFLAGS    += -DOUTING_FAULTS
VAR_CFLAGS  := -O1 $(HARDENING)
VAR_LDFLAGS := $(LDHARDENING)
else ifeq ($(VARIANT),asan)
CPPFLAGS    += -DOUTING_SANITIZED
VAR_CFLAGS  := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
VAR_LDFLAGS := -fsanitize=address,undefined
else ifeq ($(VARIANT),tsan)
CPPFLAGS    += -DOUTING_SANITIZED
VAR_CFLAGS  := -O1 -fno-omit-frame-pointer -fsanitize=thread
VAR_LDFLAGS := -fsanitize=thread
else ifeq ($(VARIANT),coverage)
CPPFLAGS    += -DOUTING_SANITIZED
VAR_CFLAGS  := -O0 --coverage
VAR_LDFLAGS := --coverage
else ifeq ($(VARIANT),clang)
override CC := $(CLANG)
CPPFLAGS    += -D_FORTIFY_SOURCE=2
VAR_CFLAGS  := -O2 -fstack-protector-strong -fPIE -fno-strict-aliasing
VAR_LDFLAGS := $(LDHARDENING)
else ifeq ($(VARIANT),fuzz)
override CC := $(CLANG)
CPPFLAGS    += -DOUTING_SANITIZED
VAR_CFLAGS  := -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
VAR_LDFLAGS := -fsanitize=address,undefined
else
$(error VARIANT is one of normal, faults, asan, tsan, coverage, clang, fuzz)
endif

ALL_CFLAGS  = $(CPPFLAGS) $(BASE_CFLAGS) $(VAR_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(VAR_LDFLAGS) $(LDFLAGS) -pthread

SOURCES     := $(sort $(wildcard agent/*/*.c))
MAINS       := $(filter $(foreach s,$(SOURCES),$(if $(findstring /main-,$(s)),$(s))),$(SOURCES))
LIBRARY_SRC := $(filter-out $(MAINS),$(SOURCES))
LIBRARY_OBJ := $(LIBRARY_SRC:%.c=$(BUILD)/%.o)
LIBRARY     := $(BUILD)/libagent.a
PROGRAMS    := $(patsubst main-%.c,$(BUILD)/%,$(notdir $(MAINS)))
UNIT_SRC    := $(sort $(wildcard tests/unit/test-*.c))
UNIT        := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/tests/%)
TOOL_SRC    := $(sort $(wildcard tests/tools/*.c))
TOOLS       := $(TOOL_SRC:tests/tools/%.c=$(BUILD)/tests/%)
CAMERA_OBJ  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/ptp/*.c)))
CAMERA      := $(BUILD)/tests/libcamera.a
FUZZ_SRC    := $(sort $(wildcard tests/fuzz/fuzz-*.c))
FUZZERS     := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/tests/%)

.PHONY: all help
all: $(PROGRAMS) ## build every program (VARIANT=normal|faults|asan|tsan|coverage|clang)

help: ## list every chore
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sort | \
	  awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# --- compiling -----------------------------------------------------------------------------------------------------

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(LIBRARY): $(LIBRARY_OBJ)
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcs $@ $^

define program_rule
$(BUILD)/$(patsubst main-%.c,%,$(notdir $(1))): $(BUILD)/$(1:.c=.o) $(LIBRARY)
	@echo "  LD      $$@"
	$$(Q)$$(CC) $$(ALL_CFLAGS) -o $$@ $$< $(LIBRARY) $$(ALL_LDFLAGS) $$(PKG_LIBS)
endef
$(foreach m,$(MAINS),$(eval $(call program_rule,$(m))))

$(CAMERA): $(CAMERA_OBJ)
	@mkdir -p $(@D)
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/tests/test-%: $(BUILD)/tests/unit/test-%.o $(LIBRARY) $(CAMERA)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $< $(CAMERA) $(LIBRARY) $(ALL_LDFLAGS) $(PKG_LIBS) -lcmocka

$(TOOLS): $(BUILD)/tests/%: $(BUILD)/tests/tools/%.o $(LIBRARY) $(CAMERA)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $< $(CAMERA) $(LIBRARY) $(ALL_LDFLAGS) $(PKG_LIBS)

$(BUILD)/tests/fuzz-%: $(BUILD)/tests/fuzz/fuzz-%.o $(LIBRARY) $(CAMERA)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $< $(CAMERA) $(LIBRARY) $(ALL_LDFLAGS) -fsanitize=fuzzer $(PKG_LIBS)

.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# --- chores --------------------------------------------------------------------------------------------------------

.PHONY: unit-tests tools unit
tools: $(TOOLS)
unit-tests: $(UNIT)

unit: $(UNIT) ## run the unit tests of this VARIANT
	@tests/run-unit $(UNIT)

include $(sort $(wildcard tests/*.mk packaging/*.mk))

.PHONY: format
format: ## put all C code into the house's format
	clang-format -i $$(git ls-files '*.c' '*.h')

.PHONY: clean
clean: ## remove everything that was built
	rm -rf build
