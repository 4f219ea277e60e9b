/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The second half of encrypting a stick: who it is now, and its files back from the vault. See
 * task-encrypt.h.
 */

#include "daemon/daemon.h"
#include "daemon/devices.h"
#include "daemon/task-encrypt.h"
#include "encrypt/file-list.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

/* As udev will see it: no partition table, and one volume, the whole stick, whose number is the LUKS UUID. */
static void facts_after(const struct encrypt_task *e, struct device_facts *ret_facts)
{
	struct device_volume volume = {.type = "crypto_LUKS", .size = e->facts.size};

	(void)snprintf(volume.serial, sizeof volume.serial, "%s", e->record.uuid);
	*ret_facts = e->facts;
	*ret_facts->table_id = *ret_facts->table_type = '\0';
	ret_facts->more_volumes = false;
	ret_facts->volumes = 1;
	ret_facts->volume[0] = volume;
}

int task_encrypt_rekey(struct task *task)
{
	_cleanup_free_ struct device_facts *facts = malloc(sizeof *facts);
	_cleanup_free_ struct device_identity *identity = malloc(sizeof *identity);
	int r;

	if (!facts || !identity)
		return -ENOMEM;
	facts_after(task->encrypt, facts);
	r = identity_of(facts, task->encrypt->in_reader, identity);
	if (r >= 0)
		r = register_rekey(task->daemon->state, task->encrypt->device, identity->id, identity->key,
			identity->media_key);
	return r == REGISTER_OK ? devices_publish(task->daemon) : r;
}

struct listing {
	int fd;
	struct encrypt_put_back *start;
};

static int add_object(const struct session_object *object, void *data)
{
	struct listing *listing = data;
	struct encrypt_file file = {.size = object->size, .mtime = object->mtime};

	if (!object->this_walk || object->state != OBJECT_VERIFIED)
		return 0;
	memcpy(file.sha512, object->sha512, sizeof file.sha512);
	listing->start->files++;
	listing->start->bytes += object->size;
	return file_list_add(listing->fd, &file, object->path, object->stored);
}

/* Two descriptors, both owned by the caller: the list, the session's folder in the vault. */
static int list_files(struct task *task, struct encrypt_put_back *start, int ret_fds[static 2])
{
	_cleanup_free_ struct session *session = calloc(1, sizeof *session);
	_cleanup_close_ int list = memfd_create("files", MFD_CLOEXEC), folder = -1;
	struct listing listing = {list, start};
	int r;

	if (!session || list < 0)
		return session ? -errno : -ENOMEM;
	r = session_load(task->daemon->state, task->session, session);
	if (r == SESSION_OK)
		r = session_each_object(task->daemon->state, task->session, add_object, &listing);
	if (r != SESSION_OK)
		return r < 0 ? r : -ENOENT;
	folder = open(session->vault_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return -errno;
	ret_fds[0] = TAKE_FD(list);
	ret_fds[1] = TAKE_FD(folder);
	return 0;
}

int task_encrypt_put_back(struct task *task)
{
	bool seen = *task->device.insertion && !task->daemon->options.fake_devices;
	const char *arguments[] = {"--put-back", "--device", task->device.node, seen ? "--insertion" : NULL,
		task->device.insertion, NULL};
	struct encrypt_put_back start = {.files = 0};
	int fds[2] = {-1, -1}, r = 0;
	bool any = *task->session;

	(void)snprintf(start.uuid, sizeof start.uuid, "%s", task->encrypt->record.uuid);
	task->encrypt->putting = true;
	task->encrypt->heard = false;
	if (any)
		r = list_files(task, &start, fds);
	if (r >= 0)
		r = task_start_worker(
			task, "outing-encrypt", arguments, TASK_SILENCE_MS, &task_encrypt_events);
	if (r >= 0)
		r = task_encrypt_send(task, ENCRYPT_MESSAGE_PUT_BACK, &start, sizeof start, fds, any ? 2 : 0);
	(void)close_fd(fds[0]);
	(void)close_fd(fds[1]);
	if (r < 0)
		task->worker = worker_free(task->worker);
	job_set_phase(task->job, "opening");
	return r;
}
