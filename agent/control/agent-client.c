/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The command's side of D-Bus, over sd-bus; no other file of the command includes its header. See
 * agent-client.h.
 *
 * Watching a job: the signals are subscribed to before the job is started and its state is asked for once
 * afterwards, so that neither a job that ends at once nor an agent that dies at once is waited for. SIGINT
 * and SIGTERM are blocked while a job is watched and read from a descriptor: the terminal is left tidy and
 * the job goes on.
 */

#include "control/agent-client.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-bus.h>

#define AGENT_NAME      "org.outingguard.Agent1"
#define AGENT_PATH      "/org/outingguard/Agent1"
#define AGENT_INTERFACE "org.outingguard.Agent1"
#define ERROR_PREFIX    "org.outingguard.Error."

/* Long enough for a person to type a password and for a long audit log to be read. */
#define CALL_USEC (10 * 60 * 1000000ULL)

struct agent {
	sd_bus *bus;
	char *sentence;
	uint32_t asked;    /* the job whose state was asked for */
	uint32_t watched;  /* the same once that was answered, before 0 */
	struct js *latest; /* newest state of the watched job */
	int asked_outcome;
	bool whole; /* with its findings, which signals leave out */
	bool fresh, gone;
	bool answered; /* it has been there */
};

struct agent *agent_free(struct agent *agent)
{
	if (!agent)
		return NULL;
	(void)sd_bus_flush_close_unref(agent->bus);
	(void)js_free(agent->latest);
	free(agent->sentence);
	free(agent);
	return NULL;
}

int agent_connect(struct agent **ret_agent)
{
	_cleanup_agent_ struct agent *agent = calloc(1, sizeof(*agent));

	if (!agent)
		return -ENOMEM;
	if (sd_bus_open_system_with_description(&agent->bus, "outing-guard") < 0)
		return AGENT_UNREACHABLE;
	(void)sd_bus_set_allow_interactive_authorization(agent->bus, true);
	*ret_agent = TAKE_PTR(agent);
	return AGENT_OK;
}

const char *agent_sentence(const struct agent *agent)
{
	return agent && agent->sentence ? agent->sentence : "";
}

static const struct {
	const char *name;
	enum agent_outcome outcome;
} errors[] = {
	{ERROR_PREFIX "Refused", AGENT_REFUSED},
	{ERROR_PREFIX "Failed", AGENT_REFUSED},
	{ERROR_PREFIX "NotFound", AGENT_NOT_FOUND},
	{ERROR_PREFIX "InvalidArgument", AGENT_INVALID},
	{ERROR_PREFIX "Busy", AGENT_BUSY},
	{SD_BUS_ERROR_ACCESS_DENIED, AGENT_DENIED},
	{SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, AGENT_DENIED},
	{SD_BUS_ERROR_SERVICE_UNKNOWN, AGENT_UNREACHABLE},
	{SD_BUS_ERROR_NAME_HAS_NO_OWNER, AGENT_UNREACHABLE},
	{SD_BUS_ERROR_NO_REPLY, AGENT_UNREACHABLE},
	{SD_BUS_ERROR_TIMEOUT, AGENT_UNREACHABLE},
	{SD_BUS_ERROR_DISCONNECTED, AGENT_UNREACHABLE},
};

/* The agent's own sentences are kept; for all other errors the name is the most useful thing to report. */
static int fail(struct agent *agent, const sd_bus_error *error, int r)
{
	free(agent->sentence);
	agent->sentence = error->message ? strdup(error->message) : NULL;
	for (size_t i = 0; error->name && i < ELEMENTS(errors); i++)
		if (strcmp(error->name, errors[i].name) == 0)
			return (int)errors[i].outcome;
	if (r == -ENOTCONN || r == -ECONNRESET || r == -ETIMEDOUT || r == -EPIPE)
		return AGENT_UNREACHABLE;
	return error->name ? AGENT_REFUSED : r;
}

