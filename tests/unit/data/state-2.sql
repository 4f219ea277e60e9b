-- SPDX-License-Identifier: GPL-3.0-or-later
-- A database as version 2 wrote it: what version 1 had, and a clear that is done. Frozen: upgrades start here.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE upgrade (version INTEGER PRIMARY KEY, time INTEGER NOT NULL, program TEXT NOT NULL) STRICT;
CREATE TABLE device ( number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('camera', 'stick', 'phone', 'tablet', 'reader')), room TEXT NOT NULL, person TEXT NOT NULL, key TEXT NOT NULL, device_key TEXT NOT NULL, media_key TEXT NOT NULL, vendor TEXT NOT NULL, product TEXT NOT NULL, serial TEXT NOT NULL, kind TEXT NOT NULL, added_at INTEGER NOT NULL, added_by TEXT NOT NULL, removed_at INTEGER, removed_by TEXT, CHECK (key <> '' AND (key = device_key OR key = media_key))) STRICT;
CREATE UNIQUE INDEX device_folded ON device (folded) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX device_key ON device (key) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX device_id ON device (id) WHERE removed_at IS NULL;
CREATE TABLE session ( number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, device_name TEXT NOT NULL, key TEXT NOT NULL CHECK (key <> ''), device_key TEXT NOT NULL, media_key TEXT NOT NULL, insertion TEXT NOT NULL, source TEXT NOT NULL, vault_dir TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('open', 'copied', 'committed', 'failed', 'cancelled')), walk INTEGER NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, finished_at INTEGER NOT NULL, set_files INTEGER, set_bytes INTEGER, set_sum BLOB, not_files INTEGER NOT NULL, reason TEXT NOT NULL, CHECK (state NOT IN ('copied', 'committed') OR length(set_sum) = 64)) STRICT;
CREATE INDEX session_key ON session (key, number);
CREATE TABLE object ( session INTEGER NOT NULL REFERENCES session (number), path BLOB NOT NULL, stored TEXT, size INTEGER NOT NULL CHECK (size >= 0), mtime INTEGER NOT NULL, sha512 BLOB NOT NULL CHECK (length(sha512) = 64), xxh128 BLOB NOT NULL CHECK (length(xxh128) = 16), state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4), linked INTEGER NOT NULL, walk INTEGER NOT NULL, reason TEXT, CHECK (state = 4 OR stored IS NOT NULL), PRIMARY KEY (session, path)) STRICT, WITHOUT ROWID;
CREATE INDEX object_content ON object (sha512) WHERE state IN (2, 3);
CREATE INDEX session_insertion ON session (insertion, number);
CREATE TABLE clear ( number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, session INTEGER NOT NULL REFERENCES session (number), insertion TEXT NOT NULL, method TEXT NOT NULL, state TEXT NOT NULL CHECK  (state IN ('planned', 'writing', 'reading-back', 'done', 'failed', 'cancelled')), created_at INTEGER NOT NULL, finished_at INTEGER NOT NULL, progress INTEGER NOT NULL, total INTEGER NOT NULL, reason TEXT NOT NULL, plan BLOB, certificate TEXT, CHECK ((state = 'done') = (certificate IS NOT NULL)), CHECK (state IN ('done', 'failed', 'cancelled') OR plan IS NOT NULL)) STRICT;
CREATE INDEX clear_session ON clear (session);
INSERT INTO upgrade VALUES (1, 1700000000, '0.0.1');
INSERT INTO upgrade VALUES (2, 1700000050, '0.0.2');
INSERT INTO device VALUES (1, 'disk-0123456789', 'Blue Room camera', 'blue room camera', 'camera', 'Blue Room', '', 'usb:04a9:3110:BLUEROOM01', 'usb:04a9:3110:BLUEROOM01', '', 'Sunny', 'Snap 5', 'BLUEROOM01', 'disk', 1700000000, 'manager', NULL, NULL);
INSERT INTO session VALUES (1, '11111111-2222-4333-8444-555555555555', 'Blue Room camera', 'usb:04a9:3110:BLUEROOM01', 'usb:04a9:3110:BLUEROOM01', 'card:1:2:BLUE:1024', 'boot-1/7', 'vfat on /dev/sdz1', '/vault/Blue Room camera/2023-11-14T221320Z', 'committed', 1, 1700000000, 1700000100, 1700000100, 2, 30, zeroblob(64), 0, '');
INSERT INTO object VALUES (1, X'44434946', 'DCIM', 10, 1700000000, zeroblob(64), zeroblob(16), 3, 0, 1, NULL);
INSERT INTO object VALUES (1, X'FFFE', '%FF%FE', 20, 1700000000, zeroblob(64), zeroblob(16), 2, 0, 1, NULL);
INSERT INTO clear VALUES (1, '66666666-7777-4888-8999-aaaaaaaaaaaa', 1, 'boot-1/7', 'clear', 'done', 1700000200, 1700000300, 2048, 2048, '', NULL, '{"method":"clear"}');
PRAGMA application_id = 1330074180;
PRAGMA user_version = 2;
