/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A simulated camera that outlives processes, and what is done with it: for tests that kill and unplug.
 *
 *   ptp-story ROOT make ptp|mtp         a camera with pictures; their content also lies in ROOT/card
 *   ptp-story ROOT fault KIND SKIP NUMBER   once, at any command after SKIP others; KIND as camera.h has it
 *   ptp-story ROOT plug                 the cable goes out and in again, and nothing more goes wrong
 *   ptp-story ROOT offload              into ROOT/vault
 *   ptp-story ROOT empty SESSION [format]
 *   ptp-story ROOT show                 what was asked of it, and each path that is still on it
 *
 * The camera is a file in shared memory. Offload and empty are the real worker in its sandbox and the real
 * recorder with its database in ROOT/state.db; they print outcome, session, folder and sentence, one a line.
 */

#include "../ptp/camera.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/process.h"
#include "empty/record.h"
#include "empty/recorder.h"
#include "empty/worker.h"
#include "offload/recorder.h"
#include "offload/source-ptp.h"
#include "offload/worker.h"
#include "state/state.h"
#include "vault/layout.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define STORE "store-00010001"
#define PATH  1024

static const struct {
	const char *folder, *name;
	uint64_t size;
} pictures[] = {
	{"100BLUE", "IMG_0001.JPG", 70001},
	{"100BLUE", "IMG_0002.JPG", 512 * 64 - 12},
	{"100BLUE", "EMPTY.DAT", 0},
	{"101BLUE", "IMG_0001.JPG", 4096},
	{"101BLUE", "CLIP.MP4", 1200000},
};

static char root[PATH / 2];
static struct camera *camera;
static struct ptp_transport transport;

static void demand(bool kept, const char *what)
{
	if (kept)
		return;
	(void)fprintf(stderr, "ptp-story: %s: %s\n", what, strerror(errno));
	exit(3);
}

static const char *in_root(const char *name)
{
	static char path[PATH];

	(void)snprintf(path, sizeof path, "%s/%s", root, name);
	return path;
}

