# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installing, and the Debian package.
#
# What is installed follows from what is there, as with building: a new unit, rule file, man page or hook example needs
# no line here. The list of what a whole package must contain is in tests/integration/test_package.py, so that
# something that vanished is found.
#
# The package is built in build/deb/tree, a copy of the sources in which packaging/debian stands where
# dpkg-buildpackage wants it; the checkout itself is never written to. Object files there are kept between runs.

busdir        := $(datadir)/dbus-1
polkitdir     := $(datadir)/polkit-1
sysusersdir   := $(prefix)/lib/sysusers.d
tmpfilesdir   := $(prefix)/lib/tmpfiles.d
catalogdir    := $(prefix)/lib/systemd/catalog
completiondir := $(datadir)/bash-completion/completions
userunitdir   := $(prefix)/lib/systemd/user
autostartdir  := $(sysconfdir)/xdg/autostart
docdir        := $(datadir)/doc/outing-guard
initramfsdir  := $(datadir)/initramfs-tools
confdir       := $(sysconfdir)/outing-guard
presetdir     := $(datadir)/outing-guard/presets

HOOK_EVENTS   := device-found device-gone device-refused device-unknown offload-started offload-done offload-failed \
                 clear-started clear-done clear-failed encrypt-started encrypt-done encrypt-failed removal-started removal-done removal-failed vault-created vault-opened vault-verified register-changed \
                 config-reloaded config-rejected outing-checked outing-recorded outing-returned outing-overdue attested \
                 gate-opened gate-closed gate-failed copy-refused copy-allowed copy-allowed-written

COMMANDS      := $(filter $(BUILD)/outingctl $(BUILD)/outing-check,$(PROGRAMS))
WORKERS       := $(filter-out $(COMMANDS),$(PROGRAMS))
UNITS         := $(wildcard packaging/outing*.service packaging/outing*.socket packaging/outing*.timer \
                   packaging/outing*.target packaging/outing*.path)
