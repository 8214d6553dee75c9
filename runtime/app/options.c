/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * options.c: the command line of a built program. Exit codes: 0 ended cleanly, 1 failed while
 * running, 2 the options or params are wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <weft/abi.h>

#include "app/feed.h"
#include "base/alloc.h"
#include "base/log.h"

struct arguments {
	struct weft_options options;
	struct weft_setting *settings;
	size_t setting_room;
	char admin[200];
	const char *feed;
	bool help, version, no_admin;
};

static const char help_text[] =
	"Options:\n"
	"  --manifests DIR      Kubernetes manifests (.yaml, .yml, .json), read and followed\n"
	"  --set NAME=VALUE     a param; may be given several times\n"
	"  --workers N          threads for connections; 0: the main one serves them too "
	"(default)\n"
	"  --backend NAME       io_uring or epoll (default: what works here)\n"
	"  --admin PATH         Unix socket for `weft status` and `weft watch`; `none` for none\n"
	"  --drain DURATION     how long open connections may take to end (default 30s)\n"
	"  --log LEVEL          debug, info, warn or error (default info)\n"
	"  --feed FILE          instead of the world: transactions from JSON lines, then the end\n"
	"  --check-fd N         every settled state as JSON lines to this descriptor (for `weft "
	"run --check`)\n"
	"  --version, --help\n"
	"\n"
	"SIGTERM and SIGINT drain; a second one ends at once.\n"
	"Exit codes: 0 ended cleanly, 1 failed while running, 2 wrong options or params.\n";

static void print_help(const struct weft_program_info *info)
{
	printf("%s, compiled by Weft from %s\n\nUsage: %s [OPTIONS]\n\n%s", info->name,
		info->source, info->name, help_text);
	if (info->param_count)
		printf("\nParams (--set NAME=VALUE):\n");
	for (size_t i = 0; i < info->param_count; i++) {
		const struct weft_param_info *p = &info->params[i];
		printf("  %-20s %-10s%s%s%s%s\n", p->name, p->type->name, p->env ? " from " : "",
			p->env ? p->env : "", p->absent ? "" : " (required)", "");
	}
}

/* As `weft status` looks for it: compiler/client.c has the same rule. */
static void default_admin(struct arguments *a, const char *name)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	if (runtime && runtime[0] == '/') {
		snprintf(a->admin, sizeof(a->admin), "%s/weft-%s.sock", runtime, name);
		return;
	}
	char directory[64];
	struct stat s;
	snprintf(directory, sizeof(directory), "/tmp/weft-%u", (unsigned)getuid());
	/* a directory of ours alone: somebody else's is not used */
	if ((mkdir(directory, 0700) != 0 && errno != EEXIST) || lstat(directory, &s) != 0 ||
		!S_ISDIR(s.st_mode) || s.st_uid != getuid() || (s.st_mode & 077)) {
		fprintf(stderr, "%s: %s is not ours alone: no admin socket (--admin PATH)\n", name,
			directory);
		a->no_admin = true;
		return;
	}
	snprintf(a->admin, sizeof(a->admin), "%s/%s.sock", directory, name);
}

static bool wrong(const struct weft_program_info *info, const char *option, const char *value,
	const char *why)
{
	fprintf(stderr, "%s: %s%s%s: %s\n", info->name, option, value ? " " : "",
		value ? value : "", why);
	return false;
}

static bool number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;
	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || n > max)
		return false;
	*out = n;
	return true;
}

static bool set_param(const struct weft_program_info *info, struct arguments *a, const char *value)
{
	const char *equals = strchr(value, '=');
	if (!equals || equals == value)
		return wrong(info, "--set", value, "it is NAME=VALUE");
	if (!weft_grow(&a->settings, &a->setting_room, a->options.setting_count + 1,
		    sizeof(*a->settings)))
		return wrong(info, "--set", value, "no memory");
	char *name = weft_strdup_n(value, (size_t)(equals - value));
	if (!name)
		return wrong(info, "--set", value, "no memory");
	a->settings[a->options.setting_count++] =
		(struct weft_setting){ .name = name, .value = equals + 1 };
	return true;
}

static bool set_log(const struct weft_program_info *info, struct arguments *a, const char *value)
{
	enum weft_log_level level;
	if (!weft_log_level_parse((struct weft_text){ value, strlen(value) }, &level))
		return wrong(info, "--log", value, "it is debug, info, warn or error");
	a->options.log_level = level;
	a->options.has_log_level = true;
	return true;
}

static bool set_drain(const struct weft_program_info *info, struct arguments *a, const char *value)
{
	const char *why = NULL;
	struct weft_text text = { value, strlen(value) };
	if (weft_parse_value(NULL, &weft_type_duration, text, &a->options.drain, &why) != WEFT_OK ||
		a->options.drain < 0)
		return wrong(info, "--drain", value, why ? why : "a duration is like 30s");
	if (a->options.drain == 0)
		a->options.drain = 1; /* 0 would be the default */
	return true;
}