static int call(
	struct agent *agent, const char *method, sd_bus_message **ret_reply, const char *types, va_list args)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	r = sd_bus_message_new_method_call(
		agent->bus, &message, AGENT_NAME, AGENT_PATH, AGENT_INTERFACE, method);
	if (r < 0)
		return r;
	r = sd_bus_message_set_auto_start(message, false);
	if (r < 0)
		return r;
	r = types ? sd_bus_message_appendv(message, types, args) : 0;
	if (r < 0)
		return r;
	r = sd_bus_call(agent->bus, message, CALL_USEC, &error, ret_reply);
	if (r < 0)
		return fail(agent, &error, r);
	agent->answered = true;
	return AGENT_OK;
}

static int parse_reply(sd_bus_message *reply, struct js **ret_js)
{
	const char *text;
	int r = sd_bus_message_read(reply, "s", &text);

	return r < 0 ? r : js_parse(text, strlen(text), ret_js);
}

int agent_ask(struct agent *agent, const char *method, struct js **ret_reply, const char *types, ...)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	va_list args;
	int r;

	va_start(args, types);
	r = call(agent, method, &reply, types, args);
	va_end(args);
	return r != AGENT_OK ? r : parse_reply(reply, ret_reply);
}

int agent_start(struct agent *agent, const char *method, uint32_t *ret_job, const char *types, ...)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	va_list args;
	int r;

	va_start(args, types);
	r = call(agent, method, &reply, types, args);
	va_end(args);
	if (r != AGENT_OK)
		return r;
	r = sd_bus_message_read(reply, "u", ret_job);
	return r < 0 ? r : AGENT_OK;
}

int agent_tell(struct agent *agent, const char *method, const char *types, ...)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	va_list args;
	int r;

	va_start(args, types);
	r = call(agent, method, &reply, types, args);
	va_end(args);
	return r;
}

static int call_plain(struct agent *agent, const char *method, sd_bus_message **ret_reply, ...)
{
	va_list none;
	int r;

	va_start(none, ret_reply);
	r = call(agent, method, ret_reply, NULL, none);
	va_end(none);
	return r;
}

int agent_open(struct agent *agent, const char *method, int *ret_fd)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	int borrowed, fd, r;

	r = call_plain(agent, method, &reply);
	if (r != AGENT_OK)
		return r;
	r = sd_bus_message_read(reply, "h", &borrowed);
	if (r < 0)
		return r;
	fd = fcntl(borrowed, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return AGENT_OK;
}

/* --- watching
 * ----------------------------------------------------------------------------------------------------- */

static int take_state(struct agent *agent, const char *text)
{
	struct js *job;
	int r = js_parse(text, strlen(text), &job);

	if (r < 0)
		return r;
	(void)js_free(agent->latest);
	agent->latest = job;
	agent->fresh = true;
	agent->whole = js_get(job, "findings") != NULL;
	return 0;
}

static int on_job(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct agent *agent = data;
	const char *text;
	uint32_t number;

	if (sd_bus_message_read(message, "us", &number, &text) >= 0 && number == agent->watched &&
		number != 0)
		(void)take_state(agent, text);
	return 0;
}

/* The answer comes in line with the signals: what was said before it is older, what is said after it is
 * newer. */
static int on_asked(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct agent *agent = data;
	const sd_bus_error *failure = sd_bus_message_get_error(reply);
	const char *text;
	int r;

	if (failure) {
		agent->asked_outcome = fail(agent, failure, -EIO);
		return 0;
	}
	agent->watched = agent->asked;
	r = sd_bus_message_read(reply, "s", &text);
	agent->asked_outcome = r < 0 ? r : take_state(agent, text);
	return 0;
}

static int on_owner(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct agent *agent = data;
	const char *name, *old, *new;

	if (sd_bus_message_read(message, "sss", &name, &old, &new) >= 0 && *old)
		agent->gone = true;
	return 0;
}

int agent_listen(struct agent *agent)
{
	int r;

	r = sd_bus_match_signal(
		agent->bus, NULL, AGENT_NAME, AGENT_PATH, AGENT_INTERFACE, "JobChanged", on_job, agent);
	if (r < 0)
		return r;
	r = sd_bus_add_match(agent->bus, NULL,
		"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
		"member='NameOwnerChanged',arg0='" AGENT_NAME "'",
		on_owner, agent);
	return r < 0 ? r : AGENT_OK;
}

static bool ended(const struct js *job)
{
	const char *state = js_get_string(job, "state");

	return state && strcmp(state, "queued") != 0 && strcmp(state, "running") != 0;
}