MANPAGES      := $(wildcard packaging/man/*.[1-8])

INSTALL       := install
INSTALL_PROG  := $(INSTALL) -D -m 0755 -t
INSTALL_DATA  := $(INSTALL) -D -m 0644 -t

# Files that name other installed files are written with the paths of this installation: $(call place,FILES,FOLDER)
define place
$(foreach f,$(1),sed -e 's,/usr/libexec/outing-guard,$(libexecdir),g' -e 's,/usr/bin/outingctl,$(bindir)/outingctl,g' \
  $(f) > $(BUILD)/$(notdir $(f)) && $(INSTALL_DATA) $(DESTDIR)$(2) $(BUILD)/$(notdir $(f)) &&) true
endef
# $(call data,FILES,FOLDER): nothing when there are none
data = $(if $(strip $(1)),$(INSTALL_DATA) $(DESTDIR)$(2) $(1),@true)

.PHONY: install uninstall deb
install: $(PROGRAMS) ## install below DESTDIR with prefix (for a real machine: install the package of `make deb`)
	$(if $(COMMANDS),$(INSTALL_PROG) $(DESTDIR)$(bindir) $(COMMANDS))
	$(if $(WORKERS),$(INSTALL_PROG) $(DESTDIR)$(libexecdir) $(WORKERS))
	@$(call place,$(UNITS),$(unitdir))
	@$(call place,$(wildcard packaging/user/*.service),$(userunitdir))
	@$(call place,$(wildcard packaging/autostart/*.desktop),$(autostartdir))
	@$(call place,$(wildcard udev-rules/*.rules),$(udevdir)/rules.d)
	@sed -e 's,/usr/libexec/outing-guard,$(libexecdir),g' packaging/initramfs/hook > $(BUILD)/initramfs-hook
	@sed -e 's,/usr/libexec/outing-guard,$(libexecdir),g' packaging/initramfs/init-bottom > $(BUILD)/initramfs-script
	$(INSTALL) -D -m 0755 $(BUILD)/initramfs-hook $(DESTDIR)$(initramfsdir)/hooks/outing-guard
	$(INSTALL) -D -m 0755 $(BUILD)/initramfs-script $(DESTDIR)$(initramfsdir)/scripts/init-bottom/outing-guard
	@$(call place,$(wildcard packaging/org.outingguard.*.service),$(busdir)/system-services)
	$(call data,$(wildcard udev-rules/*.hwdb),$(udevdir)/hwdb.d)
	$(call data,$(wildcard packaging/org.outingguard.*.conf),$(busdir)/system.d)
	$(call data,$(wildcard agent/bus/*.xml),$(busdir)/interfaces)
	$(call data,$(wildcard packaging/*.policy),$(polkitdir)/actions)
	$(call data,$(wildcard packaging/*.rules),$(polkitdir)/rules.d)
	$(call data,$(wildcard packaging/*.catalog),$(catalogdir))
	$(INSTALL) -D -m 0644 packaging/outing-guard.sysusers $(DESTDIR)$(sysusersdir)/outing-guard.conf
	$(INSTALL) -D -m 0644 packaging/outing-guard.tmpfiles $(DESTDIR)$(tmpfilesdir)/outing-guard.conf
	$(call data,$(wildcard packaging/completion/*),$(completiondir))
	$(foreach m,$(MANPAGES),$(INSTALL_DATA) $(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(m))) $(m) &&) true
	$(INSTALL) -d -m 0755 $(foreach e,$(HOOK_EVENTS),$(DESTDIR)$(confdir)/hooks.d/$(e))
	$(call data,$(wildcard packaging/outing-guard.conf),$(confdir))
	$(call data,$(wildcard packaging/presets/*.conf),$(presetdir))
	$(call data,$(wildcard packaging/*.schema.json),$(docdir)/examples)
	$(INSTALL) -d -m 0755 $(DESTDIR)$(docdir)/examples/hooks
	cp -r $(wildcard hooks/*) $(DESTDIR)$(docdir)/examples/hooks/ 2>/dev/null || [ ! -e hooks ]

# Takes away exactly what install put there; never configuration, state, logs or the vault.
uninstall: ## remove what `make install` put there; configuration, records and vault stay
	rm -rf $(DESTDIR)$(libexecdir) $(DESTDIR)$(docdir) $(DESTDIR)$(datadir)/outing-guard
	rm -f $(addprefix $(DESTDIR)$(bindir)/,$(notdir $(COMMANDS)))
	rm -f $(addprefix $(DESTDIR)$(unitdir)/,$(notdir $(UNITS)))
	rm -f $(addprefix $(DESTDIR)$(userunitdir)/,$(notdir $(wildcard packaging/user/*.service)))
	rm -f $(addprefix $(DESTDIR)$(autostartdir)/,$(notdir $(wildcard packaging/autostart/*.desktop)))
	rm -f $(addprefix $(DESTDIR)$(udevdir)/rules.d/,$(notdir $(wildcard udev-rules/*.rules)))
	rm -f $(addprefix $(DESTDIR)$(udevdir)/hwdb.d/,$(notdir $(wildcard udev-rules/*.hwdb)))
	rm -f $(DESTDIR)$(initramfsdir)/hooks/outing-guard $(DESTDIR)$(initramfsdir)/scripts/init-bottom/outing-guard
	rm -f $(DESTDIR)$(busdir)/*/org.outingguard.* $(DESTDIR)$(polkitdir)/*/*outingguard*
	rm -f $(addprefix $(DESTDIR)$(polkitdir)/rules.d/,$(notdir $(wildcard packaging/*.rules)))
	rm -f $(addprefix $(DESTDIR)$(catalogdir)/,$(notdir $(wildcard packaging/*.catalog)))
	rm -f $(DESTDIR)$(sysusersdir)/outing-guard.conf $(DESTDIR)$(tmpfilesdir)/outing-guard.conf
	rm -f $(addprefix $(DESTDIR)$(completiondir)/,$(notdir $(wildcard packaging/completion/*)))
	rm -f $(foreach m,$(MANPAGES),$(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))

DEB_TREE := build/deb/tree
DEB_ARCH  = $(shell dpkg --print-architecture)
DEB       = build/outing-guard_$(VERSION)_$(DEB_ARCH).deb

deb: ## build the Debian package, build/outing-guard_VERSION_ARCH.deb
	@packaging/stage-deb $(DEB_TREE)
	@echo "  DEB     $(DEB)"
	$(Q)cd $(DEB_TREE) && DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$$(nproc)" \
	  dpkg-buildpackage -b -us -uc -nc -d > ../build.log 2>&1 || { tail -n 40 ../build.log; exit 1; }
	$(Q)cp build/deb/outing-guard_$(VERSION)_$(DEB_ARCH).deb $(DEB)