static bool take(
	const struct weft_program_info *info, struct arguments *a, const char *option, char *value)
{
	struct weft_options *o = &a->options;
	unsigned long n;
	if (strcmp(option, "--manifests") == 0)
		o->manifests = value;
	else if (strcmp(option, "--set") == 0)
		return set_param(info, a, value);
	else if (strcmp(option, "--backend") == 0)
		o->backend = value;
	else if (strcmp(option, "--admin") == 0)
		o->admin = value;
	else if (strcmp(option, "--log") == 0)
		return set_log(info, a, value);
	else if (strcmp(option, "--drain") == 0)
		return set_drain(info, a, value);
	else if (strcmp(option, "--workers") == 0) {
		if (!number(value, 256, &n))
			return wrong(info, option, value, "it is a number of threads, at most 256");
		o->workers = (unsigned)n;
	} else if (strcmp(option, "--feed") == 0) {
		a->feed = value;
	} else if (strcmp(option, "--check-fd") == 0) {
		if (!number(value, 1 << 20, &n))
			return wrong(info, option, value, "it is the number of a descriptor");
		o->check_fd = (int)n;
		o->has_check = true;
	} else
		return wrong(info, option, NULL, "there is no such option (try --help)");
	return true;
}

static bool read_arguments(
	const struct weft_program_info *info, struct arguments *a, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *option = argv[i], *value = NULL, name[32];
		if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0) {
			a->help = true;
			return true;
		}
		if (strcmp(option, "--version") == 0) {
			a->version = true;
			return true;
		}
		if (strncmp(option, "--", 2) != 0)
			return wrong(info, option, NULL, "options begin with -- (try --help)");
		char *equals = strchr(option, '=');
		if (equals && (size_t)(equals - option) < sizeof(name)) {
			memcpy(name, option, (size_t)(equals - option));
			name[equals - option] = 0;
			option = name;
			value = equals + 1;
		} else if (i + 1 < argc) {
			value = argv[++i];
		}
		if (!value)
			return wrong(info, option, NULL,
				"there is no such option, or it wants a value (try --help)");
		if (!take(info, a, option, value))
			return false;
	}
	return true;
}

/* A program that reads Kubernetes needs somewhere to read it: there is no API server's client in
 * this version. */
static bool check_sources(const struct weft_program_info *info, const struct arguments *a)
{
	for (size_t i = 0; i < info->source_count; i++)
		if (info->sources[i].kind == WEFT_SOURCE_KUBERNETES && !a->options.manifests &&
			!a->feed) {
			fprintf(stderr,
				"%s: `%s` is `from kubernetes` (%s): give --manifests DIR\n",
				info->name, info->engine->tables[info->sources[i].table].name,
				info->sources[i].place);
			return false;
		}
	return true;
}

static int run(const struct weft_program_info *info, struct arguments *a)
{
	void *program = NULL;
	char *error = NULL;
	a->options.settings = a->settings;
	a->options.size = sizeof(a->options);
	a->options.signals = true;
	if (!a->options.admin)
		default_admin(a, info->name);
	if (a->options.admin && strcmp(a->options.admin, "none") == 0)
		a->options.admin = NULL;
	else if (!a->options.admin && !a->no_admin)
		a->options.admin = a->admin;
	enum weft_status status = weft_create(info, &a->options, &program, &error);
	if (status != WEFT_OK) {
		fprintf(stderr, "%s: %s\n", info->name, error ? error : weft_status_name(status));
		free(error);
		return status == WEFT_INVALID ? 2 : 1;
	}
	if (a->feed) {
		struct weft_buffer why = { 0 };
		status = weft_feed_file(program, a->feed, &why);
		if (status != WEFT_OK)
			fprintf(stderr, "%s: --feed %s: %s\n", info->name, a->feed,
				why.data ? why.data : weft_status_name(status));
		weft_buffer_free(&why);
	} else {
		status = weft_run(program);
		if (status != WEFT_OK)
			fprintf(stderr, "%s: %s\n", info->name, weft_status_name(status));
	}
	weft_destroy(program);
	return status == WEFT_OK ? 0 : 1;
}

int weft_main(const struct weft_program_info *info, int argc, char **argv)
{
	struct arguments a = { .options = { .log_level = WEFT_LOG_INFO } };
	int code = 2;
	if (read_arguments(info, &a, argc, argv)) {
		if (a.help) {
			print_help(info);
			code = 0;
		} else if (a.version) {
			printf("%s, weft %s, ABI %u\n", info->name, WEFT_VERSION,
				info->abi_version);
			code = 0;
		} else if (check_sources(info, &a)) {
			code = run(info, &a);
		}
	}
	for (size_t i = 0; i < a.options.setting_count; i++)
		weft_free((void *)a.settings[i].name);
	weft_free(a.settings);
	return code;
}
