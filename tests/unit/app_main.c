/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * app_main.c: the command line of a built program, each in a process of its own: exit codes, what
 * is said, signals.
 */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"
#include "shop.h"

static char dir[64], said[8192];
static int code;

/* Runs weft_main with these arguments; sends `signals` SIGTERMs once it says that something
 * happened. */
static const char *run(int signals, ...)
{
	char *argv[16] = { (char *)"shop" };
	int argc = 1, out[2];
	va_list args;
	va_start(args, signals);
	while ((argv[argc] = va_arg(args, char *)) != NULL)
		argc++;
	va_end(args);
	if (pipe(out) != 0)
		abort();
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		dup2(out[1], 1);
		dup2(out[1], 2);
		close(out[0]);
		int status = weft_main(&shop_info, argc, argv);
		fflush(stdout);
		_exit(status);
	}
	close(out[1]);
	if (signals) {
		usleep(150000);
		kill(child, SIGTERM);
	}
	size_t used = 0;
	for (ssize_t n; (n = read(out[0], said + used, sizeof(said) - 1 - used)) > 0;)
		used += (size_t)n;
	said[used] = 0;
	close(out[0]);
	int status;
	waitpid(child, &status, 0);
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
	return said;
}

#define SAYS(exit_code, text)                                                             \
	do {                                                                              \
		if (code != (exit_code) || !strstr(said, text)) {                         \
			case_fail(__FILE__, __LINE__,                                     \
				"exit code %d, said: %s\n    should: %d, %s", code, said, \
				exit_code, text);                                         \
			return;                                                           \
		}                                                                         \
	} while (0)

static void help_and_version(void)
{
	run(0, "--help", NULL);
	SAYS(0, "Usage: shop [OPTIONS]");
	SAYS(0, "  namespace            String     from SHOP_NAMESPACE");
	run(0, "--version", NULL);
	SAYS(0, "shop, weft 0.1.0, ABI 1");
}

static void wrong_use(void)
{
	run(0, "--manifests", NULL);
	SAYS(2, "shop: --manifests: there is no such option, or it wants a value (try --help)");
	run(0, "--colour", "blue", NULL);
	SAYS(2, "shop: --colour: there is no such option (try --help)");
	run(0, "there", NULL);
	SAYS(2, "shop: there: options begin with -- (try --help)");
	run(0, "--workers=many", NULL);
	SAYS(2, "shop: --workers many: it is a number of threads, at most 256");
	run(0, "--drain", "soon", NULL);
	SAYS(2, "shop: --drain soon: ");
	run(0, "--log", "loud", NULL);
	SAYS(2, "shop: --log loud: it is debug, info, warn or error");
	run(0, "--set", "namespace", NULL);
	SAYS(2, "shop: --set namespace: it is NAME=VALUE");
	run(0, NULL);
	SAYS(2, "shop: `services` is `from kubernetes` (shop.weft:3): give --manifests DIR");
	run(0, "--manifests", dir, "--set", "limit=x", "--admin=none", NULL);
	SAYS(2, "shop: shop.weft:2: the param `limit` is a Port?, from --set limit=x: ");
	run(0, "--manifests", dir, "--backend", "smoke", "--admin=none", NULL);
	SAYS(2, "shop: the reactor smoke: invalid");
}

static void runs_and_drains(void)
{
	char path[100], bad[100];
	struct stat s;
	snprintf(path, sizeof(path), "%s/shop.sock", dir);
	snprintf(bad, sizeof(bad), "%s/no/shop.sock", dir);
	run(1, "--manifests", dir, "--set", "namespace=shop", "--set=limit=80", "--admin", path,
		"--drain=1s", "--workers", "1", NULL);
	SAYS(0, "asked to end: draining");
	CHECK(stat(path, &s) != 0);
	run(0, "--manifests", dir, "--admin", bad, NULL);
	SAYS(1, "No such file or directory");
	/* where `weft status` looks for it */
	setenv("XDG_RUNTIME_DIR", dir, 1);
	run(1, "--manifests", dir, NULL);
	SAYS(0, "shop has ended");
	run(1, "--manifests", "/nowhere/at/all", "--log", "warn", NULL);
	SAYS(0, "/nowhere/at/all: No such file or directory; waiting for the directory");
	CHECK(!strstr(said, "ended"));
}

int main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/weft-main-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	CASE(help_and_version);
	CASE(wrong_use);
	CASE(runs_and_drains);
	char command[100];
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) != 0 || cases_end();
}