/* Pointers of the process that wrote the file mean nothing here; answers it did not finish are gone. */
static void map_camera(bool new)
{
	int fd = open(in_root("camera"), O_RDWR | O_CLOEXEC | (new ? O_CREAT | O_EXCL : 0), 0600);
	struct camera *own = camera_new();

	demand(fd >= 0 && (!new || ftruncate(fd, sizeof *camera) == 0), "camera");
	camera = mmap(NULL, sizeof *camera, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	demand(camera != MAP_FAILED, "camera");
	if (new)
		*camera = *own;
	camera->vendor = own->vendor;
	camera->model = own->model;
	camera->serial = own->serial;
	camera->content_fd = -1;
	camera->out_count = 0;
	camera->busy_with_empty = false;
	for (size_t i = 0; i < camera->object_count; i++)
		camera->objects[i].date = "20261120T101112";
	(void)camera_free(own);
	(void)close_fd(fd);
	transport = camera_transport(camera);
}

/* --- what lies on it --- */

static void path_of(struct camera_object *object, char *ret_path)
{
	struct camera_object *folder = camera_find(camera, object->parent);

	(void)snprintf(ret_path, PATH, "DCIM/%s/%s", folder ? folder->name : "", object->name);
}

static void write_content(struct camera_object *object)
{
	char path[PATH], full[PATH * 2];
	FILE *file;

	path_of(object, path);
	(void)snprintf(full, sizeof full, "%s/card/%s", root, path);
	file = fopen(full, "w");
	demand(file != NULL, full);
	for (uint64_t i = 0; i < object->size; i++)
		(void)putc(camera_byte(object->seed, i), file);
	demand(fclose(file) == 0, full);
}

static void make(const char *kind)
{
	static const char *const folders[] = {
		"card", "card/DCIM", "card/DCIM/100BLUE", "card/DCIM/101BLUE", "vault"};
	char id[VAULT_ID];
	uint32_t dcim;
	int fd;

	for (size_t i = 0; i < ELEMENTS(folders); i++)
		demand(mkdir(in_root(folders[i]), 0755) == 0, folders[i]);
	fd = open(in_root("vault"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	demand(vault_init(fd, id) == 0, "vault");
	(void)close_fd(fd);
	map_camera(true);
	camera->mtp = strcmp(kind, "mtp") == 0;
	camera->announce_removal = camera->mtp;
	camera->formats = true;
	dcim = camera_add_folder(camera, 0, 0, "DCIM")->handle;
	(void)camera_add_folder(camera, 0, dcim, "100BLUE");
	(void)camera_add_folder(camera, 0, dcim, "101BLUE");
	for (size_t i = 0; i < ELEMENTS(pictures); i++)
		write_content(camera_add(camera, 0, camera_find_name(camera, pictures[i].folder)->handle,
			pictures[i].name, pictures[i].size, (uint32_t)(i + 1)));
}

static void show(void)
{
	char path[PATH];

	(void)printf("%zu %u\n", camera->command_count, camera->deletes);
	for (size_t i = 0; i < camera->object_count; i++) {
		if (camera->objects[i].gone)
			continue;
		path_of(&camera->objects[i], path);
		(void)puts(camera->objects[i].format == 0x3001 ? camera->objects[i].name : path);
	}
}

static void plug(void)
{
	camera->gone = camera->session = false;
	camera->leaving = 0;
	camera->fault_count = 0;
	camera->event_count = 0;
}

static uint64_t number(const char *word)
{
	char *end;
	uint64_t value = strtoull(word, &end, 10);

	demand(*word && !*end, word);
	return value;
}

/* --- what is done with it --- */

static int open_camera(
	void *data, const char *path, int usbfs_fd, struct source **ret_source, char *ret_detail)
{
	struct source *source = calloc(1, sizeof *source);

	*ret_detail = 0;
	if (!source)
		return -ENOMEM;
	source->device_fd = -1;
	(void)snprintf(source->names, sizeof source->names, "ptp");
	*ret_source = source;
	return source_ptp_new(&transport, &source->ptp);
}

static int offload_worker(int wire_fd)
{
	struct io io = io_system;

	io.open = open_camera;
	return worker_run(wire_fd, &io);
}

static int empty_worker(int wire_fd)
{
	return empty_worker_run(wire_fd, NULL, &transport);
}

struct program {
	const char *name, *worker;
	int (*work)(int wire_fd);
};

/* Before anything is counted: fault points are each program's own. */
static pid_t start(const struct program *program, int *ret_wire_fd)
{
	int fds[2];
	pid_t pid;

	demand(wire_pair(fds) == 0, "socket");
	pid = fork();
	demand(pid >= 0, "fork");
	if (pid == 0) {
		(void)close(fds[0]);
		/* As usb.c does: the sandbox has no file of time zones. */
		demand(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && setenv("TZ", ":/etc/localtime", 0) == 0,
			"child");
		tzset();
		fault_init(program->worker);
		exit(program->work(fds[1]));
	}
	(void)close(fds[1]);
	fault_init(program->name);
	*ret_wire_fd = fds[0];
	return pid;
}

static int end(pid_t pid, int wire_fd)
{
	int status;

	(void)close(wire_fd);
	demand(waitpid(pid, &status, 0) == pid, "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static struct state *open_state(void)
{
	struct state_problem problem = {""};
	struct state *state = NULL;

	demand(state_open(in_root("state.db"), &state, &problem) == STATE_OK, problem.text);
	return state;
}

static int tell(bool done, const char *code, const char *session, const char *folder, const char *sentence)
{
	(void)printf("%s\n%s\n%s\n%s\n", code, session, folder, sentence);
	return done ? 0 : 1;
}

static int offload(void)
{
	static const struct program program = {"outing-offload", "outing-offload-worker", offload_worker};
	struct recorder_options options = {.device_name = "Blue Room camera",
		.device_key = "usb:1209:b10e:BR0001",
		.source = "ptp:test",
		.vault_fd = open(in_root("vault"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	const struct recorder_result *result;
	_cleanup_(recorder_freep) struct recorder *recorder = NULL;
	int wire_fd, code, r;
	pid_t pid = start(&program, &wire_fd);

	options.state = open_state();
	demand(recorder_new(&options, &recorder) == 0, "recorder");
	r = recorder_start(recorder, wire_fd, PTP_USB_NONE) == 0 ? RECORDER_MORE : -EPIPE;
	while (r == RECORDER_MORE)
		r = recorder_receive(recorder, wire_fd);
	(void)recorder_close(recorder, end(pid, wire_fd));
	result = recorder_result(recorder);
	code = tell(result->committed, result->code, result->session_id, result->session, result->sentence);
	recorder = recorder_free(recorder);
	(void)state_close(options.state);
	(void)close_fd(options.vault_fd);
	return code;
}

static void converse(struct empty_recorder *recorder, int wire_fd)
{
	static struct wire_message message;
	int r = empty_recorder_start(recorder, wire_fd, PTP_USB_NONE);

	wire_message_init(&message);
	while (r >= 0 && r != EMPTY_EVENT_ENDED) {
		r = wire_receive(wire_fd, &message);
		if (r == 0)
			return;
		if (r > 0)
			r = empty_recorder_message(recorder, wire_fd, &message);
	}
}

static void settle(struct empty_recorder *recorder)
{
	const struct empty_record_facts facts = {.device_key = empty_recorder_session(recorder)->key};
	_cleanup_js_ struct js *record = NULL;

	if (empty_recorder_verdict(recorder)->removed)
		demand(empty_record_make(recorder, &facts, &record) == 0, "record");
	demand(empty_recorder_settle(recorder, record, false) == 0, "settle");
}

static int empty(const char *session, bool format)
{
	static const struct program program = {"outing-empty", "outing-empty-worker", empty_worker};
	const struct empty_request request = {.session = session, .format = format};
	_cleanup_(empty_recorder_freep) struct empty_recorder *recorder = NULL;
	const struct empty_verdict *verdict;
	int wire_fd, code;
	pid_t pid = start(&program, &wire_fd);
	struct state *state = open_state();

	demand(empty_recorder_new(state, &request, &recorder) == 0, "recorder");
	converse(recorder, wire_fd);
	(void)end(pid, wire_fd);
	empty_recorder_close(recorder);
	settle(recorder);
	verdict = empty_recorder_verdict(recorder);
	code = tell(verdict->done, verdict->code, session, "", verdict->sentence);
	recorder = empty_recorder_free(recorder);
	(void)state_close(state);
	return code;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[2] : "";

	if (argc < 3)
		return 2;
	(void)snprintf(root, sizeof root, "%s", argv[1]);
	if (strcmp(verb, "make") == 0 && argc == 4) {
		make(argv[3]);
		return 0;
	}
	map_camera(false);
	if (strcmp(verb, "fault") == 0 && argc == 6)
		camera_fault(camera, (struct camera_fault){.kind = (enum camera_fault_kind)number(argv[3]),
					     .skip = (unsigned)number(argv[4]),
					     .times = 1,
					     .number = number(argv[5])});
	else if (strcmp(verb, "plug") == 0)
		plug();
	else if (strcmp(verb, "show") == 0)
		show();
	else if (strcmp(verb, "offload") == 0)
		return offload();
	else if (strcmp(verb, "empty") == 0 && (argc == 4 || (argc == 5 && strcmp(argv[4], "format") == 0)))
		return empty(argv[3], argc == 5);
	else
		return 2;
	return 0;
}