static int timeout_ms(struct agent *agent)
{
	uint64_t usec = UINT64_MAX;

	if (sd_bus_get_timeout(agent->bus, &usec) < 0 || usec == UINT64_MAX)
		return -1;
	return 1000;
}

/* Waits for the bus or a signal to this process. AGENT_DETACHED for the latter, which is taken: it must not
 * be pending any more when the mask is restored. */
static int wait_for_change(struct agent *agent, int signals)
{
	struct signalfd_siginfo taken;
	struct pollfd fds[] = {{.fd = sd_bus_get_fd(agent->bus)}, {.fd = signals, .events = POLLIN}};
	int events = sd_bus_get_events(agent->bus);

	if (events < 0)
		return events;
	fds[0].events = (short)events;
	if (poll(fds, ELEMENTS(fds), timeout_ms(agent)) < 0 && errno != EINTR)
		return -errno;
	if (!fds[1].revents)
		return AGENT_OK;
	return read(signals, &taken, sizeof(taken)) < 0 ? -errno : AGENT_DETACHED;
}

/* Handles what has arrived; *ret_more is false when there is nothing left. */
static int handle_arrived(struct agent *agent, bool *ret_more)
{
	int r = sd_bus_process(agent->bus, NULL);

	if (r == -ENOTCONN || r == -ECONNRESET || r == -EPIPE)
		return AGENT_GONE;
	if (r < 0)
		return r;
	*ret_more = r > 0;
	return AGENT_OK;
}

static int follow(
	struct agent *agent, int signals, void (*changed)(const struct js *job, void *data), void *data)
{
	for (;;) {
		bool more = false;
		int r = handle_arrived(agent, &more);

		if (agent->fresh) {
			agent->fresh = false;
			changed(agent->latest, data);
			if (ended(agent->latest))
				return AGENT_OK;
		}
		if (r != AGENT_OK)
			return r;
		if (agent->asked_outcome != AGENT_OK)
			return agent->asked_outcome;
		if (agent->gone)
			return AGENT_GONE;
		if (more)
			continue;
		r = wait_for_change(agent, signals);
		if (r != AGENT_OK)
			return r;
	}
}

/* SIGINT and SIGTERM as a descriptor; the previous mask in *ret_previous. */
static int block_signals(sigset_t *ret_previous)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, ret_previous) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	return fd;
}

/* A signal tells that a job ended, but only the answer to a question has its findings. An agent that has
 * ended since is no reason to forget how the job did. */
static int take_ended(struct agent *agent, uint32_t job, struct js **ret_job)
{
	struct js *whole = NULL;

	if (!agent->whole && agent_ask(agent, "GetJob", &whole, "u", job) == AGENT_OK && ended(whole)) {
		*ret_job = whole;
		return AGENT_OK;
	}
	(void)js_free(whole);
	*ret_job = TAKE_PTR(agent->latest);
	return AGENT_OK;
}

static int ask_state(struct agent *agent, uint32_t job)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
	int r;

	agent->asked = job;
	agent->watched = 0;
	agent->asked_outcome = AGENT_OK;
	r = sd_bus_message_new_method_call(
		agent->bus, &message, AGENT_NAME, AGENT_PATH, AGENT_INTERFACE, "GetJob");
	if (r >= 0)
		r = sd_bus_message_set_auto_start(message, false);
	if (r >= 0)
		r = sd_bus_message_append(message, "u", job);
	if (r >= 0)
		r = sd_bus_call_async(agent->bus, NULL, message, on_asked, agent, CALL_USEC);
	return r;
}

int agent_watch(struct agent *agent, uint32_t job, void (*changed)(const struct js *job, void *data),
	void *data, struct js **ret_job)
{
	_cleanup_close_ int signals = -1;
	sigset_t previous;
	int r;

	r = ask_state(agent, job);
	if (r < 0)
		return r;
	signals = block_signals(&previous);
	if (signals < 0)
		return signals;
	r = follow(agent, signals, changed, data);
	(void)sigprocmask(SIG_SETMASK, &previous, NULL);
	if (r == AGENT_UNREACHABLE && agent->answered)
		return AGENT_GONE;
	return r == AGENT_OK ? take_ended(agent, job, ret_job) : r;
}
